import { describe, expect, test } from 'vitest';
import { DataError } from '../../../core/errors.ts';
import {
  classificationMetrics,
  formatClassificationReport,
  probabilityMetrics,
} from '../../../models/judging/classification-metrics.ts';
import {
  averagePrecision,
  calibrationCurve,
  rocArea,
  rocCurve,
} from '../../../models/judging/probability-curves.ts';
import { rankCorrelation, regressionMetrics } from '../../../models/judging/regression-metrics.ts';

// Worked by hand: three classes, ten rows.
const truth = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2];
const named = [0, 0, 1, 1, 1, 1, 2, 2, 0, 0];
const names = ['down', 'flat', 'up'];

describe('classes', () => {
  const metrics = classificationMetrics(truth, named, names);

  test('are counted in a confusion matrix, true classes in rows', () => {
    expect(metrics.confusion).toEqual([
      [2, 1, 0],
      [0, 3, 1],
      [2, 0, 1],
    ]);
  });

  test('have the precision, recall and F1 worked by hand', () => {
    const [down, flat, up] = metrics.classes;
    expect([down.precision, down.recall, down.support]).toEqual([2 / 4, 2 / 3, 3]);
    expect([flat.precision, flat.recall, flat.support]).toEqual([3 / 4, 3 / 4, 4]);
    expect([up.precision, up.recall, up.support]).toEqual([1 / 2, 1 / 3, 3]);
    expect(down.f1).toBeCloseTo(4 / 7, 15);
    expect(up.f1).toBeCloseTo(2 / 5, 15);
  });

  test('are averaged', () => {
    expect(metrics.accuracy).toBe(0.6);
    expect(metrics.balancedAccuracy).toBeCloseTo((2 / 3 + 3 / 4 + 1 / 3) / 3, 15);
    expect(metrics.macro.f1).toBeCloseTo((4 / 7 + 3 / 4 + 2 / 5) / 3, 15);
    expect(metrics.weighted.precision).toBeCloseTo(0.3 * 0.5 + 0.4 * 0.75 + 0.3 * 0.5, 15);
  });

  test('are printed in the layout of scikit-learn', () => {
    expect(formatClassificationReport(metrics)).toBe(
      [
        '              precision    recall  f1-score   support',
        '',
        '        down       0.50      0.67      0.57         3',
        '        flat       0.75      0.75      0.75         4',
        '          up       0.50      0.33      0.40         3',
        '',
        '    accuracy                           0.60        10',
        '   macro avg       0.58      0.58      0.57        10',
        'weighted avg       0.60      0.60      0.59        10',
        '',
      ].join('\n'),
    );
  });

  test('that are never named, or do not occur, score 0 and leave the balanced accuracy to the others', () => {
    const { classes, balancedAccuracy } = classificationMetrics([0, 0, 1], [0, 0, 0], names);
    expect([classes[1].precision, classes[1].f1, classes[2].recall]).toEqual([0, 0, 0]);
    expect(balancedAccuracy).toBe(0.5);
  });

  test('of no row, or of other counts, are refused', () => {
    expect(() => classificationMetrics([], [], names)).toThrow(DataError);
    expect(() => classificationMetrics([0], [0, 1], names)).toThrow(DataError);
  });
});

describe('probabilities', () => {
  test('of two classes have the scores worked by hand', () => {
    const p = [0.9, 0.1, 0.6, 0.4, 0.35, 0.65, 0.2, 0.8];
    const { logLoss, brier, rocAuc, prAuc } = probabilityMetrics([0, 0, 1, 1], p, 2);
    expect(logLoss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.6) + Math.log(0.65) + Math.log(0.8)) / 4, 14);
    expect(brier).toBeCloseTo((0.01 + 0.16 + 0.1225 + 0.04) / 4, 14);
    expect([rocAuc, prAuc]).toEqual([1, 1]);
  });

  test('of three classes sum the squares, and average the areas', () => {
    const { brier, rocAuc } = probabilityMetrics([0, 1, 2], [1, 0, 0, 0, 1, 0, 0.5, 0.5, 0], 3);
    expect(brier).toBeCloseTo((0.25 + 0.25 + 1) / 3, 14);
    expect(rocAuc).toBeCloseTo((1 + 1 + 0.5) / 3, 14);
  });

  test('rank as the definition says: the share of pairs in the right order, ties as half', () => {
    const scores = [0.1, 0.4, 0.35, 0.8, 0.4];
    const hits = [0, 0, 1, 1, 1];
    // Pairs (hit, miss): .35>.1, .35<.4, .8>.1, .8>.4, .4>.1, .4=.4
    expect(rocArea(scores, hits)).toBeCloseTo(4.5 / 6, 14);
    expect(rocCurve(scores, hits).x.at(-1)).toBe(1);
    // Thresholds .8, .4, .35, .1: precision 1, 2/3, 3/4, 3/5 at recall 1/3, 2/3, 1, 1.
    expect(averagePrecision(scores, hits)).toBeCloseTo((1 + 2 / 3 + 3 / 4) / 3, 14);
    expect(rocArea([0.1, 0.2], [1, 1])).toBeNaN();
  });

  test('are calibrated where each bin holds what it promises', () => {
    const { predicted, observed, counts, error } = calibrationCurve([0.1, 0.15, 0.9, 1], [0, 1, 1, 1]);
    expect(predicted).toEqual([0.125, 0.95]);
    expect(observed).toEqual([0.5, 1]);
    expect(counts).toEqual([2, 2]);
    expect(error).toBeCloseTo((0.375 + 0.05) / 2, 14);
  });
});

describe('numbers', () => {
  test('have the errors worked by hand', () => {
    const metrics = regressionMetrics([1, -1, 2, 0], [0.5, 1, 2, 1]);
    expect(metrics.rmse).toBeCloseTo(Math.sqrt((0.25 + 4 + 0 + 1) / 4), 14);
    expect(metrics.meanAbsoluteError).toBeCloseTo(3.5 / 4, 14);
    expect(metrics.r2).toBeCloseTo(1 - 5.25 / 5, 14);
    expect(metrics.signAccuracy).toBeCloseTo(2 / 3, 14);
    expect(regressionMetrics([1, 1], [1, 0]).r2).toBeNaN();
  });

  test('are correlated by rank, equal ones at their mean rank, missing ones left out', () => {
    expect(rankCorrelation([1, 2, 3, 9], [10, 20, 30, 31])).toBeCloseTo(1, 14);
    expect(rankCorrelation([1, 2, 2, 3], [1, 3, 2, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 14);
    expect(rankCorrelation([1, 2, Number.NaN], [2, 1, 5])).toBeCloseTo(-1, 14);
    expect(rankCorrelation([1, 1], [1, 2])).toBeNaN();
  });
});
