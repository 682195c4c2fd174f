/** Builds data sets for supervised models: a table, a label for each row, and the rows that each label depends on. */
import { createHash } from 'node:crypto';
import { type ConfigOverrides, resolveConfig } from '../../core/config.ts';
import { ConfigError, DataError } from '../../core/errors.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { formatTime } from '../../market/candles/timestamps.ts';
import type { Feature } from '../../market/features/features.ts';
import { createFeaturePipeline, type FeaturePipelineOptions } from '../../market/features/pipeline.ts';
import type { FeatureTable } from './feature-table.ts';
import { averageUniqueness } from './label-weights.ts';
import { type LabelConfig, labelCandles, labelConfig, type Task } from './labels.ts';

/** How the columns were made of candles; whoever has it and the candles needs nothing else. */
export interface PipelineSpec {
  readonly features: readonly string[];
  readonly normalize: 'rolling' | 'none';
  /** Bars of a rolling z-score. */
  readonly normalizationBars: number;
  /** Bound of rolling z-scores, deviations. */
  readonly clip: number;
}

/** N rows in ascending time, F columns, C classes. */
export interface Dataset {
  readonly table: FeatureTable;
  readonly task: Task;
  /** [C]; empty for regression. */
  readonly classNames: readonly string[];
  /** [N] class or value; NaN where there is none. */
  readonly labels: Float64Array;
  /** [N] last row that a row's label depends on; its own where it looks at no other. */
  readonly labelEnds: Int32Array;
  /** [N] simple return over the label's span, where it is known; NaN elsewhere. */
  readonly labelReturns: Float64Array;
  /** [N] how much a row should count: the average uniqueness of its label; 0 without a label. */
  readonly weights: Float64Array;
  /** Rows with features and a label, ascending. */
  readonly rows: Int32Array;
  /** [N] UTC epoch; absent where rows have no times. */
  readonly timeMs?: Float64Array;
  /** What the table was computed from, where it was; the same rows. */
  readonly candles?: Candles;
  readonly pipeline?: PipelineSpec;
  /** Features beside the built-in ones that the pipeline may name. */
  readonly knownFeatures?: Iterable<Feature>;
  /** How the labels were made of candles, where they were. */
  readonly label?: LabelConfig;
  /** SHA-256 of columns and values: says which data a model has seen. */
  readonly hash: string;
}

export interface CandleDatasetOptions
  extends Pick<FeaturePipelineOptions, 'normalize' | 'normalizationBars' | 'clip'> {
  readonly features: readonly string[];
  readonly label?: ConfigOverrides<typeof labelConfig>;
  /** Features beside the built-in ones that may be named. */
  readonly knownFeatures?: Iterable<Feature>;
}

/** @throws ConfigError, DataError as `createFeaturePipeline` and `labelCandles` */
export function datasetFromCandles(candles: Candles, options: CandleDatasetOptions): Dataset {
  const pipeline = completeSpec(options);
  const { knownFeatures } = options;
  const matrix = computeTable(candles, pipeline, knownFeatures);
  const label = resolveConfig(labelConfig, options.label ?? {}, 'the label');
  const labels = labelCandles(candles, label);
  const { values, ends, returns, task, classNames } = labels;
  return createDataset({
    table: matrix,
    task,
    classNames,
    labels: values,
    labelEnds: ends,
    labelReturns: returns,
    timeMs: candles.timeMs,
    candles,
    pipeline,
    knownFeatures,
    label,
    firstRow: matrix.firstRow,
  });
}

export function completeSpec(options: Omit<CandleDatasetOptions, 'label'>): PipelineSpec {
  const { features, normalize = 'rolling', normalizationBars = 252, clip = 5 } = options;
  return { features, normalize, normalizationBars, clip };
}

/** The table of a saved pipeline. @param knownFeatures features beside the built-in ones */
export function computeTable(
  candles: Candles,
  { features, ...options }: PipelineSpec,
  knownFeatures: Iterable<Feature> = [],
) {
  return createFeaturePipeline(features, { ...options, features: knownFeatures }).compute(candles);
}

/** What a data set is made of; the rest follows. */
export interface DatasetParts
  extends Pick<
    Dataset,
    'table' | 'task' | 'classNames' | 'labels' | 'timeMs' | 'candles' | 'pipeline' | 'knownFeatures' | 'label'
  > {
  /** Default: each label depends on its own row alone. */
  readonly labelEnds?: Int32Array;
  readonly labelReturns?: Float64Array;
  /** Rows before have no features yet. Default 0. */
  readonly firstRow?: number;
}

/**
 * @throws DataError `length-mismatch`; `infinite-value` naming row and column; `empty-column` for one without any
 *   value; `missing-labels` where no row has one; `invalid-label`; `one-class` where all labels are the same class
 */
