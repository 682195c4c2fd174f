/** Passing errors of venues: a hiccup after a first good book, a snapshot that is sent again. */
import { describe, expect, test } from 'vitest';
import { parseMarkets } from '../../../live/connection/venue-markets.ts';
import { VenueSession } from '../../../live/connection/venue-session.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';

function session(venue: string, market: string) {
  const plugin = builtInVenues.find(({ name }) => name === venue)!;
  const markets = parseMarkets(venue, [market], plugin.nativeSymbol);
  const commands: string[] = [];
  let timeMs = 1.7e12;
  const venueSession = new VenueSession({
    setup: plugin.connect(markets, {}),
    markets,
    channels: ['book'],
    onEvent() {},
    onCommand: ({ kind }) => void commands.push(kind),
  });
  const after = (ms: number): number => {
    timeMs += ms;
    return timeMs;
  };
  return {
    venueSession,
    commands,
    say: (value: unknown) => venueSession.handle({ kind: 'frame', text: JSON.stringify(value) }, after(10)),
    input: (value: Parameters<VenueSession['handle']>[0]) => venueSession.handle(value, after(1000)),
    isTradable: () => venueSession.isTradable(market, timeMs),
  };
}

const BYBIT_BOOK = {
  topic: 'orderbook.50.BTCUSD',
  type: 'snapshot',
  ts: 1,
  cts: 1,
  data: { s: 'BTCUSD', b: [['1', '1']], a: [['2', '1']], u: 5, seq: 5 },
};
const OKX_BOOK = {
  arg: { channel: 'books', instId: 'BTC-USD' },
  action: 'snapshot',
  data: [{ bids: [['1', '1']], asks: [['2', '1']], ts: '1', checksum: 0, prevSeqId: -1, seqId: 5 }],
};
const COINBASE_BOOK = {
  channel: 'l2_data',
  timestamp: '2026-01-01T00:00:00Z',
  sequence_num: 0,
  events: [
    {
      type: 'snapshot',
      product_id: 'BTC-USD',
      updates: [
        { side: 'bid', price_level: '1', new_quantity: '1' },
        { side: 'offer', price_level: '2', new_quantity: '1' },
      ],
    },
  ],
};

describe('an error at a subscription', () => {
  const errors: [venue: string, book: object, error: object][] = [
    ['bybit', BYBIT_BOOK, { success: false, ret_msg: 'Too many visits.', op: 'subscribe' }],
    ['okx', OKX_BOOK, { event: 'error', code: '50001', msg: 'Service temporarily unavailable.' }],
    ['coinbase', COINBASE_BOOK, { type: 'error', message: 'rate limit exceeded' }],
  ];

  test.each([
    ...errors,
    ['kraken', {}, { method: 'subscribe', success: false, error: 'Currency pair not supported BTC/USD' }],
  ] as const)('%s: before any book it is a refusal', (venue, _, error) => {
    const { venueSession, input, say } = session(venue, 'BTC/USD');
    input({ kind: 'open' });
    say(error);
    expect(venueSession.disabledReason).toContain('the venue refuses');
  });

  test.each(errors)(
    '%s: after a good book it is tried again, within the budget of losses',
    (venue, book, error) => {
      const { venueSession, commands, input, say } = session(venue, 'BTC/USD');
      input({ kind: 'open' });
      say(book);
      for (let n = 0; n < 3; n++) {
        input({ kind: 'close', reason: 'code 1006' });
        input({ kind: 'open' });
        say(error);
        expect(venueSession.disabledReason).toBeUndefined();
      }
      expect(commands.filter((kind) => kind === 'reconnect')).toHaveLength(3);
      for (let n = 0; n < 30; n++) {
        input({ kind: 'close', reason: 'code 1006' });
        input({ kind: 'open' });
        say(error);
      }
      expect(venueSession.disabledReason).toContain('losses or failures');
    },
  );
});

test('a snapshot that is sent again replaces the book, whatever its number', () => {
  const { venueSession, input, say, isTradable } = session('bybit', 'BTC/USD');
  const frame = (type: string, u: number, b: [string, string][], a: [string, string][]) => ({
    ...BYBIT_BOOK,
    type,
    data: { s: 'BTCUSD', b, a, u, seq: u },
  });
  input({ kind: 'open' });
  say(frame('snapshot', 1000, [['100', '1']], [['101', '1']]));
  say(frame('snapshot', 950, [['90', '7']], [['91', '7']]));
  for (let u = 951; u <= 1001; u++) say(frame('delta', u, [['89', String(u)]], []));
  const { book } = venueSession.feed('BTC/USD')!;
  expect([book.bestBid, book.bestAsk, isTradable(), venueSession.counters.duplicates]).toEqual([
    90,
    91,
    true,
    0,
  ]);
  // A delta of the past was seen before.
  say(frame('delta', 1000, [['95', '1']], []));
  expect([book.bestBid, venueSession.counters.duplicates]).toEqual([90, 1]);
});
