import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFill } from '../../../market/execution/fill.ts';
import { MarginAccount, type MarginTerms } from '../../../market/execution/margin-account.ts';
import {
  bankruptcyPrice,
  crossLiquidationPrice,
  isolatedLiquidationPrice,
} from '../../../market/execution/perpetual.ts';
import { DEFAULT_TIERS, MaintenanceTiers } from '../../../market/instruments/maintenance-tiers.ts';

const one = new MaintenanceTiers([{ upTo: null, rate: 0.004, maxLeverage: 125 }]);
const terms: MarginTerms = {
  tiers: one,
  isIsolated: true,
  leverage: 10,
  liquidationFeeRate: 0.005,
  isPartial: true,
};

function opened(size: number, price: number, cash: number, other: Partial<MarginTerms> = {}): MarginAccount {
  const account = new MarginAccount(cash, { ...terms, ...other });
  Object.assign(account.trade, { size, price, quoted: price, feeRate: 0 });
  account.book(createFill());
  return account;
}

describe('a fill of a margin account', () => {
  test('says what was traded, what it cost, and what is left', () => {
    const account = opened(3, 100, 1000);
    const fill = createFill();
    Object.assign(account.trade, { size: -1, price: 110, quoted: 111, feeRate: 0.01 });
    account.book(fill);
    const cashChange = 110 - 1.1;
    expect(fill).toMatchObject({
      size: -1,
      price: 110,
      notional: 110,
      fee: expect.closeTo(1.1, 12),
      slippage: 1,
      baseChange: -1,
      cashChange: expect.closeTo(cashChange, 12),
      interestSettled: 0,
      position: 2,
      equity: expect.closeTo(2 * 111 + 1000 - 300 + cashChange, 9),
      liquidation: false,
    });
    expect([account.totalNotional, account.totalSlippage]).toEqual([410, 1]);
    expect(account.totalFees).toBeCloseTo(1.1, 12);
  });

  test.each([
    ['less than a millionth of a millionth of a trade is nothing', 0.5e-12, 0],
    ['more is a position', 1.5e-12, 1.5e-12],
  ])('%s', (_, left, position) => {
    const account = opened(1, 100, 1000);
    Object.assign(account.trade, { size: -(1 - left), price: 100, quoted: 100, feeRate: 0 });
    account.book(createFill());
    expect(Math.abs(account.base - position)).toBeLessThan(1e-15);
  });
});

