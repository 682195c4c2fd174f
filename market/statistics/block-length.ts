/**
 * Chooses the block length of a bootstrap from the data: the longer neighbours remember each other, the longer.
 * Source: D. Politis & H. White, "Automatic Block-Length Selection for the Dependent Bootstrap", Econometric Reviews 23
 * (2004), section 3, with the correction of A. Patton, D. Politis & H. White, Econometric Reviews 28 (2009).
 * Differences from the source: the window of lags reaches twice to the first negligible autocorrelation, not to the last one
 * before it, as the implementations in R (np) and Python (arch) do.
 */
import { exp, log } from '../../core/math.ts';
import { mean } from '../../core/statistics.ts';

/** Standard errors within which an autocorrelation counts as none. */
const NEGLIGIBLE = 2;
const LEAST_RUN = 5;

/**
 * The mean block length of the stationary bootstrap that is best for the variance of a mean.
 * @param values [n], n ≥ 2, finite
 * @returns at least 1, at most ⌈min(3·√n, n/3)⌉; 1 for values that never change
 */
export function optimalBlockLength(values: ArrayLike<number>): number {
  const n = values.length;
  const centre = mean(values);
  const logTen = log(n) / Math.LN10;
  const run = Math.max(LEAST_RUN, Math.floor(logTen));
  const mostLags = Math.min(n - 1, Math.ceil(Math.sqrt(n)) + run);
  const covariances = Float64Array.from({ length: mostLags + 1 }, (_, lag) => {
    let sum = 0;
    for (let t = lag; t < n; t++) sum += (values[t] - centre) * (values[t - lag] - centre);
    return sum / n;
  });
  if (!(covariances[0] > 1e-24 * centre * centre)) return 1;
  const threshold = NEGLIGIBLE * Math.sqrt(logTen / n);
  const lags = Math.min(2 * firstQuietLag(covariances, threshold, run), mostLags);
  let spread = 0;
  let density = covariances[0];
  for (let lag = 1; lag <= lags; lag++) {
    const weight = Math.min(1, 2 * (1 - lag / lags));
    spread += 2 * weight * lag * covariances[lag];
    density += 2 * weight * covariances[lag];
  }
  if (!(density > 0)) return 1;
  // b = (2·G² / D)^(1/3)·n^(1/3) with D = 2·g(0)².
  const length = spread === 0 ? 0 : exp(log(((spread * spread) / (density * density)) * n) / 3);
  return Math.max(1, Math.min(length, Math.ceil(Math.min(3 * Math.sqrt(n), n / 3))));
}

/** The first of a run of negligible autocorrelations; the last lag of all where there is none. */
function firstQuietLag(covariances: Float64Array, threshold: number, run: number): number {
  const numLags = covariances.length - 1;
  for (let lag = 1; lag + run - 1 < numLags; lag++) {
    let isQuiet = true;
    for (let next = lag; next < lag + run; next++) {
      if (Math.abs(covariances[next]) >= threshold * covariances[0]) isQuiet = false;
    }
    if (isQuiet) return lag;
  }
  return numLags;
}
