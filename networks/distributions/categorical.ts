/**
 * Computes batches of independent categorical distributions, for policies over discrete actions.
 *
 * B rows; a row of logits holds A groups, one per action component, of `sizes[0]`, …, `sizes[A − 1]` categories, K in
 * all. A plain discrete action is one group. Log-probabilities and entropies of a row are sums over its groups.
 * Functions do not allocate; what they fill comes first.
 */
import type { Rng } from '../../core/rng.ts';
import type { Kernels } from '../kernels/kernels.ts';

/**
 * Fills `logProbs` and `probabilities`, which the other functions take. All three arrays lie in the kernels' memory.
 * @param logProbs [B, K]
 * @param probabilities [B, K]
 * @param logits [B, K]; −Infinity rules a category out
 */
export function normalizeLogitsInto(
  logProbs: Float32Array,
  probabilities: Float32Array,
  kernels: Kernels,
  logits: Float32Array,
  sizes: readonly number[],
  batch: number,
): void {
  const stride = rowLength(sizes);
  let offset = 0;
  for (let a = 0; a < sizes.length; a++) {
    kernels.logSoftmax(logits, logProbs, probabilities, batch, sizes[a], offset, stride);
    offset += sizes[a];
  }
}

/**
 * Draws one action per row and group by inverting the cumulative distribution, one uniform number each.
 * @param actions [B, A], categories counted from 0
 * @param probabilities [B, K]
 */
export function sampleCategoricalInto(
  actions: Int32Array,
  probabilities: Float32Array,
  sizes: readonly number[],
  batch: number,
  rng: Rng,
): void {
  const groups = sizes.length;
  let first = 0;
  for (let i = 0; i < batch * groups; i++) {
    const size = sizes[i % groups];
    const u = rng.uniform();
    let cumulative = 0;
    let drawn = 0;
    for (let k = 0; k < size; k++) {
      const probability = probabilities[first + k];
      // Also where rounding leaves the sum just below u: then the last possible category stands.
      if (probability > 0) drawn = k;
      cumulative += probability;
      if (u < cumulative) break;
    }
    actions[i] = drawn;
    first += size;
  }
}

/**
 * The most probable action per row and group; the first one among equals.
 * @param actions [B, A]
 * @param logits [B, K], or logProbs
 */
export function greedyCategoricalInto(
  actions: Int32Array,
  logits: Float32Array,
  sizes: readonly number[],
  batch: number,
): void {
  const groups = sizes.length;
  let first = 0;
  for (let i = 0; i < batch * groups; i++) {
    const size = sizes[i % groups];
    let best = 0;
    for (let k = 1; k < size; k++) if (logits[first + k] > logits[first + best]) best = k;
    actions[i] = best;
    first += size;
  }
}

/**
 * ln p(action) per row.
 * @param out [B]
 * @param logProbs [B, K]
 * @param actions [B, A]
 */
export function categoricalLogProbsInto(
  out: Float32Array,
  logProbs: Float32Array,
  actions: Int32Array,
  sizes: readonly number[],
  batch: number,
): void {
  const groups = sizes.length;
  let first = 0;
  for (let b = 0; b < batch; b++) {
    let sum = 0;
    for (let a = 0; a < groups; a++) {
      sum += logProbs[first + actions[b * groups + a]];
      first += sizes[a];
    }
    out[b] = sum;
  }
}

/**
 * −Σ p ln p per row.
 * @param out [B]
 * @param logProbs [B, K]
 * @param probabilities [B, K]
 */
export function categoricalEntropiesInto(
  out: Float32Array,
  logProbs: Float32Array,
  probabilities: Float32Array,
  sizes: readonly number[],
  batch: number,
): void {
  const stride = rowLength(sizes);
  for (let b = 0; b < batch; b++) {
    out[b] = groupEntropy(logProbs, probabilities, b * stride, stride);
  }
}

/**
 * Σ_b logProbWeights[b] · ln p(actions[b]) + entropyWeights[b] · entropy[b], differentiated by the logits:
 * per group, w · (1{k = action} − p_k) − v · p_k · (ln p_k + H).
 * @param outputGradients [B, K], overwritten
 * @param logProbs [B, K]
 * @param probabilities [B, K]
 * @param actions [B, A]
 * @param logProbWeights [B]
 * @param entropyWeights [B]
 */
export function categoricalGradientsInto(
  outputGradients: Float32Array,
  logProbs: Float32Array,
  probabilities: Float32Array,
  actions: Int32Array,
  logProbWeights: Float32Array,
  entropyWeights: Float32Array,
  sizes: readonly number[],
  batch: number,
): void {
  const groups = sizes.length;
  let first = 0;
  for (let b = 0; b < batch; b++) {
    const w = logProbWeights[b];
    const v = entropyWeights[b];
    for (let a = 0; a < groups; a++) {
      const size = sizes[a];
      const entropy = groupEntropy(logProbs, probabilities, first, size);
      for (let k = first; k < first + size; k++) {
        const p = probabilities[k];
        outputGradients[k] = p === 0 ? 0 : -p * (w + v * (logProbs[k] + entropy));
      }
      outputGradients[first + actions[b * groups + a]] += w;
      first += size;
    }
  }
}

function groupEntropy(
  logProbs: Float32Array,
  probabilities: Float32Array,
  first: number,
  size: number,
): number {
  let entropy = 0;
  for (let k = first; k < first + size; k++) {
    // p ln p → 0 as p → 0; the product of 0 and −Infinity would be NaN.
    if (probabilities[k] !== 0) entropy -= probabilities[k] * logProbs[k];
  }
  return entropy;
}

function rowLength(sizes: readonly number[]): number {
  let length = 0;
  for (let a = 0; a < sizes.length; a++) length += sizes[a];
  return length;
}
