import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { binance } from '../../../live/venues/binance.ts';
import { sharedPath } from '../../shared.ts';
import { type Harness, harness, levels } from '../session/session-harness.ts';

const SYMBOL = 'BTC/USDT';

const diff = (firstId: number, lastId: number, bids: unknown[] = [], asks: unknown[] = []) => ({
  stream: 'btcusdt@depth@100ms',
  data: { e: 'depthUpdate', E: 1672515782136, s: 'BTCUSDT', U: firstId, u: lastId, b: bids, a: asks },
});

function snapshot(venue: Harness, lastUpdateId: number, size = '1'): void {
  const body = JSON.stringify({
    lastUpdateId,
    bids: [
      ['100', size],
      ['99', '2'],
    ],
    asks: [['101', '3']],
  });
  venue.take({ kind: 'snapshot', symbol: SYMBOL, body });
}

const failed = (status: number, retryAfterMs = 0) =>
  ({ kind: 'snapshot-failed', symbol: SYMBOL, status, retryAfterMs, detail: 'no' }) as const;

const start = (config: Record<string, unknown> = {}) =>
  harness(binance, [SYMBOL], { channels: ['book'], config });

const fetches = (venue: Harness) =>
  venue.commands.flatMap((command) => (command.kind === 'fetch-snapshot' ? [command.delayMs] : []));

describe('a Binance book meets its snapshot', () => {
  test('subscribes, and asks for a snapshot at once', () => {
    const venue = start({ restUrl: 'http://127.0.0.1:1' });
    expect(venue.sent()).toEqual([{ method: 'SUBSCRIBE', params: ['btcusdt@depth@100ms'], id: 1 }]);
    expect(venue.commands.at(-1)).toEqual({
      kind: 'fetch-snapshot',
      symbol: SYMBOL,
      url: 'http://127.0.0.1:1/api/v3/depth?symbol=BTCUSDT&limit=1000',
      delayMs: 0,
    });
  });

  test('diffs that come again while it is waited for are passed over and counted', () => {
    const venue = start();
    venue.frame(diff(157, 160, [['100', '10']]));
    venue.frame(diff(157, 160, [['100', '10']]));
    venue.frame(diff(158, 159, [['100', '11']]));
    expect(venue.session.counters).toMatchObject({ duplicates: 2, losses: {} });
    snapshot(venue, 158);
    expect(levels(venue.book(), 'bid')[0]).toBe('100 x 10');
  });

  test('a snapshot older than the stream is fetched again', () => {
    const venue = start();
    venue.frame(diff(157, 160, [['100', '10']]));
    snapshot(venue, 155);
    expect(venue.tradable()).toBe(false);
    expect(fetches(venue)).toEqual([0, 250]);
    snapshot(venue, 158);
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 10', '99 x 2']);
    expect(venue.tradable()).toBe(true);
  });

  test('a snapshot that ends right before the stream is continued by it', () => {
    const venue = start();
    venue.frame(diff(157, 160, [['100', '10']]));
    snapshot(venue, 156);
    expect(venue.tradable()).toBe(true);
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 10', '99 x 2']);
  });

  test('a snapshot equal to the last diff makes that diff superfluous', () => {
    const venue = start();
    venue.frame(diff(157, 160, [['100', '10']]));
    snapshot(venue, 160);
    expect(venue.tradable()).toBe(true);
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 1', '99 x 2']);
  });

  test('a snapshot within a diff is followed by the whole diff', () => {
    const venue = start();
    venue.frame(diff(150, 156));
    venue.frame(diff(157, 160, [['100', '10']]));
    snapshot(venue, 158);
    expect(venue.tradable()).toBe(true);
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 10', '99 x 2']);
  });

  test('a buffer that is older than the snapshot is dropped, and the stream goes on behind it', () => {
    const venue = start();
    venue.frame(diff(140, 150, [['100', '7']]));
    venue.frame(diff(151, 155, [['100', '8']]));
    snapshot(venue, 160);
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 1', '99 x 2']);
    venue.frame(diff(156, 161, [['100', '9']]));
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 9', '99 x 2']);
    expect(venue.session.counters.losses).toEqual({});
  });

  test('a snapshot before any diff waits for the first one to show that nothing is missing between', () => {
    const venue = start();
    snapshot(venue, 160);
    expect(venue.tradable()).toBe(false);
    venue.frame(diff(161, 162, [['100', '4']]));
    expect(venue.tradable()).toBe(true);

    const late = start();
    snapshot(late, 160);
    late.frame(diff(171, 172, [['100', '4']]));
    expect(late.tradable()).toBe(false);
    expect(late.session.counters.losses).toEqual({});
    snapshot(late, 171);
    expect(late.tradable()).toBe(true);
    expect(levels(late.book(), 'bid')[0]).toBe('100 x 4');
  });

  test('a gap while buffering starts the buffer anew, and needs a later snapshot', () => {
    const venue = start();
    venue.frame(diff(157, 160));
    venue.frame(diff(170, 171, [['100', '6']]));
    expect(venue.session.counters.losses).toEqual({ 'sequence-gap': 1 });
    snapshot(venue, 161);
    expect(venue.tradable()).toBe(false);
    snapshot(venue, 170);
    expect(venue.tradable()).toBe(true);
    expect(levels(venue.book(), 'bid')[0]).toBe('100 x 6');
  });

  test('a failed snapshot is asked for again, ever later, and not before the venue allows', () => {
    const venue = start();
    venue.frame(diff(157, 160));
    venue.take(failed(500));
    venue.take(failed(0));
    venue.take(failed(429, 5000));
    expect(fetches(venue)).toEqual([0, 250, 500, 5000]);
    snapshot(venue, 158);
    expect(venue.tradable()).toBe(true);
  });

  test('an unreadable snapshot is counted and asked for again', () => {
    const venue = start();
    venue.frame(diff(157, 160));
    venue.take({ kind: 'snapshot', symbol: SYMBOL, body: '{"lastUpdateId":' });
    venue.take({
      kind: 'snapshot',
      symbol: SYMBOL,
      body: '{"lastUpdateId":158,"bids":[["x","1"]],"asks":[]}',
    });
    expect(venue.session.counters.rejected.malformed).toBe(2);
    expect(fetches(venue)).toEqual([0, 250, 500]);
  });

  test('repeated failure uses up the budget, and the venue is disabled and says so', () => {
    const venue = start({ resyncBudget: 3 });
    venue.frame(diff(157, 160));
    for (let i = 0; i < 6; i++) venue.take(failed(503));
    expect(venue.news()).toEqual([
      'connected',
      'disabled 4 losses or failures within 600 s, the last: snapshot of BTC/USDT failed: 503 no',
    ]);
    expect(venue.commands.at(-1)).toMatchObject({ kind: 'disable' });
    snapshot(venue, 158);
    expect(venue.tradable()).toBe(false);
  });

  test('an unknown symbol is refused by the snapshot, not retried', () => {
    const venue = start();
    venue.take({ ...failed(400), detail: '{"code":-1121,"msg":"Invalid symbol."}' });
    expect(venue.session.disabledReason).toContain('Invalid symbol');
  });
});

