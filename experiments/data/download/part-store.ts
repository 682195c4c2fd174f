/** Keeps what was downloaded, part by part, each whole or not there: a download that was cut off goes on behind the last. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, makeDirectory, writeFileAtomic } from '../../../storage/atomic.ts';

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

  /** @throws StorageError `write-failed` */
  write(name: string, content: Uint8Array | string): void {
    makeDirectory(this.#folder);
    writeFileAtomic(this.path(name), content);
  }
}

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');
