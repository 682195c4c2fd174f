/** Rewrites a tree as comparisons with thresholds alone, splits by category included. */
import { categoryEdges } from './categories.ts';
import { depths, type Tree } from './tree.ts';

/** Nodes from 0, the root; a node may have several parents. */
export interface WalkNodes {
  /** −1 in leaves */
  readonly column: Int32Array;
  /** A leaf's value. */
  readonly threshold: Float32Array;
  readonly below: Int32Array;
  readonly notBelow: Int32Array;
  /** 1 where a missing value leads to `below`. */
  readonly missingBelow: Uint8Array;
  /** Comparisons on the longest way. */
  readonly depth: number;
  /** Places for the root and both children of every comparison. */
  readonly numSlots: number;
}

export function walkNodes(tree: Tree): WalkNodes {
  const { left, right, splitIndex, splitCondition, defaultLeft, categories } = tree;
  const column = splitIndex.map((index, node) => (left[node] === -1 ? -1 : index));
  if (categories === undefined) {
    const depth = depths(tree).reduce((a, b) => Math.max(a, b), 0);
    return {
      column,
      threshold: splitCondition,
      below: left,
      notBelow: right,
      missingBelow: defaultLeft,
      depth,
      numSlots: tree.numNodes,
    };
  }
  const steps = {
    column: [...column],
    threshold: [...splitCondition],
    below: [...left],
    notBelow: [...right],
    missingBelow: [...defaultLeft],
  };
  const height = new Int32Array(tree.numNodes);
  for (const node of bottomUp(tree)) {
    if (left[node] === -1) continue;
    height[node] = 1 + Math.max(height[left[node]], height[right[node]]);
    if (categories.isCategorical[node] === 0) continue;
    const edges = categoryEdges(categories, node);
    height[node] += search(steps, tree, node, edges) - 1;
  }
  return {
    column: Int32Array.from(steps.column),
    threshold: Float32Array.from(steps.threshold),
    below: Int32Array.from(steps.below),
    notBelow: Int32Array.from(steps.notBelow),
    missingBelow: Uint8Array.from(steps.missingBelow),
    depth: height[0],
    numSlots: 2 * steps.column.length - tree.numNodes,
  };
}

interface Steps {
  readonly column: number[];
  readonly threshold: number[];
  readonly below: number[];
  readonly notBelow: number[];
  readonly missingBelow: number[];
}

/** Finds the stretch between edges by halving; stretches lead left and right in turn. @returns the comparisons at most */
function search(steps: Steps, tree: Tree, node: number, edges: readonly number[]): number {
  const children = [tree.left[node], tree.right[node]];
  const missing = tree.defaultLeft[node] === 1 ? 0 : 1;
  let deepest = 0;
  /** Stretches `from` to `to`, both included, at a place of its own. */
  const place = (at: number, from: number, to: number, depth: number): void => {
    deepest = Math.max(deepest, depth);
    const middle = (from + to + 1) >> 1;
    steps.column[at] = tree.splitIndex[node];
    steps.threshold[at] = edges[middle - 1];
    steps.missingBelow[at] = missing < middle ? 1 : 0;
    steps.below[at] = part(from, middle - 1, depth);
    steps.notBelow[at] = part(middle, to, depth);
  };
  const part = (from: number, to: number, depth: number): number => {
    if (from === to) return children[from % 2];
    const at = steps.column.push(0) - 1;
    place(at, from, to, depth + 1);
    return at;
  };
  place(node, 0, edges.length, 1);
  return deepest;
}

/** Every node after its children. */
function bottomUp({ left, right }: Tree): number[] {
  const order = [0];
  for (let i = 0; i < order.length; i++) {
    if (left[order[i]] !== -1) order.push(left[order[i]], right[order[i]]);
  }
  return order.reverse();
}
