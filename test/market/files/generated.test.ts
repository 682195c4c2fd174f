/** Files in random dialects are read to exactly what was written; damaged ones never do worse than an error with a name. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MarketGymError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import { detectTapeFile, isTradeFile, loadBooks, loadTrades } from '../../../market/books/load.ts';
import { loadCandleSeries } from '../../../market/files/candle-series.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import { counts } from '../../soak.ts';
import { damage, drawFile, pick } from './random-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'generated-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Files that this process has open, where the system tells. */
const numOpen = (): number => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

describe('files in random dialects', () => {
  const numFiles = counts(100, 10_000);
  test(`${numFiles} of them are read to what was written, or refused for dates that can be two`, async () => {
    const rng = createRng(11);
    let refused = 0;
    for (let n = 0; n < numFiles; n++) {
      const { bytes, suffix, bars, how } = drawFile(rng);
      const path = join(folder, `file${suffix}`);
      writeFileSync(path, bytes);
      try {
        const { candles } = await loadCandles(path);
        expect([...candles.timeMs], how).toEqual(bars.map(({ timeMs }) => timeMs));
        for (const [c, name] of (['open', 'high', 'low', 'close', 'volume'] as const).entries()) {
          expect([...candles[name]], how).toEqual(bars.map(({ cells }) => cells[c]));
        }
      } catch (error) {
        if (!(error instanceof MarketGymError)) throw error;
        refused++;
        throw new Error(`${how}: ${error.message}`, { cause: error });
      }
    }
    expect(refused).toBe(0);
  });
});

describe('damaged files', () => {
  const numFiles = counts(60, 50_000);
  test(`${numFiles} of them are read, or refused by an error in one line`, async () => {
    const rng = createRng(12);
    const book =
      '{"timestamp":1672759800000,"exchange":"A","symbol":"BTC/USD","bids":[[10,1]],"asks":[[11,2]]}\n';
    const trades = `timestamp,symbol,side,size,price\n${'1672759800.5,XUSDT,Sell,0.01,100.00\n'.repeat(5)}`;
    const before = numOpen();
    for (let n = 0; n < numFiles; n++) {
      const made = drawFile(rng);
      const source = pick(rng, [made.bytes, made.bytes, Buffer.from(book.repeat(4)), Buffer.from(trades)]);
      const path = join(folder, `damaged${made.suffix}`);
      writeFileSync(path, damage(rng, source));
      try {
        const kind = await detectTapeFile(path);
        if (kind === undefined) await loadCandleSeries(path);
        else if (isTradeFile(kind)) await loadTrades(path);
        else await loadBooks(path);
      } catch (error) {
        if (!(error instanceof MarketGymError))
          throw new Error(`${made.how}, seed step ${n}`, { cause: error });
        expect(error.message).not.toContain('\n');
        expect(error.code).toMatch(/^[a-z0-9-]+$/);
      }
    }
    // What was opened is closed, soon.
    await expect.poll(numOpen, { timeout: 5000 }).toBeLessThan(before + 10);
  });
});
