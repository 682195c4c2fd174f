/** A part of each row, as a branch of a network that treats the parts of its input differently. */
import { createBatchBuffer } from '../kernels/batch-buffer.ts';
import type { Layer } from './layer.ts';

/**
 * Rows [B, I] to their columns from `from` up to `to`, [B, to − from]. No parameters.
 * @param inputDim I
 */
export function columnsLayer(inputDim: number, from: number, to: number): Layer {
  const outputDim = to - from;
  return {
    inputDim,
    outputDim,
    numParameters: 0,

    create(kernels, block) {
      const outputBuffer = createBatchBuffer(kernels, outputDim);
      const inputGradientBuffer = createBatchBuffer(kernels, inputDim);
      let batch = 0;
      return {
        ...block,
        inputDim,
        outputDim,

        forward(inputs, numRows) {
          kernels.settle();
          batch = numRows;
          const outputs = outputBuffer.take(batch);
          for (let b = 0; b < batch; b++) {
            const row = b * inputDim + from;
            for (let o = 0; o < outputDim; o++) outputs[b * outputDim + o] = inputs[row + o];
          }
          return outputs;
        },

        backward(outputGradients) {
          kernels.settle();
          const dx = inputGradientBuffer.take(batch).fill(0);
          for (let b = 0; b < batch; b++) {
            const row = b * inputDim + from;
            for (let o = 0; o < outputDim; o++) dx[row + o] = outputGradients[b * outputDim + o];
          }
        },

        inputGradients: () => inputGradientBuffer.take(batch),

        describe: () => [{ kind: 'columns', from, to }],
      };
    },
  };
}
