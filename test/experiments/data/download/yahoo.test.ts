/** Yahoo's charts: days are those of the exchange, bars without a price and open bars are left out by count, splits are taken out once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DownloadRequest, downloadData } from '../../../../experiments/data/download/download.ts';
import { formatTime } from '../../../../market/candles/timestamps.ts';
import { loadCandles } from '../../../../market/files/load-candles.ts';
import { ArchiveServer, page } from './archive-server.ts';

const DAY = 86_400_000;
const START = Date.UTC(2024, 2, 4);
const server = new ArchiveServer();
const root = mkdtempSync(join(tmpdir(), 'download-'));
let out = '';
let numFolders = 0;
let splits: Record<string, object> | undefined;
let zone = 'America/New_York';
/** Unix s of each bar, and its close before any split. */
let bars: [seconds: number, close: number | null][] = [];
let divideBy = 1;

beforeAll(() => server.start());
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});
beforeEach(() => {
  server.clear();
  out = join(root, `out-${numFolders++}`);
  splits = undefined;
  divideBy = 1;
  zone = 'America/New_York';
  // Opens at 9:30 in New York: 14:30 UTC, from 10 March on 13:30; the fifth day has no price.
  bars = Array.from({ length: 10 }, (_, day) => {
    const open = START + day * DAY + (day < 6 ? 14.5 : 13.5) * 3_600_000;
    return [open / 1000, day === 4 ? null : 100 + day];
  });
  server.files.set('/v8/finance/chart/AAPL', (query) => {
    const [from, to] = [Number(query.get('period1')), Number(query.get('period2'))];
    const shown = bars.filter(([time]) => time >= from && time < Math.min(to, server.nowMs / 1000));
    const column = (offset: number) => shown.map(([, close]) => close && (close + offset) / divideBy);
    const quote = {
      open: column(0),
      high: column(2),
      low: column(-1),
      close: column(1),
      volume: shown.map(([, close]) => close && 1000 * divideBy),
    };
    const meta = { symbol: 'AAPL', currency: 'USD', exchangeTimezoneName: zone, gmtoffset: -18000 };
    const result = [
      {
        meta,
        timestamp: shown.map(([time]) => time),
        ...(splits && { events: { splits } }),
        indicators: { quote: [quote] },
      },
    ];
    return { chart: { result, error: null } };
  });
});

const download = (more: Partial<DownloadRequest> = {}) =>
  downloadData(
    {
      source: 'yahoo',
      symbols: ['AAPL'],
      kind: 'candles',
      interval: '1d',
      barMs: DAY,
      market: 'spot',
      fromMs: START,
      baseUrl: server.url,
      out,
      ...more,
    },
    { world: server.world, signal: new AbortController().signal },
  );
const load = async () => (await loadCandles(join(out, 'AAPL-1d.parquet'))).candles;

test('days are midnight UTC of the exchange’s own day, through the change to summer time', async () => {
  server.nowMs = START + 8 * DAY + 16 * 3_600_000;
  const { inputs, outputs } = await download();
  const candles = await load();
  expect([...candles.timeMs]).toEqual([0, 1, 2, 3, 5, 6, 7].map((day) => START + day * DAY));
  expect([candles.open[0], candles.high[0], candles.low[0], candles.close[0], candles.volume[0]]).toEqual([
    100, 102, 99, 101, 1000,
  ]);
  expect(inputs[0].notes).toEqual([
    '1 bars without a price were left out.',
    '1 bars that were still open were left out.',
  ]);
  expect(outputs[0].notes?.[0]).toContain('splits');
});

test('a market in the far east, whose day begins the day before in UTC, loses no day between two calls', async () => {
  zone = 'Pacific/Auckland';
  // Opens at 10:00 in Auckland, 21:00 UTC of the day before.
  bars = Array.from({ length: 10 }, (_, day) => [(START + day * DAY - 3 * 3_600_000) / 1000, 100 + day]);
  server.nowMs = START + 4 * DAY + 3_600_000;
  await download();
  server.nowMs += 4 * DAY;
  await download();
  expect([...(await load()).timeMs]).toEqual(Array.from({ length: 8 }, (_, day) => START + day * DAY));
});

test('prices that were fetched before a split are divided by it, so that the series has no step', async () => {
  server.nowMs = START + 4 * DAY;
  await download();
  divideBy = 4;
  const date = START / 1000 + 6 * 86_400 + 48_600;
  splits = { [date]: { date, numerator: 4, denominator: 1, splitRatio: '4:1' } };
  server.nowMs = START + 10 * DAY;
  const { inputs } = await download();
  const candles = await load();
  expect([...candles.open]).toEqual([100, 101, 102, 103, 105, 106, 107, 108, 109].map((price) => price / 4));
  expect(candles.volume.every((volume) => volume === 4000)).toBe(true);
  expect(inputs[0].notes.join()).toContain('split 4:1 of 2024-03-10');
});

test.each([
  ['a page of HTML', 'unexpected-answer'],
  ['an error of its own', 'source-refused'],
  ['another form of JSON', 'unexpected-answer'],
  ['a symbol that it does not know', 'unknown-symbol'],
  ['bars it does not have', 'invalid-bars'],
] as const)('%s is one line', async (name, code) => {
  const path = '/v8/finance/chart/AAPL';
  server.nowMs = START + 8 * DAY;
  if (name === 'a page of HTML') server.faults.set(path, [page]);
  if (name === 'an error of its own')
    server.files.set(path, () => ({
      chart: { result: null, error: { code: 'Unauthorized', description: 'Invalid Crumb' } },
    }));
  if (name === 'another form of JSON') server.files.set(path, () => ({ finance: {} }));
  if (name === 'a symbol that it does not know') server.files.delete(path);
  const more = name === 'bars it does not have' ? { interval: '7m', barMs: 420_000 } : {};
  const failure = (await download(more).catch((error: unknown) => error)) as Error & { code: string };
  expect(failure.code).toBe(code);
  expect(failure.message).not.toContain('\n');
});

test('a call for the time after keeps what was there', async () => {
  server.nowMs = START + 30 * DAY;
  await download({ toMs: START + 3 * DAY });
  const { outputs } = await download({ fromMs: START + 6 * DAY, toMs: START + 8 * DAY });
  expect(outputs[0]).toMatchObject({ rows: 7, from: formatTime(START), to: formatTime(START + 7 * DAY) });
});
