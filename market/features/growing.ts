/** Computes features of candles that grow: row by row, the same bits as of the finished series. */
import type { Candles } from '../candles/candles.ts';
import {
  createFeaturePipeline,
  type FeatureMatrix,
  type FeaturePipelineOptions,
  type FeatureStream,
} from './pipeline.ts';

const INITIAL_ROWS = 256;

/** A feature matrix with room for more: `values` is replaced when it is full. */
export class GrowingFeatures implements FeatureMatrix {
  readonly columns: readonly string[];
  readonly numColumns: number;
  readonly firstRow: number;
  numRows = 0;
  values: Float32Array;
  readonly #candles: Candles;
  readonly #write: FeatureStream;

  /** @throws ConfigError as `createFeaturePipeline` */
  constructor(candles: Candles, specs: readonly string[], options: FeaturePipelineOptions) {
    const pipeline = createFeaturePipeline(specs, options);
    this.columns = pipeline.columns;
    this.numColumns = pipeline.columns.length;
    this.firstRow = pipeline.warmupRows;
    this.values = new Float32Array(INITIAL_ROWS * this.numColumns);
    this.#candles = candles;
    this.#write = pipeline.stream();
  }

  /** Rows before the present one that its features depend on. */
  get lookback(): number {
    return this.firstRow;
  }

  /**
   * Goes on with a series whose older rows are gone: its last rows with features are computed anew, to the same bits.
   * @param numRows at the end; each needs `lookback` rows of candles before it
   */
  resume(numRows: number): void {
    const { length } = this.#candles;
    for (let row = Math.max(0, length - numRows); row < length; row++) this.append(row);
  }

  /**
   * Computes the next row.
   * @param row the last row of the candles
   * @throws DataError `non-finite-feature`
   */
  append(row: number): void {
    const { numColumns } = this;
    if ((row + 1) * numColumns > this.values.length) {
      const larger = new Float32Array(Math.max(2 * this.values.length, (row + 1) * numColumns));
      larger.set(this.values);
      this.values = larger;
    }
    this.#write(this.#candles, row, this.values, row * numColumns);
    this.numRows = row + 1;
  }
}
