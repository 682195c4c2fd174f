import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { PriceCandles } from '../../../live/ops/price-candles.ts';

/** Candles by their definition, from all prices. */
function candlesOf(ticks: readonly (readonly [timeMs: number, price: number])[], intervalMs: number) {
  const byStart = new Map<number, number[]>();
  for (const [timeMs, price] of ticks) {
    const start = timeMs - (timeMs % intervalMs);
    byStart.set(start, [...(byStart.get(start) ?? []), price]);
  }
  const prices = [...byStart.values()];
  return {
    intervalMs,
    timeMs: [...byStart.keys()],
    open: prices.map((list) => list[0]),
    high: prices.map((list) => Math.max(...list)),
    low: prices.map((list) => Math.min(...list)),
    close: prices.map((list) => list[list.length - 1]),
  };
}

describe('the price of a session', () => {
  test.each([1, 2, 3, 4, 5])(
    'is in candles twice as long each time that there are too many of them (seed %i)',
    (seed) => {
      const rng = createRng(seed);
      const candles = new PriceCandles(1000, 8);
      const ticks: [number, number][] = [];
      let timeMs = 1_700_000_000_000;
      for (let i = 0; i < 400; i++) {
        // Now and then nothing is heard for longer than a candle lasts.
        timeMs += Math.floor((rng.uniform() < 0.05 ? 9000 : 300) * rng.uniform());
        ticks.push([timeMs, 100 + rng.gaussian()]);
        candles.add(...ticks[i]);
        const seen = candles.read();
        expect(seen.timeMs.length).toBeLessThanOrEqual(8);
        expect(seen).toEqual(candlesOf(ticks, seen.intervalMs));
      }
      expect(candles.read().intervalMs).toBeGreaterThan(8000);
    },
  );

  test('is read from a time on, and by its last candles', () => {
    const candles = new PriceCandles(10, 4);
    expect(candles.read().timeMs).toEqual([]);
    expect(candles.tail(2).timeMs).toEqual([]);
    for (const timeMs of [5, 15, 25]) candles.add(timeMs, timeMs);
    expect(candles.read().timeMs).toEqual([0, 10, 20]);
    expect(candles.read(0).open).toEqual([5, 15, 25]);
    expect(candles.read(1)).toMatchObject({ timeMs: [10, 20], open: [15, 25], close: [15, 25] });
    expect(candles.read(21)).toMatchObject({ timeMs: [], high: [] });
    expect(candles.tail(1).timeMs).toEqual([20]);
    expect(candles.tail(9).timeMs).toEqual([0, 10, 20]);
  });

  test('has no candle of what is no price', () => {
    const candles = new PriceCandles(10, 4);
    for (const price of [Number.NaN, 0, -1]) candles.add(5, price);
    expect(candles.read().timeMs).toEqual([]);
  });
});
