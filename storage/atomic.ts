/**
 * Writes files and directories whole or not at all: a reader sees the old content or the new, never a part.
 * One process at a time may write to one path.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StorageError } from '../core/errors.ts';

/** Bytes, or a text, or parts of one of them, which need not be there all at once. */
export type FileContent = Uint8Array | string | Iterable<Uint8Array | string>;

let numTemporaries = 0;

/**
 * Writes a file by way of a temporary one beside it, and waits until it is on the disk.
 * @param path in a directory that exists; replaced when there
 * @throws StorageError `write-failed`; what was at `path` before is then still there
 */
export function writeFileAtomic(path: string, data: FileContent): void {
  attempt('write', path, () => {
    const temporary = makeTemporary(path, (candidate) => writeNewFile(candidate, data));
    orRemove(temporary, () => {
      renameSync(temporary, path);
      syncDirectory(dirname(path));
    });
  });
}

/**
 * Writes a directory of files by way of a temporary one beside it, and waits until it is on the disk. An existing
 * directory is moved to `<path>.previous` for the instant of the exchange; after a crash in that instant,
 * `currentDirectory` finds it there.
 * @param path in a directory that exists; replaced, with all it holds, when there
 * @param files contents by plain file name
 * @throws StorageError `write-failed`; what was at `path` before is then still there
 */
export function writeDirectoryAtomic(path: string, files: Readonly<Record<string, FileContent>>): void {
  attempt('write', path, () => {
    const temporary = makeTemporary(path, (candidate) => mkdirSync(candidate));
    orRemove(temporary, () => {
      for (const [name, data] of Object.entries(files)) writeNewFile(join(temporary, name), data);
      syncDirectory(temporary);
      exchange(temporary, path);
      syncDirectory(dirname(path));
    });
    rmSync(previousOf(path), { recursive: true, force: true });
  });
}

/**
 * Makes a directory, with its parents, where it is missing. Not by Node's `recursive`, which never returns where a file
 * system refuses a directory by saying that its parent is missing, as Linux's /proc does.
 * @throws StorageError `write-failed`
 */
export function makeDirectory(path: string): void {
  attempt('write', path, () => makeLevel(resolve(path)));
}

function makeLevel(path: string): void {
  if (isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeLevel(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been first.
    if (isDirectory(path)) return;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !isDirectory(parent)) throw error;
    throw new StorageError(
      'write-failed',
      `Cannot write "${path}": no directory can be made there. Choose another.`,
      { cause: error },
    );
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Where the content written to `path` by `writeDirectoryAtomic` is now, should its replacement have been cut off. */
export function currentDirectory(path: string): string {
  return !existsSync(path) && existsSync(previousOf(path)) ? previousOf(path) : path;
}

/** The name under which `currentDirectory` finds a directory that was being replaced. */
export function previousOf(path: string): string {
  return `${path}.previous`;
}

/**
 * Runs a file operation; its failure becomes one line that says what, where and what to do.
 * @throws StorageError `read-failed` or `write-failed`
 */
export function attempt<Result>(verb: 'read' | 'write', path: string, operation: () => Result): Result {
  try {
    return operation();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError(`${verb}-failed`, `Cannot ${verb} "${path}": ${explain(error)}`, { cause: error });
  }
}

/** At every instant `path` or its `previousOf` is complete. */
function exchange(temporary: string, path: string): void {
  const previous = previousOf(path);
  if (!isDirectory(path)) {
    renameSync(temporary, path);
    return;
  }
  rmSync(previous, { recursive: true, force: true });
  renameSync(path, previous);
  try {
    renameSync(temporary, path);
  } catch (error) {
    renameSync(previous, path);
    throw error;
  }
}

/** Creates something under a new name beside `path`, after removing what processes that were killed left there. */
function makeTemporary(path: string, create: (candidate: string) => void): string {
  const directory = dirname(path);
  const prefix = `.${basename(path)}.tmp-`;
  for (const name of readdirSync(directory)) {
    const owner = name.startsWith(prefix) && /^(\d+)-\d+$/.exec(name.slice(prefix.length))?.[1];
    if (owner && !isOtherLiveProcess(Number(owner))) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
  }
  const temporary = join(directory, `${prefix}${process.pid}-${numTemporaries++}`);
  create(temporary);
  return temporary;
}

function isOtherLiveProcess(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0); // Signal 0 asks only.
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function writeNewFile(path: string, data: FileContent): void {
  const file = openSync(path, 'wx');
  try {
    orRemove(path, () => {
      const parts: Iterable<Uint8Array | string> =
        typeof data === 'string' || data instanceof Uint8Array ? [data] : data;
      for (const part of parts) writeFileSync(file, part);
      fsyncSync(file);
    });
  } finally {
    closeSync(file);
  }
}

function orRemove(path: string, operation: () => void): void {
  try {
    operation();
  } catch (error) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The first failure is the one to tell.
    }
    throw error;
  }
}

/** Makes renames in a directory durable; Windows has no such call and needs none. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

const EXPLANATIONS = new Map([
  ['ENOSPC', 'no space is left on the device. Free some, or choose another directory.'],
  ['EDQUOT', 'the disk quota is used up. Free some space, or choose another directory.'],
  ['EACCES', 'permission is denied. Check the owner and mode of the directory, or choose another.'],
  ['EPERM', 'the operation is not permitted. Check the owner and mode of the directory, or choose another.'],
  ['EROFS', 'the file system is read-only. Choose another directory.'],
  ['ENOTDIR', 'a part of this path is a file, not a directory. Choose another path.'],
  ['EISDIR', 'this is a directory, a file was expected. Choose another path.'],
  ['ENOENT', 'there is no such file or directory. Check the path.'],
  ['ENAMETOOLONG', 'the name is too long. Choose a shorter one.'],
  ['EMFILE', 'too many files are open. Close some, or raise the limit.'],
]);

function explain(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return EXPLANATIONS.get(code) ?? `${message.split('\n')[0]}. Choose another directory.`;
}
