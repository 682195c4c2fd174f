import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../core/errors.ts';
import {
  contractFunding,
  contractNotional,
  contractProfit,
  entryLiquidationPrice,
  markLiquidationPrice,
} from '../../../market/instruments/contract.ts';
import { createInstrument } from '../../../market/instruments/instrument.ts';
import { DEFAULT_TIERS, MaintenanceTiers } from '../../../market/instruments/maintenance-tiers.ts';
import { PriceSteps, UPBIT_KRW_STEPS } from '../../../market/instruments/price-steps.ts';

const tiers = new MaintenanceTiers(DEFAULT_TIERS);

describe('maintenance tiers', () => {
  test('have the deductions that Binance publishes as maintenance amounts of BTCUSDT', () => {
    const amounts = [0, 50, 1300, 16_300, 266_300, 1_266_300, 2_516_300, 5_016_300, 25_016_300, 100_016_300];
    amounts.forEach((amount, tier) => {
      expect(tiers.deductions[tier]).toBeCloseTo(amount, 6);
    });
    expect(tiers.rates[tiers.tierOf(264_000)]).toBe(0.01);
    expect(tiers.deductions[tiers.tierOf(500_000)]).toBeCloseTo(1300, 9);
  });

  test('rise without a step from tier to tier', () => {
    for (const bound of tiers.bounds.subarray(0, -1)) {
      expect(tiers.maintenance(bound * (1 + 1e-12)) / tiers.maintenance(bound)).toBeCloseTo(1, 10);
    }
    expect([tiers.tierOf(50_000), tiers.tierOf(50_000.01), tiers.maxLeverage(50_001)]).toEqual([0, 1, 100]);
  });

  test.each([
    ['none', []],
    ['a last tier with an end', [{ upTo: 10, rate: 0.1, maxLeverage: 2 }]],
    [
      'falling bounds',
      [
        { upTo: 10, rate: 0.1, maxLeverage: 2 },
        { upTo: 5, rate: 0.2, maxLeverage: 2 },
        { upTo: null, rate: 0.2, maxLeverage: 2 },
      ],
    ],
    [
      'falling rates',
      [
        { upTo: 10, rate: 0.1, maxLeverage: 2 },
        { upTo: null, rate: 0.05, maxLeverage: 2 },
      ],
    ],
    [
      'rising leverages',
      [
        { upTo: 10, rate: 0.1, maxLeverage: 2 },
        { upTo: null, rate: 0.1, maxLeverage: 3 },
      ],
    ],
    ['a margin below maintenance', [{ upTo: null, rate: 0.5, maxLeverage: 3 }]],
  ])('with %s are refused', (_, table) => {
    expect(() => new MaintenanceTiers(table)).toThrow(ConfigError);
  });
});

