/** Reads a policy over continuous actions from a network's outputs. */
import type { Rng } from '../../core/rng.ts';
import { restoreArrayInto, type Snapshot } from '../../core/snapshot.ts';
import { type Box, createActionBatch } from '../../envs/spaces.ts';
import {
  gaussianEntropy,
  gaussianGradientsInto,
  gaussianLogProbsInto,
  sampleGaussianInto,
} from '../../networks/distributions/diagonal-gaussian.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { ParameterBlock } from '../../networks/network.ts';
import type { PolicyDecision } from '../policy-description.ts';
import { ClippedActions } from './clipped-actions.ts';
import type { PolicyHead } from './policy-head.ts';

/** A normal distribution with independent components; `outputs` are its means, its log deviations are trained beside. */
export class GaussianHead implements PolicyHead {
  readonly outputDim: number;
  readonly actionDim: number;
  readonly blocks: readonly [ParameterBlock];
  readonly #space: Box;
  readonly #logStd: Float32Array; // [A]
  readonly #clipped: ClippedActions;

  constructor(kernels: Kernels, space: Box, initialLogStd: number) {
    this.outputDim = space.dim;
    this.actionDim = space.dim;
    this.#space = space;
    this.#logStd = kernels.allocate(space.dim).fill(initialLogStd);
    this.blocks = [{ parameters: this.#logStd, gradients: kernels.allocate(space.dim) }];
    this.#clipped = new ClippedActions(space);
  }

  get decision(): PolicyDecision {
    return { kind: 'clipped', space: this.#space };
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
    return this.#clipped.of(actions);
  }

  save(): Snapshot {
    return { arrays: { logStd: this.#logStd.slice() }, values: {} };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#logStd, snapshot, 'logStd');
  }
}
