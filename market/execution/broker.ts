/** What carries out an agent's wishes in a market, simulated or live. */
import type { Snapshotable } from '../../core/snapshot.ts';
import type { AccountView } from './account.ts';

/** One execution. The broker reuses the object: copy what is to be kept. */
export interface Fill {
  /** UTC epoch: the open of the bar `row`; live, the time of the execution. */
  timeMs: number;
  /** The bar in which the fill happened; live, the count of market events. */
  row: number;
  /** Signed base units that changed hands: positive bought. */
  size: number;
  /** Price paid or received, slippage included, quote units. */
  price: number;
  /** |size|·price, quote units. */
  notional: number;
  /** Quote units. A buyer pays it in base, valued here at the price before slippage. */
  fee: number;
  /** What the fill lost against the price before slippage, quote units. */
  slippage: number;
  /** Change of the base balance by the trade itself, fee included. */
  baseChange: number;
  /** Change of the cash balance by the trade itself, fee included, and what bankruptcy left to the lender. */
  cashChange: number;
  /** Interest on borrowed quote that the fill settled, out of cash. */
  interestSettled: number;
  /** Base units held after the fill. */
  position: number;
  /** Equity after the fill, at the price before slippage; 0 after a liquidation. */
  equity: number;
  /** Forced, because the equity was used up. */
  liquidation: boolean;
}

/**
 * The one interface between an env and a market. A request is a target exposure, the signed fraction of
 * equity to hold in the base asset; the fill happens while advancing, never before.
 */
export interface Broker extends Snapshotable {
  readonly account: AccountView;
  /** Time of the last market event, UTC epoch. */
  readonly timeMs: number;
  /** The last bar that has closed: where the account is valued and the features end. */
  readonly row: number;
  /** The price at which the account is valued now, quote units. */
  readonly mark: number;
  /** The account's value at the mark, quote units; 0 for ever after bankruptcy. */
  readonly equity: number;
  /** The last target that was accepted. */
  readonly targetExposure: number;
  /** The latest fill, overwritten by the next one. */
  readonly lastFill: Readonly<Fill>;
  /** Fills since the account was opened: tells whether `lastFill` is new. */
  readonly numFills: number;
  /**
   * Asks for an exposure; carried out by the next `advance`. A request within the rebalance band of the last
   * accepted one changes nothing.
   * @param exposure finite signed fraction of equity
   */
  requestExposure(exposure: number): void;
  /** Moves to the next market event: fills, interest, valuation. False, and nothing moved, when there is none. */
  advance(): boolean;
}

/**
 * The zero that a field of fractions begins with, where it is overwritten step by step. V8 keeps such a field as an
 * unboxed double and writes it in place if it never held a small integer, which 0 is and −0 is not; and a number
 * crosses a call without a box where it travels in such a field or in a typed array.
 */
export const DOUBLE_ZERO = -0;

/** A fill object to be overwritten. */
export function createFill(): Fill {
  return {
    timeMs: DOUBLE_ZERO,
    row: 0,
    size: DOUBLE_ZERO,
    price: DOUBLE_ZERO,
    notional: DOUBLE_ZERO,
    fee: DOUBLE_ZERO,
    slippage: DOUBLE_ZERO,
    baseChange: DOUBLE_ZERO,
    cashChange: DOUBLE_ZERO,
    interestSettled: DOUBLE_ZERO,
    position: DOUBLE_ZERO,
    equity: DOUBLE_ZERO,
    liquidation: false,
  };
}
