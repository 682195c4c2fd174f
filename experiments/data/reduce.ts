/**
 * Makes candles of files that memory does not hold: filtered, made coarser and joined on disk by DuckDB, whose result is a
 * file of our own form. What a file's columns are is understood as everywhere; DuckDB only moves the rows.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigError, DataError } from '../../core/errors.ts';
import { detectContainer } from '../../market/files/container.ts';
import { openTables } from '../../market/files/open.ts';
import type { ReadOptions } from '../../market/files/options.ts';

export interface ReduceOptions extends Pick<ReadOptions, 'symbol' | 'columns'> {
  /** A file that ends in .parquet. */
  readonly out: string;
  /** Bars that open from this time on, UTC epoch. */
  readonly fromMs?: number;
  /** Bars that open before this time, UTC epoch. */
  readonly toMs?: number;
  /** Length of the bars that are made, ms; as many as there are by default. */
  readonly barMs?: number;
  /** A file whose columns of numbers are put beside each bar: the last row known when the bar closes. */
  readonly join?: string;
  /** What DuckDB may hold before it writes to disk, MB. Default 1024. */
  readonly memoryMb?: number;
}

export interface ReducedData {
  readonly path: string;
  readonly rowsIn: number;
  readonly rows: number;
  readonly symbols: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Names of the columns that were joined, by which features find them: `column:NAME`. */
  readonly joined: readonly string[];
  readonly notes: readonly string[];
}

const PRICES = ['open', 'high', 'low', 'close'] as const;
const DEFAULT_MEMORY_MB = 1024;
const NUMERIC =
  /^(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE|DECIMAL)/;

/**
 * @param files of one kind, Parquet or CSV with a header
 * @throws ConfigError `package-missing`, `invalid-out`; DataError `not-candles`, `text-times`, `duplicate-time`,
 *   `invalid-bars`, `no-rows`, and those of the reader
 */
export async function reduceData(files: readonly string[], options: ReduceOptions): Promise<ReducedData> {
  const { out, fromMs, toMs, barMs, symbol, memoryMb = DEFAULT_MEMORY_MB } = options;
  if (!out.endsWith('.parquet'))
    throw new ConfigError('invalid-out', `"${out}" names no Parquet file; give --out FILE.parquet.`);
  const sql = await openDuckDb(dirname(resolve(out)), memoryMb);
  const unfinished = `${resolve(out)}.unfinished`;
  try {
    const source = await describeSource(sql, files, options.columns ?? {});
    const { roles, names } = source;
    const column = (role: 'symbol' | 'volume' | (typeof PRICES)[number]) =>
      roles[role] === undefined ? undefined : quoted(names[roles[role]]);
    const filters = [
      ...(symbol === undefined || roles.symbol === undefined ? [] : [`symbol = ${text(symbol)}`]),
      ...(fromMs === undefined ? [] : [`t >= ${fromMs}`]),
      ...(toMs === undefined ? [] : [`t < ${toMs}`]),
    ];
    await sql.run(`CREATE VIEW bars AS SELECT * FROM (SELECT ${source.time} AS t,
      ${column('symbol') === undefined ? "''" : `CAST(${column('symbol')} AS VARCHAR)`} AS symbol,
      ${PRICES.map((name) => `CAST(${column(name)} AS DOUBLE) AS ${name}`).join(', ')},
      ${column('volume') === undefined ? '0' : `CAST(${column('volume')} AS DOUBLE)`} AS volume
      FROM ${source.from})${filters.length === 0 ? '' : ` WHERE ${filters.join(' AND ')}`}`);
    const rowsIn = await check(sql, files[0]);
    const step =
      await sql.number(`SELECT median(d) FROM (SELECT t - lag(t) OVER (PARTITION BY symbol ORDER BY t) AS d
      FROM bars)`);
    const notes: string[] = column('volume') === undefined ? ['There is no volume; it is 0 throughout.'] : [];
    let made = 'SELECT symbol, t AS time_ms, open, high, low, close, volume FROM bars';
    if (barMs !== undefined) {
      if (!(step <= barMs && barMs % step === 0)) {
        throw new ConfigError(
          'invalid-bars',
          `Bars of ${barMs} ms cannot be made of bars of ${step} ms; give a whole multiple.`,
        );
      }
      made = coarser(barMs, step);
    }
    const joined = options.join === undefined ? [] : await joinOther(sql, options.join);
    const columns = ['symbol', 'time_ms', ...PRICES, 'volume'];
    const selected = [...columns.map((name) => `m.${name}`), ...joined.map(quoted)].join(', ');
    const asOf =
      options.join === undefined
        ? ''
        : ` ASOF LEFT JOIN other ON m.time_ms + ${barMs ?? step} >= other.known`;
    mkdirSync(dirname(resolve(out)), { recursive: true });
    await sql.run(`COPY (SELECT ${selected} FROM (${made}) m${asOf} ORDER BY m.symbol, m.time_ms)
      TO ${text(unfinished)} (FORMAT parquet, COMPRESSION snappy)`);
    const [rows, symbols, first, last] = await sql.row(
      `SELECT count(*), count(DISTINCT symbol), min(time_ms), max(time_ms) FROM read_parquet(${text(unfinished)})`,
    );
    if (rows === 0)
      throw new DataError(
        'no-rows',
        `No bar of ${files[0]} is left; widen --from, --to, --symbol or --bars.`,
      );
    renameSync(unfinished, resolve(out));
    return { path: out, rowsIn, rows, symbols, fromMs: first, toMs: last, joined, notes };
  } finally {
    rmSync(unfinished, { force: true });
    sql.close();
  }
}

