/** Measures how good a series of returns was: the usual figures of performance and risk. */
import { DataError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import { mean, quantile, standardDeviation } from '../../core/statistics.ts';

/**
 * Ratios are NaN where they are not defined: fewer than two returns, or nothing to divide by, as the Sharpe
 * ratio of cash. "Sample" deviations divide by n − 1.
 */
export interface PerformanceMetrics {
  numPeriods: number;
  /** Π(1 + r) − 1 */
  totalReturn: number;
  /** (Π(1 + r))^(1/years) − 1, for n/A years where they are not given */
  cagr: number;
  /** Sample deviation · √A */
  volatility: number;
  /** mean(r − riskFree) / sample deviation · √A */
  sharpe: number;
  /** mean(r − acceptable)·A / downsideRisk */
  sortino: number;
  /** √(mean(min(r − acceptable, 0)²)) · √A, the mean over all returns */
  downsideRisk: number;
  /** Smallest of wealth / (highest wealth so far) − 1, the start included; ≤ 0 */
  maxDrawdown: number;
  /** cagr / |maxDrawdown| */
  calmar: number;
  /** Σ max(r − acceptable, 0) / Σ max(acceptable − r, 0) */
  omega: number;
  /** |95th percentile| / |5th percentile| */
  tailRatio: number;
  /** 5th percentile of the returns, linear interpolation */
  valueAtRisk: number;
  /** Mean of the lowest int((n − 1)·0.05) + 1 returns */
  conditionalValueAtRisk: number;
  /** Third standardised moment, not corrected for bias */
  skew: number;
  /** Fourth standardised moment, not corrected for bias; 3 for a normal distribution */
  kurtosis: number;
  /** Probability that the true Sharpe ratio is above zero; see `probabilisticSharpe` */
  probabilisticSharpe: number;
}

export interface BenchmarkMetrics {
  /** (1 + mean(r − beta·b))^A − 1 */
  alpha: number;
  /** cov(r, b) / var(b) */
  beta: number;
}

export interface SummaryOptions {
  /** Simple return of cash per period. Default 0. */
  riskFreeRate?: number;
  /** Simple return per period below which it counts as a loss, for Sortino and Omega. Default 0. */
  acceptableReturn?: number;
  /** From the first bar to the last, for CAGR; default: the number of returns / A. */
  years?: number;
}

/**
 * All figures of one series.
 * @param returns simple returns per period, fractions ≥ −1
 * @param periodsPerYear A, e.g. from `periodsPerYear`
 * @throws DataError `invalid-return` naming the first return that is not a finite number ≥ −1; `empty-returns`
 */
export function summarize(
  returns: ArrayLike<number>,
  periodsPerYear: number,
  options: SummaryOptions = {},
): PerformanceMetrics {
  const { riskFreeRate = 0, acceptableReturn = 0 } = options;
  checkReturns(returns);
  const n = returns.length;
  const { years = n / periodsPerYear } = options;
  let logWealth = 0;
  let peak = 0;
  let maxLogDrawdown = 0;
  let gains = 0;
  let losses = 0;
  let lossSquares = 0;
  for (let i = 0; i < n; i++) {
    const r = returns[i];
    logWealth += log(1 + r);
    if (logWealth > peak) peak = logWealth;
    if (logWealth - peak < maxLogDrawdown) maxLogDrawdown = logWealth - peak;
    const excess = r - acceptableReturn;
    if (excess > 0) gains += excess;
    else {
      losses -= excess;
      lossSquares += excess * excess;
    }
  }
  const meanReturn = mean(returns);
  const deviation = standardDeviation(returns);
  const cagr = exp(logWealth / years) - 1;
  const maxDrawdown = exp(maxLogDrawdown) - 1;
  const rootYear = Math.sqrt(periodsPerYear);
  const downsideRisk = Math.sqrt(lossSquares / n) * rootYear;
  const sorted = Float64Array.from(returns).sort();
  const numTail = Math.floor((n - 1) * 0.05) + 1;
  const valueAtRisk = quantile(sorted, 0.05);
  const { skew, kurtosis } = shape(returns);
  return {
    numPeriods: n,
    totalReturn: exp(logWealth) - 1,
    cagr,
    volatility: deviation * rootYear,
    sharpe: ratio(meanReturn - riskFreeRate, deviation) * rootYear,
    sortino: ratio((meanReturn - acceptableReturn) * periodsPerYear, downsideRisk),
    downsideRisk,
    maxDrawdown,
    calmar: ratio(cagr, Math.abs(maxDrawdown)),
    omega: ratio(gains, losses),
    tailRatio: ratio(Math.abs(quantile(sorted, 0.95)), Math.abs(valueAtRisk)),
    valueAtRisk,
    conditionalValueAtRisk: mean(sorted.subarray(0, numTail)),
    skew,
    kurtosis,
    probabilisticSharpe: probabilisticSharpe(returns),
  };
}

/** Π(1 + r) − 1. @param returns simple returns per period, fractions ≥ −1 */
export function totalReturn(returns: ArrayLike<number>): number {
  let logWealth = 0;
  for (let i = 0; i < returns.length; i++) logWealth += log(1 + returns[i]);
  return exp(logWealth) - 1;
}

/**
 * How a series moved with a benchmark.
 * @param benchmark simple returns of the same periods
 * @throws DataError `length-mismatch`, `invalid-return`, `empty-returns`
 */
export function compareToBenchmark(
  returns: ArrayLike<number>,
  benchmark: ArrayLike<number>,
  periodsPerYear: number,
): BenchmarkMetrics {
  checkReturns(returns);
  checkReturns(benchmark);
  const n = returns.length;
  if (benchmark.length !== n) {
    throw new DataError(
      'length-mismatch',
      `${n} returns cannot be compared with ${benchmark.length} of the benchmark: bring the same periods.`,
    );
  }
  const meanReturn = mean(returns);
  const meanBenchmark = mean(benchmark);
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < n; i++) {
    const deviation = benchmark[i] - meanBenchmark;
    covariance += (returns[i] - meanReturn) * deviation;
    variance += deviation * deviation;
  }
  const beta = ratio(covariance, variance);
  return { beta, alpha: exp(periodsPerYear * log(1 + meanReturn - beta * meanBenchmark)) - 1 };
}

