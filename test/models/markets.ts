/** Data sets with something to learn, and with nothing. */
import { createRng } from '../../core/rng.ts';
import { createDataset, type Dataset } from '../../models/data/dataset.ts';

/**
 * Two columns of noise; the label is whether the first column's values one and three rows ago have the same sign: no
 * linear model can tell.
 */
export function laggedSigns(numRows: number, seed: number, { shuffled = false } = {}): Dataset {
  const rng = createRng(seed);
  const values = Float32Array.from(
    { length: numRows * 2 },
    () => 2 * rng.integer(2) - 1 + 0.3 * rng.gaussian(),
  );
  const labels = Float64Array.from({ length: numRows }, (_, row) =>
    row < 3 ? Number.NaN : Number(values[(row - 1) * 2] * values[(row - 3) * 2] > 0),
  );
  if (shuffled) rng.shuffle(labels.subarray(3));
  return tableDataset(['signal', 'noise'], values, labels, ['down', 'up']);
}

export function tableDataset(
  columns: readonly string[],
  values: Float32Array,
  labels: Float64Array,
  classNames: readonly string[],
): Dataset {
  const numColumns = columns.length;
  const table = { numRows: labels.length, numColumns, columns, values };
  return createDataset({
    table,
    task: classNames.length > 0 ? 'classification' : 'regression',
    classNames,
    labels,
  });
}

/** Rows from `from` to `to`, the last one not included. */
export function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, i) => from + i);
}
