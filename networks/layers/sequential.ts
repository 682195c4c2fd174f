/** Chains layers into one network with flat parameters. */
import { ConfigError } from '../../core/errors.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Network } from '../network.ts';
import { describeAll } from '../steps.ts';
import { createNetwork, type Layer, sliceBlock } from './layer.ts';

export function createSequential(kernels: Kernels, layers: readonly Layer[]): Network {
  return createNetwork(kernels, sequentialLayer(layers));
}

/**
 * Each layer reads what the one before gives; parameters lie in the layers' order.
 * @throws ConfigError `layers-do-not-fit` when a layer's inputs are not as many as the outputs before it
 */
export function sequentialLayer(layers: readonly Layer[]): Layer {
  for (let l = 1; l < layers.length; l++) {
    if (layers[l].inputDim === layers[l - 1].outputDim) continue;
    throw new ConfigError(
      'layers-do-not-fit',
      `Layer ${l} takes ${layers[l].inputDim} numbers, but layer ${l - 1} gives ${layers[l - 1].outputDim}.`,
    );
  }
  const { inputDim } = layers[0];
  const { outputDim } = layers[layers.length - 1];
  return {
    inputDim,
    outputDim,
    numParameters: layers.reduce((sum, layer) => sum + layer.numParameters, 0),

    create(kernels, block) {
      let offset = 0;
      const networks = layers.map((layer) => {
        const network = layer.create(kernels, sliceBlock(block, offset, layer.numParameters));
        offset += layer.numParameters;
        return network;
      });
      return {
        ...block,
        inputDim,
        outputDim,

        forward(inputs, batch) {
          let x = inputs;
          for (const network of networks) x = network.forward(x, batch);
          return x;
        },

        backward(outputGradients) {
          let dy = outputGradients;
          for (let l = networks.length - 1; l >= 0; l--) {
            networks[l].backward(dy);
            if (l > 0) dy = networks[l].inputGradients();
          }
        },

        inputGradients: () => networks[0].inputGradients(),

        describe: () => describeAll(networks),
      };
    },
  };
}
