/** Turns the stored bytes of numbers and times into doubles. */
import { DOUBLE, FIXED, FLOAT, INT32, INT64, INT96, type ParquetColumn } from './metadata.ts';

/** Reads values that stand one behind the other. */
export interface NumberDecoder {
  /** Bytes of a value. */
  readonly width: number;
  /** @returns false for whole numbers beyond 2⁵³, which doubles do not hold */
  decode(bytes: Uint8Array, count: number, out: Float64Array, to: number): boolean;
}

const DAY_MS = 86_400_000;
const WORD = 4_294_967_296;
/** High words between which whole numbers are exact. */
const MAX_HIGH = 1 << 21;
const UNIX_JULIAN_DAY = 2_440_588;
/** Powers of ten up to here are exact, and a division by them rounds as reading the digits would. */
const MAX_SCALE = 22;

/** Undefined for a column of anything else. */
export function numberDecoder(column: ParquetColumn): NumberDecoder | undefined {
  const { type, time, isUnsigned, scale } = column;
  if (type === DOUBLE) return { width: 8, decode: decodeDoubles };
  if (type === FLOAT) return { width: 4, decode: decodeFloats };
  if (type === INT96) return { width: 12, decode: decodeInt96 };
  if (type === INT32 && time?.unit === 'days') return { width: 4, decode: intDecoder(false, DAY_MS, 1) };
  if (type === INT64 && time !== undefined)
    return { width: 8, decode: TIMES[time.unit as 'ms' | 'us' | 'ns'] };
  const divisor = scale === undefined || scale > MAX_SCALE ? 1 : Number(`1e${scale}`);
  if ((scale ?? 0) > MAX_SCALE) return undefined;
  if (type === INT32) return { width: 4, decode: intDecoder(isUnsigned, 1, divisor) };
  if (type === INT64) return { width: 8, decode: longDecoder(isUnsigned, divisor) };
  if (type === FIXED && scale !== undefined && column.typeLength <= 16 && column.typeLength > 0)
    return { width: column.typeLength, decode: bigEndianDecoder(column.typeLength, divisor) };
  return undefined;
}

type Decode = NumberDecoder['decode'];

/** Whatever machine this runs on, it has its lowest byte first, as the format has. */
const decodeDoubles: Decode = (bytes, count, out, to) => {
  copyInto(bytes, 8 * count, out, to);
  return true;
};

function copyInto(bytes: Uint8Array, length: number, out: Float64Array, to: number): void {
  new Uint8Array(out.buffer, out.byteOffset + 8 * to, length).set(bytes.subarray(0, length));
}

const decodeFloats: Decode = (bytes, count, out, to) => {
  out.set(new Float32Array(aligned(bytes, 4 * count)), to);
  return true;
};

const aligned = (bytes: Uint8Array, length: number): ArrayBuffer =>
  bytes.slice(0, length).buffer as ArrayBuffer;

function intDecoder(isUnsigned: boolean, factor: number, divisor: number): Decode {
  return (bytes, count, out, to) => {
    const buffer = aligned(bytes, 4 * count);
    const values = isUnsigned ? new Uint32Array(buffer) : new Int32Array(buffer);
    for (let i = 0; i < count; i++) out[to + i] = (values[i] * factor) / divisor;
    return true;
  };
}

function longDecoder(isUnsigned: boolean, divisor: number): Decode {
  return (bytes, count, out, to) => {
    // The words are read from where the numbers will stand.
    copyInto(bytes, 8 * count, out, to);
    const words = new Int32Array(out.buffer, out.byteOffset + 8 * to, 2 * count);
    for (let i = 0; i < count; i++) {
      const high = words[2 * i + 1];
      if (high >= MAX_HIGH || high < -MAX_HIGH || (isUnsigned && high < 0)) return false;
      out[to + i] = (high * WORD + (words[2 * i] >>> 0)) / divisor;
    }
    return true;
  };
}

function timeDecoder(convert: (high: number, low: number) => number): Decode {
  return (bytes, count, out, to) => {
    copyInto(bytes, 8 * count, out, to);
    const words = new Int32Array(out.buffer, out.byteOffset + 8 * to, 2 * count);
    for (let i = 0; i < count; i++) out[to + i] = convert(words[2 * i + 1], words[2 * i] >>> 0);
    return true;
  };
}

/** To UTC epoch ms, cut. Of 2³² ns, 4294 ms are whole, and the rest is exact in a double. */
const TIMES: Readonly<Record<'ms' | 'us' | 'ns', Decode>> = {
  ms: timeDecoder((high, low) => high * WORD + low),
  us: timeDecoder((high, low) => Math.floor((high * WORD + low) / 1000)),
  ns: timeDecoder((high, low) => high * 4294 + Math.floor((high * 967_296 + low) / 1_000_000)),
};

/** Nanoseconds of a day, and a Julian day. */
const decodeInt96: Decode = (bytes, count, out, to) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let i = 0; i < count; i++) {
    const nanoseconds = view.getUint32(12 * i, true) + WORD * view.getInt32(12 * i + 4, true);
    const day = view.getUint32(12 * i + 8, true) - UNIX_JULIAN_DAY;
    out[to + i] = day * DAY_MS + Math.floor(nanoseconds / 1_000_000);
  }
  return true;
};

function bigEndianDecoder(width: number, divisor: number): Decode {
  return (bytes, count, out, to) => {
    for (let i = 0; i < count; i++) {
      const value = bigEndian(bytes, i * width, width);
      if (!Number.isSafeInteger(value)) return false;
      out[to + i] = value / divisor;
    }
    return true;
  };
}

/** A whole number with its highest byte first, in two's complement. */
export function bigEndian(bytes: Uint8Array, from: number, width: number): number {
  if (width === 0) return 0;
  let value = (bytes[from] << 24) >> 24;
  for (let k = 1; k < width; k++) value = value * 256 + bytes[from + k];
  return value;
}
