/** The table of sources in docs/data.md: each row holds for a file of its shape. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { detectTapeFile, isTradeFile, loadBooks, loadTrades } from '../../../market/books/load.ts';
import { loadCandleSeries } from '../../../market/files/candle-series.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import type { ReadOptions } from '../../../market/files/options.ts';
import { moreSourceFiles } from './more-source-files.ts';
import { bar, sourceFiles as firstSourceFiles } from './source-files.ts';

const sourceFiles = [...firstSourceFiles, ...moreSourceFiles];

const folder = mkdtempSync(join(tmpdir(), 'sources-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DOCS = readFileSync(new URL('../../../docs/data.md', import.meta.url), 'utf8');
const table = DOCS.slice(DOCS.indexOf('## Sources'), DOCS.indexOf('## Downloading'));
const rows = [...table.matchAll(/^\| (?!Source|-)(.+?) +\| (.+?) +\| (.+?) +\|/gm)].map(
  ([, source, holds, loads]) => ({
    source,
    holds,
    loads,
  }),
);

/** `needs --dates mdy` */
function optionsOf(loads: string): ReadOptions {
  const option = /`--([\w-]+) (\S+)`/.exec(loads);
  if (option === null) return {};
  return option[1] === 'contract-size' ? { contractSize: Number(option[2]) } : { [option[1]]: option[2] };
}

/** Files of days begin on the same day as those of minutes; where the order of day and month shows, later. */
const DAY = 86_400_000;
const isLate = (source: string) =>
  /^(?:Investing.com|Nasdaq.com)/.test(source) && !/Korean|either/.test(source);
const hasThousands = (source: string) => /^(?:Yahoo, copied|Investing.com)/.test(source);
const HUNDREDS_OF_THOUSANDS = 'NSE India';
const WITHOUT_VOLUME = new Set([
  'HistData, generic ASCII',
  'HistData, MetaTrader',
  'CoinGecko OHLC (API)',
  'CoinMarketCap',
]);
const IN_THOUSANDS = new Set(['Korean broker, CP949', 'Naver, copied from the page']);
const WITHOUT_SIDES = new Set(['Kraken trades', 'Kibot, ticks', 'Polygon trades']);
/** Files that are refused by what they are. */
const REFUSALS: Readonly<Record<string, { code: string; message: unknown }>> = {
  'Binance Vision bookDepth': {
    code: 'other-kind',
    message: expect.stringContaining('bookDepth of Binance'),
  },
  'Binance Vision metrics': { code: 'other-kind', message: expect.stringContaining('metrics of Binance') },
  'Databento MBO': { code: 'other-kind', message: expect.stringContaining('market by order') },
  'LOBSTER messages': { code: 'other-kind', message: expect.stringContaining('LOBSTER') },
  'KRX, one day of all symbols': { code: 'other-kind', message: expect.stringContaining('one day') },
  'Answer of a server that has no data': {
    code: 'server-answer',
    message: expect.stringContaining('rate limit'),
  },
};

/** By how much the second bar is later. */
const isDaily = (source: string) =>
  /^(?:Korean|Korea |Naver|pykrx|Japanese|NSE|akshare|KRX|Yahoo(?! chart)|yfinance|Stooq|Investing|Nasdaq|Alpha Vantage, CSV|FinRL|CoinMarketCap)/.test(
    source,
  );

function expected(source: string, n: number): number[] {
  const { o, h, l, c, v } = bar(n);
  const first = bar(0).ms + (isLate(source) ? 8 * DAY : 0);
  const timeMs = first + n * (isDaily(source) ? DAY : 60_000);
  const factor = IN_THOUSANDS.has(source) ? 1000 : 1;
  const volume = WITHOUT_VOLUME.has(source)
    ? 0
    : v * factor * (hasThousands(source) ? 1000 : source === HUNDREDS_OF_THOUSANDS ? 1e5 : 1);
  return [timeMs, ...[o, h, l, c].map((price) => price * factor), volume];
}

test('every row has a file, and every file a row', () => {
  expect(rows.map(({ source }) => source)).toEqual(sourceFiles.map(({ source }) => source));
  expect(rows.length).toBeGreaterThan(60);
});

describe('each row holds:', () => {
  test.each(rows.map(({ source, holds, loads }) => [source, holds, loads] as const))(
    '%s, %s: %s',
    async (source, holds, loads) => {
      const { name, content } = sourceFiles.find(
        (file) => file.source === source,
      ) as (typeof sourceFiles)[number];
      const path = join(folder, name);
      writeFileSync(path, content);
      if (loads.startsWith('not')) {
        const reason = REFUSALS[source] ?? {};
        await expect(loadCandleSeries(path)).rejects.toMatchObject({ name: 'DataError', ...reason });
        await expect(loadBooks(path)).rejects.toMatchObject({ name: 'DataError', ...reason });
        return;
      }
      const options = optionsOf(loads);
      expect(loads.startsWith('needs')).toBe(Object.keys(options).length > 0);
      const kind = await detectTapeFile(path, options);
      if (holds === 'bars') {
        expect(kind).toBeUndefined();
        const { candles } = await loadCandles(path, options);
        expect(candles.length).toBe(6);
        for (const n of [0, 5]) {
          const { timeMs, open, high, low, close, volume } = candles;
          expect([timeMs[n], open[n], high[n], low[n], close[n], volume[n]]).toEqual(expected(source, n));
        }
        if (!loads.startsWith('needs')) return;
        const without = await loadCandles(path).catch(() => undefined);
        expect(without?.candles.timeMs[0]).not.toBe(candles.timeMs[0]);
      } else if (holds === 'trades') {
        expect(kind !== undefined && isTradeFile(kind)).toBe(true);
        if (loads.startsWith('needs'))
          await expect(loadTrades(path)).rejects.toThrow(/--(?:dates|contract-size)/);
        const trades = await loadTrades(path, options);
        expect(trades.length).toBe(6);
        const { o, ms, v } = bar(5);
        // Some stamp a trade a part of a second behind the minute.
        expect([Math.floor(trades.timeMs[5] / 1000) * 1000, trades.prices[5], trades.sizes[5]]).toEqual([
          ms,
          o,
          v,
        ]);
        expect([...trades.sides.slice(0, 2)]).toEqual(WITHOUT_SIDES.has(source) ? [0, 0] : [1, -1]);
      } else {
        const { tape } = await loadBooks(path);
        const { o, ms, v } = bar(5);
        const last = (tape.length - 1) * tape.depth;
        expect([
          Math.floor(tape.timeMs[tape.length - 1] / 1000) * 1000,
          tape.bidPrices[last],
          tape.bidSizes[last],
        ]).toEqual([ms, o, v]);
        expect([tape.askPrices[last], tape.askSizes[last]]).toEqual([o + 1, v + 1]);
      }
    },
  );
});

test('tables of several symbols give each its own values, and no column of one is a series of another', async () => {
  for (const source of ['yfinance, several tickers', 'yfinance, by ticker', 'FinRL long table']) {
    const { name } = sourceFiles.find((file) => file.source === source) as (typeof sourceFiles)[number];
    const { series } = await loadCandleSeries(join(folder, name));
    expect(series.map(({ symbol }) => symbol)).toEqual(['AAPL', 'MSFT']);
    const [first, second] = series.map(({ candles }) => candles);
    for (const column of ['open', 'high', 'low', 'close', 'volume'] as const)
      expect([...second[column]]).toEqual([...first[column]].map((value) => 2 * value));
  }
});
