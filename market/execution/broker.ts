/** Carries out an agent's wishes in a market, simulated or live. */
import type { Snapshotable } from '../../core/snapshot.ts';
import type { AccountView } from './account.ts';
import type { Fill } from './fill.ts';

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
