/** Walks one row through a forest in flat arrays, without allocation. */
import type { Tree } from './tree.ts';

export class RowWalker {
  readonly #roots: Int32Array; // [T]
  readonly #outputs: Int32Array; // [T]
  readonly #columns: Int32Array; // [nodes], −1 in leaves
  readonly #thresholds: Float32Array; // [nodes], a leaf's value
  readonly #children: Int32Array; // [nodes, 3]: below the threshold, not below it, missing

  constructor(trees: readonly Tree[], outputs: Int32Array) {
    const numNodes = trees.reduce((sum, tree) => sum + tree.numNodes, 0);
    this.#roots = new Int32Array(trees.length);
    this.#outputs = outputs;
    this.#columns = new Int32Array(numNodes).fill(-1);
    this.#thresholds = new Float32Array(numNodes);
    this.#children = new Int32Array(numNodes * 3);
    let start = 0;
    for (const [
      index,
      { numNodes, left, right, splitIndex, splitCondition, defaultLeft },
    ] of trees.entries()) {
      this.#roots[index] = start;
      this.#thresholds.set(splitCondition, start);
      for (let node = 0; node < numNodes; node++) {
        if (left[node] === -1) continue;
        const missing = defaultLeft[node] === 1 ? left[node] : right[node];
        this.#columns[start + node] = splitIndex[node];
        this.#children.set([start + left[node], start + right[node], start + missing], (start + node) * 3);
      }
      start += numNodes;
    }
  }

  /** Adds the leaves that the row comes to, tree after tree, to `margins` [K]. */
  addInto(margins: Float32Array, row: Float32Array /* [F] */): void {
    const roots = this.#roots;
    const outputs = this.#outputs;
    const columns = this.#columns;
    const thresholds = this.#thresholds;
    const children = this.#children;
    for (let tree = 0; tree < roots.length; tree++) {
      let node = roots[tree];
      for (let column = columns[node]; column >= 0; column = columns[node]) {
        const value = row[column];
        const threshold = thresholds[node];
        node = children[node * 3 + (value < threshold ? 0 : value >= threshold ? 1 : 2)];
      }
      margins[outputs[tree]] += thresholds[node];
    }
  }
}
