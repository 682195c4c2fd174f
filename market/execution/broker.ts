/** Defines what trades for an env: an account to read, and the one thing that may be asked for. */
import type { Snapshotable } from '../../core/snapshot.ts';
import type { AccountView } from './account.ts';
import type { Fill } from './fill.ts';

/** An account at the last bar that has closed, and what it is worth there. */
export interface MarkedAccount {
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
}

/**
 * The one interface between an env and a market. A request is a target exposure, the signed fraction of equity to hold in
 * the base asset; it fills as time passes, never before. How time passes is the broker's own: `BarBroker.advance` moves
 * to the next bar, and a `BookBroker` takes the books and bars that it is handed.
 */
export interface Broker extends MarkedAccount, Snapshotable {
  /**
   * Asks for an exposure. A request within the rebalance band of the last accepted one changes nothing.
   * @param exposure finite signed fraction of equity
   * @throws EnvError `invalid-exposure` unless it is finite
   */
  requestExposure(exposure: number): void;
}
