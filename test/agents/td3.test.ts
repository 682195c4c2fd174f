import { expect, test } from 'vitest';
import { td3 } from '../../agents/td3.ts';
import { createRng } from '../../core/rng.ts';
import { MountainCarContinuous } from '../../envs/mountain-car-continuous.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { testAgent } from '../../testing/suites.ts';

const SMALL = { hidden: [16, 8], batchSize: 16, bufferSize: 240, learningStarts: 60, metricsEvery: 90 };
const createPendulum = (seed: number) => new Pendulum(seed, 50);
const createOtherEnv = (seed: number) => new MountainCarContinuous(seed);

testAgent('td3', {
  plugin: td3,
  config: SMALL,
  createEnv: createPendulum,
  createOtherEnv,
  goldenHash: '0f5b0d3af8679d3a0eb88c5044585710c678f01884adab80cb61614cf5d2d507',
});

testAgent('td3 with drifting noise and a policy delay of 3', {
  plugin: td3,
  config: { ...SMALL, noise: 'ornstein-uhlenbeck', policyDelay: 3 },
  createEnv: createPendulum,
  createOtherEnv,
});

test('the policy and all targets move with every policyDelay-th update of the critics', () => {
  const envs = createVectorEnv([createPendulum(1)]);
  envs.reset(1);
  const { observationSpace, actionSpace } = envs;
  const agent = td3.build(
    { observationSpace, actionSpace, numEnvs: 1, rng: createRng(1), totalSteps: 100 },
    { ...SMALL, learningStarts: 20, policyDelay: 3 },
  );
  const moved: Record<string, number[]> = { actor: [], critic: [], target: [] };
  const parts = {
    actor: 'learner/actor/parameters/network0',
    critic: 'learner/critics/parameters/network1',
    target: 'learner/critics/parameters/target1',
  };
  for (let step = 1; step <= 30; step++) {
    const before = agent.save().arrays;
    agent.observe(envs.step(agent.act(envs.observations, 1, true, envs.stepContext)));
    const after = agent.save().arrays;
    for (const [part, name] of Object.entries(parts)) {
      if (after[name].some((value, i) => value !== before[name][i])) moved[part].push(step);
    }
  }
  expect(moved.critic).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  expect(moved.actor).toEqual([22, 25, 28]);
  expect(moved.target).toEqual([22, 25, 28]);
});
