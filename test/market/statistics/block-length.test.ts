import { expect, test } from 'vitest';
import { optimalBlockLength } from '../../../market/statistics/block-length.ts';
import { lcg } from '../golden-series.ts';

/** x_t = phi·x_(t−1) + u + u′ − 1 */
function autoregression(phi: number, seed: number, length: number): number[] {
  const u = lcg(seed);
  let state = 0;
  return Array.from({ length }, () => {
    state = phi * state + (u() + u() - 1);
    return state;
  });
}

// optimal_block_length(...)['stationary'] of the Python package arch.
test.each([
  [0, 1, 250, 1.9014730467060694],
  [0.5, 2, 250, 5.306285978893205],
  [0.9, 3, 1000, 45.18948016288018],
  [-0.3, 4, 500, 8.90516121061126],
  [0.5, 5, 60, 3.234788849019593],
])('of an autoregression of %d (seed %d, %d values) agrees with arch', (phi, seed, length, golden) => {
  expect(optimalBlockLength(autoregression(phi, seed, length))).toBeCloseTo(golden, 10);
});

test('is 1 where nothing changes, and never more than a third of a short series', () => {
  expect(optimalBlockLength([2, 2, 2, 2])).toBe(1);
  const trend = Array.from({ length: 12 }, (_, i) => i);
  expect(optimalBlockLength(trend)).toBeLessThanOrEqual(4);
  expect(optimalBlockLength([1, 2])).toBeGreaterThanOrEqual(1);
});
