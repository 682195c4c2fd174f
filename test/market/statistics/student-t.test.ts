import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../core/errors.ts';
import {
  incompleteBeta,
  logGamma,
  studentCdf,
  studentQuantile,
} from '../../../market/statistics/student-t.ts';

describe("Student's t", () => {
  test.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 2, 4.302652729749462],
    [0.975, 4, 2.7764451051977934],
    [0.975, 9.5, 2.2441374614922958],
    [0.995, 2.3, 8.003745266871091],
    [0.9999, 30, 4.23398595727206],
    [0.6, 3, 0.2766706623326898],
    [0.01, 7, -2.9979515668685286],
    [0.975, 1e4, 1.960201239890626],
  ])('has its quantile of %d at %d degrees where SciPy has it', (share, degrees, golden) => {
    expect(studentQuantile(share, degrees)).toBeCloseTo(golden, 9);
  });

  test.each([
    [-2.5, 3, 0.04385332350403278],
    [1.2, 7.5, 0.866665538603389],
    [-40, 2, 0.0003122073360923703],
    [0.3, 200, 0.617755634905336],
  ])('lies below %d at %d degrees as often as SciPy says', (t, degrees, golden) => {
    expect(studentCdf(t, degrees)).toBeCloseTo(golden, 12);
  });

  test('is the normal distribution at infinitely many degrees', () => {
    expect(studentQuantile(0.975, Infinity)).toBeCloseTo(1.959963984540054, 12);
    expect([studentQuantile(0, 3), studentQuantile(0.5, 3), studentQuantile(1, 3)]).toEqual([
      -Infinity,
      0,
      Infinity,
    ]);
  });

  test('refuses shares and degrees that are none', () => {
    expect(() => studentQuantile(1.1, 3)).toThrow(ConfigError);
    expect(() => studentQuantile(0.5, 0)).toThrow(/degrees of freedom must be above 0, got 0/);
  });

  test('rests on factorials and on the closed forms of the beta function', () => {
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 14);
    expect(logGamma(11)).toBeCloseTo(Math.log(3628800), 13);
    expect(incompleteBeta(0.3, 1, 4)).toBeCloseTo(1 - 0.7 ** 4, 14);
    expect(incompleteBeta(0.9, 3, 1)).toBeCloseTo(0.9 ** 3, 14);
    expect([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3), incompleteBeta(-1, 2, 3)]).toEqual([
      0,
      1,
      Number.NaN,
    ]);
  });
});
