/** Weights that can be changed, and drawn from in proportion, in logarithmic time. */
import { TrainingError } from '../core/errors.ts';

/** Children per node: their eight sums are one line of the processor's cache. */
const FAN_OUT = 8;

/**
 * A tree whose leaves hold the weights and whose other nodes hold the sums of their eight children. A sum is computed
 * anew from the children whenever one changes, never corrected by a difference, so rounding errors do not pile up
 * and equal weights make equal trees. Room per weight: 8·8/7 bytes.
 *
 * Source: Schaul et al. (2016), "Prioritized Experience Replay", arXiv:1511.05952, appendix B.2.1.
 * Differences from the source: eight children and not two. Of a million leaves, seven nodes on the way down are not
 * in the same cache line instead of twenty.
 */
export class SumTree {
  readonly numLeaves: number; // L
  /** The leaves first, then the sums of eight of them, and so on to at most eight; each a multiple of eight long. */
  readonly #levels: Float64Array[] = [];
  #total = 0;

  /** @param numLeaves L, at least 1 */
  constructor(numLeaves: number) {
    this.numLeaves = numLeaves;
    let length = numLeaves;
    do {
      const numNodes = Math.ceil(length / FAN_OUT);
      this.#levels.push(new Float64Array(numNodes * FAN_OUT));
      length = numNodes;
    } while (length > 1);
  }

  /** The sum of all weights. */
  get total(): number {
    return this.#total;
  }

  get memoryBytes(): number {
    return this.#levels.reduce((bytes, level) => bytes + level.byteLength, 0);
  }

  /** View of the weights. */
  get weights(): Float64Array /* [L] */ {
    return this.#levels[0].subarray(0, this.numLeaves);
  }

  get(leaf: number): number {
    return this.#levels[0][leaf];
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
    const levels = this.#levels;
    levels[0][leaf] = weight;
    let node = leaf;
    for (let k = 1; k < levels.length; k++) {
      node = Math.floor(node / FAN_OUT);
      levels[k][node] = sumOfEight(levels[k - 1], node * FAN_OUT);
    }
    this.#total = sumOfEight(levels[levels.length - 1], 0);
  }

  /** Takes over all weights, as `set` would. */
  setAll(weights: Float64Array /* [L] */): void {
    const levels = this.#levels;
    levels[0].set(weights);
    for (let k = 1; k < levels.length; k++) {
      const below = levels[k - 1];
      for (let node = 0; node * FAN_OUT < below.length; node++) {
        levels[k][node] = sumOfEight(below, node * FAN_OUT);
      }
    }
    this.#total = sumOfEight(levels[levels.length - 1], 0);
  }

  /**
   * The leaf within whose share of the total `position` lies; never one of weight 0.
   * @param position in [0, total], of a total above 0
   */
  find(position: number): number {
    const levels = this.#levels;
    let rest = position;
    let node = 0;
    for (let k = levels.length - 1; k >= 0; k--) {
      const level = levels[k];
      const last = node * FAN_OUT + FAN_OUT - 1;
      node *= FAN_OUT;
      while (node < last && rest >= level[node]) rest -= level[node++];
      // Rounding can leave a rest beyond the last child: go back to where there is something.
      while (level[node] === 0) node--;
    }
    return node;
  }
}

function sumOfEight(values: Float64Array, from: number): number {
  let sum = values[from];
  for (let i = from + 1; i < from + FAN_OUT; i++) sum += values[i];
  return sum;
}
