/** Reads files of directories that others may have made: nothing but a file is opened, and no link is followed out of them. */
import { lstatSync, readFileSync } from 'node:fs';
import { StorageError } from '../core/errors.ts';
import { attempt } from './atomic.ts';

/** @throws StorageError `read-failed` where it is missing; `not-a-file` for a link, a pipe, a device or a directory */
export function requireRegularFile(path: string): void {
  const stats = attempt('read', path, () => lstatSync(path));
  if (stats.isFile()) return;
  const kind = stats.isSymbolicLink()
    ? 'a symbolic link'
    : stats.isFIFO()
      ? 'a pipe'
      : stats.isDirectory()
        ? 'a directory'
        : 'a device or a socket';
  throw new StorageError('not-a-file', `"${path}" is ${kind}, not a file; put the file itself there.`);
}

/** @throws as `requireRegularFile` */
export function readRegularFile(path: string): Buffer;
export function readRegularFile(path: string, encoding: 'utf8'): string;
export function readRegularFile(path: string, encoding?: 'utf8'): Buffer | string {
  requireRegularFile(path);
  return attempt('read', path, () => readFileSync(path, encoding));
}
