/** Shows learners continuous actions with every element in [−1, 1], whatever box the env has. */
import { ConfigError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import type { ActionSpace, Box } from '../../envs/spaces.ts';
import { describeSpace } from '../../envs/spaces.ts';

/** A action elements. */
export class UnitActions {
  readonly actionDim: number;
  readonly #space: Box;

  /**
   * @param agent name, for messages
   * @throws ConfigError `unsuitable-space` for a space that is not a box, or a box without bounds
   */
  constructor(space: ActionSpace, agent: string) {
    if (space.kind !== 'box') {
      throw new ConfigError(
        'unsuitable-space',
        `Agent "${agent}" needs continuous actions (a Box); the env has ${describeSpace(space)}. Try "dqn" or "ppo".`,
      );
    }
    for (let a = 0; a < space.dim; a++) {
      if (Number.isFinite(space.low[a]) && Number.isFinite(space.high[a])) continue;
      throw new ConfigError(
        'unsuitable-space',
        `Agent "${agent}" needs bounded actions; element ${a} of the env's ${describeSpace(space)} lies in ` +
          `[${space.low[a]}, ${space.high[a]}]. Bound it, or try "ppo".`,
      );
    }
    this.actionDim = space.dim;
    this.#space = space;
  }

  get space(): Box {
    return this.#space;
  }

  /** Uniform over the box. */
  randomInto(actions: Float32Array, rng: Rng): void {
    for (let i = 0; i < actions.length; i++) actions[i] = 2 * rng.uniform() - 1;
  }

  /**
   * envActions = low + (actions + 1)/2·(high − low)
   * @param envActions [N, A]
   * @param actions [N, A]
   */
  toEnvInto(envActions: Float32Array, actions: Float32Array): void {
    const { low, high, dim } = this.#space;
    for (let i = 0; i < actions.length; i++) {
      const a = i % dim;
      const action = low[a] + 0.5 * (actions[i] + 1) * (high[a] - low[a]);
      envActions[i] = Math.min(Math.max(action, low[a]), high[a]);
    }
  }
}
