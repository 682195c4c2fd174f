/** Defines what decides in a live session: an agent that acts greedily, or a rule. */
import type { Agent } from '../../agents/agent.ts';
import type { Snapshot } from '../../core/snapshot.ts';
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
  /** What its next actions depend on beside what it sees; absent: nothing. */
  save?(): Snapshot;
  /** @param snapshot as `save` gave it, of the same model */
  load?(snapshot: Snapshot): void;
}

const NOTHING: Snapshot = { arrays: {}, values: {} };
/** A rule's state is smaller than this, a learner's larger. */
const SMALL_BYTES = 4096;

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
  let isLarge = false;
  return {
    model,
    createdMs,
    act(observation, isStart, actionMasks) {
      episodeStarts[0] = isStart ? 1 : 0;
      const actions = agent.act(observation, 1, false, { episodeStarts, actionMasks });
      return isDiscrete ? actions[0] : actions;
    },
    save() {
      if (agent.evaluation !== undefined) return agent.evaluation.save();
      if (isLarge) return NOTHING;
      // Greedy actions change nothing that is learnt: what is saved of a learner need not be kept. A rule has its place in it.
      const snapshot = agent.save(true);
      let numBytes = 0;
      for (const array of Object.values(snapshot.arrays)) numBytes += array.byteLength;
      isLarge = numBytes > SMALL_BYTES;
      return isLarge ? NOTHING : snapshot;
    },
    load(snapshot) {
      if (agent.evaluation !== undefined) agent.evaluation.load(snapshot);
      else if (Object.keys(snapshot.arrays).length + Object.keys(snapshot.values).length > 0)
        agent.load(snapshot);
    },
  };
}
