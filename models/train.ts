/** Trains a model of any kind: sets rows aside, scales, weighs, fits, calibrates, and records what it has seen. */

import { type ConfigOverrides, type ConfigSchema, resolveConfig, z } from '../core/config.ts';
import { ConfigError, DataError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import type { Json } from '../core/snapshot.ts';
import { mean } from '../core/statistics.ts';
import type { KernelOptions } from '../networks/kernels/kernels.ts';
import { fitCalibration } from './data/calibration.ts';
import { type Dataset, rowsWithWindow } from './data/dataset.ts';
import { hashRows } from './data/row-hashes.ts';
import { fitScaler, scaleTable } from './data/scaler.ts';
import { holdOut } from './data/splitters.ts';
import { findModelKind } from './kinds.ts';
import type { ModelPlugin, TrainedModel, TrainingContext, TrainingPart, TrainingRecord } from './model.ts';
import { trainingConfig } from './model.ts';
import { predictSignal } from './signals/predict.ts';

export type TrainingOverrides<Schema extends ConfigSchema = ConfigSchema> = ConfigOverrides<
  typeof trainingConfig
> &
  ConfigOverrides<Schema>;

export interface TrainModelOptions {
  /** Rows to learn from, ascending; default: all with a label and a whole window. */
  readonly rows?: Int32Array;
  readonly kernels?: KernelOptions;
  readonly onProgress?: TrainingContext['onProgress'];
}

/**
 * @param kind a built-in kind's name, or any plugin
 * @param overrides settings of training (`trainingConfig`) and of the kind
 * @throws ConfigError `unknown-name`, `unknown-key`, `invalid-value`, `invalid-split`
 * @throws DataError `missing-value` naming column and row, `too-few-rows`, `one-class`
 * @example
 * const data = datasetFromCandles(candles, { features: ['return:1', 'volatility:20'] });
 * const model = await trainModel(data, 'xgboost', { max_depth: 3 });
 */
export async function trainModel(
  data: Dataset,
  kind: string | ModelPlugin,
  overrides: TrainingOverrides = {},
  options: TrainModelOptions = {},
): Promise<TrainedModel> {
  const plugin = typeof kind === 'string' ? findModelKind(kind) : kind;
  const config = resolveModelConfig(plugin, overrides);
  const window = plugin.window(config);
  const shape = { task: data.task, columns: data.table.columns, classNames: data.classNames };
  const rows = usableRows(data, window, options.rows);
  if (!plugin.acceptsMissing) requireComplete(data, rows, window, plugin.name);

  const { validationShare, calibrationShare, embargo } = config;
  const calibrates = config.calibration !== 'none' && data.task === 'classification';
  const outer = calibrates
    ? setAside(data, rows, calibrationShare, window, embargo)
    : { train: rows, test: undefined };
  const inner =
    validationShare > 0
      ? setAside(data, outer.train, validationShare, window, embargo)
      : { train: outer.train, test: undefined };

  const weigh = rowWeights(data, inner.train, config);
  const part = (chosen: Int32Array): TrainingPart => ({
    rows: chosen,
    targets: Float64Array.from(chosen, (row) => data.labels[row]),
    weights: Float64Array.from(chosen, weigh),
  });
  const scaler = plugin.scales ? fitScaler(data.table, inner.train) : undefined;
  const rng = createRng(config.seed);
  const predictor = await plugin.train(
    {
      shape,
      table: scaler === undefined ? data.table : scaleTable(data.table, scaler),
      fit: part(inner.train),
      validation: inner.test === undefined ? undefined : part(inner.test),
      rng: rng.fork(plugin.name),
      kernels: options.kernels,
      onProgress: options.onProgress,
    },
    settingsOfKind(plugin, config),
  );
  const model: TrainedModel = {
    kind: plugin.name,
    config: config as Record<string, Json>,
    shape,
    window,
    acceptsMissing: plugin.acceptsMissing,
    predictor,
    scaler,
    calibration: undefined,
    pipeline: data.pipeline,
    knownFeatures: data.knownFeatures,
    label: data.label,
    trainedOn: recordOf(data, rows),
  };
  if (outer.test === undefined) return model;
  const { probabilities } = predictSignal(model, data, outer.test);
  const { targets, weights } = part(outer.test);
  const method = config.calibration as 'platt' | 'isotonic';
  return {
    ...model,
    calibration: fitCalibration(method, probabilities, targets, weights, data.classNames.length),
  };
}

/** The settings of training and of the kind, complete and checked. */
export function resolveModelConfig(plugin: ModelPlugin, overrides: TrainingOverrides) {
  return resolveConfig(modelSchema(plugin), overrides, `model "${plugin.name}"`) as ReturnType<
    typeof trainingConfig.parse
  > &
    Record<string, unknown>;
}

/** The settings of the kind alone. */
export function settingsOfKind(
  plugin: ModelPlugin,
  config: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.keys(plugin.config.shape).map((key) => [key, config[key]]));
}

