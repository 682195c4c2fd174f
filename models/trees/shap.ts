/**
 * Explains a row's margin by what each feature adds to it.
 *
 * Source: Lundberg, Erion & Lee (2018), "Consistent Individualized Feature Attribution for Tree Ensembles",
 * arXiv:1802.03888, algorithm 2. A row's path is kept with, for each feature on it, the share of rows that follow it
 * when the feature is unknown (`zero`) and known (`one`), and the weights of the subsets of each size.
 * Differences from the source: cover is the sum of hessians, as in XGBoost; where that is 0, both children count half.
 */
import { StorageError } from '../../core/errors.ts';
import { depths, goesLeft, type Tree } from './tree.ts';

/** Edges from root to leaf; the work of a path grows with their square. */
const MAX_DEPTH = 512;

export class TreeExplainer {
  readonly #trees: readonly Tree[];
  readonly #outputs: Int32Array;
  readonly #numFeatures: number;
  readonly #bias: Float64Array; // [K]
  readonly #sums: Float64Array; // [K, F + 1]
  // A path of every length up to the deepest tree's, one after the other.
  readonly #features: Int32Array;
  readonly #zeros: Float64Array;
  readonly #ones: Float64Array;
  readonly #weights: Float64Array;
  #tree: Tree;
  #values: Float32Array = new Float32Array(0);
  #offset = 0;
  #target = 0;

  constructor(
    trees: readonly Tree[],
    outputs: Int32Array,
    numOutputs: number,
    numFeatures: number,
    baseMargins: Float32Array /* [K] */,
  ) {
    this.#trees = trees;
    this.#outputs = outputs;
    this.#numFeatures = numFeatures;
    this.#bias = Float64Array.from(baseMargins);
    this.#sums = new Float64Array(numOutputs * (numFeatures + 1));
    this.#tree = trees[0];
    let deepest = 0;
    for (const [index, tree] of trees.entries()) {
      for (const depth of depths(tree)) deepest = Math.max(deepest, depth);
      if (deepest > MAX_DEPTH) {
        throw new StorageError(
          'model-unsupported',
          `Tree ${index} is ${deepest} splits deep; contributions are computed for trees of ${MAX_DEPTH} at most.`,
        );
      }
      this.#bias[outputs[index]] += expectation(tree, 0);
    }
    const room = ((deepest + 2) * (deepest + 3)) / 2;
    this.#features = new Int32Array(room);
    this.#zeros = new Float64Array(room);
    this.#ones = new Float64Array(room);
    this.#weights = new Float64Array(room);
  }

