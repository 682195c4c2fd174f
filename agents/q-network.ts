/** The networks that value every choice at once. */
import type { Rng } from '../core/rng.ts';
import { duelingLayer } from '../networks/dueling.ts';
import type { Kernels } from '../networks/kernels.ts';
import { mlpLayer } from '../networks/mlp.ts';
import type { Network } from '../networks/network.ts';
import { createSequential } from '../networks/sequential.ts';
import { createFanInMlp } from './fan-in-mlp.ts';

export interface QNetworkOptions {
  readonly inputDim: number;
  readonly numChoices: number;
  readonly hidden: readonly number[];
  readonly activation: 'tanh' | 'relu';
  /** One shared body for the value of a state and the advantages in it. */
  readonly dueling: boolean;
  readonly rng: Rng;
}

/** Observations [B, D] to action values [B, K]. */
export function createQNetwork(kernels: Kernels, options: QNetworkOptions): Network {
  const { numChoices, dueling, ...body } = options;
  if (!dueling) return createFanInMlp(kernels, { ...body, outputDim: numChoices });
  const streams = mlpLayer({ ...body, outputDim: 1 + numChoices, init: 'orthogonal', outputScale: 1 });
  return createSequential(kernels, [streams, duelingLayer(numChoices)]);
}
