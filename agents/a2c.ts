/**
 * Advantage actor-critic, synchronous.
 *
 * Source: Mnih et al. (2016), "Asynchronous Methods for Deep Reinforcement Learning", arXiv:1602.01783, section 4.
 * Differences from the source: the envs are stepped together instead of by asynchronous workers; it is computed as
 * PPO with one epoch and one minibatch, where the probability ratio is 1 and the gradient of the clipped
 * surrogate is the policy gradient (Huang et al. 2022, "A2C is a special case of PPO", arXiv:2205.09123).
 */
import { z } from '../core/config.ts';
import { createRmsProp } from '../networks/optimizer.ts';
import { defineAgent } from './agent.ts';
import { normalizationConfig, normalizeAgent } from './normalization.ts';
import { onPolicyPrior } from './on-policy/prior.ts';
import { stateDependentExplorationConfig } from './on-policy/state-dependent-exploration.ts';
import { Ppo } from './ppo.ts';
import { scheduleConfig } from './schedule.ts';
import { windowNetworkConfig, withWindowNetworks } from './window-network.ts';

const config = z.object({
  learningRate: z.number().positive().default(7e-4).describe('RMSprop step size'),
  learningRateSchedule: scheduleConfig.describe('constant, or linear down to 0 over the run'),
  rolloutSteps: z.int().min(1).default(5).describe('steps of each env between updates'),
  gamma: z.number().min(0).max(1).default(0.99).describe('discount per step'),
  lambda: z.number().min(0).max(1).default(1).describe('weight of longer returns in the advantage'),
  normalizeAdvantages: z.boolean().default(false).describe('to mean 0, deviation 1 in each update'),
  entropyCoefficient: z.number().min(0).default(0).describe('weight of the entropy bonus'),
  valueCoefficient: z.number().min(0).default(0.5).describe('weight of the squared value error'),
  maxGradientNorm: z.number().positive().default(0.5).describe('global norm the gradient is clipped to'),
  hidden: z.array(z.int().min(1)).default([64, 64]).describe('units of each hidden layer'),
  activation: z.enum(['tanh', 'relu']).default('tanh').describe('of the hidden layers'),
  initialLogStd: z.number().default(0).describe('starting log deviation of continuous actions'),
  rmsPropAlpha: z.number().min(0).lt(1).default(0.99).describe("decay of RMSprop's mean square"),
  rmsPropEpsilon: z.number().positive().default(1e-5).describe("RMSprop's epsilon"),
  ...stateDependentExplorationConfig,
  ...windowNetworkConfig,
  ...normalizationConfig,
});

export const a2c = defineAgent({
  name: 'a2c',
  description: 'Advantage actor-critic (Mnih et al. 2016), for any action space',
  config,
  prior: onPolicyPrior,
  build(context, config) {
    const { rmsPropAlpha: alpha, rmsPropEpsilon: epsilon, ...shared } = config;
    const ppoConfig = {
      ...shared,
      epochs: 1,
      minibatchSize: config.rolloutSteps * context.numEnvs,
      // Without effect at a ratio of 1.
      clipRange: 1,
      clipRangeSchedule: 'constant' as const,
      valueClipRange: 0,
      targetKl: 0,
      adamEpsilon: 1,
    };
    const agent = new Ppo(
      withWindowNetworks('a2c', context, config, 'orthogonal'),
      ppoConfig,
      (kernels, blocks) => createRmsProp(kernels, blocks, { alpha, epsilon }),
    );
    return normalizeAgent(agent, context, config);
  },
});