/**
 * The probability that the true Sharpe ratio exceeds `target`, given how short, skewed and fat-tailed the series is:
 * Φ[(SR − target)·√(n − 1) / √(1 − skew·SR + (kurtosis − 1)/4·SR²)], SR = mean / sample deviation per period.
 * Source: D. Bailey & M. López de Prado, "The Sharpe Ratio Efficient Frontier" (2012), eq. 4.
 * @param target Sharpe ratio per period, not per year. Default 0.
 * @returns NaN where the ratio is not defined
 */
export function probabilisticSharpe(returns: ArrayLike<number>, target = 0): number {
  const sharpe = ratio(mean(returns), standardDeviation(returns));
  const { skew, kurtosis } = shape(returns);
  const spread = 1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  return normalCdf(((sharpe - target) * Math.sqrt(returns.length - 1)) / Math.sqrt(spread));
}

/**
 * The standard normal distribution function, to about 1e-15 absolutely.
 * Source: G. Marsaglia, "Evaluating the Normal Distribution", J. Stat. Software 11(4), 2004: the Taylor series.
 */
export function normalCdf(z: number): number {
  if (z < -8.5) return 0;
  if (z > 8.5) return 1;
  let term = z;
  let sum = z;
  let previous = Number.NaN;
  for (let k = 3; sum !== previous && !Number.isNaN(sum); k += 2) {
    previous = sum;
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
}

function checkReturns(returns: ArrayLike<number>): void {
  if (returns.length === 0) throw new DataError('empty-returns', 'There are no returns to judge.');
  for (let i = 0; i < returns.length; i++) {
    if (returns[i] >= -1 && returns[i] < Infinity) continue;
    throw new DataError(
      'invalid-return',
      `Return ${i} is ${returns[i]}; a simple return is a finite number of at least −1.`,
    );
  }
}

/** NaN for a division by zero, or by what only rounding keeps from it. */
const ratio = (numerator: number, denominator: number): number =>
  Math.abs(denominator) > 1e-14 * Math.abs(numerator) ? numerator / denominator : Number.NaN;

function shape(values: ArrayLike<number>): { skew: number; kurtosis: number } {
  const n = values.length;
  const centre = mean(values);
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < n; i++) {
    const deviation = values[i] - centre;
    const square = deviation * deviation;
    second += square / n;
    third += (square * deviation) / n;
    fourth += (square * square) / n;
  }
  const defined = Math.sqrt(second) > 1e-14 * Math.abs(centre);
  return {
    skew: defined ? third / (second * Math.sqrt(second)) : Number.NaN,
    kurtosis: defined ? fourth / (second * second) : Number.NaN,
  };
}
