/** Cuts a table into bins, in the memory of the kernels that grow trees on it. */

import { DataError } from '../../core/errors.ts';
import { kernelLayout } from '../../networks/kernels/layout.ts';
import type { FeatureTable } from '../data/feature-table.ts';
import { ColumnSorter, cutColumn } from './cuts.ts';
import type { TreeKernels } from './kernels.ts';

/** N rows, C columns: the table's, padded to whole panels of eight (bins of one byte) or four (two bytes). */
export interface BinnedTable {
  readonly numRows: number;
  readonly numColumns: number;
  readonly numPanels: number;
  readonly paddedColumns: number; // C
  readonly isWide: boolean;
  readonly cuts: readonly Float32Array[];
  readonly floors: Float32Array;
  /** [C] */
  readonly hasMissing: Uint8Array;
  /** Where each column's bins start in a histogram, [C + 1]; a column with missing values has one bin more. */
  readonly offsets: Int32Array;
  /** The address of [panels, N, 8 bytes]. */
  readonly address: number;
}

/**
 * @param weights of the rows, or undefined; quantiles are weighted
 * @throws DataError `table-too-large`
 */
export function binTable(
  kernels: TreeKernels,
  table: FeatureTable,
  weights: Float32Array | undefined,
  maxBins: number,
): BinnedTable {
  const { numRows, numColumns } = table;
  // A command has a chunk for each panel, of four columns where bins are wide.
  const maxColumns = 4 * kernelLayout().MAX_CHUNKS;
  if (numColumns > maxColumns) {
    throw new DataError(
      'table-too-large',
      `Trees grow on ${maxColumns} columns at most, not on ${numColumns}.`,
    );
  }
  const sorter = new ColumnSorter(numRows);
  const cuts: Float32Array[] = [];
  const floors = new Float32Array(numColumns);
  const missing = new Uint8Array(numColumns);
  // Where one byte may not do, cuts come first; elsewhere the sorted column is used at once.
  const mayBeWide = maxBins > 256 || (maxBins === 256 && table.values.some(Number.isNaN));
  let codes = mayBeWide ? undefined : allocate(kernels, numRows, numColumns, 8);
  for (let column = 0; column < numColumns; column++) {
    sorter.sort(table, column);
    const found = cutColumn(sorter, weights, maxBins);
    cuts.push(found.cuts);
    floors[column] = found.floor;
    missing[column] = sorter.numPresent < numRows ? 1 : 0;
    if (codes !== undefined) writeCodes(sorter, found.cuts, codes, column, numRows);
  }
  if (codes === undefined) {
    const isWide = cuts.some(({ length }, column) => length + missing[column] > 256);
    codes = allocate(kernels, numRows, numColumns, isWide ? 4 : 8);
    for (let column = 0; column < numColumns; column++) {
      sorter.sort(table, column);
      writeCodes(sorter, cuts[column], codes, column, numRows);
    }
  }
  const isWide = codes instanceof Uint16Array;
  const lanes = isWide ? 4 : 8;
  const numPanels = Math.ceil(numColumns / lanes);
  const paddedColumns = numPanels * lanes;
  const hasMissing = new Uint8Array(paddedColumns);
  hasMissing.set(missing);
  const offsets = new Int32Array(paddedColumns + 1);
  for (let column = 0; column < paddedColumns; column++) {
    const bins = column < numColumns ? cuts[column].length + hasMissing[column] : 1;
    offsets[column + 1] = offsets[column] + bins;
  }
  return {
    numRows,
    numColumns,
    numPanels,
    paddedColumns,
    isWide,
    cuts,
    floors,
    hasMissing,
    offsets,
    address: codes.byteOffset,
  };
}

type Codes = Uint8Array | Uint16Array;

function allocate(kernels: TreeKernels, numRows: number, numColumns: number, lanes: number): Codes {
  const bytes = Math.ceil(numColumns / lanes) * numRows * 8;
  const address = kernels.reserve(bytes);
  return lanes === 8 ? kernels.bytes(address, bytes) : kernels.halves(address, bytes / 2);
}

/** Writes the bin of every row of a column; the missing bin follows the others. */
function writeCodes(
  { rows, values, numPresent }: ColumnSorter,
  cuts: Float32Array,
  codes: Codes,
  column: number,
  numRows: number,
): void {
  const lanes = 8 / codes.BYTES_PER_ELEMENT;
  const start = Math.floor(column / lanes) * numRows * lanes + (column % lanes);
  if (numPresent < numRows) {
    for (let row = 0; row < numRows; row++) codes[start + row * lanes] = cuts.length;
  }
  let bin = 0;
  for (let i = 0; i < numPresent; i++) {
    while (values[i] >= cuts[bin] && bin < cuts.length - 1) bin++;
    codes[start + rows[i] * lanes] = bin;
  }
}
