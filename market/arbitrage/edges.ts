/** Counts how often buying at one venue and selling at another would have paid, by the best prices as they were seen. */
import { mean, median } from '../../core/statistics.ts';
import type { BookTape } from '../books/tape.ts';

/** Of one direction, before fees. Shares and means are by time: of how long the quotes stood while both were fresh. */
export interface EdgeStatistics {
  /** Receive times at which one of the two books arrived and both were fresh. */
  readonly samples: number;
  /** best bid of the selling venue / best ask of the buying one − 1, bp. */
  readonly meanBps: number;
  readonly maxBps: number;
  /** Share of time above 0. */
  readonly positiveShare: number;
  /** Share of time above 20 bp. */
  readonly above20Share: number;
  /** Unbroken runs of samples above 0. */
  readonly spells: number;
  /** Mean and median number of samples in them; 0 without any. */
  readonly meanSpellSamples: number;
  readonly medianSpellSamples: number;
  /** Mean time from a spell's first sample to the first one after it; 0 without any. */
  readonly meanSpellMs: number;
}

/** The best prices of two venues after every receive time that changed one of them, while both are fresh. */
export interface QuotePairs {
  readonly length: number; // S
  /** [S] */
  readonly timeMs: Float64Array;
  /** [S] how long they stood: up to the next sample, or until one of the two was stale. */
  readonly durationMs: Float64Array;
  /** [S] */
  readonly bidsA: Float64Array;
  /** [S] */
  readonly asksA: Float64Array;
  /** [S] */
  readonly bidsB: Float64Array;
  /** [S] */
  readonly asksB: Float64Array;
  /** Share of the time since both were known in which one of the two was older than `staleMs`. */
  readonly staleShare: number;
}

/**
 * Events of one receive time are applied together: what was seen between them was never there.
 * @param tape the books of both
 * @param a index of a venue of the tape
 * @param b index of another
 * @param staleMs age from which on a quote is not compared; default: never
 */
export function pairQuotes(tape: BookTape, a: number, b: number, staleMs = Infinity): QuotePairs {
  const { depth, length, venue } = tape;
  const columns = Array.from({ length: 6 }, () => new Float64Array(length));
  const [timeMs, durationMs, bidsA, asksA, bidsB, asksB] = columns;
  let rowA = -1;
  let rowB = -1;
  let changed = false;
  let samples = 0;
  let seenMs = 0;
  let freshMs = 0;
  for (let n = 0; n < length; n++) {
    if (venue[n] === a) rowA = n;
    else if (venue[n] === b) rowB = n;
    changed ||= venue[n] === a || venue[n] === b;
    const now = tape.timeMs[n];
    if (!changed || rowA < 0 || rowB < 0 || (n + 1 < length && tape.timeMs[n + 1] === now)) continue;
    changed = false;
    const nextMs = nextChange(n + 1) ?? now;
    const staleAtMs = Math.min(tape.timeMs[rowA], tape.timeMs[rowB]) + staleMs;
    const standsMs = Math.max(0, Math.min(nextMs, staleAtMs) - now);
    seenMs += nextMs - now;
    freshMs += standsMs;
    if (staleAtMs < now) continue;
    timeMs[samples] = now;
    durationMs[samples] = standsMs;
    bidsA[samples] = tape.bidPrices[rowA * depth];
    asksA[samples] = tape.askPrices[rowA * depth];
    bidsB[samples] = tape.bidPrices[rowB * depth];
    asksB[samples] = tape.askPrices[rowB * depth];
    samples++;
  }
  const cut = (column: Float64Array) => column.subarray(0, samples);
  return {
    length: samples,
    timeMs: cut(timeMs),
    durationMs: cut(durationMs),
    bidsA: cut(bidsA),
    asksA: cut(asksA),
    bidsB: cut(bidsB),
    asksB: cut(asksB),
    staleShare: seenMs > 0 ? 1 - freshMs / seenMs : 0,
  };

  function nextChange(from: number): number | undefined {
    for (let n = from; n < length; n++) if (venue[n] === a || venue[n] === b) return tape.timeMs[n];
    return undefined;
  }
}

/** Mean of values by how long they stood; the plain mean where none stood for any time. */
function meanByTime(values: Float64Array, durationMs: Float64Array): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i] * durationMs[i];
    total += durationMs[i];
  }
  return total > 0 ? sum / total : mean(values);
}

/** Mean and standard deviation of (middle of A / middle of B − 1) by time, bp. */
export function midSpreadBps(quotes: QuotePairs): { mean: number; deviation: number } {
  const spreads = midSpreadsBps(quotes);
  const center = meanByTime(spreads, quotes.durationMs);
  const variance = meanByTime(
    spreads.map((value) => (value - center) * (value - center)),
    quotes.durationMs,
  );
  return { mean: center, deviation: Math.sqrt(variance) };
}

/** [S] (middle of A / middle of B − 1), bp. */
export function midSpreadsBps({ length, bidsA, asksA, bidsB, asksB }: QuotePairs): Float64Array {
  return Float64Array.from(
    { length },
    (_, i) => ((bidsA[i] + asksA[i]) / (bidsB[i] + asksB[i]) - 1) * 10_000,
  );
}

/**
 * @param quotes when the prices were seen and how long they stood
 * @param bids [S] best bids of the venue that is sold at
 * @param asks [S] best asks of the venue that is bought at
 */
export function summarizeEdges(
  { timeMs, durationMs }: Pick<QuotePairs, 'timeMs' | 'durationMs'>,
  bids: Float64Array,
  asks: Float64Array,
): EdgeStatistics {
  const samples = timeMs.length;
  const edges = Float64Array.from({ length: samples }, (_, i) => (bids[i] / asks[i] - 1) * 10_000);
  const spellSamples: number[] = [];
  const spellMs: number[] = [];
  let start = -1;
  let max = -Infinity;
  for (let i = 0; i < samples; i++) {
    if (edges[i] > max) max = edges[i];
    if (edges[i] > 0) {
      if (start < 0) start = i;
    } else if (start >= 0) {
      endSpell(i);
    }
  }
  if (start >= 0) endSpell(samples);
  const shareAbove = (bps: number) =>
    meanByTime(
      edges.map((edge) => (edge > bps ? 1 : 0)),
      durationMs,
    );
  return {
    samples,
    meanBps: meanByTime(edges, durationMs),
    maxBps: max,
    positiveShare: shareAbove(0),
    above20Share: shareAbove(20),
    spells: spellSamples.length,
    meanSpellSamples: spellSamples.length > 0 ? mean(spellSamples) : 0,
    medianSpellSamples: spellSamples.length > 0 ? median(spellSamples) : 0,
    meanSpellMs: spellMs.length > 0 ? mean(spellMs) : 0,
  };

  function endSpell(end: number): void {
    spellSamples.push(end - start);
    spellMs.push(timeMs[Math.min(end, samples - 1)] - timeMs[start]);
    start = -1;
  }
}
