/** What becomes of orders that are under way when a session is halted: each is filled or not, and what it opened is closed. */
import { expect, test } from 'vitest';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import type { LegReport, SentLeg } from '../../../market/arbitrage/venue-desk.ts';
import type { BookTape } from '../../../market/books/tape.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { counts } from '../../soak.ts';
import {
  entriesOf,
  maskedHashPolicy,
  recordSession,
  twoVenueBooks,
  VENUE_NAMES,
} from '../recorded-session.ts';
import { TRADING_SCRIPT } from '../scripted-run.ts';

const books = walkingBooks({ events: 1500, depth: 3 });
const CONFIG = {
  ...TRADING_SCRIPT,
  env: { ...TRADING_SCRIPT.env, actions: 'continuous', latencySigma: 0.5 },
  risk: { maxOrdersPerMinute: 1e5, maxDrawdown: 1 },
  seed: 5,
};
const HALTS = counts(2, 12);

const ofKind = (tape: readonly TapeRecord[], kind: string) => tape.filter(([name]) => name === kind);

/** Halts a session while an order is under way. */
function haltAt(books: BookTape, config: Readonly<Record<string, unknown>>, haltMs: number): TapeRecord[] {
  let isHalted = false;
  return recordSession({
    books,
    config,
    policyFor: maskedHashPolicy,
    before(_, take, timeMs) {
      if (isHalted || timeMs < haltMs) return;
      isHalted = true;
      take(['halt', haltMs, 'by hand']);
    },
  });
}

/** Moments at which some of a session's orders are under way, from the first to those a minute before its end. */
function momentsUnderWay(books: BookTape, config: Readonly<Record<string, unknown>>): number[] {
  const endMs = books.timeMs[books.length - 1] - 60_000;
  const ways = ofKind(recordSession({ books, config, policyFor: maskedHashPolicy }), 'order')
    .map(([, timeMs, order]) => ({
      // A decision is made when the first event after it comes.
      sentMs: books.timeMs.find((time) => time >= timeMs) ?? Infinity,
      arrivalMs: (order as unknown as SentLeg).arrivalMs,
    }))
    .filter(({ sentMs, arrivalMs }) => sentMs < arrivalMs && arrivalMs < endMs);
  const every = Math.max(1, Math.floor(ways.length / HALTS));
  return ways
    .filter((_, i) => i % every === 0)
    .map(({ sentMs, arrivalMs }, i) => sentMs + (0.1 + 0.08 * (i % 10)) * (arrivalMs - sentMs));
}

/** Whether the policy's own orders end with the halt, and what they opened with the last decision. */
function expectClosed(tape: TapeRecord[], haltMs: number): void {
  const decisions = ofKind(tape, 'decision').filter(([, timeMs]) => timeMs > haltMs);
  expect(decisions.length).toBeGreaterThan(5);
  for (const [, , , verdict, reason] of decisions) expect([verdict, reason]).toEqual(['flatten', 'halted']);
  expect(decisions.at(-1)?.at(-1)).toBe(0);
  const replayed = replayTape(entriesOf(tape), {
    venues: builtInVenues,
    policyFor: (_model, _createdMs, market) => maskedHashPolicy(market),
  });
  expect(replayed.difference).toBeUndefined();
}

test.each([
  ['lands before the next decision', { latencyMs: 300 }],
  ['is longer under way than a bar', { latencyMs: 5000 }],
  ['finds too little in the book', { latencyMs: 300, initialEquity: 3e5 }],
  ['opened less than the rebalance band', { latencyMs: 300, rebalanceBand: 0.3 }],
])('an order of a trading session that %s is closed', (_, change) => {
  const config = { ...CONFIG, env: { ...CONFIG.env, ...change } };
  const moments = momentsUnderWay(books, config);
  expect(moments.length).toBeGreaterThanOrEqual(HALTS);
  let numFilledAfter = 0;
  for (const haltMs of moments) {
    const tape = haltAt(books, config, haltMs);
    expectClosed(tape, haltMs);
    const sent = ofKind(tape, 'order').filter(([, timeMs]) => timeMs <= haltMs).length;
    expect(sent).toBeGreaterThan(0);
    if (ofKind(tape, 'fill').some(([, timeMs]) => timeMs > haltMs)) numFilledAfter++;
  }
  // Otherwise nothing would have been under way.
  expect(numFilledAfter).toBeGreaterThan(moments.length / 2);
});

test.each(['discrete', 'continuous'])(
  'legs of %s arbitrage under way are closed when one fails',
  (actions) => {
    const books = twoVenueBooks(2000);
    const config = {
      ...CONFIG,
      mode: 'arbitrage',
      markets: VENUE_NAMES.map((venue) => ({ venue, symbol: 'BTC/USDT' })),
      depth: books.depth,
      env: {
        warmupEvents: 100,
        latencyMs: [800],
        priceMoveRate: 0.00002,
        latencySigma: 0.5,
        takerFeeRates: [0.0001],
        actions,
        decisionMs: 2000,
      },
    };
    let numFailed = 0;
    for (const haltMs of momentsUnderWay(books, config)) {
      const tape = haltAt(books, config, haltMs);
      expectClosed(tape, haltMs);
      const later = ofKind(tape, 'fill')
        .filter(([, timeMs]) => timeMs > haltMs)
        .map(([, , report]) => report as unknown as LegReport);
      if (later.some(({ filled }) => filled === 0)) numFailed++;
    }
    expect(numFailed).toBeGreaterThan(0);
  },
);
