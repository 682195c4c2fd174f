/** Brings columns to mean 0 and deviation 1, by what some rows alone say. */
import type { FeatureTable } from './feature-table.ts';

/** F columns. */
export interface Scaler {
  /** [F] */
  readonly means: Float64Array;
  /** [F], 1 where a column does not vary. */
  readonly deviations: Float64Array;
}

/** @param rows the rows to learn from; no other row has any influence. Missing values count for nothing. */
export function fitScaler({ values, numColumns }: FeatureTable, rows: ArrayLike<number>): Scaler {
  const means = new Float64Array(numColumns);
  const deviations = new Float64Array(numColumns);
  for (let c = 0; c < numColumns; c++) {
    let count = 0;
    let sum = 0;
    for (let i = 0; i < rows.length; i++) {
      const value = values[rows[i] * numColumns + c];
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
    }
    const mean = count === 0 ? 0 : sum / count;
    let squares = 0;
    for (let i = 0; i < rows.length; i++) {
      const value = values[rows[i] * numColumns + c];
      if (!Number.isNaN(value)) squares += (value - mean) * (value - mean);
    }
    const deviation = count === 0 ? 0 : Math.sqrt(squares / count);
    means[c] = mean;
    // What only rounding keeps from zero is no variation.
    deviations[c] = deviation > 1e-7 * Math.abs(mean) ? deviation : 1;
  }
  return { means, deviations };
}

/**
 * Writes rows of `from` from element `fromOffset` on, scaled, into `to` from `toOffset` on.
 * @param numValues a multiple of F
 */
export function scaleInto(
  to: Float32Array,
  toOffset: number,
  from: Float32Array,
  fromOffset: number,
  numValues: number,
  { means, deviations }: Scaler,
): void {
  const numColumns = means.length;
  for (let i = 0, c = 0; i < numValues; i++) {
    to[toOffset + i] = (from[fromOffset + i] - means[c]) / deviations[c];
    if (++c === numColumns) c = 0;
  }
}

export function scaleTable(table: FeatureTable, scaler: Scaler): FeatureTable {
  const values = new Float32Array(table.values.length);
  scaleInto(values, 0, table.values, 0, values.length, scaler);
  return { numRows: table.numRows, numColumns: table.numColumns, columns: table.columns, values };
}
