/**
 * Which files of code a run, model or tape may bring along: what the user names on the command line, or named before.
 * Every hash is compared before anything is executed.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { ConfigError, StorageError } from '../../core/errors.ts';
import { changedParts, type PluginFile, readPluginFile } from '../../storage/plugin-file.ts';
import { TrustedPlugins } from './trust.ts';

/** What the user says of code. */
export interface PluginAccess {
  /** Files of `--plugin`: they may be run, and say where a recorded file is now. */
  readonly plugins?: readonly string[];
  /** File of `--network`, likewise. */
  readonly network?: string;
  /** `--trust-plugins`: whatever a run, model or tape names may be run. */
  readonly trustPlugins?: boolean;
  /** `--accept-changed-plugin`: goes on with other code than that of the record. */
  readonly acceptChangedPlugin?: boolean;
  /** The list of what was given before; default: that of the user's configuration folder. */
  readonly trusted?: TrustedPlugins;
}

/** A file that may be run, and whether it is other code than the record's. */
export interface GrantedFile extends PluginFile {
  readonly isChanged: boolean;
}

/** How messages name what is opened: `The run "runs/a"`. */
type Owner = string;

/**
 * @param recorded what a run, model or tape names
 * @returns for each recorded file the one to load, in order, and then the given ones that none of them is
 * @throws StorageError `plugin-untrusted`, `plugin-missing`, `plugin-changed`; ConfigError `plugin-not-loaded`
 */
export function grantPlugins(
  recorded: readonly PluginFile[],
  access: PluginAccess,
  owner: Owner,
): GrantedFile[] {
  const given = (access.plugins ?? []).map((file) => readPluginFile(file));
  const trusted = access.trusted ?? new TrustedPlugins();
  for (const file of given) trusted.add(file);
  const partners = pair(recorded, given);
  const granted = recorded.map((file) => grantFile(file, partners.get(file), access, owner));
  const used = new Set(partners.values());
  const others = given.filter((file) => !used.has(file)).map((file) => ({ ...file, isChanged: false }));
  const all = [...granted, ...others];
  return all.filter(({ path }, i) => all.findIndex((other) => other.path === path) === i);
}

/**
 * The one file to load for a recorded one.
 * @param given the file that the user names in its place
 * @param option with which it is named
 */
export function grantFile(
  recorded: PluginFile,
  given: PluginFile | undefined,
  access: PluginAccess,
  owner: Owner,
  option: '--plugin' | '--network' = '--plugin',
): GrantedFile {
  const { trustPlugins = false, acceptChangedPlugin = false, trusted = new TrustedPlugins() } = access;
  const { path, sha256 } = recorded;
  const what = option === '--plugin' ? 'plugin' : 'network';
  const grant = (file: PluginFile): GrantedFile => {
    const isChanged = sha256 !== '' && file.sha256 !== sha256;
    if (!isChanged || acceptChangedPlugin) {
      const before = [...(recorded.before ?? []), ...(isChanged ? [sha256] : [])];
      return { ...file, ...(before.length > 0 && { before }), isChanged };
    }
    const parts = changedParts(recorded, file).join(', ');
    throw new StorageError(
      'plugin-changed',
      `${owner} was made with other code: ${file.path} has changed since (${parts}). Restore it, name the old file with ` +
        `${option} FILE, or go on with --accept-changed-plugin, which marks what follows by the code's hash.`,
    );
  };
  if (given !== undefined) return grant(given);
  const elsewhere = trusted.pathsOf(sha256).find((place) => isStill(place, sha256));
  if (!existsSync(path)) {
    if (elsewhere !== undefined) return grant(readPluginFile(elsewhere, what));
    throw new StorageError(
      'plugin-missing',
      `${owner} needs the ${what} file ${path}, which is not there; say where it is now with ${option} FILE.`,
    );
  }
  const now = readPluginFile(path, what);
  if (trustPlugins || trusted.allows(now)) return grant(now);
  if (elsewhere !== undefined) return grant(readPluginFile(elsewhere, what));
  // Changed where the user once gave it: no stranger's code, but not what was given.
  if (trusted.knowsPath(path)) return grant(now);
  throw new StorageError(
    'plugin-untrusted',
    `${owner} names the ${what} file ${path}, which was never given on this machine, so nothing of it was run. Read it, ` +
      `then name it with ${option} ${path}, or pass --trust-plugins to run whatever is named.`,
  );
}

/**
 * The same files at the same paths, as another thread or process that was told of them loads them.
 * @throws StorageError `plugin-changed` when a file has changed meanwhile
 */
export function requireUnchanged(files: readonly PluginFile[], what: 'plugin' | 'network' = 'plugin'): void {
  for (const file of files) {
    const now = readPluginFile(file.path, what);
    if (now.sha256 === file.sha256) continue;
    throw new StorageError(
      'plugin-changed',
      `The ${what} file ${file.path} has changed while it was in use (${changedParts(file, now).join(', ')}); start again.`,
    );
  }
}

/** Which given file stands for which recorded one: by its code, its path, its name, or because no other is left. */
function pair(recorded: readonly PluginFile[], given: readonly PluginFile[]): Map<PluginFile, PluginFile> {
  const partners = new Map<PluginFile, PluginFile>();
  const left = new Set(given);
  const match = (fits: (file: PluginFile, candidate: PluginFile) => boolean): void => {
    for (const file of recorded) {
      if (partners.has(file)) continue;
      const found = [...left].find((candidate) => fits(file, candidate));
      if (found === undefined) continue;
      partners.set(file, found);
      left.delete(found);
    }
  };
  match((file, candidate) => file.sha256 === candidate.sha256);
  match((file, candidate) => file.path === candidate.path);
  match((file, candidate) => basename(file.path) === basename(candidate.path));
  const unpaired = recorded.filter((file) => !partners.has(file) && !existsSync(file.path));
  if (unpaired.length === 1 && left.size === 1) match((file) => file === unpaired[0]);
  return partners;
}

function isStill(path: string, sha256: string): boolean {
  try {
    return readPluginFile(path).sha256 === sha256;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}
