/** Counts what was tried: one SQLite file to which every training, fit and comparison appends a row, and nothing is taken away. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StorageError } from '../core/errors.ts';
import { makeDirectory } from './atomic.ts';
import { databaseError, inTransaction, openDatabase } from './database.ts';
import { describeServer, isPostgresUrl } from './postgres/address.ts';
import type { SqlDatabase } from './postgres/sql.ts';
import { openServerDatabase } from './postgres/statements.ts';
import {
  type KnownAxes,
  readSeries,
  SERIES_SCHEMA,
  type StoredSeries,
  storeSeries,
} from './trials/series.ts';
import type {
  Look,
  TrialEntry,
  TrialKind,
  TrialPlace,
  TrialRow,
  TrialSeries,
  TrialsOnPlace,
} from './trials/trial.ts';

const SCHEMA_VERSION = 1;
const SCHEMA = `
  ${SERIES_SCHEMA}
  CREATE TABLE places (
    id INTEGER PRIMARY KEY,
    data TEXT NOT NULL,
    from_ms REAL NOT NULL,
    to_ms REAL NOT NULL,
    num_rows INTEGER NOT NULL DEFAULT 0,
    num_configurations INTEGER NOT NULL DEFAULT 0,
    UNIQUE (data, from_ms, to_ms)
  );
  CREATE TABLE trials (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ms REAL NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    place INTEGER REFERENCES places (id),
    source TEXT NOT NULL,
    configuration TEXT NOT NULL,
    configuration_key INTEGER NOT NULL,
    seeds TEXT NOT NULL,
    led_to TEXT NOT NULL,
    validation_axis TEXT,
    validation_exposure REAL,
    test_axis TEXT,
    test_exposure REAL,
    validation BLOB,
    test BLOB
  );
  CREATE INDEX trials_by_place ON trials (place, configuration_key);
  CREATE TABLE looks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ms REAL NOT NULL,
    place INTEGER NOT NULL REFERENCES places (id),
    configuration TEXT NOT NULL,
    configuration_key INTEGER NOT NULL,
    seeds TEXT NOT NULL,
    verdict TEXT NOT NULL
  );
  CREATE INDEX looks_by_place ON looks (place, configuration_key);
`;

/** Configurations whose returns a look-up reads. */
const SAMPLE_SIZE = 100;
/** Rows whose returns a look-up reads at most: a hundred configurations with twenty seeds each. */
const MAX_ROWS = 2000;
/** Hexadecimal digits of a configuration's hash that tell it apart in the index: 52 bits, which a double holds. */
const KEY_DIGITS = 13;

interface StoredRow {
  readonly number: number;
  readonly time_ms: number;
  readonly kind: TrialKind;
  readonly label: string;
  readonly data: string | null;
  readonly from_ms: number | null;
  readonly to_ms: number | null;
  readonly source: string;
  readonly configuration: string;
  readonly seeds: string;
  readonly led_to: string;
  readonly num_validation: number | null;
  readonly num_test: number | null;
  readonly verdict: string | null;
}

/**
 * Several processes may append to one ledger at a time; what `append` has returned from is on the disk. There is no way
 * to take a row away: a run that is deleted leaves its own.
 */
export class TrialLedger {
  readonly path: string;
  readonly #db: SqlDatabase;

  /**
   * @param path of the file, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`
   * @param options for a file that is missing or in use
   * @param options.create makes the file, and its folder, where there is none
   * @param options.lockTimeoutMs how long to wait for another process that writes. Default 10 s.
   * @throws StorageError `no-ledger`, `busy`, `corrupt`, `unsupported-version`, `write-failed`
   */
  constructor(
    path: string,
    { create = false, lockTimeoutMs = 10_000 }: { create?: boolean; lockTimeoutMs?: number } = {},
  ) {
    const missing = (place: string): StorageError =>
      new StorageError(
        'no-ledger',
        `There is no ledger "${place}": nothing has been tried from this folder. Name another --ledger.`,
      );
    if (isPostgresUrl(path)) {
      this.path = describeServer(path);
      const tables = { name: 'market_gym_ledger', schema: SCHEMA, version: SCHEMA_VERSION };
      this.#db = openServerDatabase(path, { ...tables, create, missing, timeoutMs: lockTimeoutMs });
      return;
    }
    if (!create && !existsSync(path)) throw missing(path);
    makeDirectory(dirname(path));
    this.path = path;
    this.#db = openDatabase(path, { schema: SCHEMA, version: SCHEMA_VERSION, what: 'ledger', lockTimeoutMs });
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Appends rows, all or none.
   * @returns the number of the last
   * @throws StorageError `busy`, `write-failed`
   */
  append(...entries: readonly TrialEntry[]): number {
    return inTransaction(this.#db, this.path, 'ledger', () => {
      let last = 0;
      for (const entry of entries) last = this.#insert(entry);
      return last;
    });
  }

