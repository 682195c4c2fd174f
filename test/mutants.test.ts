/** The mutants themselves are tried by `npm run test:mutants`; that they are still there to be tried is seen here. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EXPLAINED } from './mutants/explained.ts';
import { handwritten } from './mutants/operators.ts';
import { RULES } from './mutants/rules.ts';

const sourceOf = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

test.each(RULES)('the code still has the place to break: $name', ({ file, from, to, name }) => {
  expect(handwritten(file, sourceOf(file), from, to, name).source).toContain(to);
});

test.each(EXPLAINED)('what is explained is still there: $before', ({ file, before }) => {
  expect(sourceOf(file)).toContain(before);
});
