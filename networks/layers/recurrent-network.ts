/** Runs LSTM and GRU alike: memory, products, masks, and back-propagation through time. */
import { createBatchBuffer } from '../kernels/batch-buffer.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { createRecurrentKernels, type Trace } from '../kernels/recurrent.ts';
import type { ParameterBlock } from '../network.ts';
import { orthogonalInto } from './initialize.ts';
import { allocateBlock } from './layer.ts';
import type { RecurrentLayout, RecurrentNetwork, RecurrentOptions } from './recurrent.ts';
import {
  type CellShape,
  clearStarted,
  createSequences,
  joinStates,
  type Sequence,
  splitStates,
} from './recurrent-sequence.ts';

// B sequences, T steps, R = T·B rows, I inputs, H units, S numbers of state, G gates.

/** What an LSTM and a GRU differ in. */
export interface Cell extends CellShape {
  /** The gate whose bias starts at 1. */
  readonly openGate: number | undefined;
  /**
   * @param products [B, G·H], the state's product, where it is kept apart
   * @param candidateBias [H], of the state's part of a GRU's n
   */
  forward(trace: Trace, products: Float32Array, candidateBias: Float32Array, row: number, rows: number): void;
  /**
   * @param hiddenGradients [B, H], from the next step; what passes through the product is left to the caller
   * @param cellGradients [B, H], from the next step; becomes this step's
   */
  backward(
    trace: Trace,
    outputGradients: Float32Array,
    hiddenGradients: Float32Array,
    cellGradients: Float32Array,
    row: number,
    rows: number,
  ): void;
}

/** @param block memory for the parameters where it is not to be allocated here */
export function createRecurrentNetwork(
  kernels: Kernels,
  options: RecurrentOptions,
  cell: Cell,
  block: ParameterBlock = allocateBlock(kernels, numRecurrentParameters(options, cell.numGates)),
): RecurrentNetwork {
  const { inputDim, hiddenDim } = options;
  const { parameters, gradients } = block;
  const { addColumnSums } = createRecurrentKernels(kernels);
  const { separateProducts } = cell;
  const hasCells = cell.stateParts === 2;
  const gateDim = cell.numGates * hiddenDim;
  const stateDim = cell.stateParts * hiddenDim;
  const layout: RecurrentLayout = {
    inputWeightOffset: 0,
    recurrentWeightOffset: inputDim * gateDim,
    biasOffset: (inputDim + hiddenDim) * gateDim,
  };
  const weights = partsOf(parameters, layout, hiddenDim);
  const slopes = partsOf(gradients, layout, hiddenDim);
  initialize(weights, options, cell);

  const steps = createSequences(kernels, hiddenDim, cell, false);
  const sequences = createSequences(kernels, hiddenDim, cell, true);
  const stepInputs = createBatchBuffer(kernels, inputDim);
  const sequenceInputs = createBatchBuffer(kernels, inputDim);
  const productBuffer = createBatchBuffer(kernels, separateProducts ? gateDim : 0);
  const outputGradientBuffer = createBatchBuffer(kernels, hiddenDim);
  const inputGradientBuffer = createBatchBuffer(kernels, inputDim);
  const hiddenGradientBuffer = createBatchBuffer(kernels, hiddenDim);
  const cellGradientBuffer = createBatchBuffer(kernels, hasCells ? hiddenDim : 0);
  const finalStateBuffer = createBatchBuffer(kernels, stateDim);
  const stateGradientBuffer = createBatchBuffer(kernels, stateDim);

  // Of the last forward.
  let sequence = sequences(1, 1);
  let inputs = sequenceInputs.take(1);
  let starts: Uint8Array | undefined;

  function run(along: Sequence, rows: Float32Array, begins: Uint8Array | undefined): void {
    const { numSteps, batch, hiddens, cells, gates, stepHiddens, stepGates } = along;
    const numRows = numSteps * batch;
    kernels.dense(rows, weights.input, weights.biases, gates, numRows, inputDim, gateDim, 'identity');
    for (let t = 0; t < numSteps; t++) {
      const row = t * batch;
      if (begins !== undefined) {
        clearStarted(hiddens, row, hiddenDim, begins, row, batch);
        if (hasCells) clearStarted(cells, row, hiddenDim, begins, row, batch);
      }
      const products = separateProducts ? productBuffer.take(batch) : stepGates[t];
      const accumulate = !separateProducts;
      kernels.multiply(stepHiddens[t], weights.recurrent, products, batch, hiddenDim, gateDim, accumulate);
      cell.forward(along, products, weights.candidateBias, row, batch);
    }
  }

  return {
    parameters,
    gradients,
    inputDim,
    hiddenDim,
    stateDim,
    layout,

    step(rows, states, batch) {
      kernels.settle();
      const step = steps(1, batch);
      splitStates(states, step.hiddens, step.cells, batch, hiddenDim, stateDim);
      run(step, stepInputs.hold(rows, batch), undefined);
      joinStates(states, step.hiddens, step.cells, batch, batch, hiddenDim, stateDim);
      return step.outputs;
    },

    forward(rows, initialStates, begins, numSteps, batch) {
      if (begins !== undefined && begins.length < numSteps * batch) {
        throw new RangeError(`${numSteps * batch} starts are needed, but ${begins.length} came.`);
      }
      kernels.settle();
      sequence = sequences(numSteps, batch);
      inputs = sequenceInputs.hold(rows, numSteps * batch);
      starts = begins;
      const { hiddens, cells, outputs } = sequence;
      if (initialStates === undefined) {
        hiddens.fill(0, 0, batch * hiddenDim);
        if (hasCells) cells.fill(0, 0, batch * hiddenDim);
      } else splitStates(initialStates, hiddens, cells, batch, hiddenDim, stateDim);
      run(sequence, inputs, starts);
      return outputs;
    },

    finalStates() {
      const { hiddens, cells, numSteps, batch } = sequence;
      const states = finalStateBuffer.take(batch);
      joinStates(states, hiddens, cells, numSteps * batch, batch, hiddenDim, stateDim);
      return states;
    },

    backward(outputGradients, finalStateGradients) {
      kernels.settle();
      const { numSteps, batch, hiddens, gateGradients, productGradients, stepProductGradients } = sequence;
      const numRows = numSteps * batch;
      const dy = outputGradientBuffer.hold(outputGradients, numRows);
      const dh = hiddenGradientBuffer.take(batch);
      const dc = cellGradientBuffer.take(batch);
      if (finalStateGradients === undefined) {
        dh.fill(0);
        dc.fill(0);
      } else splitStates(finalStateGradients, dh, dc, batch, hiddenDim, stateDim);
      for (let t = numSteps - 1; t >= 0; t--) {
        const row = t * batch;
        cell.backward(sequence, dy, dh, dc, row, batch);
        const dp = stepProductGradients[t];
        kernels.multiplyTransposedB(dp, weights.recurrent, dh, batch, gateDim, hiddenDim, separateProducts);
        if (starts !== undefined) {
          clearStarted(dh, 0, hiddenDim, starts, row, batch);
          if (hasCells) clearStarted(dc, 0, hiddenDim, starts, row, batch);
        }
      }
      joinStates(stateGradientBuffer.take(batch), dh, dc, 0, batch, hiddenDim, stateDim);

      kernels.multiplyTransposedA(inputs, gateGradients, slopes.input, numRows, inputDim, gateDim, true);
      const dRecurrent = slopes.recurrent;
      kernels.multiplyTransposedA(hiddens, productGradients, dRecurrent, numRows, hiddenDim, gateDim, true);
      addColumnSums(gateGradients, 0, gateDim, slopes.biases, numRows, gateDim);
      if (separateProducts) {
        const candidates = gateDim - hiddenDim;
        addColumnSums(productGradients, candidates, gateDim, slopes.candidateBias, numRows, hiddenDim);
      }
    },

    inputGradients() {
      const { numSteps, batch, gateGradients } = sequence;
      const numRows = numSteps * batch;
      const dx = inputGradientBuffer.take(numRows);
      kernels.multiplyTransposedB(gateGradients, weights.input, dx, numRows, gateDim, inputDim, false);
      return dx;
    },

    initialStateGradients: () => stateGradientBuffer.take(sequence.batch),
  };
}

