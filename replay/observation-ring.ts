/** Keeps a ring of observations: the one that a step led to is the one that the next acts on, and stored once. */

import { restoreArrayInto, restoreNumber, type Snapshot } from '../core/snapshot.ts';
import type { TransitionBatch } from '../envs/transition.ts';
import type { ObservationCodec } from './observation-codec.ts';
import { slice, view } from './rows.ts';

// R: rows of the ring. S: spare rows. K: numbers per key.

/**
 * Rows 0 to R − 1 are the ring's. What a transition led to is in the ring's next row of its env, or, where the next
 * step does not act on it, in a spare row after the ring's: the last observation of an episode, and any other that
 * the next step did not repeat. Freed spare rows are used again first. All room is reserved at once, but an
 * operating system hands out memory only for what was written to, so unused spare rows cost nothing.
 */
export class ObservationRing {
  readonly codec: ObservationCodec;
  /** [R + S, K] */
  readonly keys: Float32Array;
  readonly #numRows: number;
  /** The row of what a transition led to when that is a spare one, otherwise 0. */
  readonly #spareOf: Int32Array; // [R]
  readonly #freed: Int32Array; // [S], a stack
  readonly #key: Float32Array; // [K]
  #numFreed = 0;
  #numSpares = 0;

  /**
   * @param numRows R
   * @param maxSpares S, at least one more than the transitions stored at a time
   */
  constructor(codec: ObservationCodec, numRows: number, maxSpares: number) {
    this.codec = codec;
    this.keys = new Float32Array((numRows + maxSpares) * codec.keyDim);
    this.#numRows = numRows;
    this.#spareOf = new Int32Array(numRows);
    this.#freed = new Int32Array(maxSpares);
    this.#key = new Float32Array(codec.keyDim);
  }

  get bytesPerRow(): number {
    return 4 * this.codec.keyDim + 4 + (this.codec.bytesPerStep ?? 0);
  }

  /** Bytes of the full ring, with as many spare rows as were in use at most so far. */
  get memoryBytes(): number {
    const { keyDim, memoryBytes = 0 } = this.codec;
    return (this.#numRows + this.#numSpares) * (4 * keyDim + 4) + memoryBytes;
  }

  /**
   * Writes what env `n` acted on into `row` and what it led to into `nextRow`, or, after an episode's end, into a
   * spare row. The transition that was in `nextRow` is forgotten.
   * @param previousRow the env's row of the step before, −1 for its first step
   */
  write(
    row: number,
    previousRow: number,
    nextRow: number,
    transition: TransitionBatch,
    n: number,
    ended: boolean,
  ): void {
    const { keys, codec } = this;
    const { keyDim } = codec;
    const spareOf = this.#spareOf;
    codec.encodeInto(this.#key, 0, transition.observations, n);
    if (previousRow >= 0 && spareOf[previousRow] === 0 && !this.#holdsKey(row)) {
      const spare = this.#takeSpare();
      for (let k = 0; k < keyDim; k++) keys[spare * keyDim + k] = keys[row * keyDim + k];
      spareOf[previousRow] = spare;
    }
    if (spareOf[nextRow] !== 0) {
      this.#freed[this.#numFreed++] = spareOf[nextRow];
      spareOf[nextRow] = 0;
    }
    for (let k = 0; k < keyDim; k++) keys[row * keyDim + k] = this.#key[k];
    const target = ended ? this.#takeSpare() : nextRow;
    codec.encodeInto(keys, target, transition.nextObservations, n);
    spareOf[row] = ended ? target : 0;
  }

  /**
   * The row of what the transition in `row` led to.
   * @param nextRow the ring's next row of its env
   */
  rowAfter(row: number, nextRow: number): number {
    const spare = this.#spareOf[row];
    return spare === 0 ? nextRow : spare;
  }

  /**
   * @param numWritten rows of the ring, from 0, that were written to
   * @param borrow whether the arrays are views that the next `write` overwrites
   */
  save(numWritten: number, borrow = false): Snapshot {
    const take = borrow ? view : slice;
    const { keys } = this;
    const { keyDim } = this.codec;
    const start = this.#numRows;
    const end = start + this.#numSpares;
    return {
      arrays: {
        keys: take(keys, 0, numWritten * keyDim),
        spareKeys: take(keys, start * keyDim, end * keyDim),
        spareOf: take(this.#spareOf, 0, numWritten),
        freed: take(this.#freed, 0, this.#numFreed),
      },
      values: { numSpares: this.#numSpares, numFreed: this.#numFreed },
    };
  }

  /** @throws StorageError `snapshot-mismatch` */
  load(snapshot: Snapshot, numWritten: number): void {
    const { keys } = this;
    const { keyDim } = this.codec;
    const numSpares = restoreNumber(snapshot, 'numSpares');
    const numFreed = restoreNumber(snapshot, 'numFreed');
    const start = this.#numRows;
    const end = start + numSpares;
    restoreArrayInto(keys.subarray(0, numWritten * keyDim), snapshot, 'keys');
    restoreArrayInto(keys.subarray(start * keyDim, end * keyDim), snapshot, 'spareKeys');
    restoreArrayInto(this.#spareOf.subarray(0, numWritten), snapshot, 'spareOf');
    restoreArrayInto(this.#freed.subarray(0, numFreed), snapshot, 'freed');
    this.#spareOf.fill(0, numWritten);
    this.#numSpares = numSpares;
    this.#numFreed = numFreed;
  }

  /** The number of a row, after the ring's, that is not in use. */
  #takeSpare(): number {
    if (this.#numFreed > 0) return this.#freed[--this.#numFreed];
    return this.#numRows + this.#numSpares++;
  }

  /** Whether `row` has the key in `#key`. */
  #holdsKey(row: number): boolean {
    const { keys } = this;
    const { keyDim } = this.codec;
    const key = this.#key;
    for (let k = 0; k < keyDim; k++) if (keys[row * keyDim + k] !== key[k]) return false;
    return true;
  }
}
