/** Keeps the last T steps of N envs, in order, for on-policy agents. */
import {
  type NumericArray,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
} from '../core/snapshot.ts';
import { copyRow } from './rows.ts';

/** T steps, N envs, D observation elements, A action elements. Row t·N + n is step t of env n. */
export class RolloutBuffer<Actions extends Float32Array | Int32Array> implements Snapshotable {
  readonly numSteps: number;
  readonly numEnvs: number;
  /** [T, N, D] */
  readonly observations: Float32Array;
  /** [T, N, A] */
  readonly actions: Actions;
  /** [T, N] */
  readonly logProbs: Float32Array;
  /** [T, N] */
  readonly rewards: Float32Array;
  /** [T, N] */
  readonly terminated: Uint8Array;
  /** [T, N] */
  readonly truncated: Uint8Array;
  /** [T, N] */
  readonly finalValues: Float32Array;
  /** [T, N, K], allowed choices; undefined until a step brings masks. */
  actionMasks: Uint8Array | undefined;
  #step = 0;

  /**
   * @param observations storage of T·N·D numbers, which the caller may want in a memory of its own
   * @param actions storage of T·N·A numbers
   */
  constructor(numSteps: number, numEnvs: number, observations: Float32Array, actions: Actions) {
    const rows = numSteps * numEnvs;
    this.numSteps = numSteps;
    this.numEnvs = numEnvs;
    this.observations = observations;
    this.actions = actions;
    this.logProbs = new Float32Array(rows);
    this.rewards = new Float32Array(rows);
    this.terminated = new Uint8Array(rows);
    this.truncated = new Uint8Array(rows);
    this.finalValues = new Float32Array(rows);
  }

  /** Of the T steps, those that are there. */
  get stepsStored(): number {
    return this.#step;
  }

  get isFull(): boolean {
    return this.#step === this.numSteps;
  }

  /**
   * Appends one step of every env.
   * @returns the row of env 0 in the new step
   */
  push(
    observations: Float32Array, // [N, D]
    actions: Actions, // [N, A]
    logProbs: Float32Array, // [N]
    rewards: Float32Array, // [N]
    terminated: Uint8Array, // [N]
    truncated: Uint8Array, // [N]
    actionMasks?: Uint8Array, // [N, K]
  ): number {
    const { numEnvs } = this;
    const row = this.#step * numEnvs;
    copyRow(this.observations, this.#step, observations, 0, observations.length);
    copyRow(this.actions, this.#step, actions, 0, actions.length);
    if (actionMasks !== undefined) {
      this.actionMasks ??= new Uint8Array(actionMasks.length * this.numSteps).fill(1);
      copyRow(this.actionMasks, this.#step, actionMasks, 0, actionMasks.length);
    }
    for (let n = 0; n < numEnvs; n++) {
      this.logProbs[row + n] = logProbs[n];
      this.rewards[row + n] = rewards[n];
      this.terminated[row + n] = terminated[n];
      this.truncated[row + n] = truncated[n];
      this.finalValues[row + n] = 0;
    }
    this.#step++;
    return row;
  }

  /** Forgets the steps; the arrays stay readable until the next `push`. */
  clear(): void {
    this.#step = 0;
  }

  /** @param borrow true: without the steps that a full rollout has left behind; nothing reads them any more */
  save(borrow = false): Snapshot {
    const stored = borrow ? this.#step : this.numSteps;
    const arrays: Record<string, NumericArray> = {};
    for (const [key, array] of Object.entries(this.#arrays())) {
      const kept = array.subarray(0, (array.length / this.numSteps) * stored);
      arrays[key] = borrow ? kept : kept.slice();
    }
    return { arrays, values: { step: this.#step, ...(borrow && { stored }) } };
  }

  load(snapshot: Snapshot): void {
    const { stored = this.numSteps } = snapshot.values;
    const numStored = Number(stored);
    const masks = Object.hasOwn(snapshot.arrays, 'actionMasks') ? snapshot.arrays.actionMasks : undefined;
    this.actionMasks =
      masks === undefined || numStored === 0
        ? undefined
        : new Uint8Array((masks.length / numStored) * this.numSteps).fill(1);
    for (const [key, array] of Object.entries(this.#arrays())) {
      restoreArrayInto(array.subarray(0, (array.length / this.numSteps) * numStored), snapshot, key);
    }
    this.#step = restoreNumber(snapshot, 'step');
  }

  #arrays(): Record<string, NumericArray> {
    const { observations, actions, logProbs, rewards, terminated, truncated, finalValues, actionMasks } =
      this;
    const masks = actionMasks && { actionMasks };
    return { observations, actions, logProbs, rewards, terminated, truncated, finalValues, ...masks };
  }
}
