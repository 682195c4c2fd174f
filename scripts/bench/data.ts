/** How much time and memory it takes to read five million candles. */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../../core/rng.ts';
import { encodeCandleParquet } from '../../market/candles/candle-parquet.ts';
import { createCandles } from '../../market/candles/candles.ts';
import type { Benchmark } from './benchmark.ts';
import { inOwnProcess } from './own-process.ts';

const NUM_ROWS = 5_000_000;
const ROWS_AT_ONCE = 50_000;
const START_MS = 1_500_000_000_000;

type Figure = 'userS' | 'peakMb';
type Format = 'csv' | 'parquet';

/** Both figures come of one reading. */
const measured = new Map<Format, Record<Figure, number>>();

export const dataBenchmarks: readonly Benchmark[] = (['csv', 'parquet'] as const).flatMap((format) => [
  { name: `data.read_${format}.user_s`, unit: 's', measure: () => figuresOf(format).userS },
  { name: `data.read_${format}.peak_mb`, unit: 'MB', measure: () => figuresOf(format).peakMb },
]);

function figuresOf(format: Format): Record<Figure, number> {
  const known = measured.get(format);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'market-gym-'));
  try {
    const path = join(folder, `candles.${format}`);
    if (format === 'csv') writeCsv(path);
    else writeParquet(path);
    const [, userS, peakMb] = inOwnProcess('data-reading', path).split(' ').map(Number);
    const figures = { userS, peakMb };
    measured.set(format, figures);
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Prices of two decimals and volumes of three, as exchanges write them. */
function* candles(): Generator<readonly [number, number, number, number, number, number]> {
  const rng = createRng(1);
  let price = 100;
  for (let row = 0; row < NUM_ROWS; row++) {
    const open = price;
    price = Math.max(1, Math.round(100 * price * (1 + 1e-3 * (rng.uniform() - 0.5))) / 100);
    const high = Math.round(100 * Math.max(open, price) + 10 * rng.uniform()) / 100;
    const low = Math.round(100 * Math.min(open, price) - 10 * rng.uniform()) / 100;
    yield [START_MS + row * 60_000, open, high, low, price, Math.round(1e6 * rng.uniform()) / 1000];
  }
}

function writeCsv(path: string): void {
  const file = openSync(path, 'w');
  let lines = ['time,open,high,low,close,volume'];
  for (const row of candles()) {
    lines.push(row.join(','));
    if (lines.length < ROWS_AT_ONCE) continue;
    writeSync(file, `${lines.join('\n')}\n`);
    lines = [];
  }
  if (lines.length > 0) writeSync(file, `${lines.join('\n')}\n`);
  closeSync(file);
}

function writeParquet(path: string): void {
  const columns = Array.from({ length: 6 }, () => new Float64Array(NUM_ROWS));
  let row = 0;
  for (const values of candles()) {
    for (let c = 0; c < 6; c++) columns[c][row] = values[c];
    row++;
  }
  const [timeMs, open, high, low, close, volume] = columns;
  const series = createCandles({ timeMs, open, high, low, close, volume });
  writeFileSync(path, encodeCandleParquet([{ symbol: undefined, candles: series }]));
}
