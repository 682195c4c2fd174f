/** PPO with the RL Zoo's settings reaches the published scores: five seeds each, 100 greedy episodes a seed. */
import { expect, test } from 'vitest';
import { ppo } from '../../agents/ppo.ts';
import { createRng } from '../../core/rng.ts';
import { mean, median } from '../../core/statistics.ts';
import { CartPole } from '../../envs/cartpole.ts';
import type { Env } from '../../envs/env.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { PPO_CARTPOLE, PPO_PENDULUM, type ZooSettings } from '../../experiments/zoo-settings.ts';
import { evaluate } from '../../trainers/evaluate.ts';
import { train } from '../../trainers/train.ts';

const SEEDS = [1, 2, 3, 4, 5];

/** Mean return of each seed's agent after training. */
function trainSeeds(
  name: string,
  { numEnvs, totalSteps, config }: ZooSettings,
  createEnv: (seed: number) => Env,
): number[] {
  const returns = SEEDS.map((seed) => {
    const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createEnv(seed + i)));
    const { observationSpace, actionSpace } = envs;
    const agent = ppo.build(
      { observationSpace, actionSpace, numEnvs, rng: createRng(seed), totalSteps },
      config,
    );
    train({ envs, agent, totalSteps, seed });
    return evaluate(agent, createEnv(0), { episodes: 100, seed: 10_000 }).meanReturn;
  });
  console.log(`${name}: ${returns.map((r) => r.toFixed(1)).join(', ')}; mean ${mean(returns).toFixed(1)}`);
  return returns;
}

test('CartPole-v1: 500 on at least four of five seeds after 100,000 steps', () => {
  const returns = trainSeeds('PPO on CartPole-v1', PPO_CARTPOLE, (seed) => new CartPole(seed));
  expect(returns.filter((r) => r === 500).length).toBeGreaterThanOrEqual(4);
});

test('Pendulum-v1: no worse than −230 on the median of five seeds after 100,000 steps', () => {
  const returns = trainSeeds('PPO on Pendulum-v1', PPO_PENDULUM, (seed) => new Pendulum(seed));
  expect(median(returns)).toBeGreaterThanOrEqual(-230);
});
