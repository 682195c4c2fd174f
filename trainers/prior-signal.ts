/**
 * Makes the predictions that an agent may train with and be judged with: none of a row that the model has learnt from.
 */
import { ConfigError } from '../core/errors.ts';
import { type Dataset, rowsWithWindow } from '../models/data/dataset.ts';
import { holdOutFrom, walkForward } from '../models/data/splitters.ts';
import type { ModelPlugin } from '../models/model.ts';
import { outOfFold } from '../models/signals/out-of-fold.ts';
import { predictSignal } from '../models/signals/predict.ts';
import { describeOutputs, type Predictions } from '../models/signals/predictions.ts';
import { resolveModelConfig, type TrainingOverrides, trainModel } from '../models/train.ts';

export interface PriorSignalOptions {
  readonly plugin: ModelPlugin;
  readonly overrides?: TrainingOverrides;
  /** First row that agents do not train on; no model learns from it or later ones. */
  readonly cutRow: number;
  /** Blocks of walk-forward within the rows before. Default 5. */
  readonly folds?: number;
}

/**
 * Of every row from the end of the first training part of walk-forward on: before the cut each block by the model of
 * what lay before it, after the cut by a model of all rows before, purged.
 * @throws ConfigError `unsuitable-model` for a regression, `invalid-split` where there are too few rows
 */
export async function priorPredictions(data: Dataset, options: PriorSignalOptions): Promise<Predictions> {
  const { plugin, overrides = {}, cutRow, folds = 5 } = options;
  if (data.classNames.length < 2) {
    throw new ConfigError(
      'unsuitable-model',
      `A prior needs the probabilities of classes, but model "${plugin.name}" is to predict values; choose a label of classes.`,
    );
  }
  const window = plugin.window(resolveModelConfig(plugin, overrides));
  const rows = rowsWithWindow(data, window);
  const { train } = holdOutFrom({ rows, labelEnds: data.labelEnds }, cutRow, window);
  const training: Dataset = { ...data, rows: train };
  const walked = await outOfFold(training, walkForward({ folds }), plugin, overrides);
  const lastWalked = walked.predictions.rows[walked.predictions.rows.length - 1];
  const numRows = data.table.numRows;
  // Rows just before the cut have labels that reach past it: only the last fold's model, which ends earlier, may judge them.
  const between = rowsBetween(lastWalked + 1, cutRow);
  const bridge = between.length === 0 ? [] : [predictSignal(walked.models[folds - 1], data, between)];
  const model = await trainModel(data, plugin, overrides, { rows: train });
  const later = predictSignal(model, data, rowsBetween(cutRow, numRows));
  return join([walked.predictions, ...bridge, later]);
}

function rowsBetween(from: number, to: number): Int32Array {
  return Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

function join(parts: readonly Predictions[]): Predictions {
  return describeOutputs(
    parts[0].classNames,
    Int32Array.from(parts.flatMap(({ rows }) => [...rows])),
    Float64Array.from(parts.flatMap(({ probabilities }) => [...probabilities])),
    parts.flatMap(({ provenance }) => [...provenance]),
  );
}
