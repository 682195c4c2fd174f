/**
 * Normalises layers: each row to mean 0 and variance 1, then a gain and a bias for every column.
 * Source: Ba, Kiros & Hinton (2016), https://arxiv.org/abs/1607.06450, equation 4.
 */
import { createBatchBuffer } from '../kernels/batch-buffer.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Layer } from './layer.ts';

/** Added to the variance, as in PyTorch. */
export const LAYER_NORM_EPSILON = 1e-5;

/** B rows, D columns; see networks/kernels/assembly/layer-norm.ts. */
export interface LayerNormKernels {
  /**
   * outputs = gain · normalized + bias, normalized = (inputs − mean) · scale, scale = 1 / √(variance + 1e-5).
   * @param inputs [B, D]
   * @param gain [D]
   * @param bias [D]
   * @param normalized [B, D], out
   * @param scales [B], out
   * @param outputs [B, D], out; may be `inputs`
   */
  forward(
    inputs: Float32Array,
    gain: Float32Array,
    bias: Float32Array,
    normalized: Float32Array,
    scales: Float32Array,
    outputs: Float32Array,
    rows: number,
    columns: number,
  ): void;
  /**
   * Adds to the gradients of the gain; those of the bias are the column sums of `outputGradients`.
   * @param outputGradients [B, D]
   * @param inputGradients [B, D], out; may be `outputGradients`
   */
  backward(
    outputGradients: Float32Array,
    normalized: Float32Array,
    scales: Float32Array,
    gain: Float32Array,
    gainGradients: Float32Array,
    inputGradients: Float32Array,
    rows: number,
    columns: number,
  ): void;
}

export function createLayerNormKernels(kernels: Kernels): LayerNormKernels {
  const { layerNorm, layerNormBackward } = kernels.exports as unknown as Exports;
  return {
    forward(inputs, gain, bias, normalized, scales, outputs, rows, columns) {
      layerNorm(
        inputs.byteOffset,
        gain.byteOffset,
        bias.byteOffset,
        normalized.byteOffset,
        scales.byteOffset,
        outputs.byteOffset,
        rows,
        columns,
        LAYER_NORM_EPSILON,
      );
    },

    backward(dy, normalized, scales, gain, gainGradients, dx, rows, columns) {
      layerNormBackward(
        dy.byteOffset,
        normalized.byteOffset,
        scales.byteOffset,
        gain.byteOffset,
        gainGradients.byteOffset,
        dx.byteOffset,
        rows,
        columns,
      );
    },
  };
}

/** Parameters: gains [D], 1 at first, then biases [D], 0 at first. */
export function layerNormLayer(dim: number): Layer {
  return {
    inputDim: dim,
    outputDim: dim,
    numParameters: 2 * dim,
    create(kernels, { parameters, gradients }) {
      const { forward, backward } = createLayerNormKernels(kernels);
      const gain = parameters.subarray(0, dim).fill(1);
      const bias = parameters.subarray(dim);
      const gainGradients = gradients.subarray(0, dim);
      const biasGradients = gradients.subarray(dim);
      const inputBuffer = createBatchBuffer(kernels, dim);
      const normalized = createBatchBuffer(kernels, dim);
      const scales = createBatchBuffer(kernels, 1);
      const outputs = createBatchBuffer(kernels, dim);
      const outputGradientBuffer = createBatchBuffer(kernels, dim);
      const inputGradients = createBatchBuffer(kernels, dim);
      let batch = 0;
      return {
        parameters,
        gradients,
        inputDim: dim,
        outputDim: dim,

        forward(rows, numRows) {
          batch = numRows;
          const x = inputBuffer.hold(rows, batch);
          const y = outputs.take(batch);
          forward(x, gain, bias, normalized.take(batch), scales.take(batch), y, batch, dim);
          return y;
        },

        backward(outputGradients) {
          const dy = outputGradientBuffer.hold(outputGradients, batch);
          const dx = inputGradients.take(batch);
          const x = normalized.take(batch);
          backward(dy, x, scales.take(batch), gain, gainGradients, dx, batch, dim);
          kernels.activationGradient(x, 'identity', dy, biasGradients, batch, dim);
        },

        inputGradients: () => inputGradients.take(batch),

        describe: () => [{ kind: 'layer-norm', gain, bias, epsilon: LAYER_NORM_EPSILON }],
      };
    },
  };
}

interface Exports {
  layerNorm(
    inputs: number,
    gain: number,
    bias: number,
    normalized: number,
    scales: number,
    outputs: number,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;
  layerNormBackward(
    outputGradients: number,
    normalized: number,
    scales: number,
    gain: number,
    gainGradients: number,
    inputGradients: number,
    rows: number,
    columns: number,
  ): void;
}
