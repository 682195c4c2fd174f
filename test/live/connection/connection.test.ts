/** The driver on the real network, as far as loopback is one; and what it does with time, on a virtual clock. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { backoffMs } from '../../../live/connection/backoff.ts';
import { systemClock } from '../../../live/connection/clock.ts';
import { ClockOffset } from '../../../live/connection/clock-offset.ts';
import { VenueConnection } from '../../../live/connection/connection.ts';
import { createSteadyClock } from '../../../live/connection/steady-clock.ts';
import type { SocketHandlers, Transport } from '../../../live/connection/transport.ts';
import type { VenueInput } from '../../../live/connection/venue.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { wsTransport } from '../../../live/connection/ws-transport.ts';
import { startVenueServer } from '../../../live/tape/venue-server.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import { okx } from '../../../live/venues/okx.ts';
import { FakeMarket } from '../fake-market.ts';
import { type LocalServer, startLocalServer } from '../local-server.ts';
import { type Dialect, dialects } from '../venues/dialects.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function connected(dialect: Dialect, config: Record<string, unknown> = {}) {
  const market = new FakeMarket('BTC', 'USDT', createRng(dialect.plugin.name));
  const server = await startLocalServer(dialect, [market]);
  closers.push(() => server.close());
  const urls =
    dialect.rest === undefined ? { url: server.url } : { url: server.url, restUrl: server.restUrl };
  const inputs: VenueInput['kind'][] = [];
  const connection = new VenueConnection({
    plugin: dialect.plugin,
    markets: ['BTC/USDT'],
    channels: ['book'],
    config: { ...urls, ...config },
    clock: systemClock,
    transport: wsTransport,
    rng: createRng(1),
    onInput: ({ kind }) => {
      inputs.push(kind);
      return undefined;
    },
  });
  closers.push(() => connection.stop());
  return { market, server, connection, inputs };
}

/** Moves the market until its book is tradable and right. */
async function settle(market: FakeMarket, server: LocalServer, connection: VenueConnection): Promise<void> {
  await vi.waitFor(
    () => {
      server.advance(market);
      expect(connection.isTradable('BTC/USDT')).toBe(true);
    },
    { timeout: 20_000, interval: 20 },
  );
  await vi.waitFor(
    () => {
      const { book } = connection.session.feed('BTC/USDT')!;
      const top = (side: 'bid' | 'ask') => `${book.price(side, 0)} ${book.size(side, 0)}`;
      const real = (side: 'bid' | 'ask') => market.levels(side)[0].map(Number).join(' ');
      expect([top('bid'), top('ask')]).toEqual([real('bid'), real('ask')]);
    },
    { timeout: 20_000 },
  );
}

describe.each(dialects)('$plugin.name over loopback', (dialect) => {
  test('connects, follows the book, and comes back after a cut', { timeout: 60_000 }, async () => {
    const { market, server, connection, inputs } = await connected(dialect);
    connection.start();
    await settle(market, server, connection);
    expect(connection.status.state).toBe('connected');
    server.cut();
    await vi.waitFor(() => expect(connection.isTradable('BTC/USDT')).toBe(false), { timeout: 20_000 });
    await settle(market, server, connection);
    expect(server.numConnections).toBe(2);
    expect(inputs.filter((kind) => kind === 'open').length).toBe(2);
    connection.stop();
    expect(connection.isTradable('BTC/USDT')).toBe(false);
    expect(connection.status.state).toBe('stopped');
  });
});

describe('a connection on the real network', () => {
  test('asks again for a snapshot that was refused for too many requests', { timeout: 60_000 }, async () => {
    const { market, server, connection } = await connected(dialects[0]);
    server.refuseRequests = 2;
    connection.start();
    await settle(market, server, connection);
    expect(connection.session.counters.snapshotFailures).toBe(2);
    expect(server.numRequests).toBe(3);
  });

  test('an unknown symbol disables the venue with the words of the venue', { timeout: 60_000 }, async () => {
    const { server, connection } = await connected(dialects[0]);
    const other = new VenueConnection({
      plugin: dialects[0].plugin,
      markets: ['NO/PE'],
      config: { url: server.url, restUrl: server.restUrl },
      clock: systemClock,
      transport: wsTransport,
      rng: createRng(1),
    });
    other.start();
    await vi.waitFor(() => expect(other.status.state).toBe('disabled'), { timeout: 20_000 });
    expect(other.status.reason).toContain('Invalid symbol');
    connection.stop();
  });

  test('a frame beyond the limit and a binary one end the connection, not the program', {
    timeout: 60_000,
  }, async () => {
    const { market, server, connection } = await connected(dialects[4], { maxFrameBytes: 100_000 });
    connection.start();
    await settle(market, server, connection);
    server.broadcast('x'.repeat(200_000));
    await vi.waitFor(() => expect(connection.status.state).not.toBe('connected'), { timeout: 20_000 });
    await settle(market, server, connection);
    server.broadcast(Buffer.from([1, 2, 3]));
    await vi.waitFor(() => expect(connection.session.counters.rejected.unreadable).toBe(1), {
      timeout: 20_000,
    });
    expect(connection.isTradable('BTC/USDT')).toBe(false);
  });
});

