/** Confidence intervals for means of series whose neighbours depend on each other. */
import { ConfigError, DataError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { mean, quantile } from '../../core/statistics.ts';
import { optimalBlockLength } from './block-length.ts';
import { LEAST_PERIODS, longRunVariance } from './regression.ts';

export interface BootstrapOptions {
  rng: Rng;
  /** Expected length of a block, periods, ≥ 1. Default: chosen from the values, see `optimalBlockLength`. */
  meanBlockLength?: number;
  /** Default 2000, ≥ 1. */
  numResamples?: number;
  /** Share of the interval, in (0, 1). Default 0.95. */
  level?: number;
}

export interface MeanInterval {
  mean: number;
  low: number;
  high: number;
}

/**
 * Interval of a series' mean by the studentised stationary bootstrap: a resample is made of blocks with a uniform start and a
 * geometric length, on the series closed to a circle; how far its mean is off to either side, in standard errors of its own blocks,
 * is how far the mean of the series may be off, in standard errors of Newey & West: symmetric, for equal tails cover less where
 * returns are fat-tailed (docs/decisions/verdicts.md). Both the standard error and the draw are corrected for few values. Below 8 values the interval is that of the
 * resampled means. For the difference of two strategies hand in the series of differences.
 * Source: D. Politis & J. Romano, "The Stationary Bootstrap", JASA 89 (1994), section 2; F. Götze & H. Künsch,
 * "Second-order Correctness of the Blockwise Bootstrap for Stationary Observations", Annals of Statistics 24 (1996);
 * P. Hall, "On Symmetric Bootstrap Confidence Intervals", JRSS B 50 (1988).
 * @param values [n], e.g. returns per period
 * @throws DataError `too-few-rows` for fewer than two values, `non-finite-value` naming the first
 * @throws ConfigError `invalid-value` for options out of range
 */
export function stationaryBootstrap(values: ArrayLike<number>, options: BootstrapOptions): MeanInterval {
  const n = values.length;
  const { rng, numResamples = 2000, level = 0.95 } = options;
  if (n < 2) throw new DataError('too-few-rows', `A bootstrap needs at least two values, got ${n}.`);
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(values[i])) throw new DataError('non-finite-value', `Value ${i} is ${values[i]}.`);
  }
  const { meanBlockLength = optimalBlockLength(values) } = options;
  requireOption(meanBlockLength >= 1, `meanBlockLength ≥ 1, got ${meanBlockLength}`);
  requireOption(
    Number.isInteger(numResamples) && numResamples >= 1,
    `a whole numResamples ≥ 1, got ${numResamples}`,
  );
  requireOption(level > 0 && level < 1, `level in (0, 1), got ${level}`);

  const centre = mean(values);
  const centred = Float64Array.from(values, (value) => value - centre);
  const draws = resample(centred, 1 / meanBlockLength, numResamples, rng);
  const [below, above] = [(1 - level) / 2, (1 + level) / 2];
  if (n < LEAST_PERIODS) {
    const { means } = draws;
    return { mean: centre, low: centre + quantile(means, below), high: centre + quantile(means, above) };
  }
  const lags = Math.min(n - 1, Math.round(2 * (meanBlockLength - 1)));
  // Bartlett's sum over values less their own mean is short of the variance by (lags + 1)/n of it where neighbours are independent.
  const error = Math.sqrt(longRunVariance(centred, lags) / Math.max(1, n - 1 - lags));
  const reach = error * exceeded(draws.studentised.map(Math.abs), level);
  return { mean: centre, low: centre - reach, high: centre + reach };
}

/** What a further draw exceeds with a chance of at most 1 − level: the ⌈(m + 1)·level⌉-th of m, or the last. */
function exceeded(draws: Float64Array, level: number): number {
  return draws.sort()[Math.min(draws.length, Math.ceil((draws.length + 1) * level)) - 1];
}

/** A mean that is off although the blocks it is of do not differ. */
const FAR_OFF = 1e6;

/** Means of resamples of values with a mean of 0, and the same in standard errors of the blocks. */
function resample(
  centred: Float64Array,
  restartProbability: number,
  numResamples: number,
  rng: Rng,
): { means: Float64Array; studentised: Float64Array } {
  const n = centred.length;
  const means = new Float64Array(numResamples);
  const studentised = new Float64Array(numResamples);
  const sums = new Float64Array(n);
  const lengths = new Float64Array(n);
  for (let b = 0; b < numResamples; b++) {
    let index = rng.integer(n);
    let numBlocks = 1;
    sums[0] = centred[index];
    lengths[0] = 1;
    for (let i = 1; i < n; i++) {
      if (rng.uniform() < restartProbability) {
        index = rng.integer(n);
        sums[numBlocks] = 0;
        lengths[numBlocks++] = 0;
      } else index = (index + 1) % n;
      sums[numBlocks - 1] += centred[index];
      lengths[numBlocks - 1]++;
    }
    let total = 0;
    for (let block = 0; block < numBlocks; block++) total += sums[block];
    means[b] = total / n;
    let squares = 0;
    for (let block = 0; block < numBlocks; block++) {
      const off = sums[block] - lengths[block] * means[b];
      squares += off * off;
    }
    if (squares > 0) studentised[b] = total / Math.sqrt(squares);
    else studentised[b] = Math.sign(means[b]) * FAR_OFF;
  }
  return { means, studentised };
}

function requireOption(holds: boolean, expectation: string): void {
  if (!holds) throw new ConfigError('invalid-value', `The bootstrap needs ${expectation}.`);
}
