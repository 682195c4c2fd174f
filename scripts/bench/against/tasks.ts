/** What is measured beside other libraries: the same work for both sides. */
import type { KernelChoice } from '../../../experiments/run/fast-kernels.ts';

export const PEERS = ['sb3', 'lightgbm', 'xgboost', 'polars'] as const;
export type PeerName = (typeof PEERS)[number];

/** Env steps of learning, by our names of settings and by Stable-Baselines3's. */
export interface TrainingTask {
  readonly kind: 'training';
  readonly name: string;
  readonly agent: 'ppo' | 'a2c' | 'dqn' | 'ddpg' | 'td3' | 'sac';
  readonly env: 'cartpole' | 'pendulum';
  readonly numEnvs: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** By the names of Stable-Baselines3. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Env steps before the clock starts. */
  readonly from: number;
  /** Env steps that are timed. */
  readonly steps: number;
}

export interface TreesTask {
  readonly kind: 'trees';
  readonly name: string;
  readonly what: 'train' | 'predict';
  readonly numRows: number;
  readonly numColumns: number;
  readonly numRounds: number;
}

export interface ReadingTask {
  readonly kind: 'reading';
  readonly name: string;
  readonly numRows: number;
}

export type Task = TrainingTask | TreesTask | ReadingTask;

/** What one process of ours is told. */
export interface OwnOrder {
  readonly task: Task;
  readonly kernels: KernelChoice;
  readonly threads: number;
  /** Files of the data, where the task has any. */
  readonly rows: string;
  readonly labels: string;
}

const WIDE = [256, 256];
/** The Zoo's for Pendulum, but for learning that begins at once. */
const DETERMINISTIC = { learningRate: 1e-3, gamma: 0.98, bufferSize: 200_000, learningStarts: 300 };
const THEIR_DETERMINISTIC = {
  learning_rate: 1e-3,
  gamma: 0.98,
  buffer_size: 200_000,
  learning_starts: 300,
  batch_size: 256,
  train_freq: 1,
  gradient_steps: 1,
  hidden: WIDE,
};
const pendulum = (
  agent: 'ddpg' | 'td3' | 'sac',
  config: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>>,
): TrainingTask => ({
  kind: 'training',
  name: `${agent}.pendulum`,
  agent,
  env: 'pendulum',
  numEnvs: 1,
  config: { ...config, hidden: WIDE, batchSize: 256 },
  settings,
  from: 360,
  steps: 200,
});

const trainings: readonly TrainingTask[] = [
  {
    kind: 'training',
    name: 'ppo.cartpole_zoo',
    agent: 'ppo',
    env: 'cartpole',
    numEnvs: 8,
    config: {
      rolloutSteps: 32,
      minibatchSize: 256,
      epochs: 20,
      gamma: 0.98,
      lambda: 0.8,
      learningRate: 1e-3,
      entropyCoefficient: 0,
      hidden: [64, 64],
    },
    settings: {
      n_steps: 32,
      batch_size: 256,
      n_epochs: 20,
      gamma: 0.98,
      gae_lambda: 0.8,
      learning_rate: 1e-3,
      ent_coef: 0,
    },
    from: 2048,
    steps: 8192,
  },
  {
    kind: 'training',
    name: 'ppo.cartpole_cleanrl',
    agent: 'ppo',
    env: 'cartpole',
    numEnvs: 4,
    config: {
      rolloutSteps: 128,
      minibatchSize: 128,
      epochs: 4,
      learningRate: 2.5e-4,
      entropyCoefficient: 0.01,
      valueClipRange: 0.2,
      hidden: [64, 64],
    },
    settings: {
      n_steps: 128,
      batch_size: 128,
      n_epochs: 4,
      learning_rate: 2.5e-4,
      ent_coef: 0.01,
      clip_range_vf: 0.2,
    },
    from: 4096,
    steps: 16_384,
  },
  {
    kind: 'training',
    name: 'a2c.cartpole',
    agent: 'a2c',
    env: 'cartpole',
    numEnvs: 8,
    config: { hidden: [64, 64] },
    settings: {},
    from: 4000,
    steps: 20_000,
  },
  {
    kind: 'training',
    name: 'dqn.cartpole',
    agent: 'dqn',
    env: 'cartpole',
    numEnvs: 1,
    config: {
      learningRate: 2.3e-3,
      batchSize: 64,
      bufferSize: 100_000,
      learningStarts: 1000,
      targetUpdateEvery: 10,
      trainEvery: 256,
      gradientSteps: 128,
      hidden: WIDE,
    },
    settings: {
      learning_rate: 2.3e-3,
      batch_size: 64,
      buffer_size: 100_000,
      learning_starts: 1000,
      target_update_interval: 10,
      train_freq: 256,
      gradient_steps: 128,
      hidden: WIDE,
    },
    from: 1536,
    steps: 2560,
  },
  pendulum('ddpg', DETERMINISTIC, THEIR_DETERMINISTIC),
  pendulum('td3', DETERMINISTIC, THEIR_DETERMINISTIC),
  pendulum(
    'sac',
    { learningRate: 1e-3, learningStarts: 256 },
    { learning_rate: 1e-3, learning_starts: 256, batch_size: 256, hidden: WIDE },
  ),
];

const trees = (what: 'train' | 'predict', numRows: number): TreesTask => ({
  kind: 'trees',
  name: `${what}_${numRows}x30x100`,
  what,
  numRows,
  numColumns: 30,
  numRounds: 100,
});
const forests = [trees('train', 20_000), trees('predict', 20_000), trees('train', 1_000_000)];

export const TASKS: Readonly<Record<PeerName, readonly Task[]>> = {
  sb3: trainings,
  lightgbm: forests,
  xgboost: forests,
  polars: [{ kind: 'reading', name: 'read_csv_1000000', numRows: 1_000_000 }],
};
