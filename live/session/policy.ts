/** Defines what decides in a live session: an agent that acts greedily, or a rule. */
import type { Agent } from '../../agents/agent.ts';
import type { Action, ActionSpace } from '../../envs/spaces.ts';

export interface LivePolicy {
  /** The model's id, or a rule's name. */
  readonly model: string;
  /** UTC epoch; NaN where nobody knows. */
  readonly createdMs: number;
  /**
   * @param observation a view
   * @param isStart nothing that was before is to be remembered
   * @param mask allowed choices, where the market says
   * @returns undefined when the action is to come later, by the session's `answer`
   */
  act(observation: Float32Array, isStart: boolean, mask?: Uint8Array): Action | undefined;
}

/** The model of a session whose actions come from outside, one by one. */
export const EXTERNAL_MODEL = 'external';

/** Leaves every decision to who answers it. */
export const externalPolicy: LivePolicy = {
  model: EXTERNAL_MODEL,
  createdMs: Number.NaN,
  act: () => undefined,
};

/** An agent's greedy actions. */
export function agentPolicy(
  agent: Agent,
  actionSpace: ActionSpace,
  model: string,
  createdMs: number,
): LivePolicy {
  const episodeStarts = new Uint8Array(1);
  const isDiscrete = actionSpace.kind === 'discrete';
  return {
    model,
    createdMs,
    act(observation, isStart, actionMasks) {
      episodeStarts[0] = isStart ? 1 : 0;
      const actions = agent.act(observation, 1, false, { episodeStarts, actionMasks });
      return isDiscrete ? actions[0] : actions;
    },
  };
}
