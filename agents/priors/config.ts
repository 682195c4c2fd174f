/** Declares the settings of an agent with a prior. */
import { type ConfigOf, z } from '../../core/config.ts';

export const priorConfig = z.object({
  columns: z.boolean().default(true).describe("whether the agent's networks see the prior's probabilities"),
  warmStartSteps: z
    .int()
    .min(0)
    .default(0)
    .describe('env steps in which the prior acts, before the policy is fitted to it; 0: none'),
  warmStartEpochs: z.int().min(1).default(10).describe('passes over what the prior did'),
  warmStartLearningRate: z.number().positive().default(1e-3).describe('Adam step size of these passes'),
  pullWeight: z
    .number()
    .min(0)
    .default(0)
    .describe(
      'first weight of the distance to the prior in the policy loss: KL divergence; DDPG, TD3: squared distance',
    ),
  pullFraction: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('share of the run in which the weight falls to 0'),
  guidance: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("dqn: first chance that an action is drawn from the prior instead of the agent's"),
  guidanceFraction: z.number().gt(0).max(1).default(0.5).describe('share of the run in which it falls to 0'),
  residual: z
    .number()
    .min(0)
    .default(0)
    .describe('share of the prior in the policy, which learns the rest: of its log-probabilities or target'),
  sharpness: z
    .number()
    .positive()
    .default(1)
    .describe("power that the model's probabilities are raised to, > 0; above 1: more decided"),
  floor: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe('share of the prior that is spread over all choices, (0, 1]'),
  deviation: z
    .number()
    .positive()
    .default(0.5)
    .describe(
      'of the prior of continuous actions, for the divergence; half the width of the action box is 1',
    ),
});

export type PriorConfig = ConfigOf<typeof priorConfig>;
