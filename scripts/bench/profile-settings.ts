/** The trainings that `market-gym bench --profile` looks into: the settings of the RL Zoo, shortened. */
import { dqn } from '../../agents/dqn.ts';
import { ppo } from '../../agents/ppo.ts';
import { sac } from '../../agents/sac.ts';
import { CartPole } from '../../envs/cartpole.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { PPO_CARTPOLE } from '../../experiments/zoo-settings.ts';
import { DQN_CARTPOLE } from './agents.ts';
import type { ProfiledTraining } from './profile-training.ts';

export const PROFILED: Readonly<Record<'ppo' | 'dqn' | 'sac', ProfiledTraining>> = {
  ppo: {
    ...PPO_CARTPOLE,
    plugin: ppo,
    createEnv: (seed) => new CartPole(seed),
    learningFrom: 5_000,
    totalSteps: 30_000,
  },
  dqn: {
    ...DQN_CARTPOLE,
    plugin: dqn,
    createEnv: (seed) => new CartPole(seed),
    learningFrom: 2_000,
    totalSteps: 6_000,
  },
  sac: {
    plugin: sac,
    createEnv: (seed) => new Pendulum(seed),
    numEnvs: 1,
    learningFrom: 400,
    totalSteps: 900,
    config: { learningRate: 1e-3, learningStarts: 256, metricsEvery: 1 },
  },
};
