/** Checks that a table can be learnt from or predicted on. */
import { DataError } from '../../core/errors.ts';
import type { FeatureTable } from '../data/feature-table.ts';

/**
 * @throws DataError `wrong-length` when rows and columns do not make up the values, `non-finite-value` with the row and
 * the column of an infinite one
 */
export function requireTable(table: FeatureTable): void {
  const { numRows, numColumns, values } = table;
  if (values.length !== numRows * numColumns) {
    throw new DataError(
      'wrong-length',
      `The table has ${values.length} values for ${numRows} rows of ${numColumns} columns.`,
    );
  }
  requireNoInfinity(values, table.columns);
}

/** @throws DataError `non-finite-value` with the row and the column */
export function requireNoInfinity(values: Float32Array /* [N, F] */, columns: readonly string[]): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== Infinity && values[i] !== -Infinity) continue;
    const column = i % columns.length;
    throw new DataError(
      'non-finite-value',
      `Row ${(i - column) / columns.length}, column "${columns[column]}" is ${values[i]}; values must be finite, or ` +
        'NaN where they are missing.',
    );
  }
}
