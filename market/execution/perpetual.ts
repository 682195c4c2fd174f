/**
 * Models perpetual futures: where a position is liquidated, where its margin is used up, what funding costs, and in
 * which order things happen within a bar.
 */
import { ConfigError } from '../../core/errors.ts';
import type { Side } from './book-matcher.ts';

export interface IsolatedPosition {
  /** 1 long, −1 short. */
  readonly side: Side;
  /** Mean entry price, quote units, > 0. */
  readonly entry: number;
  /** Notional over posted margin, > 0. */
  readonly leverage: number;
}

/**
 * Price at which an isolated position is liquidated: E·(1 − 1/L + m) for a long, E·(1 + 1/L − m) for a short.
 * @param maintenanceRate m, fraction of notional, in [0, 1)
 * @throws ConfigError `invalid-margin`
 */
export function isolatedLiquidationPrice(
  { side, entry, leverage }: IsolatedPosition,
  maintenanceRate: number,
): number {
  requirePosition(entry, leverage);
  requireRate('Maintenance rate', maintenanceRate);
  return entry * (1 - side / leverage + side * maintenanceRate);
}

/**
 * Price at which the loss and the fee of closing equal the posted margin: E·(1 − 1/L)/(1 − φ) for a long,
 * E·(1 + 1/L)/(1 + φ) for a short. A liquidation is never worse.
 * @param feeRate φ, fraction of notional, in [0, 1)
 * @throws ConfigError `invalid-margin`
 */
export function bankruptcyPrice({ side, entry, leverage }: IsolatedPosition, feeRate: number): number {
  requirePosition(entry, leverage);
  requireRate('Fee rate', feeRate);
  return (entry * (1 - side / leverage)) / (1 - side * feeRate);
}

export interface CrossPosition {
  /** Signed base units: positive long; not 0. */
  readonly size: number;
  /** Mark price, quote units. */
  readonly mark: number;
  /** Equity of the whole account at the marks, quote units. */
  readonly equity: number;
  /** Maintenance margin of all positions of the account at the marks, this one included, quote units. */
  readonly totalMaintenance: number;
}

/**
 * Price at which an account with cross margin is liquidated if this market alone moves:
 * (s·mark + other − equity)/(s − m·|s|), other = max(total maintenance − m·|s|·mark, 0).
 * @throws ConfigError `invalid-margin`
 */
export function crossLiquidationPrice(position: CrossPosition, maintenanceRate: number): number {
  const { size, mark, equity, totalMaintenance } = position;
  requireRate('Maintenance rate', maintenanceRate);
  if (!Number.isFinite(size) || size === 0) {
    throw new ConfigError('invalid-margin', `A position has a size other than 0, got ${size}.`);
  }
  const absolute = Math.abs(size);
  const other = Math.max(totalMaintenance - maintenanceRate * absolute * mark, 0);
  return (size * mark + other - equity) / (size - maintenanceRate * absolute);
}

/**
 * What a position receives at a funding time, quote units; negative is paid. Longs pay when the rate is positive.
 * @param size signed base units
 * @param rate fraction of notional for the interval
 */
export function fundingPayment(size: number, mark: number, rate: number): number {
  return -size * mark * rate;
}

/** Prices at which a position ends by itself; absent: it does not. */
export interface ExitLevels {
  readonly stop?: number;
  readonly takeProfit?: number;
  readonly liquidation?: number;
  /** No liquidation is worse than this. */
  readonly bankruptcy?: number;
}

export interface BarExit {
  readonly reason: 'stop' | 'take-profit' | 'liquidation';
  readonly price: number;
}

/**
 * How a position that was open at a bar's open ends within that bar; undefined when it outlives it. A stop nearer than
 * liquidation fires before it unless the bar opens beyond liquidation; a gap through a level fills at the open; the
 * order of high and low is unknown, so what hurts is met first; a liquidation is never worse than bankruptcy.
 */
export function exitWithinBar(
  side: Side,
  { open, high, low }: { readonly open: number; readonly high: number; readonly low: number },
  { stop, takeProfit, liquidation, bankruptcy }: ExitLevels,
): BarExit | undefined {
  /** The level lies at or on the wrong side of a price. */
  const reached = (level: number | undefined, price: number): level is number =>
    level !== undefined && side * (price - level) <= 0;
  const worst = side === 1 ? low : high;
  const best = side === 1 ? high : low;
  const notWorse = (price: number): number =>
    bankruptcy === undefined || side * (price - bankruptcy) >= 0 ? price : bankruptcy;
  if (reached(liquidation, open)) return { reason: 'liquidation', price: notWorse(open) };
  if (reached(stop, open)) return { reason: 'stop', price: open };
  const stopIsNearer = stop !== undefined && (liquidation === undefined || side * (stop - liquidation) > 0);
  if (stopIsNearer && reached(stop, worst)) return { reason: 'stop', price: stop };
  if (reached(liquidation, worst)) return { reason: 'liquidation', price: notWorse(liquidation) };
  if (takeProfit !== undefined && side * (best - takeProfit) >= 0) {
    return { reason: 'take-profit', price: side * (open - takeProfit) > 0 ? open : takeProfit };
  }
  return undefined;
}

function requirePosition(entry: number, leverage: number): void {
  if (entry > 0 && leverage > 0) return;
  throw new ConfigError(
    'invalid-margin',
    `A position needs an entry price and a leverage above 0, got ${entry} and ${leverage}.`,
  );
}

function requireRate(what: string, rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw new ConfigError('invalid-margin', `${what} must be in [0, 1), got ${rate}.`);
}
