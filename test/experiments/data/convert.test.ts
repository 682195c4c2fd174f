/** Prices in other currencies become one, at the rates that were known, and never without a rate. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openConverter } from '../../../experiments/data/convert.ts';
import { importData } from '../../../experiments/data/import-data.ts';
import { loadMarket } from '../../../experiments/run/market.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import { readConversion } from '../../../scripts/terminal/data-options.ts';
import { topTape } from '../../market/book-tapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'convert-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SPANS = {};
const HOUR = 3_600_000;
const START = Date.UTC(2023, 0, 2);
const csv = (name: string, rows: readonly (readonly number[])[]): string => {
  const path = join(folder, name);
  const lines = rows.map((row) => row.join(','));
  writeFileSync(path, `time,open,high,low,close,volume\n${lines.join('\n')}\n`);
  return path;
};
// Won for a dollar: a bar opens at the close before, and what it closes at is known an hour later.
const won = csv(
  'usdkrw.csv',
  Array.from({ length: 12 }, (_, n) => [START + n * HOUR, 1000 + 10 * n, 1300, 900, 1010 + 10 * n, 0]),
);
const coin = csv(
  'KRW-BTC_60m.csv',
  Array.from({ length: 10 }, (_, n) => [START + (n + 2) * HOUR, 2e6, 2.2e6, 1.9e6, 2.1e6, 3]),
);
const request = { to: 'USD', rates: [{ pair: 'USD/KRW', path: won }] };

describe('candles', () => {
  test('each open at the rate of its time, each close at that of its own', async () => {
    const { candles, notes } = await loadMarket(coin, SPANS, {}, { read: { convert: request } });
    for (let row = 0; row < 10; row++) {
      // At hour n + 2 the bar of hour n + 1 has closed, at 1010 + 10 (n + 1).
      const atOpen = 1020 + 10 * row;
      const atClose = 1030 + 10 * row;
      expect(candles.open[row]).toBeCloseTo(2e6 / atOpen, 8);
      expect(candles.close[row]).toBeCloseTo(2.1e6 / atClose, 8);
      expect(candles.high[row]).toBeCloseTo(2.2e6 / atClose, 8);
      expect(candles.low[row]).toBeCloseTo(Math.min(1.9e6 / atClose, 2e6 / atOpen), 8);
      expect(candles.volume[row]).toBe(3);
    }
    expect(notes).toEqual([
      expect.stringContaining(
        'Prices of KRW-BTC were converted from KRW to USD at the rates known at the time.',
      ),
    ]);
  });

  test('nothing is taken from a rate that was not known: later rates change no earlier bar', async () => {
    const later = csv(
      'later.csv',
      Array.from({ length: 12 }, (_, n) => [
        START + n * HOUR,
        1000 + 10 * n,
        9000,
        900,
        n < 6 ? 1010 + 10 * n : 5000,
        0,
      ]),
    );
    const load = async (path: string) =>
      (
        await loadMarket(
          coin,
          {},
          {},
          {
            read: { convert: { to: 'USD', rates: [{ pair: 'USD/KRW', path }] } },
          },
        )
      ).candles;
    const [known, changed] = [await load(won), await load(later)];
    // The bar of hour 6 closes at hour 7: bars that close before are the same.
    for (let row = 0; row < 4; row++) expect(changed.close[row]).toBe(known.close[row]);
    expect(changed.close[4]).not.toBe(known.close[4]);
    expect(changed.open[4]).toBe(known.open[4]);
  });

  test('before the first rate, and a week after the last, there is none', async () => {
    const convert = await openConverter(request);
    const at = async (startMs: number) =>
      (
        await loadCandles(
          csv(
            'x.csv',
            [0, 1].map((n) => [startMs + n * HOUR, 2, 2, 2, 2, 1]),
          ),
        )
      ).candles;
    const early = await at(START);
    expect(() => convert.candles(early, 'BTC/KRW')).toThrow(/first is of 2023-01-02T01:00/);
    const late = await at(START + 12 * HOUR + 7 * 24 * HOUR);
    expect(() => convert.candles(late, 'BTC/KRW')).toThrow(/the last is of/);
    const bought = await at(START + 2 * HOUR);
    expect(() => convert.candles(bought, 'BTC/EUR')).toThrow('no conversion from "EUR" to "USD"');
    expect(convert.candles(late, 'BTC/USD')).toEqual({ candles: late, notes: [] });
  });

  test('a file that does not say is taken for the one currency there are rates of, with a note', async () => {
    const { candles, notes } = await loadMarket(
      csv(
        'coin.csv',
        Array.from({ length: 10 }, (_, n) => [START + (n + 2) * HOUR, 2e6, 3e6, 1e6, 2e6 + n, 1]),
      ),
      SPANS,
      {},
      { read: { convert: request } },
    );
    expect(candles.open[0]).toBeCloseTo(2e6 / 1020, 8);
    expect(notes.join(' ')).toContain('does not say what currency it is in; it was taken for KRW');
    const euro = csv(
      'eurusd.csv',
      Array.from({ length: 12 }, (_, n) => [START + n * HOUR, 1, 2, 1, 1.1, 0]),
    );
    const both = await openConverter({
      to: 'USD',
      rates: [...request.rates, { pair: 'EUR/USD', path: euro }],
    });
    expect(() => both.candles(candles, undefined)).toThrow(/name its pair with --pair/);
    expect(both.candles(candles, undefined, { base: 'BTC', quote: 'EUR' }).candles.close[0]).toBe(
      candles.close[0] * 1.1,
    );
  });
});

test('books of several venues become comparable, and an import writes what was converted', async () => {
  const { tape } = (await openConverter(request)).tape(
    topTape(
      [
        [0, START + 3 * HOUR, 2000, 2001],
        [1, START + 3 * HOUR, 2_060_000, 2_070_000],
      ],
      [
        { name: 'a', base: 'BTC', quote: 'USD' },
        { name: 'b', base: 'BTC', quote: 'KRW' },
      ],
    ),
  );
  expect([...tape.bidPrices]).toEqual([2000, 2_060_000 * (1 / 1030)]);
  expect(tape.venues.map(({ quote }) => quote)).toEqual(['USD', 'USD']);
  const out = join(folder, 'out.parquet');
  const { inputs } = await importData([coin], { out, convert: request });
  expect(inputs[0].notes.join(' ')).toContain('from KRW to USD');
  const { candles } = await loadCandles(out);
  expect(candles.close[0]).toBeCloseTo(2.1e6 / 1030, 8);
});

describe('what is asked for', () => {
  test('pairs and files by comma, dollars unless told', () => {
    expect(readConversion({ convert: 'USD/KRW=a.csv, EUR/USD=b=c.csv' })).toEqual({
      to: 'USD',
      rates: [
        { pair: 'USD/KRW', path: join(process.cwd(), 'a.csv') },
        { pair: 'EUR/USD', path: join(process.cwd(), 'b=c.csv') },
      ],
    });
    expect(readConversion({ convert: 'EUR/USD=a', quote: 'eur' })).toMatchObject({ to: 'EUR' });
    expect(readConversion({})).toBeUndefined();
  });

  test.each([
    [{ convert: 'USD/KRW' }, 'takes PAIR=FILE'],
    [{ convert: 'USD/KRW=' }, 'takes PAIR=FILE'],
    [{ quote: 'USD' }, 'needs rates'],
  ])('%o is refused', (args, says) => {
    expect(() => readConversion(args)).toThrow(says);
  });

  test('rates that do not lead there are refused', async () => {
    await expect(openConverter({ to: 'EUR', rates: request.rates })).rejects.toThrow(
      'Rates of USD/KRW do not lead to EUR',
    );
  });
});
