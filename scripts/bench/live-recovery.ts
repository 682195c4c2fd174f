/** How long a session takes to go on with a long tape: time, memory, and how soon others have their turn meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextTurn, systemClock } from '../../live/connection/clock.ts';
import type { SocketHandlers, Transport } from '../../live/connection/transport.ts';
import { VirtualClock } from '../../live/connection/virtual-clock.ts';
import { resolveLiveConfig } from '../../live/session/config.ts';
import { LiveRun, type LiveRunOptions } from '../../live/session/live-run.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';

const GAP_MS = 100;

export interface RecoveryFigures {
  readonly numInputs: number;
  readonly seconds: number;
  readonly rssMb: number;
  /** The longest that anybody else had to wait, ms. */
  readonly longestWaitMs: number;
}

function optionsFor(tape: string, transport: Transport, clock: LiveRunOptions['clock']): LiveRunOptions {
  const config = resolveLiveConfig({
    markets: [{ venue: 'bybit', symbol: 'BTC/USDT', settings: { silenceMs: 1e12, rotateAfterMs: 1e12 } }],
    channels: ['book'],
    env: { barMs: 60_000, features: ['return:1', 'volatility:20'], normalizationBars: 100 },
  });
  return {
    header: { config, model: 'hold', modelCreatedMs: Number.NaN },
    venues: builtInVenues,
    policyFor: () => ({ model: 'hold', createdMs: Number.NaN, act: () => 1 }),
    clock,
    transport,
    tape,
  };
}

/** A tape of so many messages of 20 levels, written as a session writes it. */
export async function writeLongTape(tape: string, numInputs: number): Promise<void> {
  // It ends about now: bars that nobody saw would be decided on when it is gone on with.
  const startMs = Math.floor(systemClock.nowMs()) - numInputs * GAP_MS;
  const clock = new VirtualClock(startMs);
  let handlers: SocketHandlers | undefined;
  const transport: Transport = {
    connect(_url, _options, listener) {
      handlers = listener;
      return { send() {}, terminate() {} };
    },
    get: () => () => {},
  };
  const run = new LiveRun(optionsFor(tape, transport, clock));
  run.start();
  handlers?.open();
  let price = 50_000;
  for (let n = 1; n <= numInputs; n++) {
    price += (n * 7919) % 13 < 6 ? -1 : 1;
    const side = (sign: number) =>
      Array.from({ length: 10 }, (_, k) => [String(price + sign * (k + 1)), '1.5']);
    const data = { s: 'BTCUSDT', b: side(-1), a: side(1), u: n, seq: n };
    const timeMs = startMs + n * GAP_MS;
    clock.runUntil(timeMs);
    handlers?.text(
      JSON.stringify({ topic: 'orderbook.50.BTCUSDT', type: 'snapshot', ts: timeMs, cts: timeMs, data }),
    );
    // Compressions have their turn.
    if (n % 10_000 === 0) await nextTurn();
  }
  await run.stop();
}

/** Goes on with a tape. */
export async function measureRecovery(tape: string): Promise<RecoveryFigures> {
  const transport: Transport = { connect: () => ({ send() {}, terminate() {} }), get: () => () => {} };
  let lastMs = systemClock.monotonicMs();
  let longestWaitMs = 0;
  const beginMs = lastMs;
  const run = await LiveRun.open(optionsFor(tape, transport, systemClock), () => {
    const now = systemClock.monotonicMs();
    longestWaitMs = Math.max(longestWaitMs, now - lastMs);
    lastMs = now;
  });
  const endMs = systemClock.monotonicMs();
  longestWaitMs = Math.max(longestWaitMs, endMs - lastMs);
  const figures = {
    numInputs: run.recovery?.numInputs ?? 0,
    seconds: (endMs - beginMs) / 1000,
    rssMb: process.memoryUsage().rss / 2 ** 20,
    longestWaitMs,
  };
  await run.stop();
  return figures;
}

/** Of a tape that is made for it. */
export async function measureRecoverySeconds(numInputs: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'market-gym-recovery-'));
  try {
    await writeLongTape(join(folder, 'tape'), numInputs);
    return (await measureRecovery(join(folder, 'tape'))).seconds;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// `node dist/scripts/bench/live-recovery.js write|read TAPE [INPUTS]`
const [, script, verb, tape, count] = process.argv;
if (/live-recovery\.[jt]s$/.test(script ?? '')) {
  if (verb === 'write') await writeLongTape(tape, Number(count));
  else if (verb === 'read') process.stdout.write(`${JSON.stringify(await measureRecovery(tape))}\n`);
}
