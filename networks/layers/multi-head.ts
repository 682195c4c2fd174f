/** Lets several heads read the same rows; their outputs lie side by side. */
import { ConfigError } from '../../core/errors.ts';
import { createBatchBuffer } from '../kernels/batch-buffer.ts';
import type { NetworkStep } from '../steps.ts';
import { type Layer, sliceBlock } from './layer.ts';

/**
 * Head h gives the columns from Σ outputDim of the heads before it on; parameters lie in the heads' order.
 * @throws ConfigError `layers-do-not-fit` when the heads do not take the same number of inputs
 */
export function multiHeadLayer(heads: readonly Layer[]): Layer {
  const { inputDim } = heads[0];
  const odd = heads.find((head) => head.inputDim !== inputDim);
  if (odd !== undefined) {
    throw new ConfigError(
      'layers-do-not-fit',
      `Heads on one body take the same inputs, but one takes ${inputDim} numbers, another ${odd.inputDim}.`,
    );
  }
  const outputDim = heads.reduce((sum, head) => sum + head.outputDim, 0);
  return {
    inputDim,
    outputDim,
    numParameters: heads.reduce((sum, head) => sum + head.numParameters, 0),

    create(kernels, block) {
      let parameterOffset = 0;
      let column = 0;
      const parts = heads.map((head) => {
        const part = {
          network: head.create(kernels, sliceBlock(block, parameterOffset, head.numParameters)),
          firstColumn: column,
          outputGradients: createBatchBuffer(kernels, head.outputDim),
        };
        parameterOffset += head.numParameters;
        column += head.outputDim;
        return part;
      });
      const inputBuffer = createBatchBuffer(kernels, inputDim);
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
          const x = inputBuffer.hold(inputs, batch);
          const y = outputBuffer.take(batch);
          for (const { network, firstColumn } of parts) {
            const columns = network.outputDim;
            const outputs = network.forward(x, batch);
            for (let b = 0; b < batch; b++) {
              const to = b * outputDim + firstColumn;
              for (let o = 0; o < columns; o++) y[to + o] = outputs[b * columns + o];
            }
          }
          return y;
        },

        backward(outputGradients) {
          kernels.settle();
          for (const { network, firstColumn, outputGradients: buffer } of parts) {
            const columns = network.outputDim;
            const dy = buffer.take(batch);
            for (let b = 0; b < batch; b++) {
              const from = b * outputDim + firstColumn;
              for (let o = 0; o < columns; o++) dy[b * columns + o] = outputGradients[from + o];
            }
            network.backward(dy);
          }
        },

        describe() {
          const branches: (readonly NetworkStep[])[] = [];
          for (const { network } of parts) {
            const steps = network.describe?.();
            if (steps === undefined) return undefined;
            branches.push(steps);
          }
          return [{ kind: 'branches', branches }];
        },

        inputGradients() {
          kernels.settle();
          const dx = inputGradientBuffer.take(batch).fill(0);
          for (const { network } of parts) {
            const part = network.inputGradients();
            for (let i = 0; i < dx.length; i++) dx[i] += part[i];
          }
          return dx;
        },
      };
    },
  };
}
