/** The seeds of two agents are compared by permutation, exactly where they are few. */
import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { holm } from '../../market/statistics/holm.ts';
import { permutationPValue } from '../../trainers/permutation-test.ts';

const p = (scores: number[][], others: number[][]): number =>
  permutationPValue(scores, others, createRng('permutation'));

test('three seeds that all beat three others are one of ten labellings, either way', () => {
  expect(p([[4, 5, 6]], [[1, 2, 3]])).toBeCloseTo(2 / 20, 12);
  expect(p([[1, 2, 3]], [[4, 5, 6]])).toBeCloseTo(2 / 20, 12);
});

test("agrees with SciPy's exact Mann-Whitney test", () => {
  // scipy.stats.mannwhitneyu([1.1, 2.3, 3.7, 8.2, 9.9], [0.4, 1.7, 2.9, 3.1], method='exact').pvalue
  expect(p([[1.1, 2.3, 3.7, 8.2, 9.9]], [[0.4, 1.7, 2.9, 3.1]])).toBeCloseTo(0.2857142857142857, 12);
});

test('equal scores differ in nothing', () => {
  expect(p([[1, 1, 1]], [[1, 1]])).toBe(1);
});

test('two tasks tell more than one', () => {
  expect(
    p(
      [
        [4, 5, 6],
        [14, 15, 16],
      ],
      [
        [1, 2, 3],
        [11, 12, 13],
      ],
    ),
  ).toBeCloseTo(2 / 400, 12);
});

test('many seeds are drawn, and never come to nothing', () => {
  const low = Array.from({ length: 10 }, (_, i) => i);
  const high = low.map((value) => value + 100);
  expect(p([high], [low])).toBeCloseTo(1 / 10_001, 12);
  const mixed = low.map((value) => value + 0.5);
  expect(p([mixed], [low])).toBeGreaterThan(0.5);
});

test("Holm's method multiplies the smallest by all, the next by one less, and never falls", () => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  for (const [i, value] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(value, 14);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});
