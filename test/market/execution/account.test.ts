import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EnvError } from '../../../core/errors.ts';
import { Account } from '../../../market/execution/account.ts';
import { createFill } from '../../../market/execution/fill.ts';
import type { TradeTerms } from '../../../market/execution/trade-size.ts';

const terms = (exposure: number, price: number, feeRate: number, slippageRate: number): TradeTerms => ({
  exposure,
  price,
  feeRate,
  slippageRate,
  size: Number.NaN,
});

/** Trades at price[i] and values at price[i + 1], interest on the way, as the reference implementation does. */
function replay(prices: number[], targets: number[], feeRate: number, borrowRate: number) {
  const account = new Account(1000);
  const fill = createFill();
  let last = 0;
  const values = targets.map((target, i) => {
    if (target !== last) account.tradeTo(fill, terms(target, prices[i], feeRate, 0));
    last = target;
    account.accrueInterest({ rate: borrowRate, price: prices[i + 1] });
    return account.equity(prices[i + 1]);
  });
  return { account, values };
}

function expectAll(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i] - expected[i])).toBeLessThan(1e-9);
}

describe('the account reproduces the golden cases', () => {
  test('A: long, hold, out, in again', () => {
    const { account, values } = replay([100, 110, 105, 105, 120], [1, 1, 0, 1], 0.001, 0);
    expectAll(values, [1098.9, 1048.95, 1047.90105, 1196.4035988]);
    expectAll([account.base], [9.97002999]);
  });

  test('B: a short pays its fee and interest on the borrowed base', () => {
    const { account, values } = replay([100, 90], [-1], 0.001, 0.0003);
    expectAll(values, [1098.6313686314]);
    expectAll([account.base, account.cash], [-9.99000999001, 1998.001998002]);
  });

  test('C: a leveraged long pays its fee and interest on the borrowed cash', () => {
    expectAll(replay([100, 105], [2], 0.001, 0.0003).values, [1097.5027972028]);
  });

  test('E: the exposure after the fee is the target, at a high fee and through a flip', () => {
    expectAll(replay([100, 100, 100], [2, -1], 0.01, 0).values, [980.198019802, 951.0832271346]);
  });

  test('F: interest adds up for as long as the base is borrowed', () => {
    const prices = [100, 100, 100, 100, 100, 100, 100];
    const { values } = replay(prices, [-1, -1, -1, -1, -1, -1], 0, 0.01);
    expectAll(values, [990, 980, 970, 960, 950, 940]);
  });
});

