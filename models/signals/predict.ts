/** Predicts many rows at once with a trained model. */
import { DataError } from '../../core/errors.ts';
import { calibrateInto } from '../data/calibration.ts';
import { firstFeatureRow, type PredictionInput, RowCheck, tableFor, writeWindow } from '../input.ts';
import type { TrainedModel } from '../model.ts';
import { describeOutputs, knows, type Predictions, type Provenance } from './predictions.ts';

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

const timesOf = ({ timeMs, candles, hash, table }: PredictionInput) => ({
  timeMs: timeMs ?? candles?.timeMs,
  hash,
  table,
});
