/**
 * The rows of one split of a combinatorial purged cross-validation: stretches to learn in, groups to be tested on.
 * Source: M. López de Prado, "Advances in Financial Machine Learning" (2018), chapter 12.
 * Differences from the source: agents learn in whole episodes, so a training row counts only as part of a stretch that holds one,
 * and no stretch crosses from one group to the next.
 */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import type { RowSpan } from '../../envs/env.ts';
import { combinatorial } from '../../models/data/splitters.ts';

export const foldSchema = z.strictObject({
  /** Rows [fromRow, toRow) of the series are cut into groups. */
  fromRow: z.int().min(0),
  toRow: z.int().min(1),
  groups: z.int().min(2),
  testGroups: z.int().min(1),
  /** Which split, in lexicographic order of its test groups. */
  index: z.int().min(0),
  /** Rows that an observation depends on, its own included. */
  window: z.int().min(1),
  /** Rows after its own that a reward depends on. */
  horizon: z.int().min(1),
  /** Rows left out after a test group, beside the purged ones. */
  embargo: z.int().min(0),
});
export type Fold = z.output<typeof foldSchema>;

/** A stretch of one group. */
export interface Stretch extends RowSpan {
  readonly group: number;
}

/** The N groups of rows, the first ones a row longer where they cannot all be equal. */
export function groupsOf({ fromRow, toRow, groups }: Pick<Fold, 'fromRow' | 'toRow' | 'groups'>): Stretch[] {
  const size = Math.floor((toRow - fromRow) / groups);
  const numLonger = (toRow - fromRow) % groups;
  return Array.from({ length: groups }, (_, group) => {
    const from = fromRow + group * size + Math.min(group, numLonger);
    return { group, fromRow: from, toRow: from + size + (group < numLonger ? 1 : 0) };
  });
}

/** The groups that a split is tested on. */
export function testGroupsOf(fold: Fold): Stretch[] {
  const { test } = splitOf(fold);
  const tested = new Set(test);
  return groupsOf(fold).filter(({ fromRow }) => tested.has(fromRow));
}

/**
 * What is left to learn in after purging and embargo: unbroken rows of one group each, long enough for an episode.
 * @param episodeBars steps of an episode; 0: any stretch of two rows or more is one
 * @throws ConfigError `invalid-split` where none is left
 */
export function trainingStretches(fold: Fold, episodeBars: number): Stretch[] {
  const learnt = new Set(splitOf(fold).train);
  const stretches = groupsOf(fold).flatMap(({ group, fromRow, toRow }) => {
    const found: Stretch[] = [];
    let from = fromRow;
    for (let row = fromRow; row <= toRow; row++) {
      if (row < toRow && learnt.has(row)) continue;
      if (row - from > Math.max(1, episodeBars)) found.push({ group, fromRow: from, toRow: row });
      from = row + 1;
    }
    return found;
  });
  if (stretches.length > 0) return stretches;
  throw new ConfigError(
    'invalid-split',
    `Split ${fold.index} leaves no stretch of ${Math.max(1, episodeBars) + 1} rows to learn in, after ${fold.window + fold.horizon} rows are purged and ` +
      `${fold.embargo} embargoed; use fewer groups, shorter episodes, shorter features, or bring more rows.`,
  );
}

function splitOf(fold: Fold): { train: Int32Array; test: Int32Array } {
  const { fromRow, toRow, groups, testGroups, index, window, horizon, embargo } = fold;
  const rows = Int32Array.from({ length: toRow - fromRow }, (_, i) => fromRow + i);
  const labelEnds = Int32Array.from({ length: toRow }, (_, row) => Math.min(toRow - 1, row + horizon));
  return combinatorial(groups, testGroups, { embargo })({ rows, labelEnds }, window)[index];
}