test('a port that is taken is one clear line', async () => {
  const server = await startVenueServer({});
  closers.push(() => server.close());
  const port = Number(new URL(server.restUrl).port);
  await expect(startVenueServer({ port })).rejects.toMatchObject({ code: 'port-in-use' });
  expect((await fetch(server.restUrl)).status).toBe(404);
});

describe('a connection in time', () => {
  /** A network that notes when it was asked, and does what the test says. */
  function scripted(onConnect: (handlers: SocketHandlers, clock: VirtualClock) => void = () => {}) {
    const clock = new VirtualClock(1_700_000_000_000);
    const attempts: number[] = [];
    const sent: [number, string][] = [];
    const transport: Transport = {
      connect(_url, _options, handlers) {
        attempts.push(clock.monotonicMs() - 1_700_000_000_000);
        onConnect(handlers, clock);
        return { send: (text) => sent.push([clock.monotonicMs() - 1_700_000_000_000, text]), terminate() {} };
      },
      get: () => () => {},
    };
    return { clock, attempts, sent, transport };
  }
  const connect = (network: ReturnType<typeof scripted>, plugin = builtInVenues[4], config = {}) => {
    const connection = new VenueConnection({
      ...network,
      plugin,
      config,
      markets: ['BTC/USDT'],
      rng: createRng(7),
    });
    connection.start();
    return connection;
  };

  test('waits longer and longer between attempts that fail, up to a minute, less up to a half by chance', () => {
    const network = scripted((handlers, clock) => clock.schedule(10, () => handlers.close('refused')));
    const connection = connect(network);
    network.clock.runUntil(1_700_000_000_000 + 900_000);
    const waits = network.attempts.slice(1).map((time, i) => time - network.attempts[i] - 10);
    waits.slice(0, 6).forEach((wait, i) => {
      expect(wait).toBeGreaterThanOrEqual(500 * 2 ** i);
      expect(wait).toBeLessThanOrEqual(1000 * 2 ** i);
    });
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
    // A venue that cannot be reached is not disabled: it may come back.
    expect(connection.status.state).toBe('waiting');
  });

  test('gives up a socket that never opens', () => {
    const network = scripted();
    connect(network);
    network.clock.runUntil(1_700_000_000_000 + 17_000);
    expect(network.attempts.length).toBe(2);
  });

  test('sends no faster than the venue bears', () => {
    const network = scripted((handlers, clock) => clock.schedule(10, handlers.open));
    connect(network, builtInVenues[1]);
    network.clock.runUntil(1_700_000_000_000 + 2000);
    expect(network.sent.map(([time]) => time)).toEqual([10, 160, 310, 460]);
  });

  test('replaces a connection before the venue cuts it, at once', () => {
    const network = scripted((handlers, clock) => clock.schedule(10, handlers.open));
    connect(network, builtInVenues[4], { rotateAfterMs: 10_000 });
    network.clock.runUntil(1_700_000_000_000 + 21_000);
    expect(network.attempts).toEqual([0, 10_260]);
  });

  test('unknown channels and malformed or repeated markets are refused with one line', () => {
    const network = scripted();
    const make = (markets: string[], channels?: string[]) =>
      new VenueConnection({
        ...network,
        plugin: okx,
        markets,
        channels: channels as never,
        rng: createRng(1),
      });
    expect(() => make(['BTC/USDT'], ['books'])).toThrow('no channel "books"');
    expect(() => make(['BTCUSDT'])).toThrow('base and quote');
    expect(() => make(['KRW-BTC'])).toThrow('got "KRW-BTC": write "BTC/KRW".');
    expect(() => make(['KRW/BTC'])).toThrow('write "BTC/KRW" for BTC priced in KRW.');
    expect(() => make(['BTC/USDT', 'btc/usdt'])).toThrow('named twice');
    expect(() => make([])).toThrow('at least one market');
    expect(() => make(['BTC/USDT']).book('ETH/USDT')).toThrow('was not asked for');
  });
});

