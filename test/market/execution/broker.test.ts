import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, EnvError, StorageError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import { type Candles, candlesFromPrices, createCandles } from '../../../market/candles/candles.ts';
import { BarBroker, type BarBrokerOptions, type Execution } from '../../../market/execution/bar-broker.ts';
import { proportionalFee } from '../../../market/execution/fees.ts';
import type { Fill } from '../../../market/execution/fill.ts';
import { type SlippageOrder, spreadSlippage } from '../../../market/execution/slippage.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/** Bars given as [open, high, low, close], a day each, volume 1000. */
function bars(...rows: [number, number, number, number][]): Candles {
  return createCandles({
    timeMs: rows.map((_, t) => t * DAY_MS),
    open: rows.map((row) => row[0]),
    high: rows.map((row) => row[1]),
    low: rows.map((row) => row[2]),
    close: rows.map((row) => row[3]),
    volume: rows.map(() => 1000),
  });
}

function randomBars(seed: number, length: number, deviation: number): Candles {
  const rng = createRng(seed);
  let price = 100;
  return bars(
    ...Array.from({ length }, (): [number, number, number, number] => {
      const open = price * (1 + 0.2 * deviation * rng.gaussian());
      price = open * Math.max(0.2, 1 + deviation * rng.gaussian());
      const high = Math.max(open, price) * (1 + deviation * rng.uniform());
      const low = Math.min(open, price) * (1 - Math.min(0.5, deviation * rng.uniform()));
      return [open, high, low, price];
    }),
  );
}

function recordedBroker(options: BarBrokerOptions): { broker: BarBroker; fills: Fill[] } {
  const fills: Fill[] = [];
  return { fills, broker: new BarBroker({ ...options, onFill: (fill) => fills.push({ ...fill }) }) };
}