export function createDataset(parts: DatasetParts): Dataset {
  const { table, task, classNames, labels, timeMs, firstRow = 0 } = parts;
  const { numRows } = table;
  const {
    labelEnds = Int32Array.from({ length: numRows }, (_, row) => row),
    labelReturns = new Float64Array(numRows).fill(Number.NaN),
  } = parts;
  for (const [name, array] of Object.entries({ labels, labelEnds, labelReturns, timeMs })) {
    if (array === undefined || array.length === numRows) continue;
    throw new DataError(
      'length-mismatch',
      `${name} has ${array.length} entries for ${numRows} rows of features.`,
    );
  }
  checkTable(table, firstRow, timeMs);
  const rows = Int32Array.from(
    Array.from({ length: numRows }, (_, row) => row).filter(
      (row) => row >= firstRow && !Number.isNaN(labels[row]),
    ),
  );
  checkLabels(rows, labels, task, classNames);
  const weights = new Float64Array(numRows);
  averageUniqueness(rows, labelEnds).forEach((weight, i) => {
    weights[rows[i]] = weight;
  });
  return { ...parts, labelEnds, labelReturns, weights, rows, hash: hashTable(table) };
}

/** Counts and shares of the classes among some rows. */
export function classBalance(
  { classNames, labels }: Pick<Dataset, 'classNames' | 'labels'>,
  rows: ArrayLike<number>,
): { readonly name: string; readonly count: number; readonly share: number }[] {
  const counts = new Array<number>(classNames.length).fill(0);
  for (let i = 0; i < rows.length; i++) counts[labels[rows[i]]]++;
  return classNames.map((name, c) => ({ name, count: counts[c], share: counts[c] / rows.length }));
}

/**
 * The rows of a data set whose window of `window` rows has features throughout.
 * @throws DataError `too-few-rows`
 */
export function rowsWithWindow({ table, rows }: Pick<Dataset, 'table' | 'rows'>, window: number): Int32Array {
  // Rows before the first with a label may have features too, but those of a warm-up have none.
  let first = 0;
  while (first < table.numRows && isWarmUp(table, first)) first++;
  const usable = rows.filter((row) => row - window + 1 >= first);
  if (usable.length > 0) return usable;
  throw new DataError(
    'too-few-rows',
    `No row has a label and a window of ${window} rows of features among ${table.numRows}; bring more rows or shorten the window.`,
  );
}

/** Which columns there are, and in which order, is part of a model. */
export function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((column, i) => column === b[i]);
}

function isWarmUp({ values, numColumns }: FeatureTable, row: number): boolean {
  for (let i = row * numColumns; i < (row + 1) * numColumns; i++) if (!Number.isNaN(values[i])) return false;
  return true;
}

function checkTable(
  { numRows, numColumns, columns, values }: FeatureTable,
  firstRow: number,
  timeMs: Float64Array | undefined,
): void {
  for (let c = 0; c < numColumns; c++) {
    let numPresent = 0;
    for (let row = firstRow; row < numRows; row++) {
      const value = values[row * numColumns + c];
      if (Math.abs(value) === Infinity) {
        const when = timeMs === undefined ? '' : ` (${formatTime(timeMs[row])})`;
        throw new DataError(
          'infinite-value',
          `Column "${columns[c]}" is ${value} at row ${row}${when}; correct it, or leave it empty where it is missing.`,
        );
      }
      if (!Number.isNaN(value)) numPresent++;
    }
    if (numPresent > 0) continue;
    throw new DataError('empty-column', `Column "${columns[c]}" has no value in any row; remove it.`);
  }
}

function checkLabels(
  rows: Int32Array,
  labels: Float64Array,
  task: Task,
  classNames: readonly string[],
): void {
  if (rows.length === 0) {
    throw new DataError('missing-labels', 'No row has both features and a label; bring more rows.');
  }
  if (task === 'classification' && classNames.length < 2) {
    throw new ConfigError('one-class', `A classifier needs two classes or more, got ${classNames.length}.`);
  }
  const seen = new Set<number>();
  for (const row of rows) {
    const label = labels[row];
    seen.add(label);
    const valid =
      task === 'regression'
        ? Number.isFinite(label)
        : Number.isInteger(label) && label >= 0 && label < classNames.length;
    if (valid) continue;
    const expected = task === 'regression' ? 'a finite number' : `a class from 0 to ${classNames.length - 1}`;
    throw new DataError('invalid-label', `The label of row ${row} is ${label}; expected ${expected}.`);
  }
  if (task === 'regression' || seen.size > 1) return;
  throw new DataError(
    'one-class',
    `All ${rows.length} labels are "${classNames[labels[rows[0]]]}": there is nothing to tell apart. ` +
      'Choose another label or bring other rows.',
  );
}

function hashTable({ columns, values }: FeatureTable): string {
  return createHash('sha256')
    .update(JSON.stringify(columns))
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}
