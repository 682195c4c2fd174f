import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../core/errors.ts';
import {
  combinatorial,
  combinatorialPaths,
  holdOut,
  purgedKFold,
  type SplitTarget,
  walkForward,
} from '../../../models/data/splitters.ts';

/** N rows, all labelled, each label ending `horizon` rows later. */
function target(numRows: number, horizon: number): SplitTarget {
  return {
    rows: Int32Array.from({ length: numRows }, (_, row) => row),
    labelEnds: Int32Array.from({ length: numRows }, (_, row) => Math.min(row + horizon, numRows - 1)),
  };
}

const trainingRows = (folds: readonly { train: Int32Array }[]) => folds.map(({ train }) => [...train]);

describe('combinatorial cross-validation', () => {
  test('purges as the golden splits do: labels one row ahead', () => {
    expect(trainingRows(combinatorial(3, 2)(target(12, 1)))).toEqual([
      [9, 10, 11],
      [5, 6],
      [0, 1, 2],
    ]);
  });

  test('puts an embargo where the golden splits do: after test blocks only', () => {
    expect(trainingRows(combinatorial(3, 2, { embargo: 1 })(target(12, 0)))).toEqual([
      [9, 10, 11],
      [5, 6, 7],
      [0, 1, 2, 3],
    ]);
  });

  test('gives C(N, k) folds and C(N, k)·k / N paths, in which every block is judged once by a fold that tests it', () => {
    const folds = combinatorial(6, 2)(target(60, 0));
    expect(folds).toHaveLength(15);
    const paths = combinatorialPaths(6, 2);
    expect(paths).toHaveLength(5);
    for (const path of paths) {
      path.forEach((fold, group) => {
        expect(folds[fold].test).toContain(group * 10);
      });
    }
    expect(new Set(paths.flatMap((path) => path.map((fold, group) => `${fold}/${group}`))).size).toBe(30);
  });
});

describe('no training row has a bar in common with a test block', () => {
  const horizon = 4;
  const window = 3;
  const embargo = 2;
  test.each([
    ['purged k-fold', purgedKFold(5, { embargo })],
    ['combinatorial', combinatorial(5, 2, { embargo })],
    ['expanding walk-forward', walkForward({ folds: 4, embargo })],
    ['rolling walk-forward', walkForward({ folds: 4, mode: 'rolling', trainRows: 20 })],
  ])('%s', (_name, split) => {
    const rows = target(103, horizon);
    for (const { train, test: judged } of split(rows, window)) {
      const tested = new Set<number>();
      for (const row of judged) for (let r = row; r <= rows.labelEnds[row]; r++) tested.add(r);
      for (const row of train) {
        for (let r = row - window + 1; r <= rows.labelEnds[row]; r++) expect(tested.has(r)).toBe(false);
      }
    }
  });
});

describe('walk-forward', () => {
  test('learns from the past only, from more and more of it', () => {
    const folds = walkForward({ folds: 3 })(target(40, 2));
    expect(folds.map(({ test: t }) => [t[0], t[t.length - 1]])).toEqual([
      [10, 19],
      [20, 29],
      [30, 39],
    ]);
    expect(folds.map(({ train }) => [train[0], train[train.length - 1]])).toEqual([
      [0, 7],
      [0, 17],
      [0, 27],
    ]);
  });

  test('rolls a part of fixed length', () => {
    const folds = walkForward({ folds: 3, mode: 'rolling', trainRows: 8 })(target(32, 1));
    expect(folds.map(({ train }) => train.length)).toEqual([7, 8, 8]);
    expect(folds[2].train[7]).toBe(folds[2].test[0] - 2);
  });
});

test('k-fold judges every row once, whatever the remainder', () => {
  const judged = purgedKFold(7)(target(103, 3)).flatMap(({ test: t }) => [...t]);
  expect(judged).toEqual(Array.from({ length: 103 }, (_, row) => row));
});

test('rows without labels are left out', () => {
  const rows = Int32Array.of(3, 4, 5, 9, 10, 11);
  const folds = purgedKFold(2)({ rows, labelEnds: Int32Array.from({ length: 12 }, (_, row) => row) });
  expect(folds.map(({ train, test: t }) => [[...train], [...t]])).toEqual([
    [
      [9, 10, 11],
      [3, 4, 5],
    ],
    [
      [3, 4, 5],
      [9, 10, 11],
    ],
  ]);
});

test('a part held out comes last, with a gap before it', () => {
  const { train, test: held } = holdOut(target(20, 3), 0.25);
  expect([train.length, held[0], held.length]).toEqual([12, 15, 5]);
});

test.each([
  ['fewer than two blocks', () => purgedKFold(1)],
  ['as many test blocks as blocks', () => combinatorial(4, 4)],
  ['more blocks than rows', () => purgedKFold(9)(target(5, 0))],
  ['a purge that leaves nothing', () => purgedKFold(2)(target(10, 9))],
  ['a mode there is not', () => walkForward({ mode: 'sideways' as 'rolling' })],
])('%s is refused', (_name, split) => {
  expect(split).toThrow(ConfigError);
});