describe('the bar broker', () => {
  const twoBars = bars([100, 100, 100, 100], [102, 106, 101, 104], [105, 105, 105, 105]);

  test('fills a request at the next open and values it at that bar’s close', () => {
    const { broker, fills } = recordedBroker({
      candles: twoBars,
      initialEquity: 1020,
      fees: proportionalFee(0.01),
    });
    broker.requestExposure(1);
    expect(fills).toHaveLength(0);
    expect(broker.advance()).toBe(true);
    expect(fills).toHaveLength(1);
    expect(fills[0]).toMatchObject({ row: 1, timeMs: DAY_MS, price: 102, size: 10, liquidation: false });
    expect(fills[0].fee).toBeCloseTo(10.2, 10);
    expect(broker.account.base).toBeCloseTo(9.9, 12);
    expect(broker.mark).toBe(104);
    expect(broker.equity).toBeCloseTo(9.9 * 104, 10);
    expect(broker.advance()).toBe(true);
    expect(fills).toHaveLength(1);
    expect(broker.equity).toBeCloseTo(9.9 * 105, 10);
    expect(broker.advance()).toBe(false);
    expect(broker.row).toBe(2);
  });

  test('in close execution fills at the close just seen', () => {
    const { broker, fills } = recordedBroker({ candles: twoBars, initialEquity: 1000, execution: 'close' });
    broker.requestExposure(1);
    broker.advance();
    expect(fills[0]).toMatchObject({ row: 0, timeMs: 0, price: 100, size: 10 });
    expect(broker.equity).toBeCloseTo(1040, 10);
  });

  test('a fill is worse than the open by the slippage, on either side', () => {
    const { broker, fills } = recordedBroker({
      candles: twoBars,
      initialEquity: 1000,
      slippage: spreadSlippage(0.01),
    });
    broker.requestExposure(1);
    broker.advance();
    broker.requestExposure(0);
    broker.advance();
    expect(fills[0].price).toBeCloseTo(102 * 1.01, 10);
    expect(fills[1].price).toBeCloseTo(105 * 0.99, 10);
    expect(broker.account.totalSlippage).toBeCloseTo(fills[0].size * 1.02 - fills[1].size * 1.05, 10);
  });

  test('a request trades only when the requested target changes, by more than the band', () => {
    const candles = randomBars(3, 10, 0.05);
    const { broker, fills } = recordedBroker({ candles, rebalanceBand: 0.1 });
    const numFills = [0.5, 0.55, 0.6, 0.61, 0.5, 0.5].map((target) => {
      broker.requestExposure(target);
      broker.advance();
      return fills.length;
    });
    // 0.6 is within the band of 0.5 only up to rounding; small steps add up against the last accepted target.
    expect(numFills).toEqual([1, 1, 1, 2, 3, 3]);
    expect(broker.targetExposure).toBe(0.5);
  });

  test('a position drifts while its target stands', () => {
    const { broker, fills } = recordedBroker({ candles: randomBars(4, 6, 0.05) });
    for (let i = 0; i < 5; i++) {
      broker.requestExposure(0.5);
      broker.advance();
    }
    expect(fills).toHaveLength(1);
    expect(broker.account.exposure(broker.mark)).not.toBe(0.5);
  });

  test('interest accrues once a bar, by the bar’s length, on what is borrowed', () => {
    const candles = candlesFromPrices([100, 100, 100, 100], { stepMs: DAY_MS });
    const short = new BarBroker({ candles, initialEquity: 1000, borrowRatePerYear: 3.65 });
    short.requestExposure(-1);
    for (const expected of [990, 980, 970]) {
      short.advance();
      expect(short.equity).toBeCloseTo(expected, 9);
    }

    const leveraged = new BarBroker({ candles, initialEquity: 1000, borrowRatePerYear: 3.65 });
    leveraged.requestExposure(3);
    leveraged.advance();
    expect(leveraged.equity).toBeCloseTo(1000 - 2000 * 0.01, 9);

    const long = new BarBroker({ candles, initialEquity: 1000, borrowRatePerYear: 3.65 });
    long.requestExposure(1);
    long.advance();
    expect(long.equity).toBe(1000);
  });

  test('a slippage model is told of bars that have closed, and no others', () => {
    const candles = randomBars(5, 6, 0.02);
    const liquidity = {
      volume: Float64Array.of(1, 2, 3, 4, 5, 6),
      volatility: Float64Array.of(6, 5, 4, 3, 2, 1),
    };
    for (const execution of ['next-open', 'close'] as Execution[]) {
      const orders: SlippageOrder[] = [];
      const slippage = {
        slippageRate(order: SlippageOrder) {
          const { size, price, volume, volatility } = order;
          orders.push({ size, price, volume, volatility });
          return 0;
        },
      };
      const broker = new BarBroker({ candles, liquidity, slippage, execution });
      broker.advance();
      broker.requestExposure(-1);
      broker.advance();
      const price = execution === 'close' ? candles.close[1] : candles.open[2];
      expect(orders).toEqual([{ size: -10_000 / price, price, volume: 2, volatility: 5 }]);
    }
  });

  test('options out of range are refused', () => {
    const build = (options: Partial<BarBrokerOptions>) => () =>
      new BarBroker({ candles: twoBars, ...options });
    expect(build({ initialEquity: 0 })).toThrow(ConfigError);
    expect(build({ borrowRatePerYear: -1 })).toThrow(/borrow rate/);
    expect(build({ rebalanceBand: Number.NaN })).toThrow(/rebalance band/);
    expect(build({ execution: 'vwap' as Execution })).toThrow(/execution/);
    expect(build({ candles: candlesFromPrices([1]) })).toThrow(/two candles/);
    expect(() => new BarBroker({ candles: twoBars }).reset(3)).toThrow(/starting row/);
  });

  test.each([Number.NaN, Infinity, -Infinity])('an exposure of %s is refused', (exposure) => {
    expect(() => new BarBroker({ candles: twoBars }).requestExposure(exposure)).toThrow(EnvError);
  });
});

