/**
 * Cuts rows into parts to learn from and parts to be judged on, such that neither knows of the other.
 * Source: M. López de Prado, "Advances in Financial Machine Learning" (2018), chapters 7 (purging, embargo) and 12
 * (combinatorial purged cross-validation).
 * Differences from the source: a training row is also purged where its window of observations reaches into a test
 * block or the labels of one.
 */
import { ConfigError } from '../../core/errors.ts';

/** What is to be split; a data set is one. */
export interface SplitTarget {
  /** Labelled rows, ascending. */
  readonly rows: Int32Array;
  /** [N] last row that each row's label depends on. */
  readonly labelEnds: ArrayLike<number>;
}

/** Rows to learn from and rows to be judged on; ascending, and without a bar in common. */
export interface Fold {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** @param window rows that a model sees at once, the present one included */
export type Splitter = (target: SplitTarget, window?: number) => Fold[];

export interface PurgedOptions {
  /** Rows left out after the end of a test block's labels, beside the purged ones, ≥ 0. Default 0. */
  readonly embargo?: number;
}

/**
 * K blocks in time, each judged once by what was learnt from all others, purged.
 * @param folds K ≥ 2
 * @throws ConfigError `invalid-split`
 */
export function purgedKFold(folds: number, { embargo = 0 }: PurgedOptions = {}): Splitter {
  return combinatorial(folds, 1, { embargo });
}

/**
 * N blocks in time; each choice of k of them is judged once by what was learnt from the others: C(N, k) folds in
 * lexicographic order.
 * @param groups N ≥ 2
 * @param testGroups k, 1 ≤ k < N
 * @throws ConfigError `invalid-split`
 */
export function combinatorial(
  groups: number,
  testGroups: number,
  { embargo = 0 }: PurgedOptions = {},
): Splitter {
  requireWhole('blocks', groups, 2);
  requireWhole('blocks to test on', testGroups, 1, groups - 1);
  requireWhole('embargo', embargo, 0);
  return (target, window = 1) => {
    const blocks = cutBlocks(target.rows, groups);
    return combinations(groups, testGroups).map((chosen) => {
      const tests = chosen.map((group) => blocks[group]);
      const others = blocks.filter((_, group) => !chosen.includes(group));
      return requireRows({
        train: purge(join(others), tests, target.labelEnds, window, embargo),
        test: join(tests),
      });
    });
  };
}

/**
 * The C(N, k)·k / N whole passes through the data that the folds of `combinatorial` make up.
 * @returns [paths][N] which fold judges group g in each path
 */
export function combinatorialPaths(groups: number, testGroups: number): number[][] {
  const foldsOf: number[][] = Array.from({ length: groups }, () => []);
  combinations(groups, testGroups).forEach((chosen, fold) => {
    for (const group of chosen) foldsOf[group].push(fold);
  });
  return foldsOf[0].map((_, path) => foldsOf.map((folds) => folds[path]));
}

export interface WalkForwardOptions extends PurgedOptions {
  /** `expanding`: learn from everything before; `rolling`: from the last `trainRows` before. Default `expanding`. */
  readonly mode?: 'expanding' | 'rolling';
  /** How many blocks follow the first training part, ≥ 1. Default 5. */
  readonly folds?: number;
  /** Labelled rows of the first training part, and of each where it rolls, ≥ 1. Default: as many as in a block. */
  readonly trainRows?: number;
}

/**
 * Blocks in time, each judged by what was learnt before it: no fold sees the future.
 * @throws ConfigError `invalid-split`
 */
export function walkForward(options: WalkForwardOptions = {}): Splitter {
  const { mode = 'expanding', folds = 5, trainRows, embargo = 0 } = options;
  if (mode !== 'expanding' && mode !== 'rolling') {
    throw new ConfigError(
      'invalid-split',
      `Unknown mode "${mode}" of walk-forward; choose "expanding" or "rolling".`,
    );
  }
  requireWhole('folds', folds, 1);
  if (trainRows !== undefined) requireWhole('trainRows', trainRows, 1);
  requireWhole('embargo', embargo, 0);
  return ({ rows, labelEnds }, window = 1) => {
    const first = trainRows ?? Math.floor(rows.length / (folds + 1));
    if (rows.length < first + folds) {
      throw new ConfigError(
        'invalid-split',
        `${rows.length} labelled rows cannot be cut into ${first} to begin with and ${folds} blocks; use fewer folds.`,
      );
    }
    return cutBlocks(rows.subarray(first), folds).map((test) => {
      const before = rows.subarray(0, rows.indexOf(test[0]));
      const known = purge(before, [test], labelEnds, window, embargo);
      return requireRows({
        train: mode === 'rolling' ? known.slice(-first) : known,
        test: Int32Array.from(test),
      });
    });
  };
}

/**
 * The rows, as one part to learn from and one after it, purged: for a validation or calibration part.
 * @param share of the rows in the second part, in (0, 1)
 */
export function holdOut(target: SplitTarget, share: number, window = 1, embargo = 0): Fold {
  const { rows } = target;
  const cut = Math.max(0, rows.length - Math.max(1, Math.round(rows.length * share)));
  return holdOutFrom(target, rows[cut], window, embargo);
}

/** The same with the second part from row `firstRow` on. */
export function holdOutFrom(
  { rows, labelEnds }: SplitTarget,
  firstRow: number,
  window = 1,
  embargo = 0,
): Fold {
  const test = rows.filter((row) => row >= firstRow);
  const before = rows.filter((row) => row < firstRow);
  return requireRows({
    train: test.length === 0 ? before : purge(before, [test], labelEnds, window, embargo),
    test,
  });
}

/**
 * The training rows that know nothing of a test block: [row − window + 1, label's end] has no bar in common with
 * [block's first row, last end of its labels], nor does the row lie within `embargo` rows after that.
 */
export function purge(
  train: Int32Array,
  blocks: readonly Int32Array[],
  labelEnds: ArrayLike<number>,
  window: number,
  embargo: number,
): Int32Array {
  const spans = blocks.map((block) => {
    let end = block[block.length - 1];
    for (const row of block) end = Math.max(end, labelEnds[row]);
    return { from: block[0], to: end };
  });
  return train.filter((row) =>
    spans.every(({ from, to }) => labelEnds[row] < from || (row - window + 1 > to && row > to + embargo)),
  );
}

/** Blocks of neighbouring rows, the first ones a row longer where they cannot all be equal. */
function cutBlocks(rows: Int32Array, count: number): Int32Array[] {
  if (rows.length < count) {
    throw new ConfigError(
      'invalid-split',
      `${rows.length} labelled rows cannot be cut into ${count} blocks; use fewer.`,
    );
  }
  const size = Math.floor(rows.length / count);
  const numLonger = rows.length % count;
  return Array.from({ length: count }, (_, i) => {
    const from = i * size + Math.min(i, numLonger);
    return rows.subarray(from, from + size + (i < numLonger ? 1 : 0));
  });
}

function requireRows(fold: Fold): Fold {
  if (fold.train.length > 0 && fold.test.length > 0) return fold;
  throw new ConfigError(
    'invalid-split',
    `A part of the split is empty (${fold.train.length} rows to learn from, ${fold.test.length} to be judged on, after ` +
      'purging); use fewer folds, a shorter horizon or window, or bring more rows.',
  );
}

/** Every choice of `size` of the numbers below `count`, ascending, in lexicographic order. */
function combinations(count: number, size: number, from = 0): number[][] {
  if (size === 0) return [[]];
  const all: number[][] = [];
  for (let first = from; first <= count - size; first++) {
    for (const rest of combinations(count, size - 1, first + 1)) all.push([first, ...rest]);
  }
  return all;
}

function join(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => Array.from(part)));
}

function requireWhole(name: string, value: number, least: number, most = 1e9): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === 1e9 ? `from ${least}` : `from ${least} to ${most}`;
  throw new ConfigError('invalid-split', `A split needs a whole number ${range} of ${name}, got ${value}.`);
}
