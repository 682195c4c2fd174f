/** Sends continuous actions to the env: clipped to its box. */
import type { Box } from '../../envs/spaces.ts';

export class ClippedActions {
  readonly #space: Box;
  #clipped = new Float32Array(0); // [B, A], as long as the last batch

  constructor(space: Box) {
    this.#space = space;
  }

  /**
   * @param actions [B, A]
   * @returns [B, A], a view
   */
  of(actions: Float32Array): Float32Array {
    if (this.#clipped.length !== actions.length) this.#clipped = new Float32Array(actions.length);
    const { low, high, dim } = this.#space;
    for (let i = 0; i < actions.length; i++) {
      this.#clipped[i] = Math.min(Math.max(actions[i], low[i % dim]), high[i % dim]);
    }
    return this.#clipped;
  }
}
