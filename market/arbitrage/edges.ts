/** How often buying at one venue and selling at another would have paid, by the best prices as they were seen. */
import { mean, median } from '../../core/statistics.ts';
import type { BookTape } from '../books/tape.ts';

/** Of one direction, before fees; a sample is a moment at which one of the two books arrived. */
export interface EdgeStatistics {
  readonly samples: number;
  /** best bid of the selling venue / best ask of the buying one − 1, bp. */
  readonly meanBps: number;
  readonly maxBps: number;
  /** Share of samples above 0. */
  readonly positiveShare: number;
  /** Share of samples above 20 bp. */
  readonly above20Share: number;
  /** Unbroken runs of samples above 0. */
  readonly spells: number;
  /** Mean and median number of samples in them; 0 without any. */
  readonly meanSpellSamples: number;
  readonly medianSpellSamples: number;
  /** Mean time from a spell's first sample to the first one after it; 0 without any. */
  readonly meanSpellMs: number;
}

/** The best prices of two venues at every moment at which both were known and one of them arrived. */
export interface QuotePairs {
  readonly length: number; // S
  readonly timeMs: Float64Array; // [S]
  readonly bidsA: Float64Array; // [S]
  readonly asksA: Float64Array; // [S]
  readonly bidsB: Float64Array; // [S]
  readonly asksB: Float64Array; // [S]
}

/** @param a, b indices of two venues of the tape */
export function pairQuotes(tape: BookTape, a: number, b: number): QuotePairs {
  const { depth, length, venue } = tape;
  const columns = Array.from({ length: 5 }, () => new Float64Array(length));
  const [timeMs, bidsA, asksA, bidsB, asksB] = columns;
  let rowA = -1;
  let rowB = -1;
  let samples = 0;
  for (let n = 0; n < length; n++) {
    if (venue[n] === a) rowA = n;
    else if (venue[n] === b) rowB = n;
    else continue;
    if (rowA < 0 || rowB < 0) continue;
    timeMs[samples] = tape.timeMs[n];
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
    bidsA: cut(bidsA),
    asksA: cut(asksA),
    bidsB: cut(bidsB),
    asksB: cut(asksB),
  };
}

/** [S] (middle of A / middle of B − 1), bp. */
export function midSpreadsBps({ length, bidsA, asksA, bidsB, asksB }: QuotePairs): Float64Array {
  return Float64Array.from(
    { length },
    (_, i) => ((bidsA[i] + asksA[i]) / (bidsB[i] + asksB[i]) - 1) * 10_000,
  );
}

/**
 * @param timeMs [S]
 * @param bids [S] best bids of the venue that is sold at
 * @param asks [S] best asks of the venue that is bought at
 */
export function summarizeEdges(timeMs: Float64Array, bids: Float64Array, asks: Float64Array): EdgeStatistics {
  const samples = timeMs.length;
  const edges = Float64Array.from({ length: samples }, (_, i) => (bids[i] / asks[i] - 1) * 10_000);
  const spellSamples: number[] = [];
  const spellMs: number[] = [];
  let start = -1;
  let positive = 0;
  let above20 = 0;
  let max = -Infinity;
  for (let i = 0; i < samples; i++) {
    if (edges[i] > max) max = edges[i];
    if (edges[i] > 20) above20++;
    if (edges[i] > 0) {
      positive++;
      if (start < 0) start = i;
    } else if (start >= 0) {
      endSpell(i);
    }
  }
  if (start >= 0) endSpell(samples);
  return {
    samples,
    meanBps: mean(edges),
    maxBps: max,
    positiveShare: positive / samples,
    above20Share: above20 / samples,
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
