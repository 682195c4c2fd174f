import { describe, expect, test } from 'vitest';
import { FillCosts } from '../../../continual/shadow.ts';
import { createRng } from '../../../core/rng.ts';
import { mean } from '../../../core/statistics.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import { hashPolicy, recordSession, VENUE_NAMES } from '../recorded-session.ts';

/** Costs of an arbitrage session's legs, basis points, on quotes of a spread. */
function legCosts(spreadBps: number): number[] {
  const market = new SyntheticVenues({
    events: 1500,
    venues: VENUE_NAMES.map((name) => ({
      name,
      intervalMs: 400,
      basisDeviationBps: 60,
      spreadBps,
      spreadDeviation: 0,
    })),
  });
  const venues = VENUE_NAMES.map((name) => ({ name, base: 'BTC', quote: 'USDT' }));
  const books = { ...structuredClone(market.generate(createRng(3))), venues };
  const costs = new FillCosts();
  return recordSession({
    books,
    config: {
      mode: 'arbitrage',
      markets: VENUE_NAMES.map((venue) => ({ venue, symbol: 'BTC/USDT' })),
      depth: books.depth,
      env: { warmupEvents: 100, latencyMs: [150], takerFeeRates: [0], actions: 'continuous' },
      risk: { maxOrdersPerMinute: 100_000, maxDrawdown: 1 },
      seed: 5,
    },
    policyFor: hashPolicy,
  })
    .map((record) => costs.take(record))
    .filter((cost) => !Number.isNaN(cost));
}

describe('the cost of a fill', () => {
  test('is against the mid at the decision in trading', () => {
    const costs = new FillCosts();
    expect(costs.take(['order', 1, { mid: 100 }])).toBeNaN();
    expect(costs.take(['fill', 2, { size: 2, price: 100.1 }])).toBeCloseTo(10, 9);
    expect(costs.take(['fill', 3, { size: -2, price: 100.1 }])).toBeCloseTo(-10, 9);
  });

  test('is against the mid of its own sending for a leg, and there is none for one that filled nothing', () => {
    const costs = new FillCosts();
    const leg = { tag: 0, venue: 1, side: -1, filled: 2, notional: 199.8, fee: 0, mid: 100 };
    expect(costs.take(['fill', 1, leg])).toBeCloseTo(10, 9);
    expect(costs.take(['fill', 1, { ...leg, side: 1 }])).toBeCloseTo(-10, 9);
    expect(costs.take(['fill', 1, { ...leg, filled: 0, notional: 0 }])).toBeNaN();
    expect(costs.take(['fill', 1, { ...leg, mid: 0 }])).toBeNaN();
  });

  test('rises in arbitrage by half of what the spread does', () => {
    const [narrow, wide] = [4, 34].map(legCosts);
    expect(narrow.length).toBeGreaterThan(50);
    expect(wide.length).toBeGreaterThan(50);
    console.log(
      `legs cost ${mean(narrow).toFixed(2)} bp at 4 bp of spread, ${mean(wide).toFixed(2)} bp at 34`,
    );
    expect(Math.abs(mean(wide) - mean(narrow) - 15)).toBeLessThan(3);
  });
});
