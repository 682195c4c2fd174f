/** Keeps what was downloaded, part by part, each whole or not there: a download that was cut off goes on behind the last. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { attempt, makeDirectory, writeFileAtomic } from '../../../storage/atomic.ts';

/** A part that has arrived and is not yet there. */
export interface Received {
  readonly sha256: string;
  /** Up to 256 bytes. */
  readonly begin: Uint8Array;
  keep(): void;
  discard(): void;
}

export class PartStore {
  /** A folder; made with the first part. */
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Names of all parts, sorted. */
  list(): string[] {
    if (!existsSync(this.#folder)) return [];
    return attempt('read', this.#folder, () =>
      readdirSync(this.#folder)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    );
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  /** @throws StorageError `read-failed` */
  read(name: string): Uint8Array {
    return attempt('read', this.path(name), () => readFileSync(this.path(name)));
  }

  /** SHA-256 of a part, which need not fit in memory. @throws StorageError `read-failed` */
  async hash(name: string): Promise<string> {
    const hash = createHash('sha256');
    for await (const block of createReadStream(this.path(name))) hash.update(block as Uint8Array);
    return hash.digest('hex');
  }

  /** Writes blocks beside the parts; the part is there once it is kept. @throws StorageError `write-failed` */
  async receive(name: string, blocks: AsyncIterable<Uint8Array>): Promise<Received> {
    makeDirectory(this.#folder);
    const path = join(this.#folder, `.${name}.partial`);
    const hash = createHash('sha256');
    let begin: Uint8Array = new Uint8Array(0);
    const file = attempt('write', path, () => openSync(path, 'w'));
    try {
      for await (const block of blocks) {
        if (begin.length === 0) begin = block.slice(0, 256);
        hash.update(block);
        attempt('write', path, () => writeSync(file, block));
      }
      attempt('write', path, () => fsyncSync(file));
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
    return {
      sha256: hash.digest('hex'),
      begin,
      keep: () => attempt('write', path, () => renameSync(path, this.path(name))),
      discard: () => rmSync(path, { force: true }),
    };
  }

  /** @throws StorageError `write-failed` */
  write(name: string, content: Uint8Array | string): void {
    makeDirectory(this.#folder);
    writeFileAtomic(this.path(name), content);
  }
}

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');
