/** Collects the drawn rows of a store into a learner's batch. */
import { ConfigError } from '../core/errors.ts';
import { nStepReturnsInto } from './n-step.ts';
import type { ReplayBatch } from './replay-batch.ts';
import { copyRow } from './rows.ts';
import type { TransitionStore, TransitionStoreOptions } from './transition-store.ts';

export interface ReplayOptions extends TransitionStoreOptions {
  /** Discount per step, [0, 1]. */
  readonly gamma: number;
  /** Steps per return, ≥ 1; 1 by default. */
  readonly nSteps?: number;
  /** What is made of each stored reward when it is drawn; absent: itself. */
  readonly scaleReward?: (reward: number) => number;
}

/** Fills the batch's first `size` rows with the transitions, or the returns that begin with them, in `batch.indices`. */
export function gatherInto(
  batch: ReplayBatch,
  size: number,
  store: TransitionStore,
  { nSteps = 1, gamma, scaleReward }: ReplayOptions,
): void {
  nStepReturnsInto(batch, size, store, nSteps, gamma, scaleReward);
  const { indices, nextRows } = batch;
  const ring = store.observations;
  ring.codec.decodeRowsInto(batch.observations, ring.keys, indices, size);
  ring.codec.decodeRowsInto(batch.nextObservations, ring.keys, nextRows, size);
  for (let i = 0; i < size; i++) copyRow(batch.actions, i, store.actions, indices[i], store.actionDim);
  batch.size = size;
}

/** @throws ConfigError `invalid-value` */
export function requireReturnOptions({ gamma, nSteps = 1 }: ReplayOptions): void {
  if (!(gamma >= 0 && gamma <= 1)) {
    throw new ConfigError('invalid-value', `A replay buffer's gamma must be in [0, 1], got ${gamma}.`);
  }
  if (!Number.isInteger(nSteps) || nSteps < 1) {
    throw new ConfigError(
      'invalid-value',
      `A replay buffer's nSteps must be a whole number ≥ 1, got ${nSteps}.`,
    );
  }
}

/** @throws ConfigError `batch-too-large` */
export function requireRoom(store: TransitionStore, batch: ReplayBatch, size: number): void {
  if (size > store.size) {
    throw new ConfigError(
      'batch-too-large',
      `A batch of ${size} was asked of a replay buffer that holds ${store.size} transitions; collect more first.`,
    );
  }
  if (size > batch.indices.length || size * store.observationDim > batch.observations.length) {
    throw new ConfigError(
      'batch-too-large',
      `A batch of ${size} was asked into arrays for ${batch.indices.length} rows of ${store.observationDim} numbers.`,
    );
  }
}
