/** Reads off one bar, or one bar and the one before it, what several indicators are made of. */
import type { Candles } from '../../candles/candles.ts';

/** (high + low + close) / 3 */
export function typicalPrice({ high, low, close }: Candles, row: number): number {
  return (high[row] + low[row] + close[row]) / 3;
}

/** The range of a bar and the gap before it: max(high, close before) − min(low, close before). */
export function trueRange({ high, low, close }: Candles, row: number): number {
  const before = close[row - 1];
  return Math.max(high[row], before) - Math.min(low[row], before);
}

/** The place of close[row] between the lowest low (0) and the highest high (1) of the last `bars` bars; NaN where they are one. */
export function placeInRange({ high, low, close }: Candles, row: number, bars: number): number {
  let highest = high[row];
  let lowest = low[row];
  for (let r = row - bars + 1; r < row; r++) {
    if (high[r] > highest) highest = high[r];
    if (low[r] < lowest) lowest = low[r];
  }
  return (close[row] - lowest) / (highest - lowest);
}

/** (gains − losses) / (gains + losses) of the last `bars` changes of the close, in [−1, 1]; 0 without a change. */
export function relativeStrength({ close }: Candles, row: number, bars: number): number {
  let gains = 0;
  let losses = 0;
  for (let r = row - bars + 1; r <= row; r++) {
    const change = close[r] - close[r - 1];
    if (change > 0) gains += change;
    else losses -= change;
  }
  const total = gains + losses;
  return total === 0 ? 0 : (gains - losses) / total;
}
