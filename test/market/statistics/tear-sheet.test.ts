/** The figures of a tear sheet, by hand and against another implementation. */
import { describe, expect, test } from 'vitest';
import { monthlyReturns, yearlyReturns } from '../../../market/statistics/calendar-returns.ts';
import { drawdowns, worstDrawdowns } from '../../../market/statistics/drawdowns.ts';
import { histogram } from '../../../market/statistics/histogram.ts';
import { rollingRisk } from '../../../market/statistics/rolling.ts';

const day = (date: string) => Date.parse(`${date}T00:00:00Z`);

describe('months and years', () => {
  const timeMs = ['2019-12-30', '2019-12-31', '2020-01-02', '2020-01-31', '2020-03-02', '2021-01-04'].map(
    day,
  );
  const equity = [100, 110, 99, 121, 60.5, 72.6];

  test('go from the last value before them to their own last one', () => {
    const months = monthlyReturns(timeMs, equity).map(({ year, month, totalReturn }) => [
      year,
      month,
      totalReturn,
    ]);
    expect(months).toEqual([
      [2019, 12, expect.closeTo(0.1, 12)],
      [2020, 1, expect.closeTo(0.1, 12)],
      [2020, 3, expect.closeTo(-0.5, 12)],
      [2021, 1, expect.closeTo(0.2, 12)],
    ]);
  });

  test('years multiply to the whole, and have their own deepest drawdown', () => {
    const years = yearlyReturns(timeMs, equity);
    expect(years.map(({ year }) => year)).toEqual([2019, 2020, 2021]);
    expect(years.map(({ totalReturn }) => totalReturn)).toEqual([
      expect.closeTo(0.1, 12),
      expect.closeTo(-0.45, 12),
      expect.closeTo(0.2, 12),
    ]);
    expect(years.map(({ maxDrawdown }) => maxDrawdown)).toEqual([0, expect.closeTo(-0.5, 12), 0]);
    expect(years.reduce((growth, { totalReturn }) => growth * (1 + totalReturn), 1)).toBeCloseTo(0.726, 12);
  });

  test('an account that is ruined loses all of one year and has nothing in the next', () => {
    expect(yearlyReturns(timeMs, [1, 1, 0, 0, 0, 0]).map(({ totalReturn }) => totalReturn)).toEqual([
      0, -1, 0,
    ]);
  });
});

describe('drawdowns', () => {
  //              0    1    2   3    4    5   6   7    8   9
  const equity = [100, 120, 90, 108, 120, 60, 90, 130, 91, 104];

  test('are from peak to trough to recovery; the last is not over', () => {
    expect(drawdowns(equity)).toEqual([
      { peak: 1, trough: 2, recovery: 4, depth: -0.25 },
      { peak: 4, trough: 5, recovery: 7, depth: -0.5 },
      { peak: 7, trough: 8, recovery: undefined, depth: 91 / 130 - 1 },
    ]);
  });

  test('the worst come first', () => {
    expect(worstDrawdowns(equity, 2).map(({ trough }) => trough)).toEqual([5, 8]);
  });

  test('there are none where nothing falls, and one where all is lost', () => {
    expect(drawdowns([1, 1, 2, 3])).toEqual([]);
    expect(drawdowns([1, 0, 0])).toEqual([{ peak: 0, trough: 1, recovery: undefined, depth: -1 }]);
  });
});

describe('rolling risk', () => {
  test('is that of each window, as another implementation has it', () => {
    const returns = [0.01, -0.02, 0.015, 0.03, -0.005];
    const { volatility, sharpe } = rollingRisk(returns, 3, 252);
    // Python: statistics.stdev(window) * sqrt(252), mean / stdev * sqrt(252).
    expect([...volatility]).toEqual([
      Number.NaN,
      Number.NaN,
      expect.closeTo(0.3004995840263344, 12),
      expect.closeTo(0.40730823708832603, 12),
      expect.closeTo(0.2787471972953271, 12),
    ]);
    expect(sharpe[2]).toBeCloseTo(1.3976724838434154, 10);
    expect(sharpe[4]).toBeCloseTo(12.053932856014143, 10);
  });

  test('does not gather rounding over a long series', () => {
    const returns = Float64Array.from(
      { length: 20_000 },
      (_, i) => 1e-3 * Math.sin(i * i) + (i < 50 ? 1e3 : 0),
    );
    const window = 40;
    const { volatility } = rollingRisk(returns, window, 1);
    const last = returns.subarray(returns.length - window);
    const mean = last.reduce((sum, value) => sum + value, 0) / window;
    const variance = last.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (window - 1);
    expect(volatility[returns.length - 1]).toBeCloseTo(Math.sqrt(variance), 12);
  });

  test('has no Sharpe ratio where nothing varies', () => {
    const { volatility, sharpe } = rollingRisk([0, 0, 0, 0], 2, 252);
    expect([...volatility.subarray(1)]).toEqual([0, 0, 0]);
    expect([...sharpe]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });
});

test('a histogram counts every value once, the greatest in the last bin', () => {
  const { edges, counts } = histogram([0, 1, 1, 2.5, 4], 4);
  expect([...edges]).toEqual([0, 1, 2, 3, 4]);
  expect([...counts]).toEqual([1, 2, 1, 1]);
  expect([...histogram([2, 2], 5).counts]).toEqual([2]);
});