describe('a Binance book goes on', () => {
  function synced(): Harness {
    const venue = start();
    venue.frame(diff(157, 160));
    snapshot(venue, 160);
    venue.news();
    return venue;
  }

  test('a duplicate and an out-of-order diff are passed over and counted', () => {
    const venue = synced();
    venue.frame(diff(161, 165, [['100', '5']]));
    venue.frame(diff(161, 165, [['100', '5']]));
    venue.frame(diff(158, 159, [['100', '1']]));
    expect(venue.session.counters.duplicates).toBe(2);
    expect(levels(venue.book(), 'bid')[0]).toBe('100 x 5');
    expect(venue.tradable()).toBe(true);
  });

  test('removing a level that is not there is routine', () => {
    const venue = synced();
    venue.frame(diff(161, 161, [['98.5', '0.00000000']]));
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 1', '99 x 2']);
    expect(venue.tradable()).toBe(true);
  });

  test('a gap makes the book invalid at once, and the diff behind it begins the next buffer', () => {
    const venue = synced();
    venue.frame(diff(163, 165, [['100', '5']]));
    expect(venue.news()).toEqual(['book-lost sequence-gap']);
    expect(venue.tradable()).toBe(false);
    venue.frame(diff(166, 167, [['99', '8']]));
    snapshot(venue, 164, '7');
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 5', '99 x 8']);
    expect(venue.news()).toEqual(['book']);
  });

  test('a crossed book is a lost book', () => {
    const venue = synced();
    venue.frame(diff(161, 161, [['101.5', '1']]));
    expect(venue.news()).toEqual(['book-lost crossed-book']);
  });

  test('an unreadable frame gives the connection up; a malformed diff only its book', () => {
    const venue = synced();
    venue.frame('{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpd');
    expect(venue.news()).toEqual(['rejected unreadable', 'book-lost disconnected']);
    expect(venue.commands.at(-1)).toMatchObject({ kind: 'reconnect', planned: false });

    const other = synced();
    other.frame(diff(161, 161, [['100', '-1']]));
    expect(other.news()).toEqual(['book-lost malformed-update', 'rejected malformed']);
    expect(levels(other.book(), 'bid')[0]).toBe('100 x 1');
  });

  test('a shutdown that is announced is a planned reconnection', () => {
    const venue = synced();
    venue.frame({ stream: '!serverShutdown', data: { e: 'serverShutdown', E: 1770123456789 } });
    expect(venue.commands.at(-1)).toEqual({
      kind: 'reconnect',
      reason: 'the server shuts down',
      planned: true,
    });
  });
});

