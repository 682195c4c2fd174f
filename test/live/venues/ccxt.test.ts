import { expect, test, vi } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { systemClock } from '../../../live/connection/clock.ts';
import { VenueConnection } from '../../../live/connection/connection.ts';
import type { VenueEvent } from '../../../live/connection/venue.ts';
import { wsTransport } from '../../../live/connection/ws-transport.ts';
import { type CcxtModule, ccxtVenue, loadCcxt } from '../../../live/venues/ccxt.ts';
import { testVenue } from '../../contracts/test-venue.ts';

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
testVenue(ccxtVenue(fakeCcxt().module, 'kucoin'), {
  markets: ['BTC/USDT'],
  inputs: [{ kind: 'open' }, book(99), book(100)],
});

test('without the package there is one line that says what to do', async () => {
  await expect(loadCcxt(() => Promise.reject(new Error("Cannot find package 'ccxt'")))).rejects.toMatchObject(
    {
      code: 'ccxt-missing',
      message: 'Venues through ccxt need the package "ccxt", which is not installed: run "npm install ccxt".',
    },
  );
});

test('an unknown exchange is named with its nearest, one without a book stream is refused', () => {
  const { module } = fakeCcxt();
  expect(() => ccxtVenue(module, 'kukoin')).toThrow('Unknown ccxt exchange "kukoin". Did you mean "kucoin"?');
  expect(() => ccxtVenue(module, 'deaf').connect([])).toThrow('cannot watch the books');
});

test('books and trades come through, each trade once; an error is a lost connection', {
  timeout: 60_000,
}, async () => {
  const { module, closed } = fakeCcxt({ failAfter: 3 });
  const events: VenueEvent[] = [];
  const connection = new VenueConnection({
    plugin: ccxtVenue(module, 'kucoin'),
    markets: ['BTC/USDT'],
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