describe('a margin account', () => {
  test.each([1, -1] as const)(
    'with isolated margin has the worked liquidation and bankruptcy prices, side %d',
    (side) => {
      const account = opened(side * 3, 100, 1000);
      const position = { side, entry: 100, leverage: 10 };
      expect(account.margin).toBe(30);
      expect(account.liquidationPrice()).toBeCloseTo(isolatedLiquidationPrice(position, 0.004), 12);
      expect(account.liquidationPrice()).toBeCloseTo(side === 1 ? 90.4 : 109.6, 12);
      expect(account.bankruptcyPrice(0.0006)).toBeCloseTo(bankruptcyPrice(position, 0.0006), 10);
      expect(account.bankruptcyPrice(0.0006)).toBeCloseTo(side === 1 ? 90.05403242 : 109.93403958, 8);
    },
  );

  test.each([2, -3])(
    'with cross margin is liquidated where its equity is the maintenance, size %d',
    (size) => {
      const account = opened(size, 100, 40, { isIsolated: false });
      const equity = account.equity(100);
      const price = crossLiquidationPrice({ size, mark: 100, equity, totalMaintenance: 0 }, 0.004);
      expect(account.liquidationPrice()).toBeCloseTo(price, 10);
      expect(account.isBelowMaintenance(price * (1 - Math.sign(size) * 1e-9))).toBe(true);
      expect(account.isBelowMaintenance(price * (1 + Math.sign(size) * 1e-9))).toBe(false);
      expect(account.marginRatio(price)).toBeCloseTo(1, 9);
    },
  );

  test('finds the tier that holds at the liquidation price, not at the entry', () => {
    const tiers = new MaintenanceTiers(DEFAULT_TIERS);
    const account = opened(-10, 24_900, 40_000, { tiers, isIsolated: false });
    const price = account.liquidationPrice();
    expect(10 * price).toBeGreaterThan(250_000);
    expect(account.equity(price)).toBeCloseTo(tiers.maintenance(10 * price), 6);
  });

  test('cannot be liquidated at any price where its cash pays for the position', () => {
    expect(opened(1, 100, 200, { isIsolated: false }).liquidationPrice()).toBe(0);
  });

  test('carries no more than leverage and the cap of each tier', () => {
    const tiers = new MaintenanceTiers(DEFAULT_TIERS);
    const account = new MarginAccount(1, { ...terms, tiers, leverage: 125 });
    expect(account.largestNotional(100)).toBe(12_500);
    expect(account.largestNotional(1000)).toBe(100_000);
    expect(account.largestNotional(10_000)).toBe(500_000);
    expect(account.largestNotional(30_000)).toBe(1_000_000);
    expect(new MarginAccount(1, { ...terms, tiers }).largestNotional(1000)).toBe(10_000);
  });

  test('is cut down tier by tier before it is closed, and pays the liquidation fee for what is traded', () => {
    const tiers = new MaintenanceTiers(DEFAULT_TIERS);
    const account = opened(10, 26_000, 10_000, { tiers, isIsolated: false });
    const price = account.liquidationPrice();
    const fill = createFill();
    account.liquidate(fill, price);
    expect(account.base * price).toBeCloseTo(250_000, 3);
    expect(account.base).toBeGreaterThan(0);
    expect(account.isBelowMaintenance(price)).toBe(false);
    expect(account.totalFees).toBeCloseTo(0.005 * account.totalNotional - 0.005 * 260_000, 3);
    const whole = opened(10, 26_000, 10_000, {
      tiers,
      isIsolated: false,
      isPartial: false,
      liquidationFeeRate: 0.002,
    });
    whole.liquidate(fill, price);
    expect([whole.base, fill.liquidation, whole.alive]).toEqual([0, true, true]);
    expect(whole.cash).toBeGreaterThan(0);
  });

  test('never ends worse than bankrupt: what lies beyond is the deficit of the fund', () => {
    const account = opened(1, 100, 15, { isIsolated: false });
    const fill = createFill();
    account.liquidate(fill, 70);
    expect([account.cash, account.base, account.alive]).toEqual([0, 0, false]);
    expect(fill.price).toBeCloseTo(85, 12);
    expect(account.deficit).toBeCloseTo(15, 12);
    const isolated = opened(1, 100, 500);
    isolated.liquidate(fill, 70);
    expect(isolated.cash).toBeCloseTo(490, 12);
    expect([isolated.alive, isolated.margin]).toEqual([true, 0]);
  });

  test('takes funding from the free wallet first, then from the isolated margin', () => {
    const account = opened(1, 100, 12);
    account.fundingMark = 100;
    account.fundingRate = 0.015;
    account.exchangeFunding();
    expect([account.cash, account.margin]).toEqual([-89.5, 10]);
    account.exchangeFunding();
    expect(account.margin).toBeCloseTo(9, 12);
    expect(account.totalInterest).toBeCloseTo(3, 12);
    expect(account.liquidationPrice()).toBeCloseTo(91.4, 12);
  });

  test('keeps equity = wallet + profit over any trades, and loses fees alone to them', () => {
    const trade = fc.record({
      size: fc.double({ min: -5, max: 5, noNaN: true }),
      price: fc.double({ min: 50, max: 200, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 12 }), (trades) => {
        const account = new MarginAccount(10_000, { ...terms, isIsolated: false });
        const fill = createFill();
        for (const { size, price } of trades) {
          const before = account.equity(price);
          Object.assign(account.trade, { size, price, quoted: price, feeRate: 0.001 });
          account.book(fill);
          expect(account.equity(price)).toBeCloseTo(before - fill.fee, 9);
          expect(account.wallet + account.base * (price - account.entryPrice)).toBeCloseTo(
            account.equity(price),
            8,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  test('goes on as before from a save', () => {
    const account = opened(2, 100, 300);
    const other = new MarginAccount(1, terms);
    other.load(account.save());
    expect(other.save()).toEqual(account.save());
  });
});
