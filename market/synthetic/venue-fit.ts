/**
 * Fits the synthetic market of several venues to a tape, by moments, and then by simulation.
 *
 * What is read off the tape: how often books come and change, spreads, depth, the basis of each venue against the first,
 * volatility and jumps of the first venue's middle, lead and lag, latency. The half-life of the bases and how much of
 * their deviation is noise from book to book decide how long an edge lives; they are searched for so that the number of
 * spells of positive edge, and the shares of time above 0 and 20 bp, are those of the tape.
 */
import type { ConfigOverrides } from '../../core/config.ts';
import { DataError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import { createRng } from '../../core/rng.ts';
import { mean, median } from '../../core/statistics.ts';
import { midSpreadBps, pairQuotes, summarizeEdges } from '../arbitrage/edges.ts';
import { gridReturns, measureLeadLag } from '../arbitrage/lead-lag.ts';
import type { BookTape } from '../books/tape.ts';
import { requireComparable } from '../candles/currencies.ts';
import { levelShape, type VenueMoments, venueMoments } from './venue-moments.ts';
import { SyntheticVenues } from './venues.ts';
import type { syntheticVenuesSchema } from './venues-config.ts';

export type SyntheticVenuesOverrides = ConfigOverrides<typeof syntheticVenuesSchema>;

type VenueOverrides = NonNullable<SyntheticVenuesOverrides['venues']>[number];

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** Prices are compared over a minute, or less where that leaves few steps, but ten books: below that, quotes bounce. */
const VOLATILITY_STEP_MS = 60_000;
const VOLATILITY_STEPS = 60;
const VOLATILITY_BOOKS = 10;
/** A return beyond this many robust deviations is a jump. */
const JUMP_DEVIATIONS = 6;
/** What the search tries, and how often each is simulated. */
const HALF_LIVES_PER_SPAN = [0.2, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001];
const NOISE_SHARES = [0, 0.03, 0.1, 0.25, 0.5];
const SEARCH_SEEDS = 4;
const SEARCH_EVENTS = 20_000;

/**
 * @param tape books of one or more venues of one pair; a span of it is cut by `sliceTape` before
 * @returns overrides for `SyntheticVenues`, that make a market as long as the tape
 * @throws DataError `short-tape`; ConfigError `quote-mismatch`, `base-mismatch`
 */
export function fitSyntheticVenues(tape: BookTape): SyntheticVenuesOverrides {
  requireComparable(tape.venues);
  const moments = tape.venues.map((_, venue) => venueMoments(tape, venue));
  // The venue whose quotes repeat least follows the price most closely.
  const liveliest = moments.reduce((a, b) => (b.repeatShare < a.repeatShare ? b : a));
  const volatility = fitVolatility(tape, liveliest);
  const venues = moments.map((venue, index) => fitVenue(tape, moments, index, venue));
  const firstRow = tape.venue.indexOf(0) * tape.depth;
  const fitted = {
    base: tape.venues[0].base,
    quote: tape.venues[0].quote,
    startMs: tape.timeMs[0],
    events: tape.length,
    depth: tape.depth,
    startPrice: 0.5 * (tape.bidPrices[firstRow] + tape.askPrices[firstRow]),
    tick: findTick(tape),
    ...volatility,
    venues: shiftLags(venues, tape, moments),
  };
  return searchBases(tape, fitted);
}

function fitVolatility(tape: BookTape, { intervalMs, venue }: VenueMoments) {
  const from = tape.timeMs[tape.venue.indexOf(venue)];
  const span = tape.timeMs[tape.length - 1] - from;
  const stepMs = Math.max(
    VOLATILITY_BOOKS * intervalMs,
    Math.min(VOLATILITY_STEP_MS, span / VOLATILITY_STEPS),
  );
  const points = Math.floor(span / stepMs) + 1;
  if (points < 11) {
    throw new DataError(
      'short-tape',
      `The tape has ${points} steps of ${Math.round(stepMs / 1000)} s; a fit needs at least 11. Give a longer span.`,
    );
  }
  const returns = gridReturns(tape, venue, from, stepMs, points);
  // A quiet venue repeats its price for long: what it does when it moves is what there is to measure.
  const moved = returns.filter((value) => value !== 0).map(Math.abs);
  const limit = moved.length > 0 ? (JUMP_DEVIATIONS * median(moved)) / 0.6745 : 0;
  const jumps = returns.filter((value) => Math.abs(value) > limit);
  const calm = returns.filter((value) => Math.abs(value) <= limit);
  const rootMeanSquare = (values: Float64Array): number =>
    values.length > 0 ? Math.sqrt(mean(values.map((value) => value * value))) : 0;
  return {
    volatilityPerYear: rootMeanSquare(calm) * Math.sqrt(YEAR_MS / stepMs),
    jumpsPerDay: (jumps.length * DAY_MS) / (returns.length * stepMs),
    jumpDeviationBps: rootMeanSquare(jumps) * 10_000,
  };
}

function fitVenue(
  tape: BookTape,
  moments: readonly VenueMoments[],
  index: number,
  venue: VenueMoments,
): VenueOverrides {
  const { name } = tape.venues[index];
  const ratio = venue.spreadDeviationBps / venue.spreadMeanBps;
  const logVariance = log(1 + ratio * ratio);
  const basis = index === 0 ? undefined : midSpreadBps(pairQuotes(tape, index, moments[0].venue));
  const { levelSizes, sizeDeviation, levelGapsBps, levelGapDeviation, levelRenewal } = levelShape(
    tape,
    index,
  );
  return {
    name,
    intervalMs: venue.intervalMs,
    intervalDeviation: venue.intervalDeviation,
    repeatShare: venue.repeatShare,
    basisBps: basis?.mean ?? 0,
    basisDeviationBps: basis?.deviation ?? 0,
    noiseBps: 0,
    // A lognormal with the mean and the deviation of the tape's spreads.
    spreadBps: venue.spreadMeanBps * exp(-0.5 * logVariance),
    spreadDeviation: Math.sqrt(logVariance),
    spreadPersistence: venue.spreadPersistence,
    levelSizes,
    sizeDeviation,
    levelGapsBps,
    levelGapDeviation,
    levelRenewal,
    latencyMs: venue.latencyMs,
    latencyDeviation: venue.latencyDeviation,
    outagesPerDay: venue.outagesPerDay,
    outageMs: venue.outageMs,
  };
}

/** Lags relative to the first venue, moved up so that the fastest one has none. */
function shiftLags(
  venues: readonly VenueOverrides[],
  tape: BookTape,
  moments: readonly VenueMoments[],
): VenueOverrides[] {
  const lags = moments.map((moment, index) => {
    if (index === 0) return 0;
    const stepMs = Math.max(moments[0].intervalMs, moment.intervalMs, 10);
    const found = measureLeadLag(tape, 0, index, { stepMs });
    return found?.significant ? found.bestLagMs : 0;
  });
  const fastest = Math.min(...lags);
  return venues.map((venue, index) => ({ ...venue, lagMs: lags[index] - fastest }));
}

/** The coarsest power of ten, from 1 to 1e-8, that all prices are multiples of. */
function findTick(tape: BookTape): number {
  for (let decimals = 0; decimals < 8; decimals++) {
    const scale = Number(`1e${decimals}`);
    const fits = (price: number) =>
      Math.abs(price * scale - Math.round(price * scale)) < 1e-10 * price * scale + 1e-9;
    if (tape.bidPrices.every(fits) && tape.askPrices.every(fits)) return 1 / scale;
  }
  return 1e-8;
}

/** The deviation that is left to the bases once the noise has its share, for a few half-lives; the best of them. */
function searchBases(tape: BookTape, fitted: SyntheticVenuesOverrides): SyntheticVenuesOverrides {
  const { venues = [] } = fitted;
  if (venues.length < 2) return fitted;
  const spanMs = tape.timeMs[tape.length - 1] - tape.timeMs[0];
  const target = edgesAgainstFirst(tape);
  const events = Math.min(tape.length, SEARCH_EVENTS);
  const rescale = tape.length / events;
  let best = fitted;
  let bestLoss = Infinity;
  for (const halfLife of HALF_LIVES_PER_SPAN) {
    const visible = visibleVariance(halfLife);
    for (const noise of NOISE_SHARES) {
      const candidate = {
        ...fitted,
        venues: venues.map((venue, index) => {
          const { basisDeviationBps = 0 } = venue;
          if (index === 0) return venue;
          return {
            ...venue,
            basisHalfLifeMs: halfLife * spanMs,
            basisDeviationBps: basisDeviationBps * Math.sqrt((1 - noise) / visible),
            noiseBps: basisDeviationBps * Math.sqrt(noise),
          };
        }),
      };
      const market = new SyntheticVenues({ ...candidate, events, depth: 1 });
      const simulated = Array.from({ length: SEARCH_SEEDS }, (_, seed) =>
        edgesAgainstFirst(market.generate(createRng(`fit ${seed}`))),
      );
      const loss = distance(target, simulated, rescale);
      if (loss >= bestLoss) continue;
      bestLoss = loss;
      best = candidate;
    }
  }
  return best;
}

/**
 * The share of an Ornstein–Uhlenbeck process's variance that is expected about its own mean within a span, which a slow
 * one does not fill: with x = span · ln 2 / half-life, 1 − 2/x · (1 − (1 − e^−x) / x).
 */
function visibleVariance(halfLifePerSpan: number): number {
  const x = Math.LN2 / halfLifePerSpan;
  return 1 - (2 / x) * (1 - (1 - exp(-x)) / x);
}

interface EdgeTarget {
  readonly spells: number;
  readonly positiveShare: number;
  readonly above20Share: number;
}

/** Of every venue against the first, both ways. */
function edgesAgainstFirst(tape: BookTape): EdgeTarget[] {
  return tape.venues.slice(1).flatMap((_, i) => {
    const quotes = pairQuotes(tape, 0, i + 1);
    return [
      summarizeEdges(quotes, quotes.bidsB, quotes.asksA),
      summarizeEdges(quotes, quotes.bidsA, quotes.asksB),
    ];
  });
}

/** How far apart: spells by the ratio of their numbers (of few, no more is made than of chance), shares by their difference. */
function distance(
  target: readonly EdgeTarget[],
  simulated: readonly (readonly EdgeTarget[])[],
  rescale: number,
): number {
  let loss = 0;
  for (const [i, { spells, positiveShare, above20Share }] of target.entries()) {
    const meanSpells = mean(simulated.map((edges) => edges[i].spells)) * rescale;
    const meanShare = mean(simulated.map((edges) => edges[i].positiveShare));
    const meanAbove = mean(simulated.map((edges) => edges[i].above20Share));
    loss += Math.abs(log((meanSpells + 3) / (spells + 3)));
    loss += 4 * (Math.abs(meanShare - positiveShare) + Math.abs(meanAbove - above20Share));
  }
  return loss;
}
