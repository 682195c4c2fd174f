/** Brings several series onto the bars that they all have. */
import { DataError } from '../core/errors.ts';
import { type Candles, createCandles } from './candles.ts';

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
    });
  });
  return aligned;
}
