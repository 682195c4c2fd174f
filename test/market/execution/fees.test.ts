import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../core/errors.ts';
import { makerTakerFee, proportionalFee } from '../../../market/execution/fees.ts';

describe('fees', () => {
  test('a proportional fee is the same for makers and takers', () => {
    const fees = proportionalFee(0.001);
    expect(fees.feeRate('maker')).toBe(0.001);
    expect(fees.feeRate('taker')).toBe(0.001);
  });

  test('a maker may be paid a rebate while a taker pays', () => {
    const fees = makerTakerFee({ maker: -0.0002, taker: 0.0005 });
    expect(fees.feeRate('maker')).toBe(-0.0002);
    expect(fees.feeRate('taker')).toBe(0.0005);
  });

  test.each([-0.001, 0.5, Number.NaN, Infinity])('a rate of %s is refused', (rate) => {
    expect(() => proportionalFee(rate)).toThrow(ConfigError);
    expect(() => makerTakerFee({ maker: 0, taker: rate })).toThrow(/Taker fee rate/);
  });

  test('a rebate has a limit', () => {
    expect(() => makerTakerFee({ maker: -0.2, taker: 0 })).toThrow(/Maker fee rate/);
  });
});
