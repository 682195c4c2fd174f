/** The house: which room may import which, what reaches each file, and where time, chance and last bits come from. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { circlesOf, codeOf, type ImportGraph, importsOf, reachedFrom } from './source-graph.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const CORE = ['core'];
const BELOW_LIVE = ['core', 'market', 'networks', 'envs', 'replay', 'models', 'agents', 'storage'];
const BELOW_SCRIPTS = [...BELOW_LIVE, 'live', 'trainers', 'experiments', 'continual'];

/** What the files of a room may import, types included; a room names only rooms above it in this table. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  storage: CORE,
  market: CORE,
  networks: CORE,
  envs: ['core', 'market'],
  replay: ['core', 'envs'],
  models: ['core', 'market', 'networks'],
  agents: ['core', 'networks', 'envs', 'replay', 'models'],
  live: ['core', 'storage', 'market', 'envs', 'agents'],
  trainers: ['core', 'market', 'networks', 'envs', 'replay', 'models', 'agents'],
  experiments: [...BELOW_LIVE, 'live', 'trainers'],
  continual: [...BELOW_LIVE, 'live', 'trainers', 'experiments'],
  testing: BELOW_SCRIPTS,
  scripts: BELOW_SCRIPTS,
};
/** Folders that hold no part of the package. */
const OTHERS = new Set(['test', 'examples', 'node_modules', 'dist']);
const MAX_FILES = 25;

/** Files that nothing imports: they are started, or handed over by their path, by the file named beside them. */
const STARTED: Readonly<Record<string, string>> = {
  'envs/vector/worker.ts': 'envs/vector/workers.ts',
  'experiments/worker.ts': 'experiments/pool.ts',
  'experiments/run/envs.ts': 'experiments/run/parts.ts',
  'continual/learner-worker.ts': 'continual/learner.ts',
  'storage/postgres/statement-thread.ts': 'storage/postgres/statements.ts',
  'scripts/bench/costly-env.ts': 'scripts/bench/envs.ts',
  'scripts/bench/against/own-side.ts': 'scripts/bench/against/compare.ts',
  'scripts/bench/data-reading.ts': 'scripts/bench/data.ts',
  'scripts/bench/live-figures.ts': 'scripts/bench/live.ts',
  'scripts/bench/replay-memory.ts': 'scripts/bench/memory.ts',
  'scripts/bench/training-worker.ts': 'scripts/bench/live-latency.ts',
  'scripts/bench/tree-memory.ts': 'scripts/bench/trees.ts',
  'scripts/bench/determinism.ts': '.ci/determinism.sh',
};

/** Built and tested, and not yet offered by an env, a command or a report. */
const WAITING: Readonly<Record<string, string>> = {};

const SOURCES = new Map(
  [...sourceFiles(), 'index.ts'].map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
);
const GRAPH: ImportGraph = new Map([...SOURCES].map(([file, source]) => [file, importsOf(file, source)]));

function sourceFiles(): string[] {
  return Object.keys(ALLOWED).flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
      .map((file) => join(room, file)),
  );
}

const roomOf = (file: string): string => file.split('/')[0];
const isKernel = (file: string): boolean => file.includes('/assembly/');

test('every folder with sources is a room of the table', () => {
  const folders = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !OTHERS.has(entry.name) && !entry.name.startsWith('.'))
    .filter(({ name }) => readdirSync(join(ROOT, name)).some((file) => file.endsWith('.ts')));
  expect(folders.map(({ name }) => name).filter((name) => !(name in ALLOWED))).toEqual([]);
});

test('every room imports only what it may, types included', () => {
  expect(wrongArrows(GRAPH, ALLOWED)).toEqual([]);
});

test('the rooms stand in an order: each may import only rooms above it in the table', () => {
  const rooms = Object.keys(ALLOWED);
  for (const [i, room] of rooms.entries()) {
    expect(rooms.slice(0, i), room).toEqual(expect.arrayContaining([...ALLOWED[room]]));
  }
});

test("no files import one another in a circle, but the kernels' dispatcher, whom indirect calls would slow down", () => {
  const circles = circlesOf(GRAPH).filter((circle) => !circle.every(isKernel));
  expect(circles).toEqual([]);
});

test('something that runs, or a promised export, reaches every file', () => {
  const reached = reachedFrom(GRAPH, [...ENTRIES, ...promisedFiles()]);
  const lost = [...SOURCES.keys()].filter(
    (file) => !reached.has(file) && !isKernel(file) && !(file in WAITING),
  );
  expect(lost).toEqual([]);
});

test('what waits for its door is there, and leaves the list when a command reaches it', () => {
  const reached = reachedFrom(GRAPH, ENTRIES);
  expect(Object.keys(WAITING).filter((file) => !SOURCES.has(file) || reached.has(file))).toEqual([]);
});

test('what starts a file names it', () => {
  for (const [file, starter] of Object.entries(STARTED)) {
    const name = file.slice(file.lastIndexOf('/') + 1, -'.ts'.length);
    expect(readFileSync(join(ROOT, starter), 'utf8'), starter).toContain(name);
    expect(SOURCES.has(file), file).toBe(true);
  }
});

test(`no folder holds more than ${MAX_FILES} files of its own`, () => {
  expect(crowdedFolders(SOURCES.keys(), MAX_FILES)).toEqual([]);
});

const ENTRIES = ['scripts/market-gym.ts', ...Object.keys(STARTED)];

/** The sources behind the sub-paths that the package promises by name. */
function promisedFiles(): string[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.values(exports as Record<string, string | Record<string, string>>)
    .map((target) => (typeof target === 'string' ? target : target.default))
    .filter((path) => path.endsWith('.js') && !path.includes('*'))
    .map((path) => path.replace('./dist/', '').replace(/\.js$/, '.ts'));
}

