/** Brings data before a model: the right columns, values it can use, windows scaled as in training. */
import { ConfigError, DataError } from '../core/errors.ts';
import type { Candles } from '../market/candles/candles.ts';
import { createFeaturePipeline, type FeaturePipeline } from '../market/features/pipeline.ts';
import type { FeatureTable } from './data/feature-table.ts';
import { scaleInto } from './data/scaler.ts';
import type { TrainedModel } from './model.ts';

/** A table, or candles to compute it from; a data set is one. */
export interface PredictionInput {
  readonly table?: FeatureTable;
  readonly candles?: Candles;
  /** [N] UTC epoch */
  readonly timeMs?: Float64Array;
  /** SHA-256 of the table, where rows have no times. */
  readonly hash?: string;
}

/** @throws ConfigError `pipeline-missing` */
export function pipelineOf({ pipeline, kind, knownFeatures = [] }: TrainedModel): FeaturePipeline {
  if (pipeline !== undefined) {
    const { features, ...options } = pipeline;
    return createFeaturePipeline(features, { ...options, features: knownFeatures });
  }
  throw new ConfigError(
    'pipeline-missing',
    `The ${kind} model was trained on a table, not on candles; give a table with its columns.`,
  );
}

/** @throws ConfigError `input-missing`, `columns-mismatch`, `pipeline-missing` */
export function tableFor(model: TrainedModel, { table, candles }: PredictionInput): FeatureTable {
  if (table === undefined && candles !== undefined) {
    return pipelineOf(model).compute(candles);
  }
  if (table === undefined) throw new ConfigError('input-missing', 'Give a table or candles to predict on.');
  requireColumns(model, table.columns);
  return table;
}

/** @throws ConfigError `columns-mismatch` */
export function requireColumns({ kind, shape }: TrainedModel, given: readonly string[]): void {
  const needed = shape.columns;
  const at = needed.findIndex((column, c) => column !== given[c]);
  if (at < 0 && given.length === needed.length) return;
  const missing = needed.filter((column) => !given.includes(column));
  const problem =
    missing.length > 0
      ? `column "${missing[0]}" is missing`
      : given.length > needed.length
        ? `column "${given.find((column) => !needed.includes(column)) ?? given[needed.length]}" is unknown to it`
        : `column ${at + 1} is "${given[at]}", "${needed[at]}" is expected`;
  throw new ConfigError(
    'columns-mismatch',
    `The ${kind} model was trained on ${needed.length} columns, the data have ${given.length}: ${problem}. ` +
      'Bring the same columns in the same order.',
  );
}

/** The first row that has any feature. */
export function firstFeatureRow({ values, numColumns, numRows }: FeatureTable): number {
  for (let row = 0; row < numRows; row++) {
    for (let c = 0; c < numColumns; c++) if (!Number.isNaN(values[row * numColumns + c])) return row;
  }
  return numRows;
}

/** Copies values, scaled where the model scales; `length` is a multiple of the columns. */
export function writeWindow(
  { scaler }: TrainedModel,
  from: Float32Array,
  fromOffset: number,
  to: Float32Array,
  toOffset: number,
  length: number,
): void {
  if (scaler !== undefined) scaleInto(to, toOffset, from, fromOffset, length, scaler);
  else for (let i = 0; i < length; i++) to[toOffset + i] = from[fromOffset + i];
}

/** Looks at each row of the windows once. */
export class RowCheck {
  readonly #model: TrainedModel;
  readonly #table: FeatureTable;
  #next = 0;

  constructor(model: TrainedModel, table: FeatureTable) {
    this.#model = model;
    this.#table = table;
  }

  through(row: number, first: number): void {
    const { window } = this.#model;
    if (!(Number.isInteger(row) && row >= first && row < this.#table.numRows)) {
      throw new DataError(
        'too-few-rows',
        `Row ${row} cannot be predicted: rows ${first} to ${this.#table.numRows - 1} have a whole window of features.`,
      );
    }
    for (let r = Math.max(this.#next, row - window + 1); r <= row; r++) {
      requireValues(this.#model, this.#table.values, r * this.#table.numColumns, r);
    }
    this.#next = row + 1;
  }
}

/** @throws DataError `missing-value`, `infinite-value`, naming row and column */
export function requireValues(
  { shape, kind, acceptsMissing }: TrainedModel,
  values: Float32Array,
  offset: number,
  row: number,
): void {
  const { columns } = shape;
  for (let c = 0; c < columns.length; c++) {
    const value = values[offset + c];
    if (Number.isFinite(value) || (acceptsMissing && Number.isNaN(value))) continue;
    if (Number.isNaN(value)) {
      throw new DataError(
        'missing-value',
        `Column "${columns[c]}" has no value at row ${row}, and a ${kind} model needs one; fill it in, or use xgboost.`,
      );
    }
    throw new DataError('infinite-value', `Column "${columns[c]}" is ${value} at row ${row}; correct it.`);
  }
}
