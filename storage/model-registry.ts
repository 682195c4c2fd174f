/** Registers every trained model with its versions and stages: an SQLite index over directories of verified files. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../core/errors.ts';
import { suggestion } from '../core/nearest.ts';
import type { Json } from '../core/snapshot.ts';
import { attempt, makeDirectory } from './atomic.ts';
import { inTransaction, openDatabase } from './database.ts';
import { stringifyExact } from './exact-json.ts';
import {
  type ModelArtifact,
  type ModelDetails,
  type ModelFiles,
  type ModelManifest,
  readArtifact,
  type SealedManifest,
  sealModel,
  writeArtifact,
} from './model-artifact.ts';
import type { SqlDatabase } from './postgres/sql.ts';

/** `candidate`: saved, not chosen; `champion`: in use, one a name; `archived`: out of use, kept. */
export type ModelStage = 'candidate' | 'champion' | 'archived';

export interface ModelRecord {
  /** `NAME@VERSION`. */
  readonly id: string;
  readonly name: string;
  /** Counts from 1 within a name. */
  readonly version: number;
  readonly stage: ModelStage;
  /** SHA-256 of the manifest: the artifact's directory is named after it. */
  readonly artifact: string;
  readonly manifest: ModelManifest;
}

/** Something that happened to a model: `saved`, `promoted`, `archived`, `imported`, or what a caller notes. */
export interface ModelEvent {
  readonly id: string;
  /** UTC epoch. */
  readonly timeMs: number;
  readonly action: string;
  /** Why: test results, a reason in words. */
  readonly evidence: Json;
}

/** What `verify` found wrong. */
export interface ModelDefect {
  readonly id: string;
  readonly problem: string;
}

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE models (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('candidate', 'champion', 'archived')),
    artifact TEXT NOT NULL,
    manifest TEXT NOT NULL,
    UNIQUE (name, version)
  );
  CREATE UNIQUE INDEX one_champion ON models (name) WHERE stage = 'champion';
  CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL REFERENCES models (id),
    time_ms REAL NOT NULL,
    action TEXT NOT NULL,
    evidence TEXT NOT NULL
  );
