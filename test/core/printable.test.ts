import { expect, test } from 'vitest';
import { inertText, printable } from '../../core/printable.ts';

test.each([
  ['a\u001b[2Jb', 'a [2Jb', 'a\\u001b[2Jb'],
  ['\u009b31mred', '31mred', '\\u009b31mred'],
  ['line\nline\tend\n', 'line line end', 'line\nline\tend\n'],
  ['over\rwritten', 'over written', 'over\\u000dwritten'],
  ['abc\u202etxt.exe', 'abc txt.exe', 'abc\\u202etxt.exe'],
  ['a\u2028b', 'a b', 'a\\u2028b'],
  ['für 名前 — 10 €', 'für 名前 — 10 €', 'für 名前 — 10 €'],
])('%j is one line as %j, and acts on nothing as %j', (text, line, inert) => {
  expect(printable(text)).toBe(line);
  expect(inertText(text)).toBe(inert);
});

test('JSON stays the JSON that it was', () => {
  const value = { name: 'a\u001b\u007f\u0085\u009b\u202e\ufeffb', text: 'line\nline' };
  expect(JSON.parse(inertText(JSON.stringify(value)))).toEqual(value);
  expect(inertText(JSON.stringify(value))).not.toMatch(/[\u007f-\u009f\u202e\ufeff]/);
});
