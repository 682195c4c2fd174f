/** How fast agents train on CartPole, the envs and the learning included. */
import { a2c } from '../../agents/a2c.ts';
import type { AgentPlugin } from '../../agents/agent.ts';
import { dqn } from '../../agents/dqn.ts';
import { ppo } from '../../agents/ppo.ts';
import { createRng } from '../../core/rng.ts';
import { CartPole } from '../../envs/cartpole.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import {
  PPO_CARTPOLE,
  PPO_GRU_CARTPOLE,
  PPO_LSTM_CARTPOLE,
  type ZooSettings,
} from '../../experiments/zoo-settings.ts';
import type { KernelOptions } from '../../networks/kernels/kernels.ts';
import { train } from '../../trainers/train.ts';
import { type Benchmark, ifBlasFound, secondsPer } from './benchmark.ts';

/** CleanRL's settings: four envs of 128 steps, four epochs of four minibatches. */
export const PPO_CARTPOLE_CLEANRL: ZooSettings = {
  numEnvs: 4,
  totalSteps: 102_400,
  config: {
    rolloutSteps: 128,
    minibatchSize: 128,
    epochs: 4,
    learningRate: 2.5e-4,
    learningRateSchedule: 'linear',
    entropyCoefficient: 0.01,
    valueClipRange: 0.2,
  },
};

export const A2C_CARTPOLE: ZooSettings = { numEnvs: 8, totalSteps: 100_000, config: {} };

/** The settings of agents that remember, on shorter runs. */
const SHORT = { totalSteps: 20_480 };

/** The Zoo's settings, but for a shorter run. */
export const DQN_CARTPOLE: ZooSettings = {
  numEnvs: 1,
  totalSteps: 6_000,
  config: {
    learningRate: 2.3e-3,
    batchSize: 64,
    bufferSize: 100_000,
    learningStarts: 1000,
    targetUpdateEvery: 10,
    trainEvery: 256,
    gradientSteps: 128,
    explorationFraction: 0.16,
    explorationFinal: 0.04,
    hidden: [256, 256],
  },
};

export const agentBenchmarks: readonly Benchmark[] = [
  ...onEveryKernel(ppo, 'cartpole', PPO_CARTPOLE),
  ...onEveryKernel(ppo, 'cartpole_cleanrl', PPO_CARTPOLE_CLEANRL),
  ...onEveryKernel(ppo, 'cartpole', { ...PPO_LSTM_CARTPOLE, ...SHORT }, 'ppo_lstm'),
  ...onEveryKernel(ppo, 'cartpole', { ...PPO_GRU_CARTPOLE, ...SHORT }, 'ppo_gru'),
  ...onEveryKernel(a2c, 'cartpole', A2C_CARTPOLE),
  ...onEveryKernel(dqn, 'cartpole', DQN_CARTPOLE),
];

/** With the products of OpenBLAS, with the portable ones on one thread, and on two. */
function onEveryKernel(
  plugin: AgentPlugin,
  task: string,
  settings: ZooSettings,
  name = plugin.name,
): Benchmark[] {
  const row = (variant: string, kernels: KernelOptions): Benchmark => ({
    name: `${name}${variant}.${task}.steps_per_s`,
    unit: 'steps/s',
    measure: () => ifBlasFound(() => stepsPerSecond(plugin, settings, kernels)),
  });
  return [row('', { backend: 'blas' }), row('.wasm', {}), row('.threads2', { threads: 2 })];
}

function stepsPerSecond(
  plugin: AgentPlugin,
  { numEnvs, totalSteps, config }: ZooSettings,
  kernels: KernelOptions,
): number {
  const run = (): void => {
    const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => new CartPole(i)));
    const { observationSpace, actionSpace } = envs;
    const context = { observationSpace, actionSpace, numEnvs, rng: createRng(1), totalSteps, kernels };
    train({ envs, agent: plugin.build(context, config), totalSteps, seed: 1 });
  };
  return totalSteps / secondsPer(1, run, 1);
}
