/** Splits of a cross-validation keep what is learnt apart from what is tested, and their paths are whole. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigError, DataError } from '../../../core/errors.ts';
import type { GroupSeries } from '../../../experiments/crossval/judge-fold.ts';
import { assemblePaths, meanPath } from '../../../experiments/crossval/paths.ts';
import { type Fold, groupsOf, testGroupsOf, trainingStretches } from '../../../experiments/run/fold.ts';

const SMALL: Omit<Fold, 'index'> = {
  fromRow: 0,
  toRow: 12,
  groups: 3,
  testGroups: 2,
  window: 1,
  horizon: 1,
  embargo: 0,
};
const rowsOf = (spans: readonly { fromRow: number; toRow: number }[]): number[] =>
  spans.flatMap(({ fromRow, toRow }) => Array.from({ length: toRow - fromRow }, (_, i) => fromRow + i));

test('twelve rows in three groups, two to test on: the training rows of the source', () => {
  const train = [0, 1, 2].map((index) => rowsOf(trainingStretches({ ...SMALL, index }, 0)));
  // A reward that reaches one row further is purged before a test group, and makes the group's reach one longer after it.
  expect(train).toEqual([
    [9, 10, 11],
    [5, 6],
    [0, 1, 2],
  ]);
  expect(testGroupsOf({ ...SMALL, index: 1 }).map(({ group }) => group)).toEqual([0, 2]);
});

test('no stretch crosses a group, none is shorter than an episode', () => {
  const fold = { ...SMALL, toRow: 120, groups: 6, testGroups: 1, index: 0 };
  const stretches = trainingStretches(fold, 10);
  expect(stretches.map(({ group, fromRow, toRow }) => [group, fromRow, toRow])).toEqual([
    [1, 21, 40],
    [2, 40, 60],
    [3, 60, 80],
    [4, 80, 100],
    [5, 100, 120],
  ]);
  expect(trainingStretches(fold, 19).map(({ group }) => group)).toEqual([2, 3, 4, 5]);
  expect(() => trainingStretches(fold, 20)).toThrow(ConfigError);
});

test('no training row sees a test row, by its observation, its reward or its embargo', () => {
  const folds = fc.record({
    fromRow: fc.integer({ min: 0, max: 20 }),
    length: fc.integer({ min: 60, max: 200 }),
    groups: fc.integer({ min: 3, max: 6 }),
    window: fc.integer({ min: 1, max: 8 }),
    horizon: fc.integer({ min: 1, max: 4 }),
    embargo: fc.integer({ min: 0, max: 5 }),
    index: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(
    fc.property(folds, ({ length, ...given }) => {
      const fold = { ...given, toRow: given.fromRow + length, testGroups: 1 };
      const tests = testGroupsOf(fold);
      const learnt = rowsOf(trainingStretches(fold, 1));
      for (const row of learnt) {
        for (const { fromRow, toRow } of tests) {
          const isBefore = row + fold.horizon < fromRow;
          const lastSeen = toRow - 1 + fold.horizon;
          const isAfter =
            row - fold.window + 1 > Math.min(lastSeen, fold.toRow - 1) && row > toRow - 1 + fold.embargo;
          expect(isBefore || isAfter).toBe(true);
        }
      }
      expect(rowsOf(groupsOf(fold))).toEqual(Array.from({ length }, (_, i) => fold.fromRow + i));
    }),
    { numRuns: 60 },
  );
});

/** Returns say which split and which group they are of. */
function groupSeries(split: number, group: number): GroupSeries {
  const timeMs = Float64Array.from({ length: 3 }, (_, i) => group * 3 + i);
  const returns = Float64Array.of(split / 100, group / 100);
  return { group, timeMs, price: timeMs.map((time) => 100 + time), returns, exposure: split };
}

test('the paths are those of the definition: each group by each split that tests it, once', () => {
  const chosen = [
    [0, 1],
    [0, 2],
    [0, 3],
    [1, 2],
    [1, 3],
    [2, 3],
  ];
  const splits = chosen.map((groups, split) => groups.map((group) => groupSeries(split, group)));
  const paths = assemblePaths(splits, 4, 2);
  expect(paths.length).toBe(3);
  const splitsOf = paths.map(({ returns }) => [0, 3, 6, 9].map((at) => Math.round(returns[at] * 100)));
  expect(splitsOf).toEqual([
    [0, 0, 1, 2],
    [1, 3, 3, 4],
    [2, 4, 5, 5],
  ]);
  expect(paths[0].returns).toEqual(Float64Array.of(0, 0, 0, 0, 0.01, 0, 0.01, 0.02, 0, 0.02, 0.03));
  expect(paths[0].timeMs.length).toBe(12);
  expect(paths[0].exposure).toBeCloseTo((2 * (0 + 0 + 1 + 2)) / 11, 12);
  const average = meanPath(paths);
  expect(average.returns[9]).toBeCloseTo((2 + 4 + 5) / 300, 12);
  expect(() => assemblePaths(splits.slice(1), 4, 2)).toThrow(DataError);
});
