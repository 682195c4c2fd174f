/**
 * Computes losses that hold a policy near its prior, with their gradients by the outputs of the policy's network.
 *
 * Source: for the divergence Galashov et al. (2019), "Information asymmetry in KL-regularized RL", arXiv:1905.01240, eq. 2;
 * for the squared distance Fujimoto & Gu (2021), "A Minimalist Approach to Offline Reinforcement Learning",
 * arXiv:2106.06860, eq. 3.
 * Differences from the source: the divergence of this step alone is charged, in the policy's loss and not in the rewards; the
 * squared distance is from the prior's action, not from a recorded one, and its weight does not follow the size of Q.
 */
import { exp, log, tanh } from '../../core/math.ts';
import type { ContinuousForm } from './support.ts';

/** Bounds of log deviations, as networks/distributions/squashed-gaussian.ts has them. */
const LOG_STD_MIN = -20;
const LOG_STD_MAX = 2;

/**
 * Adds weight·KL(π ‖ prior)/B of one row: π_k·(c_k − Σ_j π_j·c_j) by the logits, with c_k = ln π_k − ln prior_k.
 * @param gradients [B, K], added to
 * @param logits [B, K]
 * @param prior [B, K], > 0
 * @returns KL(π ‖ prior)
 */
export function addCategoricalPull(
  gradients: Float32Array,
  logits: Float32Array,
  prior: Float32Array,
  row: number,
  numChoices: number,
  weight: number,
): number {
  const first = row * numChoices;
  const logSum = logSumExp(logits, first, numChoices);
  let divergence = 0;
  for (let i = first; i < first + numChoices; i++) {
    const logProb = logits[i] - logSum;
    divergence += exp(logProb) * (logProb - log(prior[i]));
  }
  for (let i = first; i < first + numChoices; i++) {
    const logProb = logits[i] - logSum;
    gradients[i] += weight * exp(logProb) * (logProb - log(prior[i]) - divergence);
  }
  return divergence;
}

/**
 * Adds weight·L of one row for one continuous action, with m the prior's target in [−1, 1] and σ its deviation:
 *   means:     (μ − m·scale)²/(2(σ·scale)²), what of the divergence depends on the mean
 *   squashed:  KL(N(μ, e^ℓ) ‖ N(atanh m, σ)) = ln σ − ℓ + (e^2ℓ + (μ − atanh m)²)/(2σ²) − ½, which tanh leaves as it is
 *   tanh:      (tanh z − m)²
 * @param gradients [B, O], added to
 * @param outputs [B, O]
 * @param scale the largest action
 * @returns L
 */
export function addContinuousPull(
  form: ContinuousForm,
  gradients: Float32Array,
  outputs: Float32Array,
  row: number,
  target: number,
  deviation: number,
  scale: number,
  weight: number,
): number {
  if (form === 'means') {
    const error = (outputs[row] - target * scale) / (deviation * scale);
    gradients[row] += (weight * error) / (deviation * scale);
    return 0.5 * error * error;
  }
  if (form === 'tanh') {
    const action = tanh(outputs[row]);
    gradients[row] += weight * 2 * (action - target) * (1 - action * action);
    return (action - target) * (action - target);
  }
  const i = 2 * row;
  const error = outputs[i] - atanh(target);
  const given = outputs[i + 1];
  const logStd = Math.min(Math.max(given, LOG_STD_MIN), LOG_STD_MAX);
  const ratio = exp(2 * logStd) / (deviation * deviation);
  gradients[i] += (weight * error) / (deviation * deviation);
  if (given === logStd) gradients[i + 1] += weight * (ratio - 1);
  return log(deviation) - logStd + 0.5 * (ratio + (error * error) / (deviation * deviation)) - 0.5;
}

/** Of a target in (−1, 1). */
export function atanh(target: number): number {
  return 0.5 * log((1 + target) / (1 - target));
}

function logSumExp(values: Float32Array, first: number, count: number): number {
  let most = -Infinity;
  for (let i = first; i < first + count; i++) most = Math.max(most, values[i]);
  let sum = 0;
  for (let i = first; i < first + count; i++) sum += exp(values[i] - most);
  return most + log(sum);
}
