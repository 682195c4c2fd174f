/** Wraps the kernels for one step of recurrent networks in types. */
import type { Kernels } from './kernels.ts';

/**
 * What a recurrent network keeps of its steps. T steps of B rows, R = T·B, H units, G gates; step t has the rows from
 * t·B on. All of it lies in the kernels' memory.
 */
export interface Trace {
  /** [R, G·H], the inputs' part before the activation, then the gates */
  readonly gates: Float32Array;
  /** [R + B, H], what each step starts from, and after them what the last one leaves */
  readonly hiddens: Float32Array;
  /** [R + B, H], likewise; empty for a GRU */
  readonly cells: Float32Array;
  /** [R, H] */
  readonly outputs: Float32Array;
  /** [R, H], LSTM: tanh of the new cells; GRU: the state's part of the candidates, with its bias. */
  readonly saved: Float32Array;
  /** [R, G·H], d loss / d (the inputs' part before the activation) */
  readonly gateGradients: Float32Array;
  /** [R, G·H], d loss / d (the state's part); LSTM: the same array */
  readonly productGradients: Float32Array;
}

/** Every function does step `row / rows` alone: the rows from `row` on. See networks/kernels/assembly/recurrent.ts. */
export interface RecurrentKernels {
  lstmForward(trace: Trace, row: number, rows: number, units: number): void;
  /**
   * @param hiddenGradients [B, H], d loss / d (this step's output) from the next step
   * @param cellGradients [B, H], d loss / d (this step's new cells) from the next step; becomes this step's
   */
  lstmBackward(
    trace: Trace,
    outputGradients: Float32Array,
    hiddenGradients: Float32Array,
    cellGradients: Float32Array,
    row: number,
    rows: number,
    units: number,
  ): void;
  /** @param products [B, 3H], the state's part of the gates; `bias` [H] is added to the last third */
  gruForward(
    trace: Trace,
    products: Float32Array,
    bias: Float32Array,
    row: number,
    rows: number,
    units: number,
  ): void;
  /** @param hiddenGradients [B, H], as for the LSTM; becomes the part that does not pass through the products */
  gruBackward(
    trace: Trace,
    outputGradients: Float32Array,
    hiddenGradients: Float32Array,
    row: number,
    rows: number,
    units: number,
  ): void;
  /** sums [columns] += the column sums of matrix [rows, stride], of its columns from `offset` on. */
  addColumnSums(
    matrix: Float32Array,
    offset: number,
    stride: number,
    sums: Float32Array,
    rows: number,
    columns: number,
  ): void;
}

export function createRecurrentKernels(kernels: Kernels): RecurrentKernels {
  const { lstmForward, lstmBackward, gruForward, gruBackward, addColumnSums } =
    kernels.exports as unknown as Exports;
  return {
    lstmForward({ gates, cells, saved, outputs, hiddens }, row, rows, units) {
      const here = row * units * 4;
      const next = (row + rows) * units * 4;
      const cell = cells.byteOffset;
      lstmForward(
        gates.byteOffset + 4 * here,
        cell + here,
        cell + next,
        saved.byteOffset + here,
        outputs.byteOffset + here,
        hiddens.byteOffset + next,
        rows,
        units,
      );
    },

    lstmBackward(trace, outputGradients, hiddenGradients, cellGradients, row, rows, units) {
      const here = row * units * 4;
      lstmBackward(
        trace.gates.byteOffset + 4 * here,
        trace.cells.byteOffset + here,
        trace.saved.byteOffset + here,
        outputGradients.byteOffset + here,
        hiddenGradients.byteOffset,
        cellGradients.byteOffset,
        trace.gateGradients.byteOffset + 4 * here,
        rows,
        units,
      );
    },

    gruForward({ gates, saved, hiddens, outputs }, products, bias, row, rows, units) {
      const here = row * units * 4;
      const next = (row + rows) * units * 4;
      gruForward(
        gates.byteOffset + 3 * here,
        products.byteOffset,
        bias.byteOffset,
        saved.byteOffset + here,
        hiddens.byteOffset + here,
        outputs.byteOffset + here,
        hiddens.byteOffset + next,
        rows,
        units,
      );
    },

    gruBackward(trace, outputGradients, hiddenGradients, row, rows, units) {
      const here = row * units * 4;
      gruBackward(
        trace.gates.byteOffset + 3 * here,
        trace.saved.byteOffset + here,
        trace.hiddens.byteOffset + here,
        outputGradients.byteOffset + here,
        hiddenGradients.byteOffset,
        trace.gateGradients.byteOffset + 3 * here,
        trace.productGradients.byteOffset + 3 * here,
        rows,
        units,
      );
    },

    addColumnSums(matrix, offset, stride, sums, rows, columns) {
      addColumnSums(matrix.byteOffset + 4 * offset, 4 * stride, sums.byteOffset, rows, columns);
    },
  };
}

/** Addresses are in bytes. */
interface Exports {
  lstmForward(
    gates: number,
    cells: number,
    nextCells: number,
    tanhCells: number,
    outputs: number,
    nextHiddens: number,
    rows: number,
    units: number,
  ): void;
  lstmBackward(
    gates: number,
    cells: number,
    tanhCells: number,
    outputGradients: number,
    hiddenGradients: number,
    cellGradients: number,
    gateGradients: number,
    rows: number,
    units: number,
  ): void;
  gruForward(
    gates: number,
    products: number,
    bias: number,
    candidates: number,
    hiddens: number,
    outputs: number,
    nextHiddens: number,
    rows: number,
    units: number,
  ): void;
  gruBackward(
    gates: number,
    candidates: number,
    hiddens: number,
    outputGradients: number,
    hiddenGradients: number,
    gateGradients: number,
    productGradients: number,
    rows: number,
    units: number,
  ): void;
  addColumnSums(matrix: number, stride: number, sums: number, rows: number, columns: number): void;
}
