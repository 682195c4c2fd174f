/** Walks one row through a forest in flat arrays, without allocation. */
import type { Tree } from './tree.ts';
import { walkNodes } from './walk-nodes.ts';

export class RowWalker {
  readonly #roots: Int32Array; // [T]
  readonly #outputs: Int32Array; // [T]
  readonly #columns: Int32Array; // [nodes], −1 in leaves
  readonly #thresholds: Float32Array; // [nodes], a leaf's value
  readonly #children: Int32Array; // [nodes, 3]: below the threshold, not below it, missing

  constructor(trees: readonly Tree[], outputs: Int32Array) {
    const walks = trees.map(walkNodes);
    const numNodes = walks.reduce((sum, { column }) => sum + column.length, 0);
    this.#roots = new Int32Array(trees.length);
    this.#outputs = outputs;
    this.#columns = new Int32Array(numNodes);
    this.#thresholds = new Float32Array(numNodes);
    this.#children = new Int32Array(numNodes * 3);
    let start = 0;
    for (const [index, { column, threshold, below, notBelow, missingBelow }] of walks.entries()) {
      this.#roots[index] = start;
      this.#columns.set(column, start);
      this.#thresholds.set(threshold, start);
      for (let node = 0; node < column.length; node++) {
        if (column[node] === -1) continue;
        const missing = missingBelow[node] === 1 ? below[node] : notBelow[node];
        this.#children.set(
          [start + below[node], start + notBelow[node], start + missing],
          (start + node) * 3,
        );
      }
      start += column.length;
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
