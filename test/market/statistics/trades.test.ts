import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { candlesFromPrices } from '../../../market/candles/candles.ts';
import { BarBroker } from '../../../market/execution/bar-broker.ts';
import { proportionalFee } from '../../../market/execution/fees.ts';
import type { Fill } from '../../../market/execution/fill.ts';
import {
  roundTrips,
  summarizeActivity,
  summarizeTrades,
  type Trade,
} from '../../../market/statistics/trades.ts';

function backtest(prices: number[], targets: number[], fee: number, borrowRatePerYear = 0) {
  const fills: Fill[] = [];
  const broker = new BarBroker({
    candles: candlesFromPrices(prices, { stepMs: 3_600_000 }),
    initialEquity: 1000,
    execution: 'close',
    fees: proportionalFee(fee),
    borrowRatePerYear,
    onFill: (fill) => fills.push({ ...fill }),
  });
  for (const target of targets) {
    broker.requestExposure(target);
    broker.advance();
  }
  const { row, timeMs, mark: price, account } = broker;
  const interestOwed = account.baseInterest * price + account.quoteInterest;
  return { broker, trades: roundTrips(fills, { row, timeMs, price, interestOwed }) };
}

describe('round trips', () => {
  test('a long, a flip to short and an open end make three trades', () => {
    const { trades } = backtest([100, 110, 110, 99, 99, 90], [1, 1, -1, 0, 0.5], 0);
    expect(trades.map((trade) => [trade.direction, trade.entryRow, trade.exitRow, trade.open])).toEqual([
      [1, 0, 2, false],
      [-1, 2, 3, false],
      [1, 4, 5, true],
    ]);
    expect(trades[0].profit).toBeCloseTo(100, 9);
    expect(trades[1].profit).toBeCloseTo(110, 9);
    expect(trades[2].profit).toBeCloseTo(-605 / 11, 9);
    expect(trades[1].exitTimeMs - trades[1].entryTimeMs).toBe(3_600_000);
  });

  test('profits sum to the account’s gain, whatever fees, interest and flips', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.array(fc.constantFrom(-1, -0.5, 0, 0.5, 2), { minLength: 3, maxLength: 40 }),
        (seed, targets) => {
          const rng = createRng(seed);
          const prices = [100];
          for (const _ of targets)
            prices.push(prices[prices.length - 1] * Math.max(0.3, 1 + 0.1 * rng.gaussian()));
          const { broker, trades } = backtest(prices, targets, 0.002, 20);
          const total = trades.reduce((sum, trade) => sum + trade.profit, 0);
          expect(Math.abs(total - (broker.equity - 1000))).toBeLessThan(1e-7);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('statistics by hand', () => {
    const trade = (profit: number, bars: number): Trade => ({
      direction: 1,
      entryTimeMs: 0,
      exitTimeMs: bars * 1000,
      entryRow: 5,
      exitRow: 5 + bars,
      size: 1,
      profit,
      open: false,
    });
    const statistics = summarizeTrades([trade(30, 2), trade(-10, 4), trade(10, 6), trade(-10, 0)]);
    expect(statistics).toEqual({
      numTrades: 4,
      winRate: 0.5,
      profitFactor: 2,
      averageProfit: 5,
      averageHoldingMs: 3000,
      averageHoldingBars: 3,
    });
    expect(summarizeTrades([trade(1, 1)]).profitFactor).toBeNaN();
    expect(summarizeTrades([]).winRate).toBeNaN();
  });

  test('turnover, exposure and time in the market by hand', () => {
    const record = { equity: [100, 110, 90], exposure: [0, -0.5, 1], tradedNotional: [0, 55, 145] };
    const activity = summarizeActivity(record, 252);
    expect(activity.turnover).toBeCloseTo((200 / 300) * 252, 12);
    expect(activity.averageExposure).toBe(0.5);
    expect(activity.timeInMarket).toBeCloseTo(2 / 3, 12);
    expect(() => summarizeActivity({ ...record, exposure: [1] }, 252)).toThrow(/one length/);
  });
});
