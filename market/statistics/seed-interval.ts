/**
 * Gives intervals for what a few seeds measured on one path of prices: the seeds and the path are two sources of chance.
 *
 * The variance of a mean over seeds of means over time is that over time of the mean of all seeds (Newey–West), plus what
 * the seeds differ by more than the noise of each of them explains; the critical value is Student's, its degrees of
 * freedom those of the two parts.
 * Source: A. Cameron, J. Gelbach & D. Miller, "Robust Inference with Multiway Clustering", JBES 29 (2011), eq. 2.11, for
 * seeds and time; F. Satterthwaite, "An Approximate Distribution of Estimates of Variance Components", Biometrics Bulletin
 * 2 (1946), for the degrees of freedom.
 */
import { ConfigError, DataError } from '../../core/errors.ts';
import { mean, standardDeviation } from '../../core/statistics.ts';
import type { MeanInterval } from './bootstrap.ts';
import {
  LEAST_PERIODS,
  longRunVariance,
  neweyWestBias,
  neweyWestDegrees,
  neweyWestLags,
} from './regression.ts';
import { studentQuantile } from './student-t.ts';

/** What one seed measured, and what each period added to that. */
export interface SeedEstimate {
  readonly estimate: number;
  /** [n] the same periods for every seed; their mean is taken off */
  readonly influence: ArrayLike<number>;
}

export interface SeedInterval extends MeanInterval {
  readonly standardError: number;
  /** Of Student's t. */
  readonly degrees: number;
}

/**
 * @param seeds one or more. Of one alone the interval is that of its path
 * @param level share of the interval, in (0, 1). Default 0.95
 * @returns bounds of NaN for fewer than 8 periods
 * @throws DataError `length-mismatch`, `too-few-rows` for no seed; ConfigError `invalid-value`
 */
export function seedInterval(seeds: readonly SeedEstimate[], level = 0.95): SeedInterval {
  requireLevel(level);
  if (seeds.length === 0) throw new DataError('too-few-rows', 'An interval needs at least one seed.');
  const numSeeds = seeds.length;
  const numPeriods = seeds[0].influence.length;
  const other = seeds.findIndex(({ influence }) => influence.length !== numPeriods);
  if (other >= 0) {
    throw new DataError(
      'length-mismatch',
      `Seed ${other} has ${seeds[other].influence.length} periods, seed 0 has ${numPeriods}; bring the same periods.`,
    );
  }
  const centre = mean(seeds.map(({ estimate }) => estimate));
  if (numPeriods < LEAST_PERIODS) {
    return {
      mean: centre,
      low: Number.NaN,
      high: Number.NaN,
      standardError: Number.NaN,
      degrees: Number.NaN,
    };
  }
  const lags = neweyWestLags(numPeriods);
  const bias = neweyWestBias(numPeriods, lags);
  const varianceOf = (values: Float64Array): number => longRunVariance(values, lags) / numPeriods / bias;
  const centred = seeds.map(({ influence }) => {
    const middle = mean(influence);
    return Float64Array.from({ length: numPeriods }, (_, t) => influence[t] - middle);
  });
  const together = new Float64Array(numPeriods);
  for (const values of centred) for (let t = 0; t < numPeriods; t++) together[t] += values[t] / numSeeds;
  const ofTime = varianceOf(together);
  const ofSeeds = numSeeds < 2 ? 0 : betweenSeeds(seeds, centred, together, varianceOf);
  const variance = ofTime + ofSeeds;
  const degreesOfTime = neweyWestDegrees(numPeriods, lags);
  const degrees =
    ofSeeds === 0
      ? degreesOfTime
      : (variance * variance) / ((ofTime * ofTime) / degreesOfTime + (ofSeeds * ofSeeds) / (numSeeds - 1));
  const standardError = Math.sqrt(variance);
  const reach = standardError * studentQuantile((1 + level) / 2, degrees);
  return { mean: centre, low: centre - reach, high: centre + reach, standardError, degrees };
}

/** The variance of the mean that seeds add: their spread, less what each one's own noise over time explains of it. */
function betweenSeeds(
  seeds: readonly SeedEstimate[],
  centred: readonly Float64Array[],
  together: Float64Array,
  varianceOf: (values: Float64Array) => number,
): number {
  const numSeeds = seeds.length;
  const deviation = standardDeviation(seeds.map(({ estimate }) => estimate));
  let own = 0;
  for (const values of centred) own += varianceOf(values.map((value, t) => value - together[t]));
  return Math.max(0, (deviation * deviation) / numSeeds - own / (numSeeds * (numSeeds - 1)));
}

/**
 * The interval of a mean of independent values, by Student's t.
 * @param values [n]; of one alone the bounds are NaN
 * @param level share of the interval, in (0, 1). Default 0.95
 */
export function studentInterval(values: ArrayLike<number>, level = 0.95): MeanInterval {
  requireLevel(level);
  const n = values.length;
  const centre = mean(values);
  if (n < 2) return { mean: centre, low: Number.NaN, high: Number.NaN };
  const reach = (standardDeviation(values) / Math.sqrt(n)) * studentQuantile((1 + level) / 2, n - 1);
  return { mean: centre, low: centre - reach, high: centre + reach };
}

function requireLevel(level: number): void {
  if (level > 0 && level < 1) return;
  throw new ConfigError('invalid-value', `The level of an interval must lie in (0, 1), got ${level}.`);
}
