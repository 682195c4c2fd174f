/** The real ccxt package against an exchange on this machine that speaks KuCoin's public protocol. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createRng } from '../../../core/rng.ts';
import { systemClock } from '../../../live/connection/clock.ts';
import { VenueConnection } from '../../../live/connection/connection.ts';
import { wsTransport } from '../../../live/connection/ws-transport.ts';
import { resolveLiveConfig } from '../../../live/session/config.ts';
import { LiveRun } from '../../../live/session/live-run.ts';
import { readTapeData } from '../../../live/tape/data.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import { ccxtVenue } from '../../../live/venues/ccxt.ts';
import { findVenue, prepareVenues } from '../../../live/venues/find.ts';
import { readTape } from '../../../storage/tape.ts';

const START_MS = 1_700_000_000_000;
let server: Server;
let sockets: WebSocketServer;
let port = 0;
const topics: string[] = [];

/** Deltas of KuCoin's `/market/level2` and matches of `/market/match`, numbered from 1. */
function speak(socket: WebSocket, topic: string): void {
  let sequence = 0;
  const timer = setInterval(() => {
    sequence++;
    const symbol = 'BTC-USDT';
    const isBook = topic.startsWith('/market/level2');
    const data = isBook
      ? {
          symbol,
          sequenceStart: sequence,
          sequenceEnd: sequence,
          time: START_MS + sequence,
          changes: { bids: [['100', String(sequence), String(sequence)]], asks: [] },
        }
      : {
          symbol,
          sequence: String(sequence),
          side: sequence % 2 === 0 ? 'buy' : 'sell',
          size: '0.5',
          price: String(100 + sequence),
          time: String((START_MS + sequence) * 1e6),
          tradeId: `t${sequence}`,
        };
    const subject = isBook ? 'trade.l2update' : 'trade.l3match';
    socket.send(JSON.stringify({ type: 'message', topic, subject, data }));
  }, 20);
  socket.on('close', () => clearInterval(timer));
}

beforeAll(async () => {
  const answers: Readonly<Record<string, () => unknown>> = {
    '/symbols': () => [
      {
        symbol: 'BTC-USDT',
        baseCurrency: 'BTC',
        quoteCurrency: 'USDT',
        enableTrading: true,
        baseIncrement: '0.00000001',
        priceIncrement: '0.1',
      },
    ],
    '/bullet-public': () => ({
      token: 'token',
      instanceServers: [{ endpoint: `ws://127.0.0.1:${port}/endpoint`, pingInterval: 18_000 }],
    }),
    '/orderbook/level2_100': () => ({
      sequence: '3',
      time: START_MS,
      bids: [
        ['100', '1'],
        ['99.5', '2'],
      ],
      asks: [
        ['100.5', '3'],
        ['101', '4'],
      ],
    }),
  };
  server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const name = Object.keys(answers).find((end) => path.endsWith(end));
    const data = name === undefined ? [] : answers[name]();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ code: '200000', data }));
  });
  sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.send(JSON.stringify({ id: 'hello', type: 'welcome' }));
    socket.on('message', (message) => {
      const { id, type, topic } = JSON.parse(String(message));
      if (type !== 'subscribe') return;
      topics.push(topic);
      socket.send(JSON.stringify({ id, type: 'ack' }));
      speak(socket, topic);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(async () => {
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const session = (venue = 'ccxt:kucoin', channels = ['book', 'trades']) => {
  const url = `http://127.0.0.1:${port}`;
  const exchange = {
    urls: { api: { public: url, private: url, futuresPublic: url } },
    options: { fetchMarkets: { types: ['spot'], fetchTickersFees: false } },
  };
  return resolveLiveConfig({
    mode: 'record',
    markets: [{ venue, symbol: 'BTC/USDT', settings: { exchange } }],
    channels,
  });
};

test('books and trades of an exchange arrive through ccxt, and its tape gives them back', {
  timeout: 60_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'market-gym-ccxt-'));
  try {
    const tape = join(directory, 'tape');
    const config = session();
    await prepareVenues(builtInVenues, config);
    const run = new LiveRun({
      header: { config, model: 'none', modelCreatedMs: Number.NaN },
      venues: builtInVenues,
      policyFor: () => ({ model: 'none', createdMs: Number.NaN, act: () => 0 }),
      clock: systemClock,
      transport: wsTransport,
      tape,
    });
    run.start();
    const counters = () => run.venueStatus[0].counters;
    await vi.waitFor(
      () => {
        expect(counters().bookUpdates).toBeGreaterThan(5);
        expect(counters().trades).toBeGreaterThan(5);
      },
      { timeout: 30_000 },
    );
    await run.stop();
    expect(run.venueStatus[0]).toMatchObject({ venue: 'ccxt:kucoin', verified: false });
    expect(counters().rejected).toEqual({ unreadable: 0, 'unknown-message': 0, malformed: 0 });
    // The channel that was not asked for was not subscribed to.
    expect([...new Set(topics)].sort()).toEqual(['/market/level2:BTC-USDT', '/market/match:BTC-USDT']);

    const { books, trades, notes } = readTapeData(readTape(tape, { onTorn: () => {} }), builtInVenues);
    expect(notes).toContain('ccxt:kucoin BTC/USDT: unverified book.');
    const last = (books.length - 1) * books.depth;
    expect([books.bidPrices[last], books.bidPrices[last + 1]]).toEqual([100, 99.5]);
    expect([books.askPrices[last], books.askSizes[last]]).toEqual([100.5, 3]);
    // The size of the best bid is the number of the message that set it: the newest, past the snapshot's 3.
    expect(books.bidSizes[last]).toBe(books.exchangeTimeMs[books.length - 1] - START_MS);
    expect(books.bidSizes[last]).toBeGreaterThan(3);
    const numbers = Array.from(trades?.prices ?? [], (price) => price - 100);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0] + i));
    expect(trades?.sides[0]).toBe(numbers[0] % 2 === 0 ? 1 : -1);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('an exchange that ccxt does not know, and a stream it does not have, are one line', async () => {
  await expect(prepareVenues(builtInVenues, session('ccxt:kucoim'))).rejects.toThrow(
    'Unknown ccxt exchange "kucoim". Did you mean "kucoin"?',
  );
  await expect(prepareVenues(builtInVenues, session('ccxt:bitstamp', ['book', 'ticker']))).rejects.toThrow(
    'ccxt cannot watch the ticker of "bitstamp"; leave "ticker" out of "channels".',
  );
});

test('a market that the exchange does not have gives the venue up with the exchange’s words', {
  timeout: 60_000,
}, async () => {
  const { markets } = session();
  const connection = new VenueConnection({
    plugin: findVenue(builtInVenues, 'ccxt:kucoin'),
    markets: ['DOGE/USDT'],
    channels: ['book'],
    config: markets[0].settings,
    clock: systemClock,
    transport: wsTransport,
    rng: createRng(1),
  });
  connection.start();
  await vi.waitFor(() => expect(connection.status.state).toBe('disabled'), { timeout: 30_000 });
  expect(connection.status.reason).toContain('does not have market symbol DOGE/USDT');
  connection.stop();
});

test('settings of the exchange that are no settings of the venue are refused by name', () => {
  expect(() => ccxtVenue('kucoin').connect([], { urls: {} } as never)).toThrow('Unknown key "urls"');
});
