/** Makes any TensorFlow.js model a network: tfjs computes, parameters and gradients lie in the kernels' memory. */
import type { Tensor, Variable } from '@tensorflow/tfjs';
import { ConfigError } from '../core/errors.ts';
import type { Kernels } from './kernels/kernels.ts';
import type { Network } from './network.ts';
import type { LayersModel, TensorFlow } from './tfjs-backend.ts';

export interface TfjsNetwork extends Network {
  /** Writes the parameters into the model's weights: before saving the model, or going on with it elsewhere. */
  updateModel(): void;
}

/** What the model will be used for; a number that is left out may be any. */
export interface NeededShape {
  /** Numbers per input row. */
  readonly inputDim?: number;
  /** Numbers per output row. */
  readonly outputDim?: number;
}

/** A trainable weight of the model and its part of the flat arrays. */
interface Weight {
  readonly variable: Variable;
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** The parameters as integers: comparing these compares bits. */
  readonly bits: Int32Array;
  /** What the variable was last given. */
  writtenBits: Int32Array;
  /** The variable's storage since then; another one means that somebody else has written. */
  storage: object;
}

/**
 * The model must have one input [batch, …] and one output [batch, …] of fixed sizes; rows are flat on our side,
 * whatever their shape in the model. `parameters` are its trainable weights in the order of `trainableWeights`, each
 * row-major, and start as what the model holds; from then on they alone count, so that several networks may be made
 * of one model. They must not change between `forward` and `backward`.
 *
 * The model runs as for inference: dropout and noise layers do nothing, batch normalisation uses its moving averages.
 * Frozen weights stay as they are, and are not among the parameters; regularizers and constraints are not applied.
 *
 * `backward` computes the outputs again, under tfjs's tape, and the input gradients along with the others.
 * @param tf what the model was built with, from `loadTensorFlow` or the program's own import
 * @throws ConfigError `tfjs-model-shape` when the model's input or output cannot be used, or is not the needed one
 * @throws ConfigError `tfjs-model-frozen` when it has nothing to train
 * @throws ConfigError `tfjs-model-fails` when the backend cannot run the model or its gradients
 */
export function createTfjsNetwork(
  kernels: Kernels,
  tf: TensorFlow,
  model: LayersModel,
  needed: NeededShape = {},
): TfjsNetwork {
  const { inputShape, outputShape } = rowShapes(model, needed);
  const inputDim = product(inputShape);
  const outputDim = product(outputShape);
  const variables = model.trainableWeights.map((weight) => weight.read() as Variable);
  if (variables.length === 0) {
    throw new ConfigError(
      'tfjs-model-frozen',
      `The tfjs model "${model.name}" has no trainable weights; set \`trainable\` of at least one layer.`,
    );
  }
  const numParameters = variables.reduce((sum, variable) => sum + variable.size, 0);
  const parameters = kernels.allocate(numParameters);
  const gradients = kernels.allocate(numParameters);
  let offset = 0;
  const weights = variables.map((variable): Weight => {
    const part = parameters.subarray(offset, offset + variable.size);
    const weight = {
      variable,
      parameters: part,
      gradients: gradients.subarray(offset, offset + variable.size),
      bits: new Int32Array(part.buffer, part.byteOffset, part.length),
    };
    part.set(variable.dataSync<'float32'>());
    offset += variable.size;
    return { ...weight, writtenBits: weight.bits.slice(), storage: variable.dataId };
  });
  const outputsFor = createViews(kernels, outputDim);
  const inputGradientsFor = createViews(kernels, inputDim);

  let batch = 0;
  let inputs = new Float32Array(0); // [B, I] of the last forward

  function updateModel(): void {
    for (const weight of weights) {
      const { variable, bits } = weight;
      if (variable.dataId === weight.storage && equal(bits, weight.writtenBits)) continue;
      const values = weight.parameters.slice();
      tf.tidy(() => {
        variable.assign(tf.tensor(values, variable.shape));
      });
      weight.writtenBits = new Int32Array(values.buffer);
      weight.storage = variable.dataId;
    }
  }

  function apply(x: Tensor): Tensor {
    return model.apply(x, { training: false }) as Tensor;
  }

  // Values leave a tidy by side effect: tidy would look for tensors in every element of an array it returns.

  function run(): Float32Array {
    updateModel();
    const outputs = outputsFor(batch);
    tf.tidy(() => {
      outputs.set(apply(tf.tensor(inputs, [batch, ...inputShape])).dataSync<'float32'>());
    });
    return outputs;
  }

  /** @param outputGradients [B, O] */
  function backpropagate(outputGradients: Float32Array<ArrayBuffer>): void {
    updateModel();
    tf.tidy(() => {
      const x = tf.tensor(inputs, [batch, ...inputShape]);
      const dy = tf.tensor(outputGradients, [batch, ...outputShape]);
      const [dx, ...results] = tf.grads(() => apply(x))([x, ...variables], dy);
      inputGradientsFor(batch).set(dx.dataSync<'float32'>());
      for (let w = 0; w < weights.length; w++) {
        addInto(weights[w].gradients, results[w].dataSync<'float32'>());
      }
    });
  }

  /** One row there and back, so that what the backend cannot do shows now and not in the middle of a run. */
  function rehearse(): void {
    batch = 1;
    inputs = new Float32Array(inputDim);
    try {
      run();
      backpropagate(new Float32Array(outputDim).fill(1));
    } catch (cause) {
      const [reason] = String(cause instanceof Error ? cause.message : cause).split('\n');
      throw new ConfigError(
        'tfjs-model-fails',
        `The tfjs model "${model.name}" cannot be trained on the tfjs backend "${tf.getBackend()}": ${reason} ` +
          'Another backend may do.',
        { cause },
      );
    }
    gradients.fill(0);
  }

  rehearse();

  return {
    parameters,
    gradients,
    inputDim,
    outputDim,
    updateModel,

    forward(rows, numRows) {
      kernels.settle();
      batch = numRows;
      inputs = copyOf(rows, batch * inputDim);
      return run();
    },

    backward(outputGradients) {
      kernels.settle();
      backpropagate(copyOf(outputGradients, batch * outputDim));
    },

    inputGradients: () => inputGradientsFor(batch),
  };
}

