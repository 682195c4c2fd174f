/** What tests start as processes of their own comes from `dist/`; an old one would be tested in place of the sources. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
/** Folders at the top that hold no source of `dist/`. */
const NO_SOURCES = ['node_modules', 'dist', 'test', 'docs', 'data', 'runs', 'examples'];

/**
 * @returns the path of a compiled file
 * @throws where it is missing, or older than a source or than a folder of sources, which a moved file changes
 */
export function freshDist(file: string): string {
  const path = join(project, 'dist', file);
  const builtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (builtMs === undefined)
    throw new Error(`dist/${file} is missing: run npm run build before these tests.`);
  newest ??= newestSource(project);
  if (newest.timeMs <= builtMs) return path;
  throw new Error(`dist/ is older than ${newest.path}: run npm run build before these tests.`);
}

let newest: { path: string; timeMs: number } | undefined;

function newestSource(folder: string, isTop = true): { path: string; timeMs: number } {
  let last = { path: '', timeMs: -Infinity };
  const consider = (path: string, timeMs: number): void => {
    if (timeMs > last.timeMs) last = { path, timeMs };
  };
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || (isTop && NO_SOURCES.includes(entry.name))) continue;
    if (entry.isDirectory()) {
      const inside = newestSource(path, false);
      if (inside.path === '') continue;
      consider(path, statSync(path).mtimeMs);
      consider(inside.path, inside.timeMs);
    } else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.config.ts')) {
      consider(path, statSync(path).mtimeMs);
    }
  }
  return last;
}
