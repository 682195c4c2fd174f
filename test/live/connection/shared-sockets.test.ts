/** Several markets on one socket: each hears its own, none is in another's way, and venues see one connection. */
import { afterEach, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { systemClock } from '../../../live/connection/clock.ts';
import { VenueConnection } from '../../../live/connection/connection.ts';
import { FairQueue } from '../../../live/connection/fair-queue.ts';
import { SharedSockets } from '../../../live/connection/shared-sockets.ts';
import type { SocketHandlers, Transport } from '../../../live/connection/transport.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { wsTransport } from '../../../live/connection/ws-transport.ts';
import { sharingOf } from '../../../live/venues/sharing.ts';
import { FakeMarket } from '../fake-market.ts';
import { startLocalServer } from '../local-server.ts';
import { dialects } from '../venues/dialects.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const shareable = dialects.filter(({ plugin }) => sharingOf(plugin.name) !== undefined);

test('venues of three houses share their sockets', () => {
  expect(shareable.map(({ plugin }) => plugin.name)).toEqual(
    expect.arrayContaining(['binance', 'okx', 'bybit']),
  );
});

describe.each(shareable)('markets of $plugin.name on one socket', (dialect) => {
  async function connect(bases: readonly string[]) {
    const { plugin } = dialect;
    const markets = bases.map((base) => new FakeMarket(base, 'USDT', createRng(base)));
    const server = await startLocalServer(dialect, markets);
    const shared = new SharedSockets(wsTransport, systemClock, sharingOf(plugin.name)!);
    const urls =
      dialect.rest === undefined ? { url: server.url } : { url: server.url, restUrl: server.restUrl };
    const connections = markets.map(({ base, quote }, i) => {
      const connection = new VenueConnection({
        plugin,
        markets: [`${base}/${quote}`],
        channels: ['book'],
        config: { ...urls, sendIntervalMs: 1 },
        clock: systemClock,
        transport: shared.transportFor(plugin.nativeSymbol(base, quote)),
        rng: createRng(i),
      });
      closers.push(() => connection.stop());
      return connection;
    });
    closers.push(() => server.close());
    const areRight = (): boolean =>
      connections.every((connection, i) => {
        const { base, quote } = markets[i];
        if (!connection.isTradable(`${base}/${quote}`)) return false;
        const { bestBid, bestAsk } = connection.book(`${base}/${quote}`);
        const [bids, asks] = (['bid', 'ask'] as const).map((side) => markets[i].levels(side));
        return Number(bids[0][0]) === bestBid && Number(asks[0][0]) === bestAsk;
      });
    // Some books are whole only after a change of them.
    const settle = async (): Promise<void> => {
      for (let wait = 0; ; wait++) {
        if (wait % 10 === 0) for (const market of markets) server.advance(market);
        await new Promise((resolve) => setTimeout(resolve, 10));
        if (areRight()) return;
      }
    };
    return { server, shared, connections, settle };
  }

  test('have one connection, the books of their own, and nothing of each other', async () => {
    const { server, connections, settle } = await connect(['BTC', 'ETH', 'BTCDOWN']);
    for (const connection of connections) connection.start();
    await settle();
    await settle();
    expect(server.numConnections).toBe(1);
    for (const { session } of connections) {
      expect(session.counters.rejected['unknown-message']).toBe(0);
      expect(session.counters.losses).toEqual({});
    }
  }, 20_000);

  test('one that leaves leaves the others alone, and may come again; a cut is everybody’s', async () => {
    const { server, shared, connections, settle } = await connect(['BTC', 'ETH']);
    for (const connection of connections) connection.start();
    await settle();
    connections[0].stop();
    expect(shared.numSockets).toBe(1);
    connections[0].start();
    await settle();
    await settle();
    expect([server.numConnections, connections[1].status.counters.connections]).toEqual([1, 1]);
    const before = connections.map(({ status }) => status.counters.connections);
    server.cut();
    // On a busy machine one may be back already when it is looked at.
    await until(() =>
      connections.every(
        ({ status }, i) => status.state !== 'connected' || status.counters.connections > before[i],
      ),
    );
    await settle();
    // Who comes first opens it, and the other joins, or both had gone by then.
    expect(server.numConnections).toBeLessThanOrEqual(3);
    for (const connection of connections) connection.stop();
    expect(shared.numSockets).toBe(0);
  }, 30_000);
});

describe('a socket that is shared', () => {
  /** A socket of which the other side is this test. */
  function scripted() {
    const clock = new VirtualClock(0);
    const sent: string[] = [];
    const far: SocketHandlers[] = [];
    const network: Transport = {
      connect(_url, _options, handlers) {
        far.push(handlers);
        return {
          send: (text) => sent.push(`${clock.monotonicMs()} ${text}`),
          terminate: () => sent.push('over'),
        };
      },
      get: () => () => {},
    };
    const shared = new SharedSockets(network, clock, sharingOf('bybit')!);
    const heard: string[] = [];
    const join = (native: string) =>
      shared.transportFor(native).connect(
        'ws://venue',
        { maxFrameBytes: 1000, sendIntervalMs: 100 },
        {
          open: () => heard.push(`${native} open`),
          text: (text) => heard.push(`${native} ${text}`),
          binary: () => {},
          heartbeat: () => heard.push(`${native} heartbeat`),
          close: (reason) => heard.push(`${native} closed: ${reason}`),
        },
      );
    return { clock, sent, far, shared, heard, join };
  }
  const book = (native: string) => `{"topic":"orderbook.50.${native}"}`;
  const subscribe = (native: string) => `{"op":"subscribe","args":["orderbook.50.${native}"]}`;

  test('sends for all no faster than for one, pings once, and takes back what is left', () => {
    const { clock, sent, far, join } = scripted();
    const a = join('A');
    const b = join('B');
    expect(far).toHaveLength(1);
    far[0].open();
    a.send(subscribe('A'));
    b.send(subscribe('B'));
    a.send('{"op":"ping"}');
    b.send('{"op":"ping"}');
    clock.runUntil(1000);
    a.terminate();
    clock.runUntil(2000);
    b.terminate();
    expect(sent).toEqual([
      `0 ${subscribe('A')}`,
      `100 ${subscribe('B')}`,
      '200 {"op":"ping"}',
      `1000 ${subscribe('A').replace('subscribe', 'unsubscribe')}`,
      'over',
    ]);
  });

  test('tells each of its own, all of what names nobody, and an error to whom it names', () => {
    const { clock, far, heard, join } = scripted();
    join('BTCUSDT');
    join('BTCUSD');
    far[0].open();
    heard.length = 0;
    for (const text of [
      book('BTCUSD'),
      book('GONE'),
      '{"op":"pong"}',
      '{"success":false,"ret_msg":"topic:x.BTCUSD"}',
    ])
      far[0].text(text);
    far[0].heartbeat();
    clock.runUntil(10);
    expect(heard).toEqual([
      `BTCUSD ${book('BTCUSD')}`,
      'BTCUSDT {"op":"pong"}',
      'BTCUSD {"op":"pong"}',
      'BTCUSD {"success":false,"ret_msg":"topic:x.BTCUSD"}',
      'BTCUSDT heartbeat',
      'BTCUSD heartbeat',
    ]);
    far[0].close('gone');
    expect(heard.slice(-2)).toEqual(['BTCUSDT closed: gone', 'BTCUSD closed: gone']);
  });

  test('takes at most a hundred, nobody twice, and nobody when it is half a day old', () => {
    const { clock, far, join } = scripted();
    for (let i = 0; i < 100; i++) join(`COIN${i}`);
    expect(far).toHaveLength(1);
    join('ONE-MORE');
    expect(far).toHaveLength(2);
    join('ONE-MORE');
    expect(far).toHaveLength(3);
    clock.runUntil(12 * 3_600_000);
    join('LATER');
    expect(far).toHaveLength(4);
  });

  test('hands a burst of one on in turns with the others: nobody waits for all of it', () => {
    const { clock, far, heard, join } = scripted();
    join('A');
    join('B');
    far[0].open();
    heard.length = 0;
    // Each message takes a millisecond of work.
    const push = heard.push.bind(heard);
    heard.push = (text) => {
      clock.standUntil(clock.monotonicMs() + 1);
      return push(text);
    };
    const startMs = clock.monotonicMs();
    for (let i = 0; i < 1000; i++) far[0].text(book('A'));
    far[0].text(book('B'));
    let timerMs = Number.NaN;
    clock.schedule(5, () => {
      timerMs = clock.monotonicMs() - startMs;
    });
    clock.runUntil(startMs + 60);
    const place = heard.findIndex((text) => text.startsWith('B'));
    expect(place).toBeLessThan(8);
    // A decision that is due has its turn between two slices.
    expect(timerMs).toBeLessThan(20);
    clock.runUntil(startMs + 3000);
    expect(heard).toHaveLength(1001);
    expect(heard.filter((text) => text === `A ${book('A')}`)).toHaveLength(1000);
  });
});

describe('a fair queue', () => {
  test('keeps the order of each, and forgets who is forgotten', () => {
    const clock = new VirtualClock(0);
    const queue = new FairQueue<string>(clock);
    const done: string[] = [];
    const add = (key: string, text: string) =>
      queue.add(key, () => {
        clock.standUntil(clock.monotonicMs() + 3);
        done.push(text);
      });
    for (const text of ['a1', 'a2', 'a3', 'a4']) add('a', text);
    for (const text of ['b1', 'b2']) add('b', text);
    add('c', 'c1');
    expect([done, queue.length]).toEqual([['a1', 'a2'], 5]);
    queue.forget('c');
    clock.runUntil(1000);
    expect(done).toEqual(['a1', 'a2', 'a3', 'b1', 'a4', 'b2']);
    expect(queue.length).toBe(0);
  });

  test('takes 20,000 of one, and then none of it', () => {
    const queue = new FairQueue<string>(new VirtualClock(0));
    const clock = new VirtualClock(0);
    const full = new FairQueue<string>(clock);
    full.add('a', () => clock.standUntil(10));
    for (let i = 0; i < 20_000; i++) expect(full.add('a', () => {})).toBe(true);
    expect(full.add('a', () => {})).toBe(false);
    expect([full.length, queue.length]).toEqual([0, 0]);
  });
});
