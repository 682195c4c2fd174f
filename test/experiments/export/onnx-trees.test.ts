/** Exported trees predict as the model does, in onnxruntime. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { exportTrees } from '../../../experiments/export/onnx/trees.ts';
import { type Calibration, calibrateInto } from '../../../models/data/calibration.ts';
import { trainXgboost } from '../../../models/trees/xgboost.ts';
import type { XgboostOverrides } from '../../../models/trees/xgboost-config.ts';
import { randomTable } from '../../models/tables.ts';

const NUM_ROWS = 10_000;
const { table, binary, multi, real } = randomTable(500, 5, 0.1);
const { table: rows } = randomTable(NUM_ROWS, 5, 0.1, 7);
const platt: Calibration = { method: 'platt', curves: [{ method: 'platt', slope: 0.7, intercept: 0.2 }] };
const each: Calibration = {
  method: 'platt',
  curves: [0.5, 1, 1.5].map((slope) => ({ method: 'platt', slope, intercept: 0.1 })),
};

test.each<
  [name: string, labels: Float32Array, config: XgboostOverrides, calibration: Calibration | undefined]
>([
  ['two classes', binary, { objective: 'binary:logistic', base_score: 0.3 }, undefined],
  ['two classes, calibrated', binary, { objective: 'binary:logistic' }, platt],
  ['three classes', multi, { objective: 'multi:softprob', num_class: 3 }, undefined],
  ['three classes, calibrated', multi, { objective: 'multi:softprob', num_class: 3 }, each],
  ['values', real, { base_score: 2 }, undefined],
])('trees of %s, missing values among them', async (_, labels, config, calibration) => {
  const model = trainXgboost({ table, labels }, { num_round: 8, max_depth: 4, ...config });
  const file = exportTrees(model, calibration, {});
  const session = await InferenceSession.create(file, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const { prediction } = await session.run({ features: new Tensor('float32', rows.values, [NUM_ROWS, 5]) });
  const ours = new Float32Array(NUM_ROWS * model.numOutputs);
  model.predictInto(ours, rows);
  const isBinary = config.objective === 'binary:logistic';
  const expected = isBinary
    ? Float64Array.from({ length: 2 * NUM_ROWS }, (_, i) => (i % 2 ? ours[i >> 1] : 1 - ours[i >> 1]))
    : Float64Array.from(ours);
  if (calibration !== undefined) calibrateInto(expected, NUM_ROWS, isBinary ? 2 : 3, calibration);
  const { data } = prediction;
  expect(data.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++)
    largest = Math.max(largest, Math.abs(expected[i] - (data[i] as number)));
  expect(largest).toBeLessThan(1e-5);
});

test('what the form cannot hold is refused by name', () => {
  const model = trainXgboost({ table, labels: binary }, { objective: 'binary:logistic', num_round: 1 });
  const isotonic: Calibration = {
    method: 'isotonic',
    curves: [{ method: 'isotonic', from: [0.5], to: [0.5] }],
  };
  expect(() => exportTrees(model, isotonic, {})).toThrow(/^Isotonic calibration cannot be written as ONNX/);
});
