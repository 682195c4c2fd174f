/** Declares the settings of the soft actor-critic. */
import { type ConfigOf, z } from '../../core/config.ts';
import { stateDependentExplorationConfig } from '../on-policy/state-dependent-exploration.ts';
import { offPolicyConfig } from './config.ts';

export const sacConfig = z.object({
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

export type SacConfig = ConfigOf<typeof sacConfig>;
