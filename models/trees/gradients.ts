/**
 * Computes the gradients of a loss at the margins, rounded so that no sum of them rounds.
 *
 * With N rows and |g| ≤ M, gradients become multiples of u = 2^(⌈log₂ N·M⌉ − 52): any sum of them is a multiple of u
 * below 2⁵³·u and so exact in f64. Sums then do not depend on their order, and a histogram minus another is what would
 * have been built. The rounding is at most M·N·2⁻⁵³ a row, below the precision of f32 up to some 2²⁸ rows.
 */
import { TrainingError } from '../../core/errors.ts';
import type { TreeKernels } from './kernels.ts';
import { type RowLoss, rowLossOf } from './losses/row-losses.ts';
import { isMulticlass, type ObjectiveName } from './xgboost-config.ts';

/**
 * A loss of one's own: writes its first and second derivatives by the margins.
 * @param margins [N, K]
 * @param gradients [N, K], to be written
 * @param hessians [N, K], to be written; not negative
 */
export type CustomGradient = (
  margins: Float32Array,
  labels: Float32Array,
  gradients: Float32Array,
  hessians: Float32Array,
) => void;

export class GradientSource {
  /** [N, K] */
  readonly margins: Float32Array;
  readonly #kernels: TreeKernels;
  readonly #objective: ObjectiveName;
  readonly #numRows: number;
  readonly #numOutputs: number;
  readonly #labels: Float32Array;
  readonly #weights: Float32Array;
  readonly #pairs: number;
  readonly #scratch: number;
  readonly #result: number;
  readonly #custom: CustomGradient | undefined;
  readonly #loss: RowLoss | undefined;

  constructor(
    kernels: TreeKernels,
    config: Parameters<typeof rowLossOf>[0],
    labels: Float32Array,
    weights: Float32Array | undefined,
    numOutputs: number,
    custom: CustomGradient | undefined,
  ) {
    const { objective } = config;
    const numRows = labels.length;
    const numbers = numRows * numOutputs;
    this.#kernels = kernels;
    this.#objective = objective;
    this.#numRows = numRows;
    this.#numOutputs = numOutputs;
    this.#custom = custom;
    this.#loss = rowLossOf(config);
    this.#pairs = kernels.reserve(numbers * 8);
    this.#scratch = isMulticlass(objective) && custom === undefined ? kernels.reserve(numbers * 4) : 0;
    this.#result = kernels.reserve(8);
    const addresses = [numbers, numRows, numRows].map((length) => kernels.reserve(length * 4));
    this.margins = kernels.floats(addresses[0], numbers);
    this.#labels = kernels.floats(addresses[1], numRows);
    this.#weights = kernels.floats(addresses[2], numRows);
    this.#labels.set(labels);
    if (weights === undefined) this.#weights.fill(1);
    else this.#weights.set(weights);
  }

  /** Address of output `k`'s pairs of gradient and hessian, f32 [N, 2]. */
  pairsOf(k: number): number {
    return this.#pairs + k * this.#numRows * 8;
  }

  /** @throws TrainingError `non-finite-gradient` with the round */
  update(round: number): void {
    const { exports } = this.#kernels;
    const numRows = this.#numRows;
    const at = this.margins.byteOffset;
    const labels = this.#labels.byteOffset;
    const weights = this.#weights.byteOffset;
    if (this.#custom !== undefined) this.#callCustom(this.#custom);
    else if (this.#loss !== undefined) this.#callLoss(this.#loss);
    else if (this.#objective === 'binary:logistic') {
      exports.logisticGradients(at, labels, weights, this.#pairs, numRows);
    } else if (this.#objective === 'reg:squarederror') {
      exports.squaredGradients(at, labels, weights, this.#pairs, numRows);
    } else {
      exports.softmaxGradients(at, labels, weights, this.#scratch, this.#pairs, numRows, this.#numOutputs);
    }
    const range = this.#kernels.floats(this.#result, 2);
    for (let k = 0; k < this.#numOutputs; k++) {
      exports.gradientRange(this.pairsOf(k), numRows, this.#result);
      const [largestG, largestH] = range;
      if (!Number.isFinite(largestG) || !Number.isFinite(largestH)) {
        throw new TrainingError(
          'non-finite-gradient',
          `Round ${round} has a gradient or hessian that is not finite; check labels and weights for huge numbers, ` +
            'and a custom gradient for a division by zero.',
        );
      }
      exports.roundGradients(
        this.pairsOf(k),
        numRows,
        shiftFor(largestG * Math.max(numRows, 2)),
        shiftFor(largestH * Math.max(numRows, 2)),
      );
    }
  }

  #callLoss(loss: RowLoss): void {
    const { margins } = this;
    const labels = this.#labels;
    const weights = this.#weights;
    const pairs = this.#kernels.floats(this.#pairs, this.#numRows * 2);
    const pair = new Float32Array(2);
    for (let row = 0; row < this.#numRows; row++) {
      loss(margins[row], labels[row], pair);
      pairs[row * 2] = pair[0] * weights[row];
      pairs[row * 2 + 1] = pair[1] * weights[row];
    }
  }

  #callCustom(custom: CustomGradient): void {
    const numRows = this.#numRows;
    const numOutputs = this.#numOutputs;
    const gradients = new Float32Array(numRows * numOutputs);
    const hessians = new Float32Array(numRows * numOutputs);
    custom(this.margins.slice(), this.#labels.slice(), gradients, hessians);
    const pairs = this.#kernels.floats(this.#pairs, numRows * numOutputs * 2);
    for (let row = 0; row < numRows; row++) {
      for (let k = 0; k < numOutputs; k++) {
        const to = (k * numRows + row) * 2;
        pairs[to] = gradients[row * numOutputs + k] * this.#weights[row];
        pairs[to + 1] = hessians[row * numOutputs + k] * this.#weights[row];
      }
    }
  }
}

const exponent = new DataView(new ArrayBuffer(8));

/** 1.5 times the smallest power of two above x: adding 1.5·2⁵²·u rounds to multiples of u. 0 for 0. */
function shiftFor(x: number): number {
  if (x === 0) return 0;
  exponent.setFloat64(0, x);
  exponent.setUint32(0, ((exponent.getUint32(0) >>> 20) + 1) << 20);
  exponent.setUint32(4, 0);
  return 1.5 * exponent.getFloat64(0);
}
