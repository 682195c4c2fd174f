/** Makes fully connected networks on the SIMD kernels. */
import type { Rng } from '../../core/rng.ts';
import { type BatchBuffer, createBatchBuffer } from '../kernels/batch-buffer.ts';
import type { Activation, Kernels } from '../kernels/kernels.ts';
import type { Network, ParameterBlock } from '../network.ts';
import type { NetworkStep } from '../steps.ts';
import { heInto, type Initialization, orthogonalInto } from './initialize.ts';
import { allocateBlock, type Layer } from './layer.ts';
import { createLayerNormKernels, LAYER_NORM_EPSILON } from './layer-norm.ts';

export interface MlpOptions {
  /** Numbers per input row, ≥ 1. */
  readonly inputDim: number;
  /** Widths of the hidden layers; empty makes a linear map. */
  readonly hidden: readonly number[];
  /** Numbers per output row, ≥ 1. */
  readonly outputDim: number;
  /** Of the hidden layers. */
  readonly activation: 'tanh' | 'relu';
  /** Of the output layer. Default: identity. */
  readonly outputActivation?: Activation;
  /** Whether hidden layers are normalised before their activation (Ba et al., 2016). Default: no. */
  readonly layerNorm?: boolean;
  /** Gain of the output layer's initial weights; the hidden layers' is √2. PPO: 0.01 for a policy, 1 for a value. */
  readonly outputScale: number;
  readonly init: Initialization;
  readonly rng: Rng;
}

/**
 * Where a layer lies in the flat `parameters` and `gradients`: weights [I, O] row-major, then biases [O], then, in a
 * normalised layer, the normalisation's gains [O] and biases [O].
 */
export interface DenseLayout {
  readonly weightOffset: number;
  readonly biasOffset: number;
  /** Undefined where nothing is normalised. */
  readonly normOffset: number | undefined;
  readonly inputDim: number;
  readonly outputDim: number;
}

export interface Mlp extends Network {
  readonly layers: readonly DenseLayout[];
}

interface Dense {
  readonly inputDim: number;
  readonly outputDim: number;
  readonly activation: Activation;
  readonly weights: Float32Array; // [I, O]
  readonly bias: Float32Array; // [O]
  readonly weightGradients: Float32Array; // [I, O]
  readonly biasGradients: Float32Array; // [O]
  readonly outputs: BatchBuffer; // [B, O]
  /** d loss / d outputs, then, in place, d loss / d (outputs before normalisation and activation). */
  readonly outputGradients: BatchBuffer; // [B, O]
  /** Some rows of `outputs`, for gradients of these alone. */
  readonly someOutputs: BatchBuffer; // [R, O]
  readonly norm: Norm | undefined;
}

interface Norm {
  readonly gain: Float32Array; // [O]
  readonly bias: Float32Array; // [O]
  readonly gainGradients: Float32Array; // [O]
  readonly biasGradients: Float32Array; // [O]
  readonly normalized: BatchBuffer; // [B, O]
  readonly scales: BatchBuffer; // [B]
}

/**
 * Inputs and output gradients that lie in the kernels' memory are used where they are, and must not change between
 * `forward` and `backward`; others are copied in. Buffers grow when a larger batch comes.
 * @param block memory for the parameters where it is not to be allocated here
 */
