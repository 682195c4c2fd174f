/** Describes layers, which become networks once they are given memory, so that composed ones stay flat. */
import type { Kernels } from '../kernels/kernels.ts';
import type { Network, ParameterBlock } from '../network.ts';

/** A network before it has memory. */
export interface Layer {
  readonly inputDim: number;
  readonly outputDim: number;
  readonly numParameters: number;
  /**
   * Makes the network and sets its initial parameters.
   * @param block `numParameters` zeros and as many gradients, in the kernels' memory
   */
  create(kernels: Kernels, block: ParameterBlock): Network;
}

export function createNetwork(kernels: Kernels, layer: Layer): Network {
  return layer.create(kernels, allocateBlock(kernels, layer.numParameters));
}

export function allocateBlock(kernels: Kernels, numParameters: number): ParameterBlock {
  return { parameters: kernels.allocate(numParameters), gradients: kernels.allocate(numParameters) };
}

/** `length` parameters of `block` from `offset` on, with their gradients; views. */
export function sliceBlock(block: ParameterBlock, offset: number, length: number): ParameterBlock {
  return {
    parameters: block.parameters.subarray(offset, offset + length),
    gradients: block.gradients.subarray(offset, offset + length),
  };
}
