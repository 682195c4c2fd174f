/** Describes one execution: what changed hands, at which price, and what it cost. */
import { DOUBLE_ZERO } from '../../core/doubles.ts';

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
