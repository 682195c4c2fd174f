import { describe, expect, test } from 'vitest';
import { tanh } from '../../core/math.ts';
import { createRng } from '../../core/rng.ts';
import { PerpTradingEnv, type PerpTradingEnvOptions } from '../../envs/perp-trading.ts';
import { trading } from '../../envs/trading.ts';
import { type Candles, candlesFromPrices, createCandles } from '../../market/candles/candles.ts';
import type { Fill } from '../../market/execution/fill.ts';
import type { FeatureMatrix } from '../../market/features/pipeline.ts';
import { createFundingSeries, type FundingSeries } from '../../market/instruments/funding-series.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { testEnv } from '../../testing/suites.ts';
import { type Build, OPEN } from '../../trainers/look-ahead/perturbation.ts';
import { traceEnv } from '../../trainers/look-ahead/trace.ts';
import { testNoLookAhead } from '../no-look-ahead.ts';

const HOUR = 3_600_000;
const market = geometricBrownian({
  rng: createRng('perp'),
  length: 400,
  volatilityPerYear: 1.5,
  gapDeviation: 0.002,
});
const small = { features: ['return:1'], window: 2, normalizationBars: 10 };
const perpetual = { instrument: 'perpetual', funding: 'synthetic' } as const;

testEnv('trading a perpetual', (seed) =>
  trading.create(
    { seed, candles: market },
    { ...small, ...perpetual, episodeBars: 50, borrowRatePerYear: 0 },
  ),
);
testEnv('trading a perpetual with leverage, isolated margin and stops', (seed) =>
  trading.create(
    { seed, candles: market },
    {
      ...small,
      ...perpetual,
      actions: 'continuous',
      maxLeverage: 20,
      leverage: 20,
      marginMode: 'isolated',
      stopRate: 0.03,
      takeProfitRate: 0.05,
    },
  ),
);

function rowNumbers(candles: Candles): FeatureMatrix {
  const values = Float32Array.from({ length: candles.length }, (_, row) => row);
  return { numRows: candles.length, numColumns: 1, columns: ['row'], firstRow: 0, values };
}

const hourly = (prices: number[]): Candles => candlesFromPrices(prices, { stepMs: HOUR });

function envOn(
  candles: Candles,
  funding: FundingSeries | undefined,
  config: PerpTradingEnvOptions['config'] = {},
  onFill?: (fill: Readonly<Fill>) => void,
): PerpTradingEnv {
  return new PerpTradingEnv({
    candles,
    funding,
    features: rowNumbers(candles),
    onFill,
    config: {
      window: 1,
      feeRate: 0,
      instrument: 'perpetual',
      funding: funding === undefined ? 'none' : 'file',
      fundingIntervalMs: 4 * HOUR,
      ...config,
    },
  });
}

