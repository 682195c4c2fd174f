import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../core/errors.ts';
import {
  bankruptcyPrice,
  crossLiquidationPrice,
  exitWithinBar,
  fundingPayment,
  isolatedLiquidationPrice,
} from '../../../market/execution/perpetual.ts';

const long = { side: 1, entry: 100, leverage: 10 } as const;
const short = { side: -1, entry: 100, leverage: 10 } as const;

describe('margin of perpetual futures', () => {
  test('isolated liquidation of the worked example', () => {
    expect(isolatedLiquidationPrice(long, 0.004)).toBeCloseTo(90.4, 12);
    expect(isolatedLiquidationPrice(short, 0.004)).toBeCloseTo(109.6, 12);
  });

  test('bankruptcy of the worked example: loss and exit fee equal the margin', () => {
    expect(bankruptcyPrice(long, 0.0006)).toBeCloseTo(90.05403242, 8);
    expect(bankruptcyPrice(short, 0.0006)).toBeCloseTo(109.93403958, 8);
    const price = bankruptcyPrice(long, 0.0006);
    expect(100 - price + 0.0006 * price).toBeCloseTo(10, 12);
  });

  test('cross liquidation is where equity equals maintenance, whatever else the account holds', () => {
    for (const size of [2, -3]) {
      const [mark, equity, rate, other] = [100, 40, 0.005, 4];
      const totalMaintenance = other + rate * Math.abs(size) * mark;
      const price = crossLiquidationPrice({ size, mark, equity, totalMaintenance }, rate);
      expect(equity + size * (price - mark)).toBeCloseTo(other + rate * Math.abs(size) * price, 9);
    }
  });

  test('a lone position with cross margin and its own margin as equity is the isolated one, but for what is due at the mark', () => {
    const price = crossLiquidationPrice({ size: 1, mark: 100, equity: 10, totalMaintenance: 0.4 }, 0.004);
    expect(price).toBeCloseTo(90 / (1 - 0.004), 12);
  });

  test('longs pay funding when the rate is positive', () => {
    expect(fundingPayment(2, 100, 0.0001)).toBeCloseTo(-0.02, 15);
    expect(fundingPayment(-2, 100, 0.0001)).toBeCloseTo(0.02, 15);
  });

  test.each([
    ['no leverage, which only a fall to nothing ends', { ...long, leverage: 1 }, 0, 0],
    ['less than all of it posted', { ...short, leverage: 0.5 }, 0, 300],
    ['a maintenance that needs all', long, 0.999, 189.9],
  ])('%s is no mistake', (_, position, rate, price) => {
    expect(isolatedLiquidationPrice(position, rate)).toBeCloseTo(price, 9);
  });

  test.each([
    [() => isolatedLiquidationPrice({ ...long, entry: 0 }, 0.004)],
    [() => isolatedLiquidationPrice(long, -0.001)],
    [() => crossLiquidationPrice({ size: Infinity, mark: 1, equity: 1, totalMaintenance: 0 }, 0.01)],
    [() => isolatedLiquidationPrice({ ...long, leverage: 0 }, 0.004)],
    [() => isolatedLiquidationPrice(long, 1)],
    [() => bankruptcyPrice(long, -0.1)],
    [() => crossLiquidationPrice({ size: 0, mark: 1, equity: 1, totalMaintenance: 0 }, 0.01)],
  ])('what makes no sense is refused %#', (call) => {
    expect(call).toThrow(ConfigError);
  });
});

describe('the order of events within a bar', () => {
  const levels = { stop: 95, takeProfit: 105, liquidation: 90.4, bankruptcy: 90.054 };
  const bar = (open: number, high: number, low: number) => ({ open, high, low });

  test('a stop nearer than liquidation fires before it', () => {
    expect(exitWithinBar(1, bar(100, 101, 80), levels)).toEqual({ reason: 'stop', price: 95 });
  });
  test('unless the bar opens beyond liquidation, which is never worse than bankruptcy', () => {
    expect(exitWithinBar(1, bar(85, 101, 80), levels)).toEqual({ reason: 'liquidation', price: 90.054 });
    expect(exitWithinBar(1, bar(90.2, 101, 80), levels)).toEqual({ reason: 'liquidation', price: 90.2 });
  });
  test('a gap through a stop fills at the open', () => {
    expect(exitWithinBar(1, bar(94, 101, 93), levels)).toEqual({ reason: 'stop', price: 94 });
  });
  test('a stop wins a tie with take-profit', () => {
    expect(exitWithinBar(1, bar(100, 106, 94), levels)).toEqual({ reason: 'stop', price: 95 });
  });
  test('a liquidation nearer than the stop comes first', () => {
    expect(exitWithinBar(1, bar(100, 101, 80), { ...levels, stop: 85 })).toEqual({
      reason: 'liquidation',
      price: 90.4,
    });
  });
  test('take-profit fills at its price, or at a better open', () => {
    expect(exitWithinBar(1, bar(100, 106, 99), levels)).toEqual({ reason: 'take-profit', price: 105 });
    expect(exitWithinBar(1, bar(107, 108, 99), levels)).toEqual({ reason: 'take-profit', price: 107 });
  });
  test('shorts are the mirror image, and a quiet bar ends nothing', () => {
    const mirrored = { stop: 105, takeProfit: 95, liquidation: 109.6, bankruptcy: 109.93 };
    expect(exitWithinBar(-1, bar(100, 120, 99), mirrored)).toEqual({ reason: 'stop', price: 105 });
    expect(exitWithinBar(-1, bar(112, 120, 99), mirrored)).toEqual({ reason: 'liquidation', price: 109.93 });
    expect(exitWithinBar(-1, bar(100, 104, 96), mirrored)).toBeUndefined();
  });
});