describe('the account', () => {
  const exposures = fc.double({ min: -3, max: 3, noNaN: true });
  const prices = fc.double({ min: 0.5, max: 2000, noNaN: true });
  const rates = fc.double({ min: 0, max: 0.05, noNaN: true });

  test('holds exactly the target after a trade, whatever fee and slippage', () => {
    fc.assert(
      fc.property(exposures, exposures, prices, rates, rates, (first, second, price, fee, slippage) => {
        const account = new Account(1000);
        const fill = createFill();
        for (const target of [first, second, 0, second]) {
          account.tradeTo(fill, terms(target, price, fee, slippage));
          expect(Math.abs(account.exposure(price) - target)).toBeLessThan(
            1e-12 * Math.max(1, Math.abs(target)),
          );
          account.accrueInterest({ rate: 0.001, price: price });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('loses to a trade its fee and its slippage, no more and no less', () => {
    fc.assert(
      fc.property(exposures, exposures, prices, rates, rates, (first, second, price, fee, slippage) => {
        const account = new Account(1000);
        const fill = createFill();
        account.tradeTo(fill, terms(first, price, fee, slippage));
        account.accrueInterest({ rate: 0.01, price: price });
        const before = account.equity(price);
        account.tradeTo(fill, terms(second, price, fee, slippage));
        const lost = before - account.equity(price);
        expect(Math.abs(lost - fill.fee - fill.slippage)).toBeLessThan(1e-9);
        expect(fill.equity).toBe(account.equity(price));
      }),
      { numRuns: 500 },
    );
  });

  test('prices a buy by hand: half in, 1 % fee, 2 % slippage', () => {
    const account = new Account(1000);
    const fill = createFill();
    account.tradeTo(fill, terms(0.5, 100, 0.01, 0.02));
    // q·(1 − φ)·p = w·(V − q·p·(φ + s))  →  q = 5 / (0.99 + 0.015)
    const size = 5 / 1.005;
    expect(fill.size).toBeCloseTo(size, 12);
    expect(fill.price).toBe(102);
    expect(fill.notional).toBeCloseTo(size * 102, 10);
    expect(fill.fee).toBeCloseTo(size, 12);
    expect(fill.slippage).toBeCloseTo(size * 2, 12);
    expect(account.base).toBeCloseTo(size * 0.99, 12);
    expect(account.cash).toBeCloseTo(1000 - size * 102, 10);
    expect(account.entryPrice).toBe(102);
  });

  test('adds up the interest on borrowed cash, on the borrowed amount alone', () => {
    const account = new Account(1000);
    const fill = createFill();
    account.tradeTo(fill, terms(3, 100, 0, 0));
    for (const expected of [980, 960, 940]) {
      account.accrueInterest({ rate: 0.01, price: 100 });
      expect(account.equity(100)).toBeCloseTo(expected, 10);
    }
    account.tradeTo(fill, terms(0, 100, 0, 0));
    expect(fill.interestSettled).toBeCloseTo(60, 10);
    expect(account.cash).toBeCloseTo(940, 10);
  });

  test('settles the interest it owes when it trades', () => {
    const account = new Account(1000);
    const fill = createFill();
    account.tradeTo(fill, terms(-1, 100, 0, 0));
    account.accrueInterest({ rate: 0.01, price: 100 });
    account.accrueInterest({ rate: 0.01, price: 100 });
    expect(account.baseInterest).toBeCloseTo(0.2, 12);
    account.tradeTo(fill, terms(0, 100, 0, 0));
    expect(fill.size).toBeCloseTo(10.2, 12);
    expect([account.base, account.baseInterest, account.quoteInterest]).toEqual([0, 0, 0]);
    expect(account.cash).toBeCloseTo(980, 10);
    expect(account.totalInterest).toBeCloseTo(20, 10);
  });

  test('keeps the mean entry price while a position grows, and forgets it when it turns', () => {
    const account = new Account(1000);
    const fill = createFill();
    account.tradeTo(fill, terms(0.5, 100, 0, 0));
    account.tradeTo(fill, terms(1, 200, 0, 0));
    const bought = account.base - 5;
    expect(account.entryPrice).toBeCloseTo((5 * 100 + bought * 200) / account.base, 10);
    const entry = account.entryPrice;
    account.tradeTo(fill, terms(0.3, 150, 0, 0));
    expect(account.entryPrice).toBe(entry);
    account.tradeTo(fill, terms(-1, 120, 0, 0));
    expect(account.entryPrice).toBe(120);
    account.tradeTo(fill, terms(0, 110, 0, 0));
    expect(account.entryPrice).toBe(0);
  });

  test('refuses a target that its costs make unreachable', () => {
    const account = new Account(1000);
    const fill = createFill();
    account.tradeTo(fill, terms(4, 100, 0, 0));
    expect(() => account.tradeTo(fill, terms(3, 100, 0.4, 0))).toThrow(EnvError);
  });

  test('is dead after a liquidation and books the missing money', () => {
    const account = new Account(1000);
    const fill = createFill();
    account.tradeTo(fill, terms(3, 100, 0, 0));
    expect(account.bankruptcyPrice()).toBeCloseTo(2000 / 30, 10);
    account.liquidate(fill, 60);
    expect(account.alive).toBe(false);
    expect(account.equity(1e6)).toBe(0);
    expect(account.deficit).toBeCloseTo(200, 10);
    expect(fill.cashChange).toBeCloseTo(30 * 60 + 200, 9);
  });

  test('continues from a snapshot to the same bits', () => {
    const account = new Account(1000);
    const fill = createFill();
    account.tradeTo(fill, terms(-0.7, 101.3, 0.001, 0.002));
    account.accrueInterest({ rate: 0.013, price: 99 });
    const copy = new Account(1);
    copy.load(JSON.parse(JSON.stringify(account.save())));
    expect({ ...copy }).toEqual({ ...account });
  });
});
