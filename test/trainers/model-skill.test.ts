/** How well a model's predictions do against a forecast that knows nothing, by hand. */
import { describe, expect, test } from 'vitest';
import { describeOutputs } from '../../models/signals/predictions.ts';
import { judgeSkill } from '../../trainers/model-skill.ts';

const predictions = (classNames: string[], rows: number[][]) =>
  describeOutputs(
    classNames,
    Int32Array.from(rows, (_, i) => i),
    Float64Array.from(rows.flat()),
    rows.map(() => 'unseen' as const),
  );
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a model of values', () => {
  const scores = [[1], [3], [2]];
  const truth = Float64Array.of(2, 3, 5);

  test('is judged by its mean squared error, against that of the mean of the training rows', () => {
    const { loss, baseLoss, gain, verdict } = judgeSkill(predictions([], scores), truth, 1, [4]);
    expect(loss).toBeCloseTo(mean([1, 0, 9]), 12);
    expect(baseLoss).toBeCloseTo(mean([4, 1, 1]), 12);
    expect(gain.mean).toBeCloseTo(2 - 10 / 3, 12);
    expect(verdict.text).toContain(
      'the mean squared error is 3.33, that of the mean of the training rows 2.00;',
    );
  });

  test('is judged against the mean of the judged rows where the training rows are not on record', () => {
    const { baseLoss, verdict } = judgeSkill(predictions([], scores), truth, 1);
    expect(baseLoss).toBeCloseTo(mean([16, 1, 25].map((x) => x / 9)), 12);
    expect(verdict.text).toContain('of the judged rows');
  });
});

describe('a model of classes', () => {
  const truth = Float64Array.of(0, 1, 1, 1);
  const outputs = [
    [0.8, 0.2],
    [0.4, 0.6],
    [0.1, 0.9],
    [0.5, 0.5],
  ];

  test('is judged by its log loss, against that of the shares of the classes', () => {
    const given = judgeSkill(predictions(['down', 'up'], outputs), truth, 1, [0.4, 0.6]);
    expect(given.loss).toBeCloseTo(mean([0.8, 0.6, 0.9, 0.5].map((p) => -Math.log(p))), 12);
    expect(given.baseLoss).toBeCloseTo(mean([0.4, 0.6, 0.6, 0.6].map((p) => -Math.log(p))), 12);
    const own = judgeSkill(predictions(['down', 'up'], outputs), truth, 1);
    expect(own.baseLoss).toBeCloseTo(mean([0.25, 0.75, 0.75, 0.75].map((p) => -Math.log(p))), 12);
    expect(own.gain.mean).toBeCloseTo(own.baseLoss - own.loss, 12);
  });

  test('that called a class impossible pays for 1e-15, not for nothing at all', () => {
    const sure = [
      [0, 1],
      [0, 1],
    ];
    const { loss } = judgeSkill(predictions(['down', 'up'], sure), Float64Array.of(0, 1), 1, [0.5, 0.5]);
    expect(loss).toBeCloseTo(-Math.log(1e-15) / 2, 9);
  });

  test.each<[rule: string, right: number, tone: string]>([
    ['right beyond chance is an edge', 0.9, 'edge'],
    ['wrong beyond chance is worse', 0.1, 'worse'],
    ['at the shares of the classes is no edge', 0.5, 'no-edge'],
  ])('%s', (_, right, tone) => {
    const labels = Float64Array.from({ length: 200 }, (_, i) => (i * 7) % 2);
    // A little off, so that there is something to draw an interval of.
    const rows = Array.from(labels, (label, i) => {
      const p = right + (i % 3 === 0 ? 0.02 : i % 3 === 1 ? -0.02 : 0);
      return label === 0 ? [p, 1 - p] : [1 - p, p];
    });
    expect(judgeSkill(predictions(['down', 'up'], rows), labels, 1, [0.5, 0.5]).verdict.tone).toBe(tone);
  });

  test('of one row has a gain and no interval', () => {
    const { gain } = judgeSkill(predictions(['down', 'up'], [[0.8, 0.2]]), Float64Array.of(0), 1, [0.5, 0.5]);
    expect(gain.mean).toBeCloseTo(Math.log(0.8 / 0.5), 12);
    expect([gain.low, gain.high]).toEqual([Number.NaN, Number.NaN]);
  });
});
