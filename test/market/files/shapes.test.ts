import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadTradesWithNotes } from '../../../market/books/load.ts';
import { loadCandleSeries } from '../../../market/files/candle-series.ts';
import { findDecimalMark, parseNumber } from '../../../market/files/numbers.ts';
import { unitOfVolume } from '../../../market/files/shapes/contract-volumes.ts';
import { rawNumberReader } from '../../../market/files/shapes/raw-numbers.ts';

const folder = mkdtempSync(join(tmpdir(), 'shapes-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, ...rows: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, `${rows.join('\n')}\n`);
  return path;
};
const DAYS = [2, 3, 4, 5, 8, 9];
const days = (row: (day: number, n: number) => string) => DAYS.map((day, n) => row(day, n));
const date = (day: number) => `2024-01-0${day}`;

describe('unitOfVolume', () => {
  const low = Float64Array.of(40_000, 41_000, 43_000);
  const high = low.map((price) => price + 400);
  const coins = Float64Array.of(3, 5, 2);
  const dollars = coins.map((size, n) => size * (low[n] + 200));
  const volume = (column: number, values: Float64Array) => ({ column, values });

  test('says nothing of a volume in base units', () => {
    expect(unitOfVolume(coins, [volume(1, dollars)], { low, high })).toBeUndefined();
  });
  test('finds the base units of contracts beside them', () => {
    const contracts = coins.map((size) => 100 * size);
    expect(unitOfVolume(contracts, [volume(1, coins), volume(2, dollars)], { low, high })?.base).toBe(1);
  });
  test('finds the coins that contracts of a hundred dollars are paid in', () => {
    const contracts = dollars.map((size) => size / 100);
    expect(unitOfVolume(contracts, [volume(1, coins)], { low, high })).toMatchObject({
      base: 1,
      factor: 100,
    });
  });
  test('tells lots by their value, and leaves them', () => {
    const lots = coins.map((size) => size / 100);
    expect(unitOfVolume(lots, [volume(1, dollars)], { low, high })).toEqual({
      base: undefined,
      beside: 1,
      factor: 100,
    });
  });
});

test('fixed-point numbers of NautilusTrader are read from their bytes, below zero too', () => {
  const names = ['open', 'ts_event', 'ts_init'];
  expect(rawNumberReader(names, 8)?.('00e8764817000000')).toBe(100);
  expect(rawNumberReader(names, 16)?.('000064a7b3b6e00d0000000000000000')).toBe(100);
  expect(rawNumberReader(names, 8)?.('ffffffffffffffff')).toBe(-1e-9);
  expect(rawNumberReader(['open'], 8)).toBeUndefined();
});

test('a volume that is blank or a dash is 0, and said', async () => {
  const path = write(
    'dash.csv',
    'Date,Open,High,Low,Close,Volume',
    ...days((day, n) => `${date(day)},1,3,1,2,${n === 1 ? '-' : 7}`),
  );
  const { series, report } = await loadCandleSeries(path);
  expect([...series[0].candles.volume]).toEqual([7, 0, 7, 7, 7, 7]);
  expect(report.notes).toContain('"Volume" is empty in 1 rows; volume is 0 there.');
});

test('bars under names of no language are no four series of one price', async () => {
  const path = write(
    'unknown.csv',
    'Date,Aa,Bb,Cc,Dd',
    ...days((day, n) => `${date(day)},${10 + n},${12 + n},${9 + n},${11 + n}`),
  );
  await expect(loadCandleSeries(path)).rejects.toMatchObject({ code: 'missing-columns' });
});

test('prices of several venues side by side are series still', async () => {
  const path = write(
    'wide.csv',
    'Date,Aa,Bb,Cc,Dd',
    ...days((day, n) => `${date(day)},${10 + (n % 3)},${10 + ((n + 1) % 3)},11,${10 + (n % 2)}`),
  );
  expect((await loadCandleSeries(path)).series).toHaveLength(4);
});

test('a day number of a spreadsheet is named', async () => {
  const path = write('serial.csv', 'Date,Open,High,Low,Close', '45293,1,3,1,2', '45294,1,3,1,2');
  await expect(loadCandleSeries(path)).rejects.toThrow(/"Date" has "45293", which is no time/);
});

test('numbers of three digits behind a mark are read by the language of the header', () => {
  expect(findDecimalMark(['151,104', '98,200'], 'comma')).toBe('comma');
  expect(findDecimalMark(['151,104', '98,200'])).toBe('point');
  expect(findDecimalMark(['151,104', '0.50%'], 'comma')).toBe('point');
  expect(findDecimalMark(['1.234.567'])).toBe('comma');
  expect(parseNumber('1,23,45,678.5')).toBe(12345678.5);
});

test('what is done to sizes and times of trades is said', async () => {
  const path = write(
    'okx.csv',
    'instrument_name,trade_id,side,price,size,created_time',
    'BTC-USDT-SWAP,1,buy,40000,150,2024-01-02 00:00:01',
  );
  const { trades, notes } = await loadTradesWithNotes(path);
  expect([trades.sizes[0], trades.venues[0].quote]).toEqual([1.5, 'USDT']);
  expect(notes).toEqual([
    'Times name no zone and were taken for UTC; --timezone says otherwise.',
    'Sizes count contracts of 0.01 BTC; they were converted into BTC.',
  ]);
});
