/** What a market across venues says of itself and of a choice before it is carried out. */
import { describe, expect, test } from 'vitest';
import { arbitrageConfig } from '../../../envs/arbitrage/config.ts';
import { ArbitrageLiveMarket } from '../../../live/session/arbitrage-live-market.ts';

const START_MS = 1_700_000_000_000;
const VENUES = ['a', 'b'].map((name) => ({ name, base: 'BTC', quote: 'USDT' }));
const FEES = [0.001, 0.002];
const SIZES = [0.05, 0.2];

const book = (bid: number, ask: number) => ({
  bidPrices: Float64Array.of(bid),
  bidSizes: Float64Array.of(1000),
  askPrices: Float64Array.of(ask),
  askSizes: Float64Array.of(1000),
});

/** Two venues, of which the second bids more than the first asks, at the first decision. */
function open(env: Record<string, unknown> = {}) {
  const config = arbitrageConfig.parse({
    warmupEvents: 4,
    takerFeeRates: FEES,
    sizes: SIZES,
    latencyMs: [0],
    initialEquity: 10_000,
    ...env,
  });
  const market = new ArbitrageLiveMarket({ config, venues: VENUES, depth: 1, seed: 1 });
  let timeMs = START_MS;
  const show = (venue: number, bid: number, ask: number) => {
    timeMs += 1000;
    market.takeBook(venue, book(bid, ask), 0, timeMs);
  };
  for (let i = 0; i < 4; i++) show(i % 2, i % 2 === 0 ? 99 : 103, i % 2 === 0 ? 100 : 104);
  market.decide();
  return { market, show, timeMs: () => timeMs };
}

test('until every venue has been heard and the statistics have run in, it decides nothing', () => {
  const config = arbitrageConfig.parse({ warmupEvents: 3, initialEquity: 10_000 });
  const market = new ArbitrageLiveMarket({ config, venues: VENUES, depth: 1, seed: 1 });
  for (let i = 1; i <= 4; i++) {
    market.takeBook(0, book(99, 100), 0, START_MS + i);
    expect(market.nextDecisionMs).toBeNaN();
  }
  expect(market.account).toEqual({
    equity: 10_000,
    initialEquity: 10_000,
    exposure: 0,
    numFills: 0,
    numOrders: 0,
  });
  expect(market.save().values).toMatchObject({
    'own/isOpen': 0,
    'own/nextDecisionMs': null,
    'env/env/endRow': 0,
    'env/env/running': false,
    'env/env/transfers': 0,
    'env/env/refused': 0,
  });
  market.takeBook(1, book(99, 100), 0, START_MS + 9);
  expect(market.nextDecisionMs).toBe(START_MS + 9);
  expect(market.decide()?.reward).toBe(0);
});

describe('a proposal', () => {
  test('of a trade has its size at the ask, raises risk, and has the edge after both fees in basis points', () => {
    const { market } = open();
    const proposals = Array.from({ length: (market.actionSpace as { n: number }).n }, (_, i) =>
      market.propose(i),
    );
    const edge = (ask: number, bid: number, buy: number, sell: number) =>
      1e4 * ((bid * (1 - FEES[sell])) / (ask * (1 + FEES[buy])) - 1);
    const trades = proposals.filter(({ edgeBps }) => !Number.isNaN(edgeBps));
    // Each direction in both sizes.
    expect(trades).toHaveLength(4);
    const expected = [edge(100, 103, 0, 1), edge(104, 99, 1, 0)];
    for (const { edgeBps, increasesRisk, notional } of trades) {
      expect(increasesRisk).toBe(true);
      const direction = edgeBps > 0 ? 0 : 1;
      expect(edgeBps).toBeCloseTo(expected[direction], 9);
      expect(notional).toBeGreaterThan(0);
    }
    const [small, large] = trades.filter(({ edgeBps }) => edgeBps > 0).map(({ notional }) => notional);
    expect(large / small).toBeCloseTo(SIZES[1] / SIZES[0], 9);
  });

  test('of holding sends nothing, of flattening what is at risk', () => {
    const { market } = open();
    expect(market.propose(0)).toEqual({
      exposure: 0,
      notional: 0,
      increasesRisk: false,
      edgeBps: Number.NaN,
    });
  });

  test('of continuous sizes sums what all pairs would trade', () => {
    const { market } = open({ actions: 'continuous' });
    const of = (...parts: number[]) => market.propose(Float32Array.from(parts));
    const one = of(1);
    expect(one).toMatchObject({ increasesRisk: true, edgeBps: Number.NaN });
    expect(one.notional).toBeGreaterThan(0);
    expect(of(-0.5).notional).toBeCloseTo(one.notional / 2, 9);
    expect(of(0).notional).toBe(0);
  });
});