describe('funding', () => {
  const candles = hourly(Array.from({ length: 12 }, () => 100));
  const funding = createFundingSeries({
    timeMs: [0, 4, 8, 12].map((hour) => hour * HOUR),
    rate: [0, 0.01, -0.02, 0],
  });

  test('is exchanged on the position that was held at its instant, at mark × rate × size', () => {
    const env = envOn(candles, funding);
    env.reset();
    // The decision at the close of row 3 fills at 04:00, after that funding.
    for (let row = 0; row < 3; row++) env.step(1);
    expect(env.step(2).info.interestPaid).toBe(0);
    let paid = 0;
    for (let row = 4; row < 8; row++) paid += env.step(2).info.interestPaid;
    expect(paid).toBeCloseTo(-200, 9);
    expect(env.broker.equity).toBeCloseTo(10_200, 9);
  });

  test('is paid by longs and received by shorts, and part of the reward', () => {
    const outcome = (level: number) => {
      const env = envOn(candles, funding);
      env.reset();
      let total = 0;
      for (let row = 0; row < 5; row++) total += env.step(level).reward;
      return total;
    };
    expect(outcome(2)).toBeCloseTo(Math.log(9900 / 10_000), 12);
    expect(outcome(0)).toBeCloseTo(Math.log(10_100 / 10_000), 12);
    expect(outcome(1)).toBe(0);
  });

  test('is seen with the last rate, the next one once it is published, and the time that is left', () => {
    const see = (fundingLeadMs: number) => {
      const series = createFundingSeries(
        { timeMs: [0, 4, 8, 12].map((hour) => hour * HOUR), rate: [0, 0.005, -0.002, 0] },
        { leadMs: fundingLeadMs },
      );
      const env = envOn(candles, series, { fundingLeadMs });
      env.reset();
      const seen: number[][] = [];
      for (let row = 1; row <= 5; row++)
        seen.push([...env.step(1).observation.slice(-3)].map((x) => Number(x.toFixed(4))));
      return seen;
    };
    // Row r closes at hour r + 1.
    expect(see(0)).toEqual([
      [0, 0, 0.5],
      [0, 0, 0.25],
      [0, 50, 0],
      [50, 50, 0.75],
      [50, 50, 0.5],
    ]);
    expect(see(2 * HOUR)).toEqual([
      [0, 50, 0.5],
      [0, 50, 0.25],
      [0, 50, 0],
      [50, 50, 0.75],
      [50, -20, 0.5],
    ]);
  });

  test('uses the mark of the file where there is one', () => {
    const marked = createFundingSeries({
      timeMs: [0, 4, 8, 12].map((hour) => hour * HOUR),
      rate: [0, 0.01, 0, 0],
      mark: [100, 50, 100, 100],
    });
    const env = envOn(candles, marked);
    env.reset();
    for (let row = 0; row < 5; row++) env.step(2);
    expect(env.broker.equity).toBeCloseTo(9950, 9);
  });
});

