/** Which texts are whole numbers to the command line. */
import { expect, test } from 'vitest';
import { MAX_SEED } from '../../../core/rng.ts';
import { wholeNumber } from '../../../scripts/terminal/counts.ts';

test('whole numbers are taken as text or number, in any notation that is exact', () => {
  const steps = wholeNumber('steps', 1);
  expect([steps('1'), steps(20), steps('1e6'), steps(Number.MAX_SAFE_INTEGER)]).toEqual([
    1,
    20,
    1_000_000,
    Number.MAX_SAFE_INTEGER,
  ]);
});

test.each(['', ' ', 'abc', '0', '-1', '1.5', 'NaN', 'Infinity', '1e18', ['1', '2']])(
  '%j is refused with the range',
  (text) => {
    expect(() => wholeNumber('steps', 1)(text)).toThrow(
      expect.objectContaining({
        code: 'invalid-value',
        message: `--steps takes a whole number from 1, got "${text}".`,
      }),
    );
  },
);

test('an upper bound is named', () => {
  const seed = wholeNumber('seed', 0, MAX_SEED);
  expect(seed(MAX_SEED)).toBe(4294967295);
  expect(() => seed(MAX_SEED + 1)).toThrow('--seed takes a whole number from 0 to 4294967295');
});
