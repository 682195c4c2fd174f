/**
 * Computes batches of normal distributions squashed into (−1, 1) by tanh, for stochastic policies over bounded actions.
 *
 * B rows, A components. A row of outputs [B, 2A] holds A means μ, then A log deviations, which are clipped to
 * [−20, 2]: ℓ. With noise ε from the standard normal distribution,
 *   u = μ + e^ℓ·ε,   a = tanh u,   ln p(a) = Σ_a −ε²/2 − ℓ − ln(2π)/2 − ln(1 − a² + 1e-6)
 * Functions do not allocate; what they fill comes first.
 *
 * Source: Haarnoja et al. (2018), "Soft Actor-Critic", arXiv:1801.01290, appendix C, eq. 20 and 21.
 * Differences from the source: the 1e-6, which keeps the logarithm finite where a rounds to ±1.
 */
import { exp, log, tanh } from '../../core/math.ts';

/** ln(2π) / 2 */
const HALF_LOG_TWO_PI = 0.9189385332046727;
const EPSILON = 1e-6;
const LOG_STD_MIN = -20;
const LOG_STD_MAX = 2;

/**
 * The actions that the noise stands for, and their log-probabilities.
 * @param actions [B, A]
 * @param logProbs [B]
 * @param outputs [B, 2A]
 * @param noise [B, A], standard normal draws
 */
export function squashedGaussianInto(
  actions: Float32Array,
  logProbs: Float32Array,
  outputs: Float32Array,
  noise: Float32Array,
  batch: number,
  dim: number,
): void {
  for (let b = 0; b < batch; b++) {
    const mean = b * 2 * dim;
    let logProb = 0;
    for (let a = 0; a < dim; a++) {
      const logStd = clipLogStd(outputs[mean + dim + a]);
      const draw = noise[b * dim + a];
      const action = tanh(outputs[mean + a] + exp(logStd) * draw);
      actions[b * dim + a] = action;
      logProb -= 0.5 * draw * draw + logStd + HALF_LOG_TWO_PI + log(1 - action * action + EPSILON);
    }
    logProbs[b] = logProb;
  }
}

/**
 * The gradient of a loss that depends on the outputs through the actions and log-probabilities of given noise:
 *   δ = (1 − a²)·(∂L/∂a + ∂L/∂ln p · 2a/(1 − a² + 1e-6))
 *   ∂L/∂μ = δ,   ∂L/∂ℓ = δ·e^ℓ·ε − ∂L/∂ln p,   0 where the log deviation is clipped
 * for da/du = 1 − a², du/dμ = 1, du/dℓ = e^ℓ·ε, and −ln(1 − a² + 1e-6) is what of ln p depends on u.
 * @param outputGradients [B, 2A], overwritten
 * @param outputs [B, 2A]
 * @param noise [B, A]
 * @param actions [B, A], as `squashedGaussianInto` filled them
 * @param actionGradients [B, A], ∂L/∂a
 * @param logProbGradient ∂L/∂ln p, the same for every row
 */
export function squashedGaussianGradientsInto(
  outputGradients: Float32Array,
  outputs: Float32Array,
  noise: Float32Array,
  actions: Float32Array,
  actionGradients: Float32Array,
  logProbGradient: number,
  batch: number,
  dim: number,
): void {
  for (let b = 0; b < batch; b++) {
    const mean = b * 2 * dim;
    for (let a = 0; a < dim; a++) {
      const i = b * dim + a;
      const action = actions[i];
      const slope = 1 - action * action;
      const delta = slope * (actionGradients[i] + (logProbGradient * 2 * action) / (slope + EPSILON));
      const logStd = outputs[mean + dim + a];
      const isClipped = logStd < LOG_STD_MIN || logStd > LOG_STD_MAX;
      outputGradients[mean + a] = delta;
      outputGradients[mean + dim + a] = isClipped ? 0 : delta * exp(logStd) * noise[i] - logProbGradient;
    }
  }
}

/**
 * The squashed means, tanh μ: the greedy actions.
 * @param actions [B, A]
 * @param outputs [B, 2A]
 */
export function squashedMeansInto(
  actions: Float32Array,
  outputs: Float32Array,
  batch: number,
  dim: number,
): void {
  for (let b = 0; b < batch; b++) {
    for (let a = 0; a < dim; a++) actions[b * dim + a] = tanh(outputs[b * 2 * dim + a]);
  }
}

/** A NaN stays one. */
function clipLogStd(value: number): number {
  return Math.min(Math.max(value, LOG_STD_MIN), LOG_STD_MAX);
}
