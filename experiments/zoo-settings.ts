/**
 * Settings with published scores, for benchmarks and learning tests.
 * Source: rl-baselines3-zoo, hyperparams/ppo.yml and hyperparams/ppo_lstm.yml.
 * Differences from the source: an LSTM of 64 units, not 256; without
 * velocities, normalisation, longer rollouts and fewer epochs, see docs/decisions/recurrent-ppo.md.
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

/** Velocities hidden. */
export const PPO_GRU_CARTPOLE: ZooSettings = {
  numEnvs: 8,
  totalSteps: 100_000,
  config: {
    ...PPO_CARTPOLE.config,
    network: 'gru',
    rolloutSteps: 128,
    epochs: 10,
    normalizeObservations: true,
  },
};

/** Velocities hidden. */
export const PPO_LSTM_CARTPOLE: ZooSettings = {
  ...PPO_GRU_CARTPOLE,
  config: { ...PPO_GRU_CARTPOLE.config, network: 'lstm', learningRate: 5e-4, normalizeRewards: true },
};
