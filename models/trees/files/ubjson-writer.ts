/** Writes Universal Binary JSON as XGBoost does: 64-bit lengths, typed arrays for arrays of numbers, big-endian. */
import type { DocumentValue } from './xgboost-document.ts';

const TYPES = new Map<unknown, string>([
  [Uint8Array, 'U'],
  [Int32Array, 'l'],
  [BigInt64Array, 'L'],
  [Float32Array, 'd'],
]);

/** Keys in the order of their bytes, as XGBoost's maps have them. */
export function writeUbjson(value: DocumentValue): Uint8Array {
  const writer = new Writer();
  writer.value(value);
  return writer.bytes();
}

class Writer {
  #bytes = new Uint8Array(1 << 12);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  value(value: DocumentValue): void {
    if (typeof value === 'string') {
      this.#byte('S');
      this.#text(value);
    } else if (typeof value === 'number') this.#whole(value);
    else if (ArrayBuffer.isView(value)) this.#numbers(value);
    else if (Array.isArray(value)) {
      this.#byte('[');
      this.#byte('#');
      this.#length(value.length);
      for (const item of value) this.value(item);
    } else {
      this.#byte('{');
      for (const [key, item] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
        this.#text(key);
        this.value(item);
      }
      this.#byte('}');
    }
  }

  /** The bounds of each width are left to the next one, as XGBoost leaves them. */
  #whole(value: number): void {
    if (Math.abs(value) < 127) {
      this.#byte('i');
      this.#room(1);
      this.#view.setInt8(this.#at++, value);
    } else if (Math.abs(value) < 32767) {
      this.#byte('I');
      this.#room(2);
      this.#view.setInt16(this.#at, value);
      this.#at += 2;
    } else {
      this.#byte('l');
      this.#room(4);
      this.#view.setInt32(this.#at, value);
      this.#at += 4;
    }
  }

  #numbers(values: Uint8Array | Int32Array | BigInt64Array | Float32Array): void {
    this.#byte('[');
    this.#byte('$');
    this.#byte(TYPES.get(values.constructor) as string);
    this.#byte('#');
    this.#length(values.length);
    this.#room(values.byteLength);
    for (const value of values) {
      if (values instanceof Uint8Array) this.#view.setUint8(this.#at, value as number);
      else if (values instanceof Int32Array) this.#view.setInt32(this.#at, value as number);
      else if (values instanceof Float32Array) this.#view.setFloat32(this.#at, value as number);
      else this.#view.setBigInt64(this.#at, value as bigint);
      this.#at += values.BYTES_PER_ELEMENT;
    }
  }

  #text(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.#length(encoded.length);
    this.#room(encoded.length);
    this.#bytes.set(encoded, this.#at);
    this.#at += encoded.length;
  }

  #length(length: number): void {
    this.#byte('L');
    this.#room(8);
    this.#view.setBigInt64(this.#at, BigInt(length));
    this.#at += 8;
  }

  #byte(marker: string): void {
    this.#room(1);
    this.#bytes[this.#at++] = marker.charCodeAt(0);
  }

  #room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + size));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
