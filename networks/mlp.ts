/** Fully connected networks on the SIMD kernels. */
import type { Rng } from '../core/rng.ts';
import { heInto, type Initialization, orthogonalInto } from './initialize.ts';
import type { Activation, Kernels } from './kernels.ts';
import type { Network } from './network.ts';

export interface MlpOptions {
  /** Numbers per input row, ≥ 1. */
  readonly inputDim: number;
  /** Widths of the hidden layers; empty makes a linear map. */
  readonly hidden: readonly number[];
  /** Numbers per output row, ≥ 1. The output layer has no activation. */
  readonly outputDim: number;
  /** Of the hidden layers. */
  readonly activation: 'tanh' | 'relu';
  /** Gain of the output layer's initial weights; the hidden layers' is √2. PPO: 0.01 for a policy, 1 for a value. */
  readonly outputScale: number;
  readonly init: Initialization;
  readonly rng: Rng;
}

/** Where a layer lies in the flat `parameters` and `gradients`: weights [I, O] row-major, then biases [O]. */
export interface DenseLayout {
  readonly weightOffset: number;
  readonly biasOffset: number;
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
  outputs: Float32Array; // [≥ B, O]
  /** d loss / d outputs, then, in place, d loss / d (outputs before the activation). */
  outputGradients: Float32Array; // [≥ B, O]
}

/**
 * Inputs and output gradients that lie in the kernels' memory are used where they are, and must not change between
 * `forward` and `backward`; others are copied in. Buffers grow when a larger batch comes.
 */
export function createMlp(kernels: Kernels, options: MlpOptions): Mlp {
  const { inputDim, outputDim } = options;
  const layout = layOut([inputDim, ...options.hidden, outputDim]);
  const last = layout.length - 1;
  const numParameters = layout[last].biasOffset + outputDim;
  const parameters = kernels.allocate(numParameters);
  const gradients = kernels.allocate(numParameters);
  const initializeInto = options.init === 'orthogonal' ? orthogonalInto : heInto;

  const layers = layout.map((layer, index): Dense => {
    const { weightOffset, biasOffset } = layer;
    const weights = parameters.subarray(weightOffset, biasOffset);
    const gain = index === last ? options.outputScale : Math.SQRT2;
    initializeInto(weights, layer.inputDim, layer.outputDim, gain, options.rng);
    return {
      inputDim: layer.inputDim,
      outputDim: layer.outputDim,
      activation: index === last ? 'identity' : options.activation,
      weights,
      bias: parameters.subarray(biasOffset, biasOffset + layer.outputDim),
      weightGradients: gradients.subarray(weightOffset, biasOffset),
      biasGradients: gradients.subarray(biasOffset, biasOffset + layer.outputDim),
      outputs: parameters.subarray(0, 0),
      outputGradients: parameters.subarray(0, 0),
    };
  });

  let capacity = 0;
  let batch = 0;
  let inputs = parameters.subarray(0, 0); // of the last forward
  let firstGradients = parameters.subarray(0, 0); // d loss / d (first layer before its activation), [B, O]
  let inputBuffer = parameters.subarray(0, 0);
  let inputGradientBuffer = parameters.subarray(0, 0);
  let outputViews = new Map<number, Float32Array>();
  let inputGradientViews = new Map<number, Float32Array>();

  function grow(rows: number): void {
    capacity = Math.max(rows, 2 * capacity);
    for (const layer of layers) {
      layer.outputs = kernels.allocate(capacity * layer.outputDim);
      layer.outputGradients = kernels.allocate(capacity * layer.outputDim);
    }
    inputBuffer = kernels.allocate(capacity * inputDim);
    inputGradientBuffer = kernels.allocate(capacity * inputDim);
    outputViews = new Map();
    inputGradientViews = new Map();
  }

  /** The array itself when the kernels can read it, otherwise `buffer` with its first `length` numbers in it. */
  function inMemory(array: Float32Array, length: number, buffer: Float32Array): Float32Array {
    if (array.length < length) {
      throw new RangeError(`${length} numbers are needed for a batch of ${batch}, but ${array.length} came.`);
    }
    if (kernels.owns(array)) return array;
    buffer.set(array.length === length ? array : array.subarray(0, length));
    return buffer;
  }

  return {
    parameters,
    gradients,
    inputDim,
    outputDim,
    layers: layout,

    forward(rows, numRows) {
      if (numRows > capacity) grow(numRows);
      batch = numRows;
      inputs = inMemory(rows, batch * inputDim, inputBuffer);
      let x = inputs;
      for (let l = 0; l <= last; l++) {
        const layer = layers[l];
        const { outputs } = layer;
        kernels.dense(
          x,
          layer.weights,
          layer.bias,
          outputs,
          batch,
          layer.inputDim,
          layer.outputDim,
          layer.activation,
        );
        x = outputs;
      }
      return viewOf(outputViews, x, batch, outputDim);
    },

    backward(outputGradients) {
      let dy = inMemory(outputGradients, batch * outputDim, layers[last].outputGradients);
      for (let l = last; l >= 0; l--) {
        const layer = layers[l];
        const x = l === 0 ? inputs : layers[l - 1].outputs;
        kernels.activationGradient(
          layer.outputs,
          layer.activation,
          dy,
          layer.biasGradients,
          batch,
          layer.outputDim,
        );
        kernels.multiplyTransposedA(
          x,
          dy,
          layer.weightGradients,
          batch,
          layer.inputDim,
          layer.outputDim,
          true,
        );
        if (l > 0) {
          const dx = layers[l - 1].outputGradients;
          kernels.multiplyTransposedB(dy, layer.weights, dx, batch, layer.outputDim, layer.inputDim, false);
          dy = dx;
        }
      }
      firstGradients = dy;
    },

    inputGradients() {
      const first = layers[0];
      kernels.multiplyTransposedB(
        firstGradients,
        first.weights,
        inputGradientBuffer,
        batch,
        first.outputDim,
        inputDim,
        false,
      );
      return viewOf(inputGradientViews, inputGradientBuffer, batch, inputDim);
    },
  };
}

function layOut(dims: readonly number[]): DenseLayout[] {
  const layers: DenseLayout[] = [];
  let offset = 0;
  for (let l = 0; l + 1 < dims.length; l++) {
    const biasOffset = offset + dims[l] * dims[l + 1];
    layers.push({ weightOffset: offset, biasOffset, inputDim: dims[l], outputDim: dims[l + 1] });
    offset = biasOffset + dims[l + 1];
  }
  return layers;
}

/** `array`'s first `rows` rows; kept, so that a batch size seen before allocates nothing. */
function viewOf(
  views: Map<number, Float32Array>,
  array: Float32Array,
  rows: number,
  columns: number,
): Float32Array {
  let view = views.get(rows);
  if (view === undefined) {
    view = array.subarray(0, rows * columns);
    views.set(rows, view);
  }
  return view;
}
