/** Changes weights, and draws in proportion to them, in logarithmic time. */
import { TrainingError } from '../core/errors.ts';

/**
 * A binary tree whose inner nodes hold the sums of their two children: node 1 is the root, the children of i are 2i
 * and 2i + 1, the leaves are nodes L to 2L − 1. A sum is computed from its children whenever one changes, never
 * corrected by a difference, so rounding errors do not pile up and equal leaves make equal trees.
 *
 * Source: Schaul et al. (2016), "Prioritized Experience Replay", arXiv:1511.05952, appendix B.2.1.
 */
export class SumTree {
  readonly numLeaves: number; // L
  readonly #sums: Float64Array; // [2·L]

  /** @param numLeaves L, at least 2 */
  constructor(numLeaves: number) {
    this.numLeaves = numLeaves;
    this.#sums = new Float64Array(2 * numLeaves);
  }

  /** The sum of all weights. */
  get total(): number {
    return this.#sums[1];
  }

  /** View of the weights. */
  get weights(): Float64Array /* [L] */ {
    return this.#sums.subarray(this.numLeaves);
  }

  get(leaf: number): number {
    return this.#sums[this.numLeaves + leaf];
  }

  /**
   * @param weight ≥ 0
   * @throws TrainingError `invalid-priority` for a weight that is NaN, infinite or negative; nothing is changed then
   */
  set(leaf: number, weight: number): void {
    if (!(weight >= 0 && weight < Infinity)) {
      throw new TrainingError(
        'invalid-priority',
        `The priority of replay row ${leaf} would be ${weight}; priorities are finite and not negative.`,
      );
    }
    const sums = this.#sums;
    let node = this.numLeaves + leaf;
    sums[node] = weight;
    for (node >>= 1; node >= 1; node >>= 1) sums[node] = sums[2 * node] + sums[2 * node + 1];
  }

  /** Takes over all weights, as `set` would. */
  setAll(weights: Float64Array /* [L] */): void {
    const sums = this.#sums;
    sums.set(weights, this.numLeaves);
    for (let node = this.numLeaves - 1; node >= 1; node--) sums[node] = sums[2 * node] + sums[2 * node + 1];
  }

  /**
   * The leaf within whose share of the total `position` lies, the leaves in the tree's order; never one of weight 0.
   * @param position in [0, total), of a total above 0
   */
  find(position: number): number {
    const sums = this.#sums;
    const { numLeaves } = this;
    let rest = position;
    let node = 1;
    while (node < numLeaves) {
      const left = 2 * node;
      // Rounding can leave a rest beyond the last leaf: never go where there is nothing.
      if (rest < sums[left] || sums[left + 1] === 0) node = left;
      else {
        rest -= sums[left];
        node = left + 1;
      }
    }
    return node - numLeaves;
  }
}
