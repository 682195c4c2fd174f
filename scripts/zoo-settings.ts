/**
 * Settings with published scores, for benchmarks and learning tests.
 * Source: rl-baselines3-zoo, hyperparams/ppo.yml.
 */
export interface ZooSettings {
  readonly numEnvs: number;
  readonly totalSteps: number;
  readonly config: Readonly<Record<string, unknown>>;
}

export const PPO_CARTPOLE: ZooSettings = {
  numEnvs: 8,
  totalSteps: 100_000,
  config: {
    rolloutSteps: 32,
    minibatchSize: 256,
    epochs: 20,
    gamma: 0.98,
    lambda: 0.8,
    learningRate: 1e-3,
    learningRateSchedule: 'linear',
    clipRange: 0.2,
    clipRangeSchedule: 'linear',
  },
};

export const PPO_PENDULUM: ZooSettings = {
  numEnvs: 4,
  totalSteps: 100_000,
  config: {
    rolloutSteps: 1024,
    minibatchSize: 64,
    epochs: 10,
    gamma: 0.9,
    lambda: 0.95,
    learningRate: 1e-3,
    clipRange: 0.2,
    stateDependentExploration: true,
    resampleEvery: 4,
  },
};
