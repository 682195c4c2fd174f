import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DataError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import {
  createFundingSeries,
  requireFundingOver,
  syntheticFunding,
} from '../../../market/instruments/funding-series.ts';
import { loadFunding } from '../../../market/instruments/load-funding.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2023, 2, 1);
const folder = mkdtempSync(join(tmpdir(), 'funding-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('funding rates', () => {
  test('of a file are read as venues write them, newest first and some ms after the hour too', async () => {
    const rows = [2, 1, 0].map(
      (n) => `BTCUSDT,${START + n * 8 * HOUR + (n === 1 ? 5 : 0)},0.000${n + 1},${100 + n}`,
    );
    const path = file('history.csv', ['symbol,fundingTime,fundingRate,markPrice', ...rows].join('\n'));
    const funding = await loadFunding(path);
    expect(funding?.timeMs).toEqual(Float64Array.from([0, 8, 16], (hour) => START + hour * HOUR));
    expect(funding?.rate).toEqual(Float64Array.from([0.0001, 0.0002, 0.0003]));
    expect(funding?.mark).toEqual(Float64Array.from([100, 101, 102]));
  });

  test('of a column of candles are those of the rows at funding times', async () => {
    const rows = Array.from(
      { length: 10 },
      (_, n) => `${START + n * HOUR},1,1,1,1,0,${n === 0 ? 0.0004 : 0.0005}`,
    );
    const path = file(
      'candles.csv',
      ['timestamp,open,high,low,close,volume,fundingRate', ...rows].join('\n'),
    );
    const funding = await loadFunding(path, { intervalMs: 8 * HOUR });
    expect([...(funding?.rate ?? [])]).toEqual([0.0004, 0.0005]);
  });

  test('are undefined for a file without such a column', async () => {
    expect(
      await loadFunding(
        file('plain.csv', 'time,open,high,low,close\n2023-03-01,1,1,1,1\n2023-03-02,2,2,2,2\n'),
      ),
    ).toBeUndefined();
  });

  test.each([
    ['off the hour', { timeMs: [START + 60_000 * 17], rate: [0.0001] }, 'off-grid-funding'],
    ['of percent', { timeMs: [START], rate: [1.5] }, 'invalid-funding'],
    ['of no number', { timeMs: [START], rate: [Number.NaN] }, 'invalid-funding'],
    ['out of order', { timeMs: [START, START], rate: [0, 0] }, 'unsorted-times'],
    ['with a mark of nothing', { timeMs: [START], rate: [0], mark: [0] }, 'invalid-mark'],
    ['that are not there', { timeMs: [], rate: [] }, 'empty-funding'],
  ])('%s are refused by row and time', (_, columns, code) => {
    expect(() => createFundingSeries(columns)).toThrow(expect.objectContaining({ code }));
  });

  test('with a hole are refused: no rate is taken for zero', () => {
    const timeMs = [0, 8, 24, 32].map((hour) => START + hour * HOUR);
    const series = createFundingSeries({ timeMs, rate: [0, 0, 0, 0] });
    const over = (fromHour: number, toHour: number) => () =>
      requireFundingOver(series, START + fromHour * HOUR, START + toHour * HOUR, 8 * HOUR);
    expect(over(0, 10)).not.toThrow();
    expect(over(24, 40)).not.toThrow();
    expect(over(0, 32)).toThrow(/no funding between 2023-03-01T08:00:00.* 16 h/);
    expect(over(24, 41)).toThrow(DataError);
    expect(over(-9, 8)).toThrow(DataError);
  });

  test('that are made up have the mean, the spread and the memory that were asked for, the same for a seed', () => {
    const settings = {
      fromMs: START,
      toMs: START + 8 * HOUR * 40_000,
      intervalMs: 8 * HOUR,
      mean: 0.0001,
      deviation: 0.0002,
      halfLifeMs: 24 * HOUR,
      leadMs: HOUR,
      capRate: 0.03,
    };
    const { rate, timeMs, publishedMs } = syntheticFunding(settings, createRng(1));
    const mean = rate.reduce((sum, value) => sum + value, 0) / rate.length;
    const centred = rate.map((value) => value - mean);
    const variance = centred.reduce((sum, value) => sum + value * value, 0) / rate.length;
    const lagged = centred.slice(3).reduce((sum, value, n) => sum + value * centred[n], 0) / rate.length;
    expect(mean).toBeCloseTo(0.0001, 5);
    expect(Math.sqrt(variance)).toBeCloseTo(0.0002, 5);
    expect(lagged / variance).toBeCloseTo(0.5, 1);
    expect(timeMs[5] - publishedMs[5]).toBe(HOUR);
    expect(syntheticFunding(settings, createRng(1)).rate).toEqual(rate);
  });
});
