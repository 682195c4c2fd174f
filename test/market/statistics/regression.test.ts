import { describe, expect, test } from 'vitest';
import { longRunVariance, neweyWestLags, regress } from '../../../market/statistics/regression.ts';
import { goldenReturns } from '../golden-series.ts';

const { returns, benchmark } = goldenReturns();

describe('a regression with Newey–West errors', () => {
  // OLS(returns, const + benchmark).fit(cov_type='HAC', maxlags=L, use_correction=False) of statsmodels 0.15.0.
  test.each([
    [0, 0.0005856237938120282, 0.04705653957809853, -0.23375785417681233, 16.266865344004383],
    [5, 0.0005846688668339246, 0.044781145881610716, -0.23413964580958016, 17.093407901964323],
    [21, 0.0005426917948939383, 0.03438509145895763, -0.25225028770360863, 22.261461592603435],
  ])('agrees with statsmodels at %d lags', (lags, alphaError, betaError, alphaT, betaT) => {
    const fit = regress(benchmark, returns, lags);
    expect(fit.alpha).toBeCloseTo(-0.0001368941613963837, 14);
    expect(fit.beta).toBeCloseTo(0.7654623928717417, 12);
    expect(fit.alphaError).toBeCloseTo(alphaError, 12);
    expect(fit.betaError).toBeCloseTo(betaError, 10);
    expect(fit.alphaT).toBeCloseTo(alphaT, 9);
    expect(fit.betaT).toBeCloseTo(betaT, 8);
  });

  test('takes ⌈1.3·√n⌉ lags where none are given', () => {
    expect(neweyWestLags(252)).toBe(21);
    expect(regress(benchmark, returns).alphaT).toBeCloseTo(-0.25225028770360863, 9);
    expect([neweyWestLags(1), neweyWestLags(2), neweyWestLags(1e7)]).toEqual([0, 1, 500]);
  });

  test('adds up what each period weighs in alpha', () => {
    const { alpha, alphaWeights } = regress(benchmark, returns);
    const sum = returns.reduce((total, value, i) => total + alphaWeights[i] * value, 0);
    expect(sum / returns.length).toBeCloseTo(alpha, 15);
  });

  test('has no beta against a market that never moves, and the mean as its alpha', () => {
    const fit = regress(
      returns.map(() => 0.001),
      returns,
    );
    expect(fit.beta).toBe(0);
    expect(fit.alpha).toBeCloseTo(returns.reduce((sum, value) => sum + value, 0) / 252, 15);
  });

  test('names the pair that is no number, and refuses unlike lengths and a handful of pairs', () => {
    const broken = returns.with(17, Number.NaN);
    expect(() => regress(benchmark, broken)).toThrow(/Pair 17 is .* and NaN/);
    expect(() => regress(benchmark.slice(1), returns)).toThrow(/251 and 252/);
    expect(() => regress([1, 2, 3], [1, 2, 3])).toThrow(/at least 8 pairs, got 3/);
  });

  test('weighs covariances by Bartlett’s kernel', () => {
    const values = [1, -2, 3, -1, -1];
    const gamma = (lag: number) =>
      values.reduce((sum, value, t) => sum + (t >= lag ? value * values[t - lag] : 0), 0) / 5;
    expect(longRunVariance(values, 2)).toBeCloseTo(
      gamma(0) + 2 * ((2 / 3) * gamma(1) + (1 / 3) * gamma(2)),
      14,
    );
  });
});