/** As bars are made coarser in memory: one of which there is only a part, at the beginning or the end, is left out. */
function coarser(barMs: number, step: number): string {
  return `SELECT symbol, b AS time_ms, open, high, low, close, volume FROM (
    SELECT symbol, CAST(floor(t / ${barMs}) AS BIGINT) * ${barMs} AS b,
      arg_min(open, t) AS open, max(high) AS high, min(low) AS low, arg_max(close, t) AS close,
      sum(volume ORDER BY t) AS volume, min(t) AS first, max(t) AS last,
      min(min(t)) OVER (PARTITION BY symbol) AS begins, max(max(t)) OVER (PARTITION BY symbol) AS ends
    FROM bars GROUP BY symbol, CAST(floor(t / ${barMs}) AS BIGINT) * ${barMs})
    WHERE (first > begins OR first = b) AND (last < ends OR last + ${step} >= b + ${barMs})`;
}

/** @returns how many rows there are */
async function check(sql: Sql, path: string): Promise<number> {
  const [rows, bad, missing] = await sql.row(`SELECT count(*),
    count(*) FILTER (NOT (low > 0 AND low <= open AND low <= close AND high >= open AND high >= close AND isfinite(high)
      AND volume >= 0 AND isfinite(volume))),
    count(*) FILTER (t IS NULL OR symbol IS NULL OR open IS NULL OR high IS NULL OR low IS NULL OR close IS NULL OR volume IS NULL)
    FROM bars`);
  if (rows === 0)
    throw new DataError('no-rows', `No bar of ${path} is left; widen --from, --to or --symbol.`);
  if (bad + missing > 0) {
    throw new DataError(
      'invalid-rows',
      `${path}: ${bad + missing} of ${rows} rows are no bars (a value is missing, or lies outside of low and high); correct them.`,
    );
  }
  const repeated = await sql.number(
    'SELECT count(*) FROM (SELECT 1 FROM bars GROUP BY symbol, t HAVING count(*) > 1)',
  );
  if (repeated === 0) return rows;
  throw new DataError(
    'duplicate-time',
    `${path}: ${repeated} times occur more than once in one series; choose one with --symbol, or correct the files.`,
  );
}

/** Makes the table `other` of what is joined: when each row is known, and its columns of numbers by their own names. */
async function joinOther(sql: Sql, path: string): Promise<string[]> {
  const { names, types, time, from, roles } = await describeSource(sql, [path], {}, true);
  const taken = new Set(['symbol', 'time_ms', ...PRICES, 'volume']);
  const own = names.filter((_, c) => c !== roles.time && NUMERIC.test(types[c]));
  const isBars = PRICES.every((name) => roles[name] !== undefined);
  const step = isBars
    ? await sql.number(
        `SELECT median(d) FROM (SELECT t - lag(t) OVER (ORDER BY t) AS d FROM (SELECT ${time} AS t FROM ${from}))`,
      )
    : 0;
  const renamed = own.map((name) => (taken.has(name.toLowerCase()) ? `other_${name}` : name));
  const select = own.map((name, c) => `CAST(${quoted(name)} AS DOUBLE) AS ${quoted(renamed[c])}`);
  if (own.length === 0) throw new DataError('missing-columns', `${path} has no column of numbers to join.`);
  // A row without bars is known at its own time; bars are known when they have closed.
  await sql.run(`CREATE VIEW other AS SELECT ${time} + ${step} AS known, ${select.join(', ')} FROM ${from}`);
  return renamed;
}

interface SqlSource {
  readonly from: string;
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly roles: Readonly<Partial<Record<string, number>>>;
  /** Expression of a row's time, UTC epoch ms. */
  readonly time: string;
}

