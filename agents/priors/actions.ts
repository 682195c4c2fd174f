/** Acts as the prior itself would, drawn or at its best. */
import type { Rng } from '../../core/rng.ts';
import type { ActionBatch } from '../../envs/spaces.ts';
import { bestChoice, noValidAction } from '../off-policy/choices.ts';
import type { PriorReader } from './reader.ts';

/** B rows, D observation elements, K choices. A continuous prior has one action to a row, drawn or not. */
export class PriorActions {
  readonly #reader: PriorReader;
  readonly #distribution: Float32Array; // [K]

  constructor(reader: PriorReader) {
    this.#reader = reader;
    this.#distribution = new Float32Array(reader.numChoices);
  }

  /**
   * Writes an action of the prior for a row, drawn from its distribution.
   * @param masks [B, K], 1 for each choice that is allowed
   * @throws EnvError `no-valid-action` when the mask allows nothing
   */
  draw(actions: ActionBatch, row: number, observations: Float32Array, rng: Rng, masks?: Uint8Array): void {
    const K = this.#reader.numChoices;
    if (K === 0) {
      this.best(actions, row, observations);
      return;
    }
    const distribution = this.#distribution;
    this.#reader.distributionInto(distribution, 0, observations, row);
    let sum = 0;
    for (let k = 0; k < K; k++) {
      if (masks !== undefined && masks[row * K + k] === 0) distribution[k] = 0;
      sum += distribution[k];
    }
    if (sum === 0) throw noValidAction(row);
    let left = rng.uniform() * sum;
    let choice = -1;
    for (let k = 0; k < K && left >= 0; k++) {
      if (distribution[k] === 0) continue;
      choice = k;
      left -= distribution[k];
    }
    actions[row] = choice;
  }

  /** Writes the prior's most probable choice, or its target, for a row. */
  best(actions: ActionBatch, row: number, observations: Float32Array): void {
    const reader = this.#reader;
    if (reader.numChoices === 0) {
      actions[row] = reader.target(observations, row) * reader.scale;
      return;
    }
    reader.distributionInto(this.#distribution, 0, observations, row);
    actions[row] = bestChoice(this.#distribution, reader.numChoices, undefined, 0);
  }
}
