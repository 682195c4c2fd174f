/**
 * Fits lines by least squares, with standard errors that hold for returns whose spread changes and whose neighbours
 * depend on each other.
 * Source: W. Newey & K. West, "A Simple, Positive Semi-definite, Heteroskedasticity and Autocorrelation Consistent
 * Covariance Matrix", Econometrica 55 (1987); E. Lazarus, D. Lewis, J. Stock & M. Watson, "HAR Inference", JBES 36 (2018),
 * section 3: ⌈1.3·√n⌉ lags, and critical values that allow for so many; N. Kiefer & T. Vogelsang, "A New Asymptotic
 * Theory for HAC Robust Tests", Econometric Theory 21 (2005).
 * Differences from the source: the critical values are those of Student's t with the degrees of freedom of Bartlett's
 * kernel, 1.5·n / (lags + 1), after the bias of centred residuals is taken out, so that any level has them; within 1 % of
 * the source's table for the share of lags that this file chooses.
 */
import { DataError } from '../../core/errors.ts';
import { mean } from '../../core/statistics.ts';

export interface LineFit {
  /** Per period. */
  readonly alpha: number;
  readonly beta: number;
  /** Newey–West, not corrected for small samples. */
  readonly alphaError: number;
  readonly betaError: number;
  /** alpha / alphaError */
  readonly alphaT: number;
  readonly betaT: number;
  /** [n] y − alpha − beta·x */
  readonly residuals: Float64Array;
  /** [n] alpha = mean(influence · y): what each period adds to it. */
  readonly alphaWeights: Float64Array;
}

/** Fewest periods of a regression or of a mean with an error. */
export const LEAST_PERIODS = 8;
/** Of long series: more of them cost time and change nothing. */
const MOST_LAGS = 500;

/**
 * y = alpha + beta·x + residual by least squares; errors by Bartlett's kernel.
 * @param x [n] what explains, e.g. the market's returns; where it never moves, beta is 0 and alpha the mean
 * @param y [n] what is explained
 * @param lags of the kernel, ≥ 0; default `neweyWestLags`
 * @throws DataError `length-mismatch`, `too-few-rows`, `non-finite-value`
 */
export function regress(x: ArrayLike<number>, y: ArrayLike<number>, lags = neweyWestLags(y.length)): LineFit {
  const n = y.length;
  if (x.length !== n) {
    throw new DataError('length-mismatch', `A regression needs pairs, got ${x.length} and ${n} values.`);
  }
  if (n < LEAST_PERIODS) {
    throw new DataError('too-few-rows', `A regression needs at least ${LEAST_PERIODS} pairs, got ${n}.`);
  }
  for (let i = 0; i < n; i++) {
    if (Number.isFinite(x[i]) && Number.isFinite(y[i])) continue;
    throw new DataError('non-finite-value', `Pair ${i} is ${x[i]} and ${y[i]}.`);
  }
  const centre = mean(x);
  let squares = 0;
  let products = 0;
  let size = 0;
  const meanY = mean(y);
  for (let i = 0; i < n; i++) {
    squares += (x[i] - centre) * (x[i] - centre);
    products += (x[i] - centre) * (y[i] - meanY);
    size += x[i] * x[i];
  }
  const moves = squares > 1e-24 * size;
  const beta = moves ? products / squares : 0;
  const alpha = meanY - beta * centre;
  const residuals = Float64Array.from({ length: n }, (_, i) => y[i] - alpha - beta * x[i]);
  const slopeWeights = Float64Array.from({ length: n }, (_, i) =>
    moves ? (n * (x[i] - centre)) / squares : 0,
  );
  const alphaWeights = slopeWeights.map((weight) => 1 - weight * centre);
  const errorOf = (weights: Float64Array): number =>
    Math.sqrt(
      longRunVariance(
        weights.map((weight, i) => weight * residuals[i]),
        lags,
      ) / n,
    );
  const alphaError = errorOf(alphaWeights);
  const betaError = errorOf(slopeWeights);
  return {
    alpha,
    beta,
    alphaError,
    betaError,
    alphaT: alpha / alphaError,
    betaT: beta / betaError,
    residuals,
    alphaWeights,
  };
}

/**
 * γ₀ + 2·Σ (1 − l/(lags + 1))·γ_l with γ_l = Σ_t v_t·v_(t−l) / n: n times the variance of the mean.
 * @param values [n] with a mean of 0
 */
export function longRunVariance(values: ArrayLike<number>, lags: number): number {
  const n = values.length;
  let total = 0;
  for (let lag = 0; lag <= Math.min(lags, n - 1); lag++) {
    let sum = 0;
    for (let t = lag; t < n; t++) sum += values[t] * values[t - lag];
    total += (lag === 0 ? 1 : 2 * (1 - lag / (lags + 1))) * (sum / n);
  }
  return Math.max(0, total);
}

/** ⌈1.3·√n⌉, at most n − 1 and 500. */
export function neweyWestLags(numPeriods: number): number {
  return Math.min(Math.ceil(1.3 * Math.sqrt(numPeriods)), Math.max(0, numPeriods - 1), MOST_LAGS);
}

/** The degrees of freedom of a Newey–West variance. */
export function neweyWestDegrees(numPeriods: number, lags = neweyWestLags(numPeriods)): number {
  return (1.5 * numPeriods) / (lags + 1);
}

/** A Newey–West variance of residuals is expected to be this part of the true one. */
export function neweyWestBias(numPeriods: number, lags = neweyWestLags(numPeriods)): number {
  const share = (lags + 1) / numPeriods;
  return 1 - share + (share * share) / 3;
}
