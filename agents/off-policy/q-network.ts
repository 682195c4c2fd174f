/** Makes the networks that value every choice at once. */
import type { Rng } from '../../core/rng.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { duelingLayer } from '../../networks/layers/dueling.ts';
import { withLastStep } from '../../networks/layers/last-step.ts';
import { mlpLayer } from '../../networks/layers/mlp.ts';
import { createSequential } from '../../networks/layers/sequential.ts';
import type { Network } from '../../networks/network.ts';
import { createCustomNetwork, type NetworkContext } from '../custom-network.ts';
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

/** Observations [B, D] to action values [B, K]. A user's network gives the streams where they are dueling. */
export function createQNetwork(kernels: Kernels, context: NetworkContext, options: QNetworkOptions): Network {
  const { numChoices, dueling, ...body } = options;
  const outputDim = dueling ? 1 + numChoices : numChoices;
  const custom = createCustomNetwork(context, kernels, { ...body, role: 'critic', outputDim });
  if (custom !== undefined) return dueling ? withLastStep(kernels, custom, duelingLayer(numChoices)) : custom;
  if (!dueling) return createFanInMlp(kernels, { ...body, outputDim });
  const streams = mlpLayer({ ...body, outputDim, init: 'orthogonal', outputScale: 1 });
  return createSequential(kernels, [streams, duelingLayer(numChoices)]);
}
