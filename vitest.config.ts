import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Tests that start processes: what is compiled, killed, packed, or written in another language. */
const SYSTEM = ['test/system/**/*.test.ts', 'test/scripts/*.test.ts', 'test/scripts/commands/*.test.ts'];

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
    testTimeout: 120_000,
    projects: [
      {
        test: { name: 'quick', include: ['test/**/*.test.ts'], exclude: SLOW, testTimeout: 120_000 },
      },
      { test: { name: 'system', include: SYSTEM, testTimeout: 300_000, hookTimeout: 60_000 } },
      {
        test: {
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
