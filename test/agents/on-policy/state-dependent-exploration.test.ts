import { describe, expect, test } from 'vitest';
import { a2c } from '../../../agents/a2c.ts';
import type { Agent, AgentPlugin } from '../../../agents/agent.ts';
import { ppo } from '../../../agents/ppo.ts';
import { sac } from '../../../agents/sac.ts';
import { createRng } from '../../../core/rng.ts';
import { MountainCarContinuous } from '../../../envs/mountain-car-continuous.ts';
import { Pendulum } from '../../../envs/pendulum.ts';
import { createBox, createDiscrete } from '../../../envs/spaces.ts';
import { testAgent } from '../../../testing/suites.ts';

const createPendulum = (seed: number) => new Pendulum(seed, 50);
const createMountainCar = (seed: number) => new MountainCarContinuous(seed);
const stateDependentExploration = true;

testAgent('ppo with state-dependent exploration', {
  plugin: ppo,
  config: {
    stateDependentExploration,
    resampleEvery: 5,
    rolloutSteps: 32,
    minibatchSize: 25,
    epochs: 3,
    hidden: [16, 8],
    initialLogStd: -1,
    entropyCoefficient: 0.01,
  },
  createEnv: createPendulum,
  createOtherEnv: createMountainCar,
  goldenHash: 'ad52fd7d4919dceed8c51d7e16ee9e962647eba77063aecf7eff70d4694df801',
});

testAgent('a2c with state-dependent exploration', {
  plugin: a2c,
  config: { stateDependentExploration, hidden: [16], normalizeObservations: true },
  createEnv: createPendulum,
  createOtherEnv: createMountainCar,
  goldenHash: '72e8db8d700af7d493e04251460896b05e60eeb673a8722f6d0a59e316e1040e',
});

testAgent('sac with state-dependent exploration', {
  plugin: sac,
  config: {
    stateDependentExploration,
    hidden: [16, 8],
    batchSize: 16,
    bufferSize: 240,
    learningStarts: 0,
    trainEvery: 30,
    gradientSteps: 5,
    metricsEvery: 90,
  },
  createEnv: createPendulum,
  createOtherEnv: createMountainCar,
  goldenHash: '31ffcd5c7aed1ac013a52ba3b2248a49e4edc1ea97ac61780c754242e54ec81f',
});

const context = {
  observationSpace: createBox([3], -1, 1),
  actionSpace: createBox([2], -9, 9),
  numEnvs: 2,
  rng: createRng(1),
  totalSteps: 1000,
};

/** Exploring actions at the same observation in both envs, in the order of the steps. */
function explore(agent: Agent, steps: number): number[][] {
  const observations = Float32Array.of(0.3, -0.6, 0.9, 0.3, -0.6, 0.9);
  return Array.from({ length: steps }, () => [...agent.act(observations, 2, true)]);
}

describe.each<[string, AgentPlugin, Record<string, unknown>, number]>([
  ['ppo', ppo, { rolloutSteps: 6 }, 6],
  ['a2c', a2c, { rolloutSteps: 5 }, 5],
  ['sac', sac, { learningStarts: 0, trainEvery: 8 }, 4],
])('%s', (_name, plugin, config, phase) => {
  test('explores a state in the same way until the next draw, and each env in its own', () => {
    for (const resampleEvery of [0, 3]) {
      const agent = plugin.build(context, { ...config, stateDependentExploration, resampleEvery });
      const interval = resampleEvery || phase;
      const actions = explore(agent, 3 * interval);
      for (let step = 1; step < actions.length; step++) {
        const [before, now] = [actions[step - 1], actions[step]];
        if (step % interval === 0) expect(now).not.toEqual(before);
        else expect(now).toEqual(before);
      }
      expect(actions[0].slice(0, 2)).not.toEqual(actions[0].slice(2));
    }
  });

  test('draws every step anew without it', () => {
    const actions = explore(plugin.build(context, config), 4);
    expect(new Set(actions.map(String)).size).toBe(4);
  });

  test('is refused for discrete actions, and for a policy without hidden layers', () => {
    const discrete = { ...context, actionSpace: createDiscrete(3) };
    expect(() => plugin.build(discrete, { ...config, stateDependentExploration })).toThrowError(
      /stateDependentExploration is for continuous actions.*Discrete\(3\)/,
    );
    expect(() => plugin.build(context, { ...config, stateDependentExploration, hidden: [] })).toThrowError(
      /hidden is empty/,
    );
  });
});

test('is refused with a memory', () => {
  expect(() => ppo.build(context, { stateDependentExploration, network: 'gru' })).toThrowError(
    /does not go with network "gru"/,
  );
});

test('draws of an env follow the distribution whose log-probability the policy learns from', () => {
  const agent = ppo.build(context, {
    stateDependentExploration,
    resampleEvery: 1,
    hidden: [4],
    initialLogStd: -1,
  });
  const [mean] = agent.act(Float32Array.of(0.3, -0.6, 0.9), 1, false);
  const draws = explore(agent, 4000).map(([first]) => first - mean);
  const half = draws.length / 2;
  // Normal: two thirds within one deviation.
  const deviation = Math.sqrt(draws.reduce((sum, x) => sum + x * x, 0) / draws.length);
  const within = draws.filter((x) => Math.abs(x) < deviation).length / draws.length;
  expect(Math.abs(within - 0.6827)).toBeLessThan(3 * Math.sqrt(0.2166 / draws.length));
  expect(Math.abs(draws.filter((x) => x > 0).length - half)).toBeLessThan(1.5 * Math.sqrt(draws.length));
});
