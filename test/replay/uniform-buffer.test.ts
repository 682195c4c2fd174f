import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { hashSnapshot } from '../../core/snapshot.ts';
import type { ReplayOptions } from '../../replay/gather.ts';
import { createReplayBatch, type ReplayBatch } from '../../replay/replay-batch.ts';
import { UniformReplay } from '../../replay/uniform-buffer.ts';
import { Experience, type PushedTransition } from './transitions.ts';

const GAMMA = 0.5;

function createOptions(options: Partial<ReplayOptions> = {}): ReplayOptions {
  return {
    capacity: 10,
    numEnvs: 1,
    observationDim: 3,
    actionDim: 1,
    discreteActions: true,
    gamma: GAMMA,
    ...options,
  };
}

function createBatch(options: ReplayOptions, size: number): ReplayBatch {
  return createReplayBatch({ ...options, size });
}

/** What row `i` of the batch says, in the form of what was pushed. */
function rowOfBatch(batch: ReplayBatch, i: number, { observationDim, actionDim }: ReplayOptions) {
  return {
    observation: [...batch.observations.subarray(i * observationDim, (i + 1) * observationDim)],
    action: [...batch.actions.subarray(i * actionDim, (i + 1) * actionDim)],
    reward: batch.rewards[i],
    nextObservation: [...batch.nextObservations.subarray(i * observationDim, (i + 1) * observationDim)],
    terminated: batch.terminated[i],
    discount: batch.discounts[i],
  };
}

function pushedAs({ observation, action, reward, nextObservation, terminated }: PushedTransition) {
  return { observation, action, reward, nextObservation, terminated, discount: terminated ? 0 : GAMMA };
}

describe('what is sampled is what was pushed', () => {
  for (const numEnvs of [1, 3, 8]) {
    for (const discreteActions of [true, false]) {
      test(`by ${numEnvs} envs with ${discreteActions ? 'discrete' : 'continuous'} actions, across many wraps`, () => {
        // 29 is not a multiple of 3 or 8.
        const options = createOptions({ capacity: 29, numEnvs, discreteActions, actionDim: 2 });
        const buffer = new UniformReplay(options);
        const experience = new Experience({ ...options, seed: numEnvs });
        const rng = createRng(7);
        for (let step = 0; step < 100; step++) {
          buffer.push(experience.next());
          const kept = experience.history.slice(-buffer.capacity);
          expect(buffer.size).toBe(kept.length);
          const byReward = new Map(kept.map((transition) => [transition.reward, pushedAs(transition)]));
          const batch = createBatch(options, buffer.size);
          buffer.sampleInto(batch, buffer.size, rng);
          for (let i = 0; i < batch.size; i++) {
            expect(rowOfBatch(batch, i, options)).toEqual(byReward.get(batch.rewards[i]));
          }
        }
      });
    }
  }

  test('for any number of envs, capacity, share of ends and of unannounced resets', () => {
    const cases = fc.record({
      numEnvs: fc.integer({ min: 1, max: 5 }),
      extra: fc.integer({ min: 0, max: 20 }),
      steps: fc.integer({ min: 1, max: 40 }),
      endShare: fc.constantFrom(0, 0.1, 0.5, 1),
      resetShare: fc.constantFrom(0, 0.3, 1),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ numEnvs, extra, steps, endShare, resetShare, seed }) => {
        const options = createOptions({ capacity: numEnvs + extra, numEnvs });
        const buffer = new UniformReplay(options);
        const experience = new Experience({ ...options, endShare, resetShare, seed });
        for (let step = 0; step < steps; step++) buffer.push(experience.next());
        const kept = experience.history.slice(-buffer.capacity);
        const byReward = new Map(kept.map((transition) => [transition.reward, pushedAs(transition)]));
        const batch = createBatch(options, buffer.size);
        const seen = new Set<number>();
        const rng = createRng(seed);
        for (let round = 0; round < 10; round++) {
          buffer.sampleInto(batch, batch.indices.length, rng);
          for (let i = 0; i < batch.size; i++) {
            seen.add(batch.rewards[i]);
            expect(rowOfBatch(batch, i, options)).toEqual(byReward.get(batch.rewards[i]));
          }
        }
        expect(seen.size).toBeGreaterThan(kept.length / 2);
      }),
    );
  });

  test('into views of another memory, leaving what lies around them', () => {
    const options = createOptions({ numEnvs: 2 });
    const memory = new Float32Array(100).fill(9);
    let used = 1;
    const batch = createReplayBatch({ ...options, size: 4 }, (length) => {
      used += length + 1;
      return memory.subarray(used - length - 1, used - 1);
    });
    const buffer = new UniformReplay(options);
    const experience = new Experience(options);
    for (let step = 0; step < 4; step++) buffer.push(experience.next());
    buffer.sampleInto(batch, 3, createRng(1));
    expect(batch.size).toBe(3);
    expect(memory[0]).toBe(9);
    expect(memory[1]).not.toBe(9);
    expect([...memory.subarray(10, 13)]).toEqual([9, 9, 9].map((_, i) => batch.observations[9 + i]));
    expect(memory[13]).toBe(9);
  });
});

