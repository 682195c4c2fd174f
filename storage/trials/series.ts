/** Stores what accounts did on a span: trials of one span share its times and prices, which are kept once. */
import { StorageError } from '../../core/errors.ts';
import { sha256 } from '../exact-json.ts';
import type { SqlDatabase } from '../postgres/sql.ts';
import type { TrialSeries } from './trial.ts';

export const SERIES_SCHEMA = `CREATE TABLE axes (
    hash TEXT PRIMARY KEY,
    times BLOB NOT NULL,
    prices BLOB NOT NULL
  );`;

/** The columns of a series in a row of trials. */
export interface StoredSeries {
  readonly axis: string | null;
  readonly exposure: number | null;
  readonly returns: Uint8Array | ArrayBuffer | null;
}

/** Times and prices that have been read already, by their hash. */
export type KnownAxes = Map<string, Pick<TrialSeries, 'timeMs' | 'price'>>;

/** @returns axis, exposure and returns for the row @throws StorageError `not-storable` */
export function storeSeries(
  db: SqlDatabase,
  series: TrialSeries | undefined,
): [string | null, number | null, Buffer | null] {
  if (series === undefined) return [null, null, null];
  const { timeMs, price, returns, exposure } = series;
  requireWhole(series);
  const [times, prices] = [bytesOf(timeMs), bytesOf(price)];
  const hash = sha256(times, prices);
  db.prepare('INSERT OR IGNORE INTO axes (hash, times, prices) VALUES (?, ?, ?)').run(hash, times, prices);
  return [hash, exposure, bytesOf(returns)];
}

/**
 * @param path of the file, for messages
 * @returns undefined where the row has none
 * @throws StorageError `corrupt`
 */
export function readSeries(
  db: SqlDatabase,
  path: string,
  { axis, exposure, returns }: StoredSeries,
  known: KnownAxes = new Map(),
): TrialSeries | undefined {
  if (axis === null || exposure === null || returns === null) return undefined;
  let found = known.get(axis);
  if (found === undefined) {
    const row = db.prepare('SELECT times, prices FROM axes WHERE hash = ?').get(axis) as
      | { times: Uint8Array; prices: Uint8Array }
      | undefined;
    if (row === undefined) {
      throw new StorageError(
        'corrupt',
        `"${path}" is damaged: it lacks the times of a trial. Restore it from a copy.`,
      );
    }
    found = { timeMs: numbersOf(row.times), price: numbersOf(row.prices) };
    known.set(axis, found);
  }
  return { ...found, returns: numbersOf(returns), exposure };
}

/** A NaN that is stored today spoils every verdict that looks it up. */
function requireWhole({ timeMs, price, returns, exposure }: TrialSeries): void {
  const at = returns.findIndex((value) => !Number.isFinite(value));
  const isWhole = timeMs.length === returns.length + 1 && price.length === timeMs.length;
  if (at < 0 && isWhole && Number.isFinite(exposure)) return;
  throw new StorageError(
    'not-storable',
    at >= 0
      ? `Return ${at} of a trial is ${returns[at]}; the ledger takes finite numbers.`
      : `A trial with ${returns.length} returns needs ${returns.length + 1} times and prices and a finite exposure, got ` +
          `${timeMs.length}, ${price.length} and ${exposure}.`,
  );
}

/** Little-endian float64, as the machines that this runs on have it. */
function bytesOf(values: Float64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

/** The library gives a blob of one row as bytes, of several rows as a bare buffer. */
function numbersOf(bytes: Uint8Array | ArrayBuffer): Float64Array {
  return new Float64Array(bytes instanceof ArrayBuffer ? bytes : Uint8Array.from(bytes).buffer);
}
