/**
 * Checks the messages of an Arrow file against its size, before the library that reads it takes memory for what they say, or
 * loops over it. Source: Apache Arrow, Message.fbs and Schema.fbs.
 */
import type { FlatBuffer } from './flat-buffers.ts';

const MAX_DEPTH = 32;
/** A file whose columns take more than this many times its size, beyond `MAX_FREE_BYTES`, was made to fill memories. */
const MAX_GROWTH = 300;
const MAX_FREE_BYTES = 64 << 20;
/** Newer files have four bytes of ones before a message's length. */
const CONTINUES = -1;

const MESSAGE = { kind: 1, header: 2, bodyLength: 3 };
const KIND = { schema: 1, dictionary: 2, batch: 3 };
export type MessageKind = keyof typeof KIND;
const SCHEMA = { fields: 1, metadata: 2 };
const FIELD = { children: 5, metadata: 6 };
const DICTIONARY_BATCH = 1;
const BATCH = { length: 0, nodes: 1, buffers: 2, compression: 3, variadic: 4 };
/** Of a node, its length and how many are null; of a buffer, its place and its length. */
const PAIR_BYTES = 16;
/** Before a packed buffer: how long it is unpacked. */
const PREFIX_BYTES = 8;
const NOT_PACKED = -1;

export class MessageCheck {
  readonly #file: FlatBuffer;
  #fields = 0;
  /** Of all columns, unpacked. */
  #unpacked = 0;

  constructor(file: FlatBuffer) {
    this.#file = file;
  }

  /** A stream from its beginning. @throws Error */
  stream(): void {
    const { view, bytes } = this.#file;
    for (let at = 0, first = true; at + 4 <= bytes.length; first = false) {
      const start = at + (view.getInt32(at, true) === CONTINUES ? 4 : 0);
      const length = view.getInt32(start, true);
      if (length === 0) return;
      if (length < 0 || start + 4 + length > bytes.length)
        throw new Error('a message is longer than the file');
      at = this.message(at, first ? ['schema'] : ['batch', 'dictionary']);
    }
  }

  /**
   * @param expected the kinds that it may be of: at another the library would begin anew, for ever
   * @returns where the next begins
   */
  message(at: number, expected: readonly MessageKind[]): number {
    const { view, bytes } = this.#file;
    const start = at + (view.getInt32(at, true) === CONTINUES ? 8 : 4);
    const table = this.#file.follow(start);
    const kindAt = this.#file.placeOf(table, MESSAGE.kind);
    const kind = kindAt === 0 ? 0 : bytes[kindAt];
    const body = start + view.getInt32(start - 4, true);
    const bodyLength = this.#file.longOf(table, MESSAGE.bodyLength);
    if (!(body > start && bodyLength >= 0 && body + bodyLength <= bytes.length))
      throw new Error('a message is longer than the file');
    const header = this.#file.tableOf(table, MESSAGE.header);
    if (header === 0 || !expected.some((name) => KIND[name] === kind))
      throw new Error('a message is of the wrong kind');
    if (kind === KIND.schema) this.schema(header);
    else if (kind === KIND.batch) this.#batch(header, body, bodyLength);
    else this.#batch(this.#file.tableOf(header, DICTIONARY_BATCH), body, bodyLength);
    return body + bodyLength;
  }

  /** @throws Error for lists that are longer than the file, and fields that are nested too deep */
  schema(table: number): void {
    this.#file.listOf(table, SCHEMA.metadata);
    const [begin, count] = this.#file.listOf(table, SCHEMA.fields);
    for (let i = 0; i < count; i++) this.#field(this.#file.follow(begin + 4 * i), 0);
  }

  #field(field: number, depth: number): void {
    if (depth > MAX_DEPTH || ++this.#fields > this.#file.bytes.length)
      throw new Error('its fields are nested too deep');
    this.#file.listOf(field, FIELD.metadata);
    const [begin, count] = this.#file.listOf(field, FIELD.children);
    for (let i = 0; i < count; i++) this.#field(this.#file.follow(begin + 4 * i), depth + 1);
  }

  #batch(table: number, body: number, bodyLength: number): void {
    const { view } = this.#file;
    if (table === 0) throw new Error('a message has no rows');
    const longAt = (list: number, n: number) => Number(view.getBigInt64(list + n, true));
    this.#file.listOf(table, BATCH.variadic, 8);
    const isPacked = this.#file.placeOf(table, BATCH.compression) !== 0;
    const [buffers, numBuffers] = this.#file.listOf(table, BATCH.buffers, PAIR_BYTES);
    const before = this.#unpacked;
    for (let n = 0; n < numBuffers; n++) {
      const offset = longAt(buffers, PAIR_BYTES * n);
      const length = longAt(buffers, PAIR_BYTES * n + 8);
      if (!(offset >= 0 && length >= 0 && offset + length <= bodyLength))
        throw new Error('a column lies outside the file');
      const prefix = isPacked && length >= PREFIX_BYTES ? longAt(body + offset, 0) : NOT_PACKED;
      this.#take(prefix === NOT_PACKED ? length : prefix);
    }
    // Every row takes a byte at least: the columns that there are have times, numbers and texts.
    const mostRows = this.#unpacked - before;
    const [nodes, numNodes] = this.#file.listOf(table, BATCH.nodes, PAIR_BYTES);
    const lengths = [this.#file.longOf(table, BATCH.length)];
    for (let n = 0; n < numNodes; n++) lengths.push(longAt(nodes, PAIR_BYTES * n));
    const wrong = lengths.find((length) => !(length >= 0 && length <= mostRows));
    if (wrong !== undefined) throw new Error(`it says that it has ${wrong} rows in ${mostRows} bytes`);
  }

  /** @param size bytes that memory will be taken for */
  #take(size: number): void {
    this.#unpacked += size;
    const { length } = this.#file.bytes;
    if (size >= 0 && (this.#unpacked < MAX_FREE_BYTES || this.#unpacked < MAX_GROWTH * length)) return;
    throw new Error(`it says that it holds ${this.#unpacked} bytes in its ${length}`);
  }
}
