import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import type { ReplayOptions } from '../../replay/gather.ts';
import { createReplayBatch, type ReplayBatch } from '../../replay/replay-batch.ts';
import { UniformReplay } from '../../replay/uniform-buffer.ts';
import { Experience, type PushedTransition } from './transitions.ts';

/** The definition, term by term, from all that was pushed. */
function returnByDefinition(
  history: readonly PushedTransition[],
  start: PushedTransition,
  nSteps: number,
  gamma: number,
) {
  const later = history.filter(({ env, step }) => env === start.env && step >= start.step);
  let sum = 0;
  let k = 0;
  let last = start;
  for (; k < nSteps && k < later.length; k++) {
    last = later[k];
    sum += gamma ** k * last.reward;
    if (last.terminated || last.truncated) {
      k++;
      break;
    }
  }
  return {
    sum,
    discount: last.terminated ? 0 : gamma ** k,
    terminated: last.terminated,
    nextObservation: last.nextObservation,
  };
}

/** All rows of a batch are looked at before anything is expected of them: there are a hundred thousand. */
function expectReturns(
  batch: ReplayBatch,
  wanted: readonly (ReturnType<typeof returnByDefinition> & { observation: readonly number[] })[],
): void {
  const rows = Float64Array.from(wanted.flatMap((row) => [...row.observation, ...row.nextObservation]));
  const found = new Float64Array(rows.length);
  let worstSum = 0;
  let worstDiscount = 0;
  for (const [i, { sum, discount }] of wanted.entries()) {
    worstSum = Math.max(worstSum, Math.abs(batch.rewards[i] - sum));
    worstDiscount = Math.max(worstDiscount, Math.abs(batch.discounts[i] - discount));
    found.set(batch.observations.subarray(2 * i, 2 * i + 2), 4 * i);
    found.set(batch.nextObservations.subarray(2 * i, 2 * i + 2), 4 * i + 2);
  }
  expect(worstSum).toBeLessThan(5e-6);
  expect(worstDiscount).toBeLessThan(5e-7);
  expect(found).toEqual(rows);
  expect([...batch.terminated.subarray(0, wanted.length)]).toEqual(wanted.map((row) => row.terminated));
}

const SHAPE = { observationDim: 2, actionDim: 1, discreteActions: false };

describe('returns over n steps equal the definition', () => {
  test('with random ends of both kinds, wraps, unannounced resets and the newest steps', () => {
    const cases = fc.record({
      numEnvs: fc.integer({ min: 1, max: 4 }),
      stepsKept: fc.integer({ min: 1, max: 12 }),
      steps: fc.integer({ min: 1, max: 40 }),
      nSteps: fc.integer({ min: 1, max: 6 }),
      gamma: fc.constantFrom(0, 0.5, 0.9, 1),
      endShare: fc.constantFrom(0, 0.1, 0.4, 1),
      resetShare: fc.constantFrom(0, 0.2),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ numEnvs, stepsKept, steps, nSteps, gamma, endShare, resetShare, seed }) => {
        const options: ReplayOptions = {
          capacity: stepsKept * numEnvs,
          numEnvs,
          ...SHAPE,
          gamma,
          nSteps,
        };
        const buffer = new UniformReplay(options);
        const experience = new Experience({ ...options, endShare, resetShare, seed });
        for (let step = 0; step < steps; step++) buffer.push(experience.next());
        const byAction = new Map(experience.history.map((pushed) => [pushed.action[0], pushed]));
        const batch = createReplayBatch({ ...options, size: buffer.size });
        const rng = createRng(seed);
        for (let round = 0; round < 5; round++) {
          buffer.sampleInto(batch, buffer.size, rng);
          const wanted = Array.from(batch.actions.subarray(0, batch.size), (action) => {
            const start = byAction.get(action)!;
            const { observation } = start;
            return { observation, ...returnByDefinition(experience.history, start, nSteps, gamma) };
          });
          expectReturns(batch, wanted);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('none of a return is joined with what comes after the episodes were broken off', () => {
    const cases = fc.record({
      numEnvs: fc.integer({ min: 1, max: 3 }),
      stepsKept: fc.integer({ min: 1, max: 9 }),
      before: fc.integer({ min: 0, max: 20 }),
      after: fc.integer({ min: 1, max: 6 }),
      endShare: fc.constantFrom(0, 0.3),
      isReloaded: fc.boolean(),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ numEnvs, stepsKept, before, after, endShare, isReloaded, seed }) => {
        const options: ReplayOptions = {
          capacity: stepsKept * numEnvs,
          numEnvs,
          ...SHAPE,
          gamma: 0.9,
          nSteps: 4,
        };
        let buffer = new UniformReplay(options);
        const old = new Experience({ ...options, endShare, seed });
        const young = new Experience({ ...options, endShare, seed: seed + 1 });
        for (let step = 0; step < before; step++) buffer.push(old.next());
        buffer.truncateEpisodes();
        if (isReloaded) {
          const saved = buffer.save();
          buffer = new UniformReplay(options);
          buffer.load(saved);
        }
        for (let step = 0; step < after; step++) buffer.push(young.next());
        const batch = createReplayBatch({ ...options, size: buffer.size });
        const rng = createRng(seed);
        for (let round = 0; round < 5; round++) {
          buffer.sampleInto(batch, buffer.size, rng);
          const wanted = Array.from(batch.actions.subarray(0, batch.size), (pushed) => {
            const isOf = ({ action }: PushedTransition) => action[0] === pushed;
            const { history } = old.history.some(isOf) ? old : young;
            const start = history.find(isOf)!;
            return { observation: start.observation, ...returnByDefinition(history, start, 4, 0.9) };
          });
          expectReturns(batch, wanted);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('by hand: a cut-off episode bootstraps with its own power of gamma, an ended one not at all', () => {
    const options: ReplayOptions = {
      capacity: 10,
      numEnvs: 1,
      observationDim: 1,
      actionDim: 1,
      discreteActions: true,
      gamma: 0.5,
      nSteps: 3,
    };
    const buffer = new UniformReplay(options);
    const push = (
      observation: number,
      reward: number,
      next: number,
      end: 'none' | 'terminated' | 'truncated',
    ) =>
      buffer.push({
        observations: Float32Array.of(observation),
        actions: Int32Array.of(observation),
        rewards: Float32Array.of(reward),
        nextObservations: Float32Array.of(next),
        terminated: Uint8Array.of(end === 'terminated' ? 1 : 0),
        truncated: Uint8Array.of(end === 'truncated' ? 1 : 0),
      });
    push(0, 16, 1, 'none');
    push(1, 8, 99, 'truncated');
    push(2, 4, 3, 'none');
    push(3, 2, 98, 'terminated');
    push(4, 16, 5, 'none');
    push(5, 8, 6, 'none');
    push(6, 4, 7, 'none');
    const batch = createReplayBatch({ ...options, size: 7 });
    const rows = new Map<number, number[]>();
    for (let round = 0; round < 20; round++) {
      buffer.sampleInto(batch, 7, createRng(round));
      for (let i = 0; i < 7; i++) {
        rows.set(batch.actions[i], [batch.rewards[i], batch.discounts[i], batch.nextObservations[i]]);
      }
    }
    expect([...rows.keys()].sort().map((action) => rows.get(action))).toEqual([
      [20, 0.25, 99],
      [8, 0.5, 99],
      [5, 0, 98],
      [2, 0, 98],
      [21, 0.125, 7],
      [10, 0.25, 7],
      [4, 0.5, 7],
    ]);
  });
});
