import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bybit } from '../../../live/venues/bybit.ts';
import { coinbase } from '../../../live/venues/coinbase.ts';
import { kraken } from '../../../live/venues/kraken.ts';
import { okx } from '../../../live/venues/okx.ts';
import { type Harness, harness, levels } from '../session/session-harness.ts';

const OK = { unreadable: 0, 'unknown-message': 0, malformed: 0 };

describe('Coinbase', () => {
  const l2 = (sequence: number, type: string, product: string, updates: unknown[]) => ({
    channel: 'l2_data',
    client_id: '',
    timestamp: '2023-02-09T20:32:50.714964855Z',
    sequence_num: sequence,
    events: [{ type, product_id: product, updates }],
  });
  const level = (side: string, price: string, size: string) => ({
    side,
    event_time: '1970-01-01T00:00:00Z',
    price_level: price,
    new_quantity: size,
  });
  const BOOK = [
    level('bid', '21921.73', '0.06317902'),
    level('bid', '21921.3', '0.02'),
    level('offer', '21922', '1'),
  ];

  function twoBooks(): Harness {
    const venue = harness(coinbase, ['BTC/USD', 'ETH/USD'], { channels: ['book'] });
    venue.frame(l2(0, 'snapshot', 'BTC-USD', BOOK));
    venue.frame(l2(1, 'snapshot', 'ETH-USD', BOOK));
    return venue;
  }

  test('subscribes to heartbeats first, and to one channel a message', () => {
    const venue = harness(coinbase, ['BTC/USD']);
    expect(venue.sent()).toEqual(
      ['heartbeats', 'level2', 'market_trades', 'ticker'].map((channel) => ({
        type: 'subscribe',
        product_ids: ['BTC-USD'],
        channel,
      })),
    );
  });

  test('a snapshot, absolute updates and orphan deletes make the book', () => {
    const venue = twoBooks();
    venue.frame(l2(2, 'update', 'BTC-USD', [level('bid', '21921.3', '0'), level('offer', '99999', '0')]));
    expect(levels(venue.book(), 'bid')).toEqual(['21921.73 x 0.06317902']);
    expect(levels(venue.book(), 'ask')).toEqual(['21922 x 1']);
    expect(venue.tradable()).toBe(true);
    expect(venue.session.feed('BTC/USD')!.exchangeTimeMs).toBe(Date.UTC(2023, 1, 9, 20, 32, 50, 714));
  });

  test('a gap on one product invalidates every book of the connection, and all are subscribed to anew', () => {
    const venue = twoBooks();
    venue.news();
    venue.frame(l2(3, 'update', 'BTC-USD', [level('bid', '21921', '5')]));
    expect(venue.news()).toEqual(['book-lost sequence-gap', 'book-lost sequence-gap']);
    expect([venue.tradable('BTC/USD'), venue.tradable('ETH/USD')]).toEqual([false, false]);
    expect(venue.sent().slice(-2)).toEqual(
      ['unsubscribe', 'subscribe'].map((type) => ({
        type,
        product_ids: ['BTC-USD', 'ETH-USD'],
        channel: 'level2',
      })),
    );
    venue.frame(l2(4, 'update', 'ETH-USD', [level('bid', '21921', '5')]));
    expect(venue.tradable('ETH/USD')).toBe(false);
    venue.frame(l2(5, 'snapshot', 'ETH-USD', BOOK));
    expect([venue.tradable('BTC/USD'), venue.tradable('ETH/USD')]).toEqual([false, true]);
  });

  test('frames of every channel count in the sequence, and a repeated one is passed over', () => {
    const venue = twoBooks();
    const beat = {
      channel: 'heartbeats',
      client_id: '',
      timestamp: '2023-06-23T20:31:26.122969572Z',
      sequence_num: 2,
      events: [
        {
          current_time: '2023-06-23 20:31:56.121961769 +0000 UTC m=+91717.525857105',
          heartbeat_counter: '3049',
        },
      ],
    };
    venue.frame(beat);
    venue.frame(beat);
    venue.frame({
      channel: 'subscriptions',
      client_id: '',
      timestamp: '2023-06-23T20:31:26Z',
      sequence_num: 3,
      events: [],
    });
    venue.frame(l2(4, 'update', 'BTC-USD', [level('bid', '21921', '5')]));
    expect(venue.session.counters).toMatchObject({ losses: {}, duplicates: 1, rejected: OK });
    expect(venue.tradable()).toBe(true);
  });

  test('a snapshot of 5 MB becomes a book', () => {
    const venue = harness(coinbase, ['BTC/USD'], { channels: ['book'] });
    const updates: unknown[] = [];
    for (let i = 0; i < 22_700; i++)
      updates.push(level('bid', (21_921.73 - i / 100).toFixed(2), '0.06317902'));
    for (let i = 0; i < 21_300; i++)
      updates.push(level('offer', (21_922 + i / 100).toFixed(2), '0.06317902'));
    const text = JSON.stringify(l2(0, 'snapshot', 'BTC-USD', updates));
    expect(text.length).toBeGreaterThan(4.4e6);
    venue.take({ kind: 'frame', text });
    expect([venue.book().numBids, venue.book().numAsks]).toEqual([22_700, 21_300]);
    expect([venue.book().bestBid, venue.book().bestAsk]).toEqual([21_921.73, 21_922]);
    expect(venue.tradable()).toBe(true);
  });

  test('trades name the taker, where the venue names the maker; tickers are read', () => {
    const venue = harness(coinbase, ['ETH/USD', 'BTC/USD']);
    const trade = {
      trade_id: '000000000',
      product_id: 'ETH-USD',
      price: '1260.01',
      size: '0.3',
      side: 'BUY',
      time: '2019-08-14T20:42:27.265Z',
    };
    const trades = (sequence: number, type: string) => ({
      channel: 'market_trades',
      client_id: '',
      timestamp: '2023-02-09T20:19:35.39625135Z',
      sequence_num: sequence,
      events: [{ type, trades: [trade] }],
    });
    venue.frame(trades(0, 'snapshot'));
    venue.frame(trades(1, 'update'));
    venue.frame(
      '{"channel":"ticker","client_id":"","timestamp":"2023-02-09T20:30:37.167359596Z","sequence_num":2,"events":[{"type":"snapshot","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"21932.98","volume_24_h":"16038.28770938","low_24_h":"21835.29","high_24_h":"23011.18","low_52_w":"15460","high_52_w":"48240","price_percent_chg_24_h":"-4.15775596190603","best_bid":"21931.98","best_bid_quantity":"8000.21","best_ask":"21933.98","best_ask_quantity":"8038.07770938"}]}]}',
    );
    expect(venue.events.slice(1)).toMatchObject([
      {
        kind: 'trade',
        symbol: 'ETH/USD',
        price: 1260.01,
        size: 0.3,
        side: 'sell',
        exchangeTimeMs: Date.UTC(2019, 7, 14, 20, 42, 27, 265),
      },
      {
        kind: 'ticker',
        symbol: 'BTC/USD',
        bid: 21931.98,
        bidSize: 8000.21,
        ask: 21933.98,
        askSize: 8038.07770938,
        last: 21932.98,
      },
    ]);
  });

  test('frames about USD belong to who asked for USDC; asking for both is an error', () => {
    const venue = harness(coinbase, ['BTC/USDC'], { channels: ['book'] });
    venue.frame(l2(0, 'snapshot', 'BTC-USD', BOOK));
    expect(venue.tradable()).toBe(true);
    expect(() => harness(coinbase, ['BTC/USDC', 'BTC/USD'])).toThrow('ask for "BTC/USD" or its sibling');
  });
});

