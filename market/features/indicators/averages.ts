/**
 * Moves averages along as technical analysts do: each recursion begins anew at every row, a fixed number of rows before it, so
 * that its bits do not depend on where a series starts.
 */

/** An exponential average begins as many of its periods before its row: the seed weighs less than e^−8 there. */
export const EMA_PERIODS = 5;
/** The same for Wilder's average, which forgets half as fast. */
export const WILDER_PERIODS = 9;

/**
 * Exponential moving average, weight 2 / (bars + 1), of values[from … to], seeded with the mean of the first `bars` of them.
 * @param into [to − from + 1]; its entry i is the average at from + i, from i = bars − 1 on
 * @returns the last one
 */
export function exponentialAverages(
  values: Float64Array,
  from: number,
  to: number,
  bars: number,
  into?: Float64Array,
): number {
  let average = 0;
  for (let i = from; i < from + bars; i++) average += values[i];
  average /= bars;
  if (into !== undefined) into[bars - 1] = average;
  const weight = 2 / (bars + 1);
  for (let i = from + bars; i <= to; i++) {
    average += weight * (values[i] - average);
    if (into !== undefined) into[i - from] = average;
  }
  return average;
}

/** Wilder's average, weight 1 / bars, of values[0 … length), seeded with the mean of the first `bars` of them. */
export function wilderAverage(values: Float64Array, length: number, bars: number): number {
  let average = 0;
  for (let i = 0; i < bars; i++) average += values[i];
  average /= bars;
  for (let i = bars; i < length; i++) average += (values[i] - average) / bars;
  return average;
}
