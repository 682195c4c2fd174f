import { expect, test } from 'vitest';
import { booksFromBars } from '../../../market/books/from-bars.ts';
import { createCandles } from '../../../market/candles/candles.ts';

const VENUES = ['a', 'b'].map((name) => ({ name, base: 'BTC', quote: 'USDT' }));
const bars = (times: number[], prices: number[], volume: number[]) =>
  createCandles({ timeMs: times, open: prices, high: prices, low: prices, close: prices, volume });

test('bars of two venues give a book of each at the close of the bars that both have, around the close', () => {
  const tape = booksFromBars(
    VENUES,
    [bars([0, 60_000, 120_000], [100, 101, 102], [5, 5, 5]), bars([60_000, 120_000], [100, 103], [10, 0])],
    { spreadBps: 20, depthShare: 0.1 },
  );
  expect([...tape.timeMs]).toEqual([120_000, 120_000, 180_000]);
  expect([...tape.venue]).toEqual([0, 1, 0]);
  expect(tape.bidPrices[0]).toBeCloseTo(100.899, 9);
  expect(tape.askPrices[0]).toBeCloseTo(101.101, 9);
  expect([tape.bidSizes[0], tape.askSizes[1]]).toEqual([0.5, 1]);
});

test('one venue, and a spread or depth that is none, are refused', () => {
  const one = bars([0, 1], [1, 1], [1, 1]);
  expect(() => booksFromBars([VENUES[0]], [one])).toThrow(/two venues or more, got 1/);
  expect(() => booksFromBars(VENUES, [one, one], { spreadBps: 0 })).toThrow(/spread in/);
});
