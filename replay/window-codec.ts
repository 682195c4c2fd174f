/**
 * Keeps windows over a series as the number of their last row: what two consecutive windows share is stored once.
 * Nothing outside is needed to read them back, so a buffer may be saved, and filled further from another series.
 */
import { ConfigError } from '../core/errors.ts';
import { restoreArrayInto, type Snapshot } from '../core/snapshot.ts';
import type { ObservationCodec } from './observation-codec.ts';
import { slice, view } from './rows.ts';

// N: envs. W: rows per window. F: columns. A: numbers after the window. D = W·F + A. K = 2 + A.

/** Keys hold row numbers modulo this: what Float32 counts exactly. */
const MAX_ROWS = 0x1000000;
/** Rows that a stream has room for at first, beside those of a few windows. */
const FIRST_ROWS = 64;

export interface WindowCodecOptions {
  readonly numEnvs: number; // N
  /** D, W·F or more. */
  readonly observationDim: number;
  /** The window that observations begin with, oldest row first. */
  readonly window: { readonly rows: number; readonly columns: number };
  /** Steps of each env that the buffer keeps: room grows in doubles up to that many rows, then by quarters. */
  readonly numSteps: number;
}

/** The rows that the windows of one env have shown, each once, as a ring: row r is at r modulo the room. */
interface Stream {
  values: Float32Array; // [room, F]
  bits: Int32Array; // the same memory
  room: number;
  /** The first row that a stored window needs. */
  oldest: number;
  /** The row that comes next; the last window is that before it. */
  next: number;
}

/**
 * A key is the env, its row number, and the A numbers. A window that is the last one of its env, or that one and a row
 * more, adds no row or one; any other, as at the beginning of an episode, adds W. They are compared in full, bit by bit, so
 * what comes back is what went in. An env is encoded in the order of its steps.
 * @throws ConfigError `invalid-value` for a window that does not fit
 */
export class WindowCodec implements ObservationCodec {
  readonly observationDim: number;
  readonly keyDim: number;
  readonly #numRows: number; // W
  readonly #numColumns: number; // F
  readonly #windowDim: number;
  readonly #enoughRows: number;
  readonly #streams: readonly Stream[]; // [N]
  readonly #sought: Float32Array; // [W, F]
  readonly #soughtBits: Int32Array; // the same memory

