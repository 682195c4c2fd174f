/**
 * Reads Thrift's compact protocol, in which Parquet writes its footer and the headers of its pages.
 * Source: Apache Thrift, "Thrift compact protocol encoding".
 * Differences from the source: every length is checked against the bytes that are there, and nesting has a limit, so that
 * a damaged file costs no more than its size.
 */

export type ThriftValue = number | boolean | Uint8Array | ThriftValue[] | ThriftStruct;
/** Fields by their number. */
export type ThriftStruct = Map<number, ThriftValue>;

/** Parquet's own structures are six deep. */
const MAX_DEPTH = 24;
const MAX_VARINT_BYTES = 10;

export class ThriftReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.offset = offset;
    this.#end = end;
  }

  /** @throws Error for bytes that are no structure */
  readStruct(depth = 0): ThriftStruct {
    if (depth > MAX_DEPTH) throw new Error('its structures are nested too deep');
    const struct: ThriftStruct = new Map();
    let field = 0;
    for (;;) {
      const byte = this.#byte();
      const type = byte & 0x0f;
      if (type === 0) return struct;
      const delta = byte >> 4;
      field = delta === 0 ? this.#zigzag() : field + delta;
      struct.set(field, type === 1 ? true : type === 2 ? false : this.#value(type, depth));
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case 1:
      case 2:
        // In a list a flag has a byte of its own.
        return this.#byte() === 1;
      case 3:
        return (this.#byte() << 24) >> 24;
      case 4:
      case 5:
      case 6:
        return this.#zigzag();
      case 7:
        return new DataView(this.#take(8).slice().buffer).getFloat64(0, true);
      case 8:
        return this.#take(this.#varint());
      case 9:
      case 10:
        return this.#list(depth);
      case 12:
        return this.readStruct(depth + 1);
      default:
        throw new Error(`a structure has a field of unknown type ${type}`);
    }
  }

  #list(depth: number): ThriftValue[] {
    if (depth > MAX_DEPTH) throw new Error('its structures are nested too deep');
    const byte = this.#byte();
    const size = byte >> 4 === 15 ? this.#varint() : byte >> 4;
    if (size > this.#end - this.offset) throw new Error(`a list says it has ${size} elements`);
    const values: ThriftValue[] = [];
    for (let i = 0; i < size; i++) values.push(this.#value(byte & 0x0f, depth + 1));
    return values;
  }

  #byte(): number {
    if (this.offset >= this.#end) throw new Error('a structure is cut off');
    return this.#bytes[this.offset++];
  }

  #take(length: number): Uint8Array {
    if (length > this.#end - this.offset) throw new Error(`a text says it has ${length} bytes`);
    this.offset += length;
    return this.#bytes.subarray(this.offset - length, this.offset);
  }

  /** Beyond 2⁵³ it is not exact; no count or offset gets there. */
  #varint(): number {
    let value = 0;
    let unit = 1;
    for (let k = 0; k < MAX_VARINT_BYTES; k++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 128;
    }
    throw new Error('a number is too long');
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

export function structOf(value: ThriftValue | undefined): ThriftStruct | undefined {
  return value instanceof Map ? value : undefined;
}

export function listOf(value: ThriftValue | undefined): ThriftValue[] {
  return Array.isArray(value) ? value : [];
}

/** @throws Error for what is no whole number of at least 0 */
export function countOf(value: ThriftValue | undefined, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`${what} is ${typeof value === 'number' ? value : 'missing'}`);
}

export function textOf(value: ThriftValue | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '';
}
