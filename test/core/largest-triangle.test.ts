import { expect, test } from 'vitest';
import { extremes, largestTriangles } from '../../core/largest-triangle.ts';

test('a series that is short enough stays whole', () => {
  expect(largestTriangles([3, 1, 2], 3)).toEqual([0, 1, 2]);
});

test('of a line with one spike the spike is chosen, and both ends', () => {
  const values = Array.from({ length: 1000 }, (_, i) => (i === 617 ? 50 : i / 1000));
  const rows = largestTriangles(values, 20);
  expect(rows).toHaveLength(20);
  expect(rows[0]).toBe(0);
  expect(rows.at(-1)).toBe(999);
  expect(rows).toContain(617);
  expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
});

test('the largest triangle by hand', () => {
  // Buckets [1, 2] and [3, 4]; from (0, 0) against the mean (3.5, 1) the areas of (1, 1) and (2, -2) are 2.5 and 9 halves.
  expect(largestTriangles([0, 1, -2, 1, 1, 0], 4)).toEqual([0, 2, 3, 5]);
});

test('extremes are the lowest and highest of each stretch', () => {
  expect(extremes([5, 1, 9, 2, 2, 7, 0, 3], 2)).toEqual([1, 2, 6, 5]);
  expect(extremes([1, 2], 5).sort()).toEqual([0, 0, 1, 1]);
});
