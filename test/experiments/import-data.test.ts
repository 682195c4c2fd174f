/** Imported files: what is written is what was read, and the manifest accounts for every row. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { importData, manifestPath } from '../../experiments/data/import-data.ts';
import { loadBooks } from '../../market/books/load.ts';
import { hashCandles } from '../../market/candles/candles.ts';
import { loadCandleSeries } from '../../market/files/candle-series.ts';
import { loadCandles } from '../../market/files/load-candles.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join('\n'));
  return path;
}

const candles = geometricBrownian({ rng: createRng(5), length: 300, stepMs: 60_000 });
const row = (r: number) =>
  [
    candles.timeMs[r] + 1.6e12,
    candles.open[r],
    candles.high[r],
    candles.low[r],
    candles.close[r],
    candles.volume[r],
  ].join(',');
const HEADER = 'time,open,high,low,close,volume';
const rows = Array.from({ length: 300 }, (_, r) => row(r));

test('candles come back to the bit, two files of one series behind each other', async () => {
  const late = write('late.csv', [HEADER, ...rows.slice(150)]);
  const early = write('early.csv', [HEADER, ...rows.slice(0, 150)]);
  const whole = write('whole.csv', [HEADER, ...rows]);
  const out = join(folder, 'joined.parquet');
  const manifest = await importData([late, early], { out });
  expect(manifest.outputs).toMatchObject([{ path: out, kind: 'candles', rows: 300 }]);
  const expected = hashCandles((await loadCandles(whole)).candles);
  expect(hashCandles((await loadCandles(out)).candles)).toBe(expected);
  expect(JSON.parse(readFileSync(manifestPath(out), 'utf8'))).toEqual(JSON.parse(JSON.stringify(manifest)));
});

test('a long table becomes a file a symbol, and one file keeps them apart', async () => {
  const table = write('long.csv', [
    `symbol,${HEADER}`,
    ...rows.slice(0, 20).flatMap((text) => [`BTC/USDT,${text}`, `ETH,${text}`]),
  ]);
  const out = join(folder, 'folder');
  await importData([table], { out });
  expect(readdirSync(out).sort()).toEqual(['BTC-USDT.parquet', 'ETH.parquet', 'manifest.json']);
  const single = join(folder, 'single.parquet');
  await importData([table], { out: single });
  expect(
    (await loadCandleSeries(single)).series.map(({ symbol, candles: { length } }) => [symbol, length]),
  ).toEqual([
    ['BTC/USDT', 20],
    ['ETH', 20],
  ]);
});

test('rows that were left out are in the manifest, and nothing is written where any fails', async () => {
  const bad = write('bad.csv', [HEADER, ...rows.slice(0, 10), 'x,1,1,1,1,1', rows[10]]);
  const out = join(folder, 'bad.parquet');
  await expect(importData([bad], { out })).rejects.toMatchObject({ code: 'invalid-time-text' });
  expect(readdirSync(folder)).not.toContain('bad.parquet');
  const { inputs } = await importData([bad], { out, badRows: 'drop' });
  expect(inputs[0]).toMatchObject({ rows: 11, kind: 'candles', format: 'CSV' });
  expect(inputs[0].notes.join()).toContain('1 of 12 rows were left out');
});

test('bars are made of trades, and books come back whole', async () => {
  const trades = write('trades.csv', [
    'timestamp,side,price,amount',
    ...Array.from({ length: 100 }, (_, i) => `${1672531200000 + i * 1000},buy,${100 + (i % 7)},1`),
  ]);
  const bars = join(folder, 'bars.parquet');
  const { inputs } = await importData([trades], { out: bars, bars: { by: 'time', barMs: 10_000 } });
  const loaded = await loadCandles(bars);
  expect([loaded.candles.length, loaded.candles.volume[0], loaded.candles.open[0]]).toEqual([8, 10, 103]);
  expect(inputs[0].notes.join()).toContain('20 trades lie in bars that are not whole');
  const books = write(
    'books.jsonl',
    Array.from({ length: 5 }, (_, i) =>
      JSON.stringify({ ts: 1672531200000 + i, bids: [[10, 1]], asks: [[11, 1]] }),
    ),
  );
  const out = join(folder, 'books.parquet');
  await importData([books], { out, venue: 'kraken', pair: { base: 'BTC', quote: 'USD' } });
  expect((await loadBooks(out)).tape).toMatchObject({
    length: 5,
    venues: [{ name: 'kraken', base: 'BTC', quote: 'USD' }],
  });
  await expect(importData([books], { out, bars: { by: 'ticks', amount: 5 } })).rejects.toMatchObject({
    code: 'invalid-bars',
  });
});
