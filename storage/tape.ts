/**
 * Reads a tape: an append-only journal of records in which every line proves all lines before it.
 *
 * A directory of segments, `000001.jsonl`, `000002.jsonl` …; finished ones are compressed to `.jsonl.gz`. A line is
 * `CHAIN JSON`: the record as a JSON array, and the first 16 hexadecimal digits of SHA-256 over the chain of the line
 * before and the JSON. A segment's first record is `["tape", version, segment, chain before it]`.
 */
import { StorageError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import { firstPlace, type TapePlace } from './tape-place.ts';
import {
  CHAIN_DIGITS,
  chainOf,
  corrupt,
  FORMAT_VERSION,
  listSegments,
  ORIGIN,
  readSegment,
  readSegmentPieces,
  type SegmentPiece,
  segmentSize,
} from './tape-segments.ts';

const EMPTY = Buffer.alloc(0);

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

/** Bytes at the end of a tape that were not a whole line: a write that was cut off, or is under way. */
export interface TornTail {
  readonly file: string;
  readonly numBytes: number;
}

export interface ReadTapeOptions {
  /** Where to begin; default: at the first record that is there. What lies before a place is not proven. */
  from?: TapePlace;
  /** Told of bytes at the end that are no whole line. Without it they are an error. */
  onTorn?: (tail: TornTail) => void;
  /** Files are read bit by bit, so that no record takes long to come: slower, and for those who have something else to do. */
  inPieces?: boolean;
}

/**
 * The records in order, each verified before it is handed out. A tape that is being written is read up to what was there
 * when its last file was opened.
 * @throws StorageError `corrupt`, naming file and line, for any byte that is not what was written; `foreign`,
 *   `unsupported-version`, `read-failed`; `torn-tail` for an end that was cut off, unless `onTorn` takes it
 */
export function readTape(path: string, { from, ...options }: ReadTapeOptions = {}): Generator<TapeEntry> {
  return new TapeReader(path, from).read(options);
}

/** Reads a tape bit by bit: every `read` goes on where the one before it ended, and proves what it adds. */
export class TapeReader {
  readonly #path: string;
  /** Segments that were begun and ended before the place. */
  #numSegments = 0;
  /** Bytes and lines of the next segment that lie before the place. */
  #numBytes = 0;
  #numLines = 0;
  #numOpened = 0;
  #chain = ORIGIN;
  #index = 0;

  /** @param from where to begin; default: at the first record that is there */
  constructor(path: string, from?: TapePlace) {
    this.#path = path;
    if (from !== undefined) this.#begin(from);
  }

  #begin({ segment, index, chain }: TapePlace): void {
    this.#numSegments = segment - 1;
    this.#numOpened = segment - 1;
    this.#index = index;
    this.#chain = chain;
  }

  /** Records before the place. */
  get numRecords(): number {
    return this.#index;
  }

  /** The chain up to the place. */
  get chain(): string {
    return this.#chain;
  }

  /** The last segment that was read, perhaps in part. */
  get numSegments(): number {
    return this.#numOpened;
  }

  /**
   * The records from the place on. One counts as read when the next is asked for: who stops at a record gets it again.
   * @throws StorageError as `readTape`
   */
  *read({ onTorn, inPieces = false }: Omit<ReadTapeOptions, 'from'> = {}): Generator<TapeEntry> {
    if (this.#numOpened === 0) {
      const first = firstPlace(this.#path);
      if (first !== undefined) this.#begin(first);
    }
    // A listing may miss a segment whose two forms are just being exchanged: only the last one's number is taken from it.
    const last = listSegments(this.#path).at(-1)?.number ?? 0;
    for (let number = this.#numSegments + 1; number <= last; number++) {
      const isLast = number === last;
      let file = '';
      let rest: Buffer = EMPTY;
      for (const piece of this.#pieces(number, inPieces)) {
        this.#numOpened = number;
        file = piece.file;
        rest = yield* this.#lines(file, rest.length === 0 ? piece.bytes : Buffer.concat([rest, piece.bytes]));
      }
      this.#numOpened = number;
      if (rest.length > 0) {
        if (!isLast) throw corrupt(file, `line ${this.#numLines + 1} has no end`);
        takeTail({ file, numBytes: rest.length }, onTorn);
        return;
      }
      // The last one may grow.
      if (isLast) return;
      this.#numSegments++;
      this.#numBytes = 0;
      this.#numLines = 0;
    }
  }

  #pieces(number: number, inPieces: boolean): Iterable<SegmentPiece> {
    return inPieces
      ? readSegmentPieces(this.#path, number, this.#numBytes)
      : [readSegment(this.#path, number, this.#numBytes)];
  }

  /** The records of whole lines, each of them proven. @returns what is left: the beginning of a line */
  *#lines(file: string, bytes: Buffer): Generator<TapeEntry, Buffer> {
    for (let start = 0; ; ) {
      const end = bytes.indexOf(10, start);
      if (end === -1) return bytes.subarray(start);
      const line = this.#numLines + 1;
      const claimed = bytes.toString('latin1', start, start + CHAIN_DIGITS);
      const json = bytes.toString('utf8', start + CHAIN_DIGITS + 1, end);
      const chain = chainOf(this.#chain, json);
      if (line === 1) requireVersion(json, file);
      if (claimed !== chain || bytes[start + CHAIN_DIGITS] !== 32) {
        throw corrupt(file, `line ${line} is not what was written, or a line before it is missing`);
      }
      // A segment's first line is no record.
      if (line > 1) {
        yield { index: this.#index, record: JSON.parse(json), chain };
        this.#index++;
      }
      this.#chain = chain;
      this.#numLines = line;
      this.#numBytes += end + 1 - start;
      start = end + 1;
    }
  }
}

function takeTail(tail: TornTail, onTorn: ReadTapeOptions['onTorn']): void {
  if (onTorn !== undefined) {
    onTorn(tail);
    return;
  }
  throw new StorageError(
    'torn-tail',
    `"${tail.file}" ends in ${tail.numBytes} bytes of a line that was cut off; market-gym tape verify --repair removes them.`,
  );
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

/** Reads and verifies all of a tape. @throws StorageError as `readTape`; a torn tail is reported, not thrown */
export function summarizeTape(path: string): TapeSummary {
  const kinds: Record<string, number> = {};
  let torn: TornTail | undefined;
  let fromMs: number | undefined;
  let toMs: number | undefined;
  const reader = new TapeReader(path);
  const onTorn = (tail: TornTail): void => {
    torn = tail;
  };
  for (const { record } of reader.read({ onTorn })) {
    const [kind, timeMs] = record;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    fromMs ??= timeMs;
    toMs = timeMs;
  }
  const { numRecords, chain, numSegments } = reader;
  let numBytes = 0;
  const first = firstPlace(path)?.segment ?? 1;
  for (let number = first; number <= numSegments; number++) numBytes += segmentSize(path, number);
  return { numRecords, numSegments, numBytes, fromMs, toMs, kinds, chain, torn };
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
