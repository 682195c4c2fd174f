/** What a trained model says of each row: many at once, or one bar after the other, to the same bits. */
import { ConfigError, DataError } from '../core/errors.ts';
import type { Candles } from '../market/candles.ts';
import { createFeaturePipeline, type FeatureStream } from '../market/feature-pipeline.ts';
import { calibrateInto } from './calibration.ts';
import { computeTable } from './dataset.ts';
import type { FeatureTable } from './feature-table.ts';
import type { TrainedModel, TrainingRecord } from './model.ts';
import { scaleInto } from './scaler.ts';

/** How a prediction stands to what the model has learnt from. */
export type Provenance = 'in-sample' | 'unseen' | 'out-of-fold';

/** M predicted rows, C classes. */
export interface Predictions {
  readonly classNames: readonly string[]; // [C]; empty for regression
  /** [M] rows of the table, ascending; rows without a whole window are not among them. */
  readonly rows: Int32Array;
  readonly probabilities: Float64Array; // [M, C]; empty for regression
  /** [M] most probable class; −1 for regression. */
  readonly classes: Int32Array;
  /** [M] its probability, in (0, 1]; 1 for regression. */
  readonly confidence: Float64Array;
  /** [M] the predicted value; for classes their places from −1 (the first) to 1 (the last), weighted by probability. */
  readonly scores: Float64Array;
  /** [M] */
  readonly provenance: readonly Provenance[];
}

/** One bar's prediction; a view that the next one overwrites. */
export interface Signal {
  readonly probabilities: Float64Array; // [C]; empty for regression
  /** Most probable class; −1 for regression. */
  classIndex: number;
  /** Its name; empty for regression. */
  className: string;
  /** Its probability; 1 for regression. */
  confidence: number;
  /** As `Predictions.scores`. */
  score: number;
}

/** A table, or candles to compute it from; a data set is one. */
export interface PredictionInput {
  readonly table?: FeatureTable;
  readonly candles?: Candles;
  readonly timeMs?: Float64Array; // [N] UTC epoch
  /** SHA-256 of the table, where rows have no times. */
  readonly hash?: string;
}

const CHUNK = 256;

/**
 * @param rows to predict, ascending; default: all with a whole window of features
 * @throws ConfigError `columns-mismatch` naming the first column that differs, `pipeline-missing`
 * @throws DataError `missing-value`, `infinite-value`, naming row and column; `too-few-rows`
 */
export function predictSignal(
  model: TrainedModel,
  input: PredictionInput,
  rows?: ArrayLike<number>,
): Predictions {
  const table = tableFor(model, input);
  const { window, shape } = model;
  const first = firstFeatureRow(table) + window - 1;
  const wanted = Int32Array.from(
    rows ?? { length: Math.max(0, table.numRows - first) },
    rows === undefined ? (_, i) => first + i : (row) => row,
  );
  if (wanted.length === 0) {
    throw new DataError('too-few-rows', `The model needs ${first + 1} rows, but there are ${table.numRows}.`);
  }
  const numClasses = shape.classNames.length;
  const numOutputs = Math.max(1, numClasses);
  const inputDim = window * table.numColumns;
  const chunk = new Float32Array(CHUNK * inputDim);
  const outputs = new Float64Array(wanted.length * numOutputs);
  const checked = new RowCheck(model, table);
  for (let from = 0; from < wanted.length; from += CHUNK) {
    const batch = Math.min(CHUNK, wanted.length - from);
    for (let b = 0; b < batch; b++) {
      const row = wanted[from + b];
      checked.through(row, first);
      writeWindow(model, table.values, (row - window + 1) * table.numColumns, chunk, b * inputDim, inputDim);
    }
    const raw = model.predictor.predict(chunk.subarray(0, batch * inputDim), batch);
    for (let i = 0; i < batch * numOutputs; i++) outputs[from * numOutputs + i] = raw[i];
  }
  if (numClasses > 0 && model.calibration !== undefined) {
    calibrateInto(outputs, wanted.length, numClasses, model.calibration);
  }
  return describe(model, input, wanted, outputs);
}

/** Takes one bar, gives one signal: the same bits as `predictSignal` gives for the row. */
export class SignalStream {
  readonly #model: TrainedModel;
  readonly #inputs: Float32Array; // [W·F]
  readonly #outputs: Float64Array; // [K]
  readonly #signal: Signal;
  readonly #features: Float32Array; // [F]
  #writeFeatures: FeatureStream | undefined;
  #numRows = 0;

  constructor(model: TrainedModel) {
    const numColumns = model.shape.columns.length;
    const numClasses = model.shape.classNames.length;
    this.#model = model;
    this.#inputs = new Float32Array(model.window * numColumns);
    this.#outputs = new Float64Array(Math.max(1, numClasses));
    this.#features = new Float32Array(numColumns);
    const probabilities = numClasses > 0 ? this.#outputs : new Float64Array(0);
    this.#signal = { probabilities, classIndex: -1, className: '', confidence: 1, score: 0 };
  }

