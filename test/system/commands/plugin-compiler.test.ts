/** A plugin file as the program itself compiles it: the tests have a compiler of their own. */
import { expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';

test('a typing mistake is one line with its place, and leaves nothing behind', async () => {
  const place = new Workplace();
  place.write('syntax.ts', 'export const x = ;\n');
  const { code, stderr } = await place.spawn('train', '--plugin', 'syntax.ts', '--out', 'run');
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/^[^\n]*syntax\.ts:1:17[^\n]*Correct the file[^\n]*\n$/),
  ]);
  expect(place.exists('run')).toBe(false);
  place.remove();
});
