import { expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { meanReverting } from '../../../market/synthetic/candles.ts';
import { computeTable, datasetFromCandles } from '../../../models/data/dataset.ts';
import { findModelKind } from '../../../models/kinds.ts';
import { predictSignal } from '../../../models/signals/predict.ts';
import { withPriorColumns } from '../../../models/signals/prior-columns.ts';
import { trainModel } from '../../../models/train.ts';
import { priorPredictions } from '../../../trainers/prior-signal.ts';

const LENGTH = 700;
const CUT = 500;
const candles = meanReverting({ rng: createRng('prior columns'), length: LENGTH, stepMs: 86_400_000 });
const features = ['return:1', 'return:5'];
const pipeline = { features, normalize: 'rolling' as const, normalizationBars: 20, clip: 5 };
const data = datasetFromCandles(candles, { ...pipeline, label: { label: 'sign', horizon: 3 } });
const matrix = computeTable(candles, pipeline);
const plugin = findModelKind('xgboost');
const overrides = { num_round: 5 };
const predictions = await priorPredictions(data, { plugin, overrides, cutRow: CUT });

test('in-sample predictions are refused as a prior, out-of-fold ones are taken', async () => {
  const model = await trainModel(data, plugin, overrides, { rows: data.rows.filter((row) => row < CUT) });
  expect(() => withPriorColumns(matrix, predictSignal(model, data))).toThrowError(
    expect.objectContaining({ code: 'in-sample', message: expect.stringContaining('out-of-fold') }),
  );
  expect(withPriorColumns(matrix, predictions).columns).toEqual([
    'return:1',
    'return:5',
    'prior:down',
    'prior:up',
  ]);
});

test('no row before the cut is predicted by a model that knew its outcome', () => {
  const { rows, provenance } = predictions;
  expect(provenance).not.toContain('in-sample');
  expect(rows[rows.length - 1]).toBe(LENGTH - 1);
  rows.forEach((row, i) => {
    if (row >= CUT) expect(provenance[i]).toBe('unseen');
  });
  expect(provenance.filter((kind) => kind === 'out-of-fold').length).toBeGreaterThan(CUT / 2);
});

test('bars from the cut on change no prediction of a row before it', async () => {
  const close = candles.close.slice();
  for (let row = CUT; row < LENGTH; row++) close[row] = candles.open[row] * (1 + 0.01 * (row % 3));
  const high = candles.high.map((value, row) => Math.max(value, close[row]));
  const low = candles.low.map((value, row) => Math.min(value, close[row]));
  const changed = datasetFromCandles(
    { ...candles, close, high, low },
    { ...pipeline, label: { label: 'sign', horizon: 3 } },
  );
  const others = await priorPredictions(changed, { plugin, overrides, cutRow: CUT });
  const numBefore = predictions.rows.filter((row) => row < CUT).length;
  expect(others.probabilities.slice(0, 2 * numBefore)).toEqual(
    predictions.probabilities.slice(0, 2 * numBefore),
  );
  expect(others.probabilities).not.toEqual(predictions.probabilities);
});

test('columns hold the probabilities of their row, after the features', () => {
  const { values, numColumns, firstRow } = withPriorColumns(matrix, predictions);
  const { rows, probabilities } = predictions;
  expect(firstRow).toBe(rows[0]);
  for (const i of [0, 100, rows.length - 1]) {
    expect(values[rows[i] * numColumns + 1]).toBe(matrix.values[rows[i] * 2 + 1]);
    expect(values[rows[i] * numColumns + 3]).toBe(Math.fround(probabilities[2 * i + 1]));
  }
  expect(values[(firstRow - 1) * numColumns]).toBeNaN();
});

test('a row without a prediction, and a regression, are refused', () => {
  const half = predictions.rows.length / 2;
  const part = { ...predictions, rows: predictions.rows.filter((_, i) => i < half) };
  expect(() => withPriorColumns(matrix, part)).toThrowError(/have no prediction/);
  expect(() => withPriorColumns(matrix, { ...predictions, classNames: [] })).toThrowError(/regression/);
});
