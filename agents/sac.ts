/**
 * The soft actor-critic: maximises the return and the entropy of its policy, for continuous and discrete actions.
 *
 * Source: Haarnoja et al. (2018), "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905; for discrete
 * actions Christodoulou (2019), "Soft Actor-Critic for Discrete Action Settings", arXiv:1910.07207.
 * Differences from the source: see sac-continuous.ts and sac-discrete.ts.
 */
import { type ConfigOf, z } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import { describeSpace } from '../envs/spaces.ts';
import { defineAgent } from './agent.ts';
import { offPolicyConfig } from './off-policy/config.ts';
import { buildOffPolicyAgent } from './off-policy/loop.ts';
import { SacContinuous } from './off-policy/sac-continuous.ts';
import { SacDiscrete } from './off-policy/sac-discrete.ts';
import {
  requireStateDependentExploration,
  stateDependentExplorationConfig,
} from './on-policy/state-dependent-exploration.ts';

const config = z.object({
  ...offPolicyConfig({ learningRate: 3e-4, hidden: [256, 256] }),
  entropyCoefficient: z
    .union([z.literal('auto'), z.number().min(0)])
    .default('auto')
    .describe('weight of the entropy beside the reward; auto learns it'),
  initialEntropyCoefficient: z
    .number()
    .positive()
    .default(1)
    .describe('where an automatic coefficient starts'),
  targetEntropy: z
    .union([z.literal('auto'), z.number()])
    .default('auto')
    .describe('that an automatic coefficient aims at; auto: -A of A continuous action elements'),
  targetEntropyRatio: z
    .number()
    .min(0)
    .max(1)
    .default(0.89)
    .describe('discrete actions: automatic target as a share of the largest entropy, ln(allowed choices)'),
  ...stateDependentExplorationConfig,
  initialLogStd: z.number().default(-3).describe('starting log deviations of state-dependent exploration'),
});

export type SacConfig = ConfigOf<typeof config>;

export const sac = defineAgent({
  name: 'sac',
  description: 'Soft actor-critic (Haarnoja et al. 2018), for continuous and discrete actions',
  config,
  build(context, config) {
    const { actionSpace } = context;
    if (actionSpace.kind === 'multi-discrete') {
      throw new ConfigError(
        'unsuitable-space',
        `Agent "sac" needs continuous actions (a Box) or one discrete choice; the env has ` +
          `${describeSpace(actionSpace)}. Try "ppo".`,
      );
    }
    if (config.stateDependentExploration) requireStateDependentExploration(actionSpace, config.hidden);
    return buildOffPolicyAgent('sac', context, config, (kernels, rng) =>
      actionSpace.kind === 'box'
        ? new SacContinuous(context, config, kernels, rng)
        : new SacDiscrete(context, actionSpace, config, kernels, rng),
    );
  },
});
