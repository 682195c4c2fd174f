/** Declares the settings of proximal policy optimisation. */
import { type ConfigOf, z } from '../../core/config.ts';
import { normalizationConfig } from '../normalization.ts';
import { scheduleConfig } from '../schedule.ts';
import { windowNetworkConfig } from '../window-network.ts';
import { stateDependentExplorationConfig } from './state-dependent-exploration.ts';

/** Settings of the networks. */
const memoryConfig = {
  ...windowNetworkConfig,
  network: windowNetworkConfig.network.describe(
    'mlp takes all numbers alike; cnn reads the rows of a windowed observation; lstm and gru remember the episode as well',
  ),
  sequenceLength: z
    .int()
    .min(1)
    .default(32)
    .describe('lstm and gru: steps that gradients flow back over; divides rolloutSteps and minibatchSize'),
};

export const ppoConfig = z.object({
  learningRate: z.number().positive().default(3e-4).describe('Adam step size'),
  learningRateSchedule: scheduleConfig.describe('constant, or linear down to 0 over the run'),
  rolloutSteps: z.int().min(1).default(2048).describe('steps of each env between updates'),
  minibatchSize: z.int().min(1).default(64).describe('rows per gradient step'),
  epochs: z.int().min(1).default(10).describe('passes over a rollout'),
  gamma: z.number().min(0).max(1).default(0.99).describe('discount per step'),
  lambda: z.number().min(0).max(1).default(0.95).describe('weight of longer returns in the advantage'),
  clipRange: z
    .number()
    .positive()
    .default(0.2)
    .describe('largest change of the probability ratio that is rewarded'),
  clipRangeSchedule: scheduleConfig.describe('constant, or linear down to 0 over the run'),
  valueClipRange: z.number().min(0).default(0).describe('largest rewarded change of a value; 0 turns it off'),
  normalizeAdvantages: z.boolean().default(true).describe('to mean 0, deviation 1 in each minibatch'),
  entropyCoefficient: z.number().min(0).default(0).describe('weight of the entropy bonus'),
  valueCoefficient: z.number().min(0).default(0.5).describe('weight of the squared value error'),
  maxGradientNorm: z.number().positive().default(0.5).describe('global norm the gradient is clipped to'),
  targetKl: z
    .number()
    .min(0)
    .default(0)
    .describe('an update ends past 1.5 times this divergence; 0 turns it off'),
  hidden: z.array(z.int().min(1)).default([64, 64]).describe('units of each hidden layer'),
  activation: z.enum(['tanh', 'relu']).default('tanh').describe('of the hidden layers'),
  initialLogStd: z.number().default(0).describe('starting log deviation of continuous actions'),
  adamEpsilon: z.number().positive().default(1e-5).describe("Adam's epsilon"),
  ...stateDependentExplorationConfig,
  ...memoryConfig,
  ...normalizationConfig,
});

/** Settings of the learner without a memory. */
export type PpoConfig = Omit<ConfigOf<typeof ppoConfig>, keyof typeof memoryConfig>;
