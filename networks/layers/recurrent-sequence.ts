/** Keeps the memory of a recurrent network's steps, and moves states in and out of it. */
import { createBatchBuffer } from '../kernels/batch-buffer.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Trace } from '../kernels/recurrent.ts';

// B sequences, T steps, H units, S numbers of state, G gates.

/** What decides how much memory a step needs. */
export interface CellShape {
  readonly numGates: number; // G
  /** Parts of H numbers in a state: h, or h and c. */
  readonly stateParts: 1 | 2;
  /** Whether the state's product is kept apart from the inputs' part of the gates, or added to it. */
  readonly separateProducts: boolean;
}

/** A trace with the views that the products of single steps need. */
export interface Sequence extends Trace {
  readonly numSteps: number;
  readonly batch: number;
  readonly stepHiddens: readonly Float32Array[]; // T × [B, H]
  readonly stepGates: readonly Float32Array[]; // T × [B, G·H]
  readonly stepProductGradients: readonly Float32Array[]; // T × [B, G·H]
}

/** Makes traces in memory that grows, and keeps the last one for when the next has the same shape. */
export function createSequences(
  kernels: Kernels,
  hiddenDim: number,
  { numGates, stateParts, separateProducts }: CellShape,
  trains: boolean,
): (numSteps: number, batch: number) => Sequence {
  const gateDim = numGates * hiddenDim;
  const gates = createBatchBuffer(kernels, gateDim);
  const hiddens = createBatchBuffer(kernels, hiddenDim);
  const cells = createBatchBuffer(kernels, stateParts === 2 ? hiddenDim : 0);
  const outputs = createBatchBuffer(kernels, hiddenDim);
  const saved = createBatchBuffer(kernels, hiddenDim);
  const gateGradients = createBatchBuffer(kernels, trains ? gateDim : 0);
  const productGradients = separateProducts
    ? createBatchBuffer(kernels, trains ? gateDim : 0)
    : gateGradients;
  let last: Sequence | undefined;

  return (numSteps, batch) => {
    if (last?.numSteps === numSteps && last.batch === batch) return last;
    const rows = numSteps * batch;
    const stepsOf = (array: Float32Array, columns: number) =>
      Array.from({ length: numSteps }, (_, t) =>
        array.subarray(t * batch * columns, (t + 1) * batch * columns),
      );
    const trace: Trace = {
      gates: gates.take(rows),
      hiddens: hiddens.take(rows + batch),
      cells: cells.take(rows + batch),
      outputs: outputs.take(rows),
      saved: saved.take(rows),
      gateGradients: gateGradients.take(rows),
      productGradients: productGradients.take(rows),
    };
    last = {
      ...trace,
      numSteps,
      batch,
      stepHiddens: stepsOf(trace.hiddens, hiddenDim),
      stepGates: stepsOf(trace.gates, gateDim),
      stepProductGradients: stepsOf(trace.productGradients, gateDim),
    };
    return last;
  };
}

/** Zeros, among the rows of `array` from `firstRow` on, those whose flag in `starts` from `firstStart` on is set. */
export function clearStarted(
  array: Float32Array,
  firstRow: number,
  columns: number,
  starts: Uint8Array,
  firstStart: number,
  batch: number,
): void {
  for (let b = 0; b < batch; b++) {
    if (starts[firstStart + b] === 0) continue;
    array.fill(0, (firstRow + b) * columns, (firstRow + b + 1) * columns);
  }
}

/** Copies states [B, S] into the first rows of hiddens and, where there are any, cells. */
export function splitStates(
  states: Float32Array,
  hiddens: Float32Array,
  cells: Float32Array,
  batch: number,
  hiddenDim: number,
  stateDim: number,
): void {
  if (states.length < batch * stateDim) {
    throw new RangeError(`${batch} states have ${batch * stateDim} numbers, but ${states.length} came.`);
  }
  for (let b = 0; b < batch; b++) {
    const from = b * stateDim;
    const to = b * hiddenDim;
    for (let h = 0; h < hiddenDim; h++) hiddens[to + h] = states[from + h];
    for (let h = hiddenDim; h < stateDim; h++) cells[to + h - hiddenDim] = states[from + h];
  }
}

/** The reverse of `splitStates`, for the rows from `row` on. */
export function joinStates(
  states: Float32Array,
  hiddens: Float32Array,
  cells: Float32Array,
  row: number,
  batch: number,
  hiddenDim: number,
  stateDim: number,
): void {
  for (let b = 0; b < batch; b++) {
    const from = (row + b) * hiddenDim;
    const to = b * stateDim;
    for (let h = 0; h < hiddenDim; h++) states[to + h] = hiddens[from + h];
    for (let h = hiddenDim; h < stateDim; h++) states[to + h] = cells[from + h - hiddenDim];
  }
}
