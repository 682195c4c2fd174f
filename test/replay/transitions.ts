/** Random experience of N envs for the buffers' tests, and a plain record of what was pushed. */

import { createRng, type Rng } from '../../core/rng.ts';
import type { TransitionBatch } from '../../envs/transition.ts';

export interface PushedTransition {
  readonly env: number;
  readonly step: number;
  readonly observation: readonly number[]; // [D]
  readonly action: readonly number[]; // [A]
  readonly reward: number;
  readonly nextObservation: readonly number[]; // [D]
  readonly terminated: number;
  readonly truncated: number;
  readonly started: boolean;
}

export interface ExperienceOptions {
  readonly numEnvs: number;
  readonly observationDim: number;
  readonly actionDim?: number;
  readonly discreteActions?: boolean;
  /** Chance per step of either kind of end. */
  readonly endShare?: number;
  /** Chance per step that an env is reset unannounced, so that the next observation is not the one led to. */
  readonly resetShare?: number;
  readonly seed?: number;
}

/** Steps made-up envs whose observations are all different; `history` keeps everything that `next` returned. */
export class Experience {
  readonly history: PushedTransition[] = [];
  readonly #options: Required<ExperienceOptions>;
  readonly #rng: Rng;
  readonly #observations: Float32Array;
  readonly #started: boolean[];
  #step = 0;

  constructor(options: ExperienceOptions) {
    this.#options = {
      actionDim: 1,
      discreteActions: true,
      endShare: 0.2,
      resetShare: 0,
      seed: 1,
      ...options,
    };
    const { numEnvs, observationDim, seed } = this.#options;
    this.#rng = createRng(seed);
    this.#observations = this.#draw(numEnvs * observationDim);
    this.#started = Array.from({ length: numEnvs }, () => true);
  }

  next(): TransitionBatch {
    const { numEnvs, observationDim, actionDim, discreteActions, endShare, resetShare } = this.#options;
    const rng = this.#rng;
    const actionLength = numEnvs * actionDim;
    const observations = this.#observations.slice();
    const nextObservations = this.#draw(numEnvs * observationDim);
    const actions = discreteActions
      ? Int32Array.from({ length: actionLength }, () => rng.integer(1000))
      : this.#draw(actionLength);
    const rewards = this.#draw(numEnvs);
    const terminated = Uint8Array.from(rewards, () => (rng.uniform() < endShare ? 1 : 0));
    const truncated = Uint8Array.from(rewards, () => (rng.uniform() < endShare ? 1 : 0));
    this.#observations.set(nextObservations);
    for (let env = 0; env < numEnvs; env++) {
      const from = env * observationDim;
      const to = from + observationDim;
      this.history.push({
        env,
        step: this.#step,
        observation: [...observations.subarray(from, to)],
        action: [...actions.subarray(env * actionDim, (env + 1) * actionDim)],
        reward: rewards[env],
        nextObservation: [...nextObservations.subarray(from, to)],
        terminated: terminated[env],
        truncated: truncated[env],
        started: this.#started[env],
      });
      const ended = terminated[env] !== 0 || truncated[env] !== 0;
      this.#started[env] = ended;
      if (ended || rng.uniform() < resetShare) this.#observations.set(this.#draw(observationDim), from);
    }
    this.#step++;
    return { observations, actions, rewards, nextObservations, terminated, truncated };
  }

  #draw(length: number): Float32Array {
    return Float32Array.from({ length }, () => this.#rng.gaussian());
  }
}
