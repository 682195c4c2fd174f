import { expect, test } from 'vitest';
import { ArbitrageLiveMarket } from '../../../live/session/arbitrage-live-market.ts';
import { resolveLiveConfig } from '../../../live/session/config.ts';
import { TradingMarket } from '../../../live/session/trading-live-market.ts';
import type { LegReport } from '../../../market/arbitrage/venue-desk.ts';
import type { BookLevels } from '../../../market/execution/book-matcher.ts';
import type { Fill } from '../../../market/execution/fill.ts';

const bookAt = (mid: number): BookLevels => ({
  bidPrices: Float64Array.of(mid - 0.5),
  bidSizes: Float64Array.of(1000),
  askPrices: Float64Array.of(mid + 0.5),
  askSizes: Float64Array.of(1000),
});

const BAR_MS = 2000;
const LATENCY_MS = 300;
const SENT_MS = 4 * BAR_MS;

/** A market with an order that left at `SENT_MS` and is under way for `LATENCY_MS`. */
function tradingWithOrder(): { market: TradingMarket; fills: Fill[] } {
  const env = { barMs: BAR_MS, features: ['return:1'], normalize: 'none', window: 1, latencyMs: LATENCY_MS };
  const config = resolveLiveConfig({ mode: 'trading', env });
  if (config.mode !== 'trading') throw new Error('another mode');
  const fills: Fill[] = [];
  const market = new TradingMarket({
    config: config.env,
    depth: 1,
    seed: 1,
    onFill: (fill) => fills.push({ ...fill }),
  });
  for (let timeMs = 100; timeMs < SENT_MS; timeMs += 500) {
    if (timeMs > market.nextDecisionMs) market.decide();
    market.takeBook(0, bookAt(100), 0, timeMs);
  }
  expect(market.nextDecisionMs).toBe(SENT_MS);
  expect(market.decide()).toBeDefined();
  market.begin(2);
  expect(market.account.numOrders).toBe(1);
  return { market, fills };
}

test('an order meets the book that is there when it arrives', () => {
  const { market, fills } = tradingWithOrder();
  market.takeBook(0, bookAt(120), 0, SENT_MS + 1000);
  expect(fills).toHaveLength(1);
  expect(fills[0].timeMs).toBe(SENT_MS + LATENCY_MS);
  expect(fills[0].price).toBeCloseTo(100.5, 9);
});

test('an order that arrives while the book is lost fills neither on the old book nor on the new one', () => {
  const { market, fills } = tradingWithOrder();
  market.loseBook();
  market.takeBook(0, bookAt(120), 0, SENT_MS + 1000);
  expect(fills).toEqual([]);
  expect(market.account).toMatchObject({ numOrders: 0, exposure: 0 });
  expect(market.describe().unfilled).toBe(1);
});

test('a book that came back before the order arrives is traded on', () => {
  const { market, fills } = tradingWithOrder();
  market.loseBook();
  market.takeBook(0, bookAt(100.2), 0, SENT_MS + 299);
  market.takeBook(0, bookAt(100.2), 0, SENT_MS + 400);
  expect(fills).toHaveLength(1);
  expect(fills[0].price).toBeCloseTo(100.7, 9);
});

test('a leg that arrives at a venue whose book is lost does not fill, the other one does', () => {
  const config = resolveLiveConfig({
    mode: 'arbitrage',
    markets: [
      { venue: 'bybit', symbol: 'BTC/USDT' },
      { venue: 'okx', symbol: 'BTC/USDT' },
    ],
    env: { warmupEvents: 4, latencyMs: [LATENCY_MS], legPolicy: 'cancel', priceMoveRate: 0.05 },
  });
  if (config.mode !== 'arbitrage') throw new Error('another mode');
  const reports: LegReport[] = [];
  const market = new ArbitrageLiveMarket({
    config: config.env,
    venues: ['bybit', 'okx'].map((name) => ({ name, base: 'BTC', quote: 'USDT' })),
    depth: 1,
    seed: 1,
    onReport: (report) => reports.push({ ...report }),
  });
  for (let event = 0; event < 4; event++) {
    market.takeBook(event % 2, bookAt(event % 2 === 0 ? 1000 : 1020), 0, 1000 + 100 * event);
  }
  market.decide();
  const choice = market.actionSpace.names!.findIndex((name) => name.startsWith('trade:bybit>okx'));
  expect(market.actionMask!()[choice]).toBe(1);
  market.begin(choice);
  market.loseBook(0);
  market.takeBook(1, bookAt(1020), 0, 2000);
  expect(reports.map(({ venue, filled }) => [venue, filled > 0])).toEqual([
    [0, false],
    [1, true],
  ]);
});
