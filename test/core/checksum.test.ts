import { expect, test } from 'vitest';
import { RunningChecksum } from '../../core/checksum.ts';

const sumOf = (values: readonly number[]): string => {
  const sum = new RunningChecksum();
  for (const value of values) sum.add(value);
  return [...sum.lanes].join();
};

test('equal histories have equal sums, and any change of bits or order another', () => {
  const values = Array.from({ length: 50 }, (_, i) => 100 + i / 3);
  const seen = new Set([sumOf(values)]);
  expect(sumOf([...values])).toBe(sumOf(values));
  for (let i = 0; i < values.length; i++) {
    seen.add(sumOf(values.with(i, values[i] + 2 ** -46)));
    seen.add(sumOf(values.with(i, -values[i])));
    if (i > 0) seen.add(sumOf(values.with(i, values[i - 1]).with(i - 1, values[i])));
    seen.add(sumOf(values.slice(0, i)));
  }
  expect(seen.size).toBe(1 + 4 * 50 - 1);
});

test('zeros are told from nothing, and negative zero from zero', () => {
  const sums = [sumOf([]), sumOf([0]), sumOf([0, 0]), sumOf([-0])];
  expect(new Set(sums).size).toBe(4);
});

test('a hundred thousand histories have different sums in both lanes', () => {
  const sum = new RunningChecksum();
  const lanes = [new Set<number>(), new Set<number>()];
  for (let i = 0; i < 100_000; i++) {
    sum.add(i);
    for (const [lane, seen] of lanes.entries()) seen.add(sum.lanes[lane]);
  }
  // Of 2^32 values, 1.2 pairs are expected to meet by chance in each.
  for (const seen of lanes) expect(seen.size).toBeGreaterThan(100_000 - 12);
});