describe('liquidation', () => {
  const bars = (rows: number[][]): Candles =>
    createCandles({
      timeMs: rows.map((_, row) => row * HOUR),
      open: rows.map(([open]) => open),
      high: rows.map(([, high]) => high),
      low: rows.map(([, , low]) => low),
      close: rows.map(([, , , close]) => close),
      volume: rows.map(() => 1),
    });
  const flat = [100, 100, 100, 100];
  const config = {
    levels: [0, 10],
    maxLeverage: 10,
    leverage: 10,
    marginMode: 'isolated' as const,
    maintenanceTiers: [{ upTo: null, rate: 0.004, maxLeverage: 20 }],
    liquidationFeeRate: 0,
  } satisfies PerpTradingEnvOptions['config'];

  test('within a bar is at the maintenance price, at an open beyond it at that open, never worse than bankruptcy', () => {
    const priceOf = (bar: number[]) => {
      const fills: { price: number; liquidation: boolean }[] = [];
      const env = envOn(bars([flat, flat, bar, bar]), undefined, config, ({ price, liquidation }) => {
        fills.push({ price, liquidation });
      });
      env.reset();
      env.step(1);
      const { terminated } = env.step(1);
      return { ...fills[1], terminated };
    };
    expect(priceOf([95, 96, 90.41, 95]).price).toBeUndefined();
    expect(priceOf([95, 96, 90, 95])).toEqual({ price: 90.4, liquidation: true, terminated: false });
    expect(priceOf([90.2, 96, 90, 95]).price).toBeCloseTo(90.2, 12);
    expect(priceOf([80, 96, 80, 95])).toEqual({ price: 90, liquidation: true, terminated: true });
  });

  test('comes after a stop that is nearer, unless the bar opens beyond it', () => {
    const reasons = (bar: number[]) => {
      const fills: Pick<Fill, 'price' | 'liquidation'>[] = [];
      const env = envOn(
        bars([flat, flat, bar, bar]),
        undefined,
        { ...config, stopRate: 0.05 },
        ({ price, liquidation }) => {
          fills.push({ price, liquidation });
        },
      );
      env.reset();
      env.step(1);
      env.step(1);
      return fills[1];
    };
    expect(reasons([98, 98, 80, 90])).toEqual({ price: 95, liquidation: false });
    expect(reasons([94, 96, 80, 90])).toEqual({ price: 94, liquidation: false });
    expect(reasons([90.3, 96, 80, 90])).toEqual({ price: 90.3, liquidation: true });
  });

  test('is seen coming: the margin ratio reaches 1 as the distance reaches 0', () => {
    const env = envOn(bars([flat, flat, [100, 100, 91, 91], [91, 91, 90.5, 90.5], flat]), undefined, config);
    env.reset();
    expect([...env.step(0).observation.slice(-5, -3)]).toEqual([0, 1]);
    const env2 = envOn(bars([flat, flat, [100, 100, 91, 91], [91, 91, 90.5, 90.5], flat]), undefined, config);
    env2.reset();
    env2.step(1);
    const [ratio, distance] = env2.step(1).observation.slice(-5, -3);
    expect(ratio).toBeCloseTo(0.4 / 1, 6);
    expect(distance).toBeCloseTo((91 - 90.4) / 91, 6);
  });

  test('of a part leaves the rest as what is aimed at', () => {
    const tiers = [
      { upTo: 10_000, rate: 0.01, maxLeverage: 20 },
      { upTo: null, rate: 0.2, maxLeverage: 3 },
    ];
    const fills: Pick<Fill, 'size' | 'liquidation'>[] = [];
    const env = envOn(
      bars([flat, flat, flat, flat]),
      undefined,
      { ...config, maintenanceTiers: tiers, actions: 'continuous' as const },
      ({ size, liquidation }) => {
        fills.push({ size, liquidation });
      },
    );
    env.reset();
    const { exposure, targetExposure } = { ...env.step(Float32Array.of(3)).info };
    expect(fills.map(({ size, liquidation }) => [Math.round(size), liquidation])).toEqual([
      [300, false],
      [-200, true],
    ]);
    expect(exposure).toBeCloseTo(1, 9);
    expect(targetExposure).toBeCloseTo(exposure, 9);
  });

  test('a target beyond the cap of its tier is cut down to it', () => {
    const tiers = [
      { upTo: 20_000, rate: 0.01, maxLeverage: 20 },
      { upTo: null, rate: 0.05, maxLeverage: 3 },
    ];
    const env = envOn(bars([flat, flat, flat]), undefined, { ...config, maintenanceTiers: tiers });
    env.reset();
    const { info } = env.step(1);
    expect(info.exposure).toBeCloseTo(3, 9);
    expect(info.targetExposure).toBeCloseTo(3, 9);
  });
});

test('the account adds up: equity changes by profit, fees, slippage and funding alone', () => {
  const env = new PerpTradingEnv({
    candles: market,
    config: {
      ...small,
      ...perpetual,
      levels: [-5, 0, 5],
      maxLeverage: 5,
      slippageRate: 0.0005,
      fundingDeviation: 0.002,
    },
  });
  env.reset();
  const rng = createRng(4);
  for (let step = 0; step < 300; step++) {
    const before = { equity: env.broker.equity, base: env.broker.account.base, mark: env.broker.mark };
    const { info, terminated } = env.step(rng.integer(3));
    const { account } = env.broker;
    expect(account.base * info.price + account.cash).toBeCloseTo(info.equity, 9);
    if (info.tradedNotional === 0) {
      const profit = before.base * (info.price - before.mark);
      expect(info.equity - before.equity).toBeCloseTo(profit - info.interestPaid, 8);
    }
    if (terminated) break;
  }
});

test('a position of exposure w is w after its costs', () => {
  const candles = hourly([100, 100, 100]);
  const env = envOn(candles, undefined, {
    feeRate: 0.01,
    slippageRate: 0.005,
    levels: [-2, 2],
    maxLeverage: 2,
  });
  env.reset();
  expect(env.step(1).info.exposure).toBeCloseTo(2, 12);
  env.reset();
  expect(env.step(0).info.exposure).toBeCloseTo(-2, 12);
});

