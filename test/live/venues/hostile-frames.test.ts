/** Frames that no venue should send, over real sockets, to a session that trades: counted, on the tape, survived. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { systemClock } from '../../../live/connection/clock.ts';
import { createScaledClock } from '../../../live/connection/scaled-clock.ts';
import { wsTransport } from '../../../live/connection/ws-transport.ts';
import { resolveLiveConfig } from '../../../live/session/config.ts';
import { LiveRun } from '../../../live/session/live-run.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import { readTape, type TapeRecord } from '../../../storage/tape.ts';
import { FakeMarket } from '../fake-market.ts';
import { startLocalServer } from '../local-server.ts';
import { hashPolicy } from '../recorded-session.ts';
import { dialects } from './dialects.ts';

const SPEED = 50;
const DEEP = 200_000;
const MAX_FRAME_BYTES = 2 * 2 ** 20;
const deep = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;

/** What is sent, whether the connection can go on, and what the tape says of it. */
const FRAMES: readonly [name: string, frame: (good: string) => string | Buffer, news: RegExp][] = [
  ['truncated JSON', (good) => good.slice(0, -20), /"rejected".*not JSON/],
  ['an empty text', () => '', /"rejected".*not JSON/],
  ['no object', () => '[1,2,3]', /"rejected".*not a JSON object/],
  ['deep nesting', () => deep, /"rejected".*not a JSON object/],
  ['deep nesting where a price should be', (good) => good.replace(/"b":\[/, `"b":[${deep},`), /"rejected"/],
  ['deep nesting that never ends', () => '{"a":'.repeat(DEEP), /"rejected".*not JSON/],
  ['letters that are none', () => '\u0000\ud800{}', /"rejected".*not JSON/],
  ['bytes', () => Buffer.from([0, 255, 1]), /"rejected".*binary frame of 3 bytes/],
  ['too large a frame', () => 'x'.repeat(MAX_FRAME_BYTES + 1), /"disconnected".*(1009|Max payload)/],
];

const directory = mkdtempSync(join(tmpdir(), 'market-gym-hostile-'));
const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
  rmSync(directory, { recursive: true, force: true });
});

test('each is counted and on the tape, and the session trades on', { timeout: 60_000 }, async () => {
  const dialect = dialects.find(({ plugin }) => plugin.name === 'bybit')!;
  const market = new FakeMarket('BTC', 'USDT', createRng(1));
  const server = await startLocalServer(dialect, [market]);
  closers.push(() => server.close());
  const records: TapeRecord[] = [];
  const tape = join(directory, 'tape');
  const run = new LiveRun({
    header: {
      config: resolveLiveConfig({
        markets: [
          {
            venue: 'bybit',
            symbol: 'BTC/USDT',
            settings: {
              url: server.url,
              maxFrameBytes: MAX_FRAME_BYTES,
              staleAfterMs: 1e7,
              resyncBudget: 1000,
            },
          },
        ],
        channels: ['book'],
        depth: 2,
        env: {
          barMs: 1000,
          staleMs: 60_000,
          features: ['return:1'],
          normalize: 'none',
          window: 1,
          latencyMs: 1,
        },
        risk: { maxDrawdown: 1, maxOrdersPerMinute: 1e5, maxLoopLagMs: 1e6 },
      }),
      model: 'hash',
      modelCreatedMs: Number.NaN,
    },
    venues: builtInVenues,
    policyFor: (model, createdMs, home) => hashPolicy(home, model, createdMs),
    // So that the waits between connections, which double, are short.
    clock: createScaledClock(systemClock, SPEED),
    transport: wsTransport,
    tape,
    onRecord: (record) => records.push(record),
  });
  closers.push(() => run.stop());
  run.start();
  const { session } = run.connections[0];
  const numRejected = () => Object.values(session.counters.rejected).reduce((a, b) => a + b);
  /** Moves the market until another decision was made on a good book. */
  const tradesOn = () => {
    const from = records.length;
    return vi.waitFor(
      () => {
        server.advance(market);
        const passed = records
          .slice(from)
          .some(([kind, , , verdict]) => kind === 'decision' && verdict === 'pass');
        expect(passed).toBe(true);
      },
      { timeout: 20_000, interval: 10 },
    );
  };
  await tradesOn();
  const good = records.findLast(([kind, , , input]) => kind === 'input' && input === 'frame')?.[4] as string;
  expect(JSON.parse(good).topic).toMatch(/^orderbook/);

  for (const [name, frame, news] of FRAMES) {
    const from = records.length;
    const before = numRejected();
    server.broadcast(frame(good));
    const isTold = () => records.slice(from).some((record) => news.test(JSON.stringify(record)));
    await vi.waitFor(() => expect(isTold(), name).toBe(true), { timeout: 20_000, interval: 5 });
    // The network itself refuses what is too large.
    const counted = name === 'too large a frame' ? 0 : 1;
    expect([name, numRejected() - before]).toEqual([name, counted]);
    await tradesOn();
  }
  expect(run.connections[0].status.state).toBe('connected');
  await run.stop();

  const outcome = replayTape(readTape(tape), {
    venues: builtInVenues,
    policyFor: (model, createdMs, home) => hashPolicy(home, model, createdMs),
  });
  expect(outcome.difference).toBeUndefined();
  expect(outcome.missing).toEqual([]);
});
