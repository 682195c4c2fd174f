/** How fast live messages are taken in: read, checked and put into the book; and how soon a decision follows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../../core/rng.ts';
import { parseMarkets } from '../../live/connection/venue-markets.ts';
import { VenueSession } from '../../live/connection/venue-session.ts';
import { assemble } from '../../live/session/assemble.ts';
import { resolveLiveConfig } from '../../live/session/config.ts';
import { binance } from '../../live/venues/binance.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';
import { type Benchmark, secondsPer } from './benchmark.ts';
import type { DecisionLatency } from './live-latency.ts';
import { measureRecoverySeconds } from './live-recovery.ts';
import { inOwnProcess } from './own-process.ts';

export const liveBenchmarks: readonly Benchmark[] = [
  { name: 'live.depth_messages_per_s', unit: '1/s', measure: measureDepthMessages },
  {
    name: 'live.rss_mb_per_hour',
    unit: 'MB/h',
    measure: () => JSON.parse(inOwnProcess('live-figures', 'memory')),
  },
  { name: 'live.session_messages_per_s', unit: '1/s', measure: measureSessionMessages },
  { name: 'live.recovery_s', unit: 's', measure: () => measureRecoverySeconds(120_000) },
  { name: 'live.decision_p50_us', unit: 'µs', measure: () => decisionLatency().p50Us },
  { name: 'live.decision_p99_us', unit: 'µs', measure: () => decisionLatency().p99Us },
];

const MESSAGES = 4000;
/** Levels changed by a message: what a busy market's stream of 100 ms has on average. */
const LEVELS_PER_MESSAGE = 36;
const SNAPSHOT_LEVELS = 1000;
const TICK = 0.01;
const MIDDLE = 6_000_000;

let latency: DecisionLatency | undefined;
/** Measured once for both rows. */
const decisionLatency = (): DecisionLatency => {
  latency ??= JSON.parse(inOwnProcess('live-figures', 'latency')) as DecisionLatency;
  return latency;
};

/** A snapshot, and the messages that follow it, as Binance sends them. */
function depthMessages(): { frames: string[]; body: string } {
  const rng = createRng(1);
  const level = (side: -1 | 1, size: number): [string, string] => {
    // Most changes are near the best price, and some far away.
    const distance = 1 + Math.floor(SNAPSHOT_LEVELS * rng.uniform() ** 3);
    return [((MIDDLE + side * distance) * TICK).toFixed(8), size.toFixed(8)];
  };
  const side = (sign: -1 | 1): [string, string][] =>
    Array.from({ length: LEVELS_PER_MESSAGE / 2 }, () =>
      level(sign, rng.uniform() < 0.4 ? 0 : rng.uniform() * 5),
    );
  const frames = Array.from({ length: MESSAGES }, (_, i) => {
    const data = {
      e: 'depthUpdate',
      E: 1_700_000_000_000,
      s: 'BTCUSDT',
      U: i + 1,
      u: i + 1,
      b: side(-1),
      a: side(1),
    };
    return JSON.stringify({ stream: 'btcusdt@depth@100ms', data });
  });
  const whole = (sign: -1 | 1) =>
    Array.from({ length: SNAPSHOT_LEVELS }, (_, i) => [
      ((MIDDLE + sign * (i + 1)) * TICK).toFixed(8),
      '1.00000000',
    ]);
  const body = JSON.stringify({ lastUpdateId: 0, bids: whole(-1), asks: whole(1) });
  return { frames, body };
}

/** Text to book, without a session behind it. */
function measureDepthMessages(): number {
  const { frames, body } = depthMessages();
  const markets = parseMarkets('binance', ['BTC/USDT'], binance.nativeSymbol);

  const seconds = secondsPer(1, () => {
    let updates = 0;
    const session = new VenueSession({
      setup: binance.connect(markets),
      markets,
      channels: ['book'],
      onEvent: ({ kind }) => {
        if (kind === 'book') updates++;
      },
      onCommand: () => {},
    });
    session.handle({ kind: 'open' }, 0);
    session.handle({ kind: 'snapshot', symbol: 'BTC/USDT', body }, 0);
    for (let i = 0; i < MESSAGES; i++) session.handle({ kind: 'frame', text: frames[i] }, i);
    if (updates !== MESSAGES) throw new Error(`${updates} of ${MESSAGES} messages reached the book.`);
  });
  return MESSAGES / seconds;
}

/** Text to book to market, every frame on a tape on the disk. */
function measureSessionMessages(): number {
  const { frames, body } = depthMessages();
  const directory = mkdtempSync(join(tmpdir(), 'market-gym-bench-'));
  let round = 0;
  const seconds = secondsPer(1, () => {
    const tape = new TapeWriter(join(directory, String(round++)));
    const config = resolveLiveConfig({ mode: 'trading' });
    const { repeat, venueSessions } = assemble(
      { config, model: 'hold', modelCreatedMs: Number.NaN },
      {
        venues: [binance],
        policyFor: () => ({ model: 'hold', createdMs: Number.NaN, act: () => 0 }),
        record: (record) => tape.append(record),
      },
    );
    repeat(['input', 0, 0, 'open']);
    repeat(['input', 0, 0, 'snapshot', 'BTC/USDT', body]);
    for (let i = 0; i < MESSAGES; i++) repeat(['input', i, 0, 'frame', frames[i]]);
    tape.flush();
    const { bookUpdates } = venueSessions[0].counters;
    if (bookUpdates !== MESSAGES) throw new Error(`${bookUpdates} of ${MESSAGES} messages reached the book.`);
  });
  rmSync(directory, { recursive: true });
  return MESSAGES / seconds;
}
