/** Stores the last steps of N envs for replay buffers to draw from, each observation once. */

import { ConfigError, StorageError } from '../core/errors.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../core/snapshot.ts';
import type { ActionBatch } from '../envs/spaces.ts';
import type { TransitionBatch } from '../envs/transition.ts';
import { createPlainCodec, type ObservationCodec } from './observation-codec.ts';
import { ObservationRing } from './observation-ring.ts';
import { copyRow, slice, view } from './rows.ts';

// T: steps kept. N: envs. R: rows, (T + 1)·N. D: numbers per observation. A: numbers per action.

/** Bits of `TransitionStore.flags`. */
export const TERMINATED = 1;
export const TRUNCATED = 2;
/** The observation acted on was the first of its episode. */
export const STARTED = 4;
export const ENDED = TERMINATED | TRUNCATED;

export interface TransitionStoreOptions {
  /** Most transitions to keep, ≥ numEnvs; rounded down to whole steps of all envs. */
  readonly capacity: number;
  readonly numEnvs: number; // N
  readonly observationDim: number; // D
  readonly actionDim: number; // A, 1 for Discrete
  /** Whether actions are Int32Array (Discrete, MultiDiscrete) and not Float32Array (Box). */
  readonly discreteActions: boolean;
  /** What to keep of an observation; the whole of it by default. */
  readonly codec?: ObservationCodec;
}

/**
 * A ring of T + 1 steps: row s·N + n is step slot s of env n. The slot that is written next holds what the newest
 * transitions led to, and no transitions.
 */
export class TransitionStore implements Snapshotable {
  readonly numEnvs: number;
  readonly numSteps: number; // T
  readonly numRows: number; // R
  readonly observationDim: number;
  readonly actionDim: number;
  readonly observations: ObservationRing;
  /** [R, A] */
  readonly actions: ActionBatch;
  /** [R] */
  readonly rewards: Float32Array;
  /** [R], a union of TERMINATED, TRUNCATED and STARTED. */
  readonly flags: Uint8Array;
  #slot = 0;
  #numStored = 0;

  /** @throws ConfigError `invalid-capacity` or `wrong-length` */
  constructor(options: TransitionStoreOptions) {
    const { capacity, numEnvs, observationDim, actionDim, discreteActions } = options;
    const codec = options.codec ?? createPlainCodec(observationDim);
    if (!Number.isInteger(capacity) || capacity < 1 || capacity < numEnvs) {
      throw new ConfigError(
        'invalid-capacity',
        `A replay buffer for ${numEnvs} envs needs a whole capacity of at least ${Math.max(1, numEnvs)} transitions, got ${capacity}.`,
      );
    }
    requireLength('codec.observationDim', codec.observationDim, observationDim);
    this.numEnvs = numEnvs;
    this.numSteps = Math.floor(capacity / numEnvs);
    this.numRows = (this.numSteps + 1) * numEnvs;
    this.observationDim = observationDim;
    this.actionDim = actionDim;
    this.observations = new ObservationRing(codec, this.numRows, this.capacity + 1);
    const numActions = this.numRows * actionDim;
    this.actions = discreteActions ? new Int32Array(numActions) : new Float32Array(numActions);
    this.rewards = new Float32Array(this.numRows);
    this.flags = new Uint8Array(this.numRows);
  }

  /** Transitions that can be kept: T·N. */
  get capacity(): number {
    return this.numSteps * this.numEnvs;
  }

  /** Transitions stored. */
  get size(): number {
    return this.#numStored * this.numEnvs;
  }

  /** Steps of all envs stored. */
  get stepsStored(): number {
    return this.#numStored;
  }

  /** Bytes of a transition; the last one of an episode takes `observations.bytesPerRow` more. */
  get bytesPerTransition(): number {
    return this.observations.bytesPerRow + 4 * this.actionDim + 4 + 1;
  }

  /** Bytes of the full buffer, with as many last observations of episodes as there were at most so far. */
  get memoryBytes(): number {
    return this.observations.memoryBytes + this.numRows * (4 * this.actionDim + 4 + 1);
  }

  /** The row of env 0 in the slot that the next `push` writes, which holds no transitions. */
  get writtenRow(): number {
    return this.#slot * this.numEnvs;
  }

  /** The row of transition `i` in [0, size): the oldest step's first, env 0 first in each. */
  rowOf(i: number): number {
    const oldest = this.#numStored < this.numSteps ? 0 : this.nextRow(this.writtenRow);
    const row = oldest + i;
    return row < this.numRows ? row : row - this.numRows;
  }

  /** The row of the same env one step later, wrapping around. */
  nextRow(row: number): number {
    const next = row + this.numEnvs;
    return next < this.numRows ? next : next - this.numRows;
  }

