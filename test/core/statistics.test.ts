import { describe, expect, test } from 'vitest';
import { mean, median, quantile, standardDeviation } from '../../core/statistics.ts';

describe('statistics', () => {
  test('the mean and the sample deviation follow their definitions', () => {
    expect(mean([1, 2, 3, 6])).toBe(3);
    expect(standardDeviation([1, 2, 3, 6])).toBe(Math.sqrt(14 / 3));
    expect(standardDeviation([5, 5, 5])).toBe(0);
  });

  test('a quantile interpolates between order statistics, whatever their order', () => {
    expect(quantile([4, 2, 3, 1], 0.5)).toBe(2.5);
    expect(quantile([7], 0.05)).toBe(7);
    expect(quantile([1, 2], 1)).toBe(2);
    expect(quantile([10, 20, 30, 40, 50], 0.1)).toBe(14);
  });

  test('the median is the middle value, or between the two middle ones', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
  });

  test('the values that are summarised stay in their order', () => {
    const values = Float64Array.of(3, 1, 2);
    median(values);
    expect([...values]).toEqual([3, 1, 2]);
  });

  test('too few values give NaN', () => {
    for (const value of [
      mean([]),
      median([]),
      quantile([], 0.3),
      standardDeviation([]),
      standardDeviation([1]),
    ]) {
      expect(value).toBeNaN();
    }
  });
});
