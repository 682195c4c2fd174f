/** The direction of imports, and where time and chance may come from. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the files of a folder may import as values; types may come from anywhere. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  market: ['core'],
  networks: ['core'],
  models: ['core', 'market', 'networks'],
  replay: ['core'],
  envs: ['core', 'market'],
  agents: ['core', 'networks', 'replay', 'models', 'envs'],
  storage: ['core'],
  live: ['core', 'market', 'envs', 'storage'],
  trainers: ['core', 'market', 'networks', 'models', 'replay', 'envs', 'agents', 'storage'],
  scripts: [
    'core',
    'market',
    'networks',
    'models',
    'replay',
    'envs',
    'agents',
    'storage',
    'trainers',
    'live',
  ],
};
/** Live code lives in time: this file alone asks the machine for it. */
const CLOCK_FILE = 'live/connection/clock.ts';
/** A program kept as text: it runs in a browser, which has a clock of its own. */
const BROWSER_FILE = 'live/ops/page-script.ts';
/** Agents build action arrays from the spaces, the one file of envs that they may use. */
const AGENTS_ENVS_FILE = 'envs/spaces.ts';

const FILES = Object.keys(ALLOWED).flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('assembly') && !file.startsWith('examples'))
    .map((file) => `${folder}/${file}`),
);

function sourceOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Paths, from the root, of the project's own files that a file imports as values. */
function valueImports(file: string, source = sourceOf(file)): string[] {
  const statements = source.matchAll(/^(?:import|export) (?!type )([^;]*?) ?from '(\.[^']+)';/gms);
  return [...statements]
    .filter(([, names]) => !/^\{(\s*type \w+( as \w+)?,?)+\s*\}$/.test(names))
    .map(([, , path]) => join(file, '..', path));
}

test('every folder imports only from those below it', () => {
  const wrong: string[] = [];
  for (const file of FILES) {
    const folder = file.split('/')[0];
    for (const imported of valueImports(file)) {
      const other = imported.split('/')[0];
      if (other === folder) continue;
      if (folder === 'agents' && other === 'envs' && imported !== AGENTS_ENVS_FILE)
        wrong.push(`${file} → ${imported}`);
      if (!ALLOWED[folder].includes(other)) wrong.push(`${file} → ${imported}`);
    }
  }
  expect(wrong).toEqual([]);
});

describe('the check itself', () => {
  test('sees value imports, and passes over types', () => {
    const source = `import type { A } from '../envs/env.ts';
import { type B, type C } from '../envs/env.ts';
import {
  type D,
  e,
} from '../agents/agent.ts';
export { f } from './f.ts';
`;
    expect(valueImports('core/x.ts', source)).toEqual(['agents/agent.ts', 'core/f.ts']);
  });
});

/** Everything that differs between two runs of the same seed, or between two JavaScript engines. */
const BANNED: readonly [name: string, pattern: RegExp, folders: readonly string[]][] = [
  [
    'ambient time and chance',
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bsetTimeout\b|\bsetInterval\b/,
    ['core', 'market', 'networks', 'models', 'replay', 'envs', 'agents', 'storage', 'live', 'trainers'],
  ],
  [
    'functions whose last bits the engine decides',
    /\bMath\.(exp|expm1|log|log1p|log2|log10|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|pow|cbrt|hypot)\b/,
    ['core', 'market', 'networks', 'models', 'replay', 'envs', 'agents', 'live'],
  ],
];

for (const [name, pattern, folders] of BANNED) {
  test(`no ${name} in ${folders.join(', ')}`, () => {
    const wrong = FILES.filter(
      (file) =>
        file !== CLOCK_FILE &&
        file !== BROWSER_FILE &&
        folders.includes(file.split('/')[0]) &&
        pattern.test(withoutComments(sourceOf(file))),
    );
    expect(wrong).toEqual([]);
  });
}

function withoutComments(source: string): string {
  return source.replace(/\/\*.*?\*\//gs, '').replace(/\/\/.*$/gm, '');
}