  /** Whether `row` holds a transition. */
  holds(row: number): boolean {
    if (!(row >= 0 && row < this.numRows)) return false;
    const slot = Math.floor(row / this.numEnvs);
    return this.#numStored < this.numSteps ? slot < this.#slot : slot !== this.#slot;
  }

  /**
   * Adds one step of every env, in place of the oldest when full. Arrays are copied.
   * @throws ConfigError `wrong-length` when an array is not of N envs' length
   */
  push(transition: TransitionBatch): void {
    this.#requireLengths(transition);
    const { numEnvs, numRows, actionDim, flags } = this;
    const { actions, rewards, terminated, truncated } = transition;
    const isFirst = this.#numStored === 0;
    const firstRow = this.writtenRow;
    const { codec, keys } = this.observations;
    for (let n = 0; n < numEnvs; n++) {
      const row = firstRow + n;
      const previousRow = isFirst ? -1 : row < numEnvs ? row + numRows - numEnvs : row - numEnvs;
      const end = (terminated[n] !== 0 ? TERMINATED : 0) | (truncated[n] !== 0 ? TRUNCATED : 0);
      // The step that is forgotten now was the oldest: the one after it is the first whose observation is read again.
      if (this.#numStored === this.numSteps) codec.release?.(keys, this.nextRow(this.nextRow(row)));
      const started = isFirst || (flags[previousRow] & ENDED) !== 0;
      this.observations.write(row, previousRow, this.nextRow(row), transition, n, end !== 0);
      copyRow(this.actions, row, actions, n, actionDim);
      this.rewards[row] = rewards[n];
      flags[row] = end | (started ? STARTED : 0);
    }
    this.#slot = this.#slot < this.numSteps ? this.#slot + 1 : 0;
    if (this.#numStored < this.numSteps) this.#numStored++;
  }

  /** What is pushed next goes on no episode; those that were under way count as truncated. */
  truncateEpisodes(): void {
    if (this.#numStored === 0) return;
    const { numEnvs, numRows, flags } = this;
    const newest = this.writtenRow === 0 ? numRows - numEnvs : this.writtenRow - numEnvs;
    for (let row = newest; row < newest + numEnvs; row++) {
      if ((flags[row] & ENDED) === 0) flags[row] |= TRUNCATED;
    }
  }

  save(borrow = false): Snapshot {
    const take = borrow ? view : slice;
    const numWritten = this.#numWritten(this.#slot, this.#numStored);
    const { codec } = this.observations;
    return joinSnapshots({
      steps: {
        arrays: {
          actions: take(this.actions, 0, numWritten * this.actionDim),
          rewards: take(this.rewards, 0, numWritten),
          flags: take(this.flags, 0, numWritten),
        },
        values: { slot: this.#slot, numStored: this.#numStored },
      },
      observations: this.observations.save(numWritten, borrow),
      ...(codec.save && { codec: codec.save(borrow) }),
    });
  }

  load(snapshot: Snapshot): void {
    const steps = snapshotPart(snapshot, 'steps');
    const slot = restoreNumber(steps, 'slot');
    const numStored = restoreNumber(steps, 'numStored');
    if (slot > this.numSteps || numStored > this.numSteps) {
      throw new StorageError(
        'snapshot-mismatch',
        `The saved replay buffer holds ${numStored} steps, but there is room for ${this.numSteps}: it was saved with another capacity.`,
      );
    }
    const numWritten = this.#numWritten(slot, numStored);
    restoreArrayInto(this.actions.subarray(0, numWritten * this.actionDim), steps, 'actions');
    restoreArrayInto(this.rewards.subarray(0, numWritten), steps, 'rewards');
    restoreArrayInto(this.flags.subarray(0, numWritten), steps, 'flags');
    this.observations.load(snapshotPart(snapshot, 'observations'), numWritten);
    this.observations.codec.load?.(snapshotPart(snapshot, 'codec'));
    this.#slot = slot;
    this.#numStored = numStored;
  }

  /** Rows that were written to: until the ring is full, those up to the slot that is next. */
  #numWritten(slot: number, numStored: number): number {
    if (numStored === 0) return 0;
    return numStored < this.numSteps ? (slot + 1) * this.numEnvs : this.numRows;
  }

  #requireLengths(transition: TransitionBatch): void {
    const { numEnvs } = this;
    requireLength('observations', transition.observations.length, numEnvs * this.observationDim);
    requireLength('actions', transition.actions.length, numEnvs * this.actionDim);
    requireLength('rewards', transition.rewards.length, numEnvs);
    requireLength('nextObservations', transition.nextObservations.length, numEnvs * this.observationDim);
    requireLength('terminated', transition.terminated.length, numEnvs);
    requireLength('truncated', transition.truncated.length, numEnvs);
  }
}

function requireLength(name: string, length: number, expected: number): void {
  if (length !== expected) {
    throw new ConfigError(
      'wrong-length',
      `A replay buffer expects ${name} of length ${expected}, got ${length}.`,
    );
  }
}
