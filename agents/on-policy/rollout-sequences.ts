/** Cuts a rollout into sequences of equal length, and keeps the states that they started from. */
import { ConfigError } from '../../core/errors.ts';
import { restoreArrayInto, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';
import { copyRow } from '../../replay/rows.ts';

export interface RolloutSequencesOptions {
  readonly numSteps: number; // T
  readonly numEnvs: number; // N
  /** L, steps of a sequence: a divisor of T. */
  readonly length: number;
  /** Numbers of state of each network that remembers. */
  readonly stateDims: readonly number[];
  /** Rows asked for: a multiple of L; more than the rollout has means all of it. */
  readonly minibatchSize: number;
}

/** B sequences, time-major; views that the next `gather` overwrites. */
export interface SequenceRows {
  /** [L, B], of the rollout */
  readonly rows: Int32Array;
  /** [L, B], 1 where an episode begins */
  readonly starts: Uint8Array;
  readonly initialStates: readonly Float32Array[]; // per network [B, S]
}

/** Sequence c·N + n has the steps from c·L on of env n. No sequence is padded: an episode may begin anywhere in it. */
export class RolloutSequences implements Snapshotable {
  readonly numSequences: number;
  readonly sequencesPerMinibatch: number;
  readonly #length: number;
  readonly #numEnvs: number;
  readonly #stateDims: readonly number[];
  readonly #starts: Uint8Array; // [T, N]
  readonly #states: readonly Float32Array[]; // per network [T/L, N, S]
  readonly #rows: Int32Array;
  readonly #rowStarts: Uint8Array;
  readonly #initialStates: readonly Float32Array[];

  /** @throws ConfigError `invalid-value` unless rollouts and minibatches consist of whole sequences */
  constructor({ numSteps, numEnvs, length, stateDims, minibatchSize }: RolloutSequencesOptions) {
    requireWhole('rolloutSteps', numSteps, length);
    requireWhole('minibatchSize', minibatchSize, length);
    this.numSequences = (numSteps / length) * numEnvs;
    this.sequencesPerMinibatch = Math.min(minibatchSize / length, this.numSequences);
    this.#length = length;
    this.#numEnvs = numEnvs;
    this.#stateDims = stateDims;
    this.#starts = new Uint8Array(numSteps * numEnvs);
    this.#states = stateDims.map((dim) => new Float32Array(this.numSequences * dim));
    this.#rows = new Int32Array(this.sequencesPerMinibatch * length);
    this.#rowStarts = new Uint8Array(this.sequencesPerMinibatch * length);
    this.#initialStates = stateDims.map((dim) => new Float32Array(this.sequencesPerMinibatch * dim));
  }

  /**
   * Notes what a step of all envs starts from.
   * @param step of the rollout, from 0
   * @param starts [N], 1 where an episode begins
   * @param states per network [N, S], before the step
   */
  record(step: number, starts: Uint8Array, states: readonly Float32Array[]): void {
    copyRow(this.#starts, step, starts, 0, this.#numEnvs);
    if (step % this.#length !== 0) return;
    const chunk = step / this.#length;
    for (let k = 0; k < states.length; k++) {
      copyRow(this.#states[k], chunk, states[k], 0, this.#numEnvs * this.#stateDims[k]);
    }
  }

  /** @param sequences [B], of which the rows are wanted */
  gather(sequences: Int32Array): SequenceRows {
    const length = this.#length;
    const numEnvs = this.#numEnvs;
    const batch = sequences.length;
    for (let b = 0; b < batch; b++) {
      const env = sequences[b] % numEnvs;
      const firstRow = (sequences[b] - env) * length + env;
      for (let t = 0; t < length; t++) {
        const row = firstRow + t * numEnvs;
        this.#rows[t * batch + b] = row;
        this.#rowStarts[t * batch + b] = this.#starts[row];
      }
      for (let k = 0; k < this.#states.length; k++) {
        copyRow(this.#initialStates[k], b, this.#states[k], sequences[b], this.#stateDims[k]);
      }
    }
    return {
      rows: this.#rows.subarray(0, length * batch),
      starts: this.#rowStarts.subarray(0, length * batch),
      initialStates: this.#initialStates,
    };
  }

  save(): Snapshot {
    const states = this.#states.map((array, k) => [`states/${k}`, array.slice()] as const);
    return { arrays: { starts: this.#starts.slice(), ...Object.fromEntries(states) }, values: {} };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#starts, snapshot, 'starts');
    for (const [k, states] of this.#states.entries()) restoreArrayInto(states, snapshot, `states/${k}`);
  }
}

function requireWhole(name: string, rows: number, length: number): void {
  if (rows % length === 0) return;
  const lower = rows - (rows % length);
  const nearest = lower === 0 ? `${length}` : `${lower} or ${lower + length}`;
  throw new ConfigError(
    'invalid-value',
    `${name} ${rows} cannot be cut into whole sequences of ${length} steps: set ${name} to ${nearest}, or ` +
      `sequenceLength to a divisor of ${rows}.`,
  );
}
