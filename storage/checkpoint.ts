/** Writes and reads checkpoints: the exact state of a run in a directory that explains and verifies itself. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../core/errors.ts';
import { type Json, type NumericArray, type Snapshot, storedArrays } from '../core/snapshot.ts';
import { attempt, currentDirectory, makeDirectory, previousOf, writeDirectoryAtomic } from './atomic.ts';
import { sha256, stringifyExact } from './exact-json.ts';
import { readRegularFile } from './regular-file.ts';
import { encodeSafetensorsParts, locateTensors } from './safetensors.ts';
import { StableFile } from './stable-file.ts';

const FORMAT = 'market-gym-checkpoint';
const FORMAT_VERSION = 1;
const MANIFEST = 'manifest.json';
const STATE = 'state.safetensors';

/** A plugin and its complete configuration. */
export interface CheckpointPlugin {
  readonly name: string;
  readonly config: Json;
}

/** What the caller tells of a run, so that its checkpoint can be understood and continued. */
export interface CheckpointDetails {
  readonly agent: CheckpointPlugin;
  readonly env: CheckpointPlugin;
  readonly seed: number;
  /** Env steps taken so far, all envs together: checkpoints are ordered by it. */
  readonly steps: number;
  /** Short forms, as `describeSpace` gives them. */
  readonly observationSpace?: string;
  readonly actionSpace?: string;
  /** Identifies the market data, where there is any. */
  readonly dataHash?: string;
  readonly codeVersion?: string;
  /** Scores at the time of saving. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Anything else of value to a reader. */
  readonly notes?: Json;
}

/** The content of `manifest.json`. */
export interface CheckpointManifest extends CheckpointDetails {
  readonly format: typeof FORMAT;
  readonly formatVersion: typeof FORMAT_VERSION;
  /** SHA-256 of `state.safetensors`, hexadecimal. */
  readonly stateSha256: string;
  /** Size of `state.safetensors`. */
  readonly stateBytes: number;
  /** The snapshot's values; its arrays are in `state.safetensors`. */
  readonly values: Snapshot['values'];
  /** SHA-256 of the manifest without this field, hexadecimal. */
  readonly manifestSha256: string;
}

/** A checkpoint on disk, not read further than its manifest. */
export interface CheckpointEntry {
  readonly name: string;
  /** What `loadCheckpoint` takes. */
  readonly path: string;
  readonly steps: number;
}

/**
 * Writes `<directory>/<name>/`, whole or not at all, replacing a checkpoint of that name.
 * @param directory made, with its parents, where it is missing
 * @param name letters, digits, `-`, `_` and `.`, beginning with a letter or digit
 * @returns the checkpoint's path
 * @throws StorageError `invalid-name`, `not-storable` for a value that JSON cannot hold exactly, `write-failed`
 */
export function saveCheckpoint(
  directory: string,
  name: string,
  { snapshot, manifest }: { snapshot: Snapshot; manifest: CheckpointDetails },
): string {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name) || previousOf('') === name.slice(-previousOf('').length)) {
    throw new StorageError(
      'invalid-name',
      `A checkpoint cannot be named "${name}": use letters, digits, "-", "_" and ".".`,
    );
  }
  const state = encodeSafetensorsParts(snapshot.arrays);
  const own = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    stateSha256: sha256(...state),
    stateBytes: state.reduce((sum, part) => sum + part.length, 0),
    manifestSha256: undefined,
  };
  // Spread twice: first to stand at the top of the file, then to win over a manifest that was loaded before.
  const complete = { ...own, ...manifest, ...own, values: snapshot.values };
  const manifestSha256 = sha256(stringifyExact(complete, 'a checkpoint'));
  const path = join(directory, name);
  makeDirectory(directory);
  writeDirectoryAtomic(path, {
    [STATE]: state,
    [MANIFEST]: `${stringifyExact({ ...complete, manifestSha256 }, 'a checkpoint')}\n`,
  });
  return path;
}

/**
 * Verifies all of a checkpoint, then reads it: each array when it is asked for, from the file as it was verified.
 * @param path the checkpoint's directory
 * @throws StorageError `read-failed` where it is missing or unreadable, `foreign` for another program's files,
 *   `unsupported-version`, `corrupt` when a byte of it has changed or is missing. An array that is asked for later: `read-failed`, and
 *   `changed` when the file is not the one that was verified
 */
