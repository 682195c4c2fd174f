/** What a market on one book says of itself and of an order before it is sent. */
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../../core/config.ts';
import { bookTradingConfig } from '../../../envs/trading/book-config.ts';
import { TradingMarket } from '../../../live/session/trading-live-market.ts';

const START_MS = 1_700_000_000_000;
const BAR_MS = 1000;

const book = (mid: number, size = 1000) => ({
  bidPrices: Float64Array.of(mid - 1),
  bidSizes: Float64Array.of(size),
  askPrices: Float64Array.of(mid + 1),
  askSizes: Float64Array.of(size),
});

/** A market of bars of a second, on books around 100, at its first decision. */
function open(env: Record<string, unknown> = {}) {
  const orders: number[] = [];
  const config = resolveConfig(
    bookTradingConfig,
    {
      barMs: BAR_MS,
      features: ['return:1'],
      normalize: 'none',
      window: 1,
      latencyMs: 0,
      feeRate: 0,
      initialEquity: 1000,
      actions: 'continuous',
      maxLeverage: 2,
      ...env,
    },
    'env "trading-books"',
  );
  const market = new TradingMarket({
    config,
    depth: 1,
    seed: 1,
    onOrder: ({ exposure }) => orders.push(exposure),
  });
  let timeMs = START_MS;
  /** The next bar, with a book in its middle. */
  const bar = (mid = 100) => {
    market.takeBook(0, book(mid), 0, timeMs + BAR_MS / 2);
    timeMs += BAR_MS;
    return market.decide();
  };
  while (bar() === undefined) expect(market.account.exposure).toBe(0);
  return { market, orders, bar };
}

const target = (exposure: number) => Float32Array.of(exposure);

test('its bars are of the middle of the book', () => {
  const { bar } = open();
  const { observation } = bar(110)!;
  expect(observation[0]).toBeGreaterThan(0.09);
  expect(observation[0]).toBeLessThan(0.11);
});

describe('a proposal', () => {
  // Holding 0.5 of 1000.
  test.each<[rule: string, exposure: number, notional: number, increasesRisk: boolean]>([
    ['for what is held asks for nothing', 0.5, 0, false],
    ['for more raises risk', 0.75, 250, true],
    ['for less does not', 0.25, 250, false],
    ['for nothing at all does not', 0, 500, false],
    ['for as much on the other side does, though it is no more', -0.5, 1000, true],
    ['for a little on the other side does', -0.125, 625, true],
  ])('%s', (_, exposure, notional, increasesRisk) => {
    const { market, bar } = open();
    market.begin(target(0.5));
    bar();
    const proposal = market.propose(target(exposure));
    expect(proposal).toMatchObject({ exposure, increasesRisk, edgeBps: Number.NaN });
    // Half of the spread was paid.
    expect(Math.abs(proposal.notional - notional)).toBeLessThanOrEqual(0.03 * notional);
  });

  test('from nothing raises risk on either side, and none does not', () => {
    const { market } = open();
    const of = (exposure: number) => market.propose(target(exposure)).increasesRisk;
    expect([of(0.1), of(-0.1), of(0)]).toEqual([true, true, false]);
  });
});

describe('an account', () => {
  test('is what was begun with until the first decision', () => {
    const config = resolveConfig(bookTradingConfig, { barMs: BAR_MS, initialEquity: 1000 }, 'env');
    const market = new TradingMarket({ config, depth: 1, seed: 1 });
    expect(market.nextDecisionMs).toBeNaN();
    expect(market.account).toEqual({
      equity: 1000,
      initialEquity: 1000,
      exposure: 0,
      numFills: 0,
      numOrders: 0,
    });
    market.takeBook(0, book(100), 0, START_MS);
    expect(market.nextDecisionMs).toBe(START_MS + BAR_MS);
    expect(market.account.exposure).toBe(0);
  });

  test('is worth what the last book says, not the last bar', () => {
    const { market, bar } = open();
    market.begin(target(1));
    bar();
    const { equity } = market.account;
    market.takeBook(0, book(110), 0, START_MS + 60_000);
    expect(market.account.equity - equity).toBeCloseTo((10 * 1000) / 100, -1);
    expect(market.account).toMatchObject({ numFills: 1, numOrders: 0 });
  });

  test('that is ruined is worth its debt', () => {
    const { market, bar } = open();
    market.begin(target(-2));
    bar();
    const step = bar(200);
    expect(step?.terminated).toBe(true);
    // Twice the price: what was sold for all that there was is bought back for twice of it, and more is owed than held.
    expect(market.account.equity).toBeLessThan(0);
  });
});

describe('flat', () => {
  test.each([
    ['at a thousandth', 0.001, false],
    ['below it', 0.0009, true],
    ['at nothing', 0, true],
    ['at a thousandth short', -0.001, false],
  ])('is an exposure %s: %d', (_, exposure, isFlat) => {
    const { market, bar } = open({ rebalanceBand: 0 });
    // A little more than asked for pays for the spread.
    market.begin(target(exposure * 1.03));
    bar();
    expect(market.isFlat).toBe(isFlat);
  });

  test('is no order under way', () => {
    const { market, bar } = open({ latencyMs: 5000 });
    market.begin(target(1));
    bar();
    expect([market.account.numOrders, market.account.exposure, market.isFlat]).toEqual([1, 0, false]);
  });

  test('is what flatten leads to, and hold changes nothing', () => {
    const { market, orders, bar } = open({ actions: 'discrete', levels: [-1, 0, 0.5] });
    market.begin(2);
    bar();
    expect(market.hold()).toBe(2);
    bar();
    expect(orders).toHaveLength(1);
    expect(market.flatten()).toBe(1);
    bar();
    expect([orders.length, market.isFlat, market.hold()]).toEqual([2, true, 1]);
  });

  test('is said by the level that is nearest, the first of two', () => {
    const { market, bar } = open({ actions: 'discrete', levels: [-0.5, 0.5, 1] });
    market.begin(2);
    bar();
    expect(market.flatten()).toBe(0);
  });

  test('is said by the exposure where actions are continuous', () => {
    const { market, bar } = open();
    market.begin(target(0.5));
    bar();
    expect([...(market.hold() as Float32Array)]).toEqual([0.5]);
    expect([...(market.flatten() as Float32Array)]).toEqual([0]);
  });
});

test('a book of one side makes no bar', () => {
  const config = resolveConfig(bookTradingConfig, { barMs: BAR_MS }, 'env');
  const market = new TradingMarket({ config, depth: 1, seed: 1 });
  for (const side of ['bidPrices', 'askPrices'] as const) {
    market.takeBook(0, { ...book(100), [side]: Float64Array.of(0) }, 0, START_MS);
    expect(market.nextDecisionMs).toBeNaN();
  }
});

test('what a person is shown adds up', () => {
  const { market, bar } = open({ feeRate: 0.01 });
  market.begin(target(0.5));
  bar();
  const { position, cash, entryPrice, price, targetExposure, fees, slippage, unfilled } = market.describe();
  expect([price, targetExposure, unfilled]).toEqual([100, 0.5, 0]);
  expect(entryPrice).toBeCloseTo(101, 9);
  expect(position * price + cash).toBeCloseTo(market.account.equity, 9);
  expect(1000 - market.account.equity).toBeCloseTo(fees + slippage, 1);
});