  /**
   * The same, without the rows of which there is one already, time and source apart: what was handed in twice is counted once.
   * @returns how many were new
   * @throws StorageError `busy`, `write-failed`
   */
  appendNew(...entries: readonly TrialEntry[]): number {
    return inTransaction(this.#db, this.path, 'ledger', () => {
      const isNew = entries.filter((entry) => !this.#has(entry));
      for (const entry of isNew) this.#insert(entry);
      return isNew.length;
    });
  }

  #has({ place, configuration, seeds, ledTo, kind, validation, test }: TrialEntry): boolean {
    const parameters = [keyOf(configuration), configuration, JSON.stringify(seeds), ledTo, kind];
    const presence = [validation, test].map((series) => (series === undefined ? 'IS NULL' : 'IS NOT NULL'));
    const found = this.#db
      .prepare(
        `SELECT 1 FROM trials WHERE place ${place === undefined ? 'IS NULL' : '= ?'} AND configuration_key = ? AND configuration = ?
           AND seeds = ? AND led_to = ? AND kind = ? AND validation ${presence[0]} AND test ${presence[1]} LIMIT 1`,
      )
      .get(...(place === undefined ? [] : [this.#placeId(place)]), ...parameters);
    return found !== undefined;
  }

  /** Keeps that somebody was shown a test span. @throws StorageError `busy`, `write-failed` */
  look({ timeMs, place, configuration, seeds, verdict }: Look): void {
    inTransaction(this.#db, this.path, 'ledger', () => {
      this.#db
        .prepare(
          'INSERT INTO looks (time_ms, place, configuration, configuration_key, seeds, verdict) VALUES (?, ?, ?, ?, ?, ?)',
        )
        .run(
          timeMs,
          this.#placeId(place),
          configuration,
          keyOf(configuration),
          JSON.stringify(seeds),
          verdict,
        );
    });
  }

  /**
   * What was tried and looked at on the same data at the same time.
   * @param include configurations whose returns are wanted whatever the sample
   * @throws StorageError `corrupt`, `write-failed`
   */
  trialsOn(
    { data, fromMs, toMs }: TrialPlace,
    { sampleSize = SAMPLE_SIZE, include = [] }: { sampleSize?: number; include?: readonly string[] } = {},
  ): TrialsOnPlace {
    return this.#read(() => {
      const places = this.#db
        .prepare(
          'SELECT id, num_rows, num_configurations FROM places WHERE data = ? AND from_ms <= ? AND to_ms >= ?',
        )
        .all(data, toMs, fromMs) as { id: number; num_rows: number; num_configurations: number }[];
      // Numbers of this file's own.
      const onPlace = `place IN (${places.map(({ id }) => id).join() || 'NULL'})`;
      const countDistinct = (): number => {
        const statement = `SELECT count(DISTINCT configuration_key) AS count FROM trials WHERE ${onPlace}`;
        return (this.#db.prepare(statement).get() as { count: number }).count;
      };
      const drawn = this.#db
        .prepare(
          `SELECT configuration_key AS key FROM trials WHERE ${onPlace} GROUP BY key ORDER BY key LIMIT ?`,
        )
        .all(sampleSize) as { key: number }[];
      const keys = new Set([...drawn.map(({ key }) => key), ...include.map(keyOf)]);
      return {
        numConfigurations: places.length === 1 ? places[0].num_configurations : countDistinct(),
        numRows: places.reduce((sum, { num_rows }) => sum + num_rows, 0),
        sample: this.#sampleOf(`${onPlace} AND configuration_key IN (${[...keys].join() || 'NULL'})`),
        looks: this.#db
          .prepare(
            `SELECT configuration, count(*) AS count FROM looks WHERE ${onPlace} GROUP BY configuration`,
          )
          .all() as { configuration: string; count: number }[],
      };
    });
  }

  /** The latest row of each set of seeds of each configuration. */
  #sampleOf(condition: string): TrialsOnPlace['sample'] {
    const axes: KnownAxes = new Map();
    const rows = this.#db
      .prepare(
        `SELECT configuration, seeds, test_axis AS axis, test_exposure AS exposure, test AS returns FROM trials
         WHERE number IN (SELECT max(number) FROM trials WHERE ${condition} GROUP BY configuration_key, seeds
           ORDER BY configuration_key, seeds LIMIT ${MAX_ROWS})
         ORDER BY configuration_key, seeds`,
      )
      .all() as (StoredSeries & { configuration: string; seeds: string })[];
    const sample = new Map<string, { seeds: number[]; test?: TrialSeries }[]>();
    for (const row of rows) {
      const trials = sample.get(row.configuration) ?? [];
      trials.push({ seeds: JSON.parse(row.seeds), test: this.#seriesOf(row, axes) });
      sample.set(row.configuration, trials);
    }
    return [...sample].map(([configuration, trials]) => ({ configuration, trials }));
  }

  /**
   * The rows, the latest first.
   * @param limit default: all
   */
  list({ data, limit }: { data?: string; limit?: number } = {}): TrialRow[] {
    return this.#read(() =>
      this.#rows(data === undefined ? '' : 'WHERE data LIKE ?', data && `${data}%`, limit),
    );
  }

