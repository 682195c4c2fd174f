/** Measures how much a price has moved over its last bars. */
import { log } from '../../core/math.ts';

/**
 * Sample deviation of the `bars` one-bar log returns up to `row`.
 * @param close prices, of at least `row` + 1 bars
 * @param row ≥ bars
 * @param bars ≥ 2
 */
export function returnDeviation(close: ArrayLike<number>, row: number, bars: number): number {
  let sum = 0;
  for (let r = row - bars + 1; r <= row; r++) sum += log(close[r] / close[r - 1]);
  const mean = sum / bars;
  let squares = 0;
  for (let r = row - bars + 1; r <= row; r++) {
    const difference = log(close[r] / close[r - 1]) - mean;
    squares += difference * difference;
  }
  return Math.sqrt(squares / (bars - 1));
}
