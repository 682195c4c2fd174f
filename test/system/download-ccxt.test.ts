/** The real ccxt package, pointed at a server on this machine that answers as KuCoin (bars) and Kraken (trades) do. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DownloadRequest, downloadData } from '../../experiments/data/download/download.ts';
import { loadTrades } from '../../market/books/load.ts';
import { formatTime } from '../../market/candles/timestamps.ts';
import { loadCandles } from '../../market/files/load-candles.ts';
import { type Answer, ArchiveServer, page, status } from '../experiments/data/download/archive-server.ts';

const MINUTE = 60_000;
const START = Date.UTC(2024, 0, 1);
const PAGE = 1500;
const server = new ArchiveServer();
const root = mkdtempSync(join(tmpdir(), 'download-'));
let out = '';
let numFolders = 0;
/** Bars that the exchange does not have, by number. */
let missing = (_bar: number) => false;

beforeAll(() => server.start());
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});
beforeEach(() => {
  server.clear();
  out = join(root, `out-${numFolders++}`);
  missing = () => false;
  // Half a minute into bar 4000.
  server.nowMs = START + 4000 * MINUTE + 30_000;
  const ok = (data: unknown) => () => ({ code: '200000', data });
  for (const path of [
    '/api/v3/currencies',
    '/api/v1/contracts/active',
    '/api/v3/margin/symbols',
    '/api/v1/market/allTickers',
  ])
    server.files.set(path, ok([]));
  const market = {
    symbol: 'BTC-USDT',
    baseCurrency: 'BTC',
    quoteCurrency: 'USDT',
    enableTrading: true,
    baseIncrement: '0.00000001',
    priceIncrement: '0.1',
  };
  for (const path of ['/api/v1/symbols', '/api/v2/symbols']) server.files.set(path, ok([market]));
  server.files.set('/api/v1/market/candles', (query) => {
    const rows: string[][] = [];
    const first = Math.ceil((Number(query.get('startAt')) * 1000 - START) / MINUTE);
    // The end belongs to the page: the next page repeats its last bar.
    const last = Math.floor((Math.min(Number(query.get('endAt')) * 1000, server.nowMs) - START) / MINUTE);
    for (let bar = Math.max(first - 1, 0); bar <= last && rows.length <= PAGE; bar++) {
      const price = 100 + (bar % 40);
      const values = [START / 1000 + bar * 60, price, price + 1, price + 2, price - 1, 5, 500];
      if (!missing(bar)) rows.unshift(values.map(String));
    }
    return { code: '200000', data: rows };
  });
});

/** A proxy that cuts answers off and calls them whole. */
const halfJson: Answer = (response) => response.end('{"code":"200000","data":[["17');

const download = (more: Partial<DownloadRequest> = {}) =>
  downloadData(
    {
      source: 'ccxt:kucoin',
      symbols: ['BTC/USDT'],
      kind: 'candles',
      interval: '1m',
      barMs: MINUTE,
      market: 'spot',
      fromMs: START,
      baseUrl: server.url,
      out,
      ...more,
    },
    { world: server.world, signal: new AbortController().signal },
  );
const asked = () => server.requests.filter((path) => path.includes('candles')).length;

test('pages become one series: overlaps once, the open bar not at all', async () => {
  const { outputs, inputs } = await download();
  const { candles } = await loadCandles(join(out, 'BTC-USDT-1m.parquet'));
  expect(candles.length).toBe(4000);
  expect(candles.timeMs.every((timeMs, bar) => timeMs === START + bar * MINUTE)).toBe(true);
  expect([
    candles.open[41],
    candles.high[41],
    candles.low[41],
    candles.close[41],
    candles.volume[41],
  ]).toEqual([101, 103, 100, 102, 5]);
  expect(outputs[0].notes).toEqual([]);
  expect(inputs.length).toBe(3);
  expect(inputs[0].path).toBe('ccxt:kucoin since 2024-01-01T00:00:00.000Z');
});

test('the same call later asks for what is new alone, and the bar that was open is there', async () => {
  await download();
  server.requests.length = 0;
  server.nowMs += 2 * MINUTE;
  const { outputs } = await download();
  expect(asked()).toBe(1);
  expect(outputs[0].rows).toBe(4002);
});

test('holes are kept and named, wider than a page too', async () => {
  missing = (bar) => bar === 10 || (bar >= 100 && bar < 3500);
  const { outputs } = await download();
  expect(outputs[0].rows).toBe(4000 - 1 - 3400);
  expect(outputs[0].notes).toEqual([
    `1 bars are missing between ${formatTime(START + 9 * MINUTE)} and ${formatTime(START + 11 * MINUTE)}.`,
    `3400 bars are missing between ${formatTime(START + 99 * MINUTE)} and ${formatTime(START + 3500 * MINUTE)}.`,
  ]);
});

test('an exchange that keeps no old bars: the beginning is named', async () => {
  missing = (bar) => bar < 3900;
  const { outputs } = await download();
  expect(outputs[0]).toMatchObject({ rows: 100 });
  expect(outputs[0].notes).toEqual([`There is nothing before ${formatTime(START + 3900 * MINUTE)}.`]);
});

test('waits as the exchange asks, and a refusal is one line after which the same call goes on', async () => {
  const path = '/api/v1/market/candles';
  server.faults.set(path, [status(429, { 'retry-after': '9' })]);
  await download({ toMs: START + 1000 * MINUTE });
  expect(server.waits).toEqual([9000]);
  for (const [answer, code] of [
    [status(451), 'http-refused'],
    [status(418, { 'retry-after': '4000' }), 'http-wait'],
    [page, 'unexpected-answer'],
    [status(503), 'http-failed'],
    [halfJson, 'http-failed'],
  ] as const) {
    server.faults.set(path, Array(6).fill(answer));
    const failure = (await download().catch((error: unknown) => error)) as Error & { code: string };
    expect(failure.code).toBe(code);
    expect(failure.message).not.toMatch(/\n/);
  }
  server.faults.clear();
  expect((await download()).outputs[0].rows).toBe(4000);
});