test('every stored transition is drawn equally often', () => {
  const options = createOptions({ capacity: 12, numEnvs: 3 });
  const buffer = new UniformReplay(options);
  const experience = new Experience(options);
  for (let step = 0; step < 6; step++) buffer.push(experience.next());
  const batch = createBatch(options, 12);
  const rng = createRng(3);
  const counts = new Map<number, number>();
  const rounds = 5000;
  for (let round = 0; round < rounds; round++) {
    buffer.sampleInto(batch, 12, rng);
    for (const reward of batch.rewards) counts.set(reward, (counts.get(reward) ?? 0) + 1);
  }
  expect(counts.size).toBe(12);
  const deviation = Math.sqrt(rounds * 12 * (1 / 12) * (11 / 12));
  for (const count of counts.values()) expect(Math.abs(count - rounds)).toBeLessThan(4 * deviation);
});

describe('saved and restored', () => {
  for (const steps of [0, 3, 9, 40]) {
    test(`after ${steps} steps, it goes on to the same bits`, () => {
      const options = createOptions({ capacity: 20, numEnvs: 2, nSteps: 3 });
      const original = new UniformReplay(options);
      const experience = new Experience({ ...options, resetShare: 0.2 });
      for (let step = 0; step < steps; step++) original.push(experience.next());
      const copy = new UniformReplay(options);
      // What was in it before must not matter.
      const other = new Experience({ ...options, seed: 99 });
      for (let step = 0; step < 17; step++) copy.push(other.next());
      copy.load(original.save());
      const batch = createBatch(options, 2);
      const copyBatch = createBatch(options, 2);
      for (let step = 0; step < 30; step++) {
        const transition = experience.next();
        original.push(transition);
        copy.push(transition);
        original.sampleInto(batch, 2, createRng(step));
        copy.sampleInto(copyBatch, 2, createRng(step));
        expect(copyBatch).toEqual(batch);
      }
      expect(hashSnapshot(copy.save())).toBe(hashSnapshot(original.save()));
      expect(copy.save().values).toEqual(original.save().values);
    });
  }

  test('a state of another capacity is refused', () => {
    const big = new UniformReplay(createOptions({ capacity: 20 }));
    const experience = new Experience(createOptions());
    for (let step = 0; step < 15; step++) big.push(experience.next());
    expect(() => new UniformReplay(createOptions()).load(big.save())).toThrow(/another capacity/);
    // As many steps, but a ring of another length.
    const small = new UniformReplay(createOptions({ capacity: 10 }));
    for (let step = 0; step < 15; step++) small.push(experience.next());
    expect(() => new UniformReplay(createOptions({ capacity: 20 })).load(small.save())).toThrow(/saved/);
  });
});

describe('memory', () => {
  test('a transition of 32 numbers and a discrete action takes 141 bytes', () => {
    const options = createOptions({ capacity: 1000, observationDim: 32 });
    expect(new UniformReplay(options).bytesPerTransition).toBe(141);
  });

  test('only last observations of episodes are kept beside, and their room is used again', () => {
    const options = createOptions({ capacity: 1000, observationDim: 32 });
    const buffer = new UniformReplay(options);
    const experience = new Experience({ ...options, endShare: 0.05 });
    for (let step = 0; step < 5000; step++) buffer.push(experience.next());
    const ring = 1001 * 141;
    expect(buffer.memoryBytes).toBeGreaterThan(ring);
    expect(buffer.memoryBytes).toBeLessThan(ring + 1000 * 0.2 * 132);
  });
});

describe('bad input gives one clear line', () => {
  const line = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      return `${(error as Error).name} ${(error as { code?: string }).code}: ${(error as Error).message}`;
    }
    return 'no error';
  };

  test('about the capacity', () => {
    for (const capacity of [0, -1, 2.5, Number.NaN]) {
      expect(line(() => new UniformReplay(createOptions({ capacity })))).toMatch(
        /^ConfigError invalid-capacity: .*at least 1 .*got/,
      );
    }
    expect(line(() => new UniformReplay(createOptions({ capacity: 7, numEnvs: 8 })))).toMatch(
      /^ConfigError invalid-capacity: .*8 envs.*at least 8.*got 7/,
    );
  });

  test('about gamma and the number of steps', () => {
    expect(line(() => new UniformReplay(createOptions({ gamma: 1.1 })))).toMatch(/invalid-value: .*1\.1/);
    expect(line(() => new UniformReplay(createOptions({ nSteps: 0 })))).toMatch(/invalid-value: .*got 0/);
  });

  test('about a batch larger than what is stored, or than its arrays', () => {
    const options = createOptions();
    const buffer = new UniformReplay(options);
    const experience = new Experience(options);
    buffer.push(experience.next());
    const batch = createBatch(options, 4);
    const rng = createRng(1);
    expect(line(() => buffer.sampleInto(batch, 4, rng))).toMatch(
      /^ConfigError batch-too-large: A batch of 4 .*holds 1 /,
    );
    for (let step = 0; step < 9; step++) buffer.push(experience.next());
    expect(line(() => buffer.sampleInto(batch, 5, rng))).toMatch(/^ConfigError batch-too-large: .*4 rows/);
  });

  test('about arrays of a wrong length', () => {
    const options = createOptions({ numEnvs: 2 });
    const transition = new Experience(options).next();
    for (const key of Object.keys(transition) as (keyof typeof transition)[]) {
      const wrong = { ...transition, [key]: (transition[key] as Float32Array).subarray(1) };
      expect(line(() => new UniformReplay(options).push(wrong))).toMatch(
        new RegExp(`^ConfigError wrong-length: .* ${key} of length`),
      );
    }
  });
});