test('trades and quotes of the documentation are understood', () => {
  const venue = harness(binance, ['BNB/BTC', 'BNB/USDT']);
  venue.frame(
    '{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"M":true}',
  );
  venue.frame(
    '{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}',
  );
  venue.frame('{"result":null,"id":1}');
  expect(venue.events.slice(1)).toEqual([
    {
      kind: 'trade',
      timeMs: 1_700_000_000_001,
      symbol: 'BNB/BTC',
      price: 0.001,
      size: 100,
      side: 'sell',
      id: '12345',
      exchangeTimeMs: 1672515782136,
    },
    {
      kind: 'ticker',
      timeMs: 1_700_000_000_002,
      symbol: 'BNB/USDT',
      bid: 25.3519,
      bidSize: 31.21,
      ask: 25.3652,
      askSize: 40.66,
      last: Number.NaN,
      exchangeTimeMs: Number.NaN,
    },
  ]);
  expect(venue.session.counters.rejected).toEqual({ unreadable: 0, 'unknown-message': 0, malformed: 0 });
});

test.each([
  { market: 'spot', counts: { frames: 41_248, trades: 9757, tickers: 28_040, snapshots: 1 } },
  { market: 'usdm', counts: { frames: 93_953, trades: 21_313, tickers: 66_089, snapshots: 1 } },
])(
  'the recorded $market session has no gap and no crossed book, and ends in the book that a plain rebuild gives',
  {
    timeout: 120_000,
  },
  ({ market, counts }) => {
    const path = sharedPath(`data/raw-messages/binance-${market}_btcusdt_2024-08-08.gz`);
    if (path === undefined) return;
    const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n');
    const venue = harness(binance, [SYMBOL]);
    const plain = { bid: new Map<string, string>(), ask: new Map<string, string>(), id: 0 };
    for (const line of lines) {
      const space = line.indexOf(' ');
      venue.timeMs = Number(line.slice(0, space)) / 1e6;
      const text = line.slice(space + 1);
      const message = JSON.parse(text);
      if (message.lastUpdateId !== undefined) {
        venue.take({ kind: 'snapshot', symbol: SYMBOL, body: text });
        for (const [price, size] of message.bids) plain.bid.set(price, size);
        for (const [price, size] of message.asks) plain.ask.set(price, size);
        plain.id = message.lastUpdateId;
      } else venue.frame(text);
    }
    for (const line of lines) {
      const { data } = JSON.parse(line.slice(line.indexOf(' ') + 1));
      if (data?.e !== 'depthUpdate' || data.u <= plain.id) continue;
      for (const [price, size] of data.b) plain.bid.set(price, size);
      for (const [price, size] of data.a) plain.ask.set(price, size);
    }
    const { counters } = venue.session;
    expect(counters.losses).toEqual({});
    expect(counters.rejected).toEqual({ unreadable: 0, 'unknown-message': 0, malformed: 0 });
    expect(counters).toMatchObject(counts);
    expect(venue.news().filter((kind) => kind.startsWith('book-'))).toEqual([]);
    for (const side of ['bid', 'ask'] as const) {
      const sign = side === 'bid' ? -1 : 1;
      const rebuilt = [...plain[side]]
        .map(([price, size]) => [Number(price), Number(size)])
        .filter(([, size]) => size > 0)
        .sort((a, b) => sign * (a[0] - b[0]))
        .map(([price, size]) => `${price} x ${size}`);
      expect(levels(venue.book(), side)).toEqual(rebuilt);
    }
    // The recorder's clock ran behind the exchange's.
    expect(venue.session.clockOffset.minimumMs).toBeLessThan(-1000);
  },
);
