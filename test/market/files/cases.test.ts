/** Files as vendors, exchanges and platforms write them: each is read right, or refused by the right name. */
import { describe, expect, test } from 'vitest';
import { formatTime } from '../../../market/candles/timestamps.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import type { ReadOptions } from '../../../market/files/options.ts';
import { sharedPath } from '../../shared.ts';

interface Expectation {
  readonly options?: ReadOptions;
  readonly rows?: number;
  readonly first?: string;
  /** Between the first two bars. */
  readonly stepMs?: number;
  readonly close?: number;
  readonly volume?: number;
  /** Parts of the notes, joined. */
  readonly notes?: readonly string[];
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const INTRADAY = { rows: 20, first: '2023-01-03T15:30:00.000Z', stepMs: MINUTE, close: 101.64 };
const DAILY = { rows: 20, first: '2023-01-02T00:00:00.000Z', stepMs: DAY, close: 101.64 };

describe('reads', () => {
  test.each<[file: string, expected: Expectation]>([
    ['a01-compact-12-digits.csv', INTRADAY],
    ['a02-compact-14-digits.csv', INTRADAY],
    ['a05-epoch-ms-1971.csv', { rows: 20, first: '1971-01-04T00:00:00.000Z', stepMs: DAY }],
    [
      'a06-zone-in-header-eet.csv',
      { ...INTRADAY, first: '2023-01-03T13:30:00.000Z', notes: ['from EET to UTC'] },
    ],
    [
      'a06-zone-in-header-eet.csv',
      { options: { timezone: 'Asia/Seoul' }, first: '2023-01-03T06:30:00.000Z' },
    ],
    ['a08-day-first-monthly.csv', { options: { dates: 'dmy' }, rows: 24, stepMs: 31 * DAY }],
    ['a08-day-first-monthly.csv', { options: { dates: 'mdy' }, rows: 24, stepMs: DAY }],
    ['a09-day-first-daily.csv', { ...DAILY, notes: ['day first'] }],
    ['a11-s-ms-us-in-one-file.csv', { ...INTRADAY, notes: ['mixed in unit: unix s, unix ms, unix µs'] }],
    ['b01-two-symbols-one-after-the-other.csv', { options: { symbol: 'AAA' }, stepMs: DAY, close: 101.64 }],
    ['b03-finrl-long-table.csv', { options: { symbol: 'BBB' }, close: 304.92 }],
    ['b06-mt5-export.csv', { ...INTRADAY, volume: 300, notes: ['"<VOL>" is 0 throughout'] }],
    ['b07-quote-volume-first-ethbtc.csv', { rows: 20, volume: 100, close: 0.07 }],
    ['c07-three-duplicates.csv', { options: { duplicates: 'first' }, notes: ['3 rows repeat a time'] }],
    ['e01-binance-vision-spot-ms.csv', { ...INTRADAY, volume: 10, notes: ['Binance klines'] }],
    ['e03-binance-vision.zip', { ...INTRADAY, volume: 10 }],
    ['e04-kraken-ohlcvt.csv', { ...INTRADAY, volume: 1, notes: ['Kraken OHLCVT'] }],
    ['e05-yfinance-one-ticker.csv', { ...DAILY, volume: 1000 }],
    [
      'e07-investing.csv',
      { rows: 20, first: '2023-01-02T00:00:00.000Z', volume: 55_000, notes: ['newest row first'] },
    ],
    ['e08-stooq-5-minutes.csv', { ...INTRADAY, stepMs: 5 * MINUTE }],
    ['e09-pandas-unnamed-index.csv', INTRADAY],
    ['e10-ccxt-ohlcv.json', INTRADAY],
    ['e11-korean-headers-utf8.csv', { ...DAILY, volume: 1000 }],
    ['e14-polygon-flat-file.csv', { ...INTRADAY, volume: 1000 }],
    ['e16-timestamp-utc.csv', INTRADAY],
    ['e19-alpha-vantage-names.csv', DAILY],
    ['f01-candles-ns-snappy.parquet', INTRADAY],
    ['f04-freqtrade.feather', INTRADAY],
  ])('%s', async (file, { options, rows, first, stepMs, close, volume, notes = [] }) => {
    const path = sharedPath(`cases/data/${file}`);
    if (path === undefined) return;
    const { candles, report } = await loadCandles(path, options);
    if (rows !== undefined) expect(candles.length).toBe(rows);
    if (first !== undefined) expect(formatTime(candles.timeMs[0])).toBe(first);
    if (stepMs !== undefined) expect(candles.timeMs[1] - candles.timeMs[0]).toBe(stepMs);
    if (close !== undefined) expect(candles.close[0]).toBe(close);
    if (volume !== undefined) expect(candles.volume[0]).toBe(volume);
    for (const note of notes) expect(report.notes.join(' ')).toContain(note);
  });
});

describe('refuses, by name,', () => {
  test.each<[file: string, code: string, says: readonly string[]]>([
    ['a08-day-first-monthly.csv', 'ambiguous-dates', ['"01/01/2020"', '--dates dmy']],
    ['b01-two-symbols-one-after-the-other.csv', 'several-symbols', ['"AAA", "BBB"', '--symbol AAA']],
    ['b03-finrl-long-table.csv', 'several-symbols', ['"AAA", "BBB"', '--symbol']],
    [
      'c07-three-duplicates.csv',
      'duplicate-time',
      ['3 rows', 'line 6', 'line 13', 'line 20', 'column "time"', '--duplicates'],
    ],
    ['d10-tardis-trades.csv', 'not-candles', ['holds trades', '--bars']],
    ['d11-tardis-book-snapshot.csv', 'not-candles', ['order books']],
    ['d13-bybit-trades.csv', 'not-candles', ['holds trades']],
    ['e18-adjusted-close-only.csv', 'adjusted-close', ['adjusted', 'raw close']],
  ])('%s', async (file, code, says) => {
    const path = sharedPath(`cases/data/${file}`);
    if (path === undefined) return;
    const failure = await loadCandles(path).catch((error: unknown) => error as Error & { code: string });
    expect(failure).toMatchObject({ code });
    for (const part of says) expect((failure as Error).message).toContain(part);
    expect((failure as Error).message).not.toMatch(/timeMs|\n/);
  });
});