export function createMlp(
  kernels: Kernels,
  options: MlpOptions,
  block: ParameterBlock = allocateBlock(kernels, layOut(options).numParameters),
): Mlp {
  const { inputDim, outputDim, outputActivation = 'identity' } = options;
  const { layers: layout } = layOut(options);
  const last = layout.length - 1;
  const { parameters, gradients } = block;
  const layerNorm = createLayerNormKernels(kernels);
  const initializeInto = options.init === 'orthogonal' ? orthogonalInto : heInto;

  const layers = layout.map((layer, index): Dense => {
    const { weightOffset, biasOffset, normOffset } = layer;
    const weights = parameters.subarray(weightOffset, biasOffset);
    const gain = index === last ? options.outputScale : Math.SQRT2;
    initializeInto(weights, layer.inputDim, layer.outputDim, gain, options.rng);
    return {
      inputDim: layer.inputDim,
      outputDim: layer.outputDim,
      activation: index === last ? outputActivation : options.activation,
      weights,
      bias: parameters.subarray(biasOffset, biasOffset + layer.outputDim),
      weightGradients: gradients.subarray(weightOffset, biasOffset),
      biasGradients: gradients.subarray(biasOffset, biasOffset + layer.outputDim),
      outputs: createBatchBuffer(kernels, layer.outputDim),
      outputGradients: createBatchBuffer(kernels, layer.outputDim),
      someOutputs: createBatchBuffer(kernels, layer.outputDim),
      norm: normOffset === undefined ? undefined : normAt(normOffset, layer.outputDim),
    };
  });

  function normAt(offset: number, dim: number): Norm {
    return {
      gain: parameters.subarray(offset, offset + dim).fill(1),
      bias: parameters.subarray(offset + dim, offset + 2 * dim),
      gainGradients: gradients.subarray(offset, offset + dim),
      biasGradients: gradients.subarray(offset + dim, offset + 2 * dim),
      normalized: createBatchBuffer(kernels, dim),
      scales: createBatchBuffer(kernels, 1),
    };
  }

  const inputBuffer = createBatchBuffer(kernels, inputDim);
  const inputGradientBuffer = createBatchBuffer(kernels, inputDim);
  // Where the bias gradients go when none are wanted.
  const ignored = kernels.allocate(Math.max(...layout.map((layer) => layer.outputDim)));
  let batch = 0;
  let inputs = parameters.subarray(0, 0); // of the last forward
  let firstGradients = parameters.subarray(0, 0); // d loss / d (first layer before its activation), [B, O]

  /** @returns d loss / d (first layer before its activation), [B, O] */
  function backpropagate(outputGradients: Float32Array, withParameters: boolean): Float32Array {
    let dy = layers[last].outputGradients.hold(outputGradients, batch);
    if (outputActivation !== 'identity' && dy === outputGradients) {
      // The gradient goes through the activation in place, and the array is the caller's.
      kernels.settle();
      dy = layers[last].outputGradients.take(batch);
      dy.set(outputGradients.subarray(0, dy.length));
    }
    for (let l = last; l >= 0; l--) {
      const layer = layers[l];
      const { activation, norm, inputDim: rows, outputDim: columns } = layer;
      const outputs = layer.outputs.take(batch);
      const biasGradients = withParameters ? layer.biasGradients : ignored;
      if (norm === undefined) {
        kernels.activationGradient(outputs, activation, dy, biasGradients, batch, columns);
      } else {
        const normalized = norm.normalized.take(batch);
        const scales = norm.scales.take(batch);
        const normBias = withParameters ? norm.biasGradients : ignored;
        const gainGradients = withParameters ? norm.gainGradients : ignored;
        kernels.activationGradient(outputs, activation, dy, normBias, batch, columns);
        layerNorm.backward(dy, normalized, scales, norm.gain, gainGradients, dy, batch, columns);
        kernels.activationGradient(outputs, 'identity', dy, biasGradients, batch, columns);
      }
      if (withParameters) {
        const x = l === 0 ? inputs : layers[l - 1].outputs.take(batch);
        kernels.multiplyTransposedA(x, dy, layer.weightGradients, batch, rows, columns, true);
      }
      if (l > 0) {
        const dx = layers[l - 1].outputGradients.take(batch);
        kernels.multiplyTransposedB(dy, layer.weights, dx, batch, columns, rows, false);
        dy = dx;
      }
    }
    return dy;
  }

  /** Of a network without normalisation: `backpropagate` for some rows, without parameters. */
  function backpropagateRows(outputGradients: Float32Array, rows: Int32Array): Float32Array {
    let dy = layers[last].outputGradients.hold(outputGradients, rows.length);
    for (let l = last; l > 0; l--) {
      const { weights, outputDim: columns } = layers[l];
      const { activation, outputs, outputDim, someOutputs, outputGradients: below } = layers[l - 1];
      const dx = below.take(rows.length);
      const y = someOutputs.take(rows.length);
      kernels.multiplyTransposedB(dy, weights, dx, rows.length, columns, outputDim, false);
      kernels.gatherRows(y, outputs.take(batch), rows, outputDim);
      kernels.activationGradient(y, activation, dx, ignored, rows.length, outputDim);
      dy = dx;
    }
    return dy;
  }

  function inputGradientsFrom(dy: Float32Array, numRows: number): Float32Array {
    const { weights, outputDim: columns } = layers[0];
    const dx = inputGradientBuffer.take(numRows);
    kernels.multiplyTransposedB(dy, weights, dx, numRows, columns, inputDim, false);
    return dx;
  }

  return {
    parameters,
    gradients,
    inputDim,
    outputDim,
    layers: layout,

    forward(rows, numRows) {
      batch = numRows;
      inputs = inputBuffer.hold(rows, batch);
      let x = inputs;
      for (let l = 0; l <= last; l++) {
        const layer = layers[l];
        const { norm, activation } = layer;
        const columns = layer.outputDim;
        const outputs = layer.outputs.take(batch);
        const dense = norm === undefined ? activation : 'identity';
        kernels.dense(x, layer.weights, layer.bias, outputs, batch, layer.inputDim, columns, dense);
        if (norm !== undefined) {
          const normalized = norm.normalized.take(batch);
          const scales = norm.scales.take(batch);
          layerNorm.forward(outputs, norm.gain, norm.bias, normalized, scales, outputs, batch, columns);
          kernels.activate(outputs, batch * columns, activation);
        }
        x = outputs;
      }
      return x;
    },

    describe: () =>
      layers.flatMap(({ weights, bias, activation, norm }): NetworkStep[] =>
        norm === undefined
          ? [{ kind: 'dense', weights, bias, activation }]
          : [
              { kind: 'dense', weights, bias, activation: 'identity' },
              { kind: 'layer-norm', gain: norm.gain, bias: norm.bias, epsilon: LAYER_NORM_EPSILON },
              { kind: 'activation', activation },
            ],
      ),

    backward(outputGradients) {
      firstGradients = backpropagate(outputGradients, true);
    },

    inputGradients: () => inputGradientsFrom(firstGradients, batch),

    inputGradientsOf: (outputGradients) => inputGradientsFrom(backpropagate(outputGradients, false), batch),

    ...(options.layerNorm !== true &&
      outputActivation === 'identity' && {
        inputGradientsOfRows: (outputGradients: Float32Array, rows: Int32Array) =>
          inputGradientsFrom(backpropagateRows(outputGradients, rows), rows.length),
      }),
  };
}

/** `createMlp` as a layer of a composed network. */
export function mlpLayer(options: MlpOptions): Layer {
  return {
    inputDim: options.inputDim,
    outputDim: options.outputDim,
    numParameters: layOut(options).numParameters,
    create: (kernels, block) => createMlp(kernels, options, block),
  };
}

function layOut({ inputDim, hidden, outputDim, layerNorm = false }: MlpOptions): {
  readonly layers: readonly DenseLayout[];
  readonly numParameters: number;
} {
  const layers: DenseLayout[] = [];
  const dims = [inputDim, ...hidden, outputDim];
  let offset = 0;
  for (let l = 0; l + 1 < dims.length; l++) {
    const columns = dims[l + 1];
    const biasOffset = offset + dims[l] * columns;
    const weightOffset = offset;
    offset = biasOffset + columns;
    const normOffset = layerNorm && l < hidden.length ? offset : undefined;
    if (normOffset !== undefined) offset += 2 * columns;
    layers.push({ weightOffset, biasOffset, normOffset, inputDim: dims[l], outputDim: columns });
  }
  return { layers, numParameters: offset };
}
