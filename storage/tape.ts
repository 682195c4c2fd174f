/**
 * The tape: an append-only journal of records in which every line proves all lines before it.
 *
 * A directory of segments, `000001.jsonl`, `000002.jsonl` …; finished ones are compressed to `.jsonl.gz`. A line is
 * `CHAIN JSON`: the record as a JSON array, and the first 16 hexadecimal digits of SHA-256 over the chain of the line
 * before and the JSON. A segment's first record is `["tape", version, segment, chain before it]`.
 */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gunzipSync } from 'node:zlib';
import { StorageError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import { attempt } from './atomic.ts';
import { sha256 } from './exact-json.ts';

const FORMAT_VERSION = 1;
const CHAIN_DIGITS = 16;
/** What the first line of a tape is chained to. */
const ORIGIN = '0'.repeat(CHAIN_DIGITS);

/** What happened, when (UTC epoch, by the receiver's clock), and the rest of it; numbers are finite. */
export type TapeRecord = readonly [kind: string, timeMs: number, ...body: Json[]];

/** A record and its place. */
export interface TapeEntry {
  /** Counts from 0 over all segments; the segments' own first records are not counted. */
  readonly index: number;
  readonly record: TapeRecord;
  /** The chain up to and with this record. */
  readonly chain: string;
}

/** Bytes at the end of a tape that were not a whole line: a write that was cut off. */
export interface TornTail {
  readonly file: string;
  readonly numBytes: number;
}

export interface TapeWriterOptions {
  /** A segment past this many bytes is finished. Default 64 MiB. */
  segmentBytes?: number;
  /** Lines are collected up to this many characters before they are written. Default 65,536. */
  bufferChars?: number;
}

/** Appends to a tape; one writer at a time. */
export class TapeWriter {
  /** What a crash left at the end and opening cut off, if anything. */
  readonly torn: TornTail | undefined;
  readonly #path: string;
  readonly #segmentBytes: number;
  readonly #bufferChars: number;
  readonly #compressions = new Set<Promise<void>>();
  /** The disk is being waited for in the background: the file stays open until then. */
  #syncing: Promise<void> | undefined;
  #syncFailure: Error | null = null;
  #file = -1;
  #segment = 0;
  #bytes = 0;
  #buffer = '';
  #chain = ORIGIN;
  #index = 0;

  /**
   * Opens a tape to go on with, or begins one.
   * @param path a directory; made where it is missing
   * @throws StorageError `corrupt`, `foreign`, `unsupported-version`, `write-failed`, `read-failed`
   */
  constructor(path: string, { segmentBytes = 64 * 2 ** 20, bufferChars = 65_536 }: TapeWriterOptions = {}) {
    this.#path = path;
    this.#segmentBytes = segmentBytes;
    this.#bufferChars = bufferChars;
    attempt('write', path, () => mkdirSync(path, { recursive: true }));
    let torn: TornTail | undefined;
    const lines = readLines(path, (tail) => {
      torn = tail;
    });
    for (const { isRecord, chain } of lines) {
      if (isRecord) this.#index++;
      this.#chain = chain;
    }
    this.torn = torn;
    for (const { file, compressed } of listSegments(path)) {
      if (compressed) rmSync(file.slice(0, -'.gz'.length), { force: true });
    }
    const last = listSegments(path).at(-1);
    if (last === undefined) this.#beginSegment(1);
    else if (last.compressed) this.#beginSegment(last.number + 1);
    else this.#continueSegment(last.number, torn?.numBytes ?? 0);
  }

  /** Records so far. */
  get numRecords(): number {
    return this.#index;
  }

  /** The chain up to the last record: whoever keeps it can prove the tape later. */
  get chain(): string {
    return this.#chain;
  }

  /** Adds a record; it is on its way to the disk after `flush`, and survives the end of this process from then on. */
  append(record: TapeRecord): void {
    this.#line(record);
    this.#index++;
    if (this.#buffer.length >= this.#bufferChars) this.flush();
  }

  /** @throws StorageError `write-failed` */
  flush(): void {
    if (this.#buffer.length > 0) {
      const lines = Buffer.from(this.#buffer);
      this.#buffer = '';
      attempt('write', this.#path, () => {
        for (let written = 0; written < lines.length; ) {
          written += writeSync(this.#file, lines, written);
        }
      });
      this.#bytes += lines.length;
    }
    if (this.#bytes >= this.#segmentBytes) {
      this.#finishSegment();
      this.#beginSegment(this.#segment + 1);
    }
  }

  /** Flushes, and waits until the disk has it: survives the end of the machine. */
  sync(): void {
    this.flush();
    attempt('write', this.#path, () => fdatasyncSync(this.#file));
  }

  /**
   * Flushes, and brings it to the disk without waiting for it: a disk may take its time, and this process has none.
   * @throws StorageError `write-failed`, also when the last one could not be finished
   */
  syncInBackground(): void {
    this.flush();
    attempt('write', this.#path, () => {
      if (this.#syncFailure !== null) throw this.#syncFailure;
    });
    this.#syncing ??= new Promise((resolve) => {
      fdatasync(this.#file, (error) => {
        this.#syncFailure = error;
        this.#syncing = undefined;
        resolve();
      });
    });
  }

  /** Writes what is left and waits for compressions under way. The last segment can be continued. Closing again is nothing. */
  async close(): Promise<void> {
    await this.#syncing;
    if (this.#file >= 0) {
      this.sync();
      closeSync(this.#file);
      this.#file = -1;
    }
    await Promise.all(this.#compressions);
  }

  #line(record: readonly Json[]): void {
    const json = JSON.stringify(record);
    this.#chain = chainOf(this.#chain, json);
    this.#buffer += `${this.#chain} ${json}\n`;
  }

  #beginSegment(number: number): void {
    this.#segment = number;
    this.#bytes = 0;
    const file = join(this.#path, segmentName(number));
    this.#file = attempt('write', file, () => openSync(file, 'ax'));
    this.#line(['tape', FORMAT_VERSION, number, this.#chain]);
  }

  #continueSegment(number: number, numTornBytes: number): void {
    const file = join(this.#path, segmentName(number));
    this.#segment = number;
    attempt('write', file, () => {
      this.#bytes = readFileSync(file).length - numTornBytes;
      this.#file = openSync(file, 'r+');
      ftruncateSync(this.#file, this.#bytes);
      closeSync(this.#file);
      this.#file = openSync(file, 'a');
    });
    if (this.#bytes === 0) this.#line(['tape', FORMAT_VERSION, number, this.#chain]);
  }

  #finishSegment(): void {
    const file = this.#file;
    attempt('write', this.#path, () => fdatasyncSync(file));
    if (this.#syncing === undefined) closeSync(file);
    else this.#syncing.then(() => closeSync(file));
    const compression = compress(join(this.#path, segmentName(this.#segment)));
    this.#compressions.add(compression);
    // A segment that could not be compressed is as good without it.
    compression.catch(() => {}).finally(() => this.#compressions.delete(compression));
  }
}

/** The compressed file appears whole, and then replaces the plain one. Piece by piece: a segment is large. */
async function compress(file: string): Promise<void> {
  const temporary = `${file}.gz.tmp`;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(temporary));
  await rename(temporary, `${file}.gz`);
  await rm(file);
}

export interface ReadTapeOptions {
  /** Told of bytes at the end that are no whole line. Without it they are an error. */
  onTorn?: (tail: TornTail) => void;
}

/**
 * The records in order, each verified before it is handed out.
 * @throws StorageError `corrupt`, naming file and line, for any byte that is not what was written; `foreign`,
 *   `unsupported-version`, `read-failed`; `torn-tail` for an end that was cut off, unless `onTorn` takes it
 */
export function* readTape(path: string, { onTorn }: ReadTapeOptions = {}): Generator<TapeEntry> {
  let index = 0;
  for (const { isRecord, record, chain } of readLines(path, onTorn)) {
    if (isRecord) yield { index: index++, record, chain };
  }
}

/** All lines, each verified; the first of a segment is no record. */
function* readLines(
  path: string,
  onTorn: ReadTapeOptions['onTorn'],
): Generator<{ isRecord: boolean; record: TapeRecord; chain: string }> {
  const segments = listSegments(path);
  let chain = ORIGIN;
  for (const [place, { file, number }] of segments.entries()) {
    const bytes = readSegment(file);
    const isLast = place === segments.length - 1;
    if (number !== place + 1) throw corrupt(file, `segment ${place + 1} before it is missing`);
    let lineNumber = 0;
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(10, start);
      lineNumber++;
      if (end === -1) {
        if (!isLast) throw corrupt(file, `line ${lineNumber} has no end`);
        const tail = { file, numBytes: bytes.length - start };
        if (onTorn === undefined) {
          throw new StorageError(
            'torn-tail',
            `"${file}" ends in ${tail.numBytes} bytes of a line that was cut off; market-gym tape verify --repair removes them.`,
          );
        }
        onTorn(tail);
        return;
      }
      const claimed = bytes.toString('latin1', start, start + CHAIN_DIGITS);
      const json = bytes.toString('utf8', start + CHAIN_DIGITS + 1, end);
      const expectedChain = chainOf(chain, json);
      if (lineNumber === 1) requireVersion(json, file);
      if (claimed !== expectedChain || bytes[start + CHAIN_DIGITS] !== 32) {
        throw corrupt(file, `line ${lineNumber} is not what was written, or a line before it is missing`);
      }
      chain = claimed;
      yield { isRecord: lineNumber > 1, record: JSON.parse(json), chain };
      start = end + 1;
    }
  }
}

/** What a whole tape holds. */
export interface TapeSummary {
  readonly numRecords: number;
  readonly numSegments: number;
  /** Bytes on the disk. */
  readonly numBytes: number;
  /** Times of the first and last record, UTC epoch; undefined for an empty tape. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Records of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** The chain up to the last record. */
  readonly chain: string;
  readonly torn: TornTail | undefined;
}

/** Reads and verifies all of a tape. @throws StorageError as `readTape`; a torn tail is told, not thrown */
export function summarizeTape(path: string): TapeSummary {
  const kinds: Record<string, number> = {};
  let torn: TornTail | undefined;
  let fromMs: number | undefined;
  let toMs: number | undefined;
  let chain = ORIGIN;
  let numRecords = 0;
  const onTorn = (tail: TornTail): void => {
    torn = tail;
  };
  for (const entry of readTape(path, { onTorn })) {
    const [kind, timeMs] = entry.record;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    fromMs ??= timeMs;
    toMs = timeMs;
    ({ chain } = entry);
    numRecords++;
  }
  const segments = listSegments(path);
  const numBytes = segments.reduce((sum, { file }) => sum + readFileSync(file).length, 0);
  return { numRecords, numSegments: segments.length, numBytes, fromMs, toMs, kinds, chain, torn };
}

interface Segment {
  readonly number: number;
  readonly file: string;
  readonly compressed: boolean;
}

/** A segment that is there plain and compressed counts once: its compression had just ended. */
function listSegments(path: string): Segment[] {
  const names = attempt('read', path, () => readdirSync(path));
  const segments = new Map<number, Segment>();
  for (const name of names.sort()) {
    const match = /^(\d{6})\.jsonl(\.gz)?$/.exec(name);
    if (match === null) continue;
    const number = Number(match[1]);
    const compressed = match[2] !== undefined;
    segments.set(number, { number, file: join(path, name), compressed });
  }
  return [...segments.values()];
}

function segmentName(number: number): string {
  return `${String(number).padStart(6, '0')}.jsonl`;
}

function readSegment(file: string): Buffer {
  const bytes = attempt('read', file, () => readFileSync(file));
  if (!file.endsWith('.gz')) return bytes;
  try {
    return gunzipSync(bytes);
  } catch {
    throw corrupt(file, 'it is not whole');
  }
}

function chainOf(before: string, json: string): string {
  return sha256(before + json).slice(0, CHAIN_DIGITS);
}

function requireVersion(json: string, file: string): void {
  const match = /^\["tape",(\d+),/.exec(json);
  if (match === null) throw new StorageError('foreign', `"${file}" is not a tape of market-gym.`);
  if (Number(match[1]) === FORMAT_VERSION) return;
  throw new StorageError(
    'unsupported-version',
    `"${file}" is a tape of version ${match[1]}, this program reads ${FORMAT_VERSION}. Use the version that wrote it.`,
  );
}

function corrupt(file: string, what: string): StorageError {
  return new StorageError('corrupt', `"${file}" is damaged: ${what}. Use a copy, or the segments before it.`);
}

/** Whether there is a tape in a directory. */
export function isTape(path: string): boolean {
  return existsSync(path) && listSegments(path).length > 0;
}
