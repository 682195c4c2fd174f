/**
 * Unpacks values that are stored as differences.
 * Source: Apache Parquet, Encodings.md, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY.
 */
import { MAX_FREE_BYTES } from './codecs.ts';

const MAX_BLOCK = 1 << 20;

/**
 * Whole numbers of 32 or 64 bits, by arithmetic that wraps around as the format asks.
 * @param out [count × 2] low and high words of each; sign-extended for 32 bits
 * @returns the offset behind the values
 * @throws Error where the bytes end before
 */
export function readDeltas(bytes: Uint8Array, offset: number, count: number, out: Int32Array): number {
  const reader = new WordReader(bytes, offset);
  const blockSize = reader.varint();
  const miniblocks = reader.varint();
  const total = reader.varint();
  const perMiniblock = blockSize / miniblocks;
  if (!(blockSize > 0 && blockSize <= MAX_BLOCK && miniblocks > 0 && perMiniblock % 8 === 0) || total < count)
    throw new Error(`a page of differences says it has ${total} values in blocks of ${blockSize}`);
  reader.zigzag();
  let { low, high } = reader;
  let i = 0;
  if (count > 0) {
    out[0] = low;
    out[1] = high;
    i = 1;
  }
  while (i < count) {
    reader.zigzag();
    const { low: minLow, high: minHigh } = reader;
    const widths = reader.take(miniblocks);
    for (let m = 0; m < miniblocks && i < count; m++) {
      const width = widths[m];
      if (width > 64) throw new Error(`a page packs differences into ${width} bits`);
      const packed = reader.take((perMiniblock * width) / 8);
      for (let k = 0; k < perMiniblock && i < count; k++, i++) {
        const addLow = bitsAt(packed, k * width, Math.min(32, width));
        const addHigh = width > 32 ? bitsAt(packed, k * width + 32, width - 32) : 0;
        const sum = (low >>> 0) + (minLow >>> 0) + (addLow >>> 0);
        low = sum | 0;
        high = (high + minHigh + addHigh + Math.floor(sum / 4_294_967_296)) | 0;
        out[2 * i] = low;
        out[2 * i + 1] = high;
      }
    }
  }
  return reader.offset;
}

/** @returns the values' bytes and the offset behind them */
export function readDeltaLengthTexts(
  bytes: Uint8Array,
  offset: number,
  count: number,
): { texts: Uint8Array[]; offset: number } {
  const words = new Int32Array(2 * count);
  let at = readDeltas(bytes, offset, count, words);
  const texts: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const length = words[2 * i];
    if (length < 0 || at + length > bytes.length) throw new Error('a page of texts is cut off');
    texts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return { texts, offset: at };
}

/** Texts that begin as the one before. */
export function readDeltaTexts(bytes: Uint8Array, offset: number, count: number): Uint8Array[] {
  const prefixes = new Int32Array(2 * count);
  const behind = readDeltas(bytes, offset, count, prefixes);
  const { texts: suffixes } = readDeltaLengthTexts(bytes, behind, count);
  const texts: Uint8Array[] = [];
  let total = 0;
  let before = new Uint8Array(0);
  for (let i = 0; i < count; i++) {
    const prefix = prefixes[2 * i];
    if (prefix < 0 || prefix > before.length) throw new Error('a text begins like none before it');
    const text = new Uint8Array(prefix + suffixes[i].length);
    total += text.length;
    if (total > MAX_FREE_BYTES) throw new Error('a page holds more text than any data do');
    text.set(before.subarray(0, prefix));
    text.set(suffixes[i], prefix);
    texts.push(text);
    before = text;
  }
  return texts;
}

/** Up to 32 bits, lowest first, as a word. */
function bitsAt(bytes: Uint8Array, bit: number, width: number): number {
  let value = 0;
  let got = 0;
  let at = bit >> 3;
  let skip = bit & 7;
  while (got < width) {
    value |= (bytes[at++] >> skip) << got;
    got += 8 - skip;
    skip = 0;
  }
  return width === 32 ? value : value & ((1 << width) - 1);
}

class WordReader {
  readonly #bytes: Uint8Array;
  offset: number;
  /** The last number read by `zigzag`. */
  low = 0;
  high = 0;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  take(length: number): Uint8Array {
    if (this.offset + length > this.#bytes.length) throw new Error('a page of differences is cut off');
    this.offset += length;
    return this.#bytes.subarray(this.offset - length, this.offset);
  }

  varint(): number {
    let value = 0;
    let unit = 1;
    for (let k = 0; k < 10; k++) {
      const byte = this.take(1)[0];
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 128;
    }
    throw new Error('a number is too long');
  }

  zigzag(): void {
    let value = 0n;
    let shift = 0n;
    for (let k = 0; k < 10; k++, shift += 7n) {
      const byte = this.take(1)[0];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      const number = BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
      this.low = Number(BigInt.asIntN(32, number));
      this.high = Number(number >> 32n);
      return;
    }
    throw new Error('a number is too long');
  }
}
