import { beforeAll, describe, expect, test } from 'vitest';
import { loadModel, saveModel } from '../../models/artifact.ts';
import { predictSignal } from '../../models/signals/predict.ts';
import { SignalStream } from '../../models/signals/stream.ts';
import { createTfjsKind } from '../../models/tfjs.ts';
import { trainModel } from '../../models/train.ts';
import { loadTensorFlow, type TensorFlow } from '../../networks/tfjs-backend.ts';
import { laggedSigns, range } from './markets.ts';

let tf: TensorFlow;
beforeAll(async () => {
  tf = await loadTensorFlow({ backend: 'wasm' });
});

const data = laggedSigns(900, 2);
const rows = range(10, 800);

function network(activation: 'softmax' | 'linear') {
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [4, 2] }),
      tf.layers.dense({ units: 32, activation: 'tanh' }),
      tf.layers.batchNormalization(),
      tf.layers.dense({ units: 2, activation }),
    ],
  });
}

const settings = { window: 4, maxEpochs: 40, learningRate: 0.02, patience: 20 };

describe.each(['softmax', 'linear'] as const)('a model that ends in %s', (activation) => {
  test('learns, streams and comes back from its saved form to the same bits', async () => {
    const kind = createTfjsKind(tf, network(activation));
    const model = await trainModel(data, kind, settings, { rows });
    const predictions = predictSignal(model, data, range(800, 900));
    const hits = predictions.rows.filter((row, i) => data.labels[row] === predictions.classes[i]);
    expect(hits.length).toBeGreaterThan(85);

    const stream = new SignalStream(model);
    for (let row = 790; row < 900; row++) {
      const signal = stream.next(data.table.values.subarray(2 * row, 2 * row + 2));
      if (row >= 800) expect(signal?.score).toBe(predictions.scores[row - 800]);
    }
    const loaded = await loadModel(saveModel(model), [createTfjsKind(tf)]);
    expect([...predictSignal(loaded, data, range(800, 900)).scores]).toEqual([...predictions.scores]);
  });
});

test('the model handed in stays as it is, and each training starts from it', async () => {
  const own = network('softmax');
  const before = own.getWeights().map((weight) => [...weight.dataSync()]);
  const kind = createTfjsKind(tf, own);
  const quick = { ...settings, maxEpochs: 2 };
  const scores = async () => [...predictSignal(await trainModel(data, kind, quick, { rows }), data).scores];
  expect(await scores()).toEqual(await scores());
  expect(own.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
});

test('a topology alone starts from weights that the seed decides', async () => {
  const topology = JSON.stringify(network('softmax').toJSON(null, false));
  const kind = createTfjsKind(tf);
  const scores = async (seed: number) => {
    const model = await trainModel(data, kind, { ...settings, maxEpochs: 1, topology, seed }, { rows });
    return [...predictSignal(model, data).scores];
  };
  expect(await scores(1)).toEqual(await scores(1));
  expect(await scores(2)).not.toEqual(await scores(1));
});

test('what is no model, or fits neither columns nor classes, is refused', async () => {
  const kind = createTfjsKind(tf);
  await expect(trainModel(data, kind, settings)).rejects.toThrow(/needs a LayersModel/);
  await expect(trainModel(data, kind, { ...settings, topology: '{"a":1}' })).rejects.toThrow(
    /no LayersModel/,
  );
  await expect(trainModel(data, createTfjsKind(tf, network('softmax')), { window: 5 })).rejects.toThrow(
    /10 numbers come in/,
  );
});
