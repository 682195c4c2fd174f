/** Configures the arbitrage env: settings, their ranges, and what must hold between them and the books. */
import { type ConfigOf, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import type { BookTape, Venue } from '../../market/books/tape.ts';
import { PRICE_STEP_TABLES } from '../../market/instruments/price-steps.ts';
import { planRows, type RowRange } from '../episode-rows.ts';
import { OBSERVED_COLUMNS } from './observation.ts';

const rates = z.array(z.number().min(0).lt(0.5)).min(1);

export const arbitrageConfig = z.object({
  actions: z
    .enum(['discrete', 'continuous'])
    .default('discrete')
    .describe(
      '`discrete`: hold, a pair of venues and a size, or rebalance; `continuous`: a signed size per pair',
    ),
  sizes: z
    .array(z.number().positive().max(10))
    .min(1)
    .default([0.05, 0.2])
    .describe('sizes of the discrete trades, rising, fractions of the base a venue begins with, in (0, 10]'),
  takerFeeRates: rates
    .default([0.0005])
    .describe('taker fee, fraction of notional, in [0, 0.5); one for all venues, or one each'),
  feeModel: z.string().default('proportional').describe('name of the fee model of all venues'),
  feeSettings: z
    .record(z.string(), z.json())
    .default({})
    .describe("the fee model's own settings, where it has any"),
  latencyMs: z
    .array(z.number().min(0).max(600_000))
    .min(1)
    .default([250])
    .describe(
      'from decision to book, ms; one for all venues, or one each; the median where there is a spread',
    ),
  latencySigma: z
    .number()
    .min(0)
    .max(5)
    .default(0)
    .describe('deviation of the logarithm of the latency; 0: it is constant'),
  burstProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('chance that an order begins a burst of slowness, in [0, 1]; needs latencySigma > 0'),
  burstFactor: z.number().min(1).max(1000).default(10).describe('what a burst multiplies latencies by, ≥ 1'),
  burstMs: z.number().min(0).default(10_000).describe('how long a burst lasts, ms'),
  latencyModel: z.string().default('lognormal').describe('name of the latency model of all venues'),
  latencySettings: z
    .record(z.string(), z.json())
    .default({})
    .describe("the latency model's own settings, where it has any"),
  decisionMs: z
    .number()
    .min(0)
    .default(0)
    .describe('time between decisions, ms; 0: a decision at every event'),
  staleMs: z.number().positive().default(30_000).describe('age past which a quote fills nothing, ms, > 0'),
  legPolicy: z
    .enum(['cancel', 'reverse', 'proceed'])
    .default('proceed')
    .describe(
      'for what one leg filled and the other did not: leave it, trade it back, or send the other again',
    ),
  timeToLiveMs: z.number().min(0).default(3000).describe('how long a missing leg is sent again, ms'),
  priceMoveRate: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0.05)
    .describe('how far a leg sent again may be from the first limit, fraction of price, in [0, 0.5)'),
  limitRate: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0.0005)
    .describe('how much worse than the price it saw a leg may fill, fraction, in [0, 0.5)'),
  walkRate: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0.0003)
    .describe("how much worse than the first unit's edge the last unit's may be, fraction, in [0, 0.5)"),
  maxEdgeRate: z
    .number()
    .positive()
    .default(0.05)
    .describe('an edge beyond this is too good to be true and is not traded, fraction, > 0'),
  minEdgeRate: z
    .number()
    .gt(-1)
    .default(-0.01)
    .describe('a net edge below this is not traded: what rebalancing may cost, fraction, > −1'),
  maxPairs: z.int().min(1).max(15).default(2).describe('pairs of orders under way together, 1 to 15'),
  maxExposure: z
    .number()
    .positive()
    .default(0.2)
    .describe('no new pair while more than this is open, fraction of the base a venue begins with, > 0'),
  lotSize: z.number().min(0).default(0).describe('sizes are multiples of this, base units; 0: any'),
  minSize: z.number().min(0).default(0).describe('smallest order, base units'),
  minNotional: z.number().min(0).default(0).describe('smallest value of an order, quote units'),
  tickSize: z
    .union([z.number().min(0), z.enum(PRICE_STEP_TABLES)])
    .default(0)
    .describe(
      'limits are multiples of this, quote units; 0: any; upbit-krw: the steps of won markets, by price',
    ),
  maxOrdersPerSecond: z.int().min(0).default(0).describe('orders a venue takes in any second; 0: any number'),
  outageEveryMs: z
    .number()
    .min(0)
    .default(0)
    .describe('mean time between outages of a venue, ms; 0: there are none'),
  outageMs: z.number().positive().default(60_000).describe('mean length of an outage, ms, > 0'),
  transfers: z
    .boolean()
    .default(false)
    .describe('whether balances can be moved between venues; adds the actions for it'),
  transferShare: z
    .number()
    .positive()
    .max(1)
    .default(0.5)
    .describe('how much of the free balance a transfer moves, in (0, 1]'),
  transferDelayMs: z.number().min(0).default(1_800_000).describe('how long a transfer takes, ms'),
  transferBaseFee: z.number().min(0).default(0).describe('fee of moving base, base units a transfer'),
  transferQuoteFee: z.number().min(0).default(0).describe('fee of moving quote, quote units a transfer'),
  suspendedVenues: z
    .array(z.int().min(0))
    .default([])
    .describe('venues, by number from 0, that let nothing out'),
  initialEquity: z
    .number()
    .positive()
    .default(100_000)
    .describe('capital at the beginning, quote units, spread evenly over the venues'),
  baseShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('part of the capital that is held in base at the beginning, in [0, 1]'),
  valuation: z
    .enum(['hedged', 'outright'])
    .default('hedged')
    .describe(
      '`hedged`: only base above or below what there was at the beginning has a price; `outright`: all',
    ),
  inventoryPenaltyBps: z
    .number()
    .min(0)
    .default(0)
    .describe('reward lost a second for an open exposure as large as the capital, bp, ≥ 0'),
  observed: z
    .array(z.string())
    .default([])
    .describe('columns that are observed, of all venues and pairs: `edge`, `base`, …; none named: all'),
  statisticsMs: z
    .number()
    .positive()
    .default(900_000)
    .describe('time constant of the basis and edge statistics, ms, > 0'),
  warmupEvents: z
    .int()
    .min(1)
    .default(400)
    .describe('events before an episode from which its first statistics come, ≥ 1'),
  episodeEvents: z
    .int()
    .min(0)
    .default(0)
    .describe('events after which an episode is truncated; 0: one episode is the whole range'),
  episodeStart: z
    .enum(['random', 'sequential'])
    .default('random')
    .describe(
      '`random`: uniform in the range; `sequential`: where the last episode was due to end, wrapping',
    ),
  fromRow: z.int().min(0).default(0).describe('first event an episode may start at, ≥ 0'),
  toRow: z.int().min(0).default(0).describe('event before which every episode ends; 0: end of the tape'),
});

