/** Turns a network's outputs into a distribution over the actions of a space, whatever the space. */

import type { Rng } from '../core/rng.ts';
import { joinSnapshots, restoreArrayInto, type Snapshotable } from '../core/snapshot.ts';
import { type ActionBatch, type ActionSpace, type Box, createActionBatch } from '../envs/spaces.ts';
import {
  categoricalEntropiesInto,
  categoricalGradientsInto,
  categoricalLogProbsInto,
  greedyCategoricalInto,
  normalizeLogitsInto,
  sampleCategoricalInto,
} from '../networks/categorical.ts';
import {
  gaussianEntropy,
  gaussianGradientsInto,
  gaussianLogProbsInto,
  sampleGaussianInto,
} from '../networks/diagonal-gaussian.ts';
import type { Kernels } from '../networks/kernels.ts';
import type { ParameterBlock } from '../networks/network.ts';

/** B rows, O network outputs a row, A numbers an action. What a method fills comes first. */
export interface PolicyHead extends Snapshotable {
  readonly outputDim: number; // O
  readonly actionDim: number; // A
  /** Trainable numbers beside the network's: the log deviations of continuous actions. */
  readonly blocks: readonly ParameterBlock[];
  createActions(batch: number): ActionBatch;
  /** Draws actions [B, A], and their log-probabilities [B]. */
  sampleInto(
    actions: ActionBatch,
    logProbs: Float32Array,
    outputs: Float32Array,
    batch: number,
    rng: Rng,
  ): void;
  /** The most probable actions [B, A]. */
  modeInto(actions: ActionBatch, outputs: Float32Array, batch: number): void;
  /** The log-probabilities [B] of given actions [B, A], and the entropies [B]. */
  logProbsInto(
    logProbs: Float32Array,
    entropies: Float32Array,
    outputs: Float32Array,
    actions: ActionBatch,
    batch: number,
  ): void;
  /**
   * d/d outputs [B, O] of Σ_b logProbWeights[b]·ln p(actions[b]) + entropyWeights[b]·entropy[b]; the part of
   * `blocks` is added to their gradients. Belongs to the last `logProbsInto`, with the same outputs and actions.
   */
  gradientsInto(
    outputGradients: Float32Array,
    outputs: Float32Array,
    actions: ActionBatch,
    logProbWeights: Float32Array,
    entropyWeights: Float32Array,
    batch: number,
  ): void;
  /** What the env is sent for drawn actions [B, A]: clipped to the box; a view. */
  toEnvActions(actions: ActionBatch): ActionBatch;
}

/** @param initialLogStd starting log deviation of continuous actions */
export function createPolicyHead(kernels: Kernels, space: ActionSpace, initialLogStd: number): PolicyHead {
  if (space.kind === 'box') return new GaussianHead(kernels, space, initialLogStd);
  return new CategoricalHead(kernels, space, space.kind === 'discrete' ? [space.n] : space.sizes);
}

class CategoricalHead implements PolicyHead {
  readonly outputDim: number;
  readonly actionDim: number;
  readonly blocks = [];
  readonly #kernels: Kernels;
  readonly #space: ActionSpace;
  readonly #sizes: readonly number[];
  #logProbs: Float32Array; // [≥ B, O]
  #probabilities: Float32Array; // [≥ B, O]

  constructor(kernels: Kernels, space: ActionSpace, sizes: readonly number[]) {
    this.outputDim = sizes.reduce((sum, size) => sum + size, 0);
    this.actionDim = sizes.length;
    this.#kernels = kernels;
    this.#space = space;
    this.#sizes = sizes;
    this.#logProbs = kernels.allocate(this.outputDim);
    this.#probabilities = kernels.allocate(this.outputDim);
  }

