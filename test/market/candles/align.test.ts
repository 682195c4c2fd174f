import { describe, expect, test } from 'vitest';
import { alignAsOf, closeTimes } from '../../../market/candles/align.ts';
import {
  type Candles,
  candlesFromPrices,
  createCandles,
  sliceCandles,
} from '../../../market/candles/candles.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import { OPEN } from '../../../trainers/look-ahead/perturbation.ts';
import type { Observed } from '../../../trainers/look-ahead/trace.ts';
import { testNoLookAhead } from '../../no-look-ahead.ts';
import { sharedPath } from '../../shared.ts';

function barsAt(timeMs: number[]): Candles {
  const ones = timeMs.map(() => 1);
  return createCandles({ timeMs, open: ones, high: ones, low: ones, close: ones, volume: ones });
}

describe('alignAsOf', () => {
  test('gives, at every close, the last bar of each series that had closed', () => {
    // Closes: 10 20 30 40, and 15 25 35.
    const a = barsAt([0, 10, 20, 30]);
    const b = barsAt([5, 15, 25]);
    const { timeMs, rows } = alignAsOf([a, b]);
    expect([...timeMs]).toEqual([15, 20, 25, 30, 35]);
    expect([...rows]).toEqual([0, 0, 1, 0, 1, 1, 2, 1, 2, 2]);
  });

  test('agrees with a search for the last closed bar, at odd steps and gaps', () => {
    const series = [barsAt([0, 3, 4, 9, 20, 21]), barsAt([1, 2, 13, 14, 30]), barsAt([0, 7, 14, 21])];
    const { length, timeMs, rows } = alignAsOf(series);
    for (let t = 0; t < length; t++) {
      for (const [m, candles] of series.entries()) {
        const expected = closeTimes(candles).findLastIndex((close) => close <= timeMs[t]);
        expect(rows[t * series.length + m]).toBe(expected);
      }
    }
  });

  test('refuses one series, series without a common span, and bars that are too old', () => {
    const a = barsAt([0, 10]);
    expect(() => alignAsOf([a])).toThrowError('Alignment needs two series, got 1; load another venue.');
    expect(() => alignAsOf([a, barsAt([100, 110])])).toThrowError(/no common span: one ends at .*00.020Z/);
    expect(() => alignAsOf([barsAt([0, 10, 20, 30]), barsAt([0, 10, 40])], { maxAgeMs: 15 })).toThrowError(
      /the last bar of series 2 closed at 1970-01-01T00:00:00.010Z, more than 15 ms before/,
    );
  });

  // Its bars close half a minute after the others', so that no two closes fall together.
  const other = candlesFromPrices(
    Array.from({ length: 120 }, (_, i) => 50 + (i % 9)),
    { startMs: 30_000 },
  );
  const build = (candles: Candles): Observed[] => {
    const { length, timeMs, rows } = alignAsOf([candles, other]);
    return Array.from({ length }, (_, t) => {
      const [row, otherRow] = [rows[2 * t], rows[2 * t + 1]];
      // A bar's close is known when the next one has opened.
      const time = row + 1 - OPEN;
      return { time, label: 'as of', values: [timeMs[t], candles.close[row], other.close[otherRow]] };
    });
  };
  const candles = candlesFromPrices(Array.from({ length: 100 }, (_, i) => 100 + (i % 7)));
  testNoLookAhead('as-of alignment', build, { candles, cuts: [21 - OPEN, 51 - OPEN] });
});

const paths = ['coinbase', 'bitstamp_newest-first'].map((name) =>
  sharedPath(`data/candles/btcusd_1h_${name}.csv.gz`),
);
test.skipIf(paths.includes(undefined))(
  'hourly candles of two venues align on every hour of their overlap',
  async () => {
    const [coinbase, bitstamp] = await Promise.all(
      paths.map(async (path) => (await loadCandles(path as string)).candles),
    );
    const { length, rows } = alignAsOf([coinbase, bitstamp]);
    expect(length).toBe(12_484);
    let sum = 0;
    for (let t = 0; t < length; t++) sum += coinbase.close[rows[2 * t]] / bitstamp.close[rows[2 * t + 1]] - 1;
    expect(Math.abs((sum / length) * 10_000)).toBeCloseTo(0.6, 1);
    expect(() => alignAsOf([sliceCandles(coinbase, 0, 100), bitstamp])).toThrowError(/no common span/);
  },
);
