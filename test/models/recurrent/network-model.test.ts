import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { createBodyAndHead } from '../../../models/recurrent/network-model.ts';
import { predictSignal } from '../../../models/signals/predict.ts';
import { trainModel } from '../../../models/train.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { recurrentWindowLayer } from '../../../networks/layers/recurrent-window.ts';
import { laggedSigns, range } from '../markets.ts';

describe('body, dropout and head', () => {
  const kernels = createKernels();
  const rng = createRng(3);
  const body = recurrentWindowLayer({
    cell: 'lstm',
    window: 3,
    inputDim: 2,
    hiddenDim: 6,
    init: 'orthogonal',
    rng,
  });
  const network = createBodyAndHead(kernels, body, 6, 2, 0.4, rng);
  const inputs = Float32Array.from({ length: 4 * 6 }, () => rng.gaussian());
  const slopes = Float32Array.from({ length: 4 * 2 }, () => rng.gaussian());
  const loss = (): number => {
    const y = network.forwardWithDropout(inputs, 4, createRng(9));
    return slopes.reduce((sum, slope, i) => sum + slope * y[i], 0);
  };

  test('have the gradients of finite differences, with the same units left out', () => {
    loss();
    network.backward(slopes);
    for (const { parameters, gradients } of network.blocks) {
      for (let i = 0; i < parameters.length; i += 7) {
        const kept = parameters[i];
        parameters[i] = kept + 0.01;
        const above = loss();
        parameters[i] = kept - 0.01;
        const below = loss();
        parameters[i] = kept;
        expect(Math.abs((above - below) / 0.02 - gradients[i])).toBeLessThan(2e-3);
      }
    }
  });

  test('leave nothing out when they predict', () => {
    expect([...network.forward(inputs, 4)]).toEqual([...network.forward(inputs, 4)]);
    const predicted = [...network.forward(inputs, 4)];
    const mean = new Float64Array(8);
    for (let draw = 0; draw < 4000; draw++) {
      network.forwardWithDropout(inputs, 4, rng).forEach((value, i) => {
        mean[i] += value / 4000;
      });
    }
    for (let i = 0; i < 8; i++) expect(Math.abs(mean[i] - predicted[i])).toBeLessThan(0.05);
  });
});

test('the weights of the best epoch are kept, not those of the last', async () => {
  const data = laggedSigns(700, 5, { shuffled: true });
  const settings = { window: 4, hidden: 24, maxEpochs: 60, patience: 59, learningRate: 0.02, dropout: 0 };
  const held = { calibration: 'none' as const, validationShare: 0.3, uniquenessWeights: false };
  const model = await trainModel(data, 'gru', { ...settings, ...held }, { rows: range(3, 303) });
  const { bestEpoch, epochs, validationLoss } = model.predictor.summary;
  expect(bestEpoch).toBeLessThan(epochs);
  const { probabilities, rows } = predictSignal(model, data, range(213, 303));
  const losses = [...rows].map((row, i) => -Math.log(probabilities[2 * i + data.labels[row]]));
  expect(losses.reduce((sum, value) => sum + value, 0) / 90).toBeCloseTo(validationLoss, 5);
});

test.each(['xgboost', 'linear'])('the %s tells two classes apart, the right way round', async (kind) => {
  const signs = laggedSigns(900, 6);
  const labels = signs.labels.map((_, row) => Number(signs.table.values[2 * row] > 0));
  const data = { ...signs, labels };
  const model = await trainModel(data, kind, {}, { rows: range(3, 700) });
  const { classes, rows, scores } = predictSignal(model, data, range(700, 900));
  expect(rows.filter((row, i) => labels[row] === classes[i]).length).toBeGreaterThan(190);
  expect(rows.every((row, i) => scores[i] > 0 === (classes[i] === 1) && row >= 700)).toBe(true);
});
