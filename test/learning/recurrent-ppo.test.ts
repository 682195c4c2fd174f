/** Short form of the runs without velocities: PPO balances the pole with a memory, and cannot without one. */
import { expect, test } from 'vitest';
import { ppo } from '../../agents/ppo.ts';
import { createRng } from '../../core/rng.ts';
import { median } from '../../core/statistics.ts';
import { cartpole } from '../../envs/cartpole.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { PPO_GRU_CARTPOLE, PPO_LSTM_CARTPOLE } from '../../experiments/zoo-settings.ts';
import { evaluate } from '../../trainers/evaluate.ts';
import { train } from '../../trainers/train.ts';

const SEEDS = [1, 2, 3];
const TOTAL_STEPS = 40_000;

/** Mean return over 30 greedy episodes of each seed's agent, after training it. */
function trainSeeds(network: 'lstm' | 'gru' | 'mlp'): number[] {
  const { numEnvs, config } = network === 'lstm' ? PPO_LSTM_CARTPOLE : PPO_GRU_CARTPOLE;
  const create = (seed: number) => cartpole.create({ seed }, { hideVelocities: true });
  const returns = SEEDS.map((seed) => {
    const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => create(seed + i)));
    const { observationSpace, actionSpace } = envs;
    const rng = createRng(seed);
    const context = { observationSpace, actionSpace, numEnvs, rng, totalSteps: TOTAL_STEPS };
    const agent = ppo.build(context, { ...config, network });
    train({ envs, agent, totalSteps: TOTAL_STEPS, seed });
    return evaluate(agent, create(0), { episodes: 30, seed: 10_000 }).meanReturn;
  });
  console.log(`${network} without velocities: ${returns.map((r) => r.toFixed(1)).join(', ')}`);
  return returns;
}

test.each(['lstm', 'gru'] as const)('%s: the pole stands for long', (network) => {
  expect(median(trainSeeds(network))).toBeGreaterThan(120);
});

test('mlp: position and angle alone do not tell where to push', () => {
  expect(Math.max(...trainSeeds('mlp'))).toBeLessThan(60);
});
