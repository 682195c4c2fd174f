import { expect, test } from 'vitest';
import { kernelLayout } from '../../../networks/kernels/layout.ts';

const entries = Object.entries(kernelLayout());

test.each([
  ['CONTEXT', 8],
  ['NODE', 8],
  ['BEST', 8],
  ['PART', 4],
  ['WALK_NODE', 4],
])('the fields of a %s lie within it, aligned, each in a place of its own', (record, unit) => {
  const prefix =
    record === 'WALK_NODE' ? /^WALK_(THRESHOLD|COLUMN|CHILDREN|SIGN)$/ : new RegExp(`^${record}_(?!BYTES)`);
  const offsets = entries.filter(([name]) => prefix.test(name)).map(([, offset]) => offset);
  const bytes = kernelLayout()[`${record}_BYTES` as keyof ReturnType<typeof kernelLayout>];
  expect(offsets.length).toBeGreaterThan(3);
  expect(new Set(offsets).size).toBe(offsets.length);
  expect(offsets.every((offset) => offset % 4 === 0 && offset < bytes)).toBe(true);
  expect(bytes % unit).toBe(0);
});

test('codes that the kernels tell apart differ', () => {
  for (const kind of [/^ACTIVATION_/, /^SECOND_/]) {
    const codes = entries.filter(([name]) => kind.test(name)).map(([, code]) => code);
    expect(new Set(codes).size).toBe(3);
  }
});

test('doubles lie where a view of doubles can reach them', () => {
  const { CONTEXT_LAMBDA, CONTEXT_ALPHA, CONTEXT_MIN_CHILD_WEIGHT, NODE_SUMS, BEST_LEFT_SUMS } =
    kernelLayout();
  for (const offset of [CONTEXT_LAMBDA, CONTEXT_ALPHA, CONTEXT_MIN_CHILD_WEIGHT, NODE_SUMS, BEST_LEFT_SUMS]) {
    expect(offset % 8).toBe(0);
  }
});
