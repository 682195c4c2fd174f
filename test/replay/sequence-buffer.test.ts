import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { hashSnapshot } from '../../core/snapshot.ts';
import {
  createSequenceBatch,
  SequenceReplay,
  type SequenceReplayOptions,
} from '../../replay/sequence-buffer.ts';
import { Experience } from './transitions.ts';

function createOptions(options: Partial<SequenceReplayOptions> = {}): SequenceReplayOptions {
  return {
    capacity: 20,
    numEnvs: 2,
    observationDim: 3,
    actionDim: 2,
    discreteActions: true,
    gamma: 0.9,
    length: 4,
    ...options,
  };
}

test('sequences are consecutive steps of one env, as pushed, with the starts of episodes marked', () => {
  const cases = fc.record({
    numEnvs: fc.integer({ min: 1, max: 4 }),
    length: fc.integer({ min: 1, max: 6 }),
    extra: fc.integer({ min: 0, max: 9 }),
    steps: fc.integer({ min: 6, max: 50 }),
    endShare: fc.constantFrom(0, 0.1, 0.5),
    resetShare: fc.constantFrom(0, 0.2),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ numEnvs, length, extra, steps, endShare, resetShare, seed }) => {
      const options = createOptions({ numEnvs, length, capacity: (length + extra) * numEnvs });
      const buffer = new SequenceReplay(options);
      const experience = new Experience({ ...options, endShare, resetShare, seed });
      for (let step = 0; step < steps; step++) buffer.push(experience.next());
      const kept = experience.history.slice(-buffer.capacity);
      const byReward = new Map(kept.map((pushed) => [pushed.reward, pushed]));
      expect(buffer.numSequences).toBe(kept.length - (length - 1) * numEnvs);
      const size = Math.min(5, buffer.numSequences);
      const batch = createSequenceBatch({ ...options, size: 5 }, length);
      const rng = createRng(seed);
      for (let round = 0; round < 5; round++) {
        buffer.sampleInto(batch, size, rng);
        expect(batch.size).toBe(size * length);
        for (let b = 0; b < size; b++) {
          const first = byReward.get(batch.rewards[b])!;
          for (let t = 0; t < length; t++) {
            const row = t * size + b;
            const pushed = byReward.get(batch.rewards[row])!;
            expect([pushed.env, pushed.step]).toEqual([first.env, first.step + t]);
            expect([...batch.observations.subarray(3 * row, 3 * row + 3)]).toEqual(pushed.observation);
            expect([...batch.nextObservations.subarray(3 * row, 3 * row + 3)]).toEqual(
              pushed.nextObservation,
            );
            expect([...batch.actions.subarray(2 * row, 2 * row + 2)]).toEqual(pushed.action);
            expect(batch.terminated[row]).toBe(pushed.terminated);
            expect(batch.starts[row]).toBe(pushed.started ? 1 : 0);
          }
        }
      }
    }),
  );
});

test('every sequence is drawn, none across the step being written', () => {
  const options = createOptions({ numEnvs: 1, capacity: 10, length: 4 });
  const buffer = new SequenceReplay(options);
  const experience = new Experience(options);
  for (let step = 0; step < 27; step++) buffer.push(experience.next());
  const stepOf = new Map(experience.history.map((pushed) => [pushed.reward, pushed.step]));
  const batch = createSequenceBatch({ ...options, size: 7 }, 4);
  const firsts = new Set<number>();
  for (let round = 0; round < 50; round++) {
    buffer.sampleInto(batch, 7, createRng(round));
    for (let b = 0; b < 7; b++) firsts.add(stepOf.get(batch.rewards[b])!);
  }
  expect([...firsts].sort((a, b) => a - b)).toEqual([17, 18, 19, 20, 21, 22, 23]);
});

test('saved and restored, it goes on to the same bits', () => {
  const options = createOptions();
  const original = new SequenceReplay(options);
  const experience = new Experience(options);
  for (let step = 0; step < 13; step++) original.push(experience.next());
  const copy = new SequenceReplay(options);
  copy.load(original.save());
  const batch = createSequenceBatch({ ...options, size: 3 }, 4);
  const copyBatch = createSequenceBatch({ ...options, size: 3 }, 4);
  for (let step = 0; step < 20; step++) {
    const transition = experience.next();
    original.push(transition);
    copy.push(transition);
    original.sampleInto(batch, 3, createRng(step));
    copy.sampleInto(copyBatch, 3, createRng(step));
    expect(copyBatch).toEqual(batch);
  }
  expect(hashSnapshot(copy.save())).toBe(hashSnapshot(original.save()));
});

describe('bad input gives one clear line', () => {
  test('about a length that does not fit', () => {
    for (const length of [0, 1.5, 11]) {
      expect(() => new SequenceReplay(createOptions({ length }))).toThrow(/10 steps per env .* length/);
    }
  });

  test('about more sequences than there are, or than there is room for', () => {
    const options = createOptions();
    const buffer = new SequenceReplay(options);
    const experience = new Experience(options);
    const batch = createSequenceBatch({ ...options, size: 3 }, 4);
    for (let step = 0; step < 3; step++) buffer.push(experience.next());
    expect(() => buffer.sampleInto(batch, 1, createRng(1))).toThrow(/holds 0/);
    for (let step = 0; step < 3; step++) buffer.push(experience.next());
    expect(() => buffer.sampleInto(batch, 4, createRng(1))).toThrow(/A batch of 4 .*arrays for 3/);
  });
});