describe('bankruptcy', () => {
  test('a long that meets a bar’s low below its bankruptcy price is closed out there, for good', () => {
    const candles = bars(
      [100, 100, 100, 100],
      [100, 110, 60, 105],
      [200, 900, 200, 900],
      [900, 900, 900, 900],
    );
    const { broker, fills } = recordedBroker({ candles, initialEquity: 1000 });
    broker.requestExposure(3);
    broker.advance();
    expect(broker.account.alive).toBe(false);
    expect(broker.equity).toBe(0);
    expect(fills[1]).toMatchObject({ liquidation: true, row: 1, fee: 0, position: 0, equity: 0 });
    expect(fills[1].price).toBeCloseTo(2000 / 30, 10);
    expect(broker.account.deficit).toBeCloseTo(0, 9);
    broker.requestExposure(3);
    while (broker.advance()) expect(broker.equity).toBe(0);
    expect(fills).toHaveLength(2);
    expect(broker.targetExposure).toBe(0);
  });

  test('a short that meets a high beyond its bankruptcy price is closed out there', () => {
    const candles = bars([100, 100, 100, 100], [100, 201, 90, 95]);
    const { broker, fills } = recordedBroker({ candles, initialEquity: 1000 });
    broker.requestExposure(-1);
    broker.advance();
    expect(broker.equity).toBe(0);
    expect(fills[1].price).toBeCloseTo(200, 10);
    expect(fills[1].size).toBeCloseTo(10, 12);
  });

  test('an account survives the extreme that does not hurt it', () => {
    const { broker } = recordedBroker({ candles: bars([100, 100, 100, 100], [100, 100, 10, 95]) });
    broker.requestExposure(-1);
    broker.advance();
    expect(broker.account.alive).toBe(true);
  });

  test('a gap beyond the bankruptcy price closes at the open, before any request, and leaves a deficit', () => {
    const candles = bars([100, 100, 100, 100], [100, 100, 100, 100], [50, 100, 50, 100]);
    const { broker, fills } = recordedBroker({ candles, initialEquity: 1000 });
    broker.requestExposure(3);
    broker.advance();
    broker.requestExposure(0);
    broker.advance();
    expect(fills[1]).toMatchObject({ liquidation: true, price: 50 });
    expect(broker.account.deficit).toBeCloseTo(500, 9);
    expect(broker.equity).toBe(0);
  });

  test('interest alone can end an account', () => {
    const candles = candlesFromPrices([100, 100, 100, 100], { stepMs: YEAR_MS });
    const broker = new BarBroker({ candles, borrowRatePerYear: 0.6 });
    broker.requestExposure(-1);
    broker.advance();
    expect(broker.equity).toBeCloseTo(4000, 6);
    broker.advance();
    expect(broker.account.alive).toBe(false);
    expect(broker.equity).toBe(0);
  });

  test('a trade whose costs exceed the equity ends the account', () => {
    const candles = bars([100, 100, 100, 100], [100, 100, 67, 67], [67, 67, 67, 67]);
    const slippage = { slippageRate: (order: SlippageOrder) => (order.size < 0 ? 0.1 : 0) };
    const { broker, fills } = recordedBroker({ candles, initialEquity: 1000, slippage });
    broker.requestExposure(3);
    broker.advance();
    expect(broker.equity).toBeCloseTo(10, 9);
    broker.requestExposure(0);
    broker.advance();
    expect(fills.map((fill) => fill.liquidation)).toEqual([false, false, true]);
    expect(broker.account.alive).toBe(false);
    expect(broker.equity).toBe(0);
    expect(broker.account.deficit).toBeCloseTo(30 * 67 * 0.1 - 10, 9);
  });
});

