/** Keeps action masks beside the observations they belong to, in buffers that know of observations alone. */

import type { TransitionBatch } from '../../envs/transition.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';

/** N envs, D observation elements, K choices (0 where nothing is masked), B rows a batch. */
export class MaskedObservations {
  /** D + K: what a buffer has to store per observation. */
  readonly storedDim: number;
  /** [B, K], of the last `split`; undefined where nothing is masked. */
  readonly masks: Uint8Array | undefined;
  readonly #dim: number;
  readonly #numChoices: number;
  readonly #observations: Float32Array; // [B, D]

  /** @param batchSize B, the most rows that `split` is given */
  constructor(kernels: Kernels, dim: number, numChoices: number, batchSize: number) {
    this.storedDim = dim + numChoices;
    this.#dim = dim;
    this.#numChoices = numChoices;
    this.#observations = kernels.allocate(numChoices === 0 ? 0 : batchSize * dim);
    this.masks = numChoices === 0 ? undefined : new Uint8Array(batchSize * numChoices);
  }

  /** The transition with each observation followed by its mask; itself where nothing is masked. */
  withMasks(transition: TransitionBatch): TransitionBatch {
    if (this.#numChoices === 0) return transition;
    const { observations, actionMasks, nextObservations, nextActionMasks } = transition;
    return {
      ...transition,
      observations: this.#join(observations, actionMasks),
      nextObservations: this.#join(nextObservations, nextActionMasks),
    };
  }

  /** Takes stored rows [B, D + K] apart: returns the observations [B, D], a view, and leaves the masks in `masks`. */
  split(stored: Float32Array, batch: number): Float32Array {
    if (this.masks === undefined) return stored;
    for (let b = 0; b < batch; b++) {
      const from = b * this.storedDim;
      for (let d = 0; d < this.#dim; d++) this.#observations[b * this.#dim + d] = stored[from + d];
      for (let k = 0; k < this.#numChoices; k++) {
        this.masks[b * this.#numChoices + k] = stored[from + this.#dim + k];
      }
    }
    return this.#observations;
  }

  #join(observations: Float32Array, masks: Uint8Array | undefined): Float32Array {
    const numRows = observations.length / this.#dim;
    const joined = new Float32Array(numRows * this.storedDim).fill(1);
    for (let n = 0; n < numRows; n++) {
      const to = n * this.storedDim;
      for (let d = 0; d < this.#dim; d++) joined[to + d] = observations[n * this.#dim + d];
      if (masks === undefined) continue;
      for (let k = 0; k < this.#numChoices; k++) joined[to + this.#dim + k] = masks[n * this.#numChoices + k];
    }
    return joined;
  }
}
