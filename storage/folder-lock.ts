/** Admits one process a folder: by a lock that the operating system takes away from a process that ends, however it ends. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { StorageError } from '../core/errors.ts';

export interface FolderLock {
  /** Whether the file that is locked is still the one that others would lock. */
  isHeld(): boolean;
  release(): void;
}

/**
 * Takes the lock of a folder, without waiting. The file is an empty SQLite database of which only its lock is used: SQLite
 * knows how to lock on every system, also against itself in the same process.
 * @param path a folder that exists
 * @param name of the file in it
 * @param inUse what to throw where somebody else has it
 * @param what is not written where the file cannot be made, for messages: `the tape`
 * @throws StorageError `write-failed`
 */
export function lockFolder(
  path: string,
  name: string,
  { inUse, what }: { inUse: (cause: unknown) => StorageError; what: string },
): FolderLock {
  const file = join(path, name);
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { timeout: 0 } as Database.Options);
    // Nothing is ever written: no journal is needed beside the file.
    db.exec('PRAGMA journal_mode = MEMORY');
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    db?.close();
    if (/locked|busy/i.test((error as Error).message)) throw inUse(error);
    const reason = existsSync(file) ? 'its lock cannot be opened' : 'its lock cannot be made';
    throw new StorageError(
      'write-failed',
      `Cannot write ${what} "${path}": ${reason} (${(error as Error).message.split('\n')[0]}). Check the owner and ` +
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
