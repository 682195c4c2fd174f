/** Declares the settings that off-policy agents share. */
import { z } from '../../core/config.ts';
import { type NormalizationConfig, normalizationConfig } from '../normalization.ts';
import { scheduleConfig } from '../schedule.ts';
import { type WindowNetworkConfig, windowNetworkConfig } from '../window-network.ts';

/** The keys that every off-policy agent's configuration takes over. */
export function offPolicyConfig(defaults: {
  learningRate: number;
  hidden: number[];
  batchSize?: number;
  trainEvery?: number;
}) {
  const { batchSize = 256, trainEvery = 1 } = defaults;
  return {
    learningRate: z.number().positive().default(defaults.learningRate).describe('Adam step size'),
    learningRateSchedule: scheduleConfig.describe('constant, or linear down to 0 over the run'),
    bufferSize: z.int().min(1).default(1_000_000).describe('transitions kept for replay, of all envs'),
    compactReplay: z
      .boolean()
      .default(true)
      .describe('store rows that windowed observations share once: the same bits in less memory'),
    learningStarts: z
      .int()
      .min(0)
      .default(100)
      .describe('env steps with random actions, before the first gradient step'),
    batchSize: z.int().min(1).default(batchSize).describe('transitions per gradient step'),
    tau: z
      .number()
      .gt(0)
      .max(1)
      .default(0.005)
      .describe('share of the learnt weights that target networks take over per update'),
    gamma: z.number().min(0).max(1).default(0.99).describe('discount per step'),
    trainEvery: z.int().min(1).default(trainEvery).describe('env steps between training phases'),
    gradientSteps: z.int().min(1).default(1).describe('gradient steps per training phase'),
    hidden: z.array(z.int().min(1)).default(defaults.hidden).describe('units of each hidden layer'),
    activation: z.enum(['tanh', 'relu']).default('relu').describe('of the hidden layers'),
    maxGradientNorm: z
      .number()
      .min(0)
      .default(0)
      .describe('global norm each gradient is clipped to; 0 turns it off'),
    metricsEvery: z.int().min(1).default(1000).describe('env steps between reports of mean metrics'),
    ...windowNetworkConfig,
    ...normalizationConfig,
  };
}

export interface OffPolicyConfig extends NormalizationConfig, WindowNetworkConfig {
  readonly learningRate: number;
  readonly learningRateSchedule: 'constant' | 'linear';
  readonly bufferSize: number;
  /** Whether the rows that windowed observations share are stored once. */
  readonly compactReplay: boolean;
  readonly learningStarts: number;
  readonly batchSize: number;
  readonly tau: number;
  readonly trainEvery: number;
  readonly gradientSteps: number;
  readonly hidden: readonly number[];
  readonly activation: 'tanh' | 'relu';
  readonly maxGradientNorm: number;
  readonly metricsEvery: number;
  /** Rewards summed before bootstrapping; 1 by default. */
  readonly nSteps?: number;
  /** Whether to replay surprising transitions more often; false by default. */
  readonly prioritized?: boolean;
  /** How much more often, [0, 1]. */
  readonly priorityAlpha?: number;
  /** First correction of that bias, [0, 1]; 1 at the end of the run. */
  readonly priorityBeta?: number;
}
