import { describe, expect, test } from 'vitest';
import { DataError } from '../../../core/errors.ts';
import { barYear, describeBarYear, periodsPerYear } from '../../../market/candles/periods.ts';
import {
  compareToBenchmark,
  normalCdf,
  probabilisticSharpe,
  summarize,
} from '../../../market/statistics/metrics.ts';
import { goldenReturns } from '../golden-series.ts';

const { returns, benchmark } = goldenReturns();

describe('on the golden series', () => {
  test('the series itself is the golden one', () => {
    expect(returns.slice(0, 3)).toEqual([
      -0.0006009488465264439, -0.005948126474954188, 0.0007872236235067247,
    ]);
    expect(benchmark[0]).toBe(-0.011679752852357924);
  });

  const metrics = summarize(returns, 252);
  test('CAGR goes by the years that passed where they are given', () => {
    const { cagr, totalReturn } = summarize(returns, 252, { years: 2 });
    expect(cagr).toBeCloseTo(Math.sqrt(1 + totalReturn) - 1, 14);
  });

  test.each([
    ['sharpe', 0.1949698407563933],
    ['sortino', 0.2780529233098685],
    ['cagr', 0.019260726924189564],
    ['volatility', 0.1943163270049295],
    ['maxDrawdown', -0.19512477187675528],
    ['calmar', 0.09870979855061676],
    ['omega', 1.0313562622337475],
    ['tailRatio', 1.0377986585105394],
    ['valueAtRisk', -0.02076245980672538],
    ['conditionalValueAtRisk', -0.023781975878674824],
    ['downsideRisk', 0.13625400115034042],
    ['skew', -0.019740141167080966],
    ['kurtosis', 2.5086060656676064],
    ['probabilisticSharpe', 0.5771287434575649],
  ] as const)('%s is %d', (name, expected) => {
    expect(Math.abs(metrics[name] - expected)).toBeLessThan(1e-12);
  });

  test('alpha and beta against the benchmark', () => {
    const { alpha, beta } = compareToBenchmark(returns, benchmark, 252);
    expect(Math.abs(alpha - -0.033911360950553804)).toBeLessThan(1e-12);
    expect(Math.abs(beta - 0.765462392871742)).toBeLessThan(1e-12);
  });

  test('the remaining fields follow from their definition', () => {
    expect(metrics.numPeriods).toBe(252);
    expect(metrics.totalReturn).toBeCloseTo(returns.reduce((wealth, r) => wealth * (1 + r), 1) - 1, 13);
  });
});

