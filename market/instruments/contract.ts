/**
 * Values positions of linear and inverse contracts.
 *
 * A linear contract is `contractSize` base units, settled in quote: profit q·(P − E). An inverse one is `contractSize`
 * quote units, settled in base: profit n·(1/E − 1/P). Sizes are signed: base units of a linear contract, quote units of an
 * inverse one, contracts times contract size in both.
 * Source: Binance, "COIN-M futures contract specifications"; Bybit and OKX, liquidation price of inverse contracts.
 */
import { ConfigError } from '../../core/errors.ts';

/** Value of a position, units of settlement, ≥ 0. */
export function contractNotional(isInverse: boolean, size: number, price: number): number {
  return isInverse ? Math.abs(size) / price : Math.abs(size) * price;
}

/** Profit of a position since its entry, units of settlement. */
export function contractProfit(isInverse: boolean, size: number, entry: number, price: number): number {
  return isInverse ? size * (1 / entry - 1 / price) : size * (price - entry);
}

/** Funding received, units of settlement, negative when paid: longs pay where the rate is positive. */
export function contractFunding(isInverse: boolean, size: number, mark: number, rate: number): number {
  return -Math.sign(size) * contractNotional(isInverse, size, mark) * rate;
}

export interface ContractPosition {
  readonly isInverse: boolean;
  /** Signed, not 0. */
  readonly size: number;
  readonly entry: number;
}

/**
 * Where margin + profit = maintenance at the mark, rate·notional(P) − deduction: an isolated position is liquidated here,
 * and one with cross margin where `margin` is the wallet and what other positions leave of it. Infinity or 0 where no
 * price does that.
 * @param margin units of settlement behind the position, profit left out
 */
export function markLiquidationPrice(
  { isInverse, size, entry }: ContractPosition,
  margin: number,
  rate: number,
  deduction = 0,
): number {
  if (size === 0) throw new ConfigError('invalid-margin', 'A position has a size other than 0, got 0.');
  const absolute = Math.abs(size);
  if (isInverse) {
    // margin + s/E − s/P = m·|s|/P − d
    const owned = margin + size / entry + deduction;
    const price = (size + rate * absolute) / owned;
    return price > 0 ? price : size > 0 ? 0 : Infinity;
  }
  const price = (size * entry - margin - deduction) / (size - rate * absolute);
  return Math.max(price, 0);
}

/**
 * Where an isolated position is liquidated by a venue that fixes the maintenance at the entry: contracts over position
 * value + initial margin − maintenance for a long inverse contract, entry − (initial margin − maintenance) / size for a
 * long linear one, mirrored for shorts.
 * Source: Bybit, "Liquidation price calculation under isolated mode".
 * @param maintenance units of settlement, at the entry
 */
export function entryLiquidationPrice(
  { isInverse, size, entry }: ContractPosition,
  margin: number,
  maintenance: number,
): number {
  const cushion = margin - maintenance;
  const side = Math.sign(size);
  const absolute = Math.abs(size);
  if (isInverse) return absolute / (absolute / entry + side * cushion);
  return entry - (side * cushion) / absolute;
}
