/**
 * Computes the clipped surrogate, value and entropy losses of PPO, with their gradients.
 *
 * Source: Schulman et al. (2017), "Proximal Policy Optimization Algorithms", arXiv:1707.06347, eq. 7 and 9.
 * Differences from the source: advantages are normalised per minibatch by their sample deviation; the value
 * error may be clipped like the ratio, taking the worse of both (as OpenAI's baselines do).
 */
import { exp } from '../../core/math.ts';
import type { ActionBatch } from '../../envs/spaces.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { Network } from '../../networks/network.ts';
import type { PolicyHead } from './policy-head.ts';

export interface PpoNetworks {
  readonly policy: Network;
  readonly critic: Network;
  readonly head: PolicyHead;
}

/** B rows drawn from a rollout; D observation elements, A action elements. */
export interface PpoMinibatch {
  readonly size: number; // B
  /** [B, D] */
  readonly observations: Float32Array;
  /** [B, A], as drawn */
  readonly actions: ActionBatch;
  /** [B, K] */
  readonly actionMasks?: Uint8Array;
  /** [B] */
  readonly oldLogProbs: Float32Array;
  /** [B] */
  readonly oldValues: Float32Array;
  /** [B], normalised in place where that is configured */
  readonly advantages: Float32Array;
  /** [B] */
  readonly returns: Float32Array;
}

export interface PpoLossConfig {
  readonly normalizeAdvantages: boolean;
  readonly entropyCoefficient: number;
  readonly valueCoefficient: number;
  /** 0 turns value clipping off. */
  readonly valueClipRange: number;
}

export interface PpoLosses {
  readonly policyLoss: number;
  /** Mean squared error of the values; with clipping, of the worse of the clipped and the free one. */
  readonly valueLoss: number;
  readonly entropy: number;
  /** Mean of (ratio − 1) − ln ratio: estimator k3 of Schulman, "Approximating KL Divergence" (2020). */
  readonly approxKl: number;
  /** Share of rows whose ratio left the clip range. */
  readonly clipFraction: number;
}

/** Adds the gradient of policyLoss − entropyCoefficient·entropy + valueCoefficient·valueLoss to the networks. */
export class PpoLoss {
  readonly #kernels: Kernels;
  readonly #networks: PpoNetworks;
  readonly #config: PpoLossConfig;
  readonly #logProbs: Float32Array; // [B]
  readonly #entropies: Float32Array; // [B]
  readonly #logProbGradients: Float32Array; // [B]
  readonly #entropyGradients: Float32Array; // [B]
  readonly #outputGradients: Float32Array; // [B, O]
  readonly #valueGradients: Float32Array; // [B]

  /** @param maxRows the largest minibatch */
  constructor(networks: PpoNetworks, config: PpoLossConfig, maxRows: number, kernels: Kernels) {
    this.#kernels = kernels;
    this.#networks = networks;
    this.#config = config;
    this.#logProbs = new Float32Array(maxRows);
    this.#entropies = new Float32Array(maxRows);
    this.#logProbGradients = new Float32Array(maxRows);
    this.#entropyGradients = new Float32Array(maxRows);
    this.#outputGradients = kernels.allocate(maxRows * networks.policy.outputDim);
    this.#valueGradients = kernels.allocate(maxRows);
  }

  /** @param clipRange largest change of the probability ratio that is rewarded */
  accumulateGradients(batch: PpoMinibatch, clipRange: number): PpoLosses {
    const { policy, critic, head } = this.#networks;
    const { entropyCoefficient, valueCoefficient, valueClipRange } = this.#config;
    const { size, observations, actions, oldLogProbs, oldValues, advantages, returns } = batch;
    const logProbs = this.#logProbs;
    const entropies = this.#entropies;
    const logProbGradients = this.#logProbGradients;
    const valueGradients = this.#valueGradients;
    if (this.#config.normalizeAdvantages) normalize(advantages, size);

    const [outputs, values] = this.#kernels.concurrently([
      () => policy.forward(observations, size),
      () => critic.forward(observations, size),
    ]);
    head.logProbsInto(logProbs, entropies, outputs, actions, size, batch.actionMasks);
    let policyLoss = 0;
    let entropy = 0;
    let approxKl = 0;
    let numClipped = 0;
    for (let b = 0; b < size; b++) {
      const logRatio = logProbs[b] - oldLogProbs[b];
      const ratio = exp(logRatio);
      const free = ratio * advantages[b];
      const clipped = Math.min(Math.max(ratio, 1 - clipRange), 1 + clipRange) * advantages[b];
      policyLoss -= Math.min(free, clipped) / size;
      logProbGradients[b] = free <= clipped ? -free / size : 0;
      entropy += entropies[b] / size;
      approxKl += (ratio - 1 - logRatio) / size;
      if (Math.abs(ratio - 1) > clipRange) numClipped++;
    }
    this.#entropyGradients.fill(-entropyCoefficient / size, 0, size);
    head.gradientsInto(
      this.#outputGradients,
      outputs,
      actions,
      logProbGradients,
      this.#entropyGradients,
      size,
    );

    let valueLoss = 0;
    for (let b = 0; b < size; b++) {
      let error = values[b] - returns[b];
      let slope = 1;
      if (valueClipRange > 0) {
        const change = values[b] - oldValues[b];
        const clippedChange = Math.min(Math.max(change, -valueClipRange), valueClipRange);
        const clippedError = oldValues[b] + clippedChange - returns[b];
        if (clippedError * clippedError > error * error) {
          error = clippedError;
          slope = clippedChange === change ? 1 : 0;
        }
      }
      valueLoss += (error * error) / size;
      valueGradients[b] = (valueCoefficient * 2 * error * slope) / size;
    }
    this.#kernels.concurrently([
      () => policy.backward(this.#outputGradients),
      () => critic.backward(valueGradients),
    ]);
    return { policyLoss, valueLoss, entropy, approxKl, clipFraction: numClipped / size };
  }
}

/** To mean 0 and sample deviation 1, in place; a single value is left alone. */
function normalize(values: Float32Array, size: number): void {
  if (size < 2) return;
  let mean = 0;
  for (let b = 0; b < size; b++) mean += values[b] / size;
  let squares = 0;
  for (let b = 0; b < size; b++) squares += (values[b] - mean) * (values[b] - mean);
  const scale = 1 / (Math.sqrt(squares / (size - 1)) + 1e-8);
  for (let b = 0; b < size; b++) values[b] = (values[b] - mean) * scale;
}
