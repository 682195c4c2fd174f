/** A run is long enough to learn in, or is refused before it begins. */
import { describe, expect, test } from 'vitest';
import { a2c } from '../../agents/a2c.ts';
import { dqn } from '../../agents/dqn.ts';
import { createRng } from '../../core/rng.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import { countUpdates, fitUpdates } from '../../experiments/run/fit-updates.ts';

const fitTo = (config: Record<string, unknown>, totalSteps: number, numEnvs = 8) =>
  fitUpdates({ agent: 'x', config, numEnvs, totalSteps });

describe('a rollout', () => {
  test.each([
    [16_384, 2048],
    [16_383, 256],
    [4000, 64],
    [64, 2],
    [32, 1],
    [8, 1],
  ])('of 2048 steps in 8 envs, in a run of %i steps, is of %i', (totalSteps, rolloutSteps) => {
    const { config, remark } = fitTo({ rolloutSteps: 2048 }, totalSteps);
    expect(config.rolloutSteps).toBe(rolloutSteps);
    expect(remark === undefined).toBe(totalSteps === 16_384);
    expect(countUpdates(config, 8, 0, totalSteps)).toBeGreaterThanOrEqual(1);
  });

  test('is of whole sequences where the network remembers', () => {
    const recurrent = { rolloutSteps: 2048, network: 'lstm', sequenceLength: 16 };
    expect(fitTo(recurrent, 4000).config.rolloutSteps).toBe(112);
    expect(fitTo(recurrent, 8 * 16).config.rolloutSteps).toBe(16);
    expect(() => fitTo(recurrent, 8 * 16 - 1)).toThrow('127 steps are fewer than one rollout of 16384');
  });

  test('is said, with what it was and is; and refused where not even one step of each env fits', () => {
    expect(fitTo({ rolloutSteps: 128 }, 600).remark).toBe(
      'The rollout is fitted to the run: 600 steps are fewer than one of 128 in 8 envs, so agent.rolloutSteps is 16.',
    );
    expect(() => fitTo({ rolloutSteps: 5 }, 7)).toThrow(
      '7 steps are fewer than one rollout of 40 (5 in each of 8 envs), so agent "x" would not learn once; --steps 40 or more',
    );
    expect(fitTo({ rolloutSteps: 2048 }, 16_384).remark).toBeUndefined();
  });
});

test.each([
  [255, 100, 256],
  [999, 1000, 256],
])(
  'a replay run of %i steps that learns from step %i and batches of %i is refused',
  (total, learningStarts, batchSize) => {
    expect(() => fitTo({ learningStarts, batchSize }, total)).toThrow(/before the first gradient step/);
    expect(fitTo({ learningStarts, batchSize }, Math.max(learningStarts, batchSize)).remark).toBeUndefined();
  },
);

test('an agent of another kind is left alone', () => {
  expect(fitTo({ pace: 3 }, 1)).toEqual({ config: { pace: 3 } });
  expect(countUpdates({ pace: 3 }, 8, 0, 1000)).toBeUndefined();
});

describe('the updates that are counted', () => {
  const observationSpace = createBox([2], -1, 1);
  const actionSpace = createDiscrete(2);
  const play = (agent: ReturnType<typeof a2c.build>, numEnvs: number, totalSteps: number): number => {
    const observations = new Float32Array(2 * numEnvs);
    let reports = 0;
    for (let step = 0; step < totalSteps; step += numEnvs) {
      const actions = agent.act(observations, numEnvs, true);
      const metrics = agent.observe({
        observations,
        actions,
        rewards: new Float32Array(numEnvs),
        nextObservations: observations,
        terminated: new Uint8Array(numEnvs),
        truncated: new Uint8Array(numEnvs),
      });
      if (metrics !== undefined) reports++;
    }
    return reports;
  };

  test('are those that an agent on rollouts reports', () => {
    const numEnvs = 3;
    const context = { observationSpace, actionSpace, numEnvs, rng: createRng(1), totalSteps: 200 };
    const reports = play(a2c.build(context, { rolloutSteps: 7 }), numEnvs, 200);
    expect(countUpdates({ rolloutSteps: 7 }, numEnvs, 0, 201)).toBe(reports);
  });

  test('are those of an agent with a replay, phase by phase', () => {
    const numEnvs = 3;
    const config = { learningStarts: 20, batchSize: 8, trainEvery: 4, gradientSteps: 1, metricsEvery: 1 };
    const context = { observationSpace, actionSpace, numEnvs, rng: createRng(1), totalSteps: 99 };
    const reports = play(dqn.build(context, { ...config, hidden: [4] }), numEnvs, 99);
    expect(countUpdates(config, numEnvs, 0, 99)).toBe(reports);
    expect(countUpdates({ ...config, gradientSteps: 5 }, numEnvs, 0, 99)).toBe(5 * reports);
  });
});
