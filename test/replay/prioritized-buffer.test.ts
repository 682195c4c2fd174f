import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { hashSnapshot } from '../../core/snapshot.ts';
import { PrioritizedReplay, type PrioritizedReplayOptions } from '../../replay/prioritized-buffer.ts';
import { createReplayBatch, type ReplayBatch } from '../../replay/replay-batch.ts';
import { Experience } from './transitions.ts';

function createOptions(options: Partial<PrioritizedReplayOptions> = {}): PrioritizedReplayOptions {
  return {
    capacity: 12,
    numEnvs: 2,
    observationDim: 3,
    actionDim: 1,
    discreteActions: true,
    gamma: 0.5,
    ...options,
  };
}

function filled(options: PrioritizedReplayOptions, steps: number) {
  const buffer = new PrioritizedReplay(options);
  const experience = new Experience(options);
  for (let step = 0; step < steps; step++) buffer.push(experience.next());
  return { buffer, experience };
}

/** Rows of all stored transitions: with equal priorities the segments are one transition each. */
function allRows(buffer: PrioritizedReplay, options: PrioritizedReplayOptions): ReplayBatch {
  const batch = createReplayBatch({ ...options, size: buffer.size });
  buffer.sampleInto(batch, buffer.size, createRng(1), 1);
  return batch;
}

test('while nothing was learnt, each transition is drawn once, with weight 1', () => {
  const options = createOptions();
  const { buffer, experience } = filled(options, 20);
  const batch = allRows(buffer, options);
  const rewards = experience.history.slice(-12).map((transition) => transition.reward);
  expect([...batch.rewards].sort()).toEqual(rewards.sort());
  expect([...batch.weights]).toEqual(new Array(12).fill(1));
});

describe('against the definition', () => {
  for (const [alpha, epsilon, beta] of [
    [0.6, 1e-6, 0.4],
    [1, 0.1, 1],
    [0, 1e-6, 0.5],
  ]) {
    test(`chances and weights for α ${alpha}, ε ${epsilon}, β ${beta}, within 3 standard errors`, () => {
      const options = createOptions({ alpha, epsilon });
      // 20 steps: the ring has wrapped.
      const { buffer } = filled(options, 20);
      const all = allRows(buffer, options);
      const errors = Float32Array.from(all.indices, (_, i) => (i % 2 === 0 ? 1 : -1) * (i + 1) ** 1.5);
      buffer.updatePriorities(all, errors);
      const priorities = Array.from(errors, (error) => (Math.abs(error) + epsilon) ** alpha);
      const total = priorities.reduce((a, b) => a + b, 0);
      const chance = new Map(Array.from(all.indices, (row, i) => [row, priorities[i] / total]));

      const size = 5;
      const rounds = 40_000;
      const batch = createReplayBatch({ ...options, size });
      const rng = createRng(5);
      const counts = new Map<number, number>();
      for (let round = 0; round < rounds; round++) {
        buffer.sampleInto(batch, size, rng, beta);
        for (const row of batch.indices) counts.set(row, (counts.get(row) ?? 0) + 1);
        if (round > 100) continue;
        const weights = Array.from(batch.indices, (row) => (12 * chance.get(row)!) ** -beta);
        const highest = Math.max(...weights);
        weights.forEach((weight, i) => {
          expect(batch.weights[i]).toBeCloseTo(weight / highest, 6);
        });
      }
      const draws = rounds * size;
      for (const [row, p] of chance) {
        const standardError = Math.sqrt((p * (1 - p)) / draws);
        expect(Math.abs(counts.get(row)! / draws - p)).toBeLessThan(3 * standardError);
      }
    });
  }

  test('each segment of the total gives one transition', () => {
    const options = createOptions({ alpha: 1, epsilon: 0 });
    const { buffer } = filled(options, 6);
    const all = allRows(buffer, options);
    // One transition has half of the total: of 4 segments it fills two.
    const errors = new Float32Array(12).fill(1);
    errors[7] = 11;
    buffer.updatePriorities(all, errors);
    const batch = createReplayBatch({ ...options, size: 4 });
    const rng = createRng(2);
    for (let round = 0; round < 200; round++) {
      buffer.sampleInto(batch, 4, rng, 1);
      const drawn = batch.indices.filter((row) => row === all.indices[7]).length;
      expect(drawn).toBeGreaterThanOrEqual(1);
      expect(drawn).toBeLessThanOrEqual(3);
    }
  });
});

