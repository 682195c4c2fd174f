/** Compares the gradients of PPO's whole loss with its finite differences, whatever the networks are. */
import { expect } from 'vitest';
import { PpoLoss, type PpoMinibatch, type PpoNetworks } from '../../../agents/on-policy/ppo-loss.ts';
import type { Rng } from '../../../core/rng.ts';
import type { Kernels } from '../../../networks/kernels/kernels.ts';

export interface PpoGradientOptions {
  readonly valueClipRange?: number;
  /** Largest difference. */
  readonly tolerance: number;
}

/** @param size rows of the minibatch that is made up */
export function checkPpoGradient(
  kernels: Kernels,
  networks: PpoNetworks,
  size: number,
  rng: Rng,
  { valueClipRange = 0, tolerance }: PpoGradientOptions,
): void {
  const { policy, critic, head } = networks;
  const config = {
    normalizeAdvantages: false,
    entropyCoefficient: 0.1,
    valueCoefficient: 0.7,
    valueClipRange,
  };
  const loss = new PpoLoss(networks, config, size, kernels);
  const gaussians = (length: number): Float32Array => Float32Array.from({ length }, () => rng.gaussian());
  const observations = gaussians(size * policy.inputDim);
  const actions = head.createActions(size);
  const oldLogProbs = new Float32Array(size);
  head.sampleInto(actions, oldLogProbs, policy.forward(observations, size), size, rng);
  const minibatch: PpoMinibatch = {
    size,
    observations,
    actions,
    // Far from the clip's corners, where the loss has no derivative.
    oldLogProbs: oldLogProbs.map(
      (logProb, b) => logProb + (b % 3 === 0 ? 0.5 : 0.05 * (b % 2 === 0 ? 1 : -1)),
    ),
    oldValues: gaussians(size),
    advantages: gaussians(size),
    returns: gaussians(size),
  };
  const blocks = [policy, critic, ...head.blocks];
  const total = (): number => {
    const { policyLoss, entropy, valueLoss } = loss.accumulateGradients(minibatch, 0.2);
    return policyLoss - config.entropyCoefficient * entropy + config.valueCoefficient * valueLoss;
  };
  total();
  const gradients = blocks.map((block) => block.gradients.slice());
  blocks.forEach(({ parameters }, k) => {
    for (let i = 0; i < parameters.length; i++) {
      const held = parameters[i];
      const step = 2e-3;
      parameters[i] = held + step;
      const above = total();
      parameters[i] = held - step;
      const below = total();
      parameters[i] = held;
      expect(Math.abs(gradients[k][i] - (above - below) / (2 * step))).toBeLessThan(tolerance);
    }
  });
}
