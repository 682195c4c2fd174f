/**
 * The RL Zoo's experiment: settings with published scores, as an experiment of its own.
 *
 * Source: rl-baselines3-zoo, hyperparams/*.yml and benchmark.md; what is not named there is Stable-Baselines3's default.
 * Differences from the source: learning begins with the first full batch of transitions, not with the first ones; what
 * state-dependent exploration does differently is in agents/on-policy/state-dependent-exploration.ts and agents/off-policy/sac-continuous.ts.
 */
import type { ExperimentInput } from './file.ts';
import { PPO_CARTPOLE, PPO_GRU_CARTPOLE, PPO_LSTM_CARTPOLE, PPO_PENDULUM } from './zoo-settings.ts';

export interface ZooEntry {
  readonly name: string;
  readonly agent: string;
  readonly env: string;
  /** What tables and folders call the env with its settings; absent: as the env. */
  readonly task?: string;
  readonly envConfig?: ExperimentInput['tasks'][number]['envConfig'];
  readonly numEnvs: number;
  readonly totalSteps: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** Mean and standard deviation of the episode return. */
  readonly published: readonly [mean: number, deviation: number];
}

const CARTPOLE_NO_VELOCITY = {
  task: 'cartpole-no-velocity',
  env: 'cartpole',
  envConfig: { hideVelocities: true },
};

/** DDPG's and TD3's. */
const DETERMINISTIC_PENDULUM = {
  learningRate: 1e-3,
  gamma: 0.98,
  bufferSize: 200_000,
  learningStarts: 10_000,
  batchSize: 256,
  tau: 0.005,
  trainEvery: 1,
  gradientSteps: 1,
  noise: 'gaussian',
  noiseDeviation: 0.1,
  hidden: [400, 300],
  activation: 'relu',
};

export const zooEntries: readonly ZooEntry[] = [
  { name: 'ppo-cartpole', agent: 'ppo', env: 'cartpole', ...PPO_CARTPOLE, published: [500, 0] },
  {
    name: 'ppo-lstm-cartpole-no-velocity',
    agent: 'ppo',
    ...CARTPOLE_NO_VELOCITY,
    ...PPO_LSTM_CARTPOLE,
    published: [500, 0],
  },
  {
    name: 'ppo-gru-cartpole-no-velocity',
    agent: 'ppo',
    ...CARTPOLE_NO_VELOCITY,
    ...PPO_GRU_CARTPOLE,
    // An LSTM's: of a GRU there is none.
    published: [500, 0],
  },
  {
    name: 'dqn-cartpole',
    agent: 'dqn',
    env: 'cartpole',
    numEnvs: 1,
    totalSteps: 50_000,
    config: {
      learningRate: 2.3e-3,
      batchSize: 64,
      bufferSize: 100_000,
      learningStarts: 1000,
      gamma: 0.99,
      targetUpdateEvery: 10,
      trainEvery: 256,
      gradientSteps: 128,
      explorationFraction: 0.16,
      explorationFinal: 0.04,
      hidden: [256, 256],
    },
    published: [500, 0],
  },
  {
    name: 'a2c-cartpole',
    agent: 'a2c',
    env: 'cartpole',
    numEnvs: 8,
    totalSteps: 500_000,
    config: {},
    published: [500, 0],
  },
  {
    name: 'ppo-acrobot',
    agent: 'ppo',
    env: 'acrobot',
    numEnvs: 16,
    totalSteps: 1_000_000,
    config: {
      rolloutSteps: 256,
      epochs: 4,
      gamma: 0.99,
      lambda: 0.94,
      normalizeObservations: true,
      normalizeRewards: true,
    },
    published: [-73.5, 18.2],
  },
  {
    name: 'dqn-acrobot',
    agent: 'dqn',
    env: 'acrobot',
    numEnvs: 1,
    totalSteps: 100_000,
    config: {
      learningRate: 6.3e-4,
      batchSize: 128,
      bufferSize: 50_000,
      learningStarts: 0,
      gamma: 0.99,
      targetUpdateEvery: 250,
      trainEvery: 4,
      explorationFraction: 0.12,
      explorationFinal: 0.1,
      hidden: [256, 256],
    },
    published: [-76.6, 11.8],
  },
  { name: 'ppo-pendulum', agent: 'ppo', env: 'pendulum', ...PPO_PENDULUM, published: [-172.2, 104.2] },
  {
    name: 'ddpg-pendulum',
    agent: 'ddpg',
    env: 'pendulum',
    numEnvs: 1,
    totalSteps: 20_000,
    config: DETERMINISTIC_PENDULUM,
    published: [-152.1, 94.3],
  },
  {
    name: 'td3-pendulum',
    agent: 'td3',
    env: 'pendulum',
    numEnvs: 1,
    totalSteps: 20_000,
    config: DETERMINISTIC_PENDULUM,
    published: [-151.9, 90.2],
  },
  {
    name: 'sac-pendulum',
    agent: 'sac',
    env: 'pendulum',
    numEnvs: 1,
    totalSteps: 20_000,
    config: {
      learningRate: 1e-3,
      bufferSize: 1_000_000,
      learningStarts: 100,
      batchSize: 256,
      tau: 0.005,
      gamma: 0.99,
    },
    published: [-157, 88.7],
  },
  {
    name: 'sac-mountain-car-continuous',
    agent: 'sac',
    env: 'mountain-car-continuous',
    numEnvs: 1,
    totalSteps: 50_000,
    config: {
      learningRate: 3e-4,
      bufferSize: 50_000,
      batchSize: 512,
      entropyCoefficient: 0.1,
      trainEvery: 32,
      gradientSteps: 32,
      gamma: 0.9999,
      tau: 0.01,
      learningStarts: 0,
      hidden: [64, 64],
      stateDependentExploration: true,
      initialLogStd: -3.67,
    },
    published: [94.7, 1.1],
  },
];

/** The full form has five seeds; the short one takes one seed through a quarter of the steps. */
const FULL = { seeds: 5, share: 1 };
const SHORT = { seeds: 1, share: 0.25 };

/** The final agent of each seed is judged over 100 greedy episodes, as the benchmark does. */
export function zooExperiment(entries: readonly ZooEntry[], short: boolean): ExperimentInput {
  const { seeds, share } = short ? SHORT : FULL;
  return {
    name: short ? 'zoo-short' : 'zoo',
    seeds,
    judge: 'final',
    judgeEpisodes: 100,
    evaluateEvery: 0,
    tasks: [...new Map(entries.map((entry) => [entry.task ?? entry.env, entry]))].map(
      ([label, { env, envConfig }]) => ({
        env,
        label,
        envConfig,
      }),
    ),
    agents: entries.map((entry) => ({
      agent: entry.agent,
      label: entry.name,
      tasks: [entry.task ?? entry.env],
      envs: entry.numEnvs,
      steps: entry.totalSteps * share,
      config: shorten(entry.config, share) as ExperimentInput['agents'][number]['config'],
    })),
  };
}

/** A part of the steps has the same part of them before learning starts. */
function shorten(config: ZooEntry['config'], share: number): Record<string, unknown> {
  const { learningStarts } = config;
  if (typeof learningStarts !== 'number') return { ...config };
  return { ...config, learningStarts: Math.floor(learningStarts * share) };
}
