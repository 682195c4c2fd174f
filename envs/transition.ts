/** Defines one step of N envs: what an agent is handed beside the observations, and what it learns from. */
import type { ActionBatch } from './spaces.ts';

/** What an agent may need to know of a step beside the observations. Views. */
export interface StepContext {
  /** [N], 1 where an episode begins with this observation: a recurrent agent forgets what was before. */
  readonly episodeStarts: Uint8Array;
  /** [N, K], 1 for each choice that is allowed; K counts the choices of all action components. */
  readonly actionMasks?: Uint8Array;
}

/** One step of N envs, as the learner sees it. All arrays are views that the next step overwrites. */
export interface TransitionBatch {
  /** [N, D], what was acted on. */
  readonly observations: Float32Array;
  /** [N] or [N, A], as sent to the envs. */
  readonly actions: ActionBatch;
  /** [N] */
  readonly rewards: Float32Array;
  /** [N, D], what each action led to; at an episode's end its last observation, never the reset one. */
  readonly nextObservations: Float32Array;
  /** [N], 1 where the episode ended by the env's own rules: nothing is worth anything afterwards. */
  readonly terminated: Uint8Array;
  /** [N], 1 where the episode was cut off from outside: what would have followed still has a value. */
  readonly truncated: Uint8Array;
  /** [N, K], allowed choices at `observations`; absent when the envs allow all. */
  readonly actionMasks?: Uint8Array;
  /** [N, K], allowed choices at `nextObservations`. */
  readonly nextActionMasks?: Uint8Array;
}
