/**
 * Quantiles as XGBoost takes them for absolute and quantile error: the base score is that of the labels, and each leaf that
 * of its sampled rows' residuals, times eta, since these losses have no curvature for a Newton step.
 * Source: NIST/SEMATECH e-Handbook of Statistical Methods, section 7.2.6.2 (interpolation at p·(n + 1)).
 * Differences from the source: with weights there is no interpolation, but the first value at which their sum, in f32,
 * reaches the share.
 */

const { fround } = Math;

/** The quantile whose residuals leaves are set to; undefined for losses with a curvature. */
export function refreshedQuantile(objective: string, quantileAlpha: number): number | undefined {
  if (objective === 'reg:absoluteerror') return 0.5;
  return objective === 'reg:quantileerror' ? fround(quantileAlpha) : undefined;
}

/** @param values [n], n ≥ 1 @param weights [n] or undefined @param share 0 … 1 */
export function quantileOf(values: Float32Array, weights: Float32Array | undefined, share: number): number {
  const n = values.length;
  if (weights === undefined) {
    const sorted = values.slice().sort();
    if (share <= 1 / (n + 1)) return sorted[0];
    if (share >= n / (n + 1)) return sorted[n - 1];
    const place = share * (n + 1);
    const below = Math.floor(place) - 1;
    return fround(sorted[below] + (place - 1 - below) * fround(sorted[below + 1] - sorted[below]));
  }
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const sums = new Float32Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum = fround(sum + weights[order[i]]);
    sums[i] = sum;
  }
  const wanted = fround(sum * share);
  const reached = sums.findIndex((value) => value >= wanted);
  return values[order[reached < 0 ? n - 1 : reached]];
}

/** A leaf's new value before eta. @param rows of the sample that come to it, at least one */
export function leafQuantile(
  rows: Int32Array,
  labels: Float32Array,
  margins: Float32Array,
  weights: Float32Array | undefined,
  share: number,
): number {
  const residuals = Float32Array.from(rows, (row) => labels[row] - margins[row]);
  return quantileOf(residuals, weights && Float32Array.from(rows, (row) => weights[row]), share);
}