describe('Kraken', () => {
  const INSTRUMENTS = {
    channel: 'instrument',
    type: 'snapshot',
    data: {
      assets: [],
      pairs: [
        { symbol: 'MATIC/USD', price_precision: 4, qty_precision: 8 },
        { symbol: 'BTC/USD', price_precision: 1, qty_precision: 8 },
      ],
    },
  };
  const rows = (text: string) =>
    text.split(' ').map((row) => {
      const [price, qty] = row.split('/').map(Number);
      return { price, qty };
    });
  const MATIC = {
    symbol: 'MATIC/USD',
    bids: rows(
      '0.5666/4831.75496356 0.5665/6658.22734739 0.5664/18724.91513344 0.5663/11563.92544914 0.5662/14006.65365711 0.5661/17454.85679807 0.566/18097.1547 0.5659/33644.89175666 0.5658/148.3464 0.5657/606.70854372',
    ),
    asks: rows(
      '0.5668/4410.79769741 0.5669/4655.40412487 0.567/49844.89424998 0.5671/24306.41678 0.5672/29783.25223475 0.5673/57234.71239278 0.5674/45065.04744 0.5675/5912.76380354 0.5676/42514.92434778 0.5677/36304.0847022',
    ),
    checksum: 2439117997,
  };

  function matic(): Harness {
    const venue = harness(kraken, ['MATIC/USD'], { channels: ['book'] });
    venue.frame(INSTRUMENTS);
    venue.frame({ channel: 'book', type: 'snapshot', data: [MATIC] });
    return venue;
  }

  test('asks for books when their decimals are known, and for quotes at each change', () => {
    const venue = harness(kraken, ['MATIC/USD']);
    expect(venue.sent()).toEqual([
      { method: 'subscribe', params: { channel: 'instrument', snapshot: true } },
    ]);
    venue.frame(INSTRUMENTS);
    expect(venue.sent().slice(1)).toEqual([
      { method: 'subscribe', params: { channel: 'book', symbol: ['MATIC/USD'], depth: 10, snapshot: true } },
      { method: 'subscribe', params: { channel: 'trade', symbol: ['MATIC/USD'], snapshot: false } },
      { method: 'subscribe', params: { channel: 'ticker', symbol: ['MATIC/USD'], event_trigger: 'bbo' } },
    ]);
  });

  test("the documentation's snapshot and update have the checksums it gives", () => {
    const venue = matic();
    expect(venue.tradable()).toBe(true);
    venue.frame(
      '{"channel":"book","type":"update","data":[{"symbol":"MATIC/USD","bids":[{"price":0.5657,"qty":1098.3947558}],"asks":[],"checksum":2114181697,"timestamp":"2023-10-06T17:35:55.440295Z"}]}',
    );
    expect(venue.session.counters).toMatchObject({ bookUpdates: 2, losses: {}, rejected: OK });
    expect(levels(venue.book(), 'bid').at(-1)).toBe('0.5657 x 1098.3947558');
  });

  test('a wrong checksum loses the book, which is subscribed to anew', () => {
    const venue = matic();
    venue.news();
    const update = {
      symbol: 'MATIC/USD',
      bids: [{ price: 0.5657, qty: 1 }],
      asks: [],
      checksum: 2114181697,
      timestamp: '2023-10-06T17:35:55.440295Z',
    };
    venue.frame({ channel: 'book', type: 'update', data: [update] });
    expect(venue.news()).toEqual(['book-lost checksum-mismatch']);
    expect(venue.tradable()).toBe(false);
    expect(venue.sent().slice(-2)).toMatchObject([{ method: 'unsubscribe' }, { method: 'subscribe' }]);
    venue.frame({ channel: 'book', type: 'snapshot', data: [MATIC] });
    expect(venue.tradable()).toBe(true);
  });

  test('a quantity with more digits than a number holds is checked by its digits', () => {
    const venue = harness(kraken, ['MATIC/USD'], { channels: ['book'] });
    venue.frame(INSTRUMENTS);
    const levels = (qty: string) =>
      `{"channel":"book","type":"snapshot","data":[{"symbol":"MATIC/USD","bids":[{"price":0.5,"qty":${qty}}],"asks":[{"price":0.6,"qty":1.5}],"checksum":`;
    const end = ',"timestamp":"2023-10-06T17:35:55.440295Z"}]}';
    for (const qty of ['12345678901.12345678', '123456789.12345671']) {
      const checksum = crc32(`6000150000000${'5000'}${qty.replace('.', '')}`);
      venue.frame(levels(qty) + checksum + end);
      expect(venue.session.counters.losses).toEqual({});
      expect(venue.tradable()).toBe(true);
    }
    const update = {
      symbol: 'MATIC/USD',
      bids: [{ price: 0.5, qty: 2 }],
      asks: [],
      checksum: crc32('60001500000005000200000000'),
      timestamp: '2023-10-06T17:35:55.440295Z',
    };
    venue.frame({ channel: 'book', type: 'update', data: [update] });
    expect(venue.session.counters.losses).toEqual({});
  });

  test('an unknown market is refused with its nearest name', () => {
    const venue = harness(kraken, ['MATC/USD']);
    venue.frame(INSTRUMENTS);
    expect(venue.session.disabledReason).toBe(
      'the venue refuses: unknown market "MATC/USD". Did you mean "MATIC/USD"?',
    );
  });

  test('nothing is tradable while the venue is in maintenance', () => {
    const venue = matic();
    const status = (system: string) => ({ channel: 'status', type: 'update', data: [{ system }] });
    venue.frame(status('cancel_only'));
    expect(venue.tradable()).toBe(false);
    venue.frame(status('online'));
    expect(venue.tradable()).toBe(true);
  });

  test('heartbeats, pongs, acknowledgements, trades and tickers are understood', () => {
    const venue = harness(kraken, ['BTC/USD']);
    venue.frame('{"channel":"heartbeat"}');
    venue.frame(
      '{"method":"pong","req_id":42,"time_in":"2023-10-06T17:35:55.219022Z","time_out":"2023-10-06T17:35:55.219067Z"}',
    );
    venue.frame(
      '{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},"success":true,"time_in":"2023-10-06T17:35:55.219022Z","time_out":"2023-10-06T17:35:55.219067Z"}',
    );
    venue.frame(
      '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":34000.5,"qty":0.005,"ord_type":"market","trade_id":4711,"timestamp":"2024-01-01T00:00:00.123456Z"}]}',
    );
    venue.frame(
      '{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":87794.0,"bid_qty":0.08299728,"ask":87794.1,"ask_qty":2.44593945,"last":87794.1,"volume":2617.38647876,"vwap":87264.8,"low":86007.0,"high":88822.0,"change":-749.7,"change_pct":-0.85,"volume_usd":229791090.25,"timestamp":"2026-01-26T12:31:08.210624Z"}]}',
    );
    expect(venue.events.slice(1)).toMatchObject([
      { kind: 'trade', price: 34000.5, size: 0.005, side: 'buy', id: '4711' },
      { kind: 'ticker', bid: 87794, bidSize: 0.08299728, ask: 87794.1, askSize: 2.44593945, last: 87794.1 },
    ]);
  });
});

