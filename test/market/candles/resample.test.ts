/** Coarser bars of bars: against the definition, without a look ahead. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { parseBarSpec } from '../../../market/candles/bar-spec.ts';
import { createCandles } from '../../../market/candles/candles.ts';
import { resampleCandles } from '../../../market/candles/resample.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';

const HOUR = 3_600_000;

describe('resampleCandles', () => {
  test('takes the first open, the extremes, the last close and the sum of the volumes', () => {
    const candles = createCandles({
      timeMs: [3, 4, 5, 6, 7, 8, 9].map((hour) => hour * HOUR),
      open: [1, 2, 3, 4, 5, 6, 7],
      high: [2, 9, 4, 5, 6, 7, 8],
      low: [0.5, 1, 2, 3, 0.1, 5, 6],
      close: [2, 3, 4, 5, 6, 7, 7.5],
      volume: [1, 2, 3, 4, 5, 6, 7],
    });
    const { candles: coarse, lastRow, dropped } = resampleCandles(candles, 4 * HOUR);
    expect([...coarse.timeMs]).toEqual([4 * HOUR]);
    expect([coarse.open[0], coarse.high[0], coarse.low[0], coarse.close[0], coarse.volume[0]]).toEqual([
      2, 9, 0.1, 6, 14,
    ]);
    expect([...lastRow]).toEqual([4]);
    // One bar before the first whole one, two of the last that is not over.
    expect(dropped).toBe(3);
  });

  test('a bar never depends on one that comes after its own last', () => {
    const candles = geometricBrownian({ rng: createRng(4), length: 500, stepMs: HOUR });
    const whole = resampleCandles(candles, 6 * HOUR);
    for (const cut of [100, 251, 499]) {
      const early = resampleCandles(
        createCandles({
          timeMs: candles.timeMs.slice(0, cut),
          open: candles.open.slice(0, cut),
          high: candles.high.slice(0, cut),
          low: candles.low.slice(0, cut),
          close: candles.close.slice(0, cut),
          volume: candles.volume.slice(0, cut),
        }),
        6 * HOUR,
      );
      const known = whole.lastRow.filter((row) => row < cut).length;
      expect(early.candles.length).toBe(known);
      expect([...early.candles.close]).toEqual([...whole.candles.close.subarray(0, known)]);
      expect([...early.candles.high]).toEqual([...whole.candles.high.subarray(0, known)]);
    }
  });

  test('refuses lengths that are no multiple, and a series without a whole bar', () => {
    const candles = geometricBrownian({ rng: createRng(4), length: 5, stepMs: HOUR });
    expect(() => resampleCandles(candles, 1.5 * HOUR)).toThrow(/whole multiple/);
    expect(() => resampleCandles(candles, HOUR / 2)).toThrow(/whole multiple/);
    expect(() => resampleCandles(candles, 24 * HOUR)).toThrow(/no whole bar/);
  });
});

test('parseBarSpec reads lengths of time, trades, volume and value', () => {
  expect(['30s', '5m', '4h', '1d'].map(parseBarSpec)).toEqual(
    [30_000, 300_000, 4 * HOUR, 24 * HOUR].map((barMs) => ({ by: 'time', barMs })),
  );
  expect(parseBarSpec('ticks:1000')).toEqual({ by: 'ticks', amount: 1000 });
  expect(parseBarSpec('dollar:1e6')).toEqual({ by: 'value', amount: 1e6 });
  for (const text of ['', '0m', '5', '5 parsecs', 'ticks:0', 'volume:x'])
    expect(() => parseBarSpec(text)).toThrow(/says no bars/);
});