test('its net edge is that of the best pair after both fees, whatever the size of the prices', () => {
  const edge = 1e4 * ((103 * (1 - FEES[1])) / (100 * (1 + FEES[0])) - 1);
  const { market, show } = open();
  expect(market.netEdgeBps()).toBeCloseTo(edge, 9);
  expect([market.midOf(0), market.midOf(1)]).toEqual([99.5, 103.5]);
  show(0, 0.099, 0.1);
  show(1, 0.103, 0.104);
  expect(market.netEdgeBps()).toBeCloseTo(edge, 9);
  // The other way round is never better here; without an ask there is none.
  show(0, 0.099, 0);
  expect(market.netEdgeBps()).toBeCloseTo(1e4 * ((0.099 * (1 - FEES[0])) / (0.104 * (1 + FEES[1])) - 1), 9);
});

describe('a leg that fails', () => {
  test.each([
    ['the second', 1],
    ['the first', 0],
  ])('%s leaves something open, which flatten closes', (_, failing) => {
    const { market, show } = open({ latencyMs: [100] });
    expect(market.isFlat).toBe(true);
    const trade = Array.from({ length: (market.actionSpace as { n: number }).n }, (_, i) => i).find(
      (i) => market.propose(i).edgeBps > 0,
    ) as number;
    market.begin(trade);
    market.loseBook(failing);
    expect([market.account.numOrders, market.isFlat]).toEqual([2, false]);
    show(1 - failing, failing === 0 ? 103 : 99, failing === 0 ? 104 : 100);
    market.decide();
    expect(market.account.numOrders).toBe(0);
    expect(Math.sign(market.account.exposure)).toBe(failing === 0 ? -1 : 1);
    expect(market.isFlat).toBe(false);
    const { notional, increasesRisk, exposure } = market.propose((market.actionSpace as { n: number }).n - 1);
    expect({ increasesRisk, exposure }).toEqual({ increasesRisk: false, exposure: 0 });
    expect(notional).toBeCloseTo(Math.abs(market.account.exposure) * market.account.equity, 9);
    market.flatten();
    show(1 - failing, failing === 0 ? 103 : 99, failing === 0 ? 104 : 100);
    market.decide();
    expect(market.isFlat).toBe(true);
    expect(Math.abs(market.account.exposure)).toBeLessThan(1e-6);
  });
});

test('a decision is due every decisionMs, or with the next book', () => {
  const every = open({ decisionMs: 5000 });
  expect(every.market.nextDecisionMs).toBe(every.timeMs() + 5000);
  const each = open({ decisionMs: 0 });
  expect(each.market.nextDecisionMs).toBe(Infinity);
  each.market.hold();
  each.show(0, 99, 100);
  expect(each.market.nextDecisionMs).toBe(each.timeMs());
});

test('a step that held is rewarded for its own change of equity alone', () => {
  const { market, show } = open({ latencyMs: [100] });
  const trade = Array.from({ length: (market.actionSpace as { n: number }).n }, (_, i) => i).find(
    (i) => market.propose(i).edgeBps > 0,
  ) as number;
  market.begin(trade);
  // Only what was bought arrives: it is at risk of the price.
  market.loseBook(1);
  show(0, 99, 100);
  market.decide();
  for (const bid of [104, 101]) {
    const { equity } = market.account;
    market.hold();
    show(0, bid, bid + 1);
    const reward = market.decide()?.reward as number;
    expect(Math.sign(reward)).toBe(bid === 104 ? 1 : -1);
    expect(reward).toBeCloseTo(((market.account.equity - equity) / 10_000) * 1e4, 6);
  }
});

test('its state has the keys of an arbitrage env, by which older tapes are repeated', () => {
  const { values } = open().market.save();
  expect(values).toMatchObject({ 'own/isOpen': 1, 'env/env/nextStart': 0, 'env/env/endRow': null });
});
