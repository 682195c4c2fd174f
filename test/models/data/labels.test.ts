import { describe, expect, test } from 'vitest';
import { ConfigError, DataError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import { candlesFromPrices, createCandles, sliceCandles } from '../../../market/candles/candles.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { averageUniqueness } from '../../../models/data/label-weights.ts';
import { labelCandles } from '../../../models/data/labels.ts';

const prices = candlesFromPrices([100, 101, 99, 99, 104, 103]);

describe('labels', () => {
  test('of the forward return are the return over the horizon, and missing where it is not over yet', () => {
    const { values, ends, task, classNames } = labelCandles(prices, { label: 'forward-return', horizon: 2 });
    expect([...values.subarray(0, 4)].map((value) => Number(value.toFixed(6)))).toEqual([
      -0.01, -0.019802, 0.050505, 0.040404,
    ]);
    expect([...values.subarray(4)]).toEqual([Number.NaN, Number.NaN]);
    expect([...ends]).toEqual([2, 3, 4, 5, 5, 5]);
    expect([task, classNames]).toEqual(['regression', []]);
  });

  test('of the sign have two classes, and three with a dead band', () => {
    expect([...labelCandles(prices, { horizon: 1 }).values]).toEqual([1, 0, 0, 1, 0, Number.NaN]);
    const banded = labelCandles(prices, { horizon: 1, deadBand: 0.011 });
    expect([...banded.values]).toEqual([1, 0, 1, 2, 1, Number.NaN]);
    expect(banded.classNames).toEqual(['down', 'flat', 'up']);
  });

  test('of the triple barrier say which barrier is touched first, and when', () => {
    // Ten bars that swing by 1 % set the unit; then the price rises, falls, or stays.
    const swing = Array.from({ length: 11 }, (_, i) => (i % 2 === 0 ? 100 : 101));
    const path = (after: number[]) =>
      labelCandles(candlesFromPrices([...swing, ...after]), {
        label: 'triple-barrier',
        horizon: 4,
        volatilityBars: 10,
      });
    const at = (after: number[]) => {
      const { values, ends } = path(after);
      return [values[10], ends[10]];
    };
    expect(at([100, 103, 95, 100])).toEqual([2, 12]);
    expect(at([100, 97, 103, 100])).toEqual([0, 12]);
    expect(at([100.5, 100, 99.5, 100])).toEqual([1, 14]);
    expect(path([100, 103, 95, 100]).values[11]).toBeNaN();
  });

  test('take the stop first where one bar touches both barriers', () => {
    const close = [...Array.from({ length: 11 }, (_, i) => (i % 2 === 0 ? 100 : 101)), 100, 100, 100];
    const high = close.map((price, i) => (i === 11 ? 110 : price));
    const low = close.map((price, i) => (i === 11 ? 90 : price));
    const timeMs = close.map((_, i) => i);
    const candles = createCandles({ timeMs, open: close, high, low, close, volume: close });
    const options = { label: 'triple-barrier', horizon: 2, volatilityBars: 10 } as const;
    expect(labelCandles(candles, { ...options, touch: 'range' }).values[10]).toBe(0);
    expect(labelCandles(candles, options).values[10]).toBe(1);
  });

  test('depend on no bar after their end', () => {
    const candles = geometricBrownian({ rng: createRng(3), length: 200 });
    for (const label of ['sign', 'forward-return', 'triple-barrier'] as const) {
      const whole = labelCandles(candles, { label, horizon: 7 });
      const part = labelCandles(sliceCandles(candles, 0, 150), { label, horizon: 7 });
      for (let row = 0; row < 143; row++) {
        expect(part.values[row]).toBe(whole.values[row]);
        expect(part.ends[row]).toBe(whole.ends[row]);
      }
      expect(Math.max(...Array.from(whole.ends, (end, row) => end - row))).toBe(7);
    }
  });

  test('are refused for a horizon beyond the data and settings out of range', () => {
    expect(() => labelCandles(prices, { horizon: 6 })).toThrow(DataError);
    expect(() => labelCandles(prices, { horizon: 0 })).toThrow(ConfigError);
    expect(() => labelCandles(prices, { deadBond: 1 } as object)).toThrow(/deadBand/);
  });
});

describe('uniqueness', () => {
  test('is 1 for labels that share no bar, and the mean of 1 / sharers otherwise', () => {
    expect([...averageUniqueness([0, 2], [2, 2, 4])]).toEqual([1, 1]);
    // Bars 1 and 2 belong to the first label, 2 and 3 to the second.
    expect([...averageUniqueness([0, 1], [2, 3])]).toEqual([0.75, 0.75]);
    expect([...averageUniqueness([0, 1, 2], [0, 1, 2])]).toEqual([1, 1, 1]);
  });

  test('of overlapping horizons is about one over the horizon', () => {
    const ends = Array.from({ length: 100 }, (_, row) => row + 5);
    const weights = averageUniqueness(
      Array.from(ends, (_, row) => row),
      ends,
    );
    expect(weights[50]).toBeCloseTo(0.2, 12);
    expect(weights[0]).toBeCloseTo((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5, 12);
  });
});
