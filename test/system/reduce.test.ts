/** What DuckDB makes on disk is what is made in memory; it is asked for by name where it is not installed. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { reduceData } from '../../experiments/data/reduce.ts';
import { encodeCandleParquet } from '../../market/candles/candle-parquet.ts';
import { type Candles, sliceCandles } from '../../market/candles/candles.ts';
import { resampleCandles } from '../../market/candles/resample.ts';
import { loadCandleSeries } from '../../market/files/candle-series.ts';
import { loadCandles } from '../../market/files/load-candles.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';

const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'reduce-'));
afterAll(() => rmSync(folder, { recursive: true }));

const isThere = (() => {
  try {
    createRequire(import.meta.url).resolve('@duckdb/node-api');
    return true;
  } catch {
    console.warn('@duckdb/node-api is not installed: the tests of data reduce are skipped.');
    return false;
  }
})();

const walks = [1, 2].map((seed) => geometricBrownian({ rng: createRng(seed), length: 500 }));
const path = join(folder, 'walks.parquet');
const out = join(folder, 'made', 'out.parquet');
const columns = ({ timeMs, open, high, low, close, volume }: Candles) =>
  [timeMs, open, high, low, close, volume].map((values) => Array.from(values));

describe.skipIf(!isThere)('on disk', () => {
  beforeAll(() => {
    writeFileSync(
      path,
      encodeCandleParquet([
        { symbol: 'AAA', candles: sliceCandles(walks[0], 3) },
        { symbol: 'BBB', candles: walks[1] },
      ]),
    );
  });

  test('coarser bars are those of memory, to the bit, those that are not whole left out', async () => {
    const reduced = await reduceData([path], { out, barMs: 4 * HOUR });
    const { series } = await loadCandleSeries(out);
    expect(series.map(({ symbol }) => symbol)).toEqual(['AAA', 'BBB']);
    const [a, b] = [sliceCandles(walks[0], 3), walks[1]].map(
      (candles) => resampleCandles(candles, 4 * HOUR).candles,
    );
    for (const [n, expected] of [a, b].entries()) {
      const made = columns(series[n].candles);
      expect(made.slice(0, 5)).toEqual(columns(expected).slice(0, 5));
      for (const [row, volume] of made[5].entries()) expect(volume).toBeCloseTo(expected.volume[row], 8);
    }
    expect(reduced).toMatchObject({ rowsIn: 997, symbols: 2, rows: a.length + b.length, joined: [] });
  });

  test('a span of one symbol, of files that together are the series', async () => {
    const parts = [0, 250].map((from) => {
      const file = join(folder, `part${from}.parquet`);
      writeFileSync(
        file,
        encodeCandleParquet([{ symbol: 'AAA', candles: sliceCandles(walks[0], from, from + 250) }]),
      );
      return file;
    });
    const [fromMs, toMs] = [walks[0].timeMs[100], walks[0].timeMs[300]];
    await reduceData(parts, { out, symbol: 'AAA', fromMs, toMs });
    const { candles } = await loadCandles(out);
    expect(columns(candles)).toEqual(columns(sliceCandles(walks[0], 100, 300)));
  });

  test('what is joined is what was known when each bar closed', async () => {
    const daily = join(folder, 'index.csv');
    // Known at its own time, for it is no bar: at hour 10, 20, …
    const rows = Array.from(
      { length: 49 },
      (_, n) => `${walks[0].timeMs[0] / 1000 + 36_000 * (n + 1)},${n + 1}`,
    );
    writeFileSync(daily, `time,fear\n${rows.join('\n')}\n`);
    const { joined } = await reduceData([path], { out, symbol: 'BBB', join: daily });
    expect(joined).toEqual(['fear']);
    const { candles } = await loadCandles(out, { exogenous: ['fear'] });
    const fear = candles.extra?.fear as Float64Array;
    for (let row = 0; row < candles.length; row++) {
      // Bar `row` closes at hour row + 1.
      const known = Math.min(49, Math.floor((row + 1) / 10));
      expect(fear[row]).toBe(known === 0 ? Number.NaN : known);
    }
    // Bars are known when they have closed: the row of hour h is not there before h + 4.
    const coarse = join(folder, 'coarse.parquet');
    await reduceData([path], { out: coarse, symbol: 'BBB', barMs: 4 * HOUR });
    await reduceData([path], { out, symbol: 'BBB', join: coarse });
    const both = await loadCandles(out, { exogenous: ['other_close'] });
    const four = await loadCandles(coarse);
    const other = both.candles.extra?.other_close as Float64Array;
    for (let row = 0; row < both.candles.length; row++) {
      const closeMs = both.candles.timeMs[row] + HOUR;
      const known = Array.from(four.candles.timeMs).findLastIndex((timeMs) => timeMs + 4 * HOUR <= closeMs);
      expect(other[row]).toBe(known < 0 ? Number.NaN : four.candles.close[known]);
    }
  });

  test.each<[string, Parameters<typeof reduceData>[1], string, RegExp]>([
    ['a symbol that is not there', { out, symbol: 'CCC' }, 'no-rows', /--symbol/],
    ['bars that are no multiple', { out, barMs: 90 * 60_000 }, 'invalid-bars', /whole multiple/],
    ['a file of another kind to write', { out: join(folder, 'x.csv') }, 'invalid-out', /\.parquet/],
  ])('%s is refused, and nothing is left', async (_, options, code, says) => {
    rmSync(join(folder, 'made'), { recursive: true, force: true });
    const failure = await reduceData([path], options).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(existsSync(out)).toBe(false);
    expect(existsSync(`${out}.unfinished`)).toBe(false);
  });

  test('rows that repeat a time, and rows that are no bars, are counted and refused', async () => {
    const file = join(folder, 'bad.csv');
    const row = (hour: number, high = 2) => `${1_672_759_800 + 3600 * hour},1,${high},1,1.5,3`;
    writeFileSync(file, `time,open,high,low,close,volume\n${[row(0), row(1), row(1), row(2)].join('\n')}\n`);
    await expect(reduceData([file], { out })).rejects.toMatchObject({ code: 'duplicate-time' });
    writeFileSync(file, `time,open,high,low,close,volume\n${[row(0), row(1, 1.2), row(2)].join('\n')}\n`);
    await expect(reduceData([file], { out })).rejects.toThrow(/1 of 3 rows are no bars/);
  });
});
