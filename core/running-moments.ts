/** Updates mean and variance of a stream of vectors batch by batch, in Float64. */
import { restoreArrayInto, restoreNumber, type Snapshot, type Snapshotable } from './snapshot.ts';

/**
 * Source: Chan, Golub & LeVeque (1979), pairwise update. The count starts at a small prior weight with mean
 * 0 and variance 1, as in Stable-Baselines3, so that the first batch does not divide by zero.
 */
export class RunningMoments implements Snapshotable {
  readonly dim: number;
  /** [D] */
  readonly mean: Float64Array;
  /** [D], population variance. */
  readonly variance: Float64Array;
  #count: number;

  /** @param priorCount weight of the prior (mean 0, variance 1), in samples */
  constructor(dim: number, priorCount = 1e-4) {
    this.dim = dim;
    this.mean = new Float64Array(dim);
    this.variance = new Float64Array(dim).fill(1);
    this.#count = priorCount;
  }

  get count(): number {
    return this.#count;
  }

  /** @param samples [N, D] */
  update(samples: Float32Array | Float64Array, numSamples: number): void {
    if (numSamples === 0) return;
    const { dim, mean, variance } = this;
    const total = this.#count + numSamples;
    for (let d = 0; d < dim; d++) {
      let sum = 0;
      for (let n = 0; n < numSamples; n++) sum += samples[n * dim + d];
      const batchMean = sum / numSamples;
      let squares = 0;
      for (let n = 0; n < numSamples; n++) {
        const deviation = samples[n * dim + d] - batchMean;
        squares += deviation * deviation;
      }
      const delta = batchMean - mean[d];
      const m2 = variance[d] * this.#count + squares + (delta * delta * this.#count * numSamples) / total;
      mean[d] += (delta * numSamples) / total;
      variance[d] = m2 / total;
    }
    this.#count = total;
  }

  save(): Snapshot {
    return {
      arrays: { mean: this.mean.slice(), variance: this.variance.slice() },
      values: { count: this.#count },
    };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.mean, snapshot, 'mean');
    restoreArrayInto(this.variance, snapshot, 'variance');
    this.#count = restoreNumber(snapshot, 'count');
  }
}
