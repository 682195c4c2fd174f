import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import {
  categoricalEntropiesInto,
  categoricalGradientsInto,
  categoricalLogProbsInto,
  greedyCategoricalInto,
  normalizeLogitsInto,
  sampleCategoricalInto,
} from '../../../networks/distributions/categorical.ts';
import { createKernels } from '../../../networks/kernels/create.ts';

const kernels = createKernels();

/** Logits, what they normalise to, and actions, for a batch. */
function createBatch(sizes: readonly number[], batch: number, seed: number) {
  const rng = createRng(seed);
  const length = batch * sizes.reduce((sum, size) => sum + size, 0);
  const logits = kernels.allocate(length);
  for (let i = 0; i < length; i++) logits[i] = 2 * rng.gaussian();
  const actions = new Int32Array(batch * sizes.length).map((_, i) => rng.integer(sizes[i % sizes.length]));
  const logProbs = kernels.allocate(length);
  const probabilities = kernels.allocate(length);
  normalizeLogitsInto(logProbs, probabilities, kernels, logits, sizes, batch);
  return { rng, logits, actions, logProbs, probabilities };
}

/** ln p(action) and entropy of each row, term by term in Float64. */
function define(logits: Float64Array, actions: Int32Array, sizes: readonly number[], batch: number) {
  const rows = Array.from({ length: batch }, () => ({ logProb: 0, entropy: 0 }));
  let first = 0;
  for (let b = 0; b < batch; b++) {
    for (const [a, size] of sizes.entries()) {
      const weights = [...logits.slice(first, first + size)].map(Math.exp);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const weight of weights) rows[b].entropy -= (weight / total) * Math.log(weight / total);
      rows[b].logProb += Math.log(weights[actions[b * sizes.length + a]] / total);
      first += size;
    }
  }
  return rows;
}

describe('categorical', () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

  test('log-probabilities, entropies and their gradients follow the definition', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 6 }), fc.nat(1000), (sizes, batch, seed) => {
        const { rng, logits, actions, logProbs, probabilities } = createBatch(sizes, batch, seed);
        const exactLogits = Float64Array.from(logits);
        const exact = define(exactLogits, actions, sizes, batch);
        const actual = new Float32Array(batch);
        categoricalLogProbsInto(actual, logProbs, actions, sizes, batch);
        for (let b = 0; b < batch; b++) expect(Math.abs(actual[b] - exact[b].logProb)).toBeLessThan(5e-6);
        categoricalEntropiesInto(actual, logProbs, probabilities, sizes, batch);
        for (let b = 0; b < batch; b++) expect(Math.abs(actual[b] - exact[b].entropy)).toBeLessThan(5e-6);

        const w = Float32Array.from({ length: batch }, () => rng.gaussian());
        const v = Float32Array.from({ length: batch }, () => rng.gaussian());
        const gradients = new Float32Array(logits.length).fill(99);
        categoricalGradientsInto(gradients, logProbs, probabilities, actions, w, v, sizes, batch);
        const loss = () =>
          define(exactLogits, actions, sizes, batch).reduce(
            (sum, row, b) => sum + w[b] * row.logProb + v[b] * row.entropy,
            0,
          );
        for (let i = 0; i < logits.length; i++) {
          const held = exactLogits[i];
          exactLogits[i] = held + 1e-6;
          const upper = loss();
          exactLogits[i] = held - 1e-6;
          const lower = loss();
          exactLogits[i] = held;
          expect(Math.abs(gradients[i] - (upper - lower) / 2e-6)).toBeLessThan(5e-6);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('samples every category as often as its probability says, groups independently', () => {
    const sizes = [3, 2];
    const { rng, probabilities } = createBatch(sizes, 1, 4);
    const numDraws = 40_000;
    const counts = new Float64Array(6);
    const actions = new Int32Array(2);
    for (let i = 0; i < numDraws; i++) {
      sampleCategoricalInto(actions, probabilities, sizes, 1, rng);
      counts[actions[0] * 2 + actions[1]]++;
    }
    for (let i = 0; i < 6; i++) {
      const p = probabilities[Math.floor(i / 2)] * probabilities[3 + (i % 2)];
      const deviation = Math.sqrt((p * (1 - p)) / numDraws);
      expect(Math.abs(counts[i] / numDraws - p)).toBeLessThan(4 * deviation);
    }
  });

  test('draws one uniform number per row and group, and never an impossible category', () => {
    const sizes = [4];
    const logits = kernels.allocate(8);
    const { NEGATIVE_INFINITY } = Number;
    logits.set([NEGATIVE_INFINITY, 0, NEGATIVE_INFINITY, NEGATIVE_INFINITY, 1, NEGATIVE_INFINITY, 1, 1]);
    const logProbs = kernels.allocate(8);
    const probabilities = kernels.allocate(8);
    normalizeLogitsInto(logProbs, probabilities, kernels, logits, sizes, 2);
    const rng = createRng(1);
    const twin = createRng(1);
    const actions = new Int32Array(2);
    for (let i = 0; i < 500; i++) {
      sampleCategoricalInto(actions, probabilities, sizes, 2, rng);
      expect(actions[0]).toBe(1);
      expect(actions[1]).not.toBe(1);
      twin.uniform();
      twin.uniform();
    }
    expect(rng.uniform()).toBe(twin.uniform());
    const almostOne = { uniform: () => 1 - 2 ** -32 } as unknown as typeof rng;
    sampleCategoricalInto(actions, Float32Array.of(0.3, 0.6, 0, 0, 0, 0.9, 0, 0), sizes, 2, almostOne);
    expect([...actions]).toEqual([1, 1]);

    const out = new Float32Array(2);
    categoricalEntropiesInto(out, logProbs, probabilities, sizes, 2);
    expect(out[0]).toBe(0);
    expect(out[1]).toBeCloseTo(Math.log(3), 5);
    const gradients = new Float32Array(8);
    const ones = Float32Array.of(1, 1);
    categoricalGradientsInto(gradients, logProbs, probabilities, Int32Array.of(1, 2), ones, ones, sizes, 2);
    expect(gradients.every(Number.isFinite)).toBe(true);
    expect(gradients[5]).toBe(0);
  });

  test('is greedy for the first of the largest logits', () => {
    const actions = new Int32Array(4);
    greedyCategoricalInto(actions, Float32Array.of(1, 3, 3, 5, 5, -1, -2, -1, -4, -3), [3, 2], 2);
    expect([...actions]).toEqual([1, 0, 0, 1]);
  });

  test('lets NaN logits show in everything', () => {
    const logits = kernels.allocate(3);
    logits.set([0, Number.NaN, 0]);
    const logProbs = kernels.allocate(3);
    const probabilities = kernels.allocate(3);
    normalizeLogitsInto(logProbs, probabilities, kernels, logits, [3], 1);
    const out = new Float32Array(1);
    categoricalLogProbsInto(out, logProbs, Int32Array.of(0), [3], 1);
    expect(out[0]).toBeNaN();
    categoricalEntropiesInto(out, logProbs, probabilities, [3], 1);
    expect(out[0]).toBeNaN();
  });
});