describe('contracts', () => {
  test('of Bybit: the isolated liquidation prices of its linear and inverse examples', () => {
    const long = { isInverse: false, size: 1, entry: 20_000 };
    expect(entryLiquidationPrice(long, 400, 100)).toBe(19_700);
    const inverse = { isInverse: true, size: -60_000, entry: 50_000 };
    expect(entryLiquidationPrice(inverse, 0.12, 1.2 * 0.005)).toBeCloseTo(60_000 / 1.086, 9);
  });

  test('of Binance: the cross liquidation prices of its example account', () => {
    // Wallet, less the maintenance and plus the profit of the other position.
    const btc = markLiquidationPrice(
      { isInverse: false, size: 109.488, entry: 32_481.98 },
      1_535_443.01 - 356_512.508 - 448_192.89,
      0.025,
      16_300,
    );
    expect(btc).toBeCloseTo(26_316.89, 2);
    const eth = markLiquidationPrice(
      { isInverse: false, size: 3683.979, entry: 1456.84 },
      1_535_443.01 - 71_200.81144 - 56_354.57,
      0.1,
      135_365,
    );
    expect(eth).toBeCloseTo(1153.26, 2);
  });

  test('of OKX: an isolated inverse position is liquidated at (1 + m) / (1 / entry + margin / size), mirrored for shorts', () => {
    const [margin, rate] = [0.02, 0.004];
    const long = markLiquidationPrice({ isInverse: true, size: 10_000, entry: 50_000 }, margin, rate);
    expect(long).toBeCloseTo((1 + rate) / (1 / 50_000 + margin / 10_000), 9);
    const short = markLiquidationPrice({ isInverse: true, size: -10_000, entry: 50_000 }, margin, rate);
    expect(short).toBeCloseTo((1 - rate) / (1 / 50_000 - margin / 10_000), 9);
  });

  test.each([
    [false, 3, 100],
    [false, -3, 100],
    [true, 500, 100],
    [true, -500, 100],
  ])(
    'inverse %s, size %d: at the liquidation price margin and profit equal the maintenance',
    (isInverse, size, entry) => {
      const margin = isInverse ? 0.6 : 40;
      const price = markLiquidationPrice({ isInverse, size, entry }, margin, 0.01, 0.001);
      const backing = margin + contractProfit(isInverse, size, entry, price);
      expect(backing).toBeCloseTo(0.01 * contractNotional(isInverse, size, price) - 0.001, 9);
    },
  );

  test('pay funding on their value in units of settlement, longs where it is positive', () => {
    expect(contractFunding(false, -2, 100, 0.0001)).toBeCloseTo(0.02, 15);
    expect(contractFunding(true, 1000, 100, 0.0001)).toBeCloseTo(-0.001, 15);
    expect(contractProfit(true, 100, 100, 200)).toBeCloseTo(0.5, 15);
  });
});

describe('price steps', () => {
  const won = new PriceSteps(UPBIT_KRW_STEPS);

  test.each([
    [139_999_900, 139_999_000, 140_000_000],
    [1_000_000, 1_000_000, 1_000_000],
    [999_700, 999_500, 1_000_000],
    [1449.5, 1449, 1450],
    [99.96, 99.9, 100],
    [0.012345, 0.0123, 0.0124],
    [0.3, 0.3, 0.3],
  ])('of won markets depend on the price: %d', (price, down, up) => {
    expect(won.floor(price)).toBeCloseTo(down, 12);
    expect(won.ceil(price)).toBeCloseTo(up, 12);
  });

  test('of one number hold everywhere, and 0 for none', () => {
    expect([new PriceSteps(0.1).floor(0.35), new PriceSteps(0.1).ceil(0.3)]).toEqual([0.3, 0.3]);
    expect(new PriceSteps(0).floor(1.23456789)).toBe(1.23456789);
  });

  test.each([
    [[]],
    [[{ fromPrice: 1, step: 1 }]],
    [
      [
        { fromPrice: 0, step: 1 },
        { fromPrice: 0, step: 2 },
      ],
    ],
    [[{ fromPrice: 0, step: -1 }]],
  ])('that are no table are refused %#', (table) => {
    expect(() => new PriceSteps(table)).toThrow(ConfigError);
  });
});

describe('instruments', () => {
  test('pay the fees of their volume', () => {
    const feeTiers = [
      { fromVolume: 0, maker: 0.001, taker: 0.002 },
      { fromVolume: 1000, maker: -0.0001, taker: 0.001 },
    ];
    const fee = (volume: number) => createInstrument({ feeTiers, volume }).fees.feeRate('taker');
    expect([fee(0), fee(999), fee(1000)]).toEqual([0.002, 0.002, 0.001]);
  });

  test.each([
    [{ kind: 'linear-perpetual', leverage: 126 }, /leverage 126 is above the 125/],
    [
      { kind: 'linear-perpetual', marginMode: 'isolated', marginModes: ['cross'] },
      /has no isolated margin; choose marginMode cross/,
    ],
    [{ kind: 'dated-future' }, /needs expiryMs/],
    [{ kind: 'perpetual' }, /kind/],
    [{ leverag: 3 }, /leverage/],
  ])('%j is refused in a line', (settings, message) => {
    expect(() => createInstrument(settings)).toThrow(message);
  });
});
