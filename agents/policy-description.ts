/** Describes a trained policy as plain steps and a decision, for whoever writes it down in another form. */
import type { Box } from '../envs/spaces.ts';
import type { NetworkStep } from '../networks/steps.ts';

export interface PolicyDescription {
  /** From an observation, [D], to the numbers that decide; a `memory` step may be first, or second behind `normalize`. */
  readonly steps: readonly NetworkStep[];
  readonly decision: PolicyDecision;
}

export type PolicyDecision =
  | {
      /** The first of the largest numbers of each component. */
      readonly kind: 'largest';
      /** Choices of each component; the numbers lie side by side. */
      readonly sizes: readonly number[];
    }
  | {
      /** The numbers are the action, clipped to the box. */
      readonly kind: 'clipped';
      readonly space: Box;
    }
  | {
      /** The numbers lie in [−1, 1], which stands for the box. */
      readonly kind: 'scaled';
      readonly space: Box;
    };
