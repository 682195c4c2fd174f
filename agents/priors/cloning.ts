/**
 * Starts a run warm: the prior acts for the first steps of a run, and the policy then learns to do as it did.
 *
 * Source: Pomerleau (1991), "Efficient Training of Artificial Neural Networks for Autonomous Navigation",
 * https://doi.org/10.1162/neco.1991.3.1.88, behaviour cloning.
 * Differences from the source: the policy is fitted to the prior's whole distribution, by the divergence that prior-pull.ts
 * gives, instead of to single actions.
 */
import type { Rng } from '../../core/rng.ts';
import { restoreArrayInto, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { copyRow } from '../../replay/rows.ts';
import { ClippedAdam } from '../off-policy/clipped-adam.ts';
import type { PriorNetwork } from './network.ts';

const BATCH_SIZE = 64;

export interface PriorCloningConfig {
  readonly warmStartEpochs: number;
  readonly warmStartLearningRate: number;
}

/** M observations of D elements that the prior acted on, B rows a batch. */
export class PriorCloning implements Snapshotable {
  readonly #observations: Float32Array; // [M, D]
  readonly #dim: number;
  readonly #config: PriorCloningConfig;
  readonly #policies: readonly PriorNetwork[];
  readonly #kernels: Kernels;

  /**
   * @param capacity M
   * @param policies the one that learns, then those that follow it
   */
  constructor(
    policies: readonly PriorNetwork[],
    kernels: Kernels,
    capacity: number,
    dim: number,
    config: PriorCloningConfig,
  ) {
    this.#observations = new Float32Array(capacity * dim);
    this.#dim = dim;
    this.#config = config;
    this.#policies = policies;
    this.#kernels = kernels;
  }

  /** @param step of the warm start, < M; observations [N, D] past M are left out */
  push(observations: Float32Array, step: number): void {
    const numRows = Math.min(observations.length / this.#dim, this.#observations.length / this.#dim - step);
    for (let n = 0; n < numRows; n++) copyRow(this.#observations, step + n, observations, n, this.#dim);
  }

  /**
   * Fits the policy, and forgets the observations.
   * @returns the mean loss of the last epoch
   * @throws TrainingError `non-finite-loss`
   */
  clone(rng: Rng): number {
    const { warmStartEpochs, warmStartLearningRate } = this.#config;
    const [policy, ...followers] = this.#policies;
    const dim = this.#dim;
    const numRows = this.#observations.length / dim;
    const batch = this.#kernels.allocate(BATCH_SIZE * dim);
    const gradients = this.#kernels.allocate(BATCH_SIZE * policy.outputDim);
    const optimizer = new ClippedAdam('The warm start', this.#kernels, [policy], 0);
    const order = Int32Array.from({ length: numRows }, (_, i) => i);
    let loss = 0;
    for (let epoch = 0; epoch < warmStartEpochs; epoch++) {
      rng.shuffle(order);
      loss = 0;
      for (let start = 0; start < numRows; start += BATCH_SIZE) {
        const rows = order.subarray(start, start + BATCH_SIZE);
        for (let b = 0; b < rows.length; b++) copyRow(batch, b, this.#observations, rows[b], dim);
        policy.forward(batch, rows.length);
        const batchLoss = policy.backwardPull(gradients);
        optimizer.step(batchLoss, warmStartLearningRate, numRows);
        loss += (batchLoss * rows.length) / numRows;
      }
    }
    for (const follower of followers) follower.parameters.set(policy.parameters);
    this.#observations.fill(0);
    return loss;
  }

  save(): Snapshot {
    return { arrays: { observations: this.#observations.slice() }, values: {} };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#observations, snapshot, 'observations');
  }
}
