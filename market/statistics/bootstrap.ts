/** Estimates confidence intervals for means of series whose neighbours depend on each other. */
import { ConfigError, DataError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { mean, quantile } from '../../core/statistics.ts';

export interface BootstrapOptions {
  rng: Rng;
  /** Expected length of a block, periods, ≥ 1. Default n^(1/3) rounded up, the order that is asymptotically best. */
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
 * Percentile interval of a series' mean by the stationary bootstrap: a resample is made of blocks with a uniform
 * start and a geometric length, on the series closed to a circle. For the difference of two strategies hand in the
 * series of differences.
 * Source: D. Politis & J. Romano, "The Stationary Bootstrap", JASA 89 (1994), section 2.
 * @param values [n], e.g. returns per period
 * @throws DataError `too-few-rows` for fewer than two values, `non-finite-value` naming the first
 * @throws ConfigError `invalid-value` for options out of range
 */
export function stationaryBootstrap(values: ArrayLike<number>, options: BootstrapOptions): MeanInterval {
  const n = values.length;
  const { rng, meanBlockLength = defaultBlockLength(n), numResamples = 2000, level = 0.95 } = options;
  if (n < 2) throw new DataError('too-few-rows', `A bootstrap needs at least two values, got ${n}.`);
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(values[i])) throw new DataError('non-finite-value', `Value ${i} is ${values[i]}.`);
  }
  requireOption(meanBlockLength >= 1, `meanBlockLength ≥ 1, got ${meanBlockLength}`);
  requireOption(
    Number.isInteger(numResamples) && numResamples >= 1,
    `a whole numResamples ≥ 1, got ${numResamples}`,
  );
  requireOption(level > 0 && level < 1, `level in (0, 1), got ${level}`);

  const restartProbability = 1 / meanBlockLength;
  const means = new Float64Array(numResamples);
  for (let b = 0; b < numResamples; b++) {
    let index = rng.integer(n);
    let sum = values[index];
    for (let i = 1; i < n; i++) {
      index = rng.uniform() < restartProbability ? rng.integer(n) : (index + 1) % n;
      sum += values[index];
    }
    means[b] = sum / n;
  }
  return {
    mean: mean(values),
    low: quantile(means, (1 - level) / 2),
    high: quantile(means, (1 + level) / 2),
  };
}

/** The smallest whole number whose cube is at least n. */
function defaultBlockLength(n: number): number {
  let length = 1;
  while (length * length * length < n) length++;
  return length;
}

function requireOption(holds: boolean, expectation: string): void {
  if (!holds) throw new ConfigError('invalid-value', `The bootstrap needs ${expectation}.`);
}