`;

interface Row {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly stage: ModelStage;
  readonly artifact: string;
  readonly manifest: string;
}

/**
 * The layout: `registry.db`, and `artifacts/<hash>/` with each model's manifest and files. An artifact is complete on
 * the disk before the index names it, so a crash leaves at worst an artifact that nobody names. Several processes may
 * use one registry at a time.
 *
 * A model is named by `NAME@VERSION`, `NAME@champion`, or `NAME`: its champion, or the latest version where there is none.
 */
export class ModelRegistry {
  readonly path: string;
  readonly #artifacts: string;
  readonly #db: SqlDatabase;

  /**
   * Opens the registry in a directory.
   * @param create makes it where there is none
   * @throws StorageError `no-registry`, `corrupt`, `unsupported-version`, `write-failed`
   */
  constructor(path: string, { create = false }: { create?: boolean } = {}) {
    const file = join(path, 'registry.db');
    if (!create && !existsSync(file)) {
      throw new StorageError(
        'no-registry',
        `"${path}" holds no model registry: there is no registry.db in it. Name another --registry.`,
      );
    }
    this.path = path;
    this.#artifacts = join(path, 'artifacts');
    makeDirectory(this.#artifacts);
    this.#db = openDatabase(file, { schema: SCHEMA, version: SCHEMA_VERSION, what: 'registry' });
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Stores a model as the next version of its name, a candidate.
   * @param origin where it comes from, for the list of events; nothing for one that was just trained
   * @throws StorageError as `sealModel`, `write-failed`, `busy`
   */
  save(details: ModelDetails, files: ModelFiles, origin?: Json): ModelRecord {
    const sealed = sealModel(details, files);
    return this.#write(() => {
      this.#storeArtifact(sealed, files);
      const { name } = details;
      const last = this.#db.prepare('SELECT max(version) AS last FROM models WHERE name = ?').get(name);
      const version = ((last as { last: number | null }).last ?? 0) + 1;
      const id = `${name}@${version}`;
      this.#db
        .prepare(
          'INSERT INTO models (id, name, version, stage, artifact, manifest) VALUES (?, ?, ?, ?, ?, ?)',
        )
        .run(id, name, version, 'candidate', sealed.hash, sealed.text);
      this.#note(id, details.createdMs, origin === undefined ? 'saved' : 'imported', origin ?? null);
      return this.get(id);
    });
  }

  /** @throws StorageError `unknown-model` with the nearest id, `corrupt`, `read-failed` */
  load(reference: string): ModelArtifact & { record: ModelRecord } {
    const record = this.get(reference);
    const { manifest, files } = readArtifact(this.#pathOf(record.artifact), record.artifact);
    return { record, manifest, files };
  }

  /** @throws StorageError `unknown-model` with the nearest id */
  get(reference: string): ModelRecord {
    const [name, version] = reference.split('@');
    const row =
      version === undefined
        ? this.#row(`name = ? ORDER BY stage = 'champion' DESC, version DESC`, name)
        : version === 'champion'
          ? this.#row(`name = ? AND stage = 'champion'`, name)
          : this.#row('id = ?', reference);
    if (row !== undefined) return toRecord(row);
    if (version === 'champion' && this.list(name).length > 0) {
      throw new StorageError(
        'unknown-model',
        `Model "${name}" has no champion in "${this.path}"; choose one with market-gym models promote ${name}@VERSION --reason WHY.`,
      );
    }
    const records = this.list();
    const known = [...new Set(records.flatMap((record) => [record.id, record.name]))];
    throw new StorageError(
      'unknown-model',
      `No model "${reference}" in "${this.path}".${suggestion(version === 'champion' ? name : reference, known)}`,
    );
  }

  /** All models, or the versions of one name, by name and version. */
  list(name?: string): ModelRecord[] {
    const where = name === undefined ? '' : 'WHERE name = ?';
    const statement = this.#db.prepare(`SELECT * FROM models ${where} ORDER BY name, version`);
    return (name === undefined ? statement.all() : statement.all(name)).map((row) => toRecord(row as Row));
  }

  /**
   * Makes a model the champion of its name; the one before is archived.
   * @throws StorageError `unknown-model`, `busy`, `corrupt` when its files are not what was saved
   */
  promote(reference: string, timeMs: number, evidence: Json): ModelRecord {
    this.load(reference);
    return this.#write(() => {
      const { id, name } = this.get(reference);
      const before = this.#row(`name = ? AND stage = 'champion'`, name);
      if (before !== undefined && before.id !== id) {
        this.#setStage(before.id, 'archived');
        this.#note(before.id, timeMs, 'archived', { succeededBy: id });
      }
      this.#setStage(id, 'champion');
      this.#note(id, timeMs, 'promoted', evidence);
      return this.get(id);
    });
  }

  /** Takes a model out of use; its files stay. @throws StorageError `unknown-model`, `busy` */
  archive(reference: string, timeMs: number, evidence: Json): ModelRecord {
    return this.#write(() => {
      const { id } = this.get(reference);
      this.#setStage(id, 'archived');
      this.#note(id, timeMs, 'archived', evidence);
      return this.get(id);
    });
  }

  /** Keeps what happened to a model, such as a rejection, with its evidence. @throws StorageError `unknown-model`, `busy` */
  note(reference: string, timeMs: number, action: string, evidence: Json): void {
    this.#write(() => this.#note(this.get(reference).id, timeMs, action, evidence));
  }

  /** What happened to a model, or to all, the oldest first. */
  events(reference?: string): ModelEvent[] {
    const where = reference === undefined ? '' : 'WHERE id = ?';
    const statement = this.#db.prepare(`SELECT * FROM events ${where} ORDER BY number`);
    const rows = reference === undefined ? statement.all() : statement.all(this.get(reference).id);
    return (rows as { id: string; time_ms: number; action: string; evidence: string }[]).map((row) => ({
      id: row.id,
      timeMs: row.time_ms,
      action: row.action,
      evidence: JSON.parse(row.evidence),
    }));
  }

  /**
   * Copies a model into a directory of its own, which `import` takes.
   * @throws StorageError `unknown-model`, `corrupt`, `exists` when the path is taken, `write-failed`
   */
  export(reference: string, path: string): ModelRecord {
    if (existsSync(path)) {
      throw new StorageError(
        'exists',
        `"${path}" is there already; choose another path for the exported model.`,
      );
    }
    const { record, files } = this.load(reference);
    const row = this.#row('id = ?', record.id);
    writeArtifact(path, { text: row?.manifest ?? '', hash: record.artifact }, files);
    return record;
  }

  /** Stores an exported model as the next version of its name. @throws StorageError as `readArtifact` and `save` */
  import(path: string): ModelRecord {
    const { manifest, files } = readArtifact(path);
    const { format, formatVersion, files: _, ...details } = manifest;
    return this.save(details, files, { path });
  }

  /**
   * Reads every byte of every model.
   * @returns what is wrong, and how many artifacts no model names: what saves left that were cut off
   */
  verify(): { numModels: number; defects: ModelDefect[]; numUnreferenced: number } {
    const records = this.list();
    const defects = records.flatMap(({ id, artifact }) => {
      try {
        readArtifact(this.#pathOf(artifact), artifact);
        return [];
      } catch (error) {
        if (error instanceof StorageError) return [{ id, problem: error.message }];
        throw error;
      }
    });
    return { numModels: records.length, defects, numUnreferenced: this.#unreferenced().length };
  }

  /** Removes what saves left that were cut off. @returns how many directories it removed */
  prune(): number {
    return this.#write(() => {
      const names = this.#unreferenced();
      for (const name of names) {
        attempt('write', this.#pathOf(name), () => rmSync(this.#pathOf(name), { recursive: true }));
      }
      return names.length;
    });
  }

  #unreferenced(): string[] {
    const referenced = new Set(this.list().map(({ artifact }) => artifact));
    return readdirSync(this.#artifacts).filter((name) => !referenced.has(name));
  }

  #pathOf(artifact: string): string {
    return join(this.#artifacts, artifact);
  }

  /** Equal content has one artifact; a damaged one is written anew. Needs the lock: two may save the same model. */
  #storeArtifact(sealed: SealedManifest, files: ModelFiles): void {
    const path = this.#pathOf(sealed.hash);
    try {
      readArtifact(path, sealed.hash);
    } catch {
      writeArtifact(path, sealed, files);
    }
  }

  #row(condition: string, parameter: string): Row | undefined {
    return this.#db.prepare(`SELECT * FROM models WHERE ${condition} LIMIT 1`).get(parameter) as
      | Row
      | undefined;
  }

  #setStage(id: string, stage: ModelStage): void {
    this.#db.prepare('UPDATE models SET stage = ? WHERE id = ?').run(stage, id);
  }

  #note(id: string, timeMs: number, action: string, evidence: Json): void {
    this.#db
      .prepare('INSERT INTO events (id, time_ms, action, evidence) VALUES (?, ?, ?, ?)')
      .run(id, timeMs, action, stringifyExact(evidence, 'an event'));
  }

  /** One write transaction: it waits for its turn, and happens as a whole or not at all. */
  #write<Result>(operation: () => Result): Result {
    return inTransaction(this.#db, this.path, 'registry', operation);
  }
}

function toRecord({ id, name, version, stage, artifact, manifest }: Row): ModelRecord {
  return { id, name, version, stage, artifact, manifest: JSON.parse(manifest) };
}
