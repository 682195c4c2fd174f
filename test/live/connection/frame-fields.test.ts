import { expect, test } from 'vitest';
import { excerpt, malformed } from '../../../live/connection/frame-fields.ts';

test.each([
  ['a short text', 'as it is', 'as it is'],
  ['blanks and line breaks', 'a\n  b\tc', 'a b c'],
  ['a number', 0.5, '0.5'],
  ['nothing', null, 'null'],
  ['an array, however deep', [[[]], 1], 'an array of 2'],
  ['an object that cannot be shown', { toString: 1 }, 'an object'],
])('%s is told in a line', (_, value, text) => {
  expect(excerpt(value)).toBe(text);
});

test('a long text is told by its beginning', () => {
  const text = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
  const told = excerpt(text);
  expect(told.endsWith('…')).toBe(true);
  const { length } = told.slice(0, -1);
  expect(length).toBeGreaterThan(30);
  expect(told).toBe(`${text.slice(0, length)}…`);
  expect(excerpt(text.slice(0, length))).toBe(text.slice(0, length));
  expect(excerpt(text.slice(0, length + 1))).toBe(told);
  expect(malformed('p', 'a price', text).message).toMatch(/^"p" must be a price, got "abc/);
});
