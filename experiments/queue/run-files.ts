/** Packs what another machine needs of a run, and unpacks what it came to. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StorageError } from '../../core/errors.ts';
import {
  attempt,
  currentDirectory,
  makeDirectory,
  writeDirectoryAtomic,
  writeFileAtomic,
} from '../../storage/atomic.ts';
import { latestCheckpoint } from '../../storage/checkpoint.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import { SPOOL } from '../ledger/spool.ts';
import { BEST_CHECKPOINT } from '../run/training-session.ts';

/** By path from the run's folder, with "/". */
export type RunFiles = Map<string, Uint8Array>;

/** Those that make a run whole: they are written after all others. */
const LAST_FILES = ['search.json', 'result.json'];
const MANIFEST = 'manifest.json';
/** Of the coordinator alone: it names paths of its machine. */
const OWN_FILE = 'run.json';

/**
 * Everything of a run but its specification and its older checkpoints: the latest goes on to the same bits, the best is judged.
 * @throws StorageError `read-failed`, `changed`
 */
export function readRunFiles(directory: string): RunFiles {
  const files: RunFiles = new Map();
  const add = (path: string, name: string): void => {
    files.set(
      name,
      attempt('read', path, () => readFileSync(path)),
    );
  };
  const addFolder = (folder: string, prefix: string): void => {
    for (const name of readdirSync(folder).sort()) {
      if (name.startsWith('.')) continue;
      const path = join(folder, name);
      if (statSync(path).isDirectory()) addFolder(path, `${prefix}${name}/`);
      else add(path, `${prefix}${name}`);
    }
  };
  if (!existsSync(directory)) return files;
  const { checkpoints } = new RunDirectory(directory);
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    if (name === OWN_FILE || name.startsWith('.') || path === checkpoints) continue;
    if (statSync(path).isDirectory()) addFolder(path, `${name}/`);
    else add(path, name);
  }
  const latest = latestCheckpoint(checkpoints)?.name;
  for (const name of new Set([latest, BEST_CHECKPOINT])) {
    if (name === undefined) continue;
    const place = currentDirectory(join(checkpoints, name));
    if (!existsSync(place)) continue;
    addFolder(place, `checkpoints/${name}/`);
    requireSame(place, files.get(`checkpoints/${name}/${MANIFEST}`));
  }
  return files;
}

/** Of a run that goes on meanwhile, a checkpoint may be exchanged for another between two of its files. */
function requireSame(checkpoint: string, manifest: Uint8Array | undefined): void {
  const path = join(checkpoint, MANIFEST);
  const now = attempt('read', path, () => readFileSync(path));
  if (manifest !== undefined && now.equals(manifest)) return;
  throw new StorageError('changed', `"${checkpoint}" was written anew while it was read; read it again.`);
}

/** Writes files into a run's folder; each checkpoint as a whole, and what makes the run whole at the end. */
export function writeRunFiles(directory: string, files: RunFiles): void {
  makeDirectory(directory);
  const checkpoints = new Map<string, Record<string, Uint8Array>>();
  for (const [name, bytes] of files) {
    const [first, checkpoint, file] = name.split('/');
    if (first === 'checkpoints' && file !== undefined) {
      checkpoints.set(checkpoint, { ...checkpoints.get(checkpoint), [file]: bytes });
    } else if (!LAST_FILES.includes(name) && name !== SPOOL) write(directory, name, bytes);
  }
  makeDirectory(join(directory, 'checkpoints'));
  for (const [name, parts] of checkpoints) writeDirectoryAtomic(join(directory, 'checkpoints', name), parts);
  for (const name of LAST_FILES) {
    const bytes = files.get(name);
    if (bytes !== undefined) write(directory, name, bytes);
  }
}

function write(directory: string, name: string, bytes: Uint8Array): void {
  const path = join(directory, name);
  makeDirectory(dirname(path));
  writeFileAtomic(path, bytes);
}

/** The files as one sequence of bytes: their names and sizes as JSON, with its length before it, then their contents. */
export function packFiles(files: RunFiles): Uint8Array {
  const header = Buffer.from(JSON.stringify([...files].map(([name, { length }]) => [name, length])), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, ...files.values()]);
}

/** @throws StorageError `corrupt`, also for names that lead out of the folder */
export function unpackFiles(bytes: Uint8Array): RunFiles {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files: RunFiles = new Map();
  try {
    let at = 4 + view.readUInt32LE(0);
    for (const [name, size] of JSON.parse(view.toString('utf8', 4, at)) as [string, number][]) {
      if (!/^(?!.*(^|\/)\.)[\w./-]+$/.test(name)) throw new Error(`the name "${name}"`);
      files.set(name, view.subarray(at, at + size));
      at += size;
    }
    if (at !== view.length) throw new Error('its length');
    return files;
  } catch (error) {
    throw new StorageError(
      'corrupt',
      `The files of a trial cannot be unpacked: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}
