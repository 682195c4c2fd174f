/** Keeps the last transitions of N envs, drawn uniformly with replacement, as n-step returns. */

import type { Rng } from '../core/rng.ts';
import type { Snapshot, Snapshotable } from '../core/snapshot.ts';
import type { TransitionBatch } from '../envs/transition.ts';
import { gatherInto, type ReplayOptions, requireReturnOptions, requireRoom } from './gather.ts';
import type { ReplayBatch } from './replay-batch.ts';
import { TransitionStore } from './transition-store.ts';

export class UniformReplay implements Snapshotable {
  readonly #store: TransitionStore;
  readonly #options: ReplayOptions;

  /** @throws ConfigError `invalid-capacity`, `wrong-length` or `invalid-value` */
  constructor(options: ReplayOptions) {
    requireReturnOptions(options);
    this.#store = new TransitionStore(options);
    this.#options = options;
  }

  /** Transitions stored. */
  get size(): number {
    return this.#store.size;
  }

  /** Transitions that can be kept: the capacity asked for, rounded down to whole steps of all envs. */
  get capacity(): number {
    return this.#store.capacity;
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
   * Fills the batch's first `size` rows; draws `size` numbers from `rng`.
   * @throws ConfigError `batch-too-large` when `size` is more than is stored, or more than the batch has room for
   */
  sampleInto(batch: ReplayBatch, size: number, rng: Rng): void {
    const store = this.#store;
    requireRoom(store, batch, size);
    const stored = store.size;
    for (let i = 0; i < size; i++) batch.indices[i] = store.rowOf(rng.integer(stored));
    gatherInto(batch, size, store, this.#options);
  }

  save(borrow = false): Snapshot {
    return this.#store.save(borrow);
  }

  load(snapshot: Snapshot): void {
    this.#store.load(snapshot);
  }
}
