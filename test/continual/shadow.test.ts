import { describe, expect, test } from 'vitest';
import { runShadows, type ShadowRun, seriesOfShadow } from '../../continual/shadow.ts';
import { createRng } from '../../core/rng.ts';
import type { LiveMarket } from '../../live/session/live-market.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import { entriesOf, hashPolicy, recordSession, VENUE_NAMES } from '../live/recorded-session.ts';
import { restlessPolicy, sessionSettings } from '../live/session/restless-policy.mjs';
import { walkingBooks } from '../market/walking-books.ts';

/** A tape with a lost connection, an unreadable frame and a halt by hand on it. */
function tapeOf(mode: 'trading' | 'arbitrage'): TapeRecord[] {
  const books =
    mode === 'trading'
      ? walkingBooks({ events: 1500, depth: 3 })
      : new SyntheticVenues({
          events: 700,
          venues: VENUE_NAMES.map((name) => ({ name, intervalMs: 400, basisDeviationBps: 15, spreadBps: 4 })),
        }).generate(createRng(4));
  const venues = VENUE_NAMES.slice(0, books.venues.length);
  return recordSession({
    books: { ...books, venues: venues.map((name) => ({ name, base: 'BTC', quote: 'USDT' })) },
    config: sessionSettings(mode, 'ws://127.0.0.1:1'),
    policyFor: (market) => restlessPolicy(market),
    before(at, take, timeMs) {
      if (at === 300 || at === 640) take(['input', timeMs, 0, 'close', 'gone']);
      if (at === 310 || at === 645) take(['input', timeMs, 0, 'open']);
      if (at === 400) take(['halt', timeMs, 'by hand']);
      if (at === 500) take(['input', timeMs, 0, 'frame', '{"half']);
      if (at === 505) take(['input', timeMs, 0, 'open']);
    },
  });
}

describe.each(['trading', 'arbitrage'] as const)('shadows in %s', (mode) => {
  const tape = tapeOf(mode);
  const firstMs = tape[0][1];
  const lengthMs = 0.6 * (tape[tape.length - 1][1] - firstMs);
  const run = (policies: readonly ((market: LiveMarket) => ReturnType<typeof hashPolicy>)[]) =>
    runShadows({
      entries: entriesOf(tape),
      venues: builtInVenues,
      fromMs: firstMs + lengthMs / 3,
      lengthMs,
      windowDecisions: 10,
      policies,
    });
  const failing = (market: LiveMarket) => {
    let asked = 0;
    const policy = hashPolicy(market);
    return {
      ...policy,
      act(...inputs: Parameters<typeof policy.act>) {
        if (asked++ === 20) throw new Error('out of ideas');
        return policy.act(...inputs);
      },
    };
  };

  test('do together what each does alone, to the bit', () => {
    const policies = [hashPolicy, failing, (market: LiveMarket) => restlessPolicy(market), hashPolicy];
    const together = run(policies)!;
    expect(together.length).toBe(4);
    for (const [i, policy] of policies.entries()) expect(run([policy])).toEqual([together[i]]);
    const [first, broken, restless, again] = together;
    expect(again).toEqual(first);
    expect(first.timeMs.length).toBeGreaterThan(50);
    expect(first.actions).not.toEqual(restless.actions);
    expect(Math.max(...first.tradedNotional)).toBeGreaterThan(0);
    expect(broken.failure).toBeDefined();
    expect(first.failure === undefined).toBe(mode === 'trading');
  });

  test('have no result while the tape ends before the stretch', () => {
    const policies = [hashPolicy];
    const options = { venues: builtInVenues, fromMs: firstMs, policies };
    expect(runShadows({ ...options, entries: entriesOf(tape), lengthMs: 10 * lengthMs })).toBeUndefined();
    expect(runShadows({ ...options, entries: [], lengthMs })).toBeUndefined();
  });
});

test('a run is kept by period: returns, prices, and the mean of the exposures that each period began with', () => {
  const of = (...values: number[]) => Float64Array.from(values);
  const run = {
    timeMs: of(0, 1, 2),
    equity: of(100, 110, 99),
    price: of(10, 11, 12),
    exposure: of(0, 0.5, 1),
  } as unknown as ShadowRun;
  const { returns, price, exposure } = seriesOfShadow(run)!;
  expect([...returns].map((value) => Number(value.toFixed(12)))).toEqual([0.1, -0.1]);
  expect([[...price], exposure]).toEqual([[10, 11, 12], 0.25]);
  const withoutPrice = seriesOfShadow({ ...run, price: of(10, Number.NaN, 12) })!;
  expect([[...withoutPrice.price], withoutPrice.exposure]).toEqual([[1, 1, 1], 0]);
  expect(seriesOfShadow({ ...run, equity: of(100, 0, 0) })).toBeUndefined();
  expect(seriesOfShadow({ ...run, failure: 'its action cannot be' })).toBeUndefined();
});
