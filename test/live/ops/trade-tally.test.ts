/** Round trips of a session's fills. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { type OpsTrade, TradeTally } from '../../../live/ops/trade-tally.ts';
import { type PositionChange, roundTrips } from '../../../market/statistics/trades.ts';

function fillsOf(seed: number, length: number): (PositionChange & Record<string, number>)[] {
  const rng = createRng(seed);
  let position = 0;
  return Array.from({ length }, (_, row) => {
    const target = [-2, -1, 0, 1, 2][rng.integer(5)];
    const baseChange = target - position;
    position = target;
    const price = 100 + rng.uniform() * 10;
    const fee = 0.001 * Math.abs(baseChange) * price;
    return {
      timeMs: row,
      row,
      baseChange,
      cashChange: -baseChange * price - fee,
      interestSettled: rng.uniform() < 0.3 ? 0.05 : 0,
      position,
      notional: Math.abs(baseChange) * price,
      fee,
      slippage: 0.01,
    };
  }).filter(({ baseChange }) => baseChange !== 0);
}

describe('the round trips of a trading session', () => {
  test('one fill at a time are those of all at once', () => {
    for (let seed = 0; seed < 20; seed++) {
      const fills = fillsOf(seed, 60);
      const trades: OpsTrade[] = [];
      const tally = new TradeTally((trade) => trades.push(trade));
      for (const fill of fills) tally.take(fill.timeMs, fill);
      const expected = roundTrips(fills);
      expect(trades.length).toBe(expected.length);
      for (const [i, { profit, direction, size, entryTimeMs, exitTimeMs }] of expected.entries()) {
        expect(trades[i].profit).toBeCloseTo(profit, 9);
        expect(trades[i]).toMatchObject({ direction, size, entryMs: entryTimeMs, exitMs: exitTimeMs });
      }
      const { winRate, numTrades, fees, numFills } = tally.totals();
      expect(numTrades).toBe(expected.length);
      expect(winRate).toBeCloseTo(expected.filter(({ profit }) => profit > 0).length / expected.length, 12);
      expect(fees).toBeCloseTo(
        fills.reduce((sum, { fee }) => sum + fee, 0),
        9,
      );
      expect(numFills).toBe(fills.length);
    }
  });

  test('are none while a position is open, and their share none either', () => {
    const tally = new TradeTally();
    tally.take(0, fillsOf(1, 1)[0] ?? fillsOf(2, 3)[0]);
    expect(tally.totals()).toMatchObject({ numTrades: 0, winRate: null, profit: 0 });
  });
});

describe('a pair of legs', () => {
  const leg = (side: number, filled: number, price: number, mid = price) => ({
    ...{ tag: 0, venue: 0, side, filled, notional: filled * price, fee: filled * 0.1, mid },
  });

  test('is one round trip whose profit is what the sale brought beyond the purchase and the fees', () => {
    const trades: OpsTrade[] = [];
    const tally = new TradeTally((trade) => trades.push(trade));
    tally.take(1, leg(1, 0.1, 100, 99.5));
    tally.take(2, leg(-1, 0.1, 103, 103.5));
    tally.take(3, leg(-1, 0.3, 103));
    tally.take(4, leg(1, 0.1 + 0.2, 101));
    tally.take(5, leg(1, 0, 101));
    expect(trades.map(({ direction, exitMs }) => [direction, exitMs])).toEqual([
      [1, 2],
      [-1, 4],
    ]);
    expect(trades[0].profit).toBeCloseTo(0.3 - 0.02, 12);
    expect(trades[1].profit).toBeCloseTo(0.6 - 0.06, 12);
    expect(tally.totals()).toMatchObject({ numFills: 4, winRate: 1 });
    expect(tally.totals().slippage).toBeCloseTo(0.05 + 0.05, 12);
  });

  test('of which one failed stays open', () => {
    const tally = new TradeTally();
    tally.take(1, leg(1, 0.1, 100));
    tally.take(2, leg(-1, 0.05, 103));
    expect(tally.totals()).toMatchObject({ numFills: 2, numTrades: 0 });
  });
});
