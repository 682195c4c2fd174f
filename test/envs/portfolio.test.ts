import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { PortfolioEnv } from '../../envs/portfolio.ts';
import { SharesEnv } from '../../envs/shares.ts';
import { alignCandles } from '../../market/candles/align.ts';
import { candlesFromPrices, sliceCandles } from '../../market/candles/candles.ts';
import { shareAfterRebalancing } from '../../market/execution/rebalancing-cost.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { testEnv } from '../../testing/suites.ts';
import { perturbAfter } from '../../trainers/look-ahead/perturbation.ts';

const DAY_MS = 86_400_000;
const plain = { features: ['return:1'], window: 1, normalize: 'none' as const };
const walk = (seed: number, length = 400) =>
  geometricBrownian({ rng: createRng(`walk ${seed}`), length, stepMs: DAY_MS });
const series = [walk(1), walk(2)];

describe('the share of value left after rebalancing', () => {
  test.each([
    [[1, 0, 0], [0.2, 0.5, 0.3], 0.9979989994997499],
    [[0.19157088, 0.52681994, 0.28160924], [0, 0.1, 0.9], 0.9973883365251773],
    [[0, 0.10431081, 0.89568919], [1, 0, 0], 0.9974999999999999],
    [[0, 0.5, 0.5], [0, 1, 0], 0.997503125],
  ])('from %j to %j', (before, after, expected) => {
    const share = shareAfterRebalancing(Float64Array.from(before), Float64Array.from(after), 0.0025);
    expect(Math.abs(share - expected)).toBeLessThan(1e-9);
  });

  test('is 1 when nothing changes, and never more', () => {
    const weights = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    const normalize = (raw: number[]) =>
      Float64Array.from(raw, (w) => w / raw.reduce((sum, x) => sum + x, 0));
    fc.assert(
      fc.property(weights, weights, fc.double({ min: 0, max: 0.1, noNaN: true }), (a, b, cost) => {
        const [before, after] = [normalize(a), normalize(b)];
        expect(Math.abs(shareAfterRebalancing(before, before, cost) - 1)).toBeLessThan(1e-12);
        const share = shareAfterRebalancing(before, after, cost);
        expect(share).toBeLessThanOrEqual(1 + 1e-12);
        expect(share).toBeGreaterThan(1 - 2 * cost - 1e-12);
      }),
    );
  });
});

