/** Says what is odd about the order books on a tape, venue by venue and between venues. */
import { mean, median, quantile, standardDeviation } from '../../core/statistics.ts';
import { type EdgeStatistics, midSpreadBps, pairQuotes, summarizeEdges } from '../arbitrage/edges.ts';
import { type LeadLag, measureLeadLag } from '../arbitrage/lead-lag.ts';
import type { BookTape, Venue } from './tape.ts';

export interface Spell {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface VenueQuality {
  readonly venue: Venue;
  readonly events: number;
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
  /** Median time from book to book, milliseconds; 0 for a single book. */
  readonly intervalMs: number;
  /** Times without a book of more than `gapMs`, in order of time. */
  readonly gaps: readonly Spell[];
  /** What counted as a gap here. */
  readonly gapMs: number;
  /** Share of books whose best prices and sizes are those of the book before. */
  readonly unchangedTopShare: number;
  /** Times of more than `gapMs` in which books came but their best prices and sizes stayed the same. */
  readonly staleSpells: number;
  readonly longestStale: Spell | undefined;
  /** Best bid = best ask. */
  readonly lockedBooks: number;
  /** Best bid above best ask. */
  readonly crossedBooks: number;
  /** Receive time − exchange time, milliseconds: latency plus what the clocks differ by; undefined where unknown. */
  readonly clockOffset: ClockOffset | undefined;
  /** Best ask − best bid, bp of the middle. */
  readonly spreadBps: { readonly mean: number; readonly deviation: number; readonly median: number };
  /** [K] median size of each level, both sides together, base units; NaN for levels that are never there. */
  readonly levelSizes: readonly number[];
}

export interface ClockOffset {
  readonly lowMs: number; // 1 % of books are below
  readonly medianMs: number;
  readonly highMs: number; // 1 % of books are above
  /** Books that were received before they were sent, by the two clocks. */
  readonly negative: number;
}

export interface PairQuality {
  readonly a: Venue;
  readonly b: Venue;
  /** Why their prices cannot be compared; undefined where they can. */
  readonly mismatch: string | undefined;
  /** Middle of a / middle of b − 1, bp. */
  readonly midSpreadBps: { readonly mean: number; readonly deviation: number } | undefined;
  readonly buyASellB: EdgeStatistics | undefined;
  readonly buyBSellA: EdgeStatistics | undefined;
  readonly leadLag: LeadLag | undefined;
  /** Age from which on a quote was not compared: the longer of the two venues' `gapMs`. */
  readonly staleMs: number;
  /** Share of the time in which one of the two was older than that. */
  readonly staleShare: number;
}

export interface BookQuality {
  readonly venues: readonly VenueQuality[];
  readonly pairs: readonly PairQuality[];
}

/** A gap is this many median intervals, and at least this long. */
const GAP_INTERVALS = 5;
const MIN_GAP_MS = 1000;
const MIN_STEP_MS = 10;

/**
 * What recorded books hold: gaps, stale spells, clocks, and how often there was an edge between venues.
 * @param tape of one venue or several
 * @param options for gaps
 * @param options.gapMs what counts as a gap; 5 median intervals but at least a second by default
 */
export function describeBooks(tape: BookTape, { gapMs }: { gapMs?: number } = {}): BookQuality {
  const seen = tape.venues.flatMap((_, index) => (tape.venue.includes(index) ? [index] : []));
  const venues = seen.map((index) => describeVenue(tape, index, gapMs));
  const pairs = seen.flatMap((a, i) =>
    seen.slice(i + 1).map((b, j) => {
      const intervalMs = Math.max(venues[i].intervalMs, venues[i + 1 + j].intervalMs);
      const staleMs = Math.max(venues[i].gapMs, venues[i + 1 + j].gapMs);
      return describePair(tape, a, b, Math.max(MIN_STEP_MS, intervalMs), staleMs);
    }),
  );
  return { venues, pairs };
}

function describeVenue(tape: BookTape, index: number, gapOption: number | undefined): VenueQuality {
  const { depth, bidPrices, bidSizes, askPrices, askSizes } = tape;
  const rows = Int32Array.from(Array.from(tape.venue.keys()).filter((row) => tape.venue[row] === index));
  const events = rows.length;
  const times = Float64Array.from(rows, (row) => tape.timeMs[row]);
  const intervals = times.subarray(1).map((time, i) => time - times[i]);
  const intervalMs = events > 1 ? median(intervals) : 0;
  const gapMs = gapOption ?? Math.max(MIN_GAP_MS, GAP_INTERVALS * intervalMs);
  const gaps: Spell[] = [];
  const stale: Spell[] = [];
  let unchanged = 0;
  let lockedBooks = 0;
  let crossedBooks = 0;
  let topSince = times[0];
  const endStale = (i: number): void => {
    if (times[i] - topSince > gapMs) stale.push({ fromMs: topSince, toMs: times[i] });
  };
  for (let i = 0; i < events; i++) {
    const at = rows[i] * depth;
    if (bidPrices[at] === askPrices[at]) lockedBooks++;
    if (bidPrices[at] > askPrices[at]) crossedBooks++;
    if (i === 0) continue;
    const before = rows[i - 1] * depth;
    const isGap = intervals[i - 1] > gapMs;
    if (isGap) gaps.push({ fromMs: times[i - 1], toMs: times[i] });
    const same =
      bidPrices[at] === bidPrices[before] &&
      bidSizes[at] === bidSizes[before] &&
      askPrices[at] === askPrices[before] &&
      askSizes[at] === askSizes[before];
    if (same) unchanged++;
    if (same && !isGap) continue;
    endStale(i - 1);
    topSince = times[i];
  }
  endStale(events - 1);
  const spreads = Float64Array.from(rows, (row) => {
    const bid = bidPrices[row * depth];
    const ask = askPrices[row * depth];
    return ((ask - bid) / (0.5 * (ask + bid))) * 10_000;
  });
  return {
    venue: tape.venues[index],
    events,
    firstTimeMs: times[0],
    lastTimeMs: times[events - 1],
    intervalMs,
    gaps,
    gapMs,
    unchangedTopShare: events > 1 ? unchanged / (events - 1) : 0,
    staleSpells: stale.length,
    longestStale: longest(stale),
    lockedBooks,
    crossedBooks,
    clockOffset: describeClock(tape, rows),
    spreadBps: { mean: mean(spreads), deviation: standardDeviation(spreads), median: median(spreads) },
    levelSizes: Array.from({ length: depth }, (_, k) => medianLevelSize(tape, rows, k)),
  };
}

function describeClock(tape: BookTape, rows: Int32Array): ClockOffset | undefined {
  const offsets = Float64Array.from(rows, (row) => tape.timeMs[row] - tape.exchangeTimeMs[row]).filter(
    (offset) => !Number.isNaN(offset),
  );
  if (offsets.length === 0) return undefined;
  return {
    lowMs: quantile(offsets, 0.01),
    medianMs: median(offsets),
    highMs: quantile(offsets, 0.99),
    negative: offsets.filter((offset) => offset < 0).length,
  };
}

function medianLevelSize(tape: BookTape, rows: Int32Array, level: number): number {
  const sizes: number[] = [];
  for (const row of rows) {
    const at = row * tape.depth + level;
    if (tape.bidSizes[at] > 0) sizes.push(tape.bidSizes[at]);
    if (tape.askSizes[at] > 0) sizes.push(tape.askSizes[at]);
  }
  return median(sizes);
}

function describePair(
  tape: BookTape,
  indexA: number,
  indexB: number,
  stepMs: number,
  staleMs: number,
): PairQuality {
  const a = tape.venues[indexA];
  const b = tape.venues[indexB];
  const none = {
    midSpreadBps: undefined,
    buyASellB: undefined,
    buyBSellA: undefined,
    leadLag: undefined,
    staleMs,
    staleShare: 0,
  };
  if (a.base !== b.base) return { a, b, mismatch: `${a.base} against ${b.base}`, ...none };
  // Returns compare whatever the currency; prices do not.
  const leadLag = measureLeadLag(tape, indexA, indexB, { stepMs });
  if (a.quote !== b.quote) return { a, b, mismatch: `${a.quote} against ${b.quote}`, ...none, leadLag };
  const quotes = pairQuotes(tape, indexA, indexB, staleMs);
  if (quotes.length === 0)
    return { a, b, mismatch: undefined, ...none, leadLag, staleShare: quotes.staleShare };
  return {
    a,
    b,
    mismatch: undefined,
    staleMs,
    midSpreadBps: midSpreadBps(quotes),
    buyASellB: summarizeEdges(quotes, quotes.bidsB, quotes.asksA),
    buyBSellA: summarizeEdges(quotes, quotes.bidsA, quotes.asksB),
    leadLag,
    staleShare: quotes.staleShare,
  };
}

function longest(spells: readonly Spell[]): Spell | undefined {
  let best: Spell | undefined;
  for (const spell of spells) {
    if (best === undefined || spell.toMs - spell.fromMs > best.toMs - best.fromMs) best = spell;
  }
  return best;
}