export type ArbitrageConfig = ConfigOf<typeof arbitrageConfig>;

/**
 * Checks what the schema cannot: what the settings and the books have to do with each other.
 * @throws ConfigError as `requireFitting`, `range-too-short`
 */
export function planArbitrage(config: ArbitrageConfig, tape: BookTape): RowRange {
  requireFitting(config, tape.venues);
  const toRow = config.toRow === 0 ? tape.length : config.toRow;
  if (toRow > tape.length) throw invalid(`toRow is ${toRow}, but there are ${tape.length} events.`);
  return planRows({
    env: 'arbitrage',
    firstRow: Math.max(config.fromRow, config.warmupEvents - 1, firstCommonRow(tape)),
    lastRow: toRow - 1,
    episodeSteps: config.episodeEvents,
    first: 'the first after the warm-up',
    remedy: 'widen the range, or lower episodeEvents or warmupEvents',
  });
}

/**
 * Checks the settings against each other and against the venues.
 * @throws ConfigError `one-venue`, `unlike-venues`, `invalid-value`
 */
export function requireFitting(config: ArbitrageConfig, venues: readonly Venue[]): void {
  requireComparable(venues);
  const numVenues = venues.length;
  for (const key of ['takerFeeRates', 'latencyMs'] as const) {
    const { length } = config[key];
    if (length === 1 || length === numVenues) continue;
    throw invalid(`${key} must have one entry, or one for each of the ${numVenues} venues, got ${length}.`);
  }
  if (config.sizes.some((size, i) => i > 0 && size <= config.sizes[i - 1])) {
    throw invalid(`sizes must rise, got ${config.sizes.join(', ')}.`);
  }
  const unknownColumn = config.observed.find((column) => !(OBSERVED_COLUMNS as string[]).includes(column));
  if (unknownColumn !== undefined) {
    throw invalid(`observed names "${unknownColumn}".${suggestion(unknownColumn, OBSERVED_COLUMNS)}`);
  }
  if (config.burstProbability > 0 && config.latencySigma === 0) {
    throw invalid('burstProbability needs a latencySigma above 0.');
  }
  const unknown = config.suspendedVenues.find((venue) => venue >= numVenues);
  if (unknown !== undefined) {
    throw invalid(`suspendedVenues names venue ${unknown}, but there are ${numVenues}, numbered from 0.`);
  }
}

/** One entry for all venues, or one each, as one each. */
export function perVenue(values: readonly number[], numVenues: number): number[] {
  return Array.from({ length: numVenues }, (_, v) => values[values.length === 1 ? 0 : v]);
}

function requireComparable(venues: readonly Venue[]): void {
  if (venues.length < 2) {
    throw new ConfigError(
      'one-venue',
      `Env "arbitrage" needs the books of at least two venues, got ${venues.length}: ${venues.map(({ name }) => name).join(', ')}.`,
    );
  }
  const [first] = venues;
  for (const venue of venues) {
    if (venue.base === first.base && venue.quote === first.quote) continue;
    throw new ConfigError(
      'unlike-venues',
      `Env "arbitrage" compares prices of one thing in one currency, but ${first.name} trades ${first.base}/${first.quote} ` +
        `and ${venue.name} ${venue.base}/${venue.quote}: convert the books to one quote currency first.`,
    );
  }
}

/** The first event after which every venue has a book with both sides. */
function firstCommonRow({ venues, venue, length, depth, bidPrices, askPrices }: BookTape): number {
  const seen = new Set<number>();
  for (let row = 0; row < length; row++) {
    if (bidPrices[row * depth] > 0 && askPrices[row * depth] > 0) seen.add(venue[row]);
    if (seen.size === venues.length) return row;
  }
  throw new ConfigError(
    'one-venue',
    'Env "arbitrage": not every venue of the tape ever shows both sides of a book.',
  );
}

function invalid(message: string): ConfigError {
  return new ConfigError('invalid-value', `Env "arbitrage": ${message}`);
}
