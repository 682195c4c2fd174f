/**
 * Convolves a window of rows in one dimension, such as candles, without padding.
 * Source: LeCun et al. (1989), https://doi.org/10.1162/neco.1989.1.4.541 (shared weights); dilation as in Yu & Koltun
 * (2016), https://arxiv.org/abs/1511.07122, equation 2. Like all networks' "convolutions", a cross-correlation.
 */
import { ConfigError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { createBatchBuffer } from '../kernels/batch-buffer.ts';
import type { Activation } from '../kernels/kernels.ts';
import { heInto, type Initialization, orthogonalInto } from './initialize.ts';
import type { Layer } from './layer.ts';

export interface Conv1dOptions {
  /** Rows of the window, W ≥ 1, oldest first. */
  readonly window: number;
  /** Numbers in a row, F ≥ 1. */
  readonly features: number;
  /** Numbers in a row of the output, C ≥ 1. */
  readonly channels: number;
  /** Rows that one output row sees, K ≥ 1. */
  readonly kernelSize: number;
  /** Rows between the beginnings of two patches, ≥ 1. Default 1. */
  readonly stride?: number;
  /** Rows between two neighbours in a patch, ≥ 1. Default 1. */
  readonly dilation?: number;
  readonly activation: Activation;
  /** Initial weights have gain √2 and fan-in K·F; biases are 0. */
  readonly init: Initialization;
  readonly rng: Rng;
}

export interface Conv1dLayer extends Layer {
  /** Rows of the output, P = ⌊(W − dilation·(K − 1) − 1) / stride⌋ + 1. */
  readonly outputWindow: number;
}

/**
 * outputs[b, p, c] = activation(bias[c] + Σ_k,f inputs[b, p·stride + k·dilation, f] · weights[k, f, c]).
 * Inputs are [B, W·F], outputs [B, P·C]; parameters: weights [K·F, C], then biases [C].
 * @throws ConfigError `window-too-short` when not one patch fits
 */
export function conv1dLayer(options: Conv1dOptions): Conv1dLayer {
  const { window, features, channels, kernelSize, stride = 1, dilation = 1, activation } = options;
  const span = dilation * (kernelSize - 1) + 1;
  if (span > window) {
    throw new ConfigError(
      'window-too-short',
      `A convolution of size ${kernelSize} and dilation ${dilation} spans ${span} rows, but the window has ${window}.`,
    );
  }
  const numPatches = Math.floor((window - span) / stride) + 1;
  const patchDim = kernelSize * features;
  const inputDim = window * features;
  const outputDim = numPatches * channels;
  const biasOffset = patchDim * channels;
  return {
    inputDim,
    outputDim,
    outputWindow: numPatches,
    numParameters: biasOffset + channels,

    create(kernels, { parameters, gradients }) {
      const { unfold, fold } = kernels.exports as unknown as Exports;
      const weights = parameters.subarray(0, biasOffset);
      const bias = parameters.subarray(biasOffset);
      const weightGradients = gradients.subarray(0, biasOffset);
      const biasGradients = gradients.subarray(biasOffset);
      const initializeInto = options.init === 'orthogonal' ? orthogonalInto : heInto;
      initializeInto(weights, patchDim, channels, Math.SQRT2, options.rng);

      const inputBuffer = createBatchBuffer(kernels, inputDim);
      const patchBuffer = createBatchBuffer(kernels, numPatches * patchDim);
      const outputBuffer = createBatchBuffer(kernels, outputDim);
      const outputGradientBuffer = createBatchBuffer(kernels, outputDim);
      const patchGradientBuffer = createBatchBuffer(kernels, numPatches * patchDim);
      const inputGradientBuffer = createBatchBuffer(kernels, inputDim);
      let batch = 0;

      return {
        parameters,
        gradients,
        inputDim,
        outputDim,

        forward(rows, numRows) {
          batch = numRows;
          const from = inputBuffer.hold(rows, batch).byteOffset;
          const patches = patchBuffer.take(batch);
          const to = patches.byteOffset;
          unfold(from, to, batch, window, features, numPatches, kernelSize, stride, dilation);
          const outputs = outputBuffer.take(batch);
          const numRowsOut = batch * numPatches;
          kernels.dense(patches, weights, bias, outputs, numRowsOut, patchDim, channels, activation);
          return outputs;
        },

        backward(outputGradients) {
          // The gradient goes through the activation in place, so that the caller's array must be copied.
          kernels.settle();
          const dy = outputGradientBuffer.take(batch);
          dy.set(
            outputGradients.length === dy.length ? outputGradients : outputGradients.subarray(0, dy.length),
          );
          const rows = batch * numPatches;
          const outputs = outputBuffer.take(batch);
          kernels.activationGradient(outputs, activation, dy, biasGradients, rows, channels);
          const patches = patchBuffer.take(batch);
          kernels.multiplyTransposedA(patches, dy, weightGradients, rows, patchDim, channels, true);
        },

        describe: () => [
          {
            kind: 'conv1d',
            weights,
            bias,
            window,
            features,
            channels,
            kernelSize,
            stride,
            dilation,
            activation,
          },
        ],

        inputGradients() {
          const dy = outputGradientBuffer.take(batch);
          const dPatches = patchGradientBuffer.take(batch);
          const rows = batch * numPatches;
          kernels.multiplyTransposedB(dy, weights, dPatches, rows, channels, patchDim, false);
          const dx = inputGradientBuffer.take(batch);
          const from = dPatches.byteOffset;
          const to = dx.byteOffset;
          fold(from, to, batch, window, features, numPatches, kernelSize, stride, dilation);
          return dx;
        },
      };
    },
  };
}

/** See networks/kernels/assembly/convolution.ts; addresses are in bytes. */
interface Exports {
  unfold(
    inputs: number,
    patches: number,
    batch: number,
    window: number,
    features: number,
    numPatches: number,
    kernelSize: number,
    stride: number,
    dilation: number,
  ): void;
  fold(
    patchGradients: number,
    inputGradients: number,
    batch: number,
    window: number,
    features: number,
    numPatches: number,
    kernelSize: number,
    stride: number,
    dilation: number,
  ): void;
}
