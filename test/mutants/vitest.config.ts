/** The tests with one file's text replaced: by `MUTANT_TEXT`, the path of a file that holds the mutant. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { inProcess, plugins } from '../../vitest.config.ts';
import { THREAD_ENTRY } from './related.ts';

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

/**
 * Threads load what they run by themselves: a copy of the mutant, `entry.ts`, that finds its imports from anywhere.
 * @returns URL of a module beside it
 */
function writeEntry(): string {
  const place = dirname(MUTANT_TEXT);
  const text = readFileSync(MUTANT_TEXT, 'utf8').replaceAll(
    /from '(\.[^']+)'/g,
    (_, path: string) => `from '${new URL(path, pathToFileURL(mutated)).href}'`,
  );
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(place, 'entry.ts'), text);
  return pathToFileURL(MUTANT_TEXT).href;
}

export default defineConfig({
  root,
  plugins: [
    ...plugins,
    {
      name: 'mutant',
      enforce: 'pre',
      load: (id) => (id === mutated ? readFileSync(MUTANT_TEXT, 'utf8') : undefined),
      transform(code, id) {
        const [call, entry] = THREAD_ENTRY.exec(code) ?? [];
        if (call === undefined || resolve(dirname(id), `${entry}.ts`) !== mutated) return undefined;
        return code.replace(call, () => `threadEntry('${writeEntry()}', 'entry'`);
      },
    },
  ],
  test: {
    ...inProcess,
    include,
    fileParallelism: false,
    isolate: false,
    testTimeout: 120_000,
    sequence: { sequencer: GivenOrder },
    // What is pinned to a hash says that something has changed, not that it is wrong.
    testNamePattern: /^(?!.*(pinned))/,
  },
});