/** The shapes of one input and one output row. */
function rowShapes(model: LayersModel, needed: NeededShape): { inputShape: number[]; outputShape: number[] } {
  const inputs = (model.inputs ?? []).map((input) => input.shape);
  const outputs = (model.outputs ?? []).map((output) => output.shape);
  const refuse = (need: string) =>
    new ConfigError(
      'tfjs-model-shape',
      `The tfjs model "${model.name}" maps ${inputs.map(shapeText).join(' and ') || 'no known shape'} to ` +
        `${outputs.map(shapeText).join(' and ') || 'no known shape'}, but ${need}.`,
    );
  if (inputs.length !== 1 || outputs.length !== 1) throw refuse('one input and one output are needed');
  const [[inputBatch, ...inputShape], [outputBatch, ...outputShape]] = [inputs[0], outputs[0]];
  if (inputBatch !== null || outputBatch !== null) {
    throw refuse('its batch size must be free (the first dimension null)');
  }
  if (!isFixed(inputShape) || !isFixed(outputShape)) {
    throw refuse('every dimension but the first needs a fixed size');
  }
  const { inputDim = product(inputShape), outputDim = product(outputShape) } = needed;
  if (inputDim !== product(inputShape)) {
    throw refuse(`${inputDim} numbers come in per row, as [null, ${inputDim}] or a shape of as many`);
  }
  if (outputDim !== product(outputShape)) {
    throw refuse(
      `${outputDim} numbers per row are needed out, as [null, ${outputDim}] or a shape of as many`,
    );
  }
  return { inputShape, outputShape };
}

function isFixed(shape: readonly (number | null)[]): shape is number[] {
  return shape.every((size) => size !== null && size > 0);
}

function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map(String).join(', ')}]`;
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

/** The first `length` numbers, in a buffer of their own: tfjs may keep it, and cannot take a shared one everywhere. */
function copyOf(array: Float32Array, length: number): Float32Array<ArrayBuffer> {
  if (array.length < length) {
    throw new RangeError(`${length} numbers are needed for this batch, but ${array.length} came.`);
  }
  return array.slice(0, length);
}

function addInto(sums: Float32Array, terms: Float32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] += terms[i];
}

function equal(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Views [rows, columns] of one buffer, which grows; a number of rows seen before allocates nothing. */
function createViews(kernels: Kernels, columns: number): (rows: number) => Float32Array {
  let buffer = new Float32Array(0) as Float32Array;
  const views = new Map<number, Float32Array>();
  return (rows) => {
    if (rows * columns > buffer.length) {
      buffer = kernels.allocate(Math.max(rows * columns, 2 * buffer.length));
    }
    let view = views.get(rows);
    if (view === undefined) {
      view = buffer.subarray(0, rows * columns);
      views.set(rows, view);
    }
    return view;
  };
}
