/** Names the files of a tape: segments that a writer may finish, compress and begin while somebody reads. */
import { hash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Gunzip } from 'fflate';
import { StorageError } from '../core/errors.ts';
import { attempt } from './atomic.ts';

export const FORMAT_VERSION = 1;
export const CHAIN_DIGITS = 16;
/** What the first line of a tape is chained to. */
export const ORIGIN = '0'.repeat(CHAIN_DIGITS);

/** The kind of a record that holds all that the records before it led to: a reading may begin with it. */
export const CHECKPOINT_KIND = 'checkpoint';

/** Bytes that are read at once; of compressed ones fewer, which become many. */
const PIECE = 1 << 19;
const PACKED_PIECE = 1 << 14;

export interface Segment {
  /** Counts from 1. */
  readonly number: number;
  /** When the directory was listed; it may be compressed since. */
  readonly isCompressed: boolean;
}

/** In order. A segment that is there plain and compressed counts once: its compression had just ended. */
export function listSegments(path: string): Segment[] {
  const names = attempt('read', path, () => readdirSync(path));
  const segments = new Map<number, Segment>();
  for (const name of names.sort()) {
    const match = /^(\d{6})\.jsonl(\.gz)?$/.exec(name);
    if (match === null) continue;
    const number = Number(match[1]);
    segments.set(number, { number, isCompressed: match[2] !== undefined });
  }
  return [...segments.values()];
}

/** Whether there is a tape in a directory. */
export function isTape(path: string): boolean {
  return existsSync(path) && listSegments(path).length > 0;
}

/**
 * The tape of a directory, or those directly below it: a session of several markets has one for each.
 * @throws StorageError `no-tape`
 */
export function listTapes(path: string): string[] {
  if (isTape(path)) return [path];
  const below = existsSync(path)
    ? attempt('read', path, () => readdirSync(path, { withFileTypes: true }))
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(path, name))
        .filter(isTape)
        .sort()
    : [];
  if (below.length === 0) requireTape(path);
  return below;
}

/** @throws StorageError `no-tape` */
export function requireTape(path: string): void {
  if (isTape(path)) return;
  throw new StorageError(
    'no-tape',
    `"${path}" holds no tape: there is no 000001.jsonl in it. Name the directory that a session recorded.`,
  );
}

/** Where a segment is, or was, before it was compressed. */
export function plainFile(path: string, number: number): string {
  return join(path, `${String(number).padStart(6, '0')}.jsonl`);
}

export function compressedFile(path: string, number: number): string {
  return `${plainFile(path, number)}.gz`;
}

/**
 * The bytes of a segment, whichever form it has at this moment.
 * @param fromByte of the plain form; what lies before it is left out
 * @returns the name of the file that they are of, too
 * @throws StorageError `corrupt`, `read-failed`
 */
export function readSegment(path: string, number: number, fromByte = 0): { file: string; bytes: Buffer } {
  return inEitherForm(path, number, (file, isCompressed) => {
    if (!isCompressed) return { file, bytes: readFrom(file, fromByte) };
    const packed = readFileSync(file);
    try {
      return { file, bytes: gunzipSync(packed).subarray(fromByte) };
    } catch {
      throw corrupt(file, 'it is not whole');
    }
  });
}

/** Some bytes of a segment, and the name of the file that they are of. */
export interface SegmentPiece {
  readonly file: string;
  readonly bytes: Buffer;
}

/**
 * The bytes of a segment in order, as `readSegment` gives them at once; at twice the time where they are compressed.
 * @param fromByte of the plain form; what lies before it is left out
 * @throws StorageError `corrupt`, `read-failed`
 */
export function* readSegmentPieces(path: string, number: number, fromByte = 0): Generator<SegmentPiece> {
  // Open, it stays readable when the other form takes its place.
  const { file, descriptor, isCompressed } = inEitherForm(path, number, (name, packed) => ({
    file: name,
    descriptor: openSync(name, 'r'),
    isCompressed: packed,
  }));
  try {
    if (isCompressed) yield* unpacked(file, descriptor, fromByte);
    else for (const bytes of filePieces(file, descriptor, fromByte, PIECE)) yield { file, bytes };
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes that a segment takes on the disk. @throws StorageError `read-failed` */
export function segmentSize(path: string, number: number): number {
  return inEitherForm(path, number, (file) => statSync(file).size);
}

/**
 * The compressed file appears before the plain one goes. So who finds neither in this order finds the compressed one
 * when it looks again, or the segment is not there at all.
 */
function inEitherForm<Result>(
  path: string,
  number: number,
  read: (file: string, isCompressed: boolean) => Result,
): Result {
  const compressed = compressedFile(path, number);
  const plain = plainFile(path, number);
  for (const file of [compressed, plain]) {
    try {
      return attempt('read', file, () => read(file, file === compressed));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  try {
    return attempt('read', compressed, () => read(compressed, true));
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw corrupt(plain, `segment ${number} is missing`);
  }
}

function* filePieces(file: string, descriptor: number, fromByte: number, size: number): Generator<Buffer> {
  for (let position = fromByte; ; ) {
    const bytes = Buffer.allocUnsafe(size);
    const count = attempt('read', file, () => readSync(descriptor, bytes, 0, size, position));
    if (count === 0) return;
    position += count;
    yield bytes.subarray(0, count);
  }
}

function* unpacked(file: string, descriptor: number, fromByte: number): Generator<SegmentPiece> {
  const out: Uint8Array[] = [];
  const gunzip = new Gunzip((bytes) => out.push(bytes));
  const push = (bytes: Uint8Array, isLast: boolean): void => {
    try {
      gunzip.push(bytes, isLast);
    } catch {
      throw corrupt(file, 'it is not whole');
    }
  };
  let numToSkip = fromByte;
  function* take(): Generator<SegmentPiece> {
    for (const chunk of out.splice(0)) {
      const from = Math.min(numToSkip, chunk.length);
      numToSkip -= from;
      if (from < chunk.length) {
        yield { file, bytes: Buffer.from(chunk.buffer, chunk.byteOffset + from, chunk.length - from) };
      }
    }
  }
  // The last bytes are known to be so when none come after them.
  let held: Buffer | undefined;
  for (const packed of filePieces(file, descriptor, 0, PACKED_PIECE)) {
    if (held !== undefined) push(held, false);
    held = packed;
    yield* take();
  }
  push(held ?? Buffer.alloc(0), true);
  yield* take();
}

function isMissing(error: unknown): boolean {
  return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

function readFrom(file: string, fromByte: number): Buffer {
  if (fromByte === 0) return readFileSync(file);
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - fromByte));
    let length = 0;
    for (let count = -1; length < bytes.length && count !== 0; length += count) {
      count = readSync(descriptor, bytes, length, bytes.length - length, fromByte + length);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

export function chainOf(before: string, json: string): string {
  // One call: a hash object for each line would cost as much as the hash.
  return hash('sha256', before + json).slice(0, CHAIN_DIGITS);
}

export function corrupt(file: string, what: string): StorageError {
  return new StorageError('corrupt', `"${file}" is damaged: ${what}. Use a copy, or the segments before it.`);
}
