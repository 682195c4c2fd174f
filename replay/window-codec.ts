/** Keeps windows over a fixed series as the number of their last row: the series is stored once, not per transition. */
import { ConfigError, DataError } from '../core/errors.ts';
import type { ObservationCodec } from './observation-codec.ts';

// T: rows of the series. F: columns. W: rows per window. A: account numbers. D = W·F + A. K = 1 + A.

/** Row numbers up to here are exact in Float32. */
const MAX_ROWS = 1 << 24;
/** An odd multiplier, for the hash of a window out of the hashes of its rows. */
const ROW_MULTIPLIER = 0x01000193;
const NUM_HINTS = 64;

/**
 * For observations of W rows of a series, oldest first, followed by A numbers that are not in it, as the trading env
 * makes them. The key is the window's last row and the A numbers. The window is found by a hash table over all
 * windows, built once, and is compared in full, so what comes back is what went in, to the bit; equal windows have
 * one key.
 * @param values [T, F], the series; must not change
 * @param numColumns F
 * @param window W
 * @param accountDim A, numbers after the window
 * @throws ConfigError `invalid-value` when the series is not whole rows, is shorter than a window, or has over 2²⁴ rows
 */
export function createWindowCodec(
  values: Float32Array,
  numColumns: number,
  window: number,
  accountDim: number,
): ObservationCodec {
  return new WindowCodec(values, numColumns, window, accountDim);
}

class WindowCodec implements ObservationCodec {
  readonly observationDim: number;
  readonly keyDim: number;
  readonly #values: Float32Array; // [T, F]
  readonly #bits: Int32Array; // [T, F], the same memory
  readonly #numRows: number;
  readonly #numColumns: number;
  readonly #window: number;
  /** Open addressing: 1 + the row of a window, 0 where empty. */
  readonly #table: Int32Array; // [a power of two ≥ 2·T]
  /** The first row that ends an equal window. */
  readonly #firstEqual: Int32Array; // [T]
  readonly #sought: Float32Array; // [W, F]
  readonly #soughtBits: Int32Array; // [W, F], the same memory
  /** Where the last window was found, by row of its batch: the next one is most often there or one later. */
  readonly #lastRows = new Int32Array(NUM_HINTS);

  constructor(values: Float32Array, numColumns: number, window: number, accountDim: number) {
    const numRows = values.length / numColumns;
    if (!Number.isInteger(numRows) || !(window >= 1 && window <= numRows) || numRows > MAX_ROWS) {
      throw new ConfigError(
        'invalid-value',
        `A window codec needs whole rows, at least a window of them and at most ${MAX_ROWS}; ` +
          `got ${values.length} numbers in ${numColumns} columns for windows of ${window}.`,
      );
    }
    this.observationDim = window * numColumns + accountDim;
    this.keyDim = 1 + accountDim;
    this.#values = values;
    this.#bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    this.#numRows = numRows;
    this.#numColumns = numColumns;
    this.#window = window;
    let tableSize = 2;
    while (tableSize < 2 * numRows) tableSize *= 2;
    this.#table = new Int32Array(tableSize);
    this.#firstEqual = new Int32Array(numRows);
    this.#lastRows.fill(window - 1);
    this.#sought = new Float32Array(window * numColumns);
    this.#soughtBits = new Int32Array(this.#sought.buffer);
    this.#fillTable();
  }

  encodeInto(keys: Float32Array, keyRow: number, observations: Float32Array, row: number): void {
    const { keyDim } = this;
    const sought = this.#sought;
    const from = row * this.observationDim;
    for (let i = 0; i < sought.length; i++) sought[i] = observations[from + i];
    const account = from + sought.length;
    keys[keyRow * keyDim] = this.#rowOfSought(row);
    for (let k = 1; k < keyDim; k++) keys[keyRow * keyDim + k] = observations[account + k - 1];
  }

  decodeRowsInto(observations: Float32Array, keys: Float32Array, keyRows: Int32Array, numRows: number): void {
    const { keyDim, observationDim } = this;
    const values = this.#values;
    const numValues = this.#sought.length;
    for (let i = 0; i < numRows; i++) {
      const key = keyRows[i] * keyDim;
      const from = (keys[key] + 1) * this.#numColumns - numValues;
      const to = i * observationDim;
      for (let j = 0; j < numValues; j++) observations[to + j] = values[from + j];
      for (let k = 1; k < keyDim; k++) observations[to + numValues + k - 1] = keys[key + k];
    }
  }

  /** The last row of the first window that equals the sought one, which was in row `row` of its batch. */
  #rowOfSought(row: number): number {
    const hint = row % NUM_HINTS;
    const last = this.#lastRows[hint];
    let found = -1;
    if (this.#equals(this.#soughtBits, 0, last)) found = last;
    else if (last + 1 < this.#numRows && this.#equals(this.#soughtBits, 0, last + 1)) found = last + 1;
    else found = this.#table[this.#slotOf(this.#soughtBits, 0, this.#hashOfSought())] - 1;
    if (found < 0) {
      throw new DataError(
        'not-in-series',
        `The observation of env ${row} is no window of ${this.#window} rows of the replay buffer's series; ` +
          'give the buffer observations that are not normalised, or keep them in full.',
      );
    }
    this.#lastRows[hint] = found;
    return this.#firstEqual[found];
  }

  #fillTable(): void {
    const window = this.#window;
    const rowHashes = new Int32Array(this.#numRows);
    let leaving = 1;
    for (let w = 0; w < window; w++) leaving = Math.imul(leaving, ROW_MULTIPLIER);
    let hash = 0;
    for (let row = 0; row < this.#numRows; row++) {
      rowHashes[row] = this.#hashOfRow(this.#bits, row);
      hash = (Math.imul(hash, ROW_MULTIPLIER) + rowHashes[row]) | 0;
      if (row >= window) hash = (hash - Math.imul(rowHashes[row - window], leaving)) | 0;
      if (row < window - 1) continue;
      const slot = this.#slotOf(this.#bits, (row + 1 - window) * this.#numColumns, hash);
      if (this.#table[slot] === 0) this.#table[slot] = row + 1;
      this.#firstEqual[row] = this.#table[slot] - 1;
    }
  }

  #hashOfSought(): number {
    let hash = 0;
    for (let w = 0; w < this.#window; w++) {
      hash = (Math.imul(hash, ROW_MULTIPLIER) + this.#hashOfRow(this.#soughtBits, w)) | 0;
    }
    return hash;
  }

  #hashOfRow(bits: Int32Array, row: number): number {
    const numColumns = this.#numColumns;
    let hash = 0;
    for (let i = row * numColumns; i < (row + 1) * numColumns; i++) {
      hash = Math.imul(hash ^ bits[i], 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  /** The table's slot with the window that begins at bits[from], or the empty one where it belongs. */
  #slotOf(bits: Int32Array, from: number, hash: number): number {
    const table = this.#table;
    const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 13)) & (table.length - 1);
    while (table[slot] !== 0 && !this.#equals(bits, from, table[slot] - 1))
      slot = (slot + 1) & (table.length - 1);
    return slot;
  }

  /** Whether the window that begins at bits[from] is that which ends with `row`; the newest, which differ most, first. */
  #equals(bits: Int32Array, from: number, row: number): boolean {
    const series = this.#bits;
    const numValues = this.#sought.length;
    const start = (row + 1) * this.#numColumns - numValues;
    for (let i = numValues - 1; i >= 0; i--) if (bits[from + i] !== series[start + i]) return false;
    return true;
  }
}
