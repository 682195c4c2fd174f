/** Bars of trades, of every kind, against sums by hand. */
import { expect, test } from 'vitest';
import { tradeBars } from '../../../market/books/trade-bars.ts';
import { createTradeTape } from '../../../market/books/trade-tape.ts';

const VENUE = { name: 'A', base: 'BTC', quote: 'USD' };

function tape(rows: readonly (readonly [timeMs: number, price: number, size: number])[]) {
  return createTradeTape([VENUE], {
    timeMs: rows.map(([time]) => time),
    exchangeTimeMs: rows.map(() => Number.NaN),
    venue: rows.map(() => 0),
    prices: rows.map(([, price]) => price),
    sizes: rows.map(([, , size]) => size),
    sides: rows.map(() => 1),
  });
}

const TRADES = tape([
  [500, 9, 1],
  [1000, 10, 1],
  [1400, 12, 2],
  [1999, 8, 1],
  [2000, 9, 4],
  [4000, 11, 1],
  [4001, 11, 1],
]);

test('bars of time leave out the first, which may have begun before, and the last, which is not over', () => {
  const { candles, dropped } = tradeBars(TRADES, 0, { by: 'time', barMs: 1000 });
  expect([...candles.timeMs]).toEqual([1000, 2000]);
  expect([candles.open[0], candles.high[0], candles.low[0], candles.close[0], candles.volume[0]]).toEqual([
    10, 12, 8, 8, 4,
  ]);
  expect(dropped).toBe(3);
});

test('bars of trades, volume and value end with the trade that fills them', () => {
  const ticks = tradeBars(TRADES, 0, { by: 'ticks', amount: 3 });
  expect([...ticks.candles.timeMs]).toEqual([500, 1999]);
  expect([...ticks.candles.volume]).toEqual([4, 6]);
  expect(ticks.dropped).toBe(1);
  expect([...tradeBars(TRADES, 0, { by: 'volume', amount: 4 }).candles.volume]).toEqual([4, 5]);
  expect([...tradeBars(TRADES, 0, { by: 'value', amount: 40 }).candles.volume]).toEqual([4, 5]);
});

test('a bar does not end between trades of one time', () => {
  const same = tape([
    [1, 10, 1],
    [1, 11, 1],
    [1, 12, 1],
    [2, 9, 1],
    [3, 9, 1],
  ]);
  const { candles } = tradeBars(same, 0, { by: 'ticks', amount: 2 });
  expect([...candles.timeMs]).toEqual([1, 2]);
  expect([...candles.volume]).toEqual([3, 2]);
});

test('says where no bar is whole', () => {
  expect(() => tradeBars(TRADES, 0, { by: 'ticks', amount: 100 })).toThrow(/no whole bar/);
});
