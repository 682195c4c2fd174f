/** Decodes the values of pages that are no plain numbers: texts, flags, and whole numbers that doubles do not hold. */
import { readDeltaLengthTexts, readDeltas, readDeltaTexts } from './delta.ts';
import { readHybrid } from './hybrid.ts';
import { BOOLEAN, BYTE_ARRAY, FIXED, INT32, INT64, type ParquetColumn } from './metadata.ts';
import { bigEndian } from './numbers.ts';

export const PLAIN = 0;
const RLE = 3;
const DELTA_BINARY_PACKED = 5;
const DELTA_LENGTH_BYTE_ARRAY = 6;
const DELTA_BYTE_ARRAY = 7;
const BYTE_STREAM_SPLIT = 9;

/** The format's numbers of encodings whose values are indices into a dictionary. */
export const isDictionaryEncoding = (encoding: number): boolean => encoding === 2 || encoding === 8;

const decoder = new TextDecoder();

/**
 * The bytes of values of a fixed width, one behind the other, however they were encoded.
 * @throws Error for an encoding that is unknown, or does not fit the column; where the bytes end before
 */
export function fixedBytes(
  bytes: Uint8Array,
  offset: number,
  encoding: number,
  width: number,
  count: number,
  { type, name }: ParquetColumn,
): Uint8Array {
  const length = width * count;
  if (encoding === PLAIN || encoding === BYTE_STREAM_SPLIT) {
    if (length > bytes.length - offset) throw new Error('a page is cut off');
    const body = bytes.subarray(offset, offset + length);
    return encoding === PLAIN ? body : joinStreams(body, width, count);
  }
  if (encoding === DELTA_BINARY_PACKED && (type === INT32 || type === INT64)) {
    const words = new Int32Array(2 * count);
    readDeltas(bytes, offset, count, words);
    if (type === INT64) return new Uint8Array(words.buffer);
    return new Uint8Array(Int32Array.from({ length: count }, (_, i) => words[2 * i]).buffer);
  }
  if (encoding === DELTA_BYTE_ARRAY && type === FIXED) {
    const joined = new Uint8Array(length);
    for (const [i, text] of readDeltaTexts(bytes, offset, count).entries()) {
      if (text.length !== width) throw new Error('a value is of another length');
      joined.set(text, i * width);
    }
    return joined;
  }
  throw new Error(`column "${name}" is stored in encoding ${encoding}, which is unknown`);
}

/** First bytes of all values, second bytes of all values, and so on. */
function joinStreams(body: Uint8Array, width: number, count: number): Uint8Array {
  const joined = new Uint8Array(body.length);
  for (let b = 0; b < width; b++) {
    for (let i = 0; i < count; i++) joined[i * width + b] = body[b * count + i];
  }
  return joined;
}

/** Values of any type but numbers, as JavaScript has them. */
export function decodeValues(
  bytes: Uint8Array,
  offset: number,
  encoding: number,
  count: number,
  column: ParquetColumn,
): unknown[] {
  const { type } = column;
  if (type === BOOLEAN) return decodeFlags(bytes, offset, encoding, count, column);
  if (type === BYTE_ARRAY) return decodeTexts(bytes, offset, encoding, count, column);
  if (type === INT64) {
    const values = new BigInt64Array(fixedBytes(bytes, offset, encoding, 8, count, column).slice().buffer);
    return Array.from(column.isUnsigned ? new BigUint64Array(values.buffer) : values);
  }
  if (type === FIXED) {
    const { typeLength: width } = column;
    const body = fixedBytes(bytes, offset, encoding, width, count, column);
    return Array.from({ length: count }, (_, i) =>
      valueFrom(body.subarray(i * width, (i + 1) * width), column),
    );
  }
  throw new Error(`column "${column.name}" is of a type that is not read`);
}

function decodeFlags(
  bytes: Uint8Array,
  offset: number,
  encoding: number,
  count: number,
  { name }: ParquetColumn,
): boolean[] {
  const flags = new Uint8Array(count);
  if (encoding === RLE) readHybrid(bytes, offset + 4, bytes.length, 1, flags, count);
  else if (encoding === PLAIN && count <= 8 * (bytes.length - offset)) {
    for (let i = 0; i < count; i++) flags[i] = (bytes[offset + (i >> 3)] >> (i & 7)) & 1;
  } else throw new Error(`column "${name}" has flags that cannot be read`);
  return Array.from(flags, (flag) => flag === 1);
}

function decodeTexts(
  bytes: Uint8Array,
  offset: number,
  encoding: number,
  count: number,
  column: ParquetColumn,
): unknown[] {
  if (encoding === DELTA_LENGTH_BYTE_ARRAY)
    return readDeltaLengthTexts(bytes, offset, count).texts.map((text) => valueFrom(text, column));
  if (encoding === DELTA_BYTE_ARRAY)
    return readDeltaTexts(bytes, offset, count).map((text) => valueFrom(text, column));
  if (encoding !== PLAIN)
    throw new Error(`column "${column.name}" is stored in encoding ${encoding}, which is unknown`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: unknown[] = [];
  let at = offset;
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw new Error('a page of texts is cut off');
    const length = view.getUint32(at, true);
    at += 4;
    if (length > bytes.length - at) throw new Error('a page of texts is cut off');
    values.push(valueFrom(bytes.subarray(at, at + length), column));
    at += length;
  }
  return values;
}

/** A text; a number for a decimal of any length. */
function valueFrom(bytes: Uint8Array, { scale, type }: ParquetColumn): unknown {
  if (scale !== undefined) return decimalOf(bytes, scale);
  return type === FIXED ? Buffer.from(bytes).toString('hex') : decoder.decode(bytes);
}

function decimalOf(bytes: Uint8Array, scale: number): number {
  const value = bigEndian(bytes, 0, bytes.length);
  if (Number.isSafeInteger(value) && scale <= 22) return value / Number(`1e${scale}`);
  const digits = BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`));
  return Number(`${digits}e-${scale}`);
}
