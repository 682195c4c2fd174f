/** Sessions with venues behind a network that drops, repeats, reorders, cuts, stalls and lies about time. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { VenueConnection } from '../../../live/connection/connection.ts';
import type { VenueEvent } from '../../../live/connection/venue.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import type { OrderBook } from '../../../market/books/order-book.ts';
import { counts } from '../../soak.ts';
import { FakeMarket, type Level, viewOf } from '../fake-market.ts';
import { FakeNetwork, LATEST_MS, MANY_FAULTS, NO_FAULTS } from '../fake-network.ts';
import { type Dialect, dialects } from '../venues/dialects.ts';

const RUNS_PER_VENUE = counts(8, 200);
const START_MS = 1_700_000_000_000;
const FAULTY_MS = 30_000;
/** Long enough for the longest silence deadline, the waits between attempts, and a snapshot. */
const CALM_MS = 85_000;
const DECISION_MS = 500;
const TICK_MS = 250;
/** Levels a side of venues that send no more. */
const DEPTHS: Readonly<Record<string, number>> = { kraken: 10, upbit: 15, bithumb: 30 };

interface Outcome {
  readonly log: string;
  readonly decisions: number;
  readonly wrongDecisions: string[];
  readonly lateDiscoveries: string[];
  readonly differences: string[];
  readonly losses: number;
  readonly faults: ReadonlyMap<string, number>;
}

function run(dialect: Dialect, seed: number): Outcome {
  const rng = createRng(`${dialect.plugin.name}/${seed}`);
  const clock = new VirtualClock(START_MS);
  const markets = [
    new FakeMarket('BTC', 'USDT', rng.fork('btc')),
    new FakeMarket('ETH', 'USDT', rng.fork('eth')),
  ];
  const network = new FakeNetwork(clock, rng.fork('network'), dialect, markets);
  const log = createHash('sha256');
  let losses = 0;
  const onEvent = (event: VenueEvent) => {
    if (event.kind === 'book-lost') losses++;
    const { kind, timeMs } = event;
    log.update(
      `${timeMs} ${kind} ${'symbol' in event ? event.symbol : ''} ${'reason' in event ? event.reason : ''}\n`,
    );
  };
  const connection = new VenueConnection({
    plugin: dialect.plugin,
    markets: markets.map(({ base, quote }) => `${base}/${quote}`),
    channels: ['book'],
    config: { resyncBudget: Infinity },
    clock,
    transport: network,
    rng: rng.fork('waits'),
    onEvent,
  });
  const { limits } = dialect.plugin.connect(connection.session.feeds.map(({ market }) => market));
  const outcome = { decisions: 0, wrongDecisions: [] as string[], lateDiscoveries: [] as string[] };
  const skew = rng.fork('skew');
  network.skewMs = 10_000 * skew.uniform() - 5000;
  network.faults = MANY_FAULTS;
  connection.start();

  for (let elapsedMs = 0; elapsedMs < FAULTY_MS + CALM_MS; elapsedMs += DECISION_MS) {
    if (elapsedMs === FAULTY_MS / 2) {
      network.skewMs = 10_000 * skew.uniform() - 5000;
      clock.setWallAheadBy(10_000 * skew.uniform() - 5000);
    }
    if (elapsedMs === FAULTY_MS) network.faults = NO_FAULTS;
    clock.runUntil(START_MS + elapsedMs);
    for (const market of markets) {
      const symbol = `${market.base}/${market.quote}`;
      const feed = connection.session.feed(symbol)!;
      if (!feed.valid) continue;
      const ageMs = market.ageOf(
        viewOf(levelsOf(feed.book, 'bid'), levelsOf(feed.book, 'ask')),
        clock.monotonicMs(),
      );
      // Not a state the market was ever in, or one that is long over: a loss shows in the next message about the
      // book, and where none comes within the deadline of the stream.
      if (!(ageMs <= limits.streamDeadlineMs + TICK_MS + LATEST_MS))
        outcome.lateDiscoveries.push(`${seed} ${elapsedMs} ${symbol} ${ageMs}`);
      const silentMs = connection.clock.nowMs() - connection.session.lastMessageMs;
      if (silentMs > limits.silenceMs + TICK_MS)
        outcome.lateDiscoveries.push(`${seed} ${elapsedMs} silent for ${silentMs}`);
      if (!connection.isTradable(symbol)) continue;
      outcome.decisions++;
      if (!(ageMs <= limits.staleAfterMs + LATEST_MS))
        outcome.wrongDecisions.push(`${seed} ${elapsedMs} ${symbol} ${ageMs}`);
    }
  }

  const differences: string[] = [];
  const depth = DEPTHS[dialect.plugin.name] ?? Infinity;
  // Until no frame is under way any more.
  network.paused = true;
  clock.runUntil(clock.monotonicMs() + 1000);
  for (const market of markets) {
    const symbol = `${market.base}/${market.quote}`;
    // A venue's clock that was set back looks like a feed that lags, and is not traded on for some minutes.
    const feed = connection.session.feed(symbol)!;
    const isReady = connection.isTradable(symbol) || (feed.valid && feed.lagMs > limits.staleAfterMs);
    for (const side of ['bid', 'ask'] as const) {
      const ours = levelsOf(connection.book(symbol), side).map(
        ([price, size]) => `${Number(price)}x${Number(size)}`,
      );
      const reference = market
        .levels(side)
        .slice(0, depth)
        .map(([price, size]) => `${Number(price)}x${Number(size)}`);
      if (ours.join() !== reference.join() || !isReady) differences.push(`${seed} ${symbol} ${side}`);
    }
  }
  connection.stop();
  log.update(JSON.stringify(connection.status.counters));
  return { ...outcome, differences, losses, log: log.digest('hex'), faults: network.counts };
}

