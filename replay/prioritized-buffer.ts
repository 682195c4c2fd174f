/**
 * Keeps the last transitions of N envs, drawn in proportion to the learner's last errors on them.
 *
 * Source: Schaul et al. (2016), "Prioritized Experience Replay", arXiv:1511.05952, section 3.3 (proportional variant)
 * and 3.4, eq. 1 and 2:
 *   p_i = (|δ_i| + ε)^α,   P(i) = p_i / Σ_k p_k,   w_i = (N·P(i))^−β / max_j w_j
 * Differences from the source: the exponent α is applied to ε too, as in its algorithm's implementations; the
 * maximum of the weights is taken over the batch.
 */

import { ConfigError, TrainingError } from '../core/errors.ts';
import { exp, log } from '../core/math.ts';
import type { Rng } from '../core/rng.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../core/snapshot.ts';
import type { TransitionBatch } from '../envs/transition.ts';
import { gatherInto, type ReplayOptions, requireReturnOptions, requireRoom } from './gather.ts';
import type { ReplayBatch } from './replay-batch.ts';
import { SumTree } from './sum-tree.ts';
import { TransitionStore } from './transition-store.ts';

export interface PrioritizedReplayOptions extends ReplayOptions {
  /** How much priorities matter, [0, 1]; 0 is uniform. 0.6 by default. */
  readonly alpha?: number;
  /** Added to every |δ|, [0, 1], so that nothing is forgotten for ever. 1e-6 by default. */
  readonly epsilon?: number;
}

/** A leaf and a sum of the tree. */
const BYTES_PER_PRIORITY = 16;

export class PrioritizedReplay implements Snapshotable {
  readonly #store: TransitionStore;
  readonly #options: ReplayOptions;
  readonly #alpha: number;
  readonly #epsilon: number;
  /** A leaf per row of the store; 0 where there is no transition. */
  readonly #priorities: SumTree;
  /** Of all priorities so far, and what a new transition gets, so that it is seen soon. */
  #maxPriority = 1;

  /** @throws ConfigError `invalid-capacity`, `wrong-length` or `invalid-value` */
  constructor(options: PrioritizedReplayOptions) {
    const { alpha = 0.6, epsilon = 1e-6 } = options;
    requireReturnOptions(options);
    requireShare('alpha', alpha);
    requireShare('epsilon', epsilon);
    this.#store = new TransitionStore(options);
    this.#options = options;
    this.#alpha = alpha;
    this.#epsilon = epsilon;
    this.#priorities = new SumTree(this.#store.numRows);
  }

  /** Transitions stored. */
  get size(): number {
    return this.#store.size;
  }

  /** Transitions that can be kept: the capacity asked for, rounded down to whole steps of all envs. */
  get capacity(): number {
    return this.#store.capacity;
  }

  get bytesPerTransition(): number {
    return this.#store.bytesPerTransition + BYTES_PER_PRIORITY;
  }

  get memoryBytes(): number {
    return this.#store.memoryBytes + this.#store.numRows * BYTES_PER_PRIORITY;
  }

  /** The priority p of the transition in a row of `ReplayBatch.indices`. */
  priorityOf(row: number): number {
    return this.#priorities.get(row);
  }

  /**
   * Adds one step of every env, with the highest priority so far, in place of the oldest when full.
   * @throws ConfigError `wrong-length`
   */
  push(transition: TransitionBatch): void {
    const store = this.#store;
    const row = store.writtenRow;
    store.push(transition);
    const next = store.writtenRow;
    for (let n = 0; n < store.numEnvs; n++) {
      this.#priorities.set(next + n, 0);
      this.#priorities.set(row + n, this.#maxPriority);
    }
  }

  /** What is pushed next goes on no episode; those that were under way count as truncated. */
  truncateEpisodes(): void {
    this.#store.truncateEpisodes();
  }

  /**
   * Fills the batch's first `size` rows, `weights` too: the total of the priorities is cut into `size` equal
   * segments, and one transition is drawn from each. Draws `size` numbers from `rng`.
   * @param beta how far `weights` make up for the unequal chances, [0, 1]; annealed to 1 by the caller
   * @throws ConfigError `batch-too-large` or `invalid-value`; TrainingError `no-priority` when all are 0
   */
  sampleInto(batch: ReplayBatch, size: number, rng: Rng, beta: number): void {
    const store = this.#store;
    const priorities = this.#priorities;
    const { total } = priorities;
    requireRoom(store, batch, size);
    requireShare('beta', beta);
    if (!(total > 0)) {
      throw new TrainingError(
        'no-priority',
        'Every transition of the replay buffer has priority 0; use an epsilon above 0.',
      );
    }
    const { indices, weights } = batch;
    let lowest = Infinity;
    for (let i = 0; i < size; i++) {
      indices[i] = priorities.find(((i + rng.uniform()) / size) * total);
      lowest = Math.min(lowest, priorities.get(indices[i]));
    }
    // The largest weight belongs to the lowest priority; in the ratio of two weights N and Σ p cancel out.
    for (let i = 0; i < size; i++) weights[i] = power(lowest / priorities.get(indices[i]), beta);
    gatherInto(batch, size, store, this.#options);
  }

  /**
   * Sets the priorities of the transitions that were last sampled into `batch`; where one was drawn twice the later
   * row counts. What was overwritten since and is being written to is passed over.
   * @param tdErrors δ of the batch's first `batch.size` rows, of either sign
   * @throws TrainingError `invalid-priority` for an error that is NaN or infinite; no priority is changed then
   */
  updatePriorities(batch: ReplayBatch, tdErrors: Float32Array /* [B] */): void {
    const { indices, size } = batch;
    for (let i = 0; i < size; i++) {
      if (!Number.isFinite(tdErrors[i])) {
        throw new TrainingError(
          'invalid-priority',
          `The error of row ${i} of the replay batch is ${tdErrors[i]}; priorities need finite errors.`,
        );
      }
    }
    for (let i = 0; i < size; i++) {
      if (!this.#store.holds(indices[i])) continue;
      const priority = power(Math.abs(tdErrors[i]) + this.#epsilon, this.#alpha);
      this.#priorities.set(indices[i], priority);
      if (priority > this.#maxPriority) this.#maxPriority = priority;
    }
  }

  save(borrow = false): Snapshot {
    return joinSnapshots({
      store: this.#store.save(borrow),
      priorities: {
        arrays: { leaves: this.#priorities.weights.slice() },
        values: { maxPriority: this.#maxPriority },
      },
    });
  }

  load(snapshot: Snapshot): void {
    const priorities = snapshotPart(snapshot, 'priorities');
    const leaves = new Float64Array(this.#store.numRows);
    const maxPriority = restoreNumber(priorities, 'maxPriority');
    restoreArrayInto(leaves, priorities, 'leaves');
    this.#store.load(snapshotPart(snapshot, 'store'));
    this.#priorities.setAll(leaves);
    this.#maxPriority = maxPriority;
  }
}

/** x^y for x ≥ 0. */
function power(x: number, y: number): number {
  if (y === 0 || y === 1) return y === 0 ? 1 : x;
  return exp(y * log(x));
}

function requireShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) {
    throw new ConfigError(
      'invalid-value',
      `A prioritized replay buffer's ${name} must be in [0, 1], got ${value}.`,
    );
  }
}
