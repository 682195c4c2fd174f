/** Admits one writer a tape: a lock that the operating system takes away from a process that ends, however it ends. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { StorageError } from '../core/errors.ts';

const LOCK_FILE = 'writer.lock';

export interface TapeLock {
  /** Whether the file that is locked is still the one that others would lock. */
  isHeld(): boolean;
  release(): void;
}

/**
 * Takes the lock of a tape's directory, without waiting. The file is an empty SQLite database of which only its lock is
 * used: SQLite knows how to lock on every system, also against itself in the same process.
 * @throws StorageError `tape-in-use`, `write-failed`
 */
export function lockTape(path: string): TapeLock {
  const file = join(path, LOCK_FILE);
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { timeout: 0 } as Database.Options);
    // Nothing is ever written: no journal is needed beside the file.
    db.exec('PRAGMA journal_mode = MEMORY');
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    db?.close();
    if (/locked|busy/i.test((error as Error).message)) {
      throw new StorageError(
        'tape-in-use',
        `"${path}" is being written by another session; stop that one, or name another directory for the tape.`,
        { cause: error },
      );
    }
    const reason = existsSync(file) ? 'its lock cannot be opened' : 'its lock cannot be made';
    throw new StorageError(
      'write-failed',
      `Cannot write the tape "${path}": ${reason} (${(error as Error).message.split('\n')[0]}). Check the owner and ` +
        `mode of ${file}.`,
      { cause: error },
    );
  }
  const held = db;
  const { ino } = statSync(file);
  return {
    isHeld() {
      return statSync(file, { throwIfNoEntry: false })?.ino === ino;
    },
    release() {
      // A closed database may live on until it is collected: the lock is given back first.
      if (held.inTransaction) held.exec('ROLLBACK');
      held.close();
    },
  };
}

/** Whether a process writes the tape of a directory. */
export function isTapeInUse(path: string): boolean {
  if (!existsSync(join(path, LOCK_FILE))) return false;
  try {
    lockTape(path).release();
    return false;
  } catch (error) {
    if (error instanceof StorageError && error.code === 'tape-in-use') return true;
    throw error;
  }
}
