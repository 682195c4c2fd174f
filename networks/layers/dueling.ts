/**
 * Computes the dueling architecture's last step: state value and advantages to action values, Q = V + A − mean A.
 * Source: Wang et al. (2016), https://arxiv.org/abs/1511.06581, equation 9.
 * Differences from the source: none; the streams before it are any layers with 1 + n outputs, such as one linear map
 * or two heads.
 */
import { createBatchBuffer } from '../kernels/batch-buffer.ts';
import type { Layer } from './layer.ts';

/**
 * Rows of V, then A of `numActions` actions, to rows of Q. No parameters.
 * @param numActions ≥ 1
 */
export function duelingLayer(numActions: number): Layer {
  const inputDim = 1 + numActions;
  return {
    inputDim,
    outputDim: numActions,
    numParameters: 0,

    create(kernels, block) {
      const outputBuffer = createBatchBuffer(kernels, numActions);
      const inputGradientBuffer = createBatchBuffer(kernels, inputDim);
      let batch = 0;
      return {
        ...block,
        inputDim,
        outputDim: numActions,

        forward(inputs, numRows) {
          kernels.settle();
          batch = numRows;
          const q = outputBuffer.take(batch);
          for (let b = 0; b < batch; b++) {
            const value = b * inputDim;
            let sum = 0;
            for (let a = 1; a <= numActions; a++) sum += inputs[value + a];
            const base = inputs[value] - sum / numActions;
            for (let a = 0; a < numActions; a++) q[b * numActions + a] = base + inputs[value + 1 + a];
          }
          return q;
        },

        backward(outputGradients) {
          kernels.settle();
          const dx = inputGradientBuffer.take(batch);
          for (let b = 0; b < batch; b++) {
            const value = b * inputDim;
            let sum = 0;
            for (let a = 0; a < numActions; a++) sum += outputGradients[b * numActions + a];
            dx[value] = sum;
            const mean = sum / numActions;
            for (let a = 0; a < numActions; a++) {
              dx[value + 1 + a] = outputGradients[b * numActions + a] - mean;
            }
          }
        },

        inputGradients: () => inputGradientBuffer.take(batch),

        describe: () => [{ kind: 'dueling' }],
      };
    },
  };
}
