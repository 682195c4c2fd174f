/** Holds splits by category: those that are chosen lead right, all others left, as in XGBoost. */

/** Whole numbers up to here are exact as f32; a category is below. */
export const MAX_CATEGORY = 1 << 24;

/** M nodes. */
export interface CategorySplits {
  /** [M], 1 where a node splits by category */
  readonly isCategorical: Uint8Array;
  /** [M + 1], where each node's categories begin in `values`. */
  readonly offsets: Int32Array;
  /** The chosen categories of all nodes, ascending within each. */
  readonly values: Int32Array;
}

/** The values at which a node's decision turns, ascending; below the first it is left. A value counts as its whole part. */
export function categoryEdges({ offsets, values }: CategorySplits, node: number): number[] {
  const edges: number[] = [];
  for (let i = offsets[node]; i < offsets[node + 1]; i++) {
    if (edges[edges.length - 1] === values[i]) edges[edges.length - 1]++;
    else edges.push(values[i], values[i] + 1);
  }
  return edges;
}

/** @param value not missing */
export function isChosen({ offsets, values }: CategorySplits, node: number, value: number): boolean {
  if (!(value >= 0)) return false;
  const category = Math.trunc(value);
  let low = offsets[node];
  let high = offsets[node + 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < category) low = middle + 1;
    else high = middle;
  }
  return low < offsets[node + 1] && values[low] === category;
}
