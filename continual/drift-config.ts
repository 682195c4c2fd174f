/** Configures the limits past which a policy in use is taken out of it. */
import { type ConfigOf, z } from '../core/config.ts';

export const driftConfig = z.object({
  windowDecisions: z.int().min(10).default(500).describe('decisions that are looked back on'),
  referenceWindows: z
    .int()
    .min(2)
    .default(16)
    .describe('such windows that a reference needs before observations and actions are compared with it'),
  maxPsi: z
    .number()
    .positive()
    .default(0.5)
    .describe(
      'largest population stability index of any observation element, where the reference itself does not vary ' +
        'more; 0.25 is usually called a shift',
    ),
  maxOutside: z
    .number()
    .gt(0)
    .max(1)
    .default(0.04)
    .describe(
      'largest share of a window in which an observation element is beyond all that the reference has, where its own ' +
        'windows do not go further',
    ),
  maxActionKl: z
    .number()
    .positive()
    .default(0.5)
    .describe('largest divergence of the actions, nats, where the reference itself does not vary more'),
  maxFillGapBps: z
    .number()
    .positive()
    .default(10)
    .describe('how much worse than simulated fills may be on average, basis points of notional'),
  maxLoss: z.number().gt(0).max(1).default(0.1).describe('largest loss since the policy took over, fraction'),
  withoutPrevious: z
    .enum(['halt', 'go-on'])
    .default('halt')
    .describe('what is done where no policy was before: stop the trading for good, or only note it'),
});

export type DriftConfig = ConfigOf<typeof driftConfig>;
