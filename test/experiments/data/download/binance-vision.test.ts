/** Binance's archive: months and days, verified, resumed after every way in which a download can break. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DownloadRequest, downloadData } from '../../../../experiments/data/download/download.ts';
import { sha256 } from '../../../../experiments/data/download/part-store.ts';
import { loadTrades } from '../../../../market/books/load.ts';
import { formatTime } from '../../../../market/candles/timestamps.ts';
import { loadCandles } from '../../../../market/files/load-candles.ts';
import { ArchiveServer, half, page, status } from './archive-server.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOV = Date.UTC(2024, 10, 1);
const JAN = Date.UTC(2025, 0, 1);
const server = new ArchiveServer();
const root = mkdtempSync(join(tmpdir(), 'download-'));
let out = '';
let numFolders = 0;

beforeAll(() => server.start());
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});
beforeEach(() => {
  server.clear();
  server.nowMs = JAN + 2 * DAY + 5 * HOUR;
  out = join(root, `out-${numFolders++}`);
  // Two whole months and two days of the month that runs; microseconds from 2025 on, as Binance writes them.
  putBars('monthly', '2024-11', NOV, Date.UTC(2024, 11, 1));
  putBars('monthly', '2024-12', Date.UTC(2024, 11, 1), JAN);
  putBars('daily', '2025-01-01', JAN, JAN + DAY);
  putBars('daily', '2025-01-02', JAN + DAY, JAN + 2 * DAY);
});

const pathOf = (period: string, date: string) =>
  `/data/spot/${period}/klines/BTCUSDT/1h/BTCUSDT-1h-${date}.zip`;
const priceAt = (timeMs: number) => 100 + ((timeMs / HOUR) % 50);

function put(path: string, csv: string): Uint8Array {
  const name = path.split('/').at(-1) as string;
  const zip = zipSync({ [name.replace('.zip', '.csv')]: Buffer.from(csv) });
  server.files.set(path, zip);
  server.files.set(`${path}.CHECKSUM`, `${sha256(zip)}  ${name}\n`);
  return zip;
}

function putBars(period: string, date: string, fromMs: number, toMs: number, skip = -1): Uint8Array {
  const rows: string[] = [];
  for (let timeMs = fromMs; timeMs < toMs; timeMs += HOUR) {
    if (timeMs === skip) continue;
    const [factor, last] = timeMs >= JAN ? [1000, 999_999] : [1, 999];
    const price = priceAt(timeMs);
    const end = (timeMs + HOUR - 1000) * factor + last;
    rows.push([timeMs * factor, price, price + 2, price - 1, price + 1, 3, end, 300, 7, 1, 100, 0].join(','));
  }
  return put(pathOf(period, date), rows.join('\n'));
}

const request = (more: Partial<DownloadRequest> = {}): DownloadRequest => ({
  source: 'binance-vision',
  symbols: ['BTC/USDT'],
  kind: 'candles',
  interval: '1h',
  barMs: HOUR,
  market: 'spot',
  fromMs: NOV,
  baseUrl: server.url,
  out,
  ...more,
});
const signal = new AbortController().signal;
const download = (more: Partial<DownloadRequest> = {}) =>
  downloadData(request(more), { world: server.world, signal });
const file = () => join(out, 'BTC-USDT-1h.parquet');

test('whole months, then the days of the month that runs, become one series to the value', async () => {
  const manifest = await download();
  const { candles } = await loadCandles(file());
  expect(candles.length).toBe((61 + 2) * 24);
  expect([candles.timeMs[0], candles.timeMs[candles.length - 1]]).toEqual([NOV, JAN + 2 * DAY - HOUR]);
  expect(candles.timeMs.every((timeMs, row) => candles.open[row] === priceAt(timeMs))).toBe(true);
  expect(candles.volume[0]).toBe(3);
  expect(server.requests.filter((path) => path.includes('daily') && path.endsWith('.zip'))).toHaveLength(2);
  expect(manifest.inputs.map(({ rows }) => rows)).toEqual([720, 744, 24, 24]);
  expect(manifest.inputs[0]).toMatchObject({
    path: server.url + pathOf('monthly', '2024-11'),
    kind: 'candles',
  });
  expect(manifest.outputs[0].notes).toEqual([`There is nothing from ${formatTime(JAN + 2 * DAY)} on.`]);
  expect(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(manifest)),
  );
});

test('what is there is not fetched again, and a later call appends', async () => {
  await download({ toMs: Date.UTC(2024, 11, 1) });
  const before = readFileSync(join(out, '.parts', 'BTC-USDT-1h', 'BTCUSDT-1h-2024-11.zip'));
  server.requests.length = 0;
  const manifest = await download({ fromMs: Date.UTC(2024, 11, 20) });
  expect(server.requests.some((path) => path.includes('2024-11'))).toBe(false);
  expect(manifest.outputs[0]).toMatchObject({ rows: 63 * 24, from: formatTime(NOV) });
  expect(readFileSync(join(out, '.parts', 'BTC-USDT-1h', 'BTCUSDT-1h-2024-11.zip')).equals(before)).toBe(
    true,
  );
  server.requests.length = 0;
  await download();
  expect(server.requests.filter((path) => !path.includes('2025-01'))).toEqual([]);
});

test('a span inside a month is cut out of it', async () => {
  const { outputs } = await download({ fromMs: NOV + 30 * HOUR, toMs: NOV + 40 * HOUR });
  expect(outputs).toMatchObject([
    { rows: 10, from: formatTime(NOV + 30 * HOUR), to: formatTime(NOV + 39 * HOUR) },
  ]);
});

test('a month that is not published yet comes from its days', async () => {
  server.files.delete(`${pathOf('monthly', '2024-12')}.CHECKSUM`);
  for (let day = Date.UTC(2024, 11, 1); day < JAN; day += DAY)
    putBars('daily', formatTime(day).slice(0, 10), day, day + DAY);
  expect((await download()).outputs[0].rows).toBe(63 * 24);
});

test('a hole in the archive stays one, by name', async () => {
  putBars('monthly', '2024-11', NOV, Date.UTC(2024, 11, 1), NOV + 5 * HOUR);
  const { outputs } = await download({ toMs: Date.UTC(2024, 11, 1) });
  expect(outputs[0].rows).toBe(719);
  expect(outputs[0].notes).toEqual([
    `1 bars are missing between ${formatTime(NOV + 4 * HOUR)} and ${formatTime(NOV + 6 * HOUR)}.`,
  ]);
});

test('aggregated trades come in a file for every day', async () => {
  const path = '/data/spot/monthly/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-11.zip';
  put(path, [`1,100.5,2,1,1,${NOV + 5},True,True`, `2,101,3,2,2,${NOV + 7},False,True`].join('\n'));
  await download({ kind: 'trades', interval: 'trades', toMs: Date.UTC(2024, 11, 1) });
  const trades = await loadTrades(join(out, 'BTC-USDT-trades-2024-11-01.parquet'));
  expect([[...trades.timeMs], [...trades.prices], [...trades.sides]]).toEqual([
    [NOV + 5, NOV + 7],
    [100.5, 101],
    [-1, 1],
  ]);
  expect(trades.venues).toEqual([{ name: 'binance', base: 'BTC', quote: 'USDT' }]);
});

test('a month of trades becomes a file for every day that has some', async () => {
  const path = '/data/spot/monthly/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-11.zip';
  const row = (n: number, ms: number) => `${n},${100 + n},2,1,1,${ms},False,True`;
  put(path, [NOV, NOV + DAY - 1, NOV + DAY, NOV + 3 * DAY].map((ms, n) => row(n, ms)).join('\n'));
  const { outputs, inputs } = await download({
    kind: 'trades',
    interval: 'trades',
    toMs: Date.UTC(2024, 11, 1),
  });
  expect(outputs.map(({ path: file, rows }) => [file.slice(-10 - 8, -8), rows])).toEqual([
    ['2024-11-01', 2],
    ['2024-11-02', 1],
    ['2024-11-04', 1],
  ]);
  expect(new Set(inputs.map(({ sha256 }) => sha256)).size).toBe(1);
});

test('waits as long as it is asked to, and tries again what may pass', async () => {
  const path = pathOf('monthly', '2024-11');
  const zip = server.files.get(path) as Uint8Array;
  server.faults.set(path, [
    status(429, { 'retry-after': '7' }),
    status(418, { 'retry-after': new Date(server.nowMs + 90_000).toUTCString() }),
    half(zip),
    status(503),
  ]);
  const { outputs } = await download({ toMs: Date.UTC(2024, 11, 1) });
  expect(outputs[0].rows).toBe(720);
  expect(server.waits).toEqual([7000, 90_000, 4000, 8000]);
});

test.each([
  ['451', status(451), 'http-refused', 'HTTP 451'],
  ['403', status(403), 'http-refused', 'HTTP 403'],
  ['a long wait', status(429, { 'retry-after': '7200' }), 'http-wait', '7200 s'],
  ['a page of HTML', page, 'unexpected-answer', 'HTML'],
  ['a server that fails for good', status(500), 'http-failed', '6 times'],
])(
  '%s ends it in one line; nothing half-written is left, and the same call goes on',
  async (_name, answer, code, says) => {
    server.faults.set(pathOf('monthly', '2024-12'), Array(6).fill(answer));
    const failure = (await download().catch((error: unknown) => error)) as Error & { code: string };
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(says);
    expect(failure.message).not.toContain('\n');
    expect(readdirSync(out)).toEqual(['.parts']);
    expect(readdirSync(join(out, '.parts', 'BTC-USDT-1h'))).toEqual(['BTCUSDT-1h-2024-11.zip']);
    server.faults.clear();
    server.requests.length = 0;
    expect((await download()).outputs[0].rows).toBe(63 * 24);
    expect(server.requests.some((path) => path.includes('2024-11'))).toBe(false);
  },
);

test('a wrong checksum is tried once more, and then refused', async () => {
  const path = pathOf('monthly', '2024-11');
  const wrong = Buffer.from(server.files.get(path) as Uint8Array);
  wrong[40] ^= 1;
  const send = (response: { end(bytes: Uint8Array): void }) => response.end(wrong);
  server.faults.set(path, [send]);
  expect((await download({ toMs: NOV + DAY })).outputs[0].rows).toBe(24);
  out = `${out}-again`;
  server.faults.set(path, [send, send]);
  await expect(download({ toMs: NOV + DAY })).rejects.toMatchObject({ code: 'wrong-checksum' });
  expect(readdirSync(join(out, '.parts', 'BTC-USDT-1h'))).toEqual([]);
});

test('a file that holds another time than its name says is refused', async () => {
  putBars('monthly', '2024-11', NOV - DAY, Date.UTC(2024, 11, 1));
  await expect(download()).rejects.toMatchObject({ code: 'unexpected-content' });
});

test('a stopped download says so, keeps its parts, and goes on', async () => {
  const stop = new AbortController();
  const onEvent = ({ kind }: { kind: string }) => kind === 'progress' && stop.abort();
  const stopped = downloadData(request(), { world: server.world, signal: stop.signal, onEvent });
  await expect(stopped).rejects.toMatchObject({ code: 'download-stopped' });
  expect(readdirSync(join(out, '.parts', 'BTC-USDT-1h'))).toEqual(['BTCUSDT-1h-2024-11.zip']);
  expect((await download()).outputs[0].rows).toBe(63 * 24);
});

test.each([
  [{ symbols: ['NOPE'] }, 'nothing-found'],
  [{ interval: '7m', barMs: 420_000 }, 'invalid-bars'],
  [{ source: 'binance' }, 'unknown-source'],
  [{ fromMs: Date.UTC(2030, 0) }, 'invalid-time'],
] as const)('refuses %j by name', async (more, code) => {
  await expect(download(more)).rejects.toMatchObject({ code });
});

test('a folder that holds another download is left alone', async () => {
  await download({ toMs: NOV + DAY });
  await expect(download({ interval: '1d', barMs: DAY })).rejects.toMatchObject({ code: 'other-download' });
});
