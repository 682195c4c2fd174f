/**
 * Long short-term memory: i, f, o = σ(W·[x, h] + b), g = tanh(W·[x, h] + b), c′ = f·c + i·g, h′ = o·tanh(c′).
 * Source: Hochreiter & Schmidhuber (1997), https://doi.org/10.1162/neco.1997.9.8.1735; the forget gate from Gers,
 * Schmidhuber & Cummins (2000), https://doi.org/10.1162/089976600300015015.
 * Differences from the source: no peepholes; gradients flow through whole sequences, gates included (as in PyTorch,
 * whose gate order i, f, g, o is used; its two biases are one here, since only their sum matters).
 */
import type { Kernels } from '../kernels/kernels.ts';
import { createRecurrentKernels } from '../kernels/recurrent.ts';
import type { ParameterBlock } from '../network.ts';
import type { RecurrentNetwork, RecurrentOptions } from './recurrent.ts';
import { createRecurrentNetwork } from './recurrent-network.ts';

/** @param block memory for the parameters where it is not to be allocated here */
export function createLstm(
  kernels: Kernels,
  options: RecurrentOptions,
  block?: ParameterBlock,
): RecurrentNetwork {
  const { lstmForward, lstmBackward } = createRecurrentKernels(kernels);
  const { hiddenDim } = options;
  return createRecurrentNetwork(
    kernels,
    options,
    {
      numGates: 4,
      stateParts: 2,
      separateProducts: false,
      openGate: 1,
      forward: (trace, _products, _bias, row, rows) => lstmForward(trace, row, rows, hiddenDim),
      backward: (trace, outputGradients, hiddenGradients, cellGradients, row, rows) =>
        lstmBackward(trace, outputGradients, hiddenGradients, cellGradients, row, rows, hiddenDim),
    },
    block,
  );
}
