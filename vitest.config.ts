import { defineConfig } from 'vitest/config';

/**
 * `quick` is the unit suite; `learning` trains agents; `readme` runs the README's code blocks; `measures` counts what the
 * documents state, over more markets than every run needs.
 */
export default defineConfig({
  test: {
    testTimeout: 120_000,
    projects: [
      {
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: ['test/learning/**', 'test/measures/**', 'test/readme.test.ts'],
          testTimeout: 120_000,
        },
      },
      { test: { name: 'learning', include: ['test/learning/**/*.test.ts'], testTimeout: 600_000 } },
      { test: { name: 'measures', include: ['test/measures/**/*.test.ts'], testTimeout: 1_200_000 } },
      { test: { name: 'readme', include: ['test/readme.test.ts'], testTimeout: 1_800_000 } },
    ],
  },
});
