/**
 * Reads Universal Binary JSON, the form that XGBoost's `save_model('model.ubj')` writes.
 *
 * Source: Universal Binary JSON, draft 12 (ubjson.org). Differences from the source: typed arrays of values without a
 * payload, high-precision numbers and counted objects are refused; no writer of models uses them, and a few bytes of them
 * can stand for any amount of memory.
 */
import { StorageError } from '../../../core/errors.ts';

/** Containers within one another; XGBoost's models have 6. */
const MAX_DEPTH = 64;

const BYTES: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8 };

export type UbjNumbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/**
 * @returns objects without a prototype, arrays, typed arrays, strings, numbers, booleans and null
 * @throws StorageError `model-unreadable` naming the byte, before memory is taken for what a length claims
 */
export function parseUbjson(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.value(reader.marker(), 0);
  if (reader.at < bytes.length) throw reader.error(`${bytes.length - reader.at} bytes follow its end`);
  return value;
}

/** Whether bytes begin as an object of UBJSON does, where JSON has a quote, a brace or a space. */
export function looksLikeUbjson(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b && 'LlIUi'.includes(String.fromCharCode(bytes[1] ?? 0));
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder('utf-8', { fatal: true });

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  error(what: string): StorageError {
    return new StorageError(
      'model-unreadable',
      `The model is not whole UBJSON: at byte ${this.at} ${what}; save it again with save_model('model.ubj').`,
    );
  }

  marker(): string {
    this.#need(1);
    return String.fromCharCode(this.#bytes[this.at++]);
  }

  value(marker: string, depth: number): unknown {
    switch (marker) {
      case '{':
        return this.#object(depth + 1);
      case '[':
        return this.#array(depth + 1);
      case 'S':
        return this.#string();
      case 'Z':
        return null;
      case 'T':
        return true;
      case 'F':
        return false;
      default:
        return this.#number(marker);
    }
  }

  #number(marker: string): number {
    const size = BYTES[marker];
    if (size === undefined) throw this.#unknown(marker);
    this.#need(size);
    const { at } = this;
    this.at += size;
    if (marker === 'd') return this.#view.getFloat32(at);
    if (marker === 'D') return this.#view.getFloat64(at);
    if (marker === 'U') return this.#bytes[at];
    if (size === 1) return this.#view.getInt8(at);
    if (size === 2) return this.#view.getInt16(at);
    if (size === 4) return this.#view.getInt32(at);
    const wide = Number(this.#view.getBigInt64(at));
    if (Number.isSafeInteger(wide)) return wide;
    this.at = at;
    throw this.error('a whole number is beyond 2^53');
  }

  /** A length that the rest of the file can hold, at `size` bytes or more each. */
  #length(size: number): number {
    const marker = this.marker();
    if (!'iUIlL'.includes(marker)) throw this.#unknown(marker);
    const length = this.#number(marker);
    const rest = this.#bytes.length - this.at;
    if (length < 0 || length * size > rest) {
      throw this.error(`a length says ${length} values of ${size} bytes, and ${rest} bytes are left`);
    }
    return length;
  }

  #string(): string {
    const length = this.#length(1);
    this.at += length;
    try {
      return this.#text.decode(this.#bytes.subarray(this.at - length, this.at));
    } catch {
      throw this.error('ends a text that is not UTF-8');
    }
  }

  #object(depth: number): Record<string, unknown> {
    this.#requireDepth(depth);
    const result: Record<string, unknown> = Object.create(null);
    for (;;) {
      this.#need(1);
      if (this.#bytes[this.at] === 0x7d) break;
      const key = this.#string();
      result[key] = this.value(this.marker(), depth);
    }
    this.at++;
    return result;
  }

  #array(depth: number): unknown[] | UbjNumbers {
    this.#requireDepth(depth);
    this.#need(1);
    const next = String.fromCharCode(this.#bytes[this.at]);
    if (next === '$') return this.#typedArray();
    const result: unknown[] = [];
    if (next === '#') {
      this.at++;
      for (let left = this.#length(1); left > 0; left--) result.push(this.value(this.marker(), depth));
      return result;
    }
    for (let marker = this.marker(); marker !== ']'; marker = this.marker()) {
      result.push(this.value(marker, depth));
    }
    return result;
  }

  #typedArray(): UbjNumbers {
    this.at++;
    const type = this.marker();
    const size = BYTES[type];
    if (size === undefined) throw this.#unknown(type);
    if (this.marker() !== '#') throw this.error('an array has a type and no length');
    const length = this.#length(size);
    const from = this.at;
    this.at += length * size;
    const view = this.#view;
    if (type === 'U') return this.#bytes.slice(from, this.at);
    if (type === 'i') return new Int8Array(this.#bytes.slice(from, this.at).buffer);
    if (type === 'I') return Int16Array.from({ length }, (_, i) => view.getInt16(from + 2 * i));
    if (type === 'l') return Int32Array.from({ length }, (_, i) => view.getInt32(from + 4 * i));
    if (type === 'L') return BigInt64Array.from({ length }, (_, i) => view.getBigInt64(from + 8 * i));
    if (type === 'd') return Float32Array.from({ length }, (_, i) => view.getFloat32(from + 4 * i));
    return Float64Array.from({ length }, (_, i) => view.getFloat64(from + 8 * i));
  }

  #need(size: number): void {
    if (this.at + size > this.#bytes.length) throw this.error('the file ends');
  }

  #requireDepth(depth: number): void {
    if (depth > MAX_DEPTH) throw this.error(`more than ${MAX_DEPTH} containers lie within one another`);
  }

  #unknown(marker: string): StorageError {
    this.at--;
    return this.error(`${JSON.stringify(marker)} stands for no value that a model holds`);
  }
}
