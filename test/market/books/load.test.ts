import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { bookParts, encodeBooks, encodeTrades, loadBooks, loadTrades } from '../../../market/books/load.ts';
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

  test('is written in parts, whatever the length, and read as one file', async () => {
    const long = new SyntheticVenues({ events: 9000, depth: 1 }).generate(createRng(2));
    for (const name of ['long.jsonl', 'long.jsonl.gz']) {
      const parts = [...bookParts(long, name)];
      expect(parts.length).toBeGreaterThan(2);
      expect((await loadBooks(write(name, Buffer.concat(parts)))).tape).toEqual(long);
    }
  });

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
    await expect(loadBooks(wrong)).rejects.toMatchObject({ code: 'unknown-format' });
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
      /line 2 is no order book/,
    );
  });
});

describe('books of exchanges and vendors', () => {
  const book = { bids: [[10, 1]], asks: [[11, 2]] };

  test('a snapshot and its changes make whole books', async () => {
    const path = write(
      'changes.jsonl',
      lines(
        {
          topic: 'orderbook.50.BTCUSDT',
          type: 'snapshot',
          ts: 1672759800000,
          data: {
            s: 'BTCUSDT',
            b: [
              ['10', '1'],
              ['9', '3'],
            ],
            a: [['11', '2']],
            u: 1,
          },
        },
        {
          topic: 'orderbook.50.BTCUSDT',
          type: 'delta',
          ts: 1672759800100,
          data: { s: 'BTCUSDT', b: [['10', '0']], a: [['10.5', '4']], u: 2 },
        },
      ),
    );
    const { tape } = await loadBooks(path, { venue: 'bybit', depth: 2 });
    expect(tape.venues).toEqual([{ name: 'bybit', base: 'BTC', quote: 'USDT' }]);
    expect([...tape.bidPrices]).toEqual([10, 9, 9, 0]);
    expect([...tape.askPrices]).toEqual([11, 0, 10.5, 11]);
    const late = write(
      'late.jsonl',
      lines({ action: 'update', ts: '1672759800100', instId: 'BTC-USDT', ...book }),
    );
    await expect(loadBooks(late)).rejects.toMatchObject({ code: 'change-without-snapshot' });
  });

  test('changes of single levels are applied together where they came together', async () => {
    const rows = [
      'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount',
      'exa,BTCUSDT,1672759800000000,1672759800001000,false,bid,9,1',
      'exa,BTCUSDT,1672759800000000,1672759800002000,true,bid,10,1',
      'exa,BTCUSDT,1672759800000000,1672759800002000,true,ask,11,2',
      'exa,BTCUSDT,1672759800500000,1672759800503000,false,bid,10,0',
      'exa,BTCUSDT,1672759800500000,1672759800503000,false,bid,9.5,3',
      'exa,BTCUSDT,1672759801000000,1672759801003000,true,bid,8,1',
      'exa,BTCUSDT,1672759801000000,1672759801003000,true,ask,12,1',
    ];
    const { tape, report } = await loadBooks(write('incremental.csv', rows.join('\n')), { depth: 1 });
    expect([...tape.bidPrices]).toEqual([10, 9.5, 8]);
    expect([...tape.timeMs]).toEqual([1672759800002, 1672759800503, 1672759801003]);
    expect([...tape.exchangeTimeMs]).toEqual([1672759800000, 1672759800500, 1672759801000]);
    expect(report.notes.join()).toContain('1 changes came before the first snapshot');
  });

  test.each([
    ['time,bid,ask,bid_size,ask_size', '2023-01-03T15:30:00Z,10,11,1,2'],
    ['ask_price,ask_amount,bid_price,bid_amount,timestamp', '11,2,10,1,1672759800'],
    ['ts_event,bid_px_00,ask_px_00,bid_sz_00,ask_sz_00', '1672759800000000000,10,11,1,2'],
    ['timestamp,bids[0].price,bids[0].amount,asks[0].price,asks[0].amount', '1672759800000000,10,1,11,2'],
    ['시간,매도호가1,매도잔량1,매수호가1,매수잔량1', '2023-01-03 15:30:00,11,2,10,1'],
  ])('columns %s', async (header, row) => {
    const { tape } = await loadBooks(write('columns.csv', `${header}\n${row}\n`));
    expect([
      tape.timeMs[0],
      tape.bidPrices[0],
      tape.bidSizes[0],
      tape.askPrices[0],
      tape.askSizes[0],
    ]).toEqual([1672759800000, 10, 1, 11, 2]);
  });

  test('trades in any order of columns, their sides in any words', async () => {
    for (const [header, ...rows] of [
      ['price,amount,side,timestamp', '10,1,buy,1672759800000', '11,2,sell,1672759801000'],
      [
        'id,price,qty,quote_qty,time,is_buyer_maker',
        '1,10,1,10,1672759800000,false',
        '2,11,2,22,1672759801000,true',
      ],
      ['체결시간,체결가,체결량,체결구분', '2023-01-03 15:30:00,10,1,매수', '2023-01-03 15:30:01,11,2,매도'],
      ['timestamp,symbol,side,size,price', '1672759801.0,BTCUSDT,Sell,2,11', '1672759800.0,BTCUSDT,Buy,1,10'],
    ]) {
      const trades = await loadTrades(write('trades.csv', [header, ...rows].join('\n')));
      expect([...trades.timeMs]).toEqual([1672759800000, 1672759801000]);
      expect([[...trades.prices], [...trades.sizes], [...trades.sides]]).toEqual([
        [10, 11],
        [1, 2],
        [1, -1],
      ]);
    }
  });

  test.each<[file: string, expected: object]>([
    ['d01-books-us.jsonl', { length: 240, first: 1672759800000, step: 500 }],
    ['d02-books-ns.jsonl', { length: 240, first: 1672759800000, step: 500 }],
    ['d07-books-level-objects.jsonl', { length: 5, first: 1672759800000, step: 1000 }],
    ['d08-books-ccxt.jsonl', { length: 5, first: 1672759800000, step: 1000 }],
    ['d11-tardis-book-snapshot.csv', { length: 10, first: 1672759800003, step: 1000 }],
    ['f05-own-books-int64.parquet', { length: 10, first: 1672759800000, step: 1000 }],
    ['f06-own-books-zstd.parquet', { length: 10, first: 1672759800000, step: 1000 }],
  ])('%s', async (file, expected) => {
    const path = sharedPath(`cases/data/${file}`);
    if (path === undefined) return;
    const { tape } = await loadBooks(path);
    expect({ length: tape.length, first: tape.timeMs[0], step: tape.timeMs[1] - tape.timeMs[0] }).toEqual(
      expected,
    );
  });

  test('two symbols of one venue are no one market', async () => {
    const path = sharedPath('cases/data/d05-books-two-symbols.jsonl');
    if (path === undefined) return;
    await expect(loadBooks(path)).rejects.toMatchObject({ code: 'several-symbols' });
    const { tape } = await loadBooks(path, { symbol: 'ETH/USD' });
    expect(tape.venues.map(({ base }) => base)).toEqual(['ETH', 'ETH']);
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