  createActions(batch: number): Int32Array {
    return createActionBatch(this.#space, batch) as Int32Array;
  }

  sampleInto(
    actions: Int32Array,
    logProbs: Float32Array,
    outputs: Float32Array,
    batch: number,
    rng: Rng,
  ): void {
    this.#normalize(outputs, batch);
    sampleCategoricalInto(actions, this.#probabilities, this.#sizes, batch, rng);
    categoricalLogProbsInto(logProbs, this.#logProbs, actions, this.#sizes, batch);
  }

  modeInto(actions: Int32Array, outputs: Float32Array, batch: number): void {
    greedyCategoricalInto(actions, outputs, this.#sizes, batch);
  }

  logProbsInto(
    logProbs: Float32Array,
    entropies: Float32Array,
    outputs: Float32Array,
    actions: Int32Array,
    batch: number,
  ): void {
    this.#normalize(outputs, batch);
    categoricalLogProbsInto(logProbs, this.#logProbs, actions, this.#sizes, batch);
    categoricalEntropiesInto(entropies, this.#logProbs, this.#probabilities, this.#sizes, batch);
  }

  gradientsInto(
    outputGradients: Float32Array,
    _outputs: Float32Array,
    actions: Int32Array,
    logProbWeights: Float32Array,
    entropyWeights: Float32Array,
    batch: number,
  ): void {
    categoricalGradientsInto(
      outputGradients,
      this.#logProbs,
      this.#probabilities,
      actions,
      logProbWeights,
      entropyWeights,
      this.#sizes,
      batch,
    );
  }

  toEnvActions(actions: ActionBatch): ActionBatch {
    return actions;
  }

  save() {
    return joinSnapshots({});
  }

  load(): void {}

  #normalize(outputs: Float32Array, batch: number): void {
    if (this.#logProbs.length < batch * this.outputDim) {
      this.#logProbs = this.#kernels.allocate(batch * this.outputDim);
      this.#probabilities = this.#kernels.allocate(batch * this.outputDim);
    }
    normalizeLogitsInto(this.#logProbs, this.#probabilities, this.#kernels, outputs, this.#sizes, batch);
  }
}

class GaussianHead implements PolicyHead {
  readonly outputDim: number;
  readonly actionDim: number;
  readonly blocks: readonly [ParameterBlock];
  readonly #space: Box;
  readonly #logStd: Float32Array; // [A]
  #clipped: Float32Array; // [B, A], grows with the batch

  constructor(kernels: Kernels, space: Box, initialLogStd: number) {
    this.outputDim = space.dim;
    this.actionDim = space.dim;
    this.#space = space;
    this.#logStd = kernels.allocate(space.dim).fill(initialLogStd);
    this.blocks = [{ parameters: this.#logStd, gradients: kernels.allocate(space.dim) }];
    this.#clipped = new Float32Array(space.dim);
  }

  createActions(batch: number): Float32Array {
    return createActionBatch(this.#space, batch) as Float32Array;
  }

  sampleInto(
    actions: Float32Array,
    logProbs: Float32Array,
    outputs: Float32Array,
    batch: number,
    rng: Rng,
  ): void {
    sampleGaussianInto(actions, outputs, this.#logStd, batch, rng);
    gaussianLogProbsInto(logProbs, actions, outputs, this.#logStd, batch);
  }

  modeInto(actions: Float32Array, outputs: Float32Array, batch: number): void {
    for (let i = 0; i < batch * this.actionDim; i++) actions[i] = outputs[i];
  }

  logProbsInto(
    logProbs: Float32Array,
    entropies: Float32Array,
    outputs: Float32Array,
    actions: Float32Array,
    batch: number,
  ): void {
    gaussianLogProbsInto(logProbs, actions, outputs, this.#logStd, batch);
    entropies.fill(gaussianEntropy(this.#logStd), 0, batch);
  }

  gradientsInto(
    outputGradients: Float32Array,
    outputs: Float32Array,
    actions: Float32Array,
    logProbWeights: Float32Array,
    entropyWeights: Float32Array,
    batch: number,
  ): void {
    const { gradients } = this.blocks[0];
    gaussianGradientsInto(
      outputGradients,
      gradients,
      actions,
      outputs,
      this.#logStd,
      logProbWeights,
      entropyWeights,
      batch,
    );
  }

  toEnvActions(actions: Float32Array): Float32Array {
    if (this.#clipped.length !== actions.length) this.#clipped = new Float32Array(actions.length);
    const { low, high, dim } = this.#space;
    for (let i = 0; i < actions.length; i++) {
      this.#clipped[i] = Math.min(Math.max(actions[i], low[i % dim]), high[i % dim]);
    }
    return this.#clipped;
  }

  save() {
    return { arrays: { logStd: this.#logStd.slice() }, values: {} };
  }

  load(snapshot: Parameters<Snapshotable['load']>[0]): void {
    restoreArrayInto(this.#logStd, snapshot, 'logStd');
  }
}