/** For listings, and to resolve. */
export function modelSchema(plugin: ModelPlugin): ConfigSchema {
  return z.object({ ...trainingConfig.shape, ...plugin.config.shape });
}

function usableRows(data: Dataset, window: number, wanted: Int32Array | undefined): Int32Array {
  const usable = rowsWithWindow(data, window);
  if (wanted === undefined) return usable;
  const known = new Set(usable);
  const rows = wanted.filter((row) => known.has(row));
  if (rows.length > 0) return rows;
  throw new DataError(
    'too-few-rows',
    'None of the rows to learn from has a label and a whole window of features.',
  );
}

function setAside(data: Dataset, rows: Int32Array, share: number, window: number, embargo: number) {
  try {
    return holdOut({ rows, labelEnds: data.labelEnds }, share, window, embargo);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new DataError(
      'too-few-rows',
      `${rows.length} rows cannot be parted into rows to fit, to stop by and to calibrate on: bring more rows, or set ` +
        'validationShare to 0 and calibration to "none".',
      { cause: error },
    );
  }
}

function requireComplete({ table }: Dataset, rows: Int32Array, window: number, kind: string): void {
  const { values, numColumns, columns } = table;
  let next = 0;
  for (const last of rows) {
    for (let row = Math.max(next, last - window + 1); row <= last; row++) {
      for (let c = 0; c < numColumns; c++) {
        if (!Number.isNaN(values[row * numColumns + c])) continue;
        throw new DataError(
          'missing-value',
          `Column "${columns[c]}" has no value at row ${row}, and a ${kind} model needs one; fill it in, or use xgboost.`,
        );
      }
    }
    next = last + 1;
  }
}

/** Uniqueness times class weight, of mean 1 over the rows that are fitted. */
function rowWeights(
  data: Dataset,
  fitted: Int32Array,
  { classWeights, uniquenessWeights }: ReturnType<typeof trainingConfig.parse>,
): (row: number) => number {
  const base = (row: number): number => (uniquenessWeights ? data.weights[row] : 1);
  const perClass = new Float64Array(Math.max(1, data.classNames.length)).fill(1);
  if (data.task === 'classification') {
    const totals = new Float64Array(perClass.length);
    for (const row of fitted) totals[data.labels[row]] += base(row);
    const present = totals.filter((total) => total > 0);
    if (present.length < 2) {
      throw new DataError(
        'one-class',
        `The ${fitted.length} rows to fit are all of one class; choose another split or label, or bring more rows.`,
      );
    }
    const sum = present.reduce((all, total) => all + total, 0);
    if (classWeights === 'balanced') {
      totals.forEach((total, c) => {
        perClass[c] = total > 0 ? sum / (present.length * total) : 0;
      });
    }
  }
  const raw = (row: number): number =>
    base(row) * (data.task === 'classification' ? perClass[data.labels[row]] : 1);
  let sum = 0;
  for (const row of fitted) sum += raw(row);
  const scale = fitted.length / sum;
  return (row) => raw(row) * scale;
}

/** Neighbouring rows, with their labels' ends, as spans. */
function recordOf(data: Dataset, rows: Int32Array): TrainingRecord {
  const { timeMs, labelEnds, hash, table } = data;
  const spans: [number, number][] = [];
  let lastRow = -2;
  let lastEnd = -2;
  const place = (row: number): number => timeMs?.[row] ?? row;
  for (const row of rows) {
    const isNext = row === lastRow + 1 || row <= lastEnd + 1;
    lastEnd = isNext ? Math.max(lastEnd, labelEnds[row]) : labelEnds[row];
    lastRow = row;
    if (isNext) spans[spans.length - 1][1] = place(lastEnd);
    else spans.push([place(row), place(lastEnd)]);
  }
  const rowHashes = timeMs === undefined ? hashRows(table, rows) : undefined;
  return {
    dataHash: hash,
    numRows: rows.length,
    unit: timeMs === undefined ? 'row' : 'time',
    spans,
    ...(rowHashes !== undefined && { rowHashes }),
    baseRate: baseRateOf(data, rows),
  };
}

/** Shares of the classes, or the mean. */
function baseRateOf({ labels, classNames }: Dataset, rows: Int32Array): number[] {
  if (classNames.length === 0) return [mean(Array.from(rows, (row) => labels[row]))];
  const shares = classNames.map(() => 0);
  for (const row of rows) shares[labels[row]] += 1 / rows.length;
  return shares;
}
