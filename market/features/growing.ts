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

  /**
   * Computes the next row.
   * @param row the last row of the candles
   * @throws DataError `non-finite-feature`
   */
  append(row: number): void {
    const { numColumns } = this;
    if ((row + 1) * numColumns > this.values.length) {
      const larger = new Float32Array(2 * this.values.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.#write(this.#candles, row, this.values, row * numColumns);
    this.numRows = row + 1;
  }
}
