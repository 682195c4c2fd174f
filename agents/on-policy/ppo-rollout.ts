/** Keeps a rollout with PPO's estimates of it, and gathers the minibatches that are drawn from it. */
import type { Snapshot, Snapshotable } from '../../core/snapshot.ts';
import type { ActionBatch } from '../../envs/spaces.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { estimateAdvantagesInto, explainedVariance } from '../../replay/advantages.ts';
import { RolloutBuffer } from '../../replay/rollout-buffer.ts';
import { copyRow } from '../../replay/rows.ts';
import type { PolicyHead } from './policy-head.ts';
import type { PpoMinibatch } from './ppo-loss.ts';

export interface PpoRolloutOptions {
  readonly numSteps: number; // T
  readonly numEnvs: number; // N
  readonly observationDim: number; // D
  /** B, the most rows of a minibatch. */
  readonly minibatchSize: number;
  /** Discount per step. */
  readonly gamma: number;
  /** Weight of longer returns in the advantage. */
  readonly lambda: number;
}

/** T steps, N envs, D observation elements, A action elements, K choices. Row t·N + n is step t of env n. */
export class PpoRollout implements Snapshotable {
  readonly buffer: RolloutBuffer<ActionBatch>;
  /** [T, N], V of the observation acted on, to be filled in before `estimate`. */
  readonly values: Float32Array;
  /** [T, N] */
  readonly advantages: Float32Array;
  /** [T, N] */
  readonly returns: Float32Array;
  readonly #options: PpoRolloutOptions;
  readonly #kernels: Kernels;
  readonly #head: PolicyHead;
  readonly #minibatch: PpoMinibatch;
  readonly #minibatchRows: Int32Array; // [B]
  readonly #minibatchMasks: Uint8Array; // [B, K]

  constructor(kernels: Kernels, head: PolicyHead, options: PpoRolloutOptions) {
    const { numSteps, numEnvs, observationDim, minibatchSize } = options;
    const numRows = numSteps * numEnvs;
    this.#options = options;
    this.#kernels = kernels;
    this.#head = head;
    this.buffer = new RolloutBuffer(
      numSteps,
      numEnvs,
      kernels.allocate(numRows * observationDim),
      head.createActions(numRows),
    );
    this.values = new Float32Array(numRows);
    this.advantages = new Float32Array(numRows);
    this.returns = new Float32Array(numRows);
    this.#minibatch = {
      size: minibatchSize,
      observations: kernels.allocate(minibatchSize * observationDim),
      actions: head.createActions(minibatchSize),
      oldLogProbs: new Float32Array(minibatchSize),
      oldValues: new Float32Array(minibatchSize),
      advantages: new Float32Array(minibatchSize),
      returns: new Float32Array(minibatchSize),
    };
    this.#minibatchRows = kernels.allocateIntegers(minibatchSize);
    this.#minibatchMasks = new Uint8Array(minibatchSize * head.outputDim);
  }

  /**
   * Works advantages and returns out of the rewards and `values`.
   * @param lastValues [N], V of what each env's last step led to
   */
  estimate(lastValues: Float32Array): void {
    const { numSteps, numEnvs, gamma, lambda } = this.#options;
    const { rewards, terminated, truncated, finalValues } = this.buffer;
    const rollout = { rewards, values: this.values, terminated, truncated, finalValues, lastValues };
    estimateAdvantagesInto(this.advantages, this.returns, rollout, numSteps, numEnvs, gamma, lambda);
  }

  /** Of the returns, by the values. */
  get explainedVariance(): number {
    return explainedVariance(this.values, this.returns);
  }

  /** Copies rows of the rollout, in the order given, into the minibatch: a view, which the next call overwrites. */
  gather(rows: Int32Array): PpoMinibatch {
    const { observations, actions, oldLogProbs, oldValues, advantages, returns } = this.#minibatch;
    const { observationDim } = this.#options;
    const { actionDim, outputDim } = this.#head;
    const { buffer } = this;
    const actionMasks = buffer.actionMasks && this.#minibatchMasks;
    this.#minibatchRows.set(rows);
    const drawn = this.#minibatchRows.subarray(0, rows.length);
    this.#kernels.gatherRows(observations, buffer.observations, drawn, observationDim);
    for (let b = 0; b < rows.length; b++) {
      const row = rows[b];
      copyRow(actions, b, buffer.actions, row, actionDim);
      if (actionMasks !== undefined) copyRow(actionMasks, b, buffer.actionMasks!, row, outputDim);
      oldLogProbs[b] = buffer.logProbs[row];
      oldValues[b] = this.values[row];
      advantages[b] = this.advantages[row];
      returns[b] = this.returns[row];
    }
    return { ...this.#minibatch, size: rows.length, actionMasks };
  }

  /** The steps alone: values, advantages and returns are worked out anew. */
  save(borrow = false): Snapshot {
    return this.buffer.save(borrow);
  }

  load(snapshot: Snapshot): void {
    this.buffer.load(snapshot);
  }
}
