/** Reads a file piece by piece, and finds out when it does not stay the same file. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { StorageError } from '../core/errors.ts';
import { attempt } from './atomic.ts';
import { requireRegularFile } from './regular-file.ts';

/** Bytes that are hashed at a time. */
const PIECE = 1 << 20;

export class StableFile {
  readonly #path: string;
  readonly #stats: Stats;

  /** @throws StorageError `read-failed`; `not-a-file` for a link, a pipe or a device, before it is opened */
  constructor(path: string) {
    this.#path = path;
    requireRegularFile(path);
    this.#stats = this.#open((file) => fstatSync(file));
  }

  get size(): number {
    return this.#stats.size;
  }

  /** Of the whole file, hexadecimal. @throws as `readInto` */
  sha256(): string {
    const hash = createHash('sha256');
    const piece = new Uint8Array(Math.min(PIECE, this.size));
    this.#open((file) => {
      for (let begin = 0; begin < this.size; begin += piece.length) {
        const part = piece.subarray(0, Math.min(piece.length, this.size - begin));
        this.#fill(part, file, begin);
        hash.update(part);
      }
    });
    return hash.digest('hex');
  }

  /**
   * Fills `target` with the bytes from `begin` on.
   * @throws StorageError `read-failed`; `changed` when the file was replaced, written to or cut off since it was opened
   */
  readInto(target: Uint8Array, begin: number): void {
    this.#open((file) => this.#fill(target, file, begin));
  }

  #open<Result>(read: (file: number) => Result): Result {
    return attempt('read', this.#path, () => {
      const file = openSync(this.#path, 'r');
      try {
        return read(file);
      } finally {
        closeSync(file);
      }
    });
  }

  #fill(target: Uint8Array, file: number, begin: number): void {
    let filled = 0;
    while (filled < target.length) {
      const length = Math.min(target.length - filled, 1 << 30);
      const numRead = readSync(file, target, filled, length, begin + filled);
      if (numRead === 0) throw this.#changed();
      filled += numRead;
    }
    const { ino, size, mtimeMs } = fstatSync(file);
    if (ino !== this.#stats.ino || size !== this.size || mtimeMs !== this.#stats.mtimeMs)
      throw this.#changed();
  }

  #changed(): StorageError {
    return new StorageError(
      'changed',
      `"${this.#path}" changed while it was read. Stop what writes to it, then try again.`,
    );
  }
}
