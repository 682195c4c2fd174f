/** Holds one regression tree in flat arrays, with everything that XGBoost keeps of it. */
import { type CategorySplits, isChosen } from './categories.ts';

/** What a root has for a parent in XGBoost's files. */
export const NO_PARENT = 2147483647;

/**
 * M nodes; the root is node 0. A row goes left where its value is below the split condition, and where it is missing
 * and `defaultLeft` says so. A leaf has −1 for children, and its value in `splitCondition`.
 */
export interface Tree {
  readonly numNodes: number;
  /** [M] */
  readonly left: Int32Array;
  /** [M] */
  readonly right: Int32Array;
  /** [M] */
  readonly parent: Int32Array;
  /** [M], the column */
  readonly splitIndex: Int32Array;
  /** [M] */
  readonly splitCondition: Float32Array;
  /** [M] */
  readonly defaultLeft: Uint8Array;
  /** [M], before shrinkage in inner nodes, after it in leaves. */
  readonly baseWeight: Float32Array;
  /** [M], the gain of a split, 0 in leaves. */
  readonly lossChange: Float32Array;
  /** [M] */
  readonly sumHessian: Float32Array;
  /** Absent where every split is by a threshold. */
  readonly categories?: CategorySplits;
}

export function createTree(numNodes: number): Tree {
  return {
    numNodes,
    left: new Int32Array(numNodes).fill(-1),
    right: new Int32Array(numNodes).fill(-1),
    parent: new Int32Array(numNodes).fill(NO_PARENT),
    splitIndex: new Int32Array(numNodes),
    splitCondition: new Float32Array(numNodes),
    defaultLeft: new Uint8Array(numNodes),
    baseWeight: new Float32Array(numNodes),
    lossChange: new Float32Array(numNodes),
    sumHessian: new Float32Array(numNodes),
  };
}

/** The value of the leaf that the row starting at `offset` of `values` comes to. */
export function leafValue(tree: Tree, values: Float32Array, offset: number): number {
  const { left, right, splitIndex, splitCondition } = tree;
  let node = 0;
  while (left[node] !== -1) {
    node = goesLeft(tree, node, values[offset + splitIndex[node]]) ? left[node] : right[node];
  }
  return splitCondition[node];
}

/** Which way a value leads at an inner node. */
export function goesLeft(
  { splitCondition, defaultLeft, categories }: Tree,
  node: number,
  value: number,
): boolean {
  if (Number.isNaN(value)) return defaultLeft[node] === 1;
  if (categories?.isCategorical[node] === 1) return !isChosen(categories, node, value);
  return value < splitCondition[node];
}

/** Edges from the root to each node, [M]. */
export function depths({ numNodes, left, right }: Tree): Int32Array {
  const depth = new Int32Array(numNodes);
  const stack = [0];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (left[node] === -1) continue;
    depth[left[node]] = depth[right[node]] = depth[node] + 1;
    stack.push(left[node], right[node]);
  }
  return depth;
}
