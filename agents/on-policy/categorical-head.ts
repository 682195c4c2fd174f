/** Reads a policy over discrete or multi-discrete actions from a network's outputs. */
import type { Rng } from '../../core/rng.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { type ActionBatch, type ActionSpace, createActionBatch } from '../../envs/spaces.ts';
import {
  categoricalEntropiesInto,
  categoricalGradientsInto,
  categoricalLogProbsInto,
  greedyCategoricalInto,
  normalizeLogitsInto,
  sampleCategoricalInto,
} from '../../networks/distributions/categorical.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { noValidAction } from '../off-policy/choices.ts';
import type { PolicyDecision } from '../policy-description.ts';
import type { PolicyHead } from './policy-head.ts';

/** Independent categorical distributions, one per component; `outputs` are their logits side by side. */
export class CategoricalHead implements PolicyHead {
  readonly outputDim: number;
  readonly actionDim: number;
  readonly blocks = [];
  readonly #kernels: Kernels;
  readonly #space: ActionSpace;
  readonly #sizes: readonly number[];
  #logProbs: Float32Array; // [≥ B, O]
  #probabilities: Float32Array; // [≥ B, O]
  #maskedLogits: Float32Array; // [≥ B, O]

  constructor(kernels: Kernels, space: ActionSpace, sizes: readonly number[]) {
    this.outputDim = sizes.reduce((sum, size) => sum + size, 0);
    this.actionDim = sizes.length;
    this.#kernels = kernels;
    this.#space = space;
    this.#sizes = sizes;
    this.#logProbs = kernels.allocate(this.outputDim);
    this.#probabilities = kernels.allocate(this.outputDim);
    this.#maskedLogits = kernels.allocate(this.outputDim);
  }

  get decision(): PolicyDecision {
    return { kind: 'largest', sizes: this.#sizes };
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
    masks?: Uint8Array,
  ): void {
    this.#normalize(outputs, batch, masks);
    sampleCategoricalInto(actions, this.#probabilities, this.#sizes, batch, rng);
    categoricalLogProbsInto(logProbs, this.#logProbs, actions, this.#sizes, batch);
  }

  modeInto(actions: Int32Array, outputs: Float32Array, batch: number, masks?: Uint8Array): void {
    greedyCategoricalInto(actions, this.#masked(outputs, batch, masks), this.#sizes, batch);
  }

  logProbsInto(
    logProbs: Float32Array,
    entropies: Float32Array,
    outputs: Float32Array,
    actions: Int32Array,
    batch: number,
    masks?: Uint8Array,
  ): void {
    this.#normalize(outputs, batch, masks);
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

  save(): Snapshot {
    return { arrays: {}, values: {} };
  }

  load(): void {}

  #normalize(outputs: Float32Array, batch: number, masks: Uint8Array | undefined): void {
    this.#reserve(batch);
    const logits = this.#masked(outputs, batch, masks);
    normalizeLogitsInto(this.#logProbs, this.#probabilities, this.#kernels, logits, this.#sizes, batch);
  }

  /** The logits with −Infinity for each choice that is not allowed. */
  #masked(outputs: Float32Array, batch: number, masks: Uint8Array | undefined): Float32Array {
    if (masks === undefined) return outputs;
    this.#reserve(batch);
    const logits = this.#maskedLogits;
    let first = 0;
    for (let b = 0; b < batch; b++) {
      for (const size of this.#sizes) {
        let numAllowed = 0;
        for (let k = first; k < first + size; k++) {
          numAllowed += masks[k];
          logits[k] = masks[k] === 0 ? -Infinity : outputs[k];
        }
        if (numAllowed === 0) throw noValidAction(b);
        first += size;
      }
    }
    return logits;
  }

  #reserve(batch: number): void {
    const length = batch * this.outputDim;
    if (this.#logProbs.length >= length) return;
    this.#logProbs = this.#kernels.allocate(length);
    this.#probabilities = this.#kernels.allocate(length);
    this.#maskedLogits = this.#kernels.allocate(length);
  }
}
