import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { name, exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** What a test's plugin file imports by the package's name comes from the sources, as all else in the test does. */
function sourcesByPackageName(): Plugin {
  return {
    name: 'sources-by-package-name',
    enforce: 'pre',
    resolveId(id) {
      if (id !== name && !id.startsWith(`${name}/`)) return undefined;
      for (const [key, entry] of Object.entries<string | { default: string }>(exports)) {
        const target = typeof entry === 'string' ? entry : entry.default;
        const [before, after] = key.replace('.', name).split('*');
        if (after === undefined ? id !== before : !id.startsWith(before)) continue;
        const file = target.replace('*', id.slice(before.length)).replace(/^\.\/dist\/(.*)\.js$/, './$1.ts');
        return here(file);
      }
      return undefined;
    },
  };
}

// The files of tests are not to be trusted by the user's own command line.
process.env.MARKET_GYM_CONFIG = join(tmpdir(), 'market-gym-test-config');

export const plugins = [sourcesByPackageName()];
/** The command line changes the working directory, which a thread cannot; plugins in scratch folders are sources too. */
export const inProcess = {
  pool: 'forks' as const,
  server: { deps: { inline: [/market-gym-cli-/] } },
  globalSetup: [here('test/scratch-folder.ts')],
  setupFiles: [here('test/equal-arrays.ts')],
};

/** Tests that start processes: what is compiled, killed, packed, or written in another language. */
const SYSTEM = ['test/system/**/*.test.ts'];

/** Run by nobody but their own project. */
const SLOW = [...SYSTEM, 'test/learning/**', 'test/measures/**', 'test/mutants/**', 'test/readme.test.ts'];

/** The files whose counts grow in a soak run: those that import `test/soak.ts`. */
const soaked = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((file) => `test/${file.replaceAll('\\', '/')}`)
  .filter((file) => file.endsWith('.test.ts') && /from '[./]+\/soak\.ts'/.test(readFileSync(file, 'utf8')));

/**
 * `quick` is the unit suite, in the process of the tests; `system` starts processes; `soak` is the heavy tests of both
 * with their full counts; `learning` trains agents; `readme` runs the README's code blocks; `measures` counts what the
 * documents state, over more markets than every run needs.
 */
export default defineConfig({
  test: {
    // Otherwise vitest leaves one of the cores to itself, which hardly uses it.
    maxWorkers: '100%',
    // What was compiled for the last run is not compiled again.
    experimental: { fsModuleCache: true },
    testTimeout: 120_000,
    projects: [
      {
        plugins,
        test: {
          ...inProcess,
          name: 'quick',
          // Modules are read once for all files of a process, which a file that mocks one has to undo.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: SLOW,
          testTimeout: 120_000,
        },
      },
      {
        plugins,
        test: { ...inProcess, name: 'system', include: SYSTEM, testTimeout: 300_000, hookTimeout: 60_000 },
      },
      {
        plugins,
        test: {
          ...inProcess,
          name: 'soak',
          include: soaked,
          env: { SOAK: '1' },
          testTimeout: 1_800_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'learning', include: ['test/learning/**/*.test.ts'], testTimeout: 600_000 } },
      { test: { name: 'measures', include: ['test/measures/**/*.test.ts'], testTimeout: 1_200_000 } },
      { test: { name: 'readme', include: ['test/readme.test.ts'], testTimeout: 1_800_000 } },
    ],
  },
});
