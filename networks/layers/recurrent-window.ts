/** Makes a recurrent network a layer that reads a whole window and gives its last output. */
import { createBatchBuffer } from '../kernels/batch-buffer.ts';
import { createGru } from './gru.ts';
import type { Layer } from './layer.ts';
import { createLstm } from './lstm.ts';
import { type RecurrentOptions, recurrentStep } from './recurrent.ts';
import { numRecurrentParameters } from './recurrent-network.ts';

export interface RecurrentWindowOptions extends RecurrentOptions {
  readonly cell: 'lstm' | 'gru';
  /** Rows of the window, T ≥ 1, oldest first; the state before the first is zero. */
  readonly window: number;
}

/** [B, T·I] to [B, H]: the output after the window's last row. Parameters as the LSTM's or GRU's. */
export function recurrentWindowLayer(options: RecurrentWindowOptions): Layer {
  const { cell, window, inputDim: rowDim, hiddenDim } = options;
  const inputDim = window * rowDim;
  return {
    inputDim,
    outputDim: hiddenDim,
    numParameters: numRecurrentParameters(options, cell === 'lstm' ? 4 : 3),

    create(kernels, block) {
      const create = cell === 'lstm' ? createLstm : createGru;
      const recurrent = create(kernels, options, block);
      const steps = createBatchBuffer(kernels, inputDim);
      const outputs = createBatchBuffer(kernels, hiddenDim);
      const outputGradients = createBatchBuffer(kernels, window * hiddenDim);
      const inputGradients = createBatchBuffer(kernels, inputDim);
      let batch = 0;
      return {
        ...block,
        inputDim,
        outputDim: hiddenDim,

        forward(windows, numRows) {
          kernels.settle();
          batch = numRows;
          const x = steps.take(batch);
          for (let b = 0; b < batch; b++) {
            for (let t = 0; t < window; t++) copyRow(windows, b * window + t, x, t * batch + b, rowDim);
          }
          const y = recurrent.forward(x, undefined, undefined, window, batch);
          const last = outputs.take(batch);
          last.set(y.subarray((window - 1) * batch * hiddenDim));
          return last;
        },

        backward(lastGradients) {
          kernels.settle();
          const dy = outputGradients.take(batch);
          const before = (window - 1) * batch * hiddenDim;
          dy.fill(0, 0, before);
          dy.set(lastGradients.subarray(0, batch * hiddenDim), before);
          recurrent.backward(dy);
        },

        describe: () => [{ kind: 'recurrent-window', window, ...recurrentStep(cell, recurrent) }],

        inputGradients() {
          kernels.settle();
          const dx = recurrent.inputGradients();
          const windows = inputGradients.take(batch);
          for (let b = 0; b < batch; b++) {
            for (let t = 0; t < window; t++) copyRow(dx, t * batch + b, windows, b * window + t, rowDim);
          }
          return windows;
        },
      };
    },
  };
}

function copyRow(
  from: Float32Array,
  fromRow: number,
  to: Float32Array,
  toRow: number,
  columns: number,
): void {
  for (let i = 0; i < columns; i++) to[toRow * columns + i] = from[fromRow * columns + i];
}
