/** Writes a tape: one writer at a time, whose lines are on the disk before anybody acts on them. */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { StorageError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import { attempt, makeDirectory } from './atomic.ts';
import type { FolderLock } from './folder-lock.ts';
import { TapeReader, type TapeRecord, type TornTail } from './tape.ts';
import { lockTape } from './tape-lock.ts';
import { chainOf, compressedFile, FORMAT_VERSION, listSegments, ORIGIN, plainFile } from './tape-segments.ts';

export interface TapeWriterOptions {
  /** A segment past this many bytes is finished. Default 64 MiB. */
  segmentBytes?: number;
  /** Lines are collected up to this many characters before they are written. Default 65,536. */
  bufferChars?: number;
  /**
   * What is there already is not read now: the tape is locked, and `resume` says where it ends before anything is added.
   */
  isRead?: boolean;
}

/** Appends to a tape; one writer at a time. */
export class TapeWriter {
  #torn: TornTail | undefined;
  readonly #path: string;
  readonly #segmentBytes: number;
  readonly #bufferChars: number;
  readonly #lock: FolderLock;
  /** Of the directory: whoever put another in its place must not find our segments in it. */
  readonly #directory: number;
  #failure: string | undefined;
  readonly #compressions = new Set<Promise<void>>();
  /** The disk is being waited for in the background: the file stays open until then. */
  #syncing: Promise<void> | undefined;
  #syncFailure: Error | null = null;
  #closing: Promise<void> | undefined;
  /** −1 while no segment is open. */
  #file = -1;
  #segment = 0;
  #bytes = 0;
  /** Records of the segment, or 1 where they were there before. */
  #numInSegment = 0;
  #buffer = '';
  #chain = ORIGIN;
  #index = 0;

  /**
   * Opens a tape to go on with, or begins one.
   * @param path a directory; made where it is missing
   * @throws StorageError `tape-in-use`, `corrupt`, `foreign`, `unsupported-version`, `write-failed`, `read-failed`
   */
  constructor(
    path: string,
    { segmentBytes = 64 << 20, bufferChars = 65_536, isRead = false }: TapeWriterOptions = {},
  ) {
    this.#path = path;
    this.#segmentBytes = segmentBytes;
    this.#bufferChars = bufferChars;
    makeDirectory(path);
    this.#directory = attempt('read', path, () => statSync(path).ino);
    this.#lock = lockTape(path);
    if (isRead) return;
    try {
      const reader = new TapeReader(path);
      let torn: TornTail | undefined;
      const onTorn = (tail: TornTail): void => {
        torn = tail;
      };
      for (const _ of reader.read({ onTorn })) {
        // Reading proves it.
      }
      this.resume(reader, torn);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  /** What a crash left at the end and opening cut off, if anything. */
  get torn(): TornTail | undefined {
    return this.#torn;
  }

  /**
   * Goes on where a reading of this tape has ended; once, before anything is added.
   * @param torn what the reader found at the end that is no whole line; it is cut off
   * @throws StorageError `write-failed`
   */
  resume(reader: TapeReader, torn: TornTail | undefined): void {
    this.#torn = torn;
    this.#index = reader.numRecords;
    this.#chain = reader.chain;
    const segments = listSegments(this.#path);
    this.#removeLeftOvers(segments);
    const last = segments.at(-1);
    if (last === undefined) this.#beginSegment(1);
    else if (last.isCompressed) this.#beginSegment(last.number + 1);
    else this.#continueSegment(last.number, torn?.numBytes ?? 0);
  }

  /** Why nothing is written any more, since a write failed; undefined while all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Records so far. */
  get numRecords(): number {
    return this.#index;
  }

  /** The chain up to the last record: whoever keeps it can prove the tape later. */
  get chain(): string {
    return this.#chain;
  }

  /**
   * Adds a record; it is on its way to the disk after `flush`, and survives the end of this process from then on. Once a
   * write has failed nothing is added any more: what is on the disk stays whole up to there.
   * @throws StorageError `write-failed`, `tape-replaced`, the first time
   */
  append(record: TapeRecord): void {
    if (this.#failure !== undefined) return;
    this.#add(record);
    if (this.#buffer.length >= this.#bufferChars) this.flush();
  }

  /**
   * Adds a record that is the first of a segment, so that a reading may begin with it.
   * @throws StorageError as `append`
   */
  appendFirst(record: TapeRecord): void {
    this.#orFail(() => {
      this.#flush();
      if (this.#numInSegment > 0) this.#nextSegment();
      this.#add(record);
      this.#flush();
    });
  }

  /** @throws StorageError `write-failed`, `tape-replaced`, the first time */
  flush(): void {
    this.#orFail(() => this.#flush());
  }

  /** Runs a write; one that fails is the last. */
  #orFail(write: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      write();
    } catch (error) {
      this.#failure = (error as Error).message;
      this.#buffer = '';
      throw error;
    }
  }

  #flush(): void {
    if (this.#buffer.length > 0) {
      this.#requireOwn();
      const lines = Buffer.from(this.#buffer);
      this.#buffer = '';
      attempt('write', this.#path, () => {
        for (let written = 0; written < lines.length; ) {
          written += writeSync(this.#file, lines, written);
        }
      });
      this.#bytes += lines.length;
    }
    if (this.#bytes >= this.#segmentBytes) this.#nextSegment();
  }

  #nextSegment(): void {
    this.#finishSegment();
    this.#beginSegment(this.#segment + 1);
  }

  /** Flushes, and waits until the disk has it: survives the end of the machine. */
  sync(): void {
    this.#orFail(() => {
      this.#flush();
      attempt('write', this.#path, () => fdatasyncSync(this.#file));
    });
  }

  /**
   * Flushes, and brings it to the disk without waiting for it: a disk may take its time, and this process has none.
   * @throws StorageError `write-failed`, also when the last one could not be finished
   */
  syncInBackground(): void {
    if (this.#failure !== undefined) return;
    this.#orFail(() => {
      this.#flush();
      attempt('write', this.#path, () => {
        if (this.#syncFailure !== null) throw this.#syncFailure;
      });
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
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    try {
      await this.#syncing;
      this.sync();
      await Promise.allSettled(this.#compressions);
    } finally {
      this.abandon();
    }
  }

  /** Lets go of the tape at once, and leaves it as it is on the disk: for callers that opened it and cannot begin. */
  abandon(): void {
    const file = this.#file;
    this.#file = -1;
    try {
      if (file >= 0) closeSync(file);
    } catch {
      // A disk may say only now that it failed; all that matters was asked for by `sync`.
    } finally {
      this.#lock.release();
    }
  }

  /** What a crash left of compressions. */
  #removeLeftOvers(segments: ReturnType<typeof listSegments>): void {
    for (const { number, isCompressed } of segments) {
      const leftOver = isCompressed ? plainFile(this.#path, number) : temporaryFile(this.#path, number);
      attempt('write', leftOver, () => rmSync(leftOver, { force: true }));
    }
  }

  #add(record: TapeRecord): void {
    this.#line(record);
    this.#index++;
    this.#numInSegment++;
  }

  #line(record: readonly Json[]): void {
    const json = JSON.stringify(record);
    this.#chain = chainOf(this.#chain, json);
    this.#buffer += `${this.#chain} ${json}\n`;
  }

  /** @throws StorageError `tape-replaced` when the segment, its folder or its lock is not the one that was opened */
  #requireOwn(): void {
    const isThere = () =>
      fstatSync(this.#file).nlink > 0 && statSync(this.#path).ino === this.#directory && this.#lock.isHeld();
    try {
      if (isThere()) return;
    } catch {
      // The folder is gone.
    }
    throw new StorageError(
      'tape-replaced',
      `"${this.#path}" was removed, moved or replaced while it was written; begin another tape, and leave its folder alone.`,
    );
  }

  #beginSegment(number: number): void {
    this.#segment = number;
    this.#bytes = 0;
    this.#numInSegment = 0;
    const file = plainFile(this.#path, number);
    this.#file = attempt('write', file, () => openSync(file, 'ax'));
    this.#line(['tape', FORMAT_VERSION, number, this.#chain]);
  }

  #continueSegment(number: number, numTornBytes: number): void {
    const file = plainFile(this.#path, number);
    this.#segment = number;
    attempt('write', file, () => {
      this.#bytes = statSync(file).size - numTornBytes;
      this.#file = openSync(file, 'r+');
      ftruncateSync(this.#file, this.#bytes);
      closeSync(this.#file);
      this.#file = -1;
      this.#file = openSync(file, 'a');
    });
    this.#numInSegment = 1;
    if (this.#bytes === 0) this.#line(['tape', FORMAT_VERSION, number, this.#chain]);
  }

  #finishSegment(): void {
    const file = this.#file;
    attempt('write', this.#path, () => fdatasyncSync(file));
    this.#file = -1;
    if (this.#syncing === undefined) closeSync(file);
    else this.#syncing.then(() => closeSync(file));
    const compression = compress(this.#path, this.#segment);
    this.#compressions.add(compression);
    // A segment that could not be compressed is as good without it.
    compression.catch(() => {}).finally(() => this.#compressions.delete(compression));
  }
}

/**
 * The compressed file appears whole, on the disk, and then replaces the plain one: whoever reads finds one of them.
 * Piece by piece: a segment is large.
 */
async function compress(path: string, number: number): Promise<void> {
  const file = plainFile(path, number);
  const temporary = temporaryFile(path, number);
  await pipeline(createReadStream(file), createGzip(), createWriteStream(temporary, { flush: true }));
  await rename(temporary, compressedFile(path, number));
  await rm(file);
}

function temporaryFile(path: string, number: number): string {
  return `${compressedFile(path, number)}.tmp`;
}
