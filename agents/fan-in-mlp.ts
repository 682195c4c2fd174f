/**
 * Fully connected networks as off-policy learning starts them.
 *
 * Source: Lillicrap et al. (2016), "Continuous control with deep reinforcement learning", arXiv:1509.02971, section 7.
 * Differences from the source: the output layer is drawn like the others, not from ±3e-3.
 */
import type { Rng } from '../core/rng.ts';
import type { Activation, Kernels } from '../networks/kernels.ts';
import { createMlp, type Mlp } from '../networks/mlp.ts';

export interface FanInMlpOptions {
  readonly inputDim: number;
  readonly hidden: readonly number[];
  readonly outputDim: number;
  readonly activation: 'tanh' | 'relu';
  /** Of the output layer; `'identity'` by default. */
  readonly outputActivation?: Activation;
  readonly rng: Rng;
}

/** A network whose weights and biases are uniform in ±1/√I, I being the number of inputs of their layer. */
export function createFanInMlp(kernels: Kernels, options: FanInMlpOptions): Mlp {
  const mlp = createMlp(kernels, { ...options, init: 'he', outputScale: 1 });
  for (const { weightOffset, biasOffset, inputDim, outputDim } of mlp.layers) {
    const bound = 1 / Math.sqrt(inputDim);
    for (let i = weightOffset; i < biasOffset + outputDim; i++) {
      mlp.parameters[i] = bound * (2 * options.rng.uniform() - 1);
    }
  }
  return mlp;
}
