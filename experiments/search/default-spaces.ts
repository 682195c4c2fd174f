/**
 * What is searched where a file names no space of its own: the ranges that RL Baselines3 Zoo searches its agents over (its
 * hyperparameter sampler, 2025), by our names of the settings.
 */
import type { SpaceInput } from './space.ts';

const GAMMA = { choice: [0.9, 0.95, 0.98, 0.99, 0.995, 0.999] };
const LEARNING_RATE = { logUniform: [1e-5, 1e-2] as [number, number] };
const HIDDEN = { choice: [[64], [64, 64], [256, 256]] };
const GRADIENT_NORM = { choice: [0.3, 0.5, 0.7, 1, 2, 5] };

const ON_POLICY: SpaceInput = {
  'agent.learningRate': LEARNING_RATE,
  'agent.gamma': GAMMA,
  'agent.lambda': { choice: [0.8, 0.9, 0.92, 0.95, 0.98, 0.99, 1] },
  'agent.entropyCoefficient': { logUniform: [1e-8, 0.1] },
  'agent.maxGradientNorm': GRADIENT_NORM,
  'agent.hidden': HIDDEN,
  'agent.activation': { choice: ['tanh', 'relu'] },
};

const OFF_POLICY: SpaceInput = {
  'agent.learningRate': LEARNING_RATE,
  'agent.gamma': GAMMA,
  'agent.batchSize': { choice: [16, 32, 64, 128, 256, 512] },
  'agent.trainEvery': { choice: [1, 4, 8, 16] },
  'agent.learningStarts': { choice: [0, 1000, 10_000] },
  'agent.hidden': {
    choice: [
      [64, 64],
      [256, 256],
      [400, 300],
    ],
  },
};

const CONTINUOUS: SpaceInput = {
  ...OFF_POLICY,
  'agent.tau': { choice: [0.001, 0.005, 0.01, 0.02, 0.05] },
};

/** By agent. */
export const DEFAULT_SPACES: Readonly<Record<string, SpaceInput>> = {
  ppo: {
    ...ON_POLICY,
    'agent.rolloutSteps': { choice: [32, 64, 128, 256, 512, 1024] },
    'agent.minibatchSize': { choice: [32, 64, 128, 256] },
    'agent.epochs': { choice: [1, 5, 10, 20] },
    'agent.clipRange': { choice: [0.1, 0.2, 0.3, 0.4] },
  },
  a2c: {
    ...ON_POLICY,
    'agent.rolloutSteps': { choice: [5, 8, 16, 32, 64, 128] },
    'agent.normalizeAdvantages': { choice: [false, true] },
  },
  dqn: {
    ...OFF_POLICY,
    'agent.targetUpdateEvery': { choice: [1000, 5000, 10_000] },
    'agent.explorationFinal': { uniform: [0.01, 0.2] },
    'agent.explorationFraction': { uniform: [0.05, 0.5] },
  },
  ddpg: { ...CONTINUOUS, 'agent.noiseDeviation': { uniform: [0.05, 0.5] } },
  td3: { ...CONTINUOUS, 'agent.noiseDeviation': { uniform: [0.05, 0.5] } },
  sac: CONTINUOUS,
};
