/** Keeps bytes by their hash for all machines: in parts in the database, or in a folder that all of them see. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../../core/errors.ts';
import { attempt, makeDirectory, writeFileAtomic } from '../../storage/atomic.ts';
import { sha256 } from '../../storage/exact-json.ts';
import type { PostgresServer } from '../../storage/postgres/server.ts';
import { SCHEMA } from './schema.ts';

/** An owner is a name with slashes; what it owns goes with it. */
export interface Artifacts {
  /** @returns its SHA-256, by which it is got again */
  put(owner: string, bytes: Uint8Array): Promise<string>;
  has(owner: string, hash: string): Promise<boolean>;
  /** @throws StorageError `corrupt` where it is not what was put, or not there */
  get(owner: string, hash: string): Promise<Uint8Array>;
  /** Removes one of an owner's, or all, and of whatever lies below it. */
  remove(owner: string, hash?: string): Promise<void>;
}

const PART_BYTES = 1 << 20;
/** The part that says that all others are there: it holds their number. */
const LAST = -1;

export class DatabaseArtifacts implements Artifacts {
  readonly #server: PostgresServer;

  constructor(server: PostgresServer) {
    this.#server = server;
  }

  async put(owner: string, bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    const numParts = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
    const partAt = (part: number): Buffer => {
      const content = bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
      return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    };
    const insert = `INSERT INTO ${SCHEMA}.parts (owner, sha256, part, bytes) VALUES ($1, $2, $3, $4)`;
    for (let part = 0; part < numParts - 1; part++) {
      await this.#server.query(`${insert} ON CONFLICT DO NOTHING`, [owner, hash, part, partAt(part)]);
    }
    // The last part and the word that it is the last are one statement: what is there is whole.
    await this.#server.query(`${insert}, ($1, $2, ${LAST}, $5) ON CONFLICT DO NOTHING`, [
      ...[owner, hash, numParts - 1, partAt(numParts - 1)],
      Buffer.from(String(numParts)),
    ]);
    return hash;
  }

  async has(owner: string, hash: string): Promise<boolean> {
    const rows = await this.#server.query(
      `SELECT 1 FROM ${SCHEMA}.parts WHERE owner = $1 AND sha256 = $2 AND part = ${LAST}`,
      [owner, hash],
    );
    return rows.length > 0;
  }

  async get(owner: string, hash: string): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const [row] = await this.#server.query(
        `SELECT bytes FROM ${SCHEMA}.parts WHERE owner = $1 AND sha256 = $2 AND part = $3`,
        [owner, hash, parts.length],
      );
      if (row === undefined) break;
      parts.push(row.bytes);
    }
    return requireHash(Buffer.concat(parts), hash, `${this.#server.name}: ${owner}`);
  }

  async remove(owner: string, hash?: string): Promise<void> {
    if (hash !== undefined) {
      await this.#server.query(`DELETE FROM ${SCHEMA}.parts WHERE owner = $1 AND sha256 = $2`, [owner, hash]);
      return;
    }
    await this.#server.query(
      `DELETE FROM ${SCHEMA}.parts WHERE owner = $1 OR (owner >= $1 || '/' AND owner < $1 || '0')`,
      [owner],
    );
  }
}

export class FolderArtifacts implements Artifacts {
  readonly #folder: string;

  /** @param folder the same for all machines, by whatever path each of them has it */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(owner: string, bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    makeDirectory(this.#placeOf(owner));
    const file = join(this.#placeOf(owner), hash);
    if (!existsSync(file)) writeFileAtomic(file, bytes);
    return hash;
  }

  async has(owner: string, hash: string): Promise<boolean> {
    return existsSync(join(this.#placeOf(owner), hash));
  }

  async get(owner: string, hash: string): Promise<Uint8Array> {
    const file = join(this.#placeOf(owner), hash);
    return requireHash(
      attempt('read', file, () => readFileSync(file)),
      hash,
      file,
    );
  }

  async remove(owner: string, hash?: string): Promise<void> {
    const place = this.#placeOf(owner);
    rmSync(hash === undefined ? place : join(place, hash), { recursive: true, force: true });
  }

  #placeOf(owner: string): string {
    return join(this.#folder, ...owner.split('/'));
  }
}

function requireHash(bytes: Uint8Array, hash: string, place: string): Uint8Array {
  if (sha256(bytes) === hash) return bytes;
  throw new StorageError(
    'corrupt',
    `${place} does not hold the bytes of ${hash.slice(0, 8)}: a part of them is missing or has changed.`,
  );
}