  constructor({ numEnvs, observationDim, window, numSteps }: WindowCodecOptions) {
    const { rows, columns } = window;
    const windowDim = rows * columns;
    if (!(rows >= 1 && columns >= 1 && windowDim <= observationDim)) {
      throw new ConfigError(
        'invalid-value',
        `A window of ${rows} rows of ${columns} does not fit into observations of ${observationDim} numbers.`,
      );
    }
    this.observationDim = observationDim;
    this.keyDim = 2 + observationDim - windowDim;
    this.#numRows = rows;
    this.#numColumns = columns;
    this.#windowDim = windowDim;
    this.#enoughRows = numSteps + 2 * rows;
    this.#streams = Array.from({ length: numEnvs }, () => {
      const room = FIRST_ROWS + 2 * rows;
      return { ...this.#allocate(room), oldest: 0, next: 0 };
    });
    this.#sought = new Float32Array(windowDim);
    this.#soughtBits = new Int32Array(this.#sought.buffer);
  }

  /** Of the rows that there is room for. */
  get memoryBytes(): number {
    return this.#streams.reduce((sum, { values }) => sum + values.byteLength, 0);
  }

  /** Bytes that a step of one env adds. */
  get bytesPerStep(): number {
    return 4 * this.#numColumns;
  }

  encodeInto(keys: Float32Array, keyRow: number, observations: Float32Array, env: number): void {
    const { keyDim } = this;
    const sought = this.#sought;
    const from = env * this.observationDim;
    for (let i = 0; i < sought.length; i++) sought[i] = observations[from + i];
    const stream = this.#streams[env];
    if (!this.#endsWith(stream, 0)) this.#append(stream, this.#endsWith(stream, 1) ? 1 : this.#numRows);
    const key = keyRow * keyDim;
    keys[key] = env;
    keys[key + 1] = (stream.next - 1) % MAX_ROWS;
    for (let k = 2; k < keyDim; k++) keys[key + k] = observations[from + sought.length + k - 2];
  }

  decodeRowsInto(observations: Float32Array, keys: Float32Array, keyRows: Int32Array, numRows: number): void {
    const { keyDim, observationDim } = this;
    const numColumns = this.#numColumns;
    const windowDim = this.#windowDim;
    for (let i = 0; i < numRows; i++) {
      const key = keyRows[i] * keyDim;
      const stream = this.#streams[keys[key]];
      const { values, room } = stream;
      const first = rowOf(stream, keys[key + 1]) + 1 - this.#numRows;
      const from = (first % room) * numColumns;
      // The ring may end within the window.
      const untilEnd = Math.min(windowDim, room * numColumns - from);
      const to = i * observationDim;
      for (let j = 0; j < untilEnd; j++) observations[to + j] = values[from + j];
      for (let j = untilEnd; j < windowDim; j++) observations[to + j] = values[j - untilEnd];
      for (let k = 2; k < keyDim; k++) observations[to + windowDim + k - 2] = keys[key + k];
    }
  }

  release(keys: Float32Array, keyRow: number): void {
    const stream = this.#streams[keys[keyRow * this.keyDim]];
    stream.oldest = Math.max(
      stream.oldest,
      rowOf(stream, keys[keyRow * this.keyDim + 1]) + 1 - this.#numRows,
    );
  }

  save(borrow = false): Snapshot {
    const take = borrow ? view : slice;
    const numColumns = this.#numColumns;
    const arrays: Record<string, Float32Array | Float64Array> = {};
    const beforeWrap = this.#streams.map(({ room, oldest, next }) =>
      Math.min(next - oldest, room - (oldest % room)),
    );
    this.#streams.forEach(({ values, room, oldest, next }, n) => {
      const from = oldest % room;
      arrays[`rows${n}`] = take(values, from * numColumns, (from + beforeWrap[n]) * numColumns);
      arrays[`wrapped${n}`] = take(values, 0, (next - oldest - beforeWrap[n]) * numColumns);
    });
    arrays.oldest = Float64Array.from(this.#streams, ({ oldest }) => oldest);
    arrays.next = Float64Array.from(this.#streams, ({ next }) => next);
    arrays.beforeWrap = Float64Array.from(beforeWrap);
    return { arrays, values: {} };
  }

  load(snapshot: Snapshot): void {
    const numColumns = this.#numColumns;
    const [oldest, next, beforeWrap] = ['oldest', 'next', 'beforeWrap'].map((key) => {
      const numbers = new Float64Array(this.#streams.length);
      restoreArrayInto(numbers, snapshot, key);
      return numbers;
    });
    this.#streams.forEach((stream, n) => {
      const count = next[n] - oldest[n];
      const values = new Float32Array(count * numColumns);
      const wrap = beforeWrap[n] * numColumns;
      restoreArrayInto(values.subarray(0, wrap), snapshot, `rows${n}`);
      restoreArrayInto(values.subarray(wrap), snapshot, `wrapped${n}`);
      const room = Math.max(FIRST_ROWS + 2 * this.#numRows, Math.min(this.#enoughRows, 2 * count), count);
      Object.assign(stream, this.#allocate(room), { oldest: oldest[n], next: next[n] });
      for (let r = 0; r < count; r++) this.#copyRow(stream, oldest[n] + r, values, r);
    });
  }

  #allocate(room: number): Pick<Stream, 'values' | 'bits' | 'room'> {
    const values = new Float32Array(room * this.#numColumns);
    return { values, bits: new Int32Array(values.buffer), room };
  }

  /** Whether the sought window is the last one of the stream, but for its `added` newest rows. */
  #endsWith({ bits, room, oldest, next }: Stream, added: 0 | 1): boolean {
    const numColumns = this.#numColumns;
    const sought = this.#soughtBits;
    const numCompared = this.#numRows - added;
    if (next - oldest < numCompared) return false;
    // The newest, which differ most, first.
    for (let w = numCompared - 1; w >= 0; w--) {
      const at = ((next - numCompared + w) % room) * numColumns;
      const from = w * numColumns;
      for (let f = 0; f < numColumns; f++) if (bits[at + f] !== sought[from + f]) return false;
    }
    return true;
  }

  /** Adds the newest `count` rows of the sought window. */
  #append(stream: Stream, count: number): void {
    if (stream.next - stream.oldest + count > stream.room) this.#grow(stream, count);
    for (let r = this.#numRows - count; r < this.#numRows; r++) {
      this.#copyRow(stream, stream.next, this.#sought, r);
      stream.next++;
    }
  }

  #copyRow({ values, room }: Stream, row: number, source: Float32Array, sourceRow: number): void {
    const numColumns = this.#numColumns;
    const to = (row % room) * numColumns;
    const from = sourceRow * numColumns;
    for (let f = 0; f < numColumns; f++) values[to + f] = source[from + f];
  }

  /** @throws ConfigError `invalid-capacity` when the rows in use cannot be counted any more */
  #grow(stream: Stream, count: number): void {
    const { room, oldest, next, values } = stream;
    const needed = next - oldest + count;
    if (needed > MAX_ROWS) {
      throw new ConfigError(
        'invalid-capacity',
        `A replay buffer of windows keeps ${MAX_ROWS} rows of an env at most; lower bufferSize, or set compactReplay=false.`,
      );
    }
    const larger = room < this.#enoughRows ? Math.min(2 * room, this.#enoughRows) : Math.ceil(1.25 * room);
    Object.assign(stream, this.#allocate(Math.min(MAX_ROWS, Math.max(larger, needed))));
    for (let row = oldest; row < next; row++) this.#copyRow(stream, row, values, row % room);
  }
}

/** The row that a key's number stands for: the newest that has it. */
function rowOf({ next }: Stream, number: number): number {
  const last = next - 1;
  return last - (((last % MAX_ROWS) - number + MAX_ROWS) % MAX_ROWS);
}
