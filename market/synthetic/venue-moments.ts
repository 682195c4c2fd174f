/** Measures one venue's timing, spreads and depth on a tape: the numbers that a synthetic venue is made from. */
import { DataError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import { mean, median, quantile, standardDeviation } from '../../core/statistics.ts';
import type { BookTape } from '../books/tape.ts';

export interface VenueMoments {
  readonly venue: number;
  readonly events: number;
  /** Median time from book to book without outages, and the standard deviation of its log. */
  readonly intervalMs: number;
  readonly intervalDeviation: number;
  /** Share of books whose best prices and sizes are those of the book before. */
  readonly repeatShare: number;
  readonly spreadMeanBps: number;
  readonly spreadDeviationBps: number;
  /** Correlation of the log spread from one changed book to the next, [0, 0.9999]. */
  readonly spreadPersistence: number;
  /** Median receive − exchange time above the least seen, which is what the clocks may differ by; 0 where unknown. */
  readonly latencyMs: number;
  readonly latencyDeviation: number;
  readonly outagesPerDay: number;
  readonly outageMs: number;
}

const DAY_MS = 86_400_000;
/** A time without books is an outage when it is this many median intervals and this long. */
const OUTAGE_INTERVALS = 10;
const MIN_OUTAGE_MS = 5000;
const MIN_EVENTS = 50;

/** @throws DataError `short-tape` for fewer than 50 books */
export function venueMoments(tape: BookTape, venue: number): VenueMoments {
  const rows = rowsOf(tape, venue);
  const events = rows.length;
  if (events < MIN_EVENTS) {
    throw new DataError(
      'short-tape',
      `The tape has ${events} books of "${tape.venues[venue].name}"; a fit needs at least ${MIN_EVENTS}.`,
    );
  }
  const times = Float64Array.from(rows, (row) => tape.timeMs[row]);
  const all = times.subarray(1).map((time, i) => time - times[i]);
  const outageLimit = Math.max(MIN_OUTAGE_MS, OUTAGE_INTERVALS * median(all));
  const outages = all.filter((interval) => interval > outageLimit);
  const intervals = all.filter((interval) => interval > 0 && interval <= outageLimit);
  const spreads = Float64Array.from(rows, (row) => spreadBps(tape, row));
  const changed = rows.filter((row, i) => i === 0 || !sameTop(tape, row, rows[i - 1]));
  const latency = fitLatency(tape, rows);
  return {
    venue,
    events,
    // The mean is what decides how many books there are; a lognormal's median lies below it.
    intervalMs: intervals.length > 0 ? meanToMedian(intervals) : 1,
    intervalDeviation: logDeviation(intervals),
    repeatShare: Math.min(0.999, 1 - changed.length / events),
    spreadMeanBps: Math.max(mean(spreads), 1e-6),
    spreadDeviationBps: standardDeviation(spreads),
    spreadPersistence: autocorrelation(
      Float64Array.from(changed, (row) => log(Math.max(spreadBps(tape, row), 1e-9))),
    ),
    ...latency,
    outagesPerDay: (outages.length * DAY_MS) / Math.max(1, times[events - 1] - times[0]),
    outageMs: outages.length > 0 ? mean(outages) : 0,
  };
}

export interface LevelShape {
  /** [K] */
  readonly levelSizes: number[];
  readonly sizeDeviation: number;
  /** [K], the first is 0. */
  readonly levelGapsBps: number[];
  readonly levelGapDeviation: number;
  readonly levelRenewal: number;
}

/** Sizes and distances of a venue's levels, both sides together. */
export function levelShape(tape: BookTape, venue: number): LevelShape {
  const { depth } = tape;
  const rows = rowsOf(tape, venue);
  const changed = rows.filter((row, i) => i === 0 || !sameTop(tape, row, rows[i - 1]));
  const levelSizes: number[] = [];
  const levelGapsBps: number[] = [];
  const sizeDeviations: number[] = [];
  const gapDeviations: number[] = [];
  for (let k = 0; k < depth; k++) {
    const sizes: number[] = [];
    const gaps: number[] = [];
    for (const row of rows) {
      for (const [prices, amounts] of sidesOf(tape)) {
        const at = row * depth + k;
        if (!(amounts[at] > 0)) continue;
        sizes.push(amounts[at]);
        if (k > 0) gaps.push((Math.abs(prices[at] - prices[at - 1]) / prices[row * depth]) * 10_000);
      }
    }
    // Levels that are never there are those before them; the schema wants sizes above 0.
    levelSizes.push(sizes.length > 0 ? median(sizes) : levelSizes[k - 1]);
    levelGapsBps.push(gaps.length > 0 ? median(gaps) : 0);
    if (sizes.length > 0) sizeDeviations.push(logDeviation(sizes));
    if (gaps.length > 0) gapDeviations.push(logDeviation(gaps));
  }
  return {
    levelSizes,
    sizeDeviation: mean(sizeDeviations),
    levelGapsBps,
    levelGapDeviation: gapDeviations.length > 0 ? mean(gapDeviations) : 0,
    levelRenewal: changedLevelShare(tape, changed),
  };
}

function sidesOf(tape: BookTape): [prices: Float64Array, sizes: Float64Array][] {
  return [
    [tape.bidPrices, tape.bidSizes],
    [tape.askPrices, tape.askSizes],
  ];
}

/** Share of level sizes that differ from one changed book to the next. */
function changedLevelShare(tape: BookTape, changed: Int32Array): number {
  let different = 0;
  for (let i = 1; i < changed.length; i++) {
    for (let k = 0; k < tape.depth; k++) {
      const at = changed[i] * tape.depth + k;
      const before = changed[i - 1] * tape.depth + k;
      if (tape.bidSizes[at] !== tape.bidSizes[before]) different++;
      if (tape.askSizes[at] !== tape.askSizes[before]) different++;
    }
  }
  return changed.length > 1 ? different / (2 * tape.depth * (changed.length - 1)) : 0;
}

function rowsOf(tape: BookTape, venue: number): Int32Array {
  return Int32Array.from(Array.from(tape.venue.keys()).filter((row) => tape.venue[row] === venue));
}

function spreadBps({ depth, bidPrices, askPrices }: BookTape, row: number): number {
  const bid = bidPrices[row * depth];
  const ask = askPrices[row * depth];
  return ((ask - bid) / (0.5 * (ask + bid))) * 10_000;
}

function sameTop(tape: BookTape, row: number, other: number): boolean {
  const a = row * tape.depth;
  const b = other * tape.depth;
  return sidesOf(tape).every(([prices, sizes]) => prices[a] === prices[b] && sizes[a] === sizes[b]);
}

function fitLatency(tape: BookTape, rows: Int32Array): Pick<VenueMoments, 'latencyMs' | 'latencyDeviation'> {
  const offsets = Float64Array.from(rows, (row) => tape.timeMs[row] - tape.exchangeTimeMs[row]).filter(
    (offset) => !Number.isNaN(offset),
  );
  if (offsets.length === 0) return { latencyMs: 0, latencyDeviation: 0 };
  // Latency is never negative: where the difference is, the clocks differ, and only what varies is known.
  const least = quantile(offsets, 0);
  const latencies = least < 0 ? offsets.map((offset) => offset - least) : offsets;
  return { latencyMs: median(latencies), latencyDeviation: logDeviation(latencies) };
}

function meanToMedian(intervals: Float64Array): number {
  const deviation = logDeviation(intervals);
  return mean(intervals) * exp(-0.5 * deviation * deviation);
}

/** Half the distance between the quantiles of a log one deviation to each side, at most 5; 0 where there is none. */
function logDeviation(values: ArrayLike<number>): number {
  const logs = Float64Array.from(values)
    .filter((value) => value > 0)
    .map(log);
  return logs.length > 1 ? Math.min(5, 0.5 * (quantile(logs, 0.8413) - quantile(logs, 0.1587))) : 0;
}

/** At lag 1, within [0, 0.9999]. */
function autocorrelation(values: Float64Array): number {
  const centre = mean(values);
  let products = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    squares += (values[i] - centre) * (values[i] - centre);
    if (i > 0) products += (values[i] - centre) * (values[i - 1] - centre);
  }
  return squares > 0 ? Math.min(0.9999, Math.max(0, products / squares)) : 0;
}
