/** Keeps the last transitions of N envs, drawn as sequences of consecutive steps, for learners with a memory. */

import { ConfigError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Snapshot, Snapshotable } from '../core/snapshot.ts';
import type { TransitionBatch } from '../envs/transition.ts';
import { gatherInto, type ReplayOptions, requireReturnOptions } from './gather.ts';
import { createReplayBatch, type ReplayBatch, type ReplayBatchShape } from './replay-batch.ts';
import { STARTED, TransitionStore } from './transition-store.ts';

// L: steps per sequence. B: sequences.

export interface SequenceReplayOptions extends ReplayOptions {
  /** L, ≥ 1. */
  readonly length: number;
}

/**
 * Arrays [L, B, …] where a `ReplayBatch` has [B, …]: row t·B + b is step t of sequence b, and `size` counts rows. Every
 * row is a transition that happened; there is no padding.
 */
export interface SequenceBatch extends ReplayBatch {
  /** 1 where `observations` begins an episode, so that what the learner remembers of the one before is dropped. */
  readonly starts: Uint8Array; // [L, B]
}

/**
 * @param shape its `size` is B, sequences there is room for
 * @param length L
 * @param allocate as of `createReplayBatch`
 */
export function createSequenceBatch(
  shape: ReplayBatchShape,
  length: number,
  allocate?: (length: number) => Float32Array,
): SequenceBatch {
  const size = shape.size * length;
  return { ...createReplayBatch({ ...shape, size }, allocate), starts: new Uint8Array(size) };
}

/** Sequences run within one env, may contain ends of episodes, and never wrap from the newest step to the oldest. */
export class SequenceReplay implements Snapshotable {
  readonly #store: TransitionStore;
  readonly #length: number;
  readonly #numSteps: number;
  readonly #gamma: number;

  /** @throws ConfigError `invalid-capacity`, `wrong-length` or `invalid-value` */
  constructor(options: SequenceReplayOptions) {
    const { length } = options;
    requireReturnOptions(options);
    this.#store = new TransitionStore(options);
    if (!Number.isInteger(length) || length < 1 || length > this.#store.numSteps) {
      throw new ConfigError(
        'invalid-value',
        `A replay buffer of ${this.#store.numSteps} steps per env cannot give sequences of length ${length}.`,
      );
    }
    this.#length = length;
    this.#numSteps = options.nSteps ?? 1;
    this.#gamma = options.gamma;
  }

  /** Transitions stored. */
  get size(): number {
    return this.#store.size;
  }

  /** Transitions that can be kept: the capacity asked for, rounded down to whole steps of all envs. */
  get capacity(): number {
    return this.#store.capacity;
  }

  /** Different sequences that can be drawn; they overlap. */
  get numSequences(): number {
    return Math.max(0, this.#store.stepsStored - this.#length + 1) * this.#store.numEnvs;
  }

  get bytesPerTransition(): number {
    return this.#store.bytesPerTransition;
  }

  get memoryBytes(): number {
    return this.#store.memoryBytes;
  }

  /**
   * Adds one step of every env, in place of the oldest when full. Arrays are copied.
   * @throws ConfigError `wrong-length`
   */
  push(transition: TransitionBatch): void {
    this.#store.push(transition);
  }

  /** What is pushed next goes on no episode; those that were under way count as truncated. */
  truncateEpisodes(): void {
    this.#store.truncateEpisodes();
  }

  /**
   * Draws `size` sequences uniformly, with replacement, into arrays [L, size, …]; draws `size` numbers from `rng`.
   * @throws ConfigError `batch-too-large` when `size` is more than `numSequences`, or than the batch has room for
   */
  sampleInto(batch: SequenceBatch, size: number, rng: Rng): void {
    const store = this.#store;
    const length = this.#length;
    const { indices, starts } = batch;
    const { numSequences } = this;
    if (size > numSequences || size * length > starts.length) {
      throw new ConfigError(
        'batch-too-large',
        `A batch of ${size} sequences of ${length} steps was asked of a replay buffer that holds ${numSequences}, ` +
          `into arrays for ${Math.floor(starts.length / length)}.`,
      );
    }
    for (let b = 0; b < size; b++) {
      let row = store.rowOf(rng.integer(numSequences));
      for (let t = 0; t < length; t++) {
        indices[t * size + b] = row;
        starts[t * size + b] = (store.flags[row] & STARTED) === 0 ? 0 : 1;
        row = store.nextRow(row);
      }
    }
    gatherInto(batch, size * length, store, this.#numSteps, this.#gamma);
  }

  save(borrow = false): Snapshot {
    return this.#store.save(borrow);
  }

  load(snapshot: Snapshot): void {
    this.#store.load(snapshot);
  }
}
