/**
 * Computes batches of normal distributions with independent components, for policies over continuous actions.
 *
 * B rows, A components. Means depend on the state, [B, A]; the logarithm of the standard deviation does not, [A].
 * Functions do not allocate; what they fill comes first.
 */
import { exp } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';

/** ln 2π */
const LOG_TWO_PI = 1.8378770664093453;

/**
 * Draws mean + σ · ε per component, ε standard normal.
 * @param actions [B, A]
 * @param means [B, A]
 * @param logStd [A]
 */
export function sampleGaussianInto(
  actions: Float32Array,
  means: Float32Array,
  logStd: Float32Array,
  batch: number,
  rng: Rng,
): void {
  const dim = logStd.length;
  for (let a = 0; a < dim; a++) {
    const deviation = exp(logStd[a]);
    for (let i = a; i < batch * dim; i += dim) actions[i] = means[i] + deviation * rng.gaussian();
  }
}

/**
 * ln p(action) per row: Σ_a −((action − mean) / σ)² / 2 − ln σ − ln(2π) / 2.
 * @param out [B]
 * @param actions [B, A]
 * @param means [B, A]
 * @param logStd [A]
 */
export function gaussianLogProbsInto(
  out: Float32Array,
  actions: Float32Array,
  means: Float32Array,
  logStd: Float32Array,
  batch: number,
): void {
  const dim = logStd.length;
  out.fill(0, 0, batch);
  for (let a = 0; a < dim; a++) {
    const precision = exp(-logStd[a]);
    const constant = logStd[a] + 0.5 * LOG_TWO_PI;
    for (let b = 0; b < batch; b++) {
      const z = (actions[b * dim + a] - means[b * dim + a]) * precision;
      out[b] -= 0.5 * z * z + constant;
    }
  }
}

/**
 * Entropy of every row, the same for all: Σ_a ln σ + (ln(2π) + 1) / 2.
 * @param logStd [A]
 */
export function gaussianEntropy(logStd: Float32Array): number {
  let entropy = 0;
  for (let a = 0; a < logStd.length; a++) entropy += logStd[a] + 0.5 * (LOG_TWO_PI + 1);
  return entropy;
}

/**
 * Σ_b logProbWeights[b] · ln p(actions[b]) + entropyWeights[b] · entropy, differentiated by the means,
 * w · (action − mean) / σ², and by logStd, Σ_b w · (((action − mean) / σ)² − 1) + v.
 * @param meanGradients [B, A], overwritten
 * @param logStdGradients [A], added to
 * @param actions [B, A]
 * @param means [B, A]
 * @param logStd [A]
 * @param logProbWeights [B]
 * @param entropyWeights [B]
 */
export function gaussianGradientsInto(
  meanGradients: Float32Array,
  logStdGradients: Float32Array,
  actions: Float32Array,
  means: Float32Array,
  logStd: Float32Array,
  logProbWeights: Float32Array,
  entropyWeights: Float32Array,
  batch: number,
): void {
  const dim = logStd.length;
  for (let a = 0; a < dim; a++) {
    const precision = exp(-logStd[a]);
    let sum = 0;
    for (let b = 0; b < batch; b++) {
      const i = b * dim + a;
      const z = (actions[i] - means[i]) * precision;
      meanGradients[i] = logProbWeights[b] * z * precision;
      sum += logProbWeights[b] * (z * z - 1) + entropyWeights[b];
    }
    logStdGradients[a] += sum;
  }
}
