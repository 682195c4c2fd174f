/** Defines the table of numbers that supervised models learn from and predict on. */

/** N rows, F columns. A FeatureMatrix of the market's pipeline is one. */
export interface FeatureTable {
  readonly numRows: number;
  readonly numColumns: number;
  /** [F] */
  readonly columns: readonly string[];
  /** [N, F]; NaN where a value is missing. */
  readonly values: Float32Array;
}
