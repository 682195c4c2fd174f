/** A user's file of code as a part of a run: where it lies, and what tells its code from any other. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, relative, resolve, sep } from 'node:path';
import { z } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import { attempt } from './atomic.ts';

export const pluginFileSchema = z.strictObject({
  /** Absolute. */
  path: z.string(),
  /**
   * SHA-256, hexadecimal, of the file; where it imports others by relative paths, of the hashes of all of them. Empty where
   * a record of an older version does not say.
   */
  sha256: z.string(),
  /** SHA-256 of every file that is imported by a relative path, by way of others too; by its path from the file's folder. */
  imports: z.record(z.string(), z.string()).optional(),
  /** Hashes of the code that the run was made with before, where a change was accepted; the oldest first. */
  before: z.array(z.string()).optional(),
});

export type PluginFile = z.output<typeof pluginFileSchema>;

/** What a record may hold: a file, or as in older versions its path alone. */
export const recordedPluginSchema = z.union([
  pluginFileSchema,
  z.string().transform((path): PluginFile => ({ path, sha256: '' })),
]);

const MODULES = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'];
/** Of a path in quotes, also in a template without placeholders. */
const RELATIVE_PATH = /(['"`])(\.\.?\/[^'"`\n$]*)\1/g;
const IMPORTS_BEFORE = /(?:\bfrom|\bimport|\brequire|\bimport\s*\(|\brequire\s*\()\s*$/;

/**
 * Reads a file and what it imports by relative paths; nothing is run.
 * @param file path, from the working directory
 * @param what it is, for messages
 * @throws ConfigError `plugin-not-loaded` where there is no such module
 */
export function readPluginFile(file: string, what = 'plugin'): PluginFile {
  const path = resolve(file);
  if (!MODULES.includes(extname(path)) || !isFile(path)) {
    throw new ConfigError(
      'plugin-not-loaded',
      `No such ${what} file: "${file}". Give the path of a .ts, .mts, .js, .mjs or .cjs module.`,
    );
  }
  const hashes = new Map<string, string>();
  visit(path, hashes);
  const own = hashes.get(path)!;
  hashes.delete(path);
  if (hashes.size === 0) return { path, sha256: own };
  const named = [...hashes].map(
    ([imported, hash]) => [portable(relative(dirname(path), imported)), hash] as const,
  );
  const imports = Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  return { path, sha256: hashOf(JSON.stringify([own, imports])), imports };
}

/** The imports whose code differs, for messages; the file itself where it is that. */
export function changedParts(recorded: PluginFile, now: PluginFile): string[] {
  const [before, after] = [recorded.imports ?? {}, now.imports ?? {}];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => before[name] !== after[name]);
  return changed.length > 0 ? changed : ['the file itself'];
}

/** What tells the code of a run from that of others: the hashes of its files, those before a change included; empty without any. */
export function codeOf(files: readonly PluginFile[]): string {
  return files
    .map(({ before = [], sha256 }) => [...before, sha256].map((hash) => hash.slice(0, 8)).join('→'))
    .join('+');
}

/** Modules whose names stand in a file without a path: `market-gym`, `@scope/name`. */
export function packagesOf({ path, imports = {} }: PluginFile): string[] {
  const files = [path, ...Object.keys(imports).map((name) => resolve(dirname(path), name))];
  const found = new Set<string>();
  for (const file of files.filter((name) => MODULES.includes(extname(name)))) {
    const text = attempt('read', file, () => readFileSync(file, 'utf8'));
    for (const [, , name] of text.matchAll(
      /\b(?:from|import|require)\s*\(?\s*(['"`])([@a-zA-Z][^'"`\n$:]*)\1/g,
    )) {
      found.add(
        name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    }
  }
  return [...found].sort();
}

function visit(path: string, hashes: Map<string, string>): void {
  if (hashes.has(path)) return;
  const content = attempt('read', path, () => readFileSync(path));
  hashes.set(path, hashOf(content));
  if (!MODULES.includes(extname(path))) return;
  const text = content.toString('utf8');
  for (const match of text.matchAll(RELATIVE_PATH)) {
    const imported = findModule(resolve(dirname(path), match[2]));
    if (imported === undefined) continue;
    // A path in any other place is data, which may change; that of a module is taken for an import wherever it stands.
    const isImport = IMPORTS_BEFORE.test(text.slice(Math.max(0, match.index - 40), match.index));
    if (isImport || MODULES.includes(extname(imported))) visit(imported, hashes);
  }
}

/** As loaders look for it: with an ending, of TypeScript for one of JavaScript, or the index of a folder. */
function findModule(path: string): string | undefined {
  const bare = path.replace(/\.([cm]?)js(x?)$/, '.$1ts$2');
  const endings = [...MODULES, '.json', '.node'];
  const candidates = [
    path,
    bare,
    ...endings.map((ending) => path + ending),
    ...endings.map((ending) => `${path}${sep}index${ending}`),
  ];
  return candidates.find((candidate) => existsSync(candidate) && isFile(candidate));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function portable(path: string): string {
  return path.split(sep).join('/');
}

function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
