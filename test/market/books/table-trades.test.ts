import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type LoadedTrades, loadTableTrades, streamTableTrades } from '../../../market/books/table-trades.ts';
import { createTradeBarMaker, tradeBars } from '../../../market/books/trade-bars.ts';
import { tradeDays } from '../../../market/books/trade-pieces.ts';
import { TRADE_COLUMNS } from '../../../market/books/trade-tape.ts';

const folder = mkdtempSync(join(tmpdir(), 'table-trades-'));
afterAll(() => rmSync(folder, { recursive: true }));

const START = Date.UTC(2024, 0, 1, 12);
/** Rows of some megabytes, so that they come in several blocks. */
const rows = Array.from(
  { length: 60_000 },
  (_, n) =>
    `${n},${100 + (n % 7)},${1 + (n % 3)},${n},${n},${START + 2000 * n},${n % 2 ? 'True' : 'False'},True`,
);
const path = join(folder, 'BTCUSDT-aggTrades-2024-01.csv');
writeFileSync(path, `${rows.join('\n')}\n`);

async function all(pieces: AsyncIterable<LoadedTrades>): Promise<LoadedTrades[]> {
  const out: LoadedTrades[] = [];
  for await (const piece of pieces) out.push(piece);
  return out;
}

test('pieces hold the trades of the whole, in order, and make the same bars', async () => {
  const { trades: whole } = await loadTableTrades(path);
  const pieces = await all(streamTableTrades(path, {}, 1000));
  expect(pieces.length).toBeGreaterThan(2);
  for (const name of TRADE_COLUMNS)
    expect(pieces.flatMap(({ trades }) => [...trades[name]])).toEqual([...whole[name]]);
  for (const spec of [
    { by: 'time', barMs: 60_000 },
    { by: 'volume', amount: 500 },
  ] as const) {
    const maker = createTradeBarMaker(0, spec);
    for (const { trades } of pieces) maker.take(trades);
    expect(maker.finish()).toEqual(tradeBars(whole, 0, spec));
  }
});

test('days are cut at midnight, wherever pieces end', async () => {
  const days = await all(tradeDays(streamTableTrades(path, {}, 1000)));
  expect(days.map(({ trades }) => trades.length)).toEqual([21_600, 38_400]);
  expect(days[1].trades.timeMs[0]).toBe(Date.UTC(2024, 0, 2));
});

test('a bad row far into the file is told of with its line, and a piece out of order with its time', async () => {
  const bad = join(folder, 'bad.csv');
  writeFileSync(bad, `${rows.map((row, n) => (n === 50_000 ? row.replace(',', ',x') : row)).join('\n')}\n`);
  await expect(all(streamTableTrades(bad, {}, 1000))).rejects.toThrow(/line 50001/);
  const kept = await all(streamTableTrades(bad, { badRows: 'drop' }, 1000));
  expect(kept.at(-1)?.notes.join()).toMatch(/1 of 60000 rows/);
  const turned = join(folder, 'turned.csv');
  writeFileSync(turned, `${[...rows.slice(30_000), ...rows.slice(0, 30_000)].join('\n')}\n`);
  await expect(all(streamTableTrades(turned, {}, 1000))).rejects.toMatchObject({ code: 'unsorted-times' });
});