async function describeSource(
  sql: Sql,
  files: readonly string[],
  columns: NonNullable<ReadOptions['columns']>,
  anyKind = false,
): Promise<SqlSource> {
  const [first] = files;
  const container = await detectContainer(first);
  const reader = container === 'parquet' ? 'read_parquet' : 'read_csv';
  if (container !== 'parquet' && container !== 'text' && container !== 'gzip') {
    throw new DataError('unknown-format', `${first} is neither Parquet nor CSV; import it first.`);
  }
  const from = `${reader}([${files.map((file) => text(resolve(file))).join(', ')}])`;
  const described = await sql.rows(`DESCRIBE SELECT * FROM ${from}`);
  const names = described.map(([name]) => String(name));
  const types = described.map(([, type]) => String(type));
  let roles: Partial<Record<string, number>>;
  try {
    const [{ source, understanding }] = await openTables(first, { columns });
    if (!anyKind && understanding.kind !== 'candles')
      throw new DataError('not-candles', `${first} holds no candles; import it first.`);
    roles = Object.fromEntries(
      Object.entries(understanding.roles).map(([role, c]) => [
        role,
        names.indexOf(source.names[c as number]),
      ]),
    );
  } catch (error) {
    if (!anyKind || !(error instanceof DataError) || error.code !== 'missing-columns') throw error;
    roles = { time: names.findIndex((name) => /^(?:time|date|datetime|timestamp|time_ms)$/i.test(name)) };
  }
  const unknown = Object.entries(roles).find(([, c]) => c === undefined || c < 0);
  if (roles.time === undefined || unknown !== undefined || roles.clock !== undefined) {
    throw new DataError(
      'missing-columns',
      `${first}: its columns are not read by DuckDB as they stand (${unknown?.[0] ?? 'time'}); import it first.`,
    );
  }
  return { from, names, types, roles, time: timeOf(first, quoted(names[roles.time]), types[roles.time]) };
}

function timeOf(path: string, name: string, type: string): string {
  if (/^(?:TIMESTAMP|DATE)/.test(type))
    return `epoch_ms(CAST(${name} AS ${type === 'DATE' ? 'TIMESTAMP' : type.startsWith('TIMESTAMP_') ? 'TIMESTAMP' : type}))`;
  if (NUMERIC.test(type)) {
    const value = `CAST(${name} AS DECIMAL(24, 0))`;
    return `CAST(CASE WHEN ${name} < 1e11 THEN floor(${name} * 1000) WHEN ${name} < 1e14 THEN ${name}
      WHEN ${name} < 1e17 THEN ${value} // 1000 ELSE ${value} // 1000000 END AS BIGINT)`;
  }
  throw new DataError(
    'text-times',
    `${path}: its times are texts that DuckDB does not take for times; import it first.`,
  );
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

interface Sql {
  run(query: string): Promise<void>;
  rows(query: string): Promise<unknown[][]>;
  /** The first row, all numbers. */
  row(query: string): Promise<number[]>;
  number(query: string): Promise<number>;
  close(): void;
}

interface DuckDbModule {
  readonly DuckDBInstance: {
    create(
      path: string,
      options: Record<string, string>,
    ): Promise<{
      connect(): Promise<{
        run(query: string): Promise<unknown>;
        runAndReadAll(query: string): Promise<{ getRows(): unknown[][] }>;
        closeSync(): void;
      }>;
      closeSync(): void;
    }>;
  };
}

/** @throws ConfigError `package-missing` */
async function openDuckDb(folder: string, memoryMb: number): Promise<Sql> {
  let module: DuckDbModule;
  try {
    module = (await import('@duckdb/node-api' as string)) as DuckDbModule;
  } catch (error) {
    throw new ConfigError(
      'package-missing',
      'Files larger than memory are reduced by DuckDB, which is not installed; npm install @duckdb/node-api.',
      { cause: error },
    );
  }
  const spill = join(folder, '.duckdb-spill');
  const instance = await module.DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMb}MB`,
    temp_directory: spill,
    preserve_insertion_order: 'false',
  });
  const connection = await instance.connect();
  const guarded = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      const [line] = (error as Error).message.split('\n');
      throw new DataError('unreadable-file', `DuckDB cannot do this: ${line}.`, { cause: error });
    }
  };
  const rows = async (query: string) => (await guarded(connection.runAndReadAll(query))).getRows();
  const row = async (query: string) => (await rows(query))[0].map(Number);
  return {
    run: async (query) => void (await guarded(connection.run(query))),
    rows,
    row,
    number: async (query) => (await row(query))[0],
    close() {
      connection.closeSync();
      instance.closeSync();
      rmSync(spill, { recursive: true, force: true });
    },
  };
}
