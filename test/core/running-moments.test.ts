import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { RunningMoments } from '../../core/running-moments.ts';
import { sharedJson } from '../shared.ts';

/** Mean and population variance of one column, term by term. */
function define(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

test('batches of any sizes give the definition over all samples', () => {
  const rng = createRng('moments');
  const moments = new RunningMoments(2, 0);
  const columns: number[][] = [[], []];
  for (const size of [1, 5, 0, 17, 2, 300]) {
    const batch = new Float64Array(size * 2);
    for (let n = 0; n < size; n++) {
      for (let d = 0; d < 2; d++) {
        batch[n * 2 + d] = 1e4 * d + rng.gaussian() * (d + 1);
        columns[d].push(batch[n * 2 + d]);
      }
    }
    moments.update(batch, size);
    for (let d = 0; d < 2; d++) {
      const { mean, variance } = define(columns[d]);
      expect(moments.mean[d]).toBeCloseTo(mean, 8);
      expect(moments.variance[d]).toBeCloseTo(variance, 8);
    }
  }
  expect(moments.count).toBe(325);
});

test('only the first numSamples rows of a batch count', () => {
  const moments = new RunningMoments(1, 0);
  moments.update(Float32Array.of(1, 3, 1000), 2);
  expect([moments.mean[0], moments.variance[0], moments.count]).toEqual([2, 1, 2]);
});

test('the prior is mean 0 and variance 1, and an empty batch leaves it', () => {
  const moments = new RunningMoments(1, 1);
  moments.update(new Float64Array(0), 0);
  expect([moments.mean[0], moments.variance[0], moments.count]).toEqual([0, 1, 1]);
  moments.update(Float64Array.of(2), 1);
  // One sample of the prior and one at 2: mean 1, E[x²] = (1 + 4) / 2, variance 1.5.
  expect([moments.mean[0], moments.variance[0], moments.count]).toEqual([1, 1.5, 2]);
});

interface Golden {
  running_mean_std: {
    epsilon_init_count: number;
    updates: { batch: number[][]; mean: number[]; var: number[]; count: number }[];
  };
}
const golden = sharedJson<Golden>('golden/rl_losses_torch.json')?.running_mean_std;

test.skipIf(golden === undefined)(
  'the reference implementation has the same numbers after each batch',
  () => {
    const { epsilon_init_count, updates } = golden!;
    const moments = new RunningMoments(updates[0].mean.length, epsilon_init_count);
    for (const { batch, mean, var: variance, count } of updates) {
      moments.update(Float64Array.from(batch.flat()), batch.length);
      mean.forEach((value, d) => {
        expect(moments.mean[d]).toBeCloseTo(value, 12);
      });
      variance.forEach((value, d) => {
        expect(moments.variance[d]).toBeCloseTo(value, 12);
      });
      expect(moments.count).toBeCloseTo(count, 12);
    }
  },
);

test('saving and loading continues to the same bits, and the snapshot is a copy', () => {
  const moments = new RunningMoments(2);
  moments.update(Float32Array.of(1, 2, 3, 5), 2);
  const state = moments.save();
  const other = new RunningMoments(2);
  moments.update(Float32Array.of(7, 8), 1);
  other.load(state);
  other.update(Float32Array.of(7, 8), 1);
  expect(other.save()).toEqual(moments.save());
  expect(() => new RunningMoments(3).load(state)).toThrow(/"mean" is Float64Array\[2\]/);
});