describe('metrics', () => {
  test('count the start in the drawdown', () => {
    expect(summarize([-0.5, 0.1], 252).maxDrawdown).toBeCloseTo(-0.5, 14);
  });

  test('take the risk-free rate off for Sharpe, and the acceptable return off for Sortino and Omega', () => {
    const series = [0.02, -0.01, 0.03, 0];
    const shifted = summarize(series, 12, { riskFreeRate: 0.01, acceptableReturn: 0.01 });
    expect(shifted.sharpe).toBeCloseTo(
      summarize(
        series.map((r) => r - 0.01),
        12,
      ).sharpe,
      12,
    );
    expect(shifted.omega).toBeCloseTo(0.03 / 0.03, 12);
    expect(shifted.sortino).toBeCloseTo(0, 12);
  });

  test('ratios that are not defined are NaN, not infinite or zero', () => {
    const cash = summarize([0, 0, 0], 252);
    expect([cash.sharpe, cash.sortino, cash.calmar, cash.omega, cash.probabilisticSharpe]).toEqual(
      Array(5).fill(Number.NaN),
    );
    expect([cash.cagr, cash.volatility, cash.maxDrawdown]).toEqual([0, 0, 0]);
    expect(summarize([0.001, 0.001, 0.001, 0.001, 0.001], 252).sharpe).toBeNaN();
    expect(summarize([0.01], 252).volatility).toBeNaN();
  });

  test('a total loss is a growth of −1', () => {
    const ruined = summarize([0.1, -1], 252);
    expect([ruined.cagr, ruined.totalReturn, ruined.maxDrawdown]).toEqual([-1, -1, -1]);
    expect(summarize([0.1, -1, 0], 252).totalReturn).toBe(-1);
  });

  test.each([Number.NaN, Infinity, -1.01])('a return of %s is refused by its index', (bad) => {
    expect(() => summarize([0, bad], 252)).toThrow(DataError);
    expect(() => summarize([0, bad], 252)).toThrow(/Return 1/);
  });

  test('series of other lengths, or of none, are refused', () => {
    expect(() => compareToBenchmark([0, 0], [0], 252)).toThrow(/length|compared/);
    expect(() => summarize([], 252)).toThrow(/no returns/);
  });

  test('a Sharpe ratio is less likely above a higher target', () => {
    expect(probabilisticSharpe(returns, 0.1)).toBeLessThan(probabilisticSharpe(returns, 0));
  });

  test('the normal distribution function matches tabulated values', () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1)).toBeCloseTo(0.8413447460685429, 14);
    expect(normalCdf(-1.959963984540054)).toBeCloseTo(0.025, 14);
    expect(normalCdf(3.5)).toBeCloseTo(0.9997673709209645, 14);
    expect([normalCdf(-40), normalCdf(40)]).toEqual([0, 1]);
    expect(normalCdf(Number.NaN)).toBeNaN();
  });
});

describe('periods a year', () => {
  const DAY_MS = 86_400_000;
  const daily = (keep: (weekday: number) => boolean, length: number) =>
    Array.from({ length }, (_, day) => day)
      .filter((day) => keep((day + 4) % 7))
      .map((day) => day * DAY_MS);

  test('are the bars that there are over the time they took, every day or on weekdays alone', () => {
    expect(periodsPerYear(daily(() => true, 1000))).toBeCloseTo(365.25, 9);
    const weekdays = daily((weekday) => weekday !== 0 && weekday !== 6, 3653);
    expect(periodsPerYear(weekdays)).toBeCloseTo(260.84, 1);
  });

  test('hardly change for one special session on a Saturday', () => {
    const weekdays = daily((weekday) => weekday !== 0 && weekday !== 6, 3653);
    const special = [...weekdays, weekdays[1004] + DAY_MS].sort((a, b) => a - b);
    expect(periodsPerYear(special) / periodsPerYear(weekdays)).toBeCloseTo(1, 3);
  });

  test('are fewer where bars are missing, so that a year is as volatile as it was', () => {
    const hours = Array.from({ length: 1001 }, (_, hour) => hour * 3_600_000);
    expect(periodsPerYear(hours)).toBeCloseTo(8766, 6);
    expect(periodsPerYear(hours.filter((_, i) => i % 5 === 0))).toBeCloseTo(8766 / 5, 6);
  });

  test('say in words what they come from', () => {
    const quotes = Array.from({ length: 5105 }, (_, i) => (i * 7396 * DAY_MS) / 5104);
    expect(describeBarYear(barYear(quotes))).toBe('252.1 bars a year, from 5,105 bars in 20.25 years');
    const minutes = Array.from({ length: 3000 }, (_, i) => i * 60_000);
    expect(describeBarYear(barYear(minutes))).toBe('525,960 bars a year, from 3,000 bars in 0.005702 years');
  });

  test('are counted where a market closes within the day', () => {
    const sessions = daily((weekday) => weekday !== 0 && weekday !== 6, 364).flatMap((day) =>
      Array.from({ length: 7 }, (_, hour) => day + (14 + hour) * 3_600_000),
    );
    expect(periodsPerYear(sessions)).toBeGreaterThan(7 * 255);
    expect(periodsPerYear(sessions)).toBeLessThan(7 * 266);
  });

  test('need two bars', () => {
    expect(() => periodsPerYear([0])).toThrow(DataError);
  });
});
