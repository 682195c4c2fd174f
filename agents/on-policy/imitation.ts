/**
 * Clones behaviour: fits a policy to what a teacher did, and its critic to what that earned.
 *
 * Source: Pomerleau (1991), "Efficient Training of Artificial Neural Networks for Autonomous Navigation": supervised
 * learning of a policy from demonstrations.
 * Differences from the source: the log-probability of the teacher's action is raised, whatever the policy's head; the
 * critic learns the teacher's returns in the same step, so that what learns on from here has a baseline.
 */
import type { ActionBatch } from '../../envs/spaces.ts';
import { type BatchBuffer, createBatchBuffer } from '../../networks/kernels/batch-buffer.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { clipGradientNorm, createAdam, type Optimizer } from '../../networks/optimizer.ts';
import type { Agent } from '../agent.ts';
import type { PpoNetworks } from './ppo-loss.ts';

/** B rows of what a teacher did; D observation elements, A action elements. */
export interface Demonstration {
  readonly size: number; // B
  /** [≥ B, D] */
  readonly observations: Float32Array;
  /** [≥ B, A] */
  readonly actions: ActionBatch;
  /** [≥ B, K] */
  readonly actionMasks?: Uint8Array;
  /** [≥ B], discounted rewards from here on. */
  readonly returns: Float32Array;
}

/** An agent that can be taught by example. */
export interface Imitator {
  /**
   * One gradient step towards a demonstration.
   * @returns the mean negative log-probability of its actions, before the step
   */
  imitate(demonstration: Demonstration, learningRate: number): number;
}

export function canImitate(agent: Agent): agent is Agent & Imitator {
  return 'imitate' in agent;
}

const MAX_GRADIENT_NORM = 1;
/** Weight of the squared error of the values. */
const VALUE_WEIGHT = 0.5;

/** The gradient step that actor-critic agents offer as `imitate`, with an optimizer of its own. */
export class Imitation {
  readonly #kernels: Kernels;
  readonly #networks: PpoNetworks;
  readonly #outputGradients: BatchBuffer; // [B, O]
  readonly #valueGradients: BatchBuffer; // [B]
  /** Made by the first demonstration: most agents never see one. */
  #optimizers: readonly [Optimizer, Optimizer] | undefined;

  constructor(kernels: Kernels, networks: PpoNetworks) {
    this.#kernels = kernels;
    this.#networks = networks;
    this.#outputGradients = createBatchBuffer(kernels, networks.head.outputDim);
    this.#valueGradients = createBatchBuffer(kernels, 1);
  }

  step({ size, observations, actions, actionMasks, returns }: Demonstration, learningRate: number): number {
    const { policy, critic, head } = this.#networks;
    const kernels = this.#kernels;
    const policyBlocks = [policy, ...head.blocks];
    this.#optimizers ??= [createAdam(kernels, policyBlocks), createAdam(kernels, [critic])];
    const logProbs = new Float32Array(size);
    const entropies = new Float32Array(size);
    const outputGradients = this.#outputGradients.take(size);
    const outputs = policy.forward(observations, size);
    head.logProbsInto(logProbs, entropies, outputs, actions, size, actionMasks);
    const weights = new Float32Array(size).fill(-1 / size);
    head.gradientsInto(outputGradients, outputs, actions, weights, new Float32Array(size), size);
    policy.backward(outputGradients);
    clipGradientNorm(kernels, policyBlocks, MAX_GRADIENT_NORM);
    const values = critic.forward(observations, size);
    const valueGradients = this.#valueGradients.take(size);
    for (let b = 0; b < size; b++) valueGradients[b] = (2 * VALUE_WEIGHT * (values[b] - returns[b])) / size;
    critic.backward(valueGradients);
    clipGradientNorm(kernels, [critic], MAX_GRADIENT_NORM);
    for (const optimizer of this.#optimizers) optimizer.step(learningRate);
    let loss = 0;
    for (const logProb of logProbs) loss -= logProb / size;
    return loss;
  }
}
