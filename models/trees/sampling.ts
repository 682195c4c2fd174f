/** Draws the rows and columns that a tree, a level and a node may use. */
import type { Rng } from '../../core/rng.ts';

/** `rows` becomes a permutation of 0 … N − 1, each part rising; returns how many of the first are in the sample. */
export function sampleRowsInto(rows: Int32Array /* [N] */, share: number, rng: Rng): number {
  const numRows = rows.length;
  if (share >= 1) {
    for (let row = 0; row < numRows; row++) rows[row] = row;
    return numRows;
  }
  const left = new Int32Array(numRows);
  let numIn = 0;
  let numOut = 0;
  for (let row = 0; row < numRows; row++) {
    if (rng.uniform() < share) rows[numIn++] = row;
    else left[numOut++] = row;
  }
  rows.set(left.subarray(0, numOut), numIn);
  return numIn;
}

/** A share of the columns, at least one, in rising order; the same array where the share is 1. */
export function sampleColumns(columns: Int32Array, share: number, rng: Rng): Int32Array {
  if (share >= 1) return columns;
  const shuffled = columns.slice();
  rng.shuffle(shuffled);
  return shuffled.slice(0, Math.max(1, Math.floor(share * columns.length))).sort();
}
