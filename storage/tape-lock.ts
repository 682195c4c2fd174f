/** Admits one writer a tape. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../core/errors.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';

const LOCK_FILE = 'writer.lock';

/**
 * Takes the lock of a tape's directory, without waiting.
 * @throws StorageError `tape-in-use`, `write-failed`
 */
export function lockTape(path: string): FolderLock {
  return lockFolder(path, LOCK_FILE, {
    what: 'the tape',
    inUse: (cause) =>
      new StorageError(
        'tape-in-use',
        `"${path}" is being written by another session; stop that one, or name another directory for the tape.`,
        { cause },
      ),
  });
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
