import { describe, expect, test } from 'vitest';
import { z } from '../../core/config.ts';
import { ConfigError, DataError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { loadModel, type ModelArtifact, saveModel } from '../../models/artifact.ts';
import { createDataset, type Dataset } from '../../models/data/dataset.ts';
import { purgedKFold, walkForward } from '../../models/data/splitters.ts';
import { defineModel, type Predictor } from '../../models/model.ts';
import { outOfFold } from '../../models/signals/out-of-fold.ts';
import { predictSignal } from '../../models/signals/predict.ts';
import { requireOutOfSample } from '../../models/signals/predictions.ts';
import { SignalStream } from '../../models/signals/stream.ts';
import { trainModel } from '../../models/train.ts';
import { laggedSigns, range, tableDataset } from './markets.ts';

const QUICK = {
  lstm: { window: 5, hidden: 8, maxEpochs: 3 },
  gru: { window: 5, hidden: 8, maxEpochs: 3 },
  linear: { window: 3, maxEpochs: 5 },
  xgboost: { window: 2, num_round: 12 },
};
const KINDS = Object.entries(QUICK);

/** What a model weighs, to the bit. */
const contentOf = ({ pipeline: { values, scaler, calibration }, arrays, files }: ModelArtifact) =>
  JSON.stringify([values, scaler, calibration, files, Object.values(arrays).map((array) => [...array])]);

/** Three classes by the place of a noisy column. */
function threeClasses(numRows: number, seed = 3): Dataset {
  const rng = createRng(seed);
  const values = Float32Array.from({ length: numRows * 2 }, () => rng.gaussian());
  const labels = Float64Array.from({ length: numRows }, (_, row) => {
    const x = values[2 * row] + 0.3 * rng.gaussian();
    return x < -0.5 ? 0 : x < 0.5 ? 1 : 2;
  });
  return tableDataset(['x', 'y'], values, labels, ['low', 'middle', 'high']);
}

/** A number that is three times a column, and noise. */
function line(numRows: number): Dataset {
  const rng = createRng(4);
  const values = Float32Array.from({ length: numRows }, () => rng.gaussian());
  const labels = Float64Array.from(values, (x) => 100 + 3 * x + 0.1 * rng.gaussian());
  return tableDataset(['x'], values, labels, []);
}

describe.each(KINDS)('a model of kind %s', (kind, config) => {
  const data = threeClasses(500);

  test('is decided by its seed alone', async () => {
    const [first, same, other] = await Promise.all(
      [1, 1, 2].map(async (seed) =>
        contentOf(
          saveModel(
            await trainModel(data, kind, { ...config, seed, ...(kind === 'xgboost' && { subsample: 0.5 }) }),
          ),
        ),
      ),
    );
    expect(same).toBe(first);
    expect(other).not.toBe(first);
  });

  test('knows nothing of rows it was not trained on: scaling, stopping and calibration included', async () => {
    const rows = range(10, 300);
    const changed = data.table.values.slice();
    for (let i = 300 * 2; i < changed.length; i++) changed[i] = 50 + 10 * changed[i];
    const labels = data.labels.map((label, row) => (row < 300 ? label : 2 - label));
    const perturbed = tableDataset(['x', 'y'], changed, labels, data.classNames);
    const honest = await trainModel(data, kind, config, { rows });
    const again = await trainModel(perturbed, kind, config, { rows });
    expect(contentOf(saveModel(again))).toBe(contentOf(saveModel(honest)));
  });

  test('gives the same bits bar by bar as at once, and for any part of the rows', async () => {
    const model = await trainModel(data, kind, config);
    const batch = predictSignal(model, data);
    const stream = new SignalStream(model);
    const part = predictSignal(model, data, range(40, 43));
    const at = batch.rows.indexOf(40);
    expect([...part.probabilities]).toEqual([...batch.probabilities.subarray(at * 3, at * 3 + 9)]);
    for (let row = 0; row < 500; row++) {
      const signal = stream.next(data.table.values.subarray(2 * row, 2 * row + 2));
      const i = batch.rows.indexOf(row);
      if (i < 0) {
        expect(signal).toBeUndefined();
        continue;
      }
      expect([...signal!.probabilities]).toEqual([...batch.probabilities.subarray(3 * i, 3 * i + 3)]);
      expect([signal!.classIndex, signal!.confidence, signal!.score]).toEqual([
        batch.classes[i],
        batch.confidence[i],
        batch.scores[i],
      ]);
    }
  });

  test('does not see the future: later rows move no prediction', async () => {
    const model = await trainModel(data, kind, config);
    const values = data.table.values.slice();
    values.fill(7, 301 * 2);
    const before = predictSignal(model, data, range(20, 301));
    const after = predictSignal(model, { table: { ...data.table, values } }, range(20, 301));
    expect([...after.probabilities]).toEqual([...before.probabilities]);
  });

  test('comes back from its saved form to the same bits', async () => {
    for (const set of [data, line(400)]) {
      const model = await trainModel(set, kind, { ...config, calibration: 'isotonic' });
      const artifact = saveModel(model);
      const loaded = await loadModel({
        ...(JSON.parse(JSON.stringify({ ...artifact, arrays: {} })) as ModelArtifact),
        arrays: artifact.arrays,
      });
      expect([...predictSignal(loaded, set).scores]).toEqual([...predictSignal(model, set).scores]);
      expect(saveModel(loaded)).toEqual(artifact);
    }
  });

  test('learns what is plain: three classes, and numbers', async () => {
    const many = { ...config, maxEpochs: 40, learningRate: 0.01, num_round: 60, window: 1 };
    const own = Object.fromEntries(
      Object.entries(many).filter(([key]) =>
        (kind === 'xgboost'
          ? ['num_round', 'window']
          : ['maxEpochs', 'learningRate', 'window', ...(kind === 'linear' ? [] : ['hidden'])]
        ).includes(key),
      ),
    );
    const classes = threeClasses(1500);
    const model = await trainModel(classes, kind, own, { rows: range(10, 1000) });
    const { classes: named, rows } = predictSignal(model, classes, range(1000, 1500));
    const hits = rows.filter((row, i) => classes.labels[row] === named[i]).length;
    expect(hits / rows.length).toBeGreaterThan(0.75);
    const numbers = line(1500);
    const regressor = await trainModel(numbers, kind, own, { rows: range(10, 1000) });
    const { scores } = predictSignal(regressor, numbers, range(1000, 1500));
    const mse = scores.reduce((sum, score, i) => sum + (score - numbers.labels[1000 + i]) ** 2, 0) / 500;
    expect(mse).toBeLessThan(0.6);
  });
});

describe('a lagged sign', () => {
  const data = laggedSigns(5000, 1);
  const config = { window: 6, hidden: 16, maxEpochs: 40, learningRate: 0.01, dropout: 0 };
  const accuracy = async (kind: string, overrides: Record<string, unknown>, set = data): Promise<number> => {
    const model = await trainModel(set, kind, overrides, { rows: range(3, 3500) });
    const { rows, classes } = predictSignal(model, set, range(3600, 5000));
    return rows.filter((row, i) => set.labels[row] === classes[i]).length / rows.length;
  };

  test.each(['lstm', 'gru'])('is learnt by the %s, and not found in shuffled labels', async (kind) => {
    expect(await accuracy(kind, config)).toBeGreaterThan(0.95);
    const chance = await accuracy(kind, config, laggedSigns(5000, 1, { shuffled: true }));
    expect(Math.abs(chance - 0.5)).toBeLessThan(0.05);
  });

  test('is beyond a linear model', async () => {
    expect(Math.abs((await accuracy('linear', { window: 6 })) - 0.5)).toBeLessThan(0.05);
  });
});

describe('out-of-fold predictions', () => {
  const data = threeClasses(400);

  test('are of models that have not seen the row, and may be learnt from; a model may not be asked about its own rows', async () => {
    const { predictions, models } = await outOfFold(data, purgedKFold(4), 'linear', QUICK.linear);
    expect(models).toHaveLength(4);
    expect([...predictions.rows]).toEqual([...range(2, 400)]);
    expect(new Set(predictions.provenance)).toEqual(new Set(['out-of-fold']));
    expect(() => requireOutOfSample(predictions)).not.toThrow();
    const model = await trainModel(data, 'linear', QUICK.linear, { rows: range(2, 300) });
    expect(() => requireOutOfSample(predictSignal(model, data))).toThrow(
      /298 of 398 predictions are of rows .* row 2/,
    );
    expect(() => requireOutOfSample(predictSignal(model, data, range(300, 400)))).not.toThrow();
  });

  test('of a row do not change with the rows of its fold', async () => {
    const { predictions } = await outOfFold(data, walkForward({ folds: 3 }), 'linear', QUICK.linear);
    const labels = data.labels.map((label, row) => (row >= predictions.rows[0] + 100 ? 2 - label : label));
    const other = tableDataset(['x', 'y'], data.table.values, labels, data.classNames);
    const again = await outOfFold(other, walkForward({ folds: 3 }), 'linear', QUICK.linear);
    expect([...again.predictions.scores.subarray(0, 190)]).toEqual([...predictions.scores.subarray(0, 190)]);
    expect([...again.predictions.scores]).not.toEqual([...predictions.scores]);
  });
});

describe('bad input is refused', () => {
  const data = threeClasses(300);

  test.each([
    ['an unknown kind', () => trainModel(data, 'xgbost'), ConfigError, /xgboost/],
    [
      'an unknown setting',
      () => trainModel(data, 'lstm', { hiden: 3 } as Record<string, unknown>),
      ConfigError,
      /hidden/,
    ],
    [
      'rows without labels',
      () => trainModel(data, 'linear', {}, { rows: Int32Array.of(900) }),
      DataError,
      /None of the rows/,
    ],
    [
      'too few rows',
      () => trainModel(data, 'linear', {}, { rows: range(5, 8) }),
      DataError,
      /bring more rows/,
    ],
    [
      'one class among the rows to fit',
      () =>
        trainModel(
          { ...data, labels: data.labels.map((label, row) => (row < 280 ? 1 : label)) },
          'linear',
          {},
          { rows: range(3, 200) },
        ),
      DataError,
      /one class/,
    ],
  ])('%s', async (_name, train, type, message) => {
    const error = await Promise.resolve()
      .then(train)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toBeInstanceOf(type);
    expect(String(error)).toMatch(message);
  });

  test('missing values, but by trees', async () => {
    const values = data.table.values.slice();
    values[2 * 50 + 1] = Number.NaN;
    const set = tableDataset(['x', 'y'], values, data.labels, data.classNames);
    await expect(trainModel(set, 'lstm', QUICK.lstm)).rejects.toThrow(/"y" has no value at row 50/);
    const trees = await trainModel(set, 'xgboost', QUICK.xgboost);
    expect(predictSignal(trees, set).scores.every(Number.isFinite)).toBe(true);
    const linear = await trainModel(data, 'linear', QUICK.linear);
    expect(() => predictSignal(linear, set)).toThrow(/"y" has no value at row 50/);
  });

  test('infinite values, empty columns, one class, labels beyond the classes', () => {
    const table = (values: number[]) => ({
      numRows: 3,
      numColumns: 2,
      columns: ['a', 'b'],
      values: Float32Array.from(values),
    });
    const make = (values: number[], labels: number[]) => () =>
      createDataset({
        table: table(values),
        task: 'classification',
        classNames: ['no', 'yes'],
        labels: Float64Array.from(labels),
      });
    const fine = [1, 2, 3, 4, 5, 6];
    expect(make([1, 2, 3, Infinity, 5, 6], [0, 1, 0])).toThrow(/"b" is Infinity at row 1/);
    expect(make([1, Number.NaN, 3, Number.NaN, 5, Number.NaN], [0, 1, 0])).toThrow(
      /"b" has no value in any row/,
    );
    expect(make(fine, [1, 1, 1])).toThrow(/All 3 labels are "yes"/);
    expect(make(fine, [0, 1, 2])).toThrow(/row 2 is 2; expected a class from 0 to 1/);
    expect(make(fine, [Number.NaN, Number.NaN, Number.NaN])).toThrow(/No row has both/);
    expect(make(fine, [0, 1])).toThrow(/labels has 2 entries for 3 rows/);
  });

  test('columns unlike those of the model, by name', async () => {
    const model = await trainModel(data, 'linear', QUICK.linear);
    const withColumns = (columns: string[]) => () =>
      predictSignal(model, { table: { ...data.table, columns, numColumns: columns.length } });
    expect(withColumns(['y', 'x'])).toThrow(/column 1 is "y", "x" is expected/);
    expect(withColumns(['x'])).toThrow(/column "y" is missing/);
    expect(withColumns(['x', 'y', 'z'])).toThrow(/column "z" is unknown/);
  });

  test('saved models of another version, and damaged ones', async () => {
    const artifact = saveModel(await trainModel(data, 'linear', QUICK.linear));
    const changed = (top: object, pipeline: object = {}) =>
      loadModel({ ...artifact, ...top, pipeline: { ...artifact.pipeline, ...pipeline } });
    const weights = (length: number, value: number) => ({
      arrays: { 'parameters/0': new Float32Array(length).fill(value) },
    });
    const { length } = artifact.arrays['parameters/0'];
    await expect(changed({ kindVersion: 2 })).rejects.toThrow(/version 2, this program reads 1/);
    await expect(changed({}, { window: 7 })).rejects.toThrow(/window is 7/);
    await expect(changed({}, { scaler: { means: [0], deviations: [1] } })).rejects.toThrow(
      /scales 1 columns and has 2/,
    );
    await expect(changed({}, { calibration: { method: 'platt', curves: [] } })).rejects.toThrow(
      /calibration.curves/,
    );
    await expect(changed({}, { shape: undefined })).rejects.toThrow(/pipeline.shape/);
    await expect(changed({ kind: 'lineer' })).rejects.toThrow(/linear/);
    await expect(changed({ config: { depth: 3 } })).rejects.toThrow(/Unknown key "depth"/);
    await expect(changed({ arrays: {} })).rejects.toThrow(/have no numbers/);
    await expect(changed(weights(length + 1, 0))).rejects.toThrow(/are needed/);
    await expect(changed(weights(length, Number.NaN))).rejects.toThrow(/Weight 0 .* NaN/);
  });
});

describe('a kind of one’s own', () => {
  /** Says the share of each class among the rows it was given. */
  const shares = defineModel({
    name: 'shares',
    description: 'The shares of the classes',
    config: z.object({ strength: z.number().default(1).describe('nothing') }),
    scales: true,
    acceptsMissing: false,
    window: () => 4,
    train({ shape, fit, validation }) {
      parts = { fit: [...fit.rows], validation: [...(validation?.rows ?? [])] };
      const counts = shape.classNames.map(
        (_, c) => fit.targets.filter((target) => target === c).length / fit.rows.length,
      );
      return say(counts);
    },
    load: (_shape, { values }) => say(values.counts as number[]),
  });
  let parts: { fit: number[]; validation: number[] } = { fit: [], validation: [] };
  const say = (counts: number[]): Predictor => ({
    summary: {},
    predict: (_inputs, batch) =>
      Float64Array.from({ length: batch * counts.length }, (_, i) => counts[i % counts.length]),
    save: () => ({ arrays: {}, values: { counts }, files: {} }),
  });

  test('needs one object, and gets what every kind gets: parts apart by window and label, whatever is held out', async () => {
    const base = threeClasses(300);
    const labelEnds = Int32Array.from({ length: 300 }, (_, row) => Math.min(299, row + 5));
    const data = createDataset({ ...base, labelEnds });
    const model = await trainModel(data, shares, {
      strength: 2,
      calibrationShare: 0.2,
      validationShare: 0.2,
    });
    const { fit, validation } = parts;
    // Rows 3 to 299: the last fifth to calibrate on, a fifth of the rest to stop by, and labels of five rows between.
    expect([fit[0], validation.at(-1)]).toEqual([3, 299 - 59 - 5]);
    expect(validation[0] - fit[fit.length - 1]).toBe(6);
    expect(model.calibration?.curves).toHaveLength(3);
    const loaded = await loadModel(saveModel(model), [shares]);
    expect([...predictSignal(loaded, data).probabilities]).toEqual([
      ...predictSignal(model, data).probabilities,
    ]);
  });
});
