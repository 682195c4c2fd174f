import { expect, test, vi } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { systemClock } from '../../../live/connection/clock.ts';
import { VenueConnection } from '../../../live/connection/connection.ts';
import type { VenueEvent } from '../../../live/connection/venue.ts';
import { type Channel, parseMarkets } from '../../../live/connection/venue-markets.ts';
import { VenueSession } from '../../../live/connection/venue-session.ts';
import { wsTransport } from '../../../live/connection/ws-transport.ts';
import { type CcxtModule, ccxtVenue, loadCcxt } from '../../../live/venues/ccxt.ts';
import { testVenue } from '../../../testing/suites.ts';

const later = <Value>(value: Value, delayMs = 20) =>
  new Promise<Value>((resolve) => setTimeout(() => resolve(value), delayMs));

/** The library's shape, with an exchange that hands out a few books. */
function fakeCcxt({ failAfter = Infinity } = {}): { module: CcxtModule; closed: () => number } {
  let calls = 0;
  let closed = 0;
  class Kucoin {
    readonly has = { watchOrderBook: true, watchTrades: true, watchTicker: false };
    async watchOrderBook() {
      if (++calls > failAfter) throw new Error('kucoin {"code":"400"}');
      return later({
        bids: [
          [100, 1],
          [99, calls],
        ],
        asks: [[101, 2]],
        timestamp: Date.now(),
        nonce: calls,
      });
    }
    async watchTrades() {
      return later([{ id: '1', side: 'buy', price: 100, amount: 2, timestamp: 1_700_000_000_000, info: {} }]);
    }
    watchTicker = async () => later({});
    close = async () => {
      closed++;
    };
  }
  class Deaf extends Kucoin {
    override readonly has = { watchOrderBook: false, watchTrades: false, watchTicker: false } as never;
  }
  return { module: { pro: { kucoin: Kucoin, deaf: Deaf } }, closed: () => closed };
}

const book = (bid: number) => ({
  kind: 'frame' as const,
  text: JSON.stringify({
    kind: 'book',
    symbol: 'BTC/USDT',
    value: { bids: [[bid, 1]], asks: [[101, 2]], timestamp: null },
  }),
});
testVenue(
  ccxtVenue('kucoin', async () => fakeCcxt().module),
  {
    markets: ['BTC/USDT'],
    inputs: [{ kind: 'open' }, book(99), book(100)],
  },
);

test('without the package there is one line that says what to do', async () => {
  await expect(loadCcxt(() => Promise.reject(new Error("Cannot find package 'ccxt'")))).rejects.toMatchObject(
    {
      code: 'ccxt-missing',
      message: 'Venues through ccxt need the package "ccxt", which is not installed: run "npm install ccxt".',
    },
  );
});

test('before a session connects, its exchange is looked for by name, and its streams by channel', async () => {
  const load = async () => fakeCcxt().module;
  const prepare = (id: string, ...channels: Channel[]) => ccxtVenue(id, load).prepare?.(channels);
  await expect(prepare('kukoin', 'book')).rejects.toThrow(
    'Unknown ccxt exchange "kukoin". Did you mean "kucoin"?',
  );
  await expect(prepare('deaf', 'book')).rejects.toThrow('ccxt cannot watch the books of "deaf".');
  await expect(prepare('kucoin', 'book', 'ticker')).rejects.toThrow(
    'ccxt cannot watch the ticker of "kucoin"; leave "ticker" out of "channels".',
  );
  await expect(prepare('kucoin', 'book', 'trades')).resolves.toBeUndefined();
});

test('keys of an account are refused: they would be written on the tape', () => {
  const venue = ccxtVenue('kucoin', async () => fakeCcxt().module);
  expect(() => venue.connect([], { exchange: { apiKey: 'k' } })).toThrow(
    'Venue "ccxt:kucoin" takes no "apiKey": orders stay on paper, and settings are written on the tape.',
  );
});

test('a session on an exchange that cannot be is given up with the reason', async () => {
  for (const [name, load, reason] of [
    ['kukoin', async () => fakeCcxt().module, 'Unknown ccxt exchange "kukoin"'],
    ['kucoin', () => loadCcxt(() => Promise.reject(new Error('gone'))), 'run "npm install ccxt"'],
    ['kucoin', async () => fakeCcxt().module, 'ccxt cannot watch the ticker'],
  ] as const) {
    const connection = new VenueConnection({
      plugin: ccxtVenue(name, load),
      markets: ['BTC/USDT'],
      channels: ['ticker'],
      clock: systemClock,
      transport: wsTransport,
      rng: createRng(1),
    });
    connection.start();
    await vi.waitFor(() => expect(connection.status.state).toBe('disabled'));
    expect(connection.status.reason).toContain(reason);
    connection.stop();
  }
});

test('trades without a number are all new, as ccxt hands out each once', () => {
  const { session, trades } = openSession();
  const frame = (...prices: number[]) => ({
    kind: 'frame' as const,
    text: JSON.stringify({
      kind: 'trades',
      symbol: 'BTC/USDT',
      value: prices.map((price) => ({ side: 'buy', price, amount: 1, timestamp: 1_700_000_000_000 })),
    }),
  });
  session.handle({ kind: 'open' }, 0);
  session.handle(frame(1, 2), 1);
  session.handle(frame(3), 2);
  expect(trades).toEqual([1, 2, 3]);
});

function openSession() {
  const trades: number[] = [];
  const plugin = ccxtVenue('kucoin', async () => fakeCcxt().module);
  const markets = parseMarkets(plugin.name, ['BTC/USDT'], plugin.nativeSymbol);
  const session = new VenueSession({
    setup: plugin.connect(markets),
    markets,
    channels: ['book', 'trades'],
    onEvent: (event) => {
      if (event.kind === 'trade') trades.push(event.price);
    },
    onCommand: () => {},
  });
  return { session, trades };
}

test('books and trades come through, each trade once; an error is a lost connection', {
  timeout: 60_000,
}, async () => {
  const { module, closed } = fakeCcxt({ failAfter: 3 });
  const events: VenueEvent[] = [];
  const connection = new VenueConnection({
    plugin: ccxtVenue('kucoin', async () => module),
    markets: ['BTC/USDT'],
    channels: ['book', 'trades'],
    clock: systemClock,
    transport: wsTransport,
    rng: createRng(1),
    onEvent: (event) => events.push(event),
  });
  connection.start();
  await vi.waitFor(() => expect(connection.isTradable('BTC/USDT')).toBe(true), { timeout: 20_000 });
  expect(connection.status.verified).toBe(false);
  await vi.waitFor(() => expect(events.some(({ kind }) => kind === 'disconnected')).toBe(true), {
    timeout: 20_000,
  });
  connection.stop();
  expect(events.find((event) => event.kind === 'disconnected')).toMatchObject({
    reason: 'kucoin {"code":"400"}',
  });
  expect(events.filter(({ kind }) => kind === 'book').length).toBe(3);
  expect(events.filter(({ kind }) => kind === 'trade').length).toBe(1);
  expect(closed()).toBeGreaterThan(0);
});
