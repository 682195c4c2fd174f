/** Makes coarser bars of bars. */
import { ConfigError, DataError } from '../../core/errors.ts';
import { median } from '../../core/statistics.ts';
import { type Candles, createCandles, withExtra } from './candles.ts';

export interface Resampled {
  readonly candles: Candles;
  /** [T] the last of the given bars that is in each: a bar is known when that one has closed, not before. */
  readonly lastRow: Int32Array;
  /** Bars at the beginning and the end of the series whose coarse bar is not whole, left out. */
  readonly dropped: number;
}

/**
 * Coarse bars begin at whole multiples of their length since 1970, UTC. One of which the series holds only a part, at its
 * beginning or end, is left out; a time without bars makes no bar.
 * @param barMs length of a coarse bar, ms; a whole multiple of the usual step
 * @throws ConfigError `invalid-bars`; DataError `too-few-rows` when no bar is whole
 */
export function resampleCandles(candles: Candles, barMs: number): Resampled {
  const { length, timeMs, open, high, low, close, volume } = candles;
  const stepMs =
    length > 1
      ? median(Array.from({ length: length - 1 }, (_, row) => timeMs[row + 1] - timeMs[row]))
      : barMs;
  if (!(Number.isInteger(barMs) && barMs > 0) || (stepMs < barMs && barMs % stepMs !== 0) || stepMs > barMs) {
    throw new ConfigError(
      'invalid-bars',
      `Bars of ${barMs} ms cannot be made of bars of ${stepMs} ms; give a whole multiple.`,
    );
  }
  const bars: number[][] = [[], [], [], [], [], []];
  const lastRow: number[] = [];
  let dropped = 0;
  let row = 0;
  while (row < length) {
    const start = Math.floor(timeMs[row] / barMs) * barMs;
    let end = row;
    while (end < length && timeMs[end] < start + barMs) end++;
    const isWhole =
      (row > 0 || timeMs[row] === start) && (end < length || timeMs[end - 1] + stepMs >= start + barMs);
    if (isWhole) {
      let top = -Infinity;
      let bottom = Infinity;
      let sum = 0;
      for (let r = row; r < end; r++) {
        top = Math.max(top, high[r]);
        bottom = Math.min(bottom, low[r]);
        sum += volume[r];
      }
      const bar = [start, open[row], top, bottom, close[end - 1], sum];
      for (const [c, value] of bar.entries()) bars[c].push(value);
      lastRow.push(end - 1);
    } else dropped += end - row;
    row = end;
  }
  if (lastRow.length === 0) {
    throw new DataError(
      'too-few-rows',
      `${length} bars hold no whole bar of ${barMs} ms; give a longer series or shorter bars.`,
    );
  }
  const [times, opens, highs, lows, closes, volumes] = bars;
  const resampled = createCandles(
    {
      timeMs: times,
      open: opens,
      high: highs,
      low: lows,
      close: closes,
      volume: volumes,
      ...withExtra(candles.extra, (values) => Float64Array.from(lastRow, (last) => values[last])),
    },
    'coarser bars',
  );
  return { candles: resampled, lastRow: Int32Array.from(lastRow), dropped };
}
