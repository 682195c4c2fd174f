import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../core/errors.ts';
import { candlesFromPrices, createCandles } from '../../../market/candles/candles.ts';
import {
  addSlippage,
  barLiquidity,
  noSlippage,
  spreadSlippage,
  squareRootImpact,
} from '../../../market/execution/slippage.ts';

const order = { size: -25, price: 100, volume: 10_000, volatility: 0.02 };

describe('slippage', () => {
  test('none and spread do not depend on the order', () => {
    expect(noSlippage().slippageRate(order)).toBe(0);
    expect(spreadSlippage(0.0004).slippageRate(order)).toBe(0.0004);
    expect(spreadSlippage(0.0004).slippageRate({ ...order, size: 1e9 })).toBe(0.0004);
  });

  test('impact is coefficient · volatility · √(size / volume), for either side', () => {
    const impact = squareRootImpact({ coefficient: 0.8 });
    expect(impact.slippageRate(order)).toBeCloseTo(0.8 * 0.02 * 0.05, 15);
    expect(impact.slippageRate({ ...order, size: 25 })).toBeCloseTo(0.8 * 0.02 * 0.05, 15);
  });

  test('impact grows with the root: four times the size costs twice the rate', () => {
    const impact = squareRootImpact({ coefficient: 1 });
    const once = impact.slippageRate(order);
    expect(impact.slippageRate({ ...order, size: 100 })).toBeCloseTo(2 * once, 15);
  });

  test('impact is bounded, and is at its bound where nothing trades', () => {
    const impact = squareRootImpact({ coefficient: 1, maxRate: 0.03 });
    expect(impact.slippageRate({ ...order, size: 1e12 })).toBe(0.03);
    expect(impact.slippageRate({ ...order, volume: 0 })).toBe(0.03);
    expect(impact.slippageRate({ ...order, volume: 0, size: 0 })).toBe(0);
  });

  test('a spread and an impact add up', () => {
    const both = addSlippage(spreadSlippage(0.001), squareRootImpact({ coefficient: 1 }));
    expect(both.slippageRate(order)).toBeCloseTo(0.001 + 0.02 * 0.05, 15);
  });

  test('settings out of range are refused', () => {
    expect(() => spreadSlippage(-0.1)).toThrow(ConfigError);
    expect(() => spreadSlippage(Number.NaN)).toThrow(/Half-spread/);
    expect(() => squareRootImpact({ coefficient: -1 })).toThrow(/coefficient/);
    expect(() => squareRootImpact({ coefficient: 1, maxRate: 0.6 })).toThrow(/Maximum/);
    expect(() => barLiquidity(candlesFromPrices([1, 2]), 0)).toThrow(/window/);
  });

  test('liquidity is the mean volume and the root mean square log return of the last bars', () => {
    const prices = [100, 110, 99, 99, 120];
    const volume = [10, 20, 30, 40, 50];
    const timeMs = prices.map((_, t) => t * 60_000);
    const candles = createCandles({ timeMs, open: prices, high: prices, low: prices, close: prices, volume });
    const liquidity = barLiquidity(candles, 3);
    expect([...liquidity.volume]).toEqual([10, 15, 20, 30, 40]);
    const r = prices.map((price, t) => (t === 0 ? 0 : Math.log(price / prices[t - 1])));
    const rms = (...values: number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    const expected = [0, rms(r[1]), rms(r[1], r[2]), rms(r[1], r[2], r[3]), rms(r[2], r[3], r[4])];
    for (let t = 0; t < 5; t++) expect(liquidity.volatility[t]).toBeCloseTo(expected[t], 14);
  });
});
