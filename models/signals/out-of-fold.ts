/** Predicts rows by models that have not seen them, so that these predictions may be learnt from next. */
import { ConfigError } from '../../core/errors.ts';
import { type Dataset, rowsWithWindow } from '../data/dataset.ts';
import type { Fold, Splitter } from '../data/splitters.ts';
import { findModelKind } from '../kinds.ts';
import type { ModelPlugin, TrainedModel } from '../model.ts';
import { resolveModelConfig, type TrainingOverrides, type TrainModelOptions, trainModel } from '../train.ts';
import { predictSignal } from './predict.ts';
import { describeOutputs, type Predictions } from './predictions.ts';

export interface OutOfFold {
  /**
   * Of every row that a fold was judged on, all tagged `out-of-fold`; where several folds judge a row, the mean of
   * what they say. Walk-forward has none for the rows of its first training part.
   */
  readonly predictions: Predictions;
  readonly folds: readonly Fold[];
  readonly models: readonly TrainedModel[];
}

/**
 * Trains a model a fold, each on the fold's training rows alone: scaling, weights, early stopping and calibration too.
 * @param kind a built-in kind's name, or any plugin
 */
export async function outOfFold(
  data: Dataset,
  splitter: Splitter,
  kind: string | ModelPlugin,
  overrides: TrainingOverrides = {},
  options: Omit<TrainModelOptions, 'rows'> = {},
): Promise<OutOfFold> {
  const plugin = typeof kind === 'string' ? findModelKind(kind) : kind;
  const window = plugin.window(resolveModelConfig(plugin, overrides));
  const rows = rowsWithWindow(data, window);
  const folds = splitter({ rows, labelEnds: data.labelEnds }, window);
  if (folds.length === 0) throw new ConfigError('invalid-split', 'The splitter gave no folds.');
  const numOutputs = Math.max(1, data.classNames.length);
  const sums = new Float64Array(data.table.numRows * numOutputs);
  const counts = new Int32Array(data.table.numRows);
  const models: TrainedModel[] = [];
  for (const { train, test } of folds) {
    const model = await trainModel(data, plugin, overrides, { ...options, rows: train });
    const { probabilities, scores } = predictSignal(model, data, test);
    const outputs = data.classNames.length > 0 ? probabilities : scores;
    test.forEach((row, i) => {
      counts[row]++;
      for (let k = 0; k < numOutputs; k++) sums[row * numOutputs + k] += outputs[i * numOutputs + k];
    });
    models.push(model);
  }
  const judged = rows.filter((row) => counts[row] > 0);
  const outputs = new Float64Array(judged.length * numOutputs);
  judged.forEach((row, i) => {
    for (let k = 0; k < numOutputs; k++) {
      outputs[i * numOutputs + k] = sums[row * numOutputs + k] / counts[row];
    }
  });
  const provenance = Array.from(judged, () => 'out-of-fold' as const);
  return { predictions: describeOutputs(data.classNames, judged, outputs, provenance), folds, models };
}