describe('priorities', () => {
  test('of new transitions are the highest so far', () => {
    const options = createOptions({ alpha: 1, epsilon: 0 });
    const { buffer, experience } = filled(options, 6);
    const all = allRows(buffer, options);
    buffer.updatePriorities(all, new Float32Array(12).fill(50));
    buffer.updatePriorities(all, new Float32Array(12).fill(0.25));
    expect(buffer.priorityOf(all.indices[0])).toBe(0.25);
    const newest = experience.next();
    buffer.push(newest);
    const batch = createReplayBatch({ ...options, size: 12 });
    buffer.sampleInto(batch, 12, createRng(3), 1);
    for (let i = 0; i < 12; i++) {
      expect(buffer.priorityOf(batch.indices[i])).toBe(newest.rewards.includes(batch.rewards[i]) ? 50 : 0.25);
    }
  });

  test('given after the ring has wrapped never raise the row that is being written to', () => {
    const options = createOptions({ alpha: 1 });
    const { buffer, experience } = filled(options, 6);
    const old = allRows(buffer, options);
    for (let step = 0; step < 9; step++) {
      buffer.push(experience.next());
      buffer.updatePriorities(old, new Float32Array(12).fill(1e6));
      const kept = new Set(experience.history.slice(-12).map((transition) => transition.reward));
      const batch = createReplayBatch({ ...options, size: 12 });
      for (let round = 0; round < 20; round++) {
        buffer.sampleInto(batch, 12, createRng(round), 1);
        for (const reward of batch.rewards) expect(kept.has(reward)).toBe(true);
      }
    }
  });

  test('of 0 are never drawn, and huge ones leave finite weights', () => {
    const options = createOptions({ alpha: 1, epsilon: 0 });
    const { buffer } = filled(options, 6);
    const all = allRows(buffer, options);
    const errors = Float32Array.from(all.indices, (_, i) => (i < 6 ? 0 : 3e38));
    errors[11] = 1e-38;
    buffer.updatePriorities(all, errors);
    const never = new Set(all.indices.subarray(0, 6));
    const batch = createReplayBatch({ ...options, size: 12 });
    for (let round = 0; round < 100; round++) {
      buffer.sampleInto(batch, 12, createRng(round), 1);
      for (const row of batch.indices) expect(never.has(row)).toBe(false);
      for (const weight of batch.weights) expect(weight >= 0 && weight <= 1).toBe(true);
      expect(Math.max(...batch.weights)).toBe(1);
    }
  });

  test('that are all 0 are an error that says what to do', () => {
    const options = createOptions({ epsilon: 0 });
    const { buffer } = filled(options, 6);
    const all = allRows(buffer, options);
    buffer.updatePriorities(all, new Float32Array(12));
    expect(() => buffer.sampleInto(all, 4, createRng(1), 1)).toThrow(/epsilon above 0/);
  });

  test('from errors that are NaN or infinite are refused, and none is changed', () => {
    const options = createOptions();
    const { buffer } = filled(options, 6);
    const all = allRows(buffer, options);
    const before = hashSnapshot(buffer.save());
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const errors = new Float32Array(12).fill(3);
      errors[5] = bad;
      expect(() => buffer.updatePriorities(all, errors)).toThrow(
        expect.objectContaining({ code: 'invalid-priority', message: expect.stringContaining('row 5') }),
      );
    }
    expect(hashSnapshot(buffer.save())).toBe(before);
  });
});

test('saved and restored, it goes on to the same bits', () => {
  const options = createOptions({ nSteps: 2 });
  const { buffer: original, experience } = filled(options, 9);
  const all = allRows(original, options);
  original.updatePriorities(
    all,
    Float32Array.from(all.indices, (_, i) => i * 0.7),
  );
  const { buffer: copy } = filled(options, 4);
  copy.load(original.save());
  const batch = createReplayBatch({ ...options, size: 7 });
  const copyBatch = createReplayBatch({ ...options, size: 7 });
  for (let step = 0; step < 30; step++) {
    const transition = experience.next();
    for (const [buffer, target] of [
      [original, batch],
      [copy, copyBatch],
    ] as const) {
      buffer.push(transition);
      buffer.sampleInto(target, 7, createRng(step), 0.4);
      buffer.updatePriorities(
        target,
        Float32Array.from(target.rewards, (reward) => reward * 2),
      );
    }
    expect(copyBatch).toEqual(batch);
  }
  expect(hashSnapshot(copy.save())).toBe(hashSnapshot(original.save()));
});

test('bad settings and batches are refused in one line', () => {
  for (const options of [{ alpha: -1 }, { alpha: 2 }, { epsilon: -1 }, { epsilon: Number.NaN }]) {
    expect(() => new PrioritizedReplay(createOptions(options))).toThrow(/alpha|epsilon/);
  }
  const options = createOptions();
  const { buffer } = filled(options, 1);
  const batch = createReplayBatch({ ...options, size: 4 });
  expect(() => buffer.sampleInto(batch, 3, createRng(1), 1)).toThrow(/A batch of 3 .*holds 2/);
  expect(() => buffer.sampleInto(batch, 2, createRng(1), 1.5)).toThrow(/beta must be in \[0, 1\], got 1.5/);
});