export function loadCheckpoint(path: string): { snapshot: Snapshot; manifest: CheckpointManifest } {
  const directory = currentDirectory(path);
  const manifest = readManifest(directory);
  const file = join(directory, STATE);
  const state = new StableFile(file);
  if (state.size !== manifest.stateBytes) {
    throw corrupt(file, `it has ${state.size} bytes, ${manifest.stateBytes} were written`);
  }
  if (state.sha256() !== manifest.stateSha256) throw corrupt(file, 'its content is not what was written');
  const read = (begin: number, end: number): Uint8Array => {
    const bytes = new Uint8Array(end - begin);
    state.readInto(bytes, begin);
    return bytes;
  };
  const { places } = locateTensors(state.size, read, file);
  const stored = places.map(({ name, type, begin, end }) => [
    name,
    {
      type,
      length: (end - begin) / type.BYTES_PER_ELEMENT,
      readInto: (target: NumericArray) =>
        state.readInto(new Uint8Array(target.buffer, target.byteOffset, target.byteLength), begin),
    },
  ]);
  return {
    snapshot: { arrays: storedArrays(Object.fromEntries(stored)), values: manifest.values },
    manifest,
  };
}

/**
 * The checkpoints in a directory, by steps, the fewest first; those of equal steps by name. Empty where there is no
 * such directory. Directories without a manifest are none of ours and left out.
 * @throws StorageError as `loadCheckpoint` does for a manifest
 */
export function listCheckpoints(directory: string): CheckpointEntry[] {
  if (!existsSync(directory)) return [];
  const suffix = previousOf('');
  const names = new Set(
    attempt('read', directory, () => readdirSync(directory))
      .filter((name) => !name.startsWith('.'))
      .map((name) => (name.endsWith(suffix) ? name.slice(0, -suffix.length) : name)),
  );
  const entries: CheckpointEntry[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const current = currentDirectory(path);
    if (existsSync(join(current, MANIFEST))) entries.push({ name, path, steps: readManifest(current).steps });
  }
  return entries.sort((a, b) => a.steps - b.steps || (a.name < b.name ? -1 : 1));
}

/** The last of `listCheckpoints`, undefined where there is none. */
export function latestCheckpoint(directory: string): CheckpointEntry | undefined {
  return listCheckpoints(directory).at(-1);
}

/**
 * Removes the oldest checkpoints of a directory, so that a long run does not fill the disk.
 * @param count how many stay, of those that are not spared
 * @param spared the name of one that stays however old it is
 * @throws StorageError `write-failed`, and as `loadCheckpoint` does for a manifest
 */
export function keepLatest(directory: string, count: number, spared: string): void {
  if (count === Infinity) return;
  const others = listCheckpoints(directory).filter(({ name }) => name !== spared);
  for (const { path } of others.slice(0, -count)) {
    attempt('write', path, () => {
      rmSync(path, { recursive: true, force: true });
      rmSync(previousOf(path), { recursive: true, force: true });
    });
  }
}

function readManifest(directory: string): CheckpointManifest {
  const file = join(directory, MANIFEST);
  const text = readRegularFile(file, 'utf8');
  let content: unknown;
  let respelled: string;
  try {
    content = JSON.parse(text);
    respelled = `${stringifyExact(content, 'a checkpoint')}\n`;
  } catch {
    throw corrupt(file, 'it is not JSON of finite numbers');
  }
  const { manifestSha256, ...manifest } = (content ?? {}) as Partial<CheckpointManifest>;
  if (manifest.format !== FORMAT) {
    throw new StorageError('foreign', `"${file}" is not the manifest of a market-gym checkpoint.`);
  }
  if (manifest.formatVersion !== FORMAT_VERSION) {
    throw new StorageError(
      'unsupported-version',
      `"${file}" has format version ${manifest.formatVersion}, this program reads ${FORMAT_VERSION}. Use the version that wrote it.`,
    );
  }
  // The text as well: another spelling of the same content was not written here.
  if (manifestSha256 !== sha256(stringifyExact(manifest, 'a checkpoint')) || text !== respelled) {
    throw corrupt(file, 'its content is not what was written');
  }
  return content as CheckpointManifest;
}

function corrupt(file: string, what: string): StorageError {
  return new StorageError(
    'corrupt',
    `"${file}" is damaged: ${what}. Remove the directory to use the checkpoint before it.`,
  );
}