function levelsOf(book: OrderBook, side: 'bid' | 'ask'): Level[] {
  const count = side === 'bid' ? book.numBids : book.numAsks;
  return Array.from(
    { length: count },
    (_, rank): Level => [String(book.price(side, rank)), String(book.size(side, rank))],
  );
}

/** Whose protocol is another's, word for word: in the long run alone. */
const ALIKE: readonly string[] = counts(1, 0) === 1 ? ['bithumb', 'bybit-perpetual'] : [];
const tried = dialects.filter(({ plugin }) => !ALIKE.includes(plugin.name));

describe.each(tried)(`$plugin.name through ${RUNS_PER_VENUE} faulty sessions`, (dialect) => {
  test('ends in the right book, decides on no stale or wrong one, and finds losses in time', {
    timeout: 120_000,
  }, () => {
    const wrong = { decisions: [] as string[], discoveries: [] as string[], books: [] as string[] };
    const faults = new Map<string, number>();
    let decisions = 0;
    let losses = 0;
    for (let seed = 0; seed < RUNS_PER_VENUE; seed++) {
      const outcome = run(dialect, seed);
      wrong.decisions.push(...outcome.wrongDecisions);
      wrong.discoveries.push(...outcome.lateDiscoveries);
      wrong.books.push(...outcome.differences);
      decisions += outcome.decisions;
      losses += outcome.losses;
      for (const [fault, count] of outcome.faults) faults.set(fault, (faults.get(fault) ?? 0) + count);
    }
    expect(wrong).toEqual({ decisions: [], discoveries: [], books: [] });
    // The test means something only if there was something to get wrong.
    expect(decisions).toBeGreaterThan(100 * RUNS_PER_VENUE);
    expect(losses).toBeGreaterThan(3 * RUNS_PER_VENUE);
    for (const fault of [
      'drop',
      'duplicate',
      'reorder',
      'truncate',
      'stall',
      'halfOpen',
      'close',
      'refuseConnection',
    ])
      expect(faults.get(fault) ?? 0).toBeGreaterThan(counts(-1, 10));
    if (dialect.plugin.name === 'binance')
      for (const fault of ['slowSnapshot', 'tooManyRequests', 'serverError'])
        expect(faults.get(fault) ?? 0).toBeGreaterThan(counts(-1, 10));
  });

  test('the same seed gives the same log, another seed another', () => {
    const logs = [1, 2, 3].map((seed) => run(dialect, seed).log);
    expect([1, 2, 3].map((seed) => run(dialect, seed).log)).toEqual(logs);
    expect(new Set(logs).size).toBe(3);
  });
});