export function numRecurrentParameters(
  { inputDim, hiddenDim }: { readonly inputDim: number; readonly hiddenDim: number },
  numGates: number,
): number {
  return (inputDim + hiddenDim) * numGates * hiddenDim + 4 * hiddenDim;
}

interface Parts {
  readonly input: Float32Array; // [I, G·H]
  readonly recurrent: Float32Array; // [H, G·H]
  readonly biases: Float32Array; // [4H]
  readonly candidateBias: Float32Array; // [H], the last of them
}

function partsOf(array: Float32Array, layout: RecurrentLayout, hiddenDim: number): Parts {
  const { inputWeightOffset, recurrentWeightOffset, biasOffset } = layout;
  const biases = array.subarray(biasOffset, biasOffset + 4 * hiddenDim);
  return {
    input: array.subarray(inputWeightOffset, recurrentWeightOffset),
    recurrent: array.subarray(recurrentWeightOffset, biasOffset),
    biases,
    candidateBias: biases.subarray(3 * hiddenDim),
  };
}

function initialize(
  { input, recurrent, biases }: Parts,
  { inputDim, hiddenDim, init, rng }: RecurrentOptions,
  { numGates, openGate }: Cell,
): void {
  if (init === 'uniform') {
    const bound = 1 / Math.sqrt(hiddenDim);
    for (const part of [input, recurrent, biases]) {
      for (let i = 0; i < part.length; i++) part[i] = bound * (2 * rng.uniform() - 1);
    }
    return;
  }
  for (const [part, rows] of [
    [input, inputDim],
    [recurrent, hiddenDim],
  ] as const) {
    const gateWeights = new Float32Array(rows * hiddenDim);
    for (let gate = 0; gate < numGates; gate++) {
      orthogonalInto(gateWeights, rows, hiddenDim, 1, rng);
      for (let i = 0; i < rows; i++) {
        const row = gateWeights.subarray(i * hiddenDim, (i + 1) * hiddenDim);
        part.set(row, (i * numGates + gate) * hiddenDim);
      }
    }
  }
  if (openGate !== undefined) biases.fill(1, openGate * hiddenDim, (openGate + 1) * hiddenDim);
}
