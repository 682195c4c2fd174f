/** Defines what a live session trades on: one market or several, handed books and time, asked for decisions. */
import type { Json, Snapshot } from '../../core/snapshot.ts';
import type { StepResult } from '../../envs/env.ts';
import type { Action, ActionSpace, Box } from '../../envs/spaces.ts';
import type { BookLevels } from '../../market/execution/book-matcher.ts';
import type { ContractEvent } from '../connection/venue.ts';

/** The account as people and the risk guard want to know it; quote units where nothing else is said. */
export interface LiveAccount {
  readonly equity: number;
  /** Equity when the session began. */
  readonly initialEquity: number;
  /** Signed fraction of equity that is at risk of the price. */
  readonly exposure: number;
  /** Fills so far. */
  readonly numFills: number;
  /** Orders under way. */
  readonly numOrders: number;
}

/** What an action would do, before it is done. */
export interface Proposal {
  /** Signed exposure it aims at, fraction of equity. */
  readonly exposure: number;
  /** Value of what it would trade, quote units; 0: it sends no order. */
  readonly notional: number;
  /** It takes the account further from having nothing at risk. */
  readonly increasesRisk: boolean;
  /** Net edge it is after, basis points; NaN where there is no such thing. */
  readonly edgeBps: number;
}

/**
 * The env of a session, cut at its decisions: books go in as they come, `decide` ends the step when it is due, `begin`
 * starts the next. All times are UTC epoch and never fall. The same calls in the same order give the same bits.
 */
export interface LiveMarket {
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly numSources: number;
  /** When the next decision is due; NaN before the first book, Infinity when the next event brings it. */
  readonly nextDecisionMs: number;
  /** Of a decision and events due at the same instant, the decision comes first; else they do. */
  readonly decidesBeforeEvents: boolean;
  readonly account: LiveAccount;
  /** Levels a side that it wants of each book. */
  readonly depth: number;
  /**
   * @param source which of its books, numbered from 0
   * @param levels kept, not copied, until the source's next book
   */
  takeBook(source: number, levels: BookLevels, offset: number, timeMs: number): void;
  takeTrade(source: number, size: number, timeMs: number): void;
  /** What a source's venue says of a perpetual; absent: nothing here is one. */
  takeContract?(source: number, contract: ContractEvent, timeMs: number): void;
  /** Whether all is known that a decision needs beside the books; absent: nothing else is needed. */
  isInformed?(nowMs: number): boolean;
  /** A source's book cannot be trusted: nothing fills on it until `takeBook` brings the next. */
  loseBook(source: number): void;
  /**
   * The time of the decision has come.
   * @returns the step that ended, its observation being what to act on; undefined while features warm up
   */
  decide(): StepResult<object> | undefined;
  /** Decisions that are due by a time. */
  numDueBy(timeMs: number): number;
  /** Leaves the decisions out that are due by a time, and what they would have been made on: nobody was there. */
  skipTo(timeMs: number): void;
  actionMask?(): Uint8Array;
  propose(action: Action): Proposal;
  /** Carries an action out. A decision ends with this, `hold` or `flatten`. */
  begin(action: Action): void;
  /** Goes on without changing anything. @returns the action that is nearest to it */
  hold(): Action;
  /** Closes what is open, as far as one decision can. @returns the action that is nearest to it */
  flatten(): Action;
  /** Nothing is open that could be closed, and no order is under way. */
  readonly isFlat: boolean;
  /** All that its future depends on: what a tape's hashes of the state are made of. */
  save(): Snapshot;
  /**
   * All that its future depends on, to go on from it with `restore` in a market of the same settings.
   * @returns undefined while there is something that cannot be kept: it is asked again later
   */
  checkpoint(): Snapshot | undefined;
  /** @param snapshot as `checkpoint` gave it */
  restore(snapshot: Snapshot): void;
  /** Mid of a source's book as it stands, quote units; not above 0 where there is none. */
  midOf(source: number): number;
  /** Largest net edge after fees that two sources' books show, basis points; absent where pairs are not traded. */
  netEdgeBps?(): number;
  /** For the journal and the page: balances, positions, prices. */
  describe(): Json;
}
