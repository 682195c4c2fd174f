/**
 * Makes fully connected networks as off-policy learning starts them.
 *
 * Source: Lillicrap et al. (2016), "Continuous control with deep reinforcement learning", arXiv:1509.02971, section 7.
 * Differences from the source: the output layer is drawn like the others, not from ±3e-3.
 */
import type { Rng } from '../../core/rng.ts';
import type { Activation, Kernels } from '../../networks/kernels/kernels.ts';
import type { Layer } from '../../networks/layers/layer.ts';
import { createMlp, type Mlp, mlpLayer } from '../../networks/layers/mlp.ts';
import type { ParameterBlock } from '../../networks/network.ts';

export interface FanInMlpOptions {
  readonly inputDim: number;
  readonly hidden: readonly number[];
  readonly outputDim: number;
  readonly activation: 'tanh' | 'relu';
  /** Of the output layer; `'identity'` by default. */
  readonly outputActivation?: Activation;
  /** As of `createMlp`. */
  readonly layerNorm?: boolean;
  readonly rng: Rng;
}

/** What `createMlp` draws is drawn again. */
const REPLACED = { init: 'he', outputScale: 1 } as const;

/** A network whose weights and biases are uniform in ±1/√I, I being the number of inputs of their layer. */
export function createFanInMlp(kernels: Kernels, options: FanInMlpOptions, block?: ParameterBlock): Mlp {
  const mlp = createMlp(kernels, { ...options, ...REPLACED }, block);
  for (const { weightOffset, biasOffset, inputDim, outputDim } of mlp.layers) {
    const bound = 1 / Math.sqrt(inputDim);
    for (let i = weightOffset; i < biasOffset + outputDim; i++) {
      mlp.parameters[i] = bound * (2 * options.rng.uniform() - 1);
    }
  }
  return mlp;
}

/** `createFanInMlp` as a layer of a composed network. */
export function fanInMlpLayer(options: FanInMlpOptions): Layer {
  return {
    ...mlpLayer({ ...options, ...REPLACED }),
    create: (kernels, block) => createFanInMlp(kernels, options, block),
  };
}
