/**
 * Deflates a Sharpe ratio by the trials that led to it: by how many they were, how alike, and how far they scatter.
 * Source: D. Bailey & M. López de Prado, "The Deflated Sharpe Ratio" (2014), eqs. 1 and 2.
 * Differences from the source: the N of the source is the number of clusters of alike trials (`clusterTrials`), and what the
 * best of a cluster's own trials would show is added: √V_between · E[max of K] + √V_within · E[max of N / K]. Where no two trials
 * are alike, that is the source's √V · E[max of N]; with clusters alone, forty variants of one strategy would cost nothing.
 */
import { ConfigError, DataError } from '../../core/errors.ts';
import { mean, standardDeviation } from '../../core/statistics.ts';
import {
  expectedMaximum,
  minimumTrackRecord,
  probabilisticSharpeOf,
  type SharpeRecord,
} from './overfitting.ts';
import { clusterTrials } from './trial-clusters.ts';

export interface Deflation {
  /** N: trials, the judged one included. */
  readonly numTrials: number;
  /** K: clusters of trials whose returns are alike, in [1, N]. */
  readonly effectiveTrials: number;
  readonly numPeriods: number;
  /** Per period: mean / sample deviation; NaN where the returns never change. */
  readonly sharpe: number;
  /** Probability that the true Sharpe ratio is above 0. */
  readonly probabilisticSharpe: number;
  /** Per period: what the best of as many trials without skill would show. */
  readonly expectedBest: number;
  /** Probability that the true Sharpe ratio is above that. */
  readonly deflatedSharpe: number;
  /** Periods for which such a Sharpe ratio must be seen before it is above 0 with 95 % confidence; Infinity where it is not above 0. */
  readonly minimumTrackRecord: number;
}

/** What is known of a series of returns. @throws DataError `invalid-return` for one that is not finite */
export function sharpeRecord(returns: ArrayLike<number>): SharpeRecord {
  const n = returns.length;
  for (let t = 0; t < n; t++) {
    if (Number.isFinite(returns[t])) continue;
    throw new DataError('invalid-return', `Return ${t} is ${returns[t]}; bring finite numbers.`);
  }
  const centre = mean(returns);
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let t = 0; t < n; t++) {
    const deviation = returns[t] - centre;
    const squared = deviation * deviation;
    second += squared / n;
    third += (squared * deviation) / n;
    fourth += (squared * squared) / n;
  }
  // What only rounding keeps from 0 is 0.
  const moves = Math.sqrt(second) > 1e-14 * Math.abs(centre);
  return {
    sharpe: moves ? centre / standardDeviation(returns) : Number.NaN,
    numPeriods: n,
    skew: moves ? third / (second * Math.sqrt(second)) : Number.NaN,
    kurtosis: moves ? fourth / (second * second) : Number.NaN,
  };
}

/**
 * @param judged [T] returns of the trial that was chosen
 * @param others [M][T] of other trials in the same periods, all or a sample; NaN where one has none
 * @param numTrials N ≥ M + 1; more than that where the others are a sample of them
 * @throws DataError `invalid-return`; ConfigError `invalid-value`
 */
export function deflate(
  judged: ArrayLike<number>,
  others: readonly ArrayLike<number>[] = [],
  numTrials = others.length + 1,
): Deflation {
  const size = others.length + 1;
  if (!(Number.isInteger(numTrials) && numTrials >= size)) {
    throw new ConfigError(
      'invalid-value',
      `The number of trials must be a whole number ≥ ${size}, got ${numTrials}.`,
    );
  }
  const record = sharpeRecord(judged);
  const labels = clusterTrials([judged, ...others]);
  const numClusters = new Set(labels).size;
  // A sample has the share of alike trials that all of them have.
  const effectiveTrials = (numClusters / size) * numTrials;
  const sharpes = [record.sharpe, ...others.map(sharpeOfKnown)];
  const { between, within } = scatter(sharpes, labels);
  const expectedBest =
    Math.sqrt(between) * bestOf(effectiveTrials) + Math.sqrt(within) * bestOf(size / numClusters);
  return {
    numTrials,
    effectiveTrials,
    numPeriods: record.numPeriods,
    sharpe: record.sharpe,
    probabilisticSharpe: probabilisticSharpeOf(record),
    expectedBest,
    deflatedSharpe: probabilisticSharpeOf(record, expectedBest),
    minimumTrackRecord: Number.isNaN(record.sharpe) ? Number.NaN : minimumTrackRecord(record),
  };
}

/** Sample variances of Sharpe ratios: of the clusters' means, and around them. One that is not defined counts for none. */
function scatter(sharpes: readonly number[], labels: readonly number[]): { between: number; within: number } {
  const clusters = new Map<number, number[]>();
  for (const [i, sharpe] of sharpes.entries()) {
    if (Number.isFinite(sharpe)) clusters.set(labels[i], [...(clusters.get(labels[i]) ?? []), sharpe]);
  }
  const groups = [...clusters.values()];
  const between = groups.length < 2 ? 0 : square(standardDeviation(groups.map(mean)));
  const freedom = groups.reduce((sum, group) => sum + group.length - 1, 0);
  const squares = groups.flatMap((group) => group.map((sharpe) => square(sharpe - mean(group))));
  return { between, within: freedom === 0 ? 0 : squares.reduce((sum, value) => sum + value, 0) / freedom };
}

const square = (value: number): number => value * value;

/** E[max] of so many; nothing is the best of one. */
function bestOf(count: number): number {
  const whole = Math.ceil(count - 1e-9);
  return whole < 2 ? 0 : expectedMaximum(whole);
}

function sharpeOfKnown(returns: ArrayLike<number>): number {
  const known = Array.from(returns).filter((value) => !Number.isNaN(value));
  return known.length < 2 ? Number.NaN : sharpeRecord(known).sharpe;
}
