/** Adds a step without parameters behind any network. */
import { createBatchBuffer } from '../kernels/batch-buffer.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Network } from '../network.ts';
import { describeAll } from '../steps.ts';
import { allocateBlock, type Layer } from './layer.ts';

/** @param step a layer without parameters, which takes the network's outputs */
export function withLastStep(kernels: Kernels, network: Network, step: Layer): Network {
  const last = step.create(kernels, allocateBlock(kernels, 0));
  return {
    parameters: network.parameters,
    gradients: network.gradients,
    inputDim: network.inputDim,
    outputDim: step.outputDim,
    forward: (inputs, batch) => last.forward(network.forward(inputs, batch), batch),

    backward(outputGradients) {
      last.backward(outputGradients);
      network.backward(last.inputGradients());
    },

    inputGradients: () => network.inputGradients(),

    describe: () => describeAll([network, last]),
  };
}

/** Rows of `dim` numbers to their tanh. No parameters. */
export function tanhLayer(dim: number): Layer {
  return {
    inputDim: dim,
    outputDim: dim,
    numParameters: 0,

    create(kernels, block) {
      const outputBuffer = createBatchBuffer(kernels, dim);
      const gradientBuffer = createBatchBuffer(kernels, dim);
      const columnSums = kernels.allocate(dim); // The kernel adds them up for a bias, and there is none.
      let batch = 0;
      return {
        ...block,
        inputDim: dim,
        outputDim: dim,

        forward(inputs, numRows) {
          kernels.settle();
          batch = numRows;
          const outputs = outputBuffer.take(batch);
          outputs.set(inputs.subarray(0, outputs.length));
          kernels.activate(outputs, outputs.length, 'tanh');
          return outputs;
        },

        backward(outputGradients) {
          kernels.settle();
          const gradients = gradientBuffer.take(batch);
          gradients.set(outputGradients.subarray(0, gradients.length));
          kernels.activationGradient(outputBuffer.take(batch), 'tanh', gradients, columnSums, batch, dim);
        },

        inputGradients: () => gradientBuffer.take(batch),

        describe: () => [{ kind: 'activation', activation: 'tanh' }],
      };
    },
  };
}
