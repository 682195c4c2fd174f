/** Puts a prior around a policy's network: the prior is hidden from it, added to it, or pulls it, as asked. */
import { log } from '../../core/math.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { Network } from '../../networks/network.ts';
import { addCategoricalPull, addContinuousPull, atanh } from './pull.ts';
import type { PriorReader } from './reader.ts';
import type { ContinuousForm } from './support.ts';

/** atanh of a target is finite up to here. */
const LARGEST_TARGET = 0.95;

/** What a prior does to a network; the weight moves with the run. */
export interface PriorTerms {
  /** Whether the network sees the prior's columns; otherwise they are 0 for it. */
  readonly showsColumns: boolean;
  /** Share of the prior that is added to the outputs: of its log-probabilities, or of its target. */
  readonly residual: number;
  /** Of continuous priors. */
  readonly deviation: number;
  readonly form: ContinuousForm;
  /** Weight of the pull at present. */
  weight: number;
  /** Sum of the pull's losses per row, and how many rows, since somebody set them to 0. */
  pullSum: number;
  pullRows: number;
}

/**
 * B rows, I inputs, O outputs. An observation comes first in an input row; a critic's may go on with an action.
 * @param isPolicy critics see the columns or not, and that is all
 */
export class PriorNetwork implements Network {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  readonly inputDim: number;
  readonly outputDim: number;
  inputGradientsOf?: (outputGradients: Float32Array) => Float32Array;
  readonly #network: Network;
  readonly #kernels: Kernels;
  readonly #reader: PriorReader;
  readonly #terms: PriorTerms;
  readonly #isPolicy: boolean;
  #inputs: Float32Array = new Float32Array(0); // [B, I], of the last forward
  #outputs: Float32Array = new Float32Array(0); // [B, O], likewise
  #batch = 0; // B, likewise
  #pulled: Float32Array = new Float32Array(0); // [≥ B, O]
  #seen: Float32Array = new Float32Array(0); // [≥ B, I]
  #sums: Float32Array = new Float32Array(0); // [≥ B, O]
  #prior = new Float32Array(0); // [≥ B, O]

  constructor(network: Network, kernels: Kernels, reader: PriorReader, terms: PriorTerms, isPolicy: boolean) {
    this.#network = network;
    this.#kernels = kernels;
    this.#reader = reader;
    this.#terms = terms;
    this.#isPolicy = isPolicy;
    this.parameters = network.parameters;
    this.gradients = network.gradients;
    this.inputDim = network.inputDim;
    this.outputDim = network.outputDim;
    if (network.inputGradientsOf !== undefined) {
      this.inputGradientsOf = (outputGradients) => network.inputGradientsOf!(outputGradients);
    }
  }

  forward(inputs: Float32Array, batch: number): Float32Array {
    const outputs = this.#network.forward(this.#hide(inputs, batch), batch);
    this.#inputs = inputs;
    this.#batch = batch;
    this.#outputs = outputs;
    if (!this.#isPolicy || this.#terms.residual === 0) return outputs;
    this.#kernels.settle();
    this.#reserve(batch);
    this.#addPrior(outputs, batch);
    this.#outputs = this.#sums;
    return this.#sums.subarray(0, batch * this.outputDim);
  }

  backward(outputGradients: Float32Array): void {
    const { weight } = this.#terms;
    if (!this.#isPolicy || weight === 0) {
      this.#network.backward(outputGradients);
      return;
    }
    const batch = this.#batch;
    const length = batch * this.outputDim;
    if (this.#pulled.length < length) this.#pulled = this.#kernels.allocate(length);
    for (let i = 0; i < length; i++) this.#pulled[i] = outputGradients[i];
    this.pullInto(this.#pulled, weight / batch);
    this.#network.backward(this.#pulled);
  }

  /**
   * Adds `weight` times the pull of each row of the last forward to output gradients [B, O].
   * @returns the sum of the rows' losses
   */
  pullInto(gradients: Float32Array, weight: number): number {
    const reader = this.#reader;
    const batch = this.#batch;
    const { deviation, form } = this.#terms;
    const K = reader.numChoices;
    this.#reserve(batch);
    let sum = 0;
    for (let b = 0; b < batch; b++) {
      if (K > 0) {
        reader.distributionInto(this.#prior, b * K, this.#inputs, b);
        sum += addCategoricalPull(gradients, this.#outputs, this.#prior, b, K, weight);
      } else {
        const target = this.#target(b);
        sum += addContinuousPull(form, gradients, this.#outputs, b, target, deviation, reader.scale, weight);
      }
    }
    this.#terms.pullSum += sum;
    this.#terms.pullRows += batch;
    return sum;
  }

  inputGradients(): Float32Array {
    return this.#network.inputGradients();
  }

  /**
   * Adds the parameter gradients of the mean pull of the last forward, and of nothing else.
   * @param gradients [≥ B, O] in the memory of the kernels, overwritten
   * @returns the mean
   */
  backwardPull(gradients: Float32Array): number {
    const batch = this.#batch;
    gradients.fill(0, 0, batch * this.outputDim);
    const loss = this.pullInto(gradients, 1 / batch) / batch;
    this.#network.backward(gradients);
    return loss;
  }

  /** Outputs + residual·ln prior, or + residual·target in the form that the agent reads. */
  #addPrior(outputs: Float32Array, batch: number): void {
    const { residual, form } = this.#terms;
    const reader = this.#reader;
    const O = this.outputDim;
    const sums = this.#sums;
    for (let i = 0; i < batch * O; i++) sums[i] = outputs[i];
    for (let b = 0; b < batch; b++) {
      const K = reader.numChoices;
      if (K > 0) {
        reader.distributionInto(this.#prior, b * K, this.#inputs, b);
        for (let i = b * K; i < (b + 1) * K; i++) sums[i] += residual * log(this.#prior[i]);
      } else {
        const target = this.#target(b);
        sums[b * O] += residual * (form === 'means' ? target * reader.scale : atanh(target));
      }
    }
  }

  #target(row: number): number {
    const target = this.#reader.target(this.#inputs, row);
    return Math.min(Math.max(target, -LARGEST_TARGET), LARGEST_TARGET);
  }

  /** The inputs with 0 in place of the prior. */
  #hide(inputs: Float32Array, batch: number): Float32Array {
    if (this.#terms.showsColumns) return inputs;
    const { inputDim } = this;
    const length = batch * inputDim;
    if (this.#seen.length < length) this.#seen = this.#kernels.allocate(length);
    const seen = this.#seen;
    for (let i = 0; i < length; i++) seen[i] = inputs[i];
    for (const column of this.#reader.columns) {
      for (let i = column; i < length; i += inputDim) seen[i] = 0;
    }
    return seen;
  }

  #reserve(batch: number): void {
    const length = batch * this.outputDim;
    if (this.#sums.length >= length) return;
    this.#sums = this.#kernels.allocate(length);
    this.#prior = new Float32Array(length);
  }
}