  /**
   * @param features [F], of the bar after the last one
   * @returns undefined until a whole window has come; then a view that the next call overwrites
   * @throws DataError `missing-value`, `infinite-value`
   */
  next(features: Float32Array): Signal | undefined {
    const { window, shape, predictor, calibration } = this.#model;
    const numColumns = shape.columns.length;
    requireValues(this.#model, features, 0, this.#numRows);
    const inputs = this.#inputs;
    inputs.copyWithin(0, numColumns);
    writeWindow(this.#model, features, 0, inputs, inputs.length - numColumns, numColumns);
    this.#numRows++;
    if (this.#numRows < window) return undefined;
    const outputs = this.#outputs;
    const raw = predictor.predict(inputs, 1);
    for (let k = 0; k < outputs.length; k++) outputs[k] = raw[k];
    const numClasses = shape.classNames.length;
    if (numClasses > 0 && calibration !== undefined) calibrateInto(outputs, 1, numClasses, calibration);
    const signal = this.#signal;
    signal.score = scoreOf(outputs, 0, numClasses);
    if (numClasses > 0) {
      const best = mostProbable(outputs, 0, numClasses);
      signal.classIndex = best;
      signal.className = shape.classNames[best];
      signal.confidence = outputs[best];
    }
    return signal;
  }

  /**
   * The same from candles, for a model that has a feature pipeline: call it for each new row in turn.
   * @returns undefined for rows within the warm-up of features and window
   * @throws ConfigError `pipeline-missing`; DataError as the pipeline
   */
  nextBar(candles: Candles, row: number): Signal | undefined {
    this.#writeFeatures ??= pipelineOf(this.#model).stream();
    this.#writeFeatures(candles, row, this.#features);
    return Number.isNaN(this.#features[0]) ? undefined : this.next(this.#features);
  }
}

/** Whether a model knows the outcome of a row. */
export function knows(
  record: TrainingRecord,
  row: number,
  { timeMs, hash }: Pick<PredictionInput, 'timeMs' | 'hash'>,
): boolean {
  const { unit, spans, dataHash } = record;
  if (unit === 'row' && hash !== dataHash) return false;
  const place = unit === 'row' ? row : timeMs?.[row];
  if (place === undefined) return false;
  return spans.some(([from, to]) => place >= from && place <= to);
}

/**
 * Refuses predictions that a policy must not learn from: those of rows whose outcome the model knew.
 * @throws ConfigError `in-sample` naming the first row
 */
export function requireOutOfSample({ rows, provenance }: Predictions): void {
  const first = provenance.indexOf('in-sample');
  if (first < 0) return;
  const count = provenance.filter((kind) => kind === 'in-sample').length;
  throw new ConfigError(
    'in-sample',
    `${count} of ${rows.length} predictions are of rows that the model was trained on, the first of row ${rows[first]}: ` +
      'use out-of-fold predictions for these rows.',
  );
}

function pipelineOf({ pipeline, kind }: TrainedModel) {
  if (pipeline !== undefined) {
    const { features, ...options } = pipeline;
    return createFeaturePipeline(features, options);
  }
  throw new ConfigError(
    'pipeline-missing',
    `The ${kind} model was trained on a table, not on candles; give a table with its columns.`,
  );
}

function tableFor(model: TrainedModel, { table, candles }: PredictionInput): FeatureTable {
  if (table === undefined && candles !== undefined) {
    pipelineOf(model);
    return computeTable(candles, model.pipeline!);
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

function firstFeatureRow({ values, numColumns, numRows }: FeatureTable): number {
  for (let row = 0; row < numRows; row++) {
    for (let c = 0; c < numColumns; c++) if (!Number.isNaN(values[row * numColumns + c])) return row;
  }
  return numRows;
}

function writeWindow(
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
class RowCheck {
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

function requireValues(
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

function describe(
  model: TrainedModel,
  input: PredictionInput,
  rows: Int32Array,
  outputs: Float64Array,
): Predictions {
  const { classNames } = model.shape;
  const provenance = Array.from(
    rows,
    (row): Provenance => (knows(model.trainedOn, row, timesOf(input)) ? 'in-sample' : 'unseen'),
  );
  return describeOutputs(classNames, rows, outputs, provenance);
}

const timesOf = ({ timeMs, candles, hash }: PredictionInput) => ({ timeMs: timeMs ?? candles?.timeMs, hash });

/** @param outputs [M, K] probabilities or values */
export function describeOutputs(
  classNames: readonly string[],
  rows: Int32Array,
  outputs: Float64Array,
  provenance: readonly Provenance[],
): Predictions {
  const numClasses = classNames.length;
  const classes = new Int32Array(rows.length).fill(-1);
  const confidence = new Float64Array(rows.length).fill(1);
  const scores = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    scores[i] = scoreOf(outputs, i * numClasses, numClasses, i);
    if (numClasses === 0) continue;
    classes[i] = mostProbable(outputs, i * numClasses, numClasses);
    confidence[i] = outputs[i * numClasses + classes[i]];
  }
  const probabilities = numClasses > 0 ? outputs : new Float64Array(0);
  return { classNames, rows, probabilities, classes, confidence, scores, provenance };
}

/** The first one among equals. */
function mostProbable(outputs: Float64Array, offset: number, numClasses: number): number {
  let best = 0;
  for (let c = 1; c < numClasses; c++) if (outputs[offset + c] > outputs[offset + best]) best = c;
  return best;
}

function scoreOf(outputs: Float64Array, offset: number, numClasses: number, row = 0): number {
  if (numClasses === 0) return outputs[row];
  let score = 0;
  for (let c = 0; c < numClasses; c++) score += outputs[offset + c] * ((2 * c) / (numClasses - 1) - 1);
  return score;
}
