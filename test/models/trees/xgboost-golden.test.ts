/** Our trees against the models, predictions and histories that XGBoost recorded. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { trainXgboost } from '../../../models/trees/xgboost.ts';
import { resolveXgboostConfig } from '../../../models/trees/xgboost-config.ts';
import { XgboostModel } from '../../../models/trees/xgboost-model.ts';
import { sharedJson, sharedPath } from '../../shared.ts';
import { tableOf } from '../tables.ts';

interface Recorded {
  params: Record<string, unknown>;
  predictions: number[] | number[][];
  margins: number[] | number[][];
  evals: Record<'train' | 'test', Record<string, number[]>>;
  gain: Record<string, number>;
}

const NAMES = ['binary', 'multi', 'reg'] as const;
const NUM_FEATURES = 6;
const NUM_TRAIN = 300;

const expected = sharedJson<Record<(typeof NAMES)[number], Recorded>>('golden/xgboost/expected.json');
const dataPath = sharedPath('golden/xgboost/data.csv');

describe.skipIf(expected === undefined || dataPath === undefined)('against XGBoost 1.7.4', () => {
  if (expected === undefined || dataPath === undefined) return;
  const lines = readFileSync(dataPath, 'utf8').trim().split('\n');
  const columns = lines[0].split(',').slice(0, NUM_FEATURES);
  const rows = lines
    .slice(1)
    .map((line) => line.split(',').map((cell) => (cell === '' ? Number.NaN : Number(cell))));
  const tableFrom = (from: number, to: number) =>
    tableOf(
      rows.slice(from, to).map((row) => row.slice(0, NUM_FEATURES)),
      columns,
    );
  const labelsFrom = (from: number, to: number, name: number) =>
    Float32Array.from(rows.slice(from, to), (row) => row[NUM_FEATURES + name]);
  const all = tableFrom(0, rows.length);

  for (const [index, name] of NAMES.entries()) {
    const recorded = expected[name];
    const text = readFileSync(sharedPath(`golden/xgboost/${name}.json`) as string, 'utf8');
    const model = XgboostModel.fromJson(text);
    const size = rows.length * model.numOutputs;

    test(`${name}: a loaded model gives every recorded margin, probability and gain, missing values included`, () => {
      const margins = new Float32Array(size);
      model.predictMarginsInto(margins, all);
      expect(largestDifference(margins, recorded.margins.flat())).toBeLessThan(1e-5);
      const predictions = new Float32Array(size);
      model.predictInto(predictions, all);
      expect(largestDifference(predictions, recorded.predictions.flat())).toBeLessThan(1e-6);
      const gains = columns.map((column) => recorded.gain[column]);
      expect(largestDifference(model.importance('gain'), gains)).toBeLessThan(1e-5);
    });

    test(`${name}: read and written again, the file is the same byte for byte`, () => {
      expect(model.toJson()).toBe(text);
    });

    test(`${name}: training with the same parameters grows the same trees`, () => {
      const { tree_method: method, ...params } = recorded.params;
      expect(method).toBe('hist');
      const labels = labelsFrom(0, NUM_TRAIN, index);
      const test = {
        name: 'test',
        table: tableFrom(NUM_TRAIN, rows.length),
        labels: labelsFrom(NUM_TRAIN, rows.length, index),
      };
      const train = { name: 'train', table: tableFrom(0, NUM_TRAIN), labels };
      const config = resolveXgboostConfig({ ...params, num_round: 25 });
      const trained = trainXgboost(train, config, { evaluationSets: [train, test] });
      for (const set of ['train', 'test'] as const) {
        const [metric, history] = Object.entries(recorded.evals[set])[0];
        const ours = trained.evaluationHistory[set][metric];
        for (const [round, value] of history.entries())
          expect(Math.abs(ours[round] / value - 1)).toBeLessThan(1e-5);
      }
      for (const [i, tree] of trained.forest.trees.entries()) {
        expect([...tree.splitIndex]).toEqual([...model.forest.trees[i].splitIndex]);
        expect([...tree.defaultLeft]).toEqual([...model.forest.trees[i].defaultLeft]);
        expect(
          largestDifference(tree.splitCondition, [...model.forest.trees[i].splitCondition]),
        ).toBeLessThan(1e-5);
      }
    });
  }
});

function largestDifference(actual: ArrayLike<number>, wanted: readonly number[]): number {
  expect(actual.length).toBe(wanted.length);
  return wanted.reduce((largest, value, i) => Math.max(largest, Math.abs(value - actual[i])), 0);
}
