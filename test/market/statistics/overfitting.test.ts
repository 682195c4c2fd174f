import { describe, expect, test } from 'vitest';
import { ConfigError, DataError } from '../../../core/errors.ts';
import { median } from '../../../core/statistics.ts';
import { probabilisticSharpe, summarize } from '../../../market/statistics/metrics.ts';
import {
  deflatedSharpe,
  expectedMaximum,
  minimumTrackRecord,
  normalQuantile,
  probabilisticSharpeOf,
  probabilityOfOverfitting,
} from '../../../market/statistics/overfitting.ts';
import { lcg } from '../golden-series.ts';

const u = lcg(12345);
const returns = Array.from({ length: 252 }, () => (u() + u() - 1) * 0.03 + 0.0006);
const metrics = summarize(returns, 252);
const golden = { ...metrics, sharpe: metrics.sharpe / Math.sqrt(252) };

describe('on the golden numbers', () => {
  test('the probabilistic Sharpe ratio of a record is that of its series', () => {
    expect(probabilisticSharpeOf(golden)).toBeCloseTo(0.5771287434575649, 12);
    expect(probabilisticSharpeOf(golden, 0.02)).toBeCloseTo(probabilisticSharpe(returns, 0.02), 12);
  });

  test('the minimum track record', () => {
    expect(Math.abs(minimumTrackRecord(golden) / 17942.145254579573 - 1)).toBeLessThan(1e-12);
  });

  test.each([
    [5, 1.192594001],
    [10, 1.5745983013],
    [20, 1.9007079512],
    [100, 2.5306028932],
  ])('the expected highest of %d is %d', (count, expected) => {
    expect(Math.abs(expectedMaximum(count) - expected)).toBeLessThan(1e-10);
  });

  test('the deflated Sharpe ratio', () => {
    const record = { sharpe: 2.5 / Math.sqrt(250), numPeriods: 1250, skew: -3, kurtosis: 10 };
    expect(Math.abs(deflatedSharpe(record, 0.5 / 250, 100) - 0.9003968344493903)).toBeLessThan(1e-12);
  });

  test.each([
    [4, 0.3333333333, 1.4469189829],
    [8, 0.3714285714, Math.LN2],
    [10, 0.5793650794, -0.4855078158],
  ])(
    'the probability of overfitting among twenty series of noise, in %d blocks',
    (blocks, expected, logit) => {
      const w = lcg(999);
      const noise = Array.from({ length: 20 }, () =>
        Array.from({ length: 252 }, () => (w() + w() - 1) * 0.03),
      );
      const { probability, logits } = probabilityOfOverfitting(noise, blocks);
      expect(Math.abs(probability - expected)).toBeLessThan(1e-9);
      expect(median(logits)).toBeCloseTo(logit, 9);
    },
  );

  test('the ranks behind the probability of overfitting are those of another implementation', () => {
    const w = lcg(999);
    const noise = Array.from({ length: 20 }, () => Array.from({ length: 504 }, () => (w() + w() - 1) * 0.03));
    const { probability, logits } = probabilityOfOverfitting(noise, 4);
    expect(probability).toBeCloseTo(5 / 6, 10);
    const ranks = logits.map((logit) => Math.round(21 / (1 + Math.exp(-logit))));
    expect(ranks).toEqual([6, 2, 4, 7, 16, 2]);
  });
});

test('a return that is not finite is refused by its place, and strategies that are all the same are undefined', () => {
  const other = returns.map((value) => -value);
  for (const wrong of [Number.NaN, Infinity]) {
    const broken = other.map((value, i) => (i === 7 ? wrong : value));
    expect(() => probabilityOfOverfitting([returns, broken], 4)).toThrow(/Return 7 of strategy 1/);
  }
  expect(() => probabilityOfOverfitting([returns, returns, returns], 4)).toThrow(
    /undefined.*all 3 strategies/,
  );
  const flat = returns.map(() => 0);
  expect(probabilityOfOverfitting([returns.map((value) => value + 0.01), flat], 4).probability).toBe(0);
});

test('a strategy that is best everywhere is not overfitted, one that is best in one half alone is', () => {
  const w = lcg(4);
  const noise = Array.from({ length: 9 }, () => Array.from({ length: 400 }, () => (w() + w() - 1) * 0.03));
  const best = noise[0].map((r) => r + 0.02);
  expect(probabilityOfOverfitting([...noise, best], 8).probability).toBe(0);
  const spoilt = Array.from({ length: 10 }, (_, s) =>
    Array.from({ length: 400 }, (_, i) => (Math.floor(i / 40) === s ? 0.05 : -0.002) + (i % 2) * 1e-3),
  );
  expect(probabilityOfOverfitting(spoilt, 10).probability).toBeGreaterThan(0.5);
});

test('the normal quantile undoes the distribution function, tails included', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 13);
  expect(normalQuantile(0.5)).toBeCloseTo(0, 15);
  expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 5);
  expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
  expect(normalQuantile(1.5)).toBeNaN();
});

test('a Sharpe ratio below its target needs for ever', () => {
  expect(minimumTrackRecord({ ...golden, sharpe: -0.01 })).toBe(Infinity);
});

test('odd block numbers, unequal series and too short ones are refused', () => {
  expect(() => probabilityOfOverfitting([[0.1], [0.2]], 3)).toThrow(ConfigError);
  expect(() => probabilityOfOverfitting([returns, returns.slice(1)], 4)).toThrow(/Strategy 1/);
  expect(() =>
    probabilityOfOverfitting(
      [
        [0.1, 0.2, 0],
        [0.2, 0, 0.1],
      ],
      2,
    ),
  ).toThrow(DataError);
  expect(() => expectedMaximum(1)).toThrow(ConfigError);
  expect(() => minimumTrackRecord(golden, 0, 1)).toThrow(ConfigError);
});
