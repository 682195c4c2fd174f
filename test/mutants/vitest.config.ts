/** The tests with one file's text replaced: by `MUTANT_TEXT`, the path of a file that holds the mutant. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = resolve(import.meta.dirname, '../..');
const { MUTANT_FILE = '', MUTANT_TEXT = '', MUTANT_TESTS = '[]' } = process.env;
const include: string[] = JSON.parse(MUTANT_TESTS);
const mutated = resolve(root, MUTANT_FILE);

/** In the order they are given: the nearest test first. */
class GivenOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const at = ({ moduleId }: TestSpecification) => include.findIndex((file) => moduleId.endsWith(file));
    return [...files].sort((a, b) => at(a) - at(b));
  }
}

export default defineConfig({
  root,
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      load: (id) => (id === mutated ? readFileSync(MUTANT_TEXT, 'utf8') : undefined),
    },
  ],
  test: {
    include,
    fileParallelism: false,
    isolate: false,
    pool: 'forks',
    testTimeout: 120_000,
    sequence: { sequencer: GivenOrder },
    // What is pinned to a hash says that something has changed, not that it is wrong.
    testNamePattern: /^(?!.*(pinned))/,
  },
});
