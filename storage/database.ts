/** Opens SQLite files that several processes use at a time, and puts what goes wrong with them in words. */
import Database from 'libsql';
import { StorageError } from '../core/errors.ts';
import type { SqlDatabase } from './postgres/sql.ts';

export interface DatabaseOptions {
  /** Statements that make the tables of a new file. */
  readonly schema: string;
  /** Of the schema; a file of another one is refused. */
  readonly version: number;
  /** What the file is, for messages: `registry`. */
  readonly what: string;
  /** How long a process waits for another that writes, ms. Default 30,000. */
  readonly lockTimeoutMs?: number;
}

const LOCK_TIMEOUT_MS = 30_000;

/**
 * Opens a file with a write-ahead log, which readers and one writer use at once; what is committed is on the disk.
 * @throws StorageError `busy`, `corrupt`, `unsupported-version`, `write-failed`
 */
export function openDatabase(
  file: string,
  { schema, version, what, lockTimeoutMs = LOCK_TIMEOUT_MS }: DatabaseOptions,
): SqlDatabase {
  let db: Database.Database | undefined;
  try {
    const opened = new Database(file, { timeout: lockTimeoutMs } as Database.Options);
    db = opened;
    opened.pragma('journal_mode = WAL');
    opened.pragma('synchronous = FULL');
    const found = (): number => (opened.pragma('user_version') as [{ user_version: number }])[0].user_version;
    if (found() === 0) {
      inTransaction(opened as unknown as SqlDatabase, file, what, () => {
        if (found() === 0) opened.exec(`${schema}\nPRAGMA user_version = ${version};`);
      });
    }
    // The library's types take the values as one list; its calls take them one by one.
    if (found() === version) return opened as unknown as SqlDatabase;
    throw new StorageError(
      'unsupported-version',
      `"${file}" has version ${found()}, this program reads ${version}. Use the version of market-gym that wrote it.`,
    );
  } catch (error) {
    db?.close();
    throw error instanceof StorageError ? error : databaseError(error, file, what);
  }
}

/**
 * One write transaction: it waits for its turn, and happens as a whole or not at all.
 * @throws StorageError `busy`; what the operation throws, with nothing changed
 */
export function inTransaction<Result>(
  db: SqlDatabase,
  path: string,
  what: string,
  operation: () => Result,
): Result {
  try {
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    throw error instanceof StorageError ? error : databaseError(error, path, what);
  }
  try {
    const result = operation();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk has rolled back by itself.
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error instanceof StorageError ? error : databaseError(error, path, what);
  }
}

/** What the library says, as an error of the store. */
export function databaseError(error: unknown, path: string, what: string): StorageError {
  const message = (error as Error).message.split('\n')[0];
  if (/locked|busy/i.test(message)) {
    return new StorageError(
      'busy',
      `"${path}" is in use by another process that does not let go; try again.`,
      { cause: error },
    );
  }
  if (/not a database|malformed|corrupt/i.test(message)) {
    return new StorageError('corrupt', `"${path}" is damaged: ${message}. Restore it from a copy.`, {
      cause: error,
    });
  }
  const hint = /I\/O/.test(message) ? '; is the disk full, or read-only?' : '.';
  return new StorageError('write-failed', `Cannot use the ${what} "${path}": ${message}${hint}`, {
    cause: error,
  });
}
