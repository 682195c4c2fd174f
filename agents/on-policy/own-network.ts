/** The networks of agents that learn from rollouts, where the user brings none. */
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { createMlp } from '../../networks/layers/mlp.ts';
import type { Network } from '../../networks/network.ts';
import type { NetworkRequest } from '../custom-network.ts';

/** Of a policy's output layer, so that all actions start equally probable. */
export const POLICY_OUTPUT_SCALE = 0.01;

export interface OwnNetworkConfig {
  readonly hidden: readonly number[];
  readonly activation: 'tanh' | 'relu';
}

/** Fully connected, started orthogonal. */
export function createOnPolicyNetwork(
  { role, inputDim, outputDim, rng }: Pick<NetworkRequest, 'role' | 'inputDim' | 'outputDim' | 'rng'>,
  kernels: Kernels,
  { hidden, activation }: OwnNetworkConfig,
): Network {
  const outputScale = role === 'policy' ? POLICY_OUTPUT_SCALE : 1;
  return createMlp(kernels, {
    inputDim,
    outputDim,
    hidden,
    activation,
    init: 'orthogonal',
    outputScale,
    rng,
  });
}
