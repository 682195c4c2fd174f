/** Short form of the RL Zoo's Pendulum runs: small networks, few steps, and a policy that holds the pendulum all the same. */
import { expect, test } from 'vitest';
import type { AgentPlugin } from '../../agents/agent.ts';
import { ddpg } from '../../agents/ddpg.ts';
import { sac } from '../../agents/sac.ts';
import { td3 } from '../../agents/td3.ts';
import { createRng } from '../../core/rng.ts';
import { median } from '../../core/statistics.ts';
import { CartPole } from '../../envs/cartpole.ts';
import type { Env } from '../../envs/env.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { evaluate } from '../../trainers/evaluate.ts';
import { train } from '../../trainers/train.ts';

const SEEDS = [1, 2, 3];
const SMALL = {
  hidden: [64, 64],
  batchSize: 128,
  learningRate: 2e-3,
  bufferSize: 20_000,
  learningStarts: 1000,
};
const PENDULUM = { ...SMALL, gamma: 0.98, tau: 0.01 };

/** Mean return over 30 greedy episodes of each seed's agent, after training it. */
function trainSeeds(
  plugin: AgentPlugin,
  createEnv: (seed: number) => Env,
  config: Record<string, unknown>,
  totalSteps: number,
): number[] {
  const returns = SEEDS.map((seed) => {
    const envs = createVectorEnv([createEnv(seed)]);
    const { observationSpace, actionSpace } = envs;
    const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(seed), totalSteps };
    const agent = plugin.build(context, config);
    train({ envs, agent, totalSteps, seed });
    return evaluate(agent, createEnv(0), { episodes: 30, seed: 10_000 }).meanReturn;
  });
  console.log(`${plugin.name} after ${totalSteps} steps: ${returns.map((r) => r.toFixed(1)).join(', ')}`);
  return returns;
}

// Left to chance the return is about −1,200; the best policies come to about −140.
test.each([ddpg, td3, sac])('$name swings the pendulum up and holds it', (plugin) => {
  const returns = trainSeeds(plugin as AgentPlugin, (seed) => new Pendulum(seed), PENDULUM, 6000);
  expect(median(returns)).toBeGreaterThan(-300);
});

test('discrete sac balances the pole', () => {
  const returns = trainSeeds(sac as AgentPlugin, (seed) => new CartPole(seed), SMALL, 8000);
  // Left to chance the pole falls after about 22 steps.
  expect(median(returns)).toBeGreaterThan(300);
});
