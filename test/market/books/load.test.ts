import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { encodeBooks, encodeTrades, loadBooks, loadTrades } from '../../../market/books/load.ts';
import { checkTape } from '../../../market/books/tape-builder.ts';
import { countRepeatedTrades, createTradeTape } from '../../../market/books/trade-tape.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import { sharedPath } from '../../shared.ts';
import { TWO_VENUES } from '../book-tapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'market-gym-books-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const lines = (...rows: unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

describe('the own format', () => {
  const tape = new SyntheticVenues({ events: 500, depth: 4 }).generate(createRng(1));
  tape.exchangeTimeMs[7] = Number.NaN;
  tape.bidPrices.fill(0, 4 * 9 + 2, 4 * 10);
  tape.bidSizes.fill(0, 4 * 9 + 2, 4 * 10);
  const trades = createTradeTape(TWO_VENUES, {
    timeMs: [1, 2.000123, 2.000123],
    exchangeTimeMs: [Number.NaN, 1.5, 1.5],
    venue: [0, 1, 1],
    prices: [0.1 + 0.2, 61837.63, 61837.63],
    sizes: [1e-8, 3, 3],
    sides: [1, -1, -1],
  });

  test.each(['books.jsonl', 'books.jsonl.gz', 'books.parquet'])(
    'brings back every bit from %s',
    async (name) => {
      const loaded = await loadBooks(write(name, encodeBooks(tape, name)), { policy: 'throw' });
      expect(loaded.tape).toEqual(tape);
      expect(loaded.report).toMatchObject({ events: 500, rejections: [], notes: [] });
      const tradesName = `trades-${name}`;
      expect(await loadTrades(write(tradesName, encodeTrades(trades, tradesName)))).toEqual(trades);
      expect(countRepeatedTrades(trades)).toBe(1);
    },
  );

  test('counts what is no book, and says what is no file of books', async () => {
    const header = { format: 'market-gym-books', version: 1, depth: 1, venues: TWO_VENUES };
    const book = { t: 1, x: null, v: 0, b: [[10, 1]], a: [[11, 1]] };
    const crossed = { ...book, t: 2, b: [[12, 1]] };
    const path = write('some.jsonl', lines(header, book, crossed, { ...book, t: 0 }));
    const { tape: kept, report } = await loadBooks(path);
    expect(kept.length).toBe(1);
    expect(report.rejections.map(({ fault, first }) => [fault, first.split(' (')[0]])).toEqual([
      ['crossed-book', 'line 3'],
      ['backwards-clock', 'line 4'],
    ]);
    await expect(loadBooks(path, { policy: 'throw' })).rejects.toThrow(/line 3 .* the best bid is above/);
    const newer = write('newer.jsonl', lines({ ...header, version: 2 }, book));
    await expect(loadBooks(newer)).rejects.toMatchObject({ code: 'invalid-header' });
    await expect(loadBooks(write('cut.jsonl', `${lines(header)}\n{"t":1`))).rejects.toThrow(
      /line 2 is no JSON/,
    );
    await expect(loadBooks(write('no.jsonl', lines(header, { t: 1, v: 0 })))).rejects.toThrow(
      /line 2 lacks the levels/,
    );
    await expect(loadBooks(write('bad.parquet', 'PAR1 and nothing'))).rejects.toMatchObject({
      code: 'corrupt-parquet',
    });
    await expect(loadBooks(write('candles.csv', 'time,open\n1,2'))).rejects.toMatchObject({
      code: 'unknown-format',
    });
    await expect(loadBooks(join(folder, 'absent'))).rejects.toMatchObject({ code: 'file-not-found' });
    const wrong = write('wrong.parquet', encodeTrades(trades, 'x.parquet'));
    await expect(loadBooks(wrong)).rejects.toMatchObject({ code: 'invalid-header' });
  });
});

describe('files of whole books', () => {
  const row = { timestamp: 1592726829.5, exchange: 'X', bids: [['10', '1']], asks: [[11, 2]] };

  test('read levels as texts and as numbers, and times in seconds or milliseconds', async () => {
    const path = write(
      'snapshots.jsonl.gz',
      gzipSync(lines(row, { ...row, timestamp: 1592726830000, exchange: 'Y' })),
    );
    const { tape } = await loadBooks(path, { pair: { base: 'BTC', quote: 'BRL' }, depth: 2 });
    expect(tape.venues).toEqual(['X', 'Y'].map((name) => ({ name, base: 'BTC', quote: 'BRL' })));
    expect([...tape.timeMs]).toEqual([1592726829500, 1592726830000]);
    expect([...tape.bidPrices]).toEqual([10, 0, 10, 0]);
    expect([...tape.askSizes]).toEqual([2, 0, 2, 0]);
  });

  test.each([
    [{ bids: [['', '1']] }, 'invalid-price'],
    [{ bids: [['10', null]] }, 'invalid-size'],
    [{ bids: [10] }, 'invalid-price'],
    [{ bids: [[0, 0]] }, 'invalid-price'],
    [{ asks: [] }, 'one-sided-book'],
    [{ timestamp: 'noon' }, 'invalid-time'],
  ])('count %j as %s', async (change, fault) => {
    const { report } = await loadBooks(write('bad.jsonl', lines(row, { ...row, ...change })));
    expect(report.rejections).toMatchObject([{ fault, events: 1, venue: 'X' }]);
    expect(report.notes[0]).toMatch(/^X: 1 events left out/);
  });

  test('name the line that is none', async () => {
    await expect(loadBooks(write('half.jsonl', lines(row, { timestamp: 1 })))).rejects.toThrow(
      /line 2 lacks "exchange"/,
    );
  });
});

const brl = sharedPath('data/books/btc-brl_two-venues_2020-06-21.jsonl.gz');
test.skipIf(brl === undefined)('the recorded BTC/BRL books load whole', async () => {
  const { tape, report } = await loadBooks(brl as string, {
    pair: { base: 'BTC', quote: 'BRL' },
    policy: 'throw',
  });
  checkTape(tape, 'books', 2);
  expect(report.notes).toEqual([]);
  expect([tape.length, tape.depth, ...tape.venues.map(({ name }) => name)]).toEqual([
    17_819,
    20,
    'EX2',
    'EX1',
  ]);
  expect([tape.bidPrices[20], tape.bidSizes[20], tape.askPrices[20]]).toEqual([49779.15, 0.02, 49860.31]);
});

const gemini = sharedPath('data/books/gemini_eth-usd_trades_2021-07-01.csv.gz');
test.skipIf(gemini === undefined)('the recorded ETH/USD quotes and trades load whole', async () => {
  const options = { pair: { base: 'ETH', quote: 'USD' }, venue: 'gemini' };
  const trades = await loadTrades(gemini as string, options);
  expect([trades.length, countRepeatedTrades(trades)]).toEqual([25_222, 252]);
  expect([trades.timeMs[0], trades.prices[0], trades.sizes[0], trades.sides[0]]).toEqual([
    1625097621647, 2278.15, 0.0409, -1,
  ]);
  const { tape } = await loadBooks((gemini as string).replace('trades', 'bbo'), {
    ...options,
    policy: 'throw',
  });
  expect([tape.length, tape.bidPrices[0], tape.askSizes[0]]).toEqual([72_180, 2271.58, 28.479526]);
});