describe('clocks', () => {
  test('a virtual clock runs calls in the order of their times, those of one time in the order they were made', () => {
    const clock = new VirtualClock(100);
    const seen: string[] = [];
    clock.schedule(20, () => seen.push(`c ${clock.nowMs()}`));
    clock.schedule(10, () => {
      seen.push(`a ${clock.nowMs()}`);
      clock.schedule(5, () => seen.push(`b ${clock.nowMs()}`));
    });
    clock.schedule(20, () => seen.push(`d ${clock.nowMs()}`));
    const cancel = clock.schedule(15, () => seen.push('never'));
    cancel();
    clock.runUntil(130);
    expect(seen).toEqual(['a 110', 'b 115', 'c 120', 'd 120']);
    expect([clock.nowMs(), clock.numPending]).toEqual([130, 0]);
  });

  test('a steady clock does not follow a wall clock that is set', () => {
    const clock = new VirtualClock(100);
    const steady = createSteadyClock(clock);
    clock.setWallAheadBy(-5000);
    clock.runUntil(150);
    expect([clock.nowMs(), steady.nowMs()]).toEqual([-4850, 150]);
    const later = createSteadyClock(clock, 1000);
    clock.runUntil(160);
    expect(later.nowMs()).toBe(1010);
  });

  test('a steady clock counts the sleep of the machine, and asks for it ten times a second at most', () => {
    const clock = new VirtualClock(1000);
    let numAsked = 0;
    let sleptMs = 0;
    const sleeping = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      schedule: (delayMs: number, callback: () => void) => clock.schedule(delayMs, callback),
      sleptMs: () => {
        numAsked++;
        return sleptMs;
      },
    };
    const steady = createSteadyClock(sleeping);
    expect([steady.nowMs(), numAsked]).toEqual([1000, 1]);
    sleptMs = 5000;
    clock.runUntil(1099);
    expect([steady.nowMs(), numAsked]).toEqual([1099, 1]);
    clock.runUntil(1100);
    expect([steady.nowMs(), numAsked]).toEqual([6100, 2]);
    clock.runUntil(1199);
    expect([steady.nowMs(), numAsked]).toEqual([6199, 2]);
    // What was slept is not unslept.
    sleptMs = 100;
    clock.runUntil(1200);
    expect([steady.nowMs(), numAsked]).toEqual([6200, 3]);
  });

  test('the offset of a venue is that of its quickest messages, and the lag counts from it', () => {
    const offset = new ClockOffset();
    expect([offset.minimumMs, offset.medianMs]).toEqual([Number.NaN, Number.NaN]);
    for (let i = 0; i < 300; i++) offset.add(1000 * i + 30 + (i % 10), 1000 * i + 1270);
    expect(offset.minimumMs).toBe(-1240);
    expect(offset.medianMs).toBe(-1235);
    expect(offset.add(400_040, 400_000)).toBe(1280);
    // What was minutes ago is forgotten.
    for (let i = 0; i < 700; i++) offset.add(400_100 + 1000 * i, 400_000 + 1000 * i);
    expect(offset.minimumMs).toBe(100);
  });

  test.each([
    ['within its stretch, as long as the one before counts', 299_999, 1000],
    ['at the end of that, or later, nothing does', 300_000, 0],
  ])('what was quickest before is known %s', (_, afterMs, lagMs) => {
    // Stretches of 150 s: the first begins with the first message, the next with the first message after it.
    const offset = new ClockOffset();
    offset.add(0, 0);
    expect(offset.add(afterMs, afterMs - 1000)).toBe(lagMs);
  });

  test('waits double from a second to a minute, and are the same for the same seed', () => {
    const waits = (seed: number) => {
      const rng = createRng(seed);
      return Array.from({ length: 9 }, (_, attempt) => backoffMs(attempt, rng));
    };
    expect(waits(1)).toEqual(waits(1));
    expect(waits(1)).not.toEqual(waits(2));
    expect(Math.max(...waits(3))).toBeLessThanOrEqual(60_000);
  });
});