test.each([
  [{ source: 'ccxt:kucoim' }, 'unknown-name', 'Did you mean "kucoin"?'],
  [{ interval: '7m', barMs: 7 * MINUTE }, 'invalid-bars', '--bars takes 1m, 3m'],
  [{ symbols: ['DOGE/USDT'] }, 'source-refused', 'does not have market symbol DOGE/USDT'],
] as const)('refuses %j by name', async (more, code, says) => {
  const failure = (await download(more).catch((error: unknown) => error)) as Error & { code: string };
  expect(failure.code).toBe(code);
  expect(failure.message).toContain(says);
});

function serveKrakenMarkets(): void {
  const asset = { aclass: 'currency', altname: '', decimals: 8, display_decimals: 5 };
  server.files.set('/0/public/Assets', () => ({
    error: [],
    result: { XXBT: { ...asset, altname: 'XBT' }, ZUSD: { ...asset, altname: 'USD' } },
  }));
  const pair = {
    altname: 'XBTUSD',
    wsname: 'XBT/USD',
    base: 'XXBT',
    quote: 'ZUSD',
    pair_decimals: 1,
    lot_decimals: 8,
    lot_multiplier: 1,
    leverage_buy: [],
    leverage_sell: [],
    fees: [[0, 0.26]],
    fees_maker: [[0, 0.16]],
    ordermin: '0.0001',
    status: 'online',
  };
  server.files.set('/0/public/AssetPairs', () => ({ error: [], result: { XXBTZUSD: pair } }));
}

test('trades of one millisecond that two pages share are there once, and two equal ones stay two', async () => {
  serveKrakenMarkets();
  // Ten trades, three of which are of one millisecond; four a page.
  const times = [0, 1000, 2000, 3000, 3000, 3000, 4000, 90_000_000, 90_000_500, 90_001_000].map(
    (ms) => START + ms,
  );
  const trades = times.map((timeMs, n) => [
    String(100 + (n === 4 ? 3 : n)),
    '1',
    timeMs / 1000,
    n % 2 ? 'b' : 's',
    'l',
    '',
    1000 + n,
  ]);
  server.files.set('/0/public/Trades', (query) => {
    const since = Number(query.get('since')) * 1000;
    const rows = trades.filter((_, n) => times[n] >= since).slice(0, 4);
    return { error: [], result: { XXBTZUSD: rows.map((row) => [...row]), last: '0' } };
  });
  server.nowMs = START + 90_001_500;
  const request = {
    source: 'ccxt:kraken',
    kind: 'trades',
    interval: 'trades',
    symbols: ['BTC/USD'],
    fromMs: START,
  } as const;
  // The second call begins earlier: its pages reach into those of the first.
  await download({ ...request, fromMs: START + 1500, toMs: START + 3500 });
  await download(request);
  expect(readdirSync(out).filter((name) => name.endsWith('.parquet'))).toEqual([
    'BTC-USD-trades-2024-01-01.parquet',
    'BTC-USD-trades-2024-01-02.parquet',
  ]);
  const first = await loadTrades(join(out, 'BTC-USD-trades-2024-01-01.parquet'));
  expect([...first.timeMs]).toEqual(times.slice(0, 7));
  expect([...first.prices]).toEqual([100, 101, 102, 103, 103, 105, 106]);
  expect([...first.sides]).toEqual([-1, 1, -1, 1, -1, 1, -1]);
  expect(first.venues).toEqual([{ name: 'kraken', base: 'BTC', quote: 'USD' }]);
  expect((await loadTrades(join(out, 'BTC-USD-trades-2024-01-02.parquet'))).length).toBe(3);
});

/** Nine trades of one millisecond, which the exchange hands out four at once unless asked for more, up to its cap. */
async function downloadDense(cap: number) {
  serveKrakenMarkets();
  const times = [0, ...Array.from({ length: 9 }, () => 3000), 5000, 6000].map((ms) => START + ms);
  const trades = times.map((ms, n) => [String(100 + n), '1', ms / 1000, 'b', 'l', '', 1000 + n]);
  server.files.set('/0/public/Trades', (query) => {
    const since = Number(query.get('since')) * 1000;
    const size = Math.min(Number(query.get('count') ?? 4), cap);
    const rows = trades.filter((_, n) => times[n] >= since).slice(0, size);
    return { error: [], result: { XXBTZUSD: rows, last: '0' } };
  });
  server.nowMs = START + 90_000_000;
  const { inputs } = await download({
    source: 'ccxt:kraken',
    kind: 'trades',
    interval: 'trades',
    symbols: ['BTC/USD'],
    toMs: START + 60_000,
  });
  const { prices } = await loadTrades(join(out, 'BTC-USD-trades-2024-01-01.parquet'));
  return { prices: [...prices], notes: inputs.flatMap((input) => input.notes ?? []) };
}

test('a millisecond with more trades than a page is asked for in larger pages, and none is lost', async () => {
  const { prices, notes } = await downloadDense(1000);
  expect(prices).toEqual(Array.from({ length: 12 }, (_, n) => 100 + n));
  expect(notes).toEqual([]);
});

test('where the exchange hands out no larger page, the manifest says that trades may be missing', async () => {
  const { prices, notes } = await downloadDense(4);
  expect(prices).toEqual([100, 101, 102, 103, 104, 110, 111]);
  expect(notes).toEqual([expect.stringContaining('2024-01-01T00:00:03.000Z')]);
});
