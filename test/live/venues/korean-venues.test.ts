/** What Korean venues have of their own: symbols, bytes, books without numbers, ids beyond a Float64, limits. */
import { describe, expect, test } from 'vitest';
import { wsTransport } from '../../../live/connection/ws-transport.ts';
import { startVenueServer } from '../../../live/tape/venue-server.ts';
import { bithumb } from '../../../live/venues/bithumb.ts';
import { describeMarket } from '../../../live/venues/find.ts';
import { upbit } from '../../../live/venues/upbit.ts';
import { harness, levels } from '../session/session-harness.ts';

const unit = (bid: number, ask: number, size = 1) => ({
  ask_price: ask,
  bid_price: bid,
  ask_size: ask === 0 ? 0 : size,
  bid_size: bid === 0 ? 0 : size,
});
const book = (timestamp: number, units: object[], stream_type = 'REALTIME', more: object = {}) => ({
  type: 'orderbook',
  code: 'KRW-BTC',
  timestamp,
  orderbook_units: units,
  stream_type,
  ...more,
});

describe.each([
  [upbit, '.15'],
  [bithumb, ''],
] as const)('$name', (plugin, suffix) => {
  test('is asked with the quote first, in one message, and says that its books are unverified', () => {
    const venue = harness(plugin, ['BTC/KRW', 'USDT/KRW']);
    const codes = ['KRW-BTC', 'KRW-USDT'];
    expect(venue.sent()).toEqual([
      JSON.stringify([
        { ticket: 'market-gym' },
        { type: 'orderbook', codes: codes.map((code) => code + suffix) },
        { type: 'trade', codes },
        { type: 'ticker', codes },
        { format: 'DEFAULT' },
      ]),
    ]);
    expect(describeMarket([plugin], { venue: plugin.name, symbol: 'BTC/KRW' })).toBe(
      `${plugin.name} BTC/KRW (unverified book)`,
    );
  });

  test('replaces the book by each message, and fills no side up with what has price 0', () => {
    const venue = harness(plugin, ['BTC/KRW'], { channels: ['book'] });
    venue.frame(book(1000, [unit(100, 101), unit(99, 102)], 'SNAPSHOT'));
    venue.frame(book(1001, [unit(98, 103, 2), unit(0, 104)]));
    expect([levels(venue.book(), 'bid'), levels(venue.book(), 'ask')]).toEqual([
      ['98 x 2'],
      ['103 x 2', '104 x 1'],
    ]);
    expect(venue.tradable()).toBe(true);
    // No side, no trade.
    venue.frame(book(1002, [unit(0, 103)]));
    expect(venue.tradable()).toBe(false);
  });

  test('passes over what is older than the last book, but for the answer to a request', () => {
    const venue = harness(plugin, ['BTC/KRW'], { channels: ['book'] });
    venue.frame(book(1000, [unit(100, 101)], 'SNAPSHOT'));
    venue.frame(book(999, [unit(90, 91)]));
    expect([levels(venue.book(), 'bid'), venue.session.counters.duplicates]).toEqual([['100 x 1'], 1]);
    // Several within a millisecond: the last one counts.
    venue.frame(book(1000, [unit(99, 101)]));
    expect(levels(venue.book(), 'bid')).toEqual(['99 x 1']);
    venue.frame(book(900, [unit(80, 81)], 'SNAPSHOT'));
    expect(levels(venue.book(), 'bid')).toEqual(['80 x 1']);
    venue.frame(book(901, [unit(81, 82)]));
    expect(levels(venue.book(), 'bid')).toEqual(['81 x 1']);
  });

  test('is not traded on when its book is old: nothing else tells of a loss', () => {
    const venue = harness(plugin, ['BTC/KRW'], { channels: ['book'] });
    venue.frame(book(venue.timeMs, [unit(100, 101)], 'SNAPSHOT'));
    venue.timeMs += 4999;
    expect(venue.tradable()).toBe(true);
    venue.timeMs += 2;
    expect(venue.tradable()).toBe(false);
  });

  test('refuses sums of levels, which are no book', () => {
    const venue = harness(plugin, ['BTC/KRW'], { channels: ['book'] });
    venue.frame(book(1000, [unit(100, 101)], 'SNAPSHOT', { level: 0 }));
    expect(venue.tradable()).toBe(true);
    venue.frame(book(1001, [unit(100, 200)], 'REALTIME', { level: 100 }));
    expect(venue.news()).toContain('book-lost malformed-update');
  });

  test('tells trades by the taker’s side, with every digit of their ids; the last one before is none', () => {
    const venue = harness(plugin, ['BTC/KRW']);
    const trade = (id: string, ask_bid: string, stream_type: string) =>
      `{"type":"trade","code":"KRW-BTC","timestamp":1730336862082,"trade_timestamp":1730336862047,` +
      `"trade_price":100473000.0,"trade_volume":0.00014208,"ask_bid":"${ask_bid}","sequential_id":${id},` +
      `"stream_type":"${stream_type}"}`;
    venue.frame(trade('17303368620470000', 'BID', 'SNAPSHOT'));
    venue.frame(trade('17303368620470001', 'BID', 'REALTIME'));
    venue.frame(trade('17303368620470002', 'ASK', 'REALTIME'));
    const trades = venue.events.filter(({ kind }) => kind === 'trade');
    expect(trades).toMatchObject([
      { side: 'buy', id: '17303368620470001', price: 100_473_000, size: 0.000_142_08 },
      { side: 'sell', id: '17303368620470002', exchangeTimeMs: 1_730_336_862_047 },
    ]);
    venue.frame(trade('"1"', 'BID', 'REALTIME'));
    expect(venue.session.counters.rejected.malformed).toBe(1);
  });

  test('reads times in milliseconds and in microseconds', () => {
    const venue = harness(plugin, ['BTC/KRW'], { channels: ['book'] });
    venue.frame(book(1_700_000_000_001_234, [unit(100, 101)], 'SNAPSHOT'));
    expect(venue.events.at(-1)).toMatchObject({ kind: 'book', exchangeTimeMs: 1_700_000_000_001 });
  });

  test('is pinged while it is silent, long before it would cut, and its answer is a sign of life', () => {
    const venue = harness(plugin, ['BTC/KRW'], { channels: ['ticker'] });
    const { length } = venue.commands;
    const wait = (ms: number) => {
      venue.timeMs += ms;
      venue.take({ kind: 'tick' });
    };
    wait(29_000);
    expect(venue.commands.length).toBe(length);
    wait(1000);
    wait(1000);
    expect(venue.commands.slice(length)).toEqual([{ kind: 'send', text: 'PING' }]);
    venue.frame('{"status":"UP"}');
    wait(40_000);
    expect(venue.news()).not.toContain('disconnected');
    expect(venue.commands.at(-1)).toEqual({ kind: 'send', text: 'PING' });
    wait(20_000);
    expect(venue.commands.at(-1)).toMatchObject({ kind: 'reconnect' });
  });

  test('keeps to 100 messages a minute', () => {
    const { limits } = plugin.connect(harness(plugin, ['BTC/KRW']).session.feeds.map(({ market }) => market));
    expect(60_000 / limits.sendIntervalMs).toBeLessThanOrEqual(100);
  });

  test('an error before any book is a refusal', () => {
    const venue = harness(plugin, ['BTC/KRW']);
    venue.frame({ error: { name: 'INVALID_PARAM', message: 'codes' } });
    expect(venue.session.disabledReason).toBe('the venue refuses: INVALID_PARAM codes');
  });

  test('goes on from a checkpoint', () => {
    const venue = harness(plugin, ['BTC/KRW'], { channels: ['book'] });
    venue.frame(book(1000, [unit(100, 101)], 'SNAPSHOT'));
    const restored = harness(plugin, ['BTC/KRW'], { channels: ['book'] });
    restored.session.load(structuredClone(venue.session.save()));
    restored.frame(book(999, [unit(90, 91)]));
    expect(levels(restored.book(), 'bid')).toEqual(['100 x 1']);
  });
});

test('JSON that comes as bytes is read as text', async () => {
  const frame = JSON.stringify(book(1000, [unit(100, 101)], 'SNAPSHOT'));
  const server = await startVenueServer({ onConnect: (client) => client.send(Buffer.from(frame)) });
  try {
    const got = await new Promise((resolve) => {
      const nothing = () => {};
      wsTransport.connect(
        server.url,
        { maxFrameBytes: 1000 },
        { open: nothing, text: resolve, binary: resolve, heartbeat: nothing, close: resolve },
      );
    });
    expect(got).toBe(frame);
  } finally {
    await server.close();
  }
});
