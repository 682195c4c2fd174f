/** Candles: what is refused, and how it is said. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import {
  candlesFromPrices,
  createCandles,
  hashCandles,
  sliceCandles,
} from '../../../market/candles/candles.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';

const HOUR = 3_600_000;

const columns = () => ({
  timeMs: [0, HOUR, 2 * HOUR],
  open: [10, 11, 12],
  high: [12, 13, 14],
  low: [9, 10, 11],
  close: [11, 12, 13],
  volume: [1, 0, 2],
});

type Columns = ReturnType<typeof columns>;

function failure(spoil: (columns: Columns) => void): DataError {
  const spoilt = columns();
  spoil(spoilt);
  try {
    createCandles(spoilt, 'file.csv');
  } catch (error) {
    return error as DataError;
  }
  throw new Error('nothing was refused');
}

describe('createCandles', () => {
  test('copies good columns', () => {
    const source = columns();
    const candles = createCandles(source);
    source.open[0] = 99;
    expect(candles.length).toBe(3);
    expect([...candles.open]).toEqual([10, 11, 12]);
    expect([...candles.volume]).toEqual([1, 0, 2]);
  });

  test.each<[code: string, column: string, row: number, spoil: (columns: Columns) => void]>([
    ['invalid-time', 'timeMs', 1, (c) => (c.timeMs[1] = Number.NaN)],
    ['invalid-time', 'timeMs', 2, (c) => (c.timeMs[2] = 1e16)],
    ['duplicate-time', 'timeMs', 2, (c) => (c.timeMs[2] = HOUR)],
    ['unsorted-times', 'timeMs', 1, (c) => (c.timeMs[1] = -HOUR)],
    ['non-finite-value', 'open', 0, (c) => (c.open[0] = Number.NaN)],
    ['non-finite-value', 'close', 1, (c) => (c.close[1] = Infinity)],
    ['non-finite-value', 'volume', 2, (c) => (c.volume[2] = Number.NaN)],
    ['non-positive-price', 'low', 1, (c) => (c.low[1] = 0)],
    ['non-positive-price', 'close', 1, (c) => (c.close[1] = -1)],
    ['high-too-low', 'high', 1, (c) => (c.high[1] = 11.5)],
    ['low-too-high', 'low', 2, (c) => (c.low[2] = 12.5)],
    ['negative-volume', 'volume', 0, (c) => (c.volume[0] = -1)],
  ])('refuses %s in column %s, naming row %i, its time and what to do', (code, column, row, spoil) => {
    const error = failure(spoil);
    expect(error).toBeInstanceOf(DataError);
    expect(error.code).toBe(code);
    expect(error.message).toContain(`file.csv: row ${row} (`);
    expect(error.message).toContain(`column "${column}"`);
    if (code !== 'invalid-time' && code !== 'duplicate-time' && code !== 'unsorted-times') {
      expect(error.message).toContain(new Date(row * HOUR).toISOString());
    }
    expect(error.message).toMatch(/; (correct|remove|sort|give) [^;\n]+\.$/);
  });

  test('refuses columns of unequal length and no rows at all', () => {
    expect(failure((c) => c.close.pop())).toMatchObject({ code: 'column-length' });
    expect(failure((c) => Object.values(c).map((column) => column.splice(0)))).toMatchObject({
      code: 'empty-candles',
    });
  });

  test('refuses any series with one bad number, wherever it is', () => {
    const names = ['timeMs', 'open', 'high', 'low', 'close', 'volume'] as const;
    fc.assert(
      fc.property(
        fc.nat(2),
        fc.constantFrom(...names),
        fc.constantFrom(Number.NaN, Infinity, -Infinity),
        (row, name, value) => {
          const error = failure((c) => (c[name][row] = value));
          expect(error.message).toContain(`row ${row} `);
          expect(error.message).toContain(`"${name}"`);
        },
      ),
    );
  });
});

describe('sliceCandles', () => {
  const candles = geometricBrownian({ rng: createRng(1), length: 20 });

  test('copies the rows asked for', () => {
    const slice = sliceCandles(candles, 5, 8);
    expect(slice.length).toBe(3);
    expect([...slice.close]).toEqual([...candles.close.subarray(5, 8)]);
    expect(slice.timeMs.buffer.byteLength).toBe(24);
    expect(sliceCandles(candles, 5).length).toBe(15);
  });

  test.each([
    [3, 3],
    [5, 4],
    [-1, 3],
    [0, 21],
    [0.5, 3],
    [Number.NaN, 3],
  ])('refuses rows %d to %d', (from, to) => {
    expect(() => sliceCandles(candles, from, to)).toThrow(expect.objectContaining({ code: 'invalid-slice' }));
  });
});

describe('hashCandles', () => {
  test('is the same for the same data and another after the least change', () => {
    const candles = createCandles(columns());
    expect(hashCandles(candles)).toBe(hashCandles(createCandles(columns())));
    expect(hashCandles(candles)).toMatch(/^[0-9a-f]{64}$/);
    for (const name of ['timeMs', 'open', 'high', 'low', 'close', 'volume'] as const) {
      const changed = createCandles(columns());
      changed[name][2] += 2 ** -20;
      expect(hashCandles(changed)).not.toBe(hashCandles(candles));
    }
  });

  test('of a slice does not depend on the candles it was taken from', () => {
    const candles = geometricBrownian({ rng: createRng(1), length: 20 });
    expect(hashCandles(sliceCandles(candles, 3, 9))).toBe(
      hashCandles(sliceCandles(sliceCandles(candles, 2), 1, 7)),
    );
  });
});

test('candlesFromPrices stands still at each price', () => {
  const candles = candlesFromPrices([1, 2], { startMs: 1000, stepMs: 500 });
  expect([...candles.timeMs]).toEqual([1000, 1500]);
  for (const name of ['open', 'high', 'low', 'close'] as const) expect([...candles[name]]).toEqual([1, 2]);
  expect([...candles.volume]).toEqual([0, 0]);
});
