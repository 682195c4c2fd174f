/** Allocates the arrays that a learner samples into, once, where the learner wants them. */
import type { ActionBatch } from '../envs/spaces.ts';

// B: rows there is room for. D: numbers per observation. A: numbers per action.

export interface ReplayBatch {
  /** Rows filled by the last sampling, at most B. */
  size: number;
  /** [B, D] */
  readonly observations: Float32Array;
  /** [B, A] */
  readonly actions: ActionBatch;
  /** [B], Σ γ^k·r over the k < n steps of each return; with one step, the reward. */
  readonly rewards: Float32Array;
  /**
   * [B, D], what the last step of each return led to; at an episode's end its last observation, never the reset
   * one.
   */
  readonly nextObservations: Float32Array;
  /** [B], whether the task ended with the last step of the return; a cut-off is not an end. */
  readonly terminated: Uint8Array;
  /**
   * [B].
   * Weight of the value of `nextObservations` in the target rewards + discounts·V: γ to the number of steps, and
   * 0 where terminated.
   */
  readonly discounts: Float32Array;
  /** [B], importance weights; 1 where sampling is uniform. */
  readonly weights: Float32Array;
  /** [B], the buffer's rows that were drawn, for `updatePriorities`. */
  readonly indices: Int32Array;
  /** [B], the buffer's rows of `nextObservations`. */
  readonly nextRows: Int32Array;
}

export interface ReplayBatchShape {
  /** B */
  readonly size: number;
  readonly observationDim: number;
  readonly actionDim: number;
  readonly discreteActions: boolean;
}

/** @param allocate where observations, and the actions of a box, are to live, e.g. `kernels.allocate` */
export function createReplayBatch(
  { size, observationDim, actionDim, discreteActions }: ReplayBatchShape,
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): ReplayBatch {
  return {
    size: 0,
    observations: allocate(size * observationDim),
    actions: discreteActions ? new Int32Array(size * actionDim) : allocate(size * actionDim),
    rewards: new Float32Array(size),
    nextObservations: allocate(size * observationDim),
    terminated: new Uint8Array(size),
    discounts: new Float32Array(size),
    weights: new Float32Array(size).fill(1),
    indices: new Int32Array(size),
    nextRows: new Int32Array(size),
  };
}
