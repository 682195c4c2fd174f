/** The part of an agent's plugin that says what the agent can do with a prior. */
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { Network } from '../../networks/network.ts';
import type { NetworkRequest } from '../custom-network.ts';

/**
 * Ways to use a prior:
 * - `columns`: the agent sees the model's probabilities in its observations, or not, as asked;
 * - `warm-start`: its policy is fitted to the prior before it learns;
 * - `pull`: its policy is held near the prior while it learns;
 * - `guidance`: it learns from actions that it did not choose itself, so that the prior may act now and then;
 * - `residual`: its policy is added to the prior.
 */
export const PRIOR_USES = ['columns', 'warm-start', 'pull', 'guidance', 'residual'] as const;

export type PriorUse = (typeof PRIOR_USES)[number];

/** How an agent reads its policy network's outputs, where actions are continuous. */
export type ContinuousForm =
  /** Means, in units of the action. */
  | 'means'
  /** Means and log deviations of what tanh squashes. */
  | 'squashed'
  /** What tanh squashes into the action. */
  | 'tanh';

/**
 * Declared by an agent's plugin as `prior`; without it an agent sees the columns, as it does whatever it is shown. A warm
 * start, a pull, a residual and hidden columns work on the networks that the agent asks its context for, by `createNetwork`
 * with the role `policy` or `critic`.
 */
export interface PriorSupport<Settings = Readonly<Record<string, unknown>>> {
  readonly uses: readonly PriorUse[];
  /** Needed for warm start, pull and residual with continuous actions; those of choices are logits. */
  readonly continuousForm?: ContinuousForm;
  /** Makes a network like the agent's own, where the user brings none. */
  createNetwork?(request: NetworkRequest, kernels: Kernels, settings: Settings): Network;
  /** Whether its networks are given observations as they come from the env; absent: they are. */
  seesRawObservations?(settings: Settings): boolean;
}

/** What an agent can do with a prior. */
export function priorUses({ prior }: { readonly prior?: PriorSupport }): readonly PriorUse[] {
  return prior?.uses ?? ['columns'];
}