describe('portfolio', () => {
  testEnv('portfolio', (seed) => new PortfolioEnv({ series, seed, config: { episodeBars: 30 } }));
  testEnv(
    'portfolio at the close',
    (seed) => new PortfolioEnv({ series, seed, config: { ...plain, execution: 'close' } }),
  );

  test('a step by hand: drift to the open, pay, drift to the close', () => {
    const [first, second] = [candlesFromPrices([100, 100, 110]), candlesFromPrices([50, 50, 45])];
    const env = new PortfolioEnv({
      series: [first, second],
      config: { ...plain, costRate: 0.01, fromRow: 1 },
    });
    env.reset();
    const { info, reward } = env.step(Float32Array.of(0, 1, 1));
    // Flat candles open where they close: the cash buys at 110 and 45, and nothing moves after.
    const share = shareAfterRebalancing(Float64Array.of(1, 0, 0), Float64Array.of(0, 0.5, 0.5), 0.01);
    expect(info.equity).toBeCloseTo(10_000 * share, 6);
    expect(info.costPaid).toBeCloseTo(10_000 * (1 - share), 6);
    expect([...info.weights]).toEqual([0, 0.5, 0.5]);
    expect(reward).toBeCloseTo(Math.log(share), 12);
  });

  test('at the close, the growth is that of the weights after the cost', () => {
    const [first, second] = [candlesFromPrices([100, 100, 110]), candlesFromPrices([50, 50, 45])];
    const config = { ...plain, costRate: 0, fromRow: 1, execution: 'close' as const };
    const env = new PortfolioEnv({ series: [first, second], config });
    env.reset();
    const { info } = env.step(Float32Array.of(0, 0.5, 0.5));
    expect(info.equity).toBeCloseTo(10_000 * (0.5 * 1.1 + 0.5 * 0.9), 6);
    expect(info.weights[1]).toBeCloseTo(0.55, 12);
  });

  test('weights add up to 1 and money is not made by rebalancing, whatever is asked for', () => {
    const actions = fc.array(
      fc.array(fc.float({ min: -1, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(actions, (asked) => {
        const env = new PortfolioEnv({ series, config: { ...plain, costRate: 0.01 } });
        env.reset({ seed: 1 });
        for (const action of asked) {
          const { info } = env.step(Float32Array.from(action));
          expect(info.weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 9);
          expect(info.costPaid).toBeGreaterThanOrEqual(-1e-9);
          expect(Math.min(...info.weights)).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('NaN is refused', () => {
    const env = new PortfolioEnv({ series, config: plain });
    env.reset();
    expect(() => env.step(Float32Array.of(Number.NaN, 0, 1))).toThrowError(/none NaN/);
  });
});

describe('shares', () => {
  testEnv('shares', (seed) => new SharesEnv({ series, seed, config: { episodeBars: 30 } }));

  test('the worked example of FinRL', () => {
    const stocks = [candlesFromPrices([10, 10, 11, 12, 11, 13]), candlesFromPrices([50, 50, 49, 51, 52, 50])];
    const config = {
      ...plain,
      buyCostRate: 0.001,
      sellCostRate: 0.002,
      maxShares: 100,
      execution: 'close' as const,
      fromRow: 1,
    };
    const env = new SharesEnv({ series: stocks, config });
    env.reset();
    const steps: [number[], number[], number, number][] = [
      [[0.5, 0.255], [50, 25], 8248.25, 0.002325],
      [[-0.2, 1], [-20, 100], 3562.91, 0.027466],
      [[0.9, -0.5], [90, -50], 5026.73, -0.005118],
      [[-1, -1], [-100, -75], 10016.73, 0.003],
    ];
    for (const [action, traded, cash, reward] of steps) {
      const result = env.step(Float32Array.from(action));
      expect([...result.info.traded]).toEqual(traded);
      expect(result.info.cash).toBeCloseTo(cash, 6);
      expect(result.reward).toBeCloseTo(reward, 9);
    }
  });

  test('cash and holdings never fall below zero', () => {
    const actions = fc.array(
      fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 2 }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(actions, (asked) => {
        const env = new SharesEnv({ series, config: { ...plain, maxShares: 1000 } });
        env.reset({ seed: 1 });
        for (const action of asked) {
          const { info } = env.step(Float32Array.from(action));
          expect(info.cash).toBeGreaterThanOrEqual(0);
          expect(Math.min(...info.holdings)).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('no look-ahead', () => {
  const envs = {
    portfolio: (data: typeof series) =>
      new PortfolioEnv({ series: data, seed: 3, config: { episodeStart: 'sequential' } }),
    shares: (data: typeof series) =>
      new SharesEnv({ series: data, seed: 3, config: { episodeStart: 'sequential' } }),
  };
  for (const [name, create] of Object.entries(envs)) {
    test(`${name}: what comes after a bar changes nothing up to it`, () => {
      const cut = 330;
      const observe = (data: typeof series): string[] => {
        const env = create(data);
        const rng = createRng(9);
        let { observation, info } = env.reset({ seed: 1 });
        const seen: string[] = [];
        while (info.row <= cut) {
          seen.push(JSON.stringify([[...observation], { ...info, weights: undefined }]));
          const action = Float32Array.from({ length: env.actionSpace.dim }, () => rng.uniform());
          ({ observation, info } = env.step(action));
        }
        return seen;
      };
      const changed = series.map((candles) => perturbAfter(candles, cut));
      expect(observe(changed)).toEqual(observe(series));
    });
  }
});

describe('aligning series', () => {
  test('keeps the bars that all have', () => {
    const [a, b] = alignCandles([sliceCandles(series[0], 0, 300), sliceCandles(series[1], 100, 400)]);
    expect(a.length).toBe(200);
    expect(a.timeMs).toEqual(b.timeMs);
    expect(a.close[0]).toBe(series[0].close[100]);
    expect(b.close[0]).toBe(series[1].close[100]);
  });

  test('refuses series without a common span', () => {
    const late = candlesFromPrices([1, 2, 3], { startMs: 1e12, stepMs: DAY_MS });
    expect(() => alignCandles([series[0], late])).toThrowError(/share 0 bars/);
  });

  test('an env refuses series that are not aligned', () => {
    const shifted = sliceCandles(series[1], 1, 400);
    expect(
      () => new PortfolioEnv({ series: [sliceCandles(series[0], 0, 399), shifted], config: plain }),
    ).toThrowError(/align/);
  });
});
