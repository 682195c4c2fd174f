/** Small tables for the tests of supervised models. */
import { createRng } from '../../core/rng.ts';
import type { FeatureTable } from '../../models/data/feature-table.ts';

export function tableOf(rows: readonly (readonly number[])[], columns?: readonly string[]): FeatureTable {
  const numColumns = rows[0]?.length ?? 0;
  return {
    numRows: rows.length,
    numColumns,
    columns: columns ?? Array.from({ length: numColumns }, (_, column) => `f${column}`),
    values: Float32Array.from(rows.flat()),
  };
}

export interface RandomTable {
  readonly table: FeatureTable;
  /** 1 where a product of two columns plus a third, with noise, is positive. */
  readonly binary: Float32Array;
  /** 0, 1 or 2. */
  readonly multi: Float32Array;
  readonly real: Float32Array;
  readonly weights: Float32Array;
}

/** @param missingShare of the values, NaN */
export function randomTable(
  numRows: number,
  numColumns: number,
  missingShare: number,
  seed = 1,
): RandomTable {
  const rng = createRng(seed);
  const rows = Array.from({ length: numRows }, () =>
    Array.from({ length: numColumns }, () => rng.gaussian()),
  );
  const real = Float32Array.from(rows, ([a, b, c]) => a * b + c + 0.3 * rng.gaussian());
  const weights = Float32Array.from(rows, () => 0.5 + rng.uniform());
  for (const row of rows) {
    for (const column of row.keys()) if (rng.uniform() < missingShare) row[column] = Number.NaN;
  }
  return {
    table: tableOf(rows),
    binary: real.map((value) => (value > 0 ? 1 : 0)),
    multi: real.map((value) => (value < -0.5 ? 0 : value > 0.5 ? 2 : 1)),
    real,
    weights,
  };
}
