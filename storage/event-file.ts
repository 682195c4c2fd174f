/**
 * Writes event files that TensorBoard reads: scalars by tag and step.
 *
 * Source: TensorFlow's `record_writer.h` (TFRecord framing), `crc32c.h` (masked checksums), `event.proto` and
 * `summary.proto` (the messages), of which only what scalars need is written.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { attempt } from './atomic.ts';

/** Tags readers of the second version of the format; only they understand a restart. */
const FILE_VERSION = 'brain.Event:2';
/** `SessionLog.START`. */
const SESSION_START = 1;
/** Protocol buffers' wire types: how the bytes of a field are delimited. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Writes one event file, record by record. */
export class EventFile {
  readonly #path: string;

  /**
   * Creates the file.
   * @param path in a directory that exists; TensorBoard looks for `tfevents` in its name
   * @param wallTimeMs UTC epoch
   * @throws StorageError `write-failed`, also where the file exists
   */
  constructor(path: string, wallTimeMs: number) {
    this.#path = path;
    const version = stringField(3, FILE_VERSION);
    attempt('write', path, () => writeFileSync(path, record(event(wallTimeMs, 0, version)), { flag: 'wx' }));
  }

  /**
   * Says that what other files of the folder hold at `step` and past it no longer counts.
   * @throws StorageError `write-failed`
   */
  restart(step: number, wallTimeMs: number): void {
    this.#append(event(wallTimeMs, step, bytesField(7, varintField(1, SESSION_START))));
  }

  /**
   * @param scalars finite values by tag; a tag's part before a slash groups charts
   * @throws StorageError `write-failed`
   */
  scalars(step: number, scalars: Readonly<Record<string, number>>, wallTimeMs: number): void {
    const values = Object.entries(scalars).map(([tag, value]) =>
      bytesField(1, Buffer.concat([stringField(1, tag), floatField(2, value)])),
    );
    this.#append(event(wallTimeMs, step, bytesField(5, Buffer.concat(values))));
  }

  #append(message: Buffer): void {
    attempt('write', this.#path, () => appendFileSync(this.#path, record(message)));
  }
}

/** `Event`: wall time in seconds, step, and one of its contents. */
function event(wallTimeMs: number, step: number, content: Buffer): Buffer {
  return Buffer.concat([doubleField(1, wallTimeMs / 1000), varintField(2, step), content]);
}

/** Length, checksum of the length, data, checksum of the data; little-endian. */
function record(data: Buffer): Buffer {
  const bytes = Buffer.alloc(8 + 4 + data.length + 4);
  bytes.writeBigUInt64LE(BigInt(data.length), 0);
  bytes.writeUInt32LE(maskedCrc32c(bytes.subarray(0, 8)), 8);
  data.copy(bytes, 12);
  bytes.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return bytes;
}

const key = (field: number, wireType: number): Buffer => varint((field << 3) | wireType);

function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, WIRE.fixed64), bytes]);
}

function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, WIRE.fixed32), bytes]);
}

const varintField = (field: number, value: number): Buffer =>
  Buffer.concat([key(field, WIRE.varint), varint(value)]);

const bytesField = (field: number, bytes: Buffer): Buffer =>
  Buffer.concat([key(field, WIRE.bytes), varint(bytes.length), bytes]);

const stringField = (field: number, text: string): Buffer => bytesField(field, Buffer.from(text, 'utf8'));

/** @param value a whole number from 0 to 2⁵³ − 1 */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Castagnoli's polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Rotated and shifted, so that a checksum of data that holds checksums is sound still. */
function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
