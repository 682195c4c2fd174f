/**
 * Computes the targets of deep Q-learning, and the loss of the values that are to come to them.
 *
 * Source: Mnih et al. (2015), "Human-level control through deep reinforcement learning", algorithm 1; van Hasselt et
 * al. (2016), arXiv:1509.06461, eq. 4.
 */
import { bestChoice } from './choices.ts';

/**
 * y = R + γⁿ·Q⁻(s′, a*), with a* the best allowed choice by the values that choose.
 * @param targets receives them, [B]
 * @param rewards [B]
 * @param discounts [B], 0 after a termination
 * @param targetValues [B, K], the target network's at s′
 * @param choosing [B, K], the learning network's at s′ for double Q-learning, otherwise `targetValues`
 * @param masks [B, K], allowed choices at s′
 */
export function dqnTargetsInto(
  targets: Float32Array,
  rewards: Float32Array,
  discounts: Float32Array,
  targetValues: Float32Array,
  choosing: Float32Array,
  numChoices: number,
  masks: Uint8Array | undefined,
): void {
  for (let b = 0; b < targets.length; b++) {
    const best = bestChoice(choosing, numChoices, masks, b);
    targets[b] = rewards[b] + discounts[b] * targetValues[b * numChoices + best];
  }
}

/**
 * mean w·½·(Q(s, a) − y)², linear beyond an error of 1, with its gradient.
 * @param valueGradients receives it, [B, K]
 * @param tdErrors receives Q(s, a) − y, [B]
 * @param values [B, K], the learning network's at s
 * @param actions [B], what was chosen
 * @param targets [B]
 * @param weights [B], importance of each row
 * @returns the loss, and the mean of Q(s, a)
 */
export function dqnLossInto(
  valueGradients: Float32Array,
  tdErrors: Float32Array,
  values: Float32Array,
  actions: ArrayLike<number>,
  targets: Float32Array,
  weights: Float32Array,
  numChoices: number,
): { loss: number; meanValue: number } {
  const batch = targets.length;
  valueGradients.fill(0);
  let loss = 0;
  let meanValue = 0;
  for (let b = 0; b < batch; b++) {
    const i = b * numChoices + actions[b];
    const tdError = values[i] - targets[b];
    const size = Math.abs(tdError);
    loss += (weights[b] * (size < 1 ? 0.5 * tdError * tdError : size - 0.5)) / batch;
    meanValue += values[i] / batch;
    valueGradients[i] = (weights[b] * Math.min(Math.max(tdError, -1), 1)) / batch;
    tdErrors[b] = tdError;
  }
  return { loss, meanValue };
}