describe('on random action sequences the books stay in order', () => {
  const sequence = fc.record({
    seed: fc.nat(1e6),
    deviation: fc.constantFrom(0.01, 0.05, 0.3),
    execution: fc.constantFrom<Execution>('next-open', 'close'),
    fee: fc.constantFrom(0, 0.001, 0.02),
    halfSpread: fc.constantFrom(0, 0.0005, 0.01),
    borrow: fc.constantFrom(0, 0.1, 5),
    targets: fc.array(fc.constantFrom(-2, -1, -0.5, 0, 0.3, 1, 2.5), { minLength: 5, maxLength: 60 }),
  });

  test('equity is cash plus position less interest; cash and base change by fills alone; fees are the fills’', () => {
    let numBankruptcies = 0;
    fc.assert(
      fc.property(sequence, ({ seed, deviation, execution, fee, halfSpread, borrow, targets }) => {
        const initialEquity = 1000;
        const candles = randomBars(seed, targets.length + 1, deviation);
        const { broker, fills } = recordedBroker({
          candles,
          initialEquity,
          execution,
          fees: proportionalFee(fee),
          slippage: spreadSlippage(halfSpread),
          borrowRatePerYear: borrow,
        });
        const { account } = broker;
        const near = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(1e-9 * 1000);
        for (const target of targets) {
          const wasAlive = account.alive;
          broker.requestExposure(target);
          broker.advance();
          const { base, cash, baseInterest, quoteInterest } = account;
          near(broker.equity, cash + base * broker.mark - baseInterest * broker.mark - quoteInterest);
          if (!wasAlive) expect(broker.equity).toBe(0);
          if (broker.equity <= 0) expect(account.alive).toBe(false);
          if (!account.alive) expect([base, cash, baseInterest, quoteInterest]).toEqual([0, 0, 0, 0]);
          const sum = (field: (fill: Fill) => number) =>
            fills.reduce((total, fill) => total + field(fill), 0);
          near(cash, initialEquity + sum((fill) => fill.cashChange - fill.interestSettled));
          near(
            account.totalFees,
            sum((fill) => fill.fee),
          );
          near(
            account.totalSlippage,
            sum((fill) => fill.slippage),
          );
          near(
            account.totalNotional,
            sum((fill) => Math.abs(fill.size) * fill.price),
          );
        }
        for (const fill of fills) {
          if (fill.liquidation) continue;
          const buys = fill.size > 0;
          const quoted = buys ? fill.price / (1 + halfSpread) : fill.price / (1 - halfSpread);
          near(fill.fee, Math.abs(fill.size) * (buys ? quoted : fill.price) * fee);
          near(fill.cashChange, -fill.size * fill.price - (buys ? 0 : fill.fee));
          near(fill.baseChange, fill.size - (buys ? fill.fee / quoted : 0));
        }
        if (!account.alive) numBankruptcies++;
      }),
      { numRuns: 300, seed: 7 },
    );
    expect(numBankruptcies).toBeGreaterThan(10);
  });

  test('a snapshot taken midway continues to the same bits', () => {
    fc.assert(
      fc.property(sequence, ({ seed, deviation, execution, fee, borrow, targets }) => {
        const options: BarBrokerOptions = {
          candles: randomBars(seed, targets.length + 1, deviation),
          execution,
          fees: proportionalFee(fee),
          borrowRatePerYear: borrow,
        };
        const broker = new BarBroker(options);
        const copy = new BarBroker(options);
        const half = targets.length >> 1;
        for (const [i, target] of targets.entries()) {
          if (i === half) copy.load(JSON.parse(JSON.stringify(broker.save())));
          broker.requestExposure(target);
          if (i >= half) copy.requestExposure(target);
          broker.advance();
          if (i >= half) copy.advance();
        }
        expect(copy.equity).toBe(broker.equity);
        expect(copy.lastFill).toEqual(broker.lastFill);
        expect(copy.save()).toEqual(broker.save());
      }),
      { numRuns: 50 },
    );
  });

  test('a snapshot taken between a request and its fill still has the request', () => {
    const candles = candlesFromPrices([100, 100, 100]);
    const broker = new BarBroker({ candles });
    broker.requestExposure(1);
    const copy = new BarBroker({ candles });
    copy.load(JSON.parse(JSON.stringify(broker.save())));
    copy.advance();
    expect(copy.account.base).toBe(100);
  });

  test('a snapshot from longer data is refused', () => {
    const long = new BarBroker({ candles: candlesFromPrices([1, 2, 3, 4]) });
    while (long.advance());
    const short = new BarBroker({ candles: candlesFromPrices([1, 2]) });
    expect(() => short.load(long.save())).toThrow(StorageError);
  });
});
