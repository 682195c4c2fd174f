/** What a venue charges for a trade, as a fraction of the traded value. */
import { ConfigError } from '../../core/errors.ts';

/** A maker's order waited in the book; a taker's was executed on arrival. */
export type Liquidity = 'maker' | 'taker';

export interface FeeModel {
  /** Fraction of the traded notional; negative is a rebate. */
  feeRate(liquidity: Liquidity): number;
}

/**
 * The same rate for every trade.
 * @param rate fraction of notional, in [0, 0.5), e.g. 0.001 for 10 basis points
 * @throws ConfigError `invalid-fee` outside the range
 */
export function proportionalFee(rate: number): FeeModel {
  checkRate('Fee rate', rate, 0);
  return { feeRate: () => rate };
}

/**
 * One rate for resting orders, another for orders that cross the spread.
 * @param rates fractions of notional; maker in [−0.1, 0.5), negative for a rebate; taker in [0, 0.5)
 * @throws ConfigError `invalid-fee` outside the ranges
 */
export function makerTakerFee(rates: { maker: number; taker: number }): FeeModel {
  const { maker, taker } = rates;
  checkRate('Maker fee rate', maker, -0.1);
  checkRate('Taker fee rate', taker, 0);
  return { feeRate: (liquidity) => (liquidity === 'maker' ? maker : taker) };
}

function checkRate(what: string, rate: number, lowest: number): void {
  if (!(rate >= lowest && rate < 0.5)) {
    throw new ConfigError('invalid-fee', `${what} must be in [${lowest}, 0.5), got ${rate}.`);
  }
}
