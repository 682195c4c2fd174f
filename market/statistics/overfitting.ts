/**
 * Measures how much of a good backtest is luck: the Sharpe ratio's uncertainty, the best of many tries, and the probability
 * that the best in sample is below the median out of it.
 * Source: D. Bailey & M. López de Prado, "The Sharpe Ratio Efficient Frontier" (2012), eqs. 4 and 11, and "The
 * Deflated Sharpe Ratio" (2014), eqs. 1 and 2; D. Bailey, J. Borwein, M. López de Prado & Q. Zhu, "The Probability of
 * Backtest Overfitting" (2017), section 3.
 * Differences from the source: Sharpe ratios are per period throughout; where the rows of a returns matrix do not
 * divide into the blocks, the oldest ones that are too many are left out.
 */
import { ConfigError, DataError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import { mean } from '../../core/statistics.ts';
import { normalCdf } from './metrics.ts';

const EULER = 0.5772156649015329;

/** What is known of a series of returns. `PerformanceMetrics` has all but the Sharpe ratio per period. */
export interface SharpeRecord {
  /** Mean / sample deviation, per period. */
  readonly sharpe: number;
  /** T ≥ 2 */
  readonly numPeriods: number;
  /** Third standardised moment, not corrected for bias. */
  readonly skew: number;
  /** Fourth standardised moment, not corrected for bias; 3 for a normal distribution. */
  readonly kurtosis: number;
}

/**
 * The probability that the true Sharpe ratio is above `target`, per period. `probabilisticSharpe` of the metrics is
 * the same of a series of returns.
 */
export function probabilisticSharpeOf(record: SharpeRecord, target = 0): number {
  const { sharpe, numPeriods } = record;
  return normalCdf(((sharpe - target) * Math.sqrt(numPeriods - 1)) / Math.sqrt(spreadOf(record)));
}

/**
 * How many periods a Sharpe ratio must be seen for before it is above `target` with the given confidence.
 * @param confidence in (0, 1). Default 0.95.
 * @returns Infinity where the Sharpe ratio is not above the target
 */
export function minimumTrackRecord(record: SharpeRecord, target = 0, confidence = 0.95): number {
  requireShare('confidence', confidence);
  if (!(record.sharpe > target)) return Infinity;
  const ratio = normalQuantile(confidence) / (record.sharpe - target);
  return 1 + spreadOf(record) * ratio * ratio;
}

/**
 * The expected highest of `count` independent standard normal numbers, in the source's approximation:
 * (1 − γ)·Φ⁻¹(1 − 1/N) + γ·Φ⁻¹(1 − 1/(N·e)), γ Euler's constant.
 * @param count N ≥ 2
 */
export function expectedMaximum(count: number): number {
  requireWhole('number of trials', count, 2);
  return (1 - EULER) * normalQuantile(1 - 1 / count) + EULER * normalQuantile(1 - 1 / (count * Math.E));
}

/**
 * The probability that the true Sharpe ratio is above what the best of N useless trials would show.
 * @param trialVariance variance of the trials' Sharpe ratios, per period, ≥ 0
 * @param numTrials N ≥ 2, independent ones
 */
export function deflatedSharpe(record: SharpeRecord, trialVariance: number, numTrials: number): number {
  if (!(trialVariance >= 0)) {
    throw new ConfigError('invalid-value', `The variance of the trials must be ≥ 0, got ${trialVariance}.`);
  }
  return probabilisticSharpeOf(record, Math.sqrt(trialVariance) * expectedMaximum(numTrials));
}

export interface OverfittingResult {
  /** Share of the splits in which the best in sample is no better than the median out of it, in [0, 1]. */
  readonly probability: number;
  /** [splits] ln(ω / (1 − ω)), ω = out-of-sample rank of the best in sample / (N + 1); in lexicographic order. */
  readonly logits: readonly number[];
}

/**
 * Combinatorially symmetric cross-validation of a choice among strategies.
 * @param returns [N][T], the strategies' simple returns of the same periods, N ≥ 2
 * @param numBlocks S, even, ≥ 2: each half of the S blocks is once what is chosen by, and the other what is judged by
 * @throws DataError `length-mismatch`, `too-few-rows`, `invalid-return` for a return that is not finite, `undefined-overfitting`
 * where no strategy differs from another; ConfigError `invalid-value`
 */
export function probabilityOfOverfitting(
  returns: readonly ArrayLike<number>[],
  numBlocks = 16,
): OverfittingResult {
  const numStrategies = returns.length;
  requireWhole('number of blocks', numBlocks, 2);
  if (numBlocks % 2 !== 0)
    throw new ConfigError('invalid-value', `The blocks must be even in number, got ${numBlocks}.`);
  requireWhole('number of strategies', numStrategies, 2);
  const numPeriods = returns[0].length;
  const other = returns.findIndex(({ length }) => length !== numPeriods);
  if (other >= 0) {
    throw new DataError(
      'length-mismatch',
      `Strategy ${other} has ${returns[other].length} returns, strategy 0 has ${numPeriods}; bring the same periods.`,
    );
  }
  const size = Math.floor(numPeriods / numBlocks);
  if (size < 2) {
    throw new DataError(
      'too-few-rows',
      `${numPeriods} returns are too few for ${numBlocks} blocks of two or more.`,
    );
  }
  requireDistinct(returns);
  const first = numPeriods - size * numBlocks;
  const blocks = returns.map((series) => blockMoments(series, first, size, numBlocks));
  const logits = halves(numBlocks).map((chosen) => {
    const inSample = blocks.map((moments) => sharpeOver(moments, (block) => chosen.has(block)));
    const outOfSample = blocks.map((moments) => sharpeOver(moments, (block) => !chosen.has(block)));
    const best = inSample.indexOf(Math.max(...inSample));
    const rank = outOfSample.filter((sharpe) => sharpe <= outOfSample[best]).length;
    const share = rank / (numStrategies + 1);
    return log(share / (1 - share));
  });
  return { probability: logits.filter((logit) => logit <= 0).length / logits.length, logits };
}

/**
 * The inverse of the standard normal distribution function, by Newton's method on `normalCdf`.
 * @param share in (0, 1); 0 and 1 give ∓ Infinity
 */
export function normalQuantile(share: number): number {
  if (share === 0) return -Infinity;
  if (share === 1) return Infinity;
  if (!(share > 0 && share < 1)) return Number.NaN;
  // The lower half alone, where a distribution function keeps its digits.
  if (share > 0.5) return -normalQuantile(1 - share);
  let low = -38;
  let high = 0;
  let z = -1;
  for (let i = 0; i < 200; i++) {
    const excess = normalCdf(z) - share;
    if (excess > 0) high = z;
    else low = z;
    const next = z - (excess * Math.sqrt(2 * Math.PI)) / exp(-0.5 * z * z);
    // Far out, where a step overshoots, the middle of the bracket goes on.
    const inside = next > low && next < high ? next : 0.5 * (low + high);
    if (Math.abs(inside - z) < 1e-15 * Math.max(1, Math.abs(z))) return inside;
    z = inside;
  }
  return z;
}

const spreadOf = ({ sharpe, skew, kurtosis }: SharpeRecord): number =>
  1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;

/** A choice among strategies that are all the same is no choice. */
function requireDistinct(returns: readonly ArrayLike<number>[]): void {
  let differ = false;
  for (const [strategy, series] of returns.entries()) {
    for (let period = 0; period < series.length; period++) {
      if (!Number.isFinite(series[period])) {
        throw new DataError(
          'invalid-return',
          `Return ${period} of strategy ${strategy} is ${series[period]}; bring finite numbers.`,
        );
      }
      differ ||= series[period] !== returns[0][period];
    }
  }
  if (differ) return;
  throw new DataError(
    'undefined-overfitting',
    `The probability of overfitting is undefined: all ${returns.length} strategies have the same returns.`,
  );
}

/** Mean and sum of squared deviations of one block; blocks of one size. */
interface Moments {
  readonly size: number;
  readonly mean: number;
  readonly squares: number;
}

function blockMoments(series: ArrayLike<number>, first: number, size: number, numBlocks: number): Moments[] {
  return Array.from({ length: numBlocks }, (_, block) => {
    const values = Array.from({ length: size }, (_, i) => series[first + block * size + i]);
    const centre = mean(values);
    return {
      size,
      mean: centre,
      squares: values.reduce((sum, value) => sum + (value - centre) * (value - centre), 0),
    };
  });
}

/** The Sharpe ratio over some blocks; −Infinity where nothing moves, so that it is never the best. */
function sharpeOver(blocks: readonly Moments[], holds: (block: number) => boolean): number {
  let count = 0;
  let sum = 0;
  for (let block = 0; block < blocks.length; block++) {
    if (!holds(block)) continue;
    count++;
    sum += blocks[block].mean;
  }
  const centre = sum / count;
  let squares = 0;
  for (let block = 0; block < blocks.length; block++) {
    if (!holds(block)) continue;
    const { size, mean: own, squares: inside } = blocks[block];
    squares += inside + size * (own - centre) * (own - centre);
  }
  const deviation = Math.sqrt(squares / (count * blocks[0].size - 1));
  return deviation > 1e-14 * Math.abs(centre) ? centre / deviation : -Infinity;
}

/** Every half of the blocks, in lexicographic order. */
function halves(numBlocks: number): Set<number>[] {
  const all: Set<number>[] = [];
  const choose = (from: number, chosen: readonly number[]): void => {
    if (chosen.length === numBlocks / 2) all.push(new Set(chosen));
    else for (let block = from; block < numBlocks; block++) choose(block + 1, [...chosen, block]);
  };
  choose(0, []);
  return all;
}

function requireWhole(what: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new ConfigError('invalid-value', `The ${what} must be a whole number ≥ ${least}, got ${value}.`);
}

function requireShare(what: string, value: number): void {
  if (!(value > 0 && value < 1)) {
    throw new ConfigError('invalid-value', `The ${what} must lie in (0, 1), got ${value}.`);
  }
}
