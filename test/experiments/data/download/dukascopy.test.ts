/** Dukascopy's minutes: whole numbers in LZMA, a file a day, months from zero. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lzma } from '@napi-rs/lzma';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DownloadRequest, downloadData } from '../../../../experiments/data/download/download.ts';
import { loadCandles } from '../../../../market/files/load-candles.ts';
import { ArchiveServer, half, page } from './archive-server.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const START = Date.UTC(2024, 0, 4);
const server = new ArchiveServer();
const root = mkdtempSync(join(tmpdir(), 'download-'));
let out = '';
let numFolders = 0;
let packed: Uint8Array;

/** 1,440 bars of which the last 100 have no volume. */
function minutes(): Buffer {
  const bytes = Buffer.alloc(1440 * 24);
  for (let minute = 0; minute < 1440; minute++) {
    const fields = [minute * 60, 109_000 + minute, 109_001 + minute, 108_999 + minute, 109_003 + minute];
    for (const [k, value] of fields.entries()) bytes.writeUInt32BE(value, minute * 24 + 4 * k);
    bytes.writeFloatBE(minute < 1340 ? 1.5 : 0, minute * 24 + 20);
  }
  return bytes;
}

beforeAll(async () => {
  await server.start();
  packed = await lzma.compress(minutes());
});
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});
beforeEach(() => {
  server.clear();
  server.nowMs = START + 30 * DAY;
  out = join(root, `out-${numFolders++}`);
  server.files.set('/EURUSD/2024/00/04/BID_candles_min_1.bi5', packed);
  server.files.set('/EURUSD/2024/00/06/BID_candles_min_1.bi5', '');
});

const download = (more: Partial<DownloadRequest> = {}) =>
  downloadData(
    {
      source: 'dukascopy',
      symbols: ['EUR/USD'],
      kind: 'candles',
      interval: '1m',
      barMs: MINUTE,
      market: 'spot',
      fromMs: START,
      toMs: START + 3 * DAY,
      baseUrl: server.url,
      out,
      ...more,
    },
    { world: server.world, signal: new AbortController().signal },
  );

test('minutes come back, without those that only repeat a price, and days without trading are none', async () => {
  const { outputs } = await download();
  const { candles } = await loadCandles(join(out, 'EUR-USD-1m.parquet'));
  expect(candles.length).toBe(1340);
  const bar = [
    candles.timeMs[7],
    candles.open[7],
    candles.high[7],
    candles.low[7],
    candles.close[7],
    candles.volume[7],
  ];
  expect(bar).toEqual([START + 7 * MINUTE, 1.09007, 1.0901, 1.09006, 1.09008, 1.5e6]);
  expect(outputs[0].notes).toContain(
    '100 minutes without volume repeat the price before, and were left out.',
  );
  server.requests.length = 0;
  await download();
  expect(server.requests).toEqual([]);
});

test('coarser bars are made of the minutes', async () => {
  await download({ interval: '1h', barMs: 60 * MINUTE });
  const { candles } = await loadCandles(join(out, 'EUR-USD-1h.parquet'));
  expect([candles.open[1], candles.close[1], candles.volume[1]]).toEqual([1.0906, 1.0912, 60 * 1.5e6]);
});

test.each([
  ['half a file', 'unexpected-answer'],
  ['a page of HTML', 'unexpected-answer'],
  ['bytes that are no bars', 'unexpected-answer'],
] as const)('%s is refused, and a second call goes on', async (name, code) => {
  const path = '/EURUSD/2024/00/04/BID_candles_min_1.bi5';
  const short = await lzma.compress(Buffer.alloc(100));
  if (name === 'half a file')
    server.faults.set(path, [
      half(packed),
      (response) => response.end(packed.subarray(0, packed.length >> 1)),
    ]);
  if (name === 'a page of HTML') server.faults.set(path, [page]);
  if (name === 'bytes that are no bars') server.faults.set(path, [(response) => response.end(short)]);
  await expect(download()).rejects.toMatchObject({ code });
  expect(readdirSync(out)).toEqual(['.parts']);
  expect((await download()).outputs[0].rows).toBe(1340);
});

test.each([
  [{ symbols: ['BRENT.CMD/USD'] }, 'unknown-scale'],
  [{ symbols: ['GBP/JPY'] }, 'nothing-found'],
  [{ interval: '10s', barMs: 10_000 }, 'invalid-bars'],
  [{ kind: 'trades' }, 'no-history'],
] as const)('refuses %j by name', async (more, code) => {
  await expect(download(more)).rejects.toMatchObject({ code });
});
