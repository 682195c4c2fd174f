/** Computes the z-score of a window's last value, to the same bits wherever the window lies. */

/** A deviation this small beside the mean is rounding, not movement. */
const ROUNDING = 1e-10;

/**
 * How many population deviations the last of `bars` values, the first at index `start`, lies above their mean.
 * 0 when they do not differ by more than rounding; at most √(bars − 1) in magnitude.
 *
 * Sums are taken relative to the last value, so that equal values deviate by exactly 0, and in four lanes by
 * age: a fixed order, about twice as quick as a single chain of additions.
 * @param values [≥ start + bars]; NaN or ±Infinity in it gives NaN
 */
export function lastZscore(values: Float64Array, start: number, bars: number): number {
  const end = start + bars;
  const laneEnd = end - (bars % 4);
  const last = values[end - 1];
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = start; i < laneEnd; i += 4) {
    a += values[i] - last;
    b += values[i + 1] - last;
    c += values[i + 2] - last;
    d += values[i + 3] - last;
  }
  for (let i = laneEnd; i < end; i++) a += values[i] - last;
  const mean = (a + b + (c + d)) / bars;
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  for (let i = start; i < laneEnd; i += 4) {
    const x0 = values[i] - last - mean;
    const x1 = values[i + 1] - last - mean;
    const x2 = values[i + 2] - last - mean;
    const x3 = values[i + 3] - last - mean;
    a += x0 * x0;
    b += x1 * x1;
    c += x2 * x2;
    d += x3 * x3;
  }
  for (let i = laneEnd; i < end; i++) {
    const x = values[i] - last - mean;
    a += x * x;
  }
  const deviation = Math.sqrt((a + b + (c + d)) / bars);
  if (deviation <= ROUNDING * Math.abs(last + mean)) return 0;
  return deviation === Infinity ? Number.NaN : (0 - mean) / deviation;
}
