/**
 * Gated recurrent units: r, z = σ(W·[x, h] + b), n = tanh(W·x + b + r·(W·h + b)), h′ = (1 − z)·n + z·h.
 * Source: Cho et al. (2014), https://arxiv.org/abs/1406.1078, equations 5 to 8.
 * Differences from the source: the reset gate scales the product W·h with its bias, not h before it, as in PyTorch and
 * cuDNN, so that one product serves all gates; gate order r, z, n.
 */
import type { Kernels } from '../kernels/kernels.ts';
import { createRecurrentKernels } from '../kernels/recurrent.ts';
import type { ParameterBlock } from '../network.ts';
import type { RecurrentNetwork, RecurrentOptions } from './recurrent.ts';
import { createRecurrentNetwork } from './recurrent-network.ts';

/** @param block memory for the parameters where it is not to be allocated here */
export function createGru(
  kernels: Kernels,
  options: RecurrentOptions,
  block?: ParameterBlock,
): RecurrentNetwork {
  const { gruForward, gruBackward } = createRecurrentKernels(kernels);
  const { hiddenDim } = options;
  return createRecurrentNetwork(
    kernels,
    options,
    {
      numGates: 3,
      stateParts: 1,
      separateProducts: true,
      openGate: undefined,
      forward: (trace, products, candidateBias, row, rows) =>
        gruForward(trace, products, candidateBias, row, rows, hiddenDim),
      backward: (trace, outputGradients, hiddenGradients, _cellGradients, row, rows) =>
        gruBackward(trace, outputGradients, hiddenGradients, row, rows, hiddenDim),
    },
    block,
  );
}