describe('Bybit', () => {
  const book = (type: string, u: number, b: string[][], a: string[][], ts: unknown = 1687940967466) => ({
    topic: 'orderbook.50.BTCUSDT',
    type,
    ts,
    data: { s: 'BTCUSDT', b, a, u, seq: 66544703342 },
    cts: 1687940967464,
  });
  function synced(config = {}): Harness {
    const venue = harness(bybit, ['BTC/USDT'], { channels: ['book'], config });
    venue.frame(
      '{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT","b":[["16493.50","0.006"],["16493.00","0.100"]],"a":[["16611.00","0.029"],["16612.00","0.213"]],"u":18521288,"seq":7961638724},"cts":1672304484976}',
    );
    return venue;
  }

  test('subscribes in parts of ten topics', () => {
    const venue = harness(bybit, ['BTC/USDT', 'ETH/USDT', 'SOL/USDT', 'XRP/USDT']);
    expect(venue.sent().map((message) => (message as { args: string[] }).args.length)).toEqual([10, 2]);
  });

  test('deltas that follow each other change the book', () => {
    const venue = synced();
    venue.frame(
      book(
        'delta',
        18521289,
        [
          ['16493.00', '0'],
          ['16493.2', '3'],
        ],
        [['16611.00', '0']],
      ),
    );
    expect(levels(venue.book(), 'bid')).toEqual(['16493.5 x 0.006', '16493.2 x 3']);
    expect(levels(venue.book(), 'ask')).toEqual(['16612 x 0.213']);
    expect(venue.tradable()).toBe(true);
  });

  test('a missing delta loses the book; u = 1 brings a whole one', () => {
    const venue = synced();
    venue.news();
    venue.frame(book('delta', 18521290, [], []));
    expect(venue.news()).toEqual(['book-lost sequence-gap']);
    expect(venue.sent().slice(-2)).toEqual(
      ['unsubscribe', 'subscribe'].map((op) => ({ op, args: ['orderbook.50.BTCUSDT'] })),
    );
    venue.frame(book('snapshot', 1, [['5', '1']], [['6', '1']]));
    expect(venue.tradable()).toBe(true);
    venue.frame(book('delta', 2, [['5', '2']], [], '1687940967466'));
    expect(levels(venue.book(), 'bid')).toEqual(['5 x 2']);
  });

  test('u = 1 overwrites a valid book too', () => {
    const venue = synced();
    venue.frame(book('snapshot', 1, [['5', '1']], [['6', '1']]));
    expect(levels(venue.book(), 'bid')).toEqual(['5 x 1']);
    venue.frame(book('delta', 2, [['5', '3']], []));
    venue.frame(book('delta', 1, [['5.5', '1']], [['6', '1']]));
    expect(levels(venue.book(), 'bid')).toEqual(['5.5 x 1']);
    expect(venue.session.counters).toMatchObject({ losses: {}, duplicates: 0 });
  });

  test('level 1 sent again under the same number confirms the book, and is no duplicate', () => {
    const venue = harness(bybit, ['BTC/USDT'], { channels: ['book'], config: { depth: 1 } });
    const push = { ...book('snapshot', 77, [['5', '1']], [['6', '1']]), topic: 'orderbook.1.BTCUSDT' };
    venue.frame(push);
    venue.timeMs += 4900;
    venue.frame(push);
    venue.timeMs += 4900;
    expect(venue.tradable()).toBe(true);
    expect(venue.session.counters).toMatchObject({ bookUpdates: 2, duplicates: 0, losses: {} });
  });

  test('pings every 20 s, and takes every form of pong', () => {
    const venue = synced();
    const opened = venue.timeMs;
    for (let i = 1; i <= 45; i++) {
      venue.timeMs = opened + i * 1000;
      venue.frame('{"req_id":"100001","success":true,"ret_msg":"pong","conn_id":"0970e817","op":"ping"}');
      venue.take({ kind: 'tick' });
    }
    venue.frame('{"args":["1672916271846"],"op":"pong"}');
    expect(venue.sent().slice(1)).toEqual([{ op: 'ping' }, { op: 'ping' }]);
    expect(venue.session.counters.rejected).toEqual(OK);
  });

  test('trades and tickers are understood; a delta keeps what it does not name', () => {
    const venue = harness(bybit, ['BTC/USDT']);
    venue.frame(
      '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false}]}',
    );
    venue.frame({
      topic: 'tickers.BTCUSDT',
      type: 'snapshot',
      ts: 1672304486868,
      data: { symbol: 'BTCUSDT', lastPrice: '16578.5', bid1Price: '16578', bid1Size: '1' },
    });
    venue.frame({
      topic: 'tickers.BTCUSDT',
      type: 'delta',
      ts: 1672304486869,
      data: { symbol: 'BTCUSDT', bid1Price: '16579' },
    });
    expect(venue.events.slice(1)).toMatchObject([
      { kind: 'trade', price: 16578.5, size: 0.001, side: 'buy' },
      { kind: 'ticker', bid: 16578, bidSize: 1, ask: Number.NaN, last: 16578.5 },
      { kind: 'ticker', bid: 16579, bidSize: 1, ask: Number.NaN, last: 16578.5 },
    ]);
  });

  test('a refused topic ends the session before it began', () => {
    const venue = harness(bybit, ['NO/PE']);
    venue.frame({
      success: false,
      ret_msg: 'error:handler not found,topic:orderbook.50.NOPE',
      op: 'subscribe',
    });
    expect(venue.session.disabledReason).toContain('handler not found');
  });
});