  /** Writes [K, F + 1] for the row that starts at `offset` of `values`. */
  explainInto(target: Float32Array, values: Float32Array, offset: number): void {
    const width = this.#numFeatures + 1;
    this.#values = values;
    this.#offset = offset;
    this.#sums.fill(0);
    for (const [k, bias] of this.#bias.entries()) this.#sums[(k + 1) * width - 1] = bias;
    for (const [index, tree] of this.#trees.entries()) {
      this.#tree = tree;
      this.#target = this.#outputs[index] * width;
      this.#walk(0, 0, 0, 0, 1, 1, -1);
    }
    target.set(this.#sums);
  }

  /**
   * @param length features on the path before this node
   * @param from where the path of the parent starts, `length` long
   * @param to where this node's path goes
   */
  #walk(
    node: number,
    length: number,
    from: number,
    to: number,
    zero: number,
    one: number,
    feature: number,
  ): void {
    if (to !== from) {
      this.#features.copyWithin(to, from, from + length);
      this.#zeros.copyWithin(to, from, from + length);
      this.#ones.copyWithin(to, from, from + length);
      this.#weights.copyWithin(to, from, from + length);
    }
    this.#extend(to, length, zero, one, feature);
    const { left, right, splitIndex, splitCondition, sumHessian } = this.#tree;
    if (left[node] === -1) {
      for (let i = 1; i <= length; i++) {
        const share = this.#unwoundSum(to, length, i) * (this.#ones[to + i] - this.#zeros[to + i]);
        this.#sums[this.#target + this.#features[to + i]] += share * splitCondition[node];
      }
      return;
    }
    const column = splitIndex[node];
    const value = this.#values[this.#offset + column];
    const isLeft = goesLeft(this.#tree, node, value);
    const hot = isLeft ? left[node] : right[node];
    const cold = isLeft ? right[node] : left[node];
    let known = 1;
    let knownZero = 1;
    let knownOne = 1;
    while (known <= length && this.#features[to + known] !== column) known++;
    let shorter = length;
    if (known <= length) {
      knownZero = this.#zeros[to + known];
      knownOne = this.#ones[to + known];
      this.#unwind(to, length, known);
      shorter--;
    }
    const hotShare = shareOf(sumHessian, hot, cold);
    const next = to + length + 1;
    this.#walk(hot, shorter + 1, to, next, knownZero * hotShare, knownOne, column);
    this.#walk(cold, shorter + 1, to, next, knownZero * (1 - hotShare), 0, column);
  }

  #extend(to: number, length: number, zero: number, one: number, feature: number): void {
    const weights = this.#weights;
    this.#features[to + length] = feature;
    this.#zeros[to + length] = zero;
    this.#ones[to + length] = one;
    weights[to + length] = length === 0 ? 1 : 0;
    for (let i = length - 1; i >= 0; i--) {
      weights[to + i + 1] += (one * weights[to + i] * (i + 1)) / (length + 1);
      weights[to + i] = (zero * weights[to + i] * (length - i)) / (length + 1);
    }
  }

  /** Takes the i-th feature off the path. */
  #unwind(to: number, length: number, index: number): void {
    const weights = this.#weights;
    const zero = this.#zeros[to + index];
    const one = this.#ones[to + index];
    let next = weights[to + length];
    for (let i = length - 1; i >= 0; i--) {
      if (one !== 0) {
        const held = weights[to + i];
        weights[to + i] = (next * (length + 1)) / ((i + 1) * one);
        next = held - (weights[to + i] * zero * (length - i)) / (length + 1);
      } else weights[to + i] = (weights[to + i] * (length + 1)) / (zero * (length - i));
    }
    for (let i = index; i < length; i++) {
      this.#features[to + i] = this.#features[to + i + 1];
      this.#zeros[to + i] = this.#zeros[to + i + 1];
      this.#ones[to + i] = this.#ones[to + i + 1];
    }
  }

  /** The sum of the weights that `unwind` would leave. */
  #unwoundSum(to: number, length: number, index: number): number {
    const weights = this.#weights;
    const zero = this.#zeros[to + index];
    const one = this.#ones[to + index];
    let next = weights[to + length];
    let total = 0;
    for (let i = length - 1; i >= 0; i--) {
      if (one !== 0) {
        const weight = (next * (length + 1)) / ((i + 1) * one);
        total += weight;
        next = weights[to + i] - (weight * zero * (length - i)) / (length + 1);
      } else if (zero !== 0) total += (weights[to + i] * (length + 1)) / (zero * (length - i));
    }
    return total;
  }
}

/** The share of a node's rows that go to `child`. */
function shareOf(sumHessian: Float32Array, child: number, sibling: number): number {
  const both = sumHessian[child] + sumHessian[sibling];
  return both > 0 ? sumHessian[child] / both : 0.5;
}

/** The mean leaf below a node, weighted by cover. */
function expectation(tree: Tree, node: number): number {
  const { left, right, splitCondition, sumHessian } = tree;
  if (left[node] === -1) return splitCondition[node];
  const share = shareOf(sumHessian, left[node], right[node]);
  return share * expectation(tree, left[node]) + (1 - share) * expectation(tree, right[node]);
}
