import { describe, expect, test } from 'vitest';
import { a2c } from '../../agents/a2c.ts';
import type { AgentPlugin } from '../../agents/agent.ts';
import { ddpg } from '../../agents/ddpg.ts';
import { dqn } from '../../agents/dqn.ts';
import { ppo } from '../../agents/ppo.ts';
import { sac } from '../../agents/sac.ts';
import { td3 } from '../../agents/td3.ts';
import { createRng } from '../../core/rng.ts';
import { CartPole } from '../../envs/cartpole.ts';
import { checkEnv } from '../../envs/check-env.ts';
import { createBox } from '../../envs/spaces.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { testAgent } from '../../testing/suites.ts';
import { evaluate } from '../../trainers/evaluate.ts';
import { train } from '../../trainers/train.ts';
import { createWindowedEnv } from './windowed-env.ts';

const discrete = (seed: number) => createWindowedEnv(seed);
const continuous = (seed: number) => createWindowedEnv(seed, true);
const cartpole = (seed: number) => new CartPole(seed);
const cnn = { network: 'cnn', channels: [8, 8] } as const;
const replay = {
  hidden: [16],
  learningStarts: 64,
  metricsEvery: 100,
  batchSize: 32,
  bufferSize: 500,
  trainEvery: 4,
};

test('the env of these tests keeps the contract', () => {
  checkEnv(createWindowedEnv(1));
});

testAgent('ppo with a cnn', {
  plugin: ppo,
  config: { ...cnn, rolloutSteps: 32, epochs: 2, hidden: [16] },
  createEnv: discrete,
  createOtherEnv: continuous,
});
testAgent('a2c with a gru over the window, normalised', {
  plugin: a2c,
  config: { network: 'gru', recurrentUnits: 9, layerNorm: true, hidden: [] },
  createEnv: continuous,
  createOtherEnv: discrete,
});
testAgent('dqn with a cnn, dueling and prioritized', {
  plugin: dqn,
  config: { ...cnn, ...replay, layerNorm: true, dueling: true, prioritized: true },
  createEnv: discrete,
  steps: 900,
});
testAgent('td3 with an lstm over the window', {
  plugin: td3,
  config: { ...replay, network: 'lstm', recurrentUnits: 8 },
  createEnv: continuous,
  steps: 900,
});
testAgent('sac with a cnn, continuous', {
  plugin: sac,
  config: { ...cnn, ...replay, stride: 2, channels: [8] },
  createEnv: continuous,
  steps: 900,
});
testAgent('sac with normalised layers alone, discrete', {
  plugin: sac,
  config: { ...replay, layerNorm: true },
  createEnv: cartpole,
  steps: 900,
});

const build = (
  plugin: AgentPlugin,
  config: Record<string, unknown>,
  { observationSpace, actionSpace } = createWindowedEnv(1, plugin === ddpg || plugin === td3),
) => {
  const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(1), totalSteps: 100 };
  return () => plugin.build(context, config);
};

describe('a network that cannot be is refused with one line', () => {
  test.each([ppo, a2c, dqn, sac])('of $name where observations have no window', (plugin) => {
    expect(build(plugin, { network: 'cnn' }, new CartPole(1))).toThrow(
      `Agent "${plugin.name}": network "cnn" reads a window of rows, but observations Box(4) have none; use network ` +
        '"mlp", or an env with a window, such as "trading".',
    );
  });

  test.each([ppo, a2c, dqn, ddpg, td3, sac])('of $name where the window is too short', (plugin) => {
    expect(build(plugin, { network: 'cnn', kernelSize: 7 })).toThrow(
      'A convolution of size 7 and dilation 1 spans 7 rows, but the window has 6.',
    );
    expect(build(plugin, { network: 'cnn', kernelSize: 6, channels: [4] })).not.toThrow();
    expect(build(plugin, { network: 'cnn', kernelSize: 6, channels: [4, 4] })).toThrow('has 1');
  });

  test('beside a network of the user’s', () => {
    const { observationSpace, actionSpace } = createWindowedEnv(1);
    const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(1), totalSteps: 100 };
    for (const config of [{ network: 'cnn' }, { layerNorm: true }] as const) {
      expect(() => dqn.build({ ...context, createNetwork: () => undefined }, config)).toThrow(
        /^The setting (network "cnn"|layerNorm) needs the agent's own networks; leave out one of the two/,
      );
    }
  });

  test('with exploration that needs plain dense layers', () => {
    expect(
      build(sac, { network: 'cnn', stateDependentExploration: true }, createWindowedEnv(1, true)),
    ).toThrow('stateDependentExploration works with plain dense layers alone');
  });
});

test('a window that is not of whole rows within the observation is no space', () => {
  const space = (rows: number, columns: number) => () => createBox([5], -1, 1, undefined, { rows, columns });
  expect(space(2, 2)().window).toEqual({ rows: 2, columns: 2 });
  expect(space(5, 1)).not.toThrow();
  for (const [rows, columns] of [
    [3, 2],
    [0, 2],
    [1.5, 2],
    [1, -1],
  ]) {
    expect(space(rows, columns)).toThrow(
      `A window of ${rows} rows of ${columns} does not fit into 5 elements.`,
    );
  }
});

/** Share of steps that pay, 0.5 by chance. */
function learn(
  plugin: AgentPlugin,
  config: Record<string, unknown>,
  totalSteps: number,
  seed: number,
): number {
  const envs = createVectorEnv(Array.from({ length: 4 }, (_, i) => createWindowedEnv(seed + i)));
  const { observationSpace, actionSpace, numEnvs } = envs;
  const context = { observationSpace, actionSpace, numEnvs, rng: createRng(seed), totalSteps };
  const agent = plugin.build(context, config);
  train({ envs, agent, totalSteps, seed });
  const { meanReturn } = evaluate(agent, createWindowedEnv(100), { episodes: 5, seed: 9 });
  return meanReturn / 40;
}

describe('what was shown rows ago is learnt', () => {
  test.each([
    ['ppo with a cnn', ppo, { ...cnn, rolloutSteps: 64, learningRate: 3e-3, hidden: [16] }, 6000],
    [
      'ppo with a cnn, normalised',
      ppo,
      { ...cnn, layerNorm: true, rolloutSteps: 64, learningRate: 3e-3 },
      6000,
    ],
    [
      'dqn with a gru over the window',
      dqn,
      { ...replay, network: 'gru', recurrentUnits: 16, learningRate: 3e-3, gamma: 0, bufferSize: 4000 },
      6000,
    ],
    ['sac with a cnn', sac, { ...cnn, ...replay, learningRate: 3e-3, gamma: 0, bufferSize: 4000 }, 6000],
  ] as const)('by %s', (_name, plugin, config, steps) => {
    const share = learn(plugin as AgentPlugin, config, steps, 1);
    expect(share).toBeGreaterThan(0.9);
  });
});
