/** The data of `fit`, `predict` and `evaluate --model`: candles with labels made of them, or a table with a label column. */

import { resolveConfig, z } from '../../core/config.ts';
import { ConfigError, DataError } from '../../core/errors.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { describeCandles } from '../../market/candles/data-quality.ts';
import { exogenousColumns } from '../../market/features/exogenous.ts';
import type { Feature } from '../../market/features/features.ts';
import { loadCandles } from '../../market/files/load-candles.ts';
import type { ReadOptions } from '../../market/files/options.ts';
import { type Dataset, datasetFromCandles, type PipelineSpec } from '../../models/data/dataset.ts';
import type { LabelConfig } from '../../models/data/labels.ts';
import { datasetFromTable, readTableCsv, type TableDatasetOptions } from '../../models/data/table-csv.ts';
import type { PredictionInput } from '../../models/input.ts';
import type { TrainedModel } from '../../models/model.ts';
import { openConverter, symbolOfPath } from '../data/convert.ts';
import { SHIPPED_DATA, shippedDataPath } from '../plugins/catalog.ts';

export const dataConfig = z.object({
  features: z
    .array(z.string())
    .min(1)
    .default(['return:1', 'return:5', 'return:20', 'volatility:20', 'rsi:14'])
    .describe('feature specs, `name` or `name:bars`'),
  normalize: z
    .enum(['rolling', 'none'])
    .default('rolling')
    .describe('whether unbounded features become rolling z-scores'),
  normalizationBars: z.number().int().min(2).default(252).describe('bars a rolling z-score looks at, ≥ 2'),
  clip: z.number().positive().default(5).describe('bound of rolling z-scores, deviations, > 0'),
});

/** How a file is to be read; with a label column it is a table, otherwise candles. */
export interface ModelDataOptions {
  readonly file: string;
  readonly label?: string;
  readonly time?: string;
  readonly ignore?: readonly string[];
  readonly classes?: readonly string[];
  readonly task?: TableDatasetOptions['task'];
  readonly horizon?: number;
  /** How a file of candles is read, where it does not say itself. */
  readonly read?: ReadOptions;
}

/** Data to learn from. @param knownFeatures features beside the built-in ones */
export async function loadTrainingData(
  options: ModelDataOptions,
  dataOverrides: Record<string, unknown>,
  labelOverrides: Record<string, unknown>,
  knownFeatures: Iterable<Feature> = [],
): Promise<Dataset> {
  if (options.label === undefined) {
    const config = resolveConfig(dataConfig, dataOverrides, 'the data');
    const { candles } = await loadFile(options, config.features);
    return datasetFromCandles(candles, { ...config, label: labelOverrides, knownFeatures });
  }
  const misplaced = [...Object.keys(dataOverrides), ...Object.keys(labelOverrides)];
  if (misplaced.length > 0) {
    throw new ConfigError(
      'invalid-setting',
      `"${misplaced[0]}" says how columns or labels are made of candles, but --label takes them from the file; drop one.`,
    );
  }
  return readLabelled(options);
}

/** Data to judge a model by: labelled as those it was trained on. */
export async function loadEvaluationData(model: TrainedModel, options: ModelDataOptions): Promise<Dataset> {
  if (model.pipeline === undefined) {
    if (options.label !== undefined) {
      return readLabelled({
        ...options,
        task: model.shape.task,
        classes: options.classes ?? classesOf(model),
      });
    }
    throw new ConfigError(
      'label-needed',
      `The ${model.kind} model was trained on a table; name its label column with --label.`,
    );
  }
  const { candles } = await loadFile(options, model.pipeline.features);
  return datasetFromCandles(candles, {
    ...(model.pipeline as PipelineSpec),
    label: model.label as LabelConfig,
    knownFeatures: model.knownFeatures,
  });
}

/** Data to predict. */
export async function loadPredictionData(
  model: TrainedModel,
  options: ModelDataOptions,
): Promise<PredictionInput> {
  if (model.pipeline === undefined) {
    const { table, timeMs } = await readTableCsv(options.file, options);
    return { table, timeMs };
  }
  const { candles } = await loadFile(options, model.pipeline.features);
  return { candles, timeMs: candles.timeMs };
}

async function readLabelled(options: ModelDataOptions): Promise<Dataset> {
  const csv = await readTableCsv(options.file, options);
  return datasetFromTable(csv, { task: options.task, classNames: options.classes, horizon: options.horizon });
}

const classesOf = ({ shape }: TrainedModel) => (shape.task === 'regression' ? undefined : shape.classNames);

async function loadFile(
  { file, read }: ModelDataOptions,
  features: readonly string[],
): Promise<{ candles: Candles }> {
  const exogenous = exogenousColumns(features);
  const path = file === SHIPPED_DATA ? shippedDataPath() : file;
  const loaded = await loadCandles(path, exogenous.length === 0 ? read : { ...read, exogenous });
  const candles =
    read?.convert === undefined
      ? loaded.candles
      : (await openConverter(read.convert)).candles(loaded.candles, symbolOfPath(path)).candles;
  if (!describeCandles(candles).isDead) return { candles };
  throw new DataError(
    'dead-feed',
    `${file}: the price never changes in its ${candles.length} bars; the feed was dead, and nothing can be learnt from it.`,
  );
}