  /** One row with its returns. @throws StorageError `unknown-trial` */
  get(number: number): TrialRow & Pick<TrialEntry, 'validation' | 'test'> {
    return this.#read(() => {
      const [row] = this.#rows('WHERE number = ?', number);
      if (row === undefined) {
        throw new StorageError(
          'unknown-trial',
          `The ledger "${this.path}" has no trial ${number}; see market-gym trials list.`,
        );
      }
      const part = (name: string): TrialSeries | undefined =>
        this.#seriesOf(
          this.#db
            .prepare(
              `SELECT ${name}_axis AS axis, ${name}_exposure AS exposure, ${name} AS returns FROM trials WHERE number = ?`,
            )
            .get(number) as StoredSeries,
        );
      return { ...row, validation: part('validation'), test: part('test') };
    });
  }

  #rows(where: string, parameter?: string | number, limit?: number): TrialRow[] {
    const statement = this.#db.prepare(
      `SELECT number, time_ms, kind, label, data, from_ms, to_ms, source, configuration, seeds, led_to,
         length(validation) AS num_validation, length(test) AS num_test,
         (SELECT verdict FROM looks WHERE looks.place = trials.place
            AND looks.configuration_key = trials.configuration_key ORDER BY number DESC LIMIT 1) AS verdict
       FROM trials LEFT JOIN places ON places.id = trials.place ${where} ORDER BY number DESC ${limit === undefined ? '' : `LIMIT ${limit}`}`,
    );
    const rows = parameter === undefined ? statement.all() : statement.all(parameter);
    return (rows as StoredRow[]).map(toRow);
  }

  #placeId({ data, fromMs, toMs }: TrialPlace): number {
    this.#db
      .prepare('INSERT OR IGNORE INTO places (data, from_ms, to_ms) VALUES (?, ?, ?)')
      .run(data, fromMs, toMs);
    const row = this.#db
      .prepare('SELECT id FROM places WHERE data = ? AND from_ms = ? AND to_ms = ?')
      .get(data, fromMs, toMs);
    return (row as { id: number }).id;
  }

  /** Counts are kept, for counting a hundred thousand rows takes longer than a verdict may wait. */
  #countIn(place: TrialPlace | undefined, key: number): number | null {
    if (place === undefined) return null;
    const id = this.#placeId(place);
    const known = this.#db
      .prepare('SELECT 1 FROM trials WHERE place = ? AND configuration_key = ? LIMIT 1')
      .get(id, key);
    this.#db
      .prepare(
        'UPDATE places SET num_rows = num_rows + 1, num_configurations = num_configurations + ? WHERE id = ?',
      )
      .run(known === undefined ? 1 : 0, id);
    return id;
  }

  #insert({ place, ...entry }: TrialEntry): number {
    const key = keyOf(entry.configuration);
    const validation = storeSeries(this.#db, entry.validation);
    const test = storeSeries(this.#db, entry.test);
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO trials (time_ms, kind, label, place, source, configuration, configuration_key, seeds, led_to,
           validation_axis, validation_exposure, validation, test_axis, test_exposure, test)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        entry.timeMs,
        entry.kind,
        entry.label,
        this.#countIn(place, key),
        entry.source,
        entry.configuration,
        key,
        JSON.stringify(entry.seeds),
        entry.ledTo,
        ...validation,
        ...test,
      );
    return Number(lastInsertRowid);
  }

  #seriesOf(stored: StoredSeries, known?: KnownAxes): TrialSeries | undefined {
    return readSeries(this.#db, this.path, stored, known);
  }

  #read<Result>(operation: () => Result): Result {
    try {
      return operation();
    } catch (error) {
      throw error instanceof StorageError ? error : databaseError(error, this.path, 'ledger');
    }
  }
}

/** @throws StorageError `not-storable` for what is no hash */
function keyOf(configuration: string): number {
  const key = Number.parseInt(configuration.slice(0, KEY_DIGITS), 16);
  if (/^[0-9a-f]{16,}$/.test(configuration)) return key;
  throw new StorageError(
    'not-storable',
    `A configuration is told by its hash, 16 hexadecimal digits or more; got "${configuration}".`,
  );
}

function toRow(row: StoredRow): TrialRow {
  const { data, from_ms: fromMs, to_ms: toMs } = row;
  return {
    number: row.number,
    timeMs: row.time_ms,
    kind: row.kind,
    label: row.label,
    ...(data !== null && fromMs !== null && toMs !== null && { place: { data, fromMs, toMs } }),
    source: row.source,
    configuration: row.configuration,
    seeds: JSON.parse(row.seeds),
    ledTo: row.led_to,
    numValidation: (row.num_validation ?? 0) / 8,
    numTest: (row.num_test ?? 0) / 8,
    ...(row.verdict !== null && { verdict: row.verdict }),
  };
}
