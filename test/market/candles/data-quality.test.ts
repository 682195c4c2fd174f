/** What the data report finds, and that it finds nothing where there is nothing. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { candlesFromPrices, createCandles } from '../../../market/candles/candles.ts';
import { describeCandles, formatDataQuality } from '../../../market/candles/data-quality.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

function bars(timeMs: number[], prices = timeMs.map((_, row) => 100 + (row % 2))) {
  return createCandles({ timeMs, open: prices, high: prices, low: prices, close: prices, volume: prices });
}

describe('describeCandles', () => {
  test('finds nothing odd in a plain random walk', () => {
    const quality = describeCandles(
      geometricBrownian({ rng: createRng(1), length: 2000, gapDeviation: 0.001 }),
    );
    expect(quality).toMatchObject({ rows: 2000, stepMs: HOUR, gaps: [], zeroVolumeBars: 0, flatBars: 0 });
    expect(quality).toMatchObject({ outliers: [], openAtPreviousClose: 0 });
    expect(quality.robustDeviation).toBeCloseTo(0.5 / Math.sqrt(365 * 24), 3);
  });

  test('tells a gap from a step and a half, and a weekend from other gaps', () => {
    const friday = Date.UTC(2020, 0, 3);
    const days = [-2, -1, 0, 3, 4, 5, 6, 7, 11].map((day) => friday + day * DAY);
    expect(describeCandles(bars(days)).gaps).toEqual([
      { fromMs: friday, toMs: friday + 3 * DAY, kind: 'weekend' },
      { fromMs: friday + 7 * DAY, toMs: friday + 11 * DAY, kind: 'holiday' },
    ]);
    expect(describeCandles(bars([0, 10, 20, 35, 45])).gaps).toEqual([]);
    expect(describeCandles(bars([0, 10, 20, 36, 46])).gaps).toEqual([{ fromMs: 20, toMs: 36, kind: 'gap' }]);
  });

  test('counts zero volume, flat bars and opens at the close before', () => {
    const candles = createCandles({
      timeMs: [0, 1, 2, 3],
      open: [1, 2, 3, 5],
      high: [2, 2, 4, 5],
      low: [1, 2, 3, 5],
      close: [2, 2, 4, 5],
      volume: [0, 1, 0, 1],
    });
    const expected = { zeroVolumeBars: 2, flatBars: 2, openAtPreviousClose: 1 / 3 };
    expect(describeCandles(candles)).toMatchObject(expected);
  });

  test('finds the one bad tick, going and coming back', () => {
    const rng = createRng(2);
    const prices = Array.from({ length: 500 }, () => 100 + rng.gaussian());
    prices[250] = 300;
    const { outliers } = describeCandles(candlesFromPrices(prices));
    expect(outliers.map((outlier) => outlier.row)).toEqual([250, 251]);
    expect(outliers[0].logReturn).toBeCloseTo(Math.log(300 / prices[249]), 12);
    expect(outliers[0].timeMs).toBe(250 * 60_000);
    expect(outliers[0].deviations).toBeGreaterThan(10);
    expect(outliers[1].deviations).toBeLessThan(-10);
  });

  test('does not divide by zero on a series that never moves, or of one bar', () => {
    expect(describeCandles(candlesFromPrices([5, 5, 5, 5, 6, 5]))).toMatchObject({
      robustDeviation: 0,
      outliers: [],
    });
    const single = describeCandles(candlesFromPrices([5]));
    expect(single).toMatchObject({ rows: 1, stepMs: 0, gaps: [], openAtPreviousClose: 0 });
    expect(formatDataQuality(single)).not.toMatch(/NaN|undefined/);
  });

  test('knows a market that never closes by its Saturdays, and one special session by its being alone', () => {
    const hours = Array.from({ length: 24 * 10 }, (_, hour) => Date.UTC(2023, 0, 2) + hour * HOUR);
    const holed = hours.filter((time) => time < Date.UTC(2023, 0, 7, 16) || time >= Date.UTC(2023, 0, 8, 8));
    expect(describeCandles(bars(holed))).toMatchObject({
      tradesThroughWeekends: true,
      gaps: [{ kind: 'gap' }],
    });
    const weekdays = Array.from({ length: 400 }, (_, day) => Date.UTC(2022, 0, 3) + day * DAY).filter(
      (time) => ![0, 6].includes(new Date(time).getUTCDay()),
    );
    const special = weekdays.with(4, weekdays[4] + DAY);
    for (const times of [weekdays, special]) {
      const { tradesThroughWeekends, gaps } = describeCandles(bars(times));
      expect(tradesThroughWeekends).toBe(false);
      expect(gaps.filter(({ kind }) => kind === 'gap')).toEqual([]);
    }
  });

  test('tells the end of a session from missing bars', () => {
    const times: number[] = [];
    for (let day = 0; day < 30; day++) {
      const midnight = Date.UTC(2023, 0, 2) + day * DAY;
      if ([0, 6].includes(new Date(midnight).getUTCDay())) continue;
      for (let hour = 14; hour <= 20; hour++)
        if (!(day === 9 && hour > 16 && hour < 19)) times.push(midnight + hour * HOUR);
    }
    const { gaps } = describeCandles(bars(times));
    const count = (kind: string) => gaps.filter((gap) => gap.kind === kind).length;
    expect([count('gap'), count('weekend'), count('closed')]).toEqual([1, 4, 17]);
  });

  test('sees two time frames in one file, and none in one with holes', () => {
    const mixed = [
      ...Array.from({ length: 20 }, (_, i) => i * HOUR),
      ...Array.from({ length: 20 }, (_, i) => 19 * HOUR + (i + 1) * 60_000),
    ];
    expect(describeCandles(bars(mixed)).frames.map(({ stepMs }) => stepMs)).toEqual([HOUR, 60_000]);
    const rng = createRng(3);
    const holed = Array.from({ length: 500 }, (_, i) => i * 60_000).filter(() => rng.uniform() > 0.4);
    expect(describeCandles(bars(holed)).frames).toEqual([]);
  });

  test('says that a price never changes, and names the jumps of one that seldom does', () => {
    expect(describeCandles(candlesFromPrices([5, 5, 5, 5]))).toMatchObject({
      isDead: true,
      unchangedCloses: 1,
    });
    const flat = Array.from({ length: 60 }, (_, row) => (row === 30 ? 0.7 : 1));
    const quality = describeCandles(candlesFromPrices(flat));
    expect(quality.outliers.map(({ row }) => row)).toEqual([30, 31]);
    expect(formatDataQuality(quality)).toMatch(/-30 % at row 30.*\n.*42.9 % at row 31/);
  });

  test('reports the S&P 500 file as its readme does', async () => {
    const path = fileURLToPath(new URL('../../../data/sp500-daily.csv', import.meta.url));
    const quality = describeCandles((await loadCandles(path)).candles);
    expect(quality.openAtPreviousClose).toBe(1760 / 5104);
    expect(quality.gaps.filter((gap) => gap.kind === 'weekend')).toHaveLength(924);
    expect(quality).toMatchObject({ stepMs: DAY, zeroVolumeBars: 0, flatBars: 0 });
    expect(formatDataQuality(quality)).toBe(`rows           5105, 2000-01-03 to 2020-04-17 UTC
step           1 d (median)
closed         924 weekends, 184 holidays
gaps           1, the largest 7 d from 2001-09-10 to 2001-09-17
zero volume    0 (0 %)
flat bars      0 (0 %)
outliers       11 returns beyond 10 robust deviations of 0.772 %
               -12 % at row 5081, 2020-03-16
               11.6 % at row 2207, 2008-10-13
               10.8 % at row 2218, 2008-10-28
opens at the close before   34.5 % of the bars`);
  });
});
