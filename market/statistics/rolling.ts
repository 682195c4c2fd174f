/** Measures risk and return over a window that moves along a series of returns. */

export interface RollingRisk {
  /** [n] of the `window` returns that end there, a year; NaN before there are so many */
  readonly volatility: Float64Array;
  /** [n] mean over sample deviation, a year; NaN where nothing varies */
  readonly sharpe: Float64Array;
}

/** Deviations below this part of the largest return are rounding. */
const ROUNDING = 1e-12;

/**
 * Sample deviation · √A, and mean / sample deviation · √A, of each window. Each window is summed anew around its own mean every
 * `window` steps, so that rounding does not gather.
 * @param returns [n] simple
 * @param window ≥ 2
 * @param periodsPerYear A
 */
export function rollingRisk(returns: ArrayLike<number>, window: number, periodsPerYear: number): RollingRisk {
  const n = returns.length;
  const volatility = new Float64Array(n).fill(Number.NaN);
  const sharpe = new Float64Array(n).fill(Number.NaN);
  const rootYear = Math.sqrt(periodsPerYear);
  let centre = 0;
  let sum = 0;
  let squares = 0;
  for (let t = window - 1; t < n; t++) {
    if ((t + 1) % window === 0 || t === window - 1) {
      centre = 0;
      for (let i = t - window + 1; i <= t; i++) centre += returns[i] / window;
      sum = 0;
      squares = 0;
      for (let i = t - window + 1; i <= t; i++) {
        sum += returns[i] - centre;
        squares += (returns[i] - centre) * (returns[i] - centre);
      }
    } else {
      const added = returns[t] - centre;
      const left = returns[t - window] - centre;
      sum += added - left;
      squares += added * added - left * left;
    }
    const mean = sum / window;
    const deviation = Math.sqrt(Math.max(0, (squares - sum * mean) / (window - 1)));
    const scale = Math.abs(centre + mean) + Math.abs(returns[t]);
    volatility[t] = deviation * rootYear;
    if (deviation > ROUNDING * scale && deviation > 0) sharpe[t] = ((centre + mean) / deviation) * rootYear;
  }
  return { volatility, sharpe };
}
