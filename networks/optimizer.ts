/**
 * Takes steps of gradient descent over flat parameter blocks, and clips by the global norm.
 * Source: Kingma & Ba (2015), https://arxiv.org/abs/1412.6980, algorithm 1 (Adam); Loshchilov & Hutter (2019),
 * https://arxiv.org/abs/1711.05101, algorithm 2 (AdamW); Tieleman & Hinton (2012), lecture 6.5 (RMSprop);
 * Polyak (1964) (momentum). All in PyTorch's form: epsilon outside the root, RMSprop's included.
 * Differences from the source: moments below 1e-37 become zero.
 */
import { ConfigError } from '../core/errors.ts';
import {
  type NumericArray,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
} from '../core/snapshot.ts';
import type { Kernels } from './kernels/kernels.ts';
import type { ParameterBlock } from './network.ts';

export interface Optimizer extends Snapshotable {
  /**
   * Moves every block's parameters against its gradients, and leaves the gradients zero.
   * @param learningRate ≥ 0
   */
  step(learningRate: number): void;
}

export interface AdamOptions {
  /** Decay of the mean of gradients, [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the mean square, > 0. Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled: each step first multiplies the parameters by 1 − learningRate · weightDecay. ≥ 0; default 0. */
  readonly weightDecay?: number;
}

/** @throws ConfigError `foreign-memory` when a block does not lie in the kernels' memory */
export function createAdam(
  kernels: Kernels,
  blocks: readonly ParameterBlock[],
  options: AdamOptions = {},
): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  const firstMoments = stateFor(kernels, blocks);
  const secondMoments = stateFor(kernels, blocks);
  let beta1Power = 1; // beta1^t
  let beta2Power = 1; // beta2^t
  return {
    step(learningRate) {
      beta1Power *= beta1;
      beta2Power *= beta2;
      const keep = 1 - learningRate * weightDecay;
      const stepSize = learningRate / (1 - beta1Power);
      const rootScale = 1 / Math.sqrt(1 - beta2Power);
      for (let b = 0; b < blocks.length; b++) {
        kernels.adam(
          blocks[b].parameters,
          blocks[b].gradients,
          firstMoments[b],
          secondMoments[b],
          keep,
          beta1,
          beta2,
          stepSize,
          rootScale,
          epsilon,
        );
      }
    },
    save: () => ({
      arrays: { ...copies(firstMoments, 'firstMoments'), ...copies(secondMoments, 'secondMoments') },
      values: { beta1Power, beta2Power },
    }),
    load(snapshot) {
      restoreInto(firstMoments, snapshot, 'firstMoments');
      restoreInto(secondMoments, snapshot, 'secondMoments');
      beta1Power = restoreNumber(snapshot, 'beta1Power');
      beta2Power = restoreNumber(snapshot, 'beta2Power');
    },
  };
}

export interface RmsPropOptions {
  /** Decay of the mean of squared gradients, [0, 1). Default 0.99. */
  readonly alpha?: number;
  /** Added to the root of the mean square, > 0. Default 1e-8. */
  readonly epsilon?: number;
}

/** @throws ConfigError `foreign-memory` when a block does not lie in the kernels' memory */
export function createRmsProp(
  kernels: Kernels,
  blocks: readonly ParameterBlock[],
  options: RmsPropOptions = {},
): Optimizer {
  const { alpha = 0.99, epsilon = 1e-8 } = options;
  const squares = stateFor(kernels, blocks);
  return {
    step(learningRate) {
      for (let b = 0; b < blocks.length; b++) {
        const { parameters, gradients } = blocks[b];
        kernels.rmsProp(parameters, gradients, squares[b], alpha, learningRate, epsilon);
      }
    },
    save: () => ({ arrays: copies(squares, 'squares'), values: {} }),
    load: (snapshot) => restoreInto(squares, snapshot, 'squares'),
  };
}

export interface SgdOptions {
  /** Share of the last velocity that is kept, [0, 1). Default 0. */
  readonly momentum?: number;
}

/** @throws ConfigError `foreign-memory` when a block does not lie in the kernels' memory */
export function createSgd(
  kernels: Kernels,
  blocks: readonly ParameterBlock[],
  options: SgdOptions = {},
): Optimizer {
  const { momentum = 0 } = options;
  const velocities = stateFor(kernels, blocks);
  return {
    step(learningRate) {
      for (let b = 0; b < blocks.length; b++) {
        kernels.sgd(blocks[b].parameters, blocks[b].gradients, velocities[b], momentum, learningRate);
      }
    },
    save: () => ({ arrays: copies(velocities, 'velocities'), values: {} }),
    load: (snapshot) => restoreInto(velocities, snapshot, 'velocities'),
  };
}

/**
 * Scales the gradients of all blocks together so that their Euclidean norm is at most `maxNorm`:
 * g *= maxNorm / (norm + 1e-6) when that is below 1.
 * Source: Pascanu, Mikolov & Bengio (2013), https://arxiv.org/abs/1211.5063, algorithm 1, with PyTorch's 1e-6.
 * @param maxNorm > 0; Infinity only measures
 * @returns the norm before clipping. Not finite exactly when a gradient is not: then nothing was scaled, and the
 * caller should stop.
 */
export function clipGradientNorm(
  kernels: Kernels,
  blocks: readonly ParameterBlock[],
  maxNorm: number,
): number {
  let squares = 0;
  for (let b = 0; b < blocks.length; b++) squares += kernels.sumOfSquares(blocks[b].gradients);
  const norm = Math.sqrt(squares);
  const coefficient = maxNorm / (norm + 1e-6);
  if (coefficient < 1 && norm < Infinity) {
    for (let b = 0; b < blocks.length; b++) kernels.scale(blocks[b].gradients, coefficient);
  }
  return norm;
}

function stateFor(kernels: Kernels, blocks: readonly ParameterBlock[]): Float32Array[] {
  return blocks.map(({ parameters, gradients }, b) => {
    if (!kernels.owns(parameters) || !kernels.owns(gradients)) {
      throw new ConfigError(
        'foreign-memory',
        `Parameter block ${b} is not in the kernels' memory; take its arrays from kernels.allocate.`,
      );
    }
    return kernels.allocate(parameters.length);
  });
}

function copies(state: readonly Float32Array[], name: string): Record<string, NumericArray> {
  return Object.fromEntries(state.map((array, b) => [`${name}/${b}`, new Float32Array(array)]));
}

function restoreInto(state: readonly Float32Array[], snapshot: Snapshot, name: string): void {
  for (let b = 0; b < state.length; b++) restoreArrayInto(state[b], snapshot, `${name}/${b}`);
}
