/** Brings several series together: onto the bars that they all have, or onto what was known of each at a time. */
import { DataError } from '../../core/errors.ts';
import { median } from '../../core/statistics.ts';
import { type Candles, createCandles, withExtra } from './candles.ts';
import { formatTime } from './timestamps.ts';

/**
 * @returns the series cut down to their common open times, in the order given
 * @throws DataError `no-common-span` when they share fewer than two bars
 */
export function alignCandles(series: readonly Candles[]): Candles[] {
  const counts = new Map<number, number>();
  for (const { timeMs } of series) for (const time of timeMs) counts.set(time, (counts.get(time) ?? 0) + 1);
  const isCommon = (time: number): boolean => counts.get(time) === series.length;
  const aligned = series.map((candles) => {
    const rows = Array.from(candles.timeMs.keys()).filter((row) => isCommon(candles.timeMs[row]));
    if (rows.length < 2) {
      throw new DataError(
        'no-common-span',
        `The ${series.length} series share ${rows.length} bars; at least two with equal open times are needed.`,
      );
    }
    const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row]);
    return createCandles({
      timeMs: pick(candles.timeMs),
      open: pick(candles.open),
      high: pick(candles.high),
      low: pick(candles.low),
      close: pick(candles.close),
      volume: pick(candles.volume),
      ...withExtra(candles.extra, pick),
    });
  });
  return aligned;
}

/** For each of T times, the last bar of each of M series that had closed by then. */
export interface AsOfRows {
  readonly length: number; // T
  /** [T], rising: every time at which a bar of some series closes. */
  readonly timeMs: Float64Array;
  /** [T, M] */
  readonly rows: Int32Array;
}

/**
 * Aligns series of any steps on what was known: a bar counts from its close on, never before. It begins when every
 * series has closed a bar.
 * @param series of two venues or more
 * @param options for bars that are old
 * @param options.maxAgeMs a bar that closed longer ago than this is an error; no limit by default
 * @throws DataError `one-venue` for fewer than two series, `no-common-span` when they share no time, `stale-candles`
 */
export function alignAsOf(
  series: readonly Candles[],
  { maxAgeMs = Infinity }: { maxAgeMs?: number } = {},
): AsOfRows {
  if (series.length < 2) {
    throw new DataError('one-venue', `Alignment needs two series, got ${series.length}; load another venue.`);
  }
  const closes = series.map(closeTimes);
  const from = Math.max(...closes.map((times) => times[0]));
  const to = Math.min(...closes.map((times) => times[times.length - 1]));
  const all = new Set(closes.flatMap((times) => [...times]));
  const timeMs = Float64Array.from([...all].filter((time) => time >= from && time <= to)).sort();
  if (timeMs.length === 0) {
    throw new DataError(
      'no-common-span',
      `The ${series.length} series have no common span: one ends at ${formatTime(to)}, another begins at ` +
        `${formatTime(from)}; load the same span of each.`,
    );
  }
  const numSeries = series.length;
  const rows = new Int32Array(timeMs.length * numSeries);
  for (const [m, times] of closes.entries()) {
    let row = 0;
    for (let t = 0; t < timeMs.length; t++) {
      while (row + 1 < times.length && times[row + 1] <= timeMs[t]) row++;
      rows[t * numSeries + m] = row;
      if (timeMs[t] - times[row] <= maxAgeMs) continue;
      throw new DataError(
        'stale-candles',
        `At ${formatTime(timeMs[t])} the last bar of series ${m + 1} closed at ${formatTime(times[row])}, more than ` +
          `${maxAgeMs} ms before; allow older bars or cut the gap out.`,
      );
    }
  }
  return { length: timeMs.length, timeMs, rows };
}

/** [T] when each bar is known: at the next one's open; the last one after the median step, a single one at its open. */
export function closeTimes({ timeMs, length }: Candles): Float64Array {
  const closes = new Float64Array(length);
  closes.set(timeMs.subarray(1));
  const steps = closes.subarray(0, length - 1).map((close, t) => close - timeMs[t]);
  closes[length - 1] = timeMs[length - 1] + (length > 1 ? median(steps) : 0);
  return closes;
}