describe('OKX', () => {
  const book = (
    action: string,
    prevSeqId: number,
    seqId: number,
    bids: string[][],
    asks: string[][],
    checksum = 0,
  ) => ({
    arg: { channel: 'books', instId: 'BTC-USDT' },
    action,
    data: [{ bids, asks, ts: '1597026383085', checksum, prevSeqId, seqId }],
  });
  const row = (price: string, size: string) => [price, size, '0', '1'];
  function synced(): Harness {
    const venue = harness(okx, ['BTC/USDT'], { channels: ['book'] });
    venue.frame(book('snapshot', -1, 10, [row('8476.97', '256')], [row('8476.98', '415')]));
    return venue;
  }

  test('each update names the one before it; an empty one confirms the book', () => {
    const venue = synced();
    venue.frame(book('update', 10, 15, [row('8476.97', '0'), row('8476.9', '1')], []));
    venue.frame(book('update', 15, 15, [], []));
    expect(levels(venue.book(), 'bid')).toEqual(['8476.9 x 1']);
    expect(venue.session.counters).toMatchObject({ bookUpdates: 3, losses: {}, duplicates: 0 });
  });

  test('after maintenance the numbers begin anew and the chain goes on: 15 → 3 → 5', () => {
    const venue = synced();
    venue.frame(book('update', 10, 15, [], []));
    venue.frame(book('update', 15, 3, [row('8476.9', '1')], []));
    venue.frame(book('update', 3, 5, [row('8476.8', '1')], []));
    expect(venue.session.counters.losses).toEqual({});
    expect(levels(venue.book(), 'bid')).toEqual(['8476.97 x 256', '8476.9 x 1', '8476.8 x 1']);
    expect(venue.tradable()).toBe(true);
  });

  test('a broken chain loses the book; a repeated update does not', () => {
    const venue = synced();
    venue.frame(book('update', 10, 15, [], []));
    venue.frame(book('update', 10, 15, [], []));
    expect(venue.session.counters).toMatchObject({ duplicates: 1, losses: {} });
    venue.frame(book('update', 16, 17, [], []));
    expect(venue.tradable()).toBe(false);
    expect(venue.sent().slice(-2)).toMatchObject([{ op: 'unsubscribe' }, { op: 'subscribe' }]);
  });

  test('a legacy checksum is checked against what the venue wrote; 0 is none', () => {
    const venue = harness(okx, ['BTC/USDT'], { channels: ['book'] });
    const bids = [row('3366.1', '7')];
    const asks = [row('3366.8', '9'), row('3368', '8'), row('3372', '8')];
    venue.frame(book('snapshot', -1, 1, bids, asks, 831078360));
    expect(venue.tradable()).toBe(true);
    venue.frame(book('update', 1, 2, [row('3366', '6')], [row('3372', '0')], -1881014294));
    expect(venue.session.counters.losses).toEqual({});
    venue.frame(book('update', 2, 3, [row('3366', '5')], [], 7));
    expect(venue.session.counters.losses).toEqual({ 'checksum-mismatch': 1 });
  });

  test('pings in text when nothing came for 15 s, and takes the text answer', () => {
    const venue = synced();
    const last = venue.timeMs - 1;
    for (const after of [14_000, 15_000, 16_000]) {
      venue.timeMs = last + after;
      venue.take({ kind: 'tick' });
    }
    expect(venue.sent().slice(1)).toEqual(['ping']);
    venue.frame('pong');
    expect(venue.session.counters.rejected).toEqual(OK);
    venue.timeMs = last + 16_000 + 31_000;
    venue.take({ kind: 'tick' });
    expect(venue.commands.at(-1)).toMatchObject({ kind: 'reconnect', planned: false });
  });

  test('trades and tickers are understood, errors refuse', () => {
    const venue = harness(okx, ['BTC/USDT']);
    venue.frame({
      arg: { channel: 'trades', instId: 'BTC-USDT' },
      data: [
        {
          instId: 'BTC-USDT',
          tradeId: '130639474',
          px: '42219.9',
          sz: '0.12060306',
          side: 'buy',
          ts: '1630048897897',
          count: '3',
        },
      ],
    });
    venue.frame({
      arg: { channel: 'tickers', instId: 'BTC-USDT' },
      data: [
        {
          instId: 'BTC-USDT',
          last: '9999.99',
          askPx: '9999.99',
          askSz: '11',
          bidPx: '',
          bidSz: '',
          ts: '1597026383085',
        },
      ],
    });
    expect(venue.events.slice(1)).toMatchObject([
      {
        kind: 'trade',
        price: 42219.9,
        size: 0.12060306,
        side: 'buy',
        id: '130639474',
        exchangeTimeMs: 1630048897897,
      },
      { kind: 'ticker', bid: Number.NaN, ask: 9999.99, askSize: 11, last: 9999.99 },
    ]);
    venue.frame({
      event: 'error',
      code: '60018',
      msg: "Wrong URL or channel:books,instId:NO-PE doesn't exist",
    });
    expect(venue.session.disabledReason).toContain('60018');
  });
});