function wrongArrows(graph: ImportGraph, allowed: Readonly<Record<string, readonly string[]>>): string[] {
  return [...graph].flatMap(([file, imports]) =>
    imports
      .filter((other) => roomOf(file) in allowed && roomOf(other) !== roomOf(file))
      .filter((other) => !allowed[roomOf(file)].includes(roomOf(other)))
      .map((other) => `${file} → ${other}`),
  );
}

function crowdedFolders(files: Iterable<string>, most: number): string[] {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > most).map(([folder, count]) => `${folder}: ${count}`);
}

interface Ban {
  readonly name: string;
  readonly pattern: RegExp;
  /** Rooms that it does not hold in. */
  readonly but: readonly string[];
  readonly exceptions: Readonly<Record<string, string>>;
}

/** Everything that differs between two runs of the same seed, or between two JavaScript engines. */
const BANS: readonly Ban[] = [
  {
    name: 'ambient time and chance',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bset(Timeout|Interval)\b/,
    but: ['scripts'],
    exceptions: {
      'live/connection/clock.ts': 'live code lives in time: this file alone asks the machine for it',
      'live/ops/metered-socket.ts':
        'sets no timer: it answers to the name by which servers set the timeout of a socket',
    },
  },
  {
    name: 'functions whose last bits the engine decides',
    pattern:
      /\*\*|\bMath\.(exp|expm1|log|log1p|log2|log10|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|pow|cbrt|hypot)\b/,
    but: ['scripts'],
    exceptions: {},
  },
];

describe.each(BANS)('$name', ({ pattern, but, exceptions }) => {
  test('are nowhere outside the command line', () => {
    const wrong = [...SOURCES].filter(
      ([file, source]) =>
        !but.includes(roomOf(file)) &&
        !(file in exceptions) &&
        !isKernel(file) &&
        pattern.test(codeOf(source)),
    );
    expect(wrong.map(([file]) => file)).toEqual([]);
  });

  test('exceptions need theirs', () => {
    const needless = Object.keys(exceptions).filter((file) => !pattern.test(codeOf(SOURCES.get(file) ?? '')));
    expect(needless).toEqual([]);
  });
});

describe('the checks themselves', () => {
  test('see imports of values and types, exports of others, side effects and files loaded later', () => {
    const source = `/** Like import { no } from './comment.ts'. */
import { join } from 'node:path';
import type { A } from '../envs/env.ts';
import {
  type D,
  e,
} from '../agents/agent.ts';
import './effect.ts';
// import { no } from './line.ts';
export { f } from './f.ts';
export * from './all.ts';
export const from = 'x';
type G = import('./g.ts').G;
const later = await import('./later.ts');
const text = "import { no } from './text.ts'";
`;
    expect(importsOf('core/x.ts', source).sort()).toEqual([
      'agents/agent.ts',
      'core/all.ts',
      'core/effect.ts',
      'core/f.ts',
      'core/g.ts',
      'core/later.ts',
      'envs/env.ts',
    ]);
    expect(importsOf('core/x/y.ts', "import { a } from '../bare';")).toEqual(['core/bare.ts']);
  });

  test('find arrows that run the wrong way', () => {
    const graph = new Map([
      ['core/a.ts', ['envs/b.ts']],
      ['envs/b.ts', ['core/a.ts', 'envs/c.ts']],
    ]);
    expect(wrongArrows(graph, { core: [], envs: ['core'] })).toEqual(['core/a.ts → envs/b.ts']);
  });

  test('find circles of two and more, and of one', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', ['e']],
      ['e', ['e', 'f']],
      ['f', []],
    ]);
    expect(circlesOf(graph)).toEqual([['a', 'b', 'c'], ['e']]);
  });

  test('find what nothing reaches', () => {
    const graph = new Map([
      ['main', ['a']],
      ['a', ['b']],
      ['b', ['a']],
      ['lost', ['b']],
    ]);
    expect([...reachedFrom(graph, ['main'])].sort()).toEqual(['a', 'b', 'main']);
  });

  test('count the files of a folder without those of its sub-folders', () => {
    expect(crowdedFolders(['a/1.ts', 'a/2.ts', 'a/b/3.ts'], 2)).toEqual([]);
    expect(crowdedFolders(['a/1.ts', 'a/2.ts', 'a/b/3.ts'], 1)).toEqual(['a: 2']);
  });

  test.each([
    'y = x ** 2;',
    'y **= 2;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a source to be read
    'const text = `it is ${2 ** 20} bytes`;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a source to be read
    "const text = `it's ${`a ${b ** 2}`}`;",
    "const who = /['\"]/; y = Math.exp(1); // it's",
    'const half = total / 2; const z = Math.pow(half / 3, 2);',
  ])('see a banned function in %s', (source) => {
    expect(BANS[1].pattern.test(codeOf(source))).toBe(true);
  });

  test.each([
    '/** x ** 2, Math.exp(x) */ y = x * x;',
    'y = x * x; // x ** 2',
    "const glob = 'test/**/*.ts';",
    'const glob = "a\\"**";',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a source to be read
    'const text = `x ** 2 is ${x * x} and ${`**`}`;',
    'const url = /\\/\\/[/*]**/;',
    'y = Math.expected;',
  ])('see none in %s', (source) => {
    expect(BANS[1].pattern.test(codeOf(source))).toBe(false);
  });

  test.each([
    'Date.now()',
    'const { random } = { random: Math.random };',
    'setTimeout(stop, 5)',
    'new Date()',
  ])('see ambient time and chance in %s', (source) => {
    expect(BANS[0].pattern.test(codeOf(source))).toBe(true);
    expect(BANS[0].pattern.test(codeOf(`new Date(timeMs); '${source}'`))).toBe(false);
  });
});