describe('what does not fit is refused in a line', () => {
  const create = (config: PerpTradingEnvOptions['config']) => () =>
    new PerpTradingEnv({ candles: market, config: { ...small, instrument: 'perpetual', ...config } });

  test.each([
    [{}, /needs its funding rates; give --funding FILE/],
    [{ funding: 'none', maxLeverage: 20 }, /maxLeverage 20 is above leverage 10/],
    [{ funding: 'none', leverage: 200 }, /leverage 200 is above the 125/],
    [{ funding: 'none', borrowRatePerYear: 0.1 }, /nothing is borrowed for a perpetual/],
    [{ funding: 'none', marginMode: 'portfolio' }, /marginMode/],
  ] as [PerpTradingEnvOptions['config'], RegExp][])('%j', (config, message) => {
    expect(create(config)).toThrow(message);
  });

  test('rates that do not cover the bars', () => {
    const funding = createFundingSeries({
      timeMs: [market.timeMs[0] - (market.timeMs[0] % HOUR)],
      rate: [0],
    });
    expect(
      () => new PerpTradingEnv({ candles: market, funding, config: { ...small, instrument: 'perpetual' } }),
    ).toThrow(/no funding between/);
  });
});

describe('no look-ahead', () => {
  const grid = Array.from({ length: 400 }, (_, n) => market.timeMs[0] - 8 * HOUR + n * 4 * HOUR);
  const start = market.timeMs[0] % (4 * HOUR);

  /** Rates that are known some bars before their time, made of the close of the bar that ended then. */
  const fundingOf = ({ timeMs, close }: Candles, leadBars: number): FundingSeries => {
    const rowAt = new Map(Array.from(timeMs, (time, row) => [time + HOUR, row]));
    const times = grid.map((time) => time - start);
    return createFundingSeries(
      {
        timeMs: times,
        rate: times.map((time) => {
          const row = rowAt.get(time - leadBars * HOUR) ?? 0;
          return row === 0 ? 0.0001 : 0.01 * tanh(10 * (close[row] / close[row - 1] - 1));
        }),
      },
      { leadMs: leadBars * HOUR },
    );
  };
  type Observation = ReturnType<Build>[number];

  for (const leadBars of [0, 2]) {
    testNoLookAhead(
      `a perpetual whose rates are known ${leadBars} bars before`,
      (candles) => {
        const fills: Observation[] = [];
        const env = new PerpTradingEnv({
          candles,
          funding: fundingOf(candles, leadBars),
          config: {
            ...small,
            instrument: 'perpetual',
            fundingIntervalMs: 8 * HOUR,
            levels: [-8, 0, 8],
            maxLeverage: 8,
            episodeStart: 'sequential',
            fundingLeadMs: leadBars * HOUR,
          },
          onFill: ({ row, liquidation, size, price, fee }) => {
            fills.push({ time: liquidation ? row : row - OPEN, label: 'fill', values: [size, price, fee] });
          },
        });
        return [...traceEnv(env, { steps: 330 }), ...fills];
      },
      { candles: market, cuts: [60, 60 + OPEN, 61, 150, 250 + OPEN] },
    );
  }
});

test('a mean of zero earns nothing in the mean: shorts and longs are each other’s mirror', () => {
  const candles = hourly(Array.from({ length: 2000 }, () => 100));
  const hold = (level: number) => {
    const env = new PerpTradingEnv({
      candles,
      features: rowNumbers(candles),
      config: { ...perpetual, window: 1, feeRate: 0, fundingMean: 0, fundingHalfLifeMs: 0 },
    });
    env.reset();
    for (let row = 0; row < 1990; row++) env.step(level);
    return env.broker.account.totalFunding;
  };
  expect(hold(0)).toBeCloseTo(-hold(2), 9);
});
