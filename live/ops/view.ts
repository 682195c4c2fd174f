/**
 * Defines what people and machines may know of a running session, and the one thing they may do to it: stop the
 * trading.
 */
import type { Json } from '../../core/snapshot.ts';
import type { VenueStatus } from '../connection/connection.ts';
import type { LiveConfig } from '../session/config.ts';
import type { LiveAccount } from '../session/live-market.ts';
import type { RecoveryProgress } from '../session/open-tape.ts';
import type { RiskState } from '../session/risk-guard.ts';
import type { LinePoints } from './bounded-lines.ts';
import type { LatencySummary } from './latency-histogram.ts';
import type { CandleColumns } from './price-candles.ts';
import type { OpsTrade, TradeTotals } from './trade-tally.ts';

export interface OpsDecision {
  readonly timeMs: number;
  /** Counts from 0 over the whole session. */
  readonly index: number;
  readonly verdict: string;
  /** Why the guard put something else in the policy's place; null where it did not. */
  readonly reason: string | null;
  /** What was done. */
  readonly action: Json;
  readonly equity: number;
  readonly exposure: number;
}

/** An order, a fill, or something that happened to a venue or the session. */
export interface OpsEvent {
  readonly timeMs: number;
  /** `fill`, `order`, `halted`, `model`, or what a venue said: `book-lost`, `connected`, … */
  readonly kind: string;
  /** `bybit BTC/USDT`; empty for what concerns the whole session. */
  readonly source: string;
  readonly detail: Json;
}

export interface OpsVenue extends VenueStatus {
  readonly symbol: string;
  /** Whether its book may be traded on now. */
  readonly isTradable: boolean;
}

/** Since this process began. */
export interface OpsCounts {
  /** Records on the tape, by kind. */
  readonly records: Readonly<Record<string, number>>;
  /** Decisions by the guard's verdict. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Decisions that were not the policy's own, by reason. */
  readonly denials: Readonly<Record<string, number>>;
}

/** How long the event loop let timers wait, ms. */
export interface LoopLag {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** How a policy that goes on learning stands; what is not so is null. */
export interface OpsLearning {
  readonly champion: string;
  /** Waits to be judged. */
  readonly candidate: string | null;
  /** What the learner does now. */
  readonly task: string | null;
  /** Whether observations and actions are compared with a reference. */
  readonly isWatched: boolean;
  /** Why the champion is not to be trusted any more, where none was before it that could take over. */
  readonly drift: string | null;
}

export interface OpsState {
  readonly timeMs: number;
  /** Always: orders never leave this machine. */
  readonly paper: true;
  /** What amounts and sizes are in; empty where nothing is traded. */
  readonly currency: { readonly base: string; readonly quote: string };
  /** Words for each choice of the policy; null where actions are numbers. */
  readonly actions: readonly string[] | null;
  /** Fills, costs and round trips. */
  readonly trades: TradeTotals;
  readonly isRunning: boolean;
  readonly mode: LiveConfig['mode'];
  readonly guard: {
    readonly state: RiskState;
    readonly haltReason: string | null;
    /** Why risk may only be reduced. */
    readonly reducingReason?: string;
  };
  /** `createdMs` is null where nobody knows. */
  readonly model: { readonly id: string; readonly createdMs: number | null };
  readonly account: LiveAccount;
  /** Balances, positions and prices, as the market describes them. */
  readonly positions: Json;
  readonly numDecisions: number;
  readonly venues: readonly OpsVenue[];
  readonly counts: OpsCounts;
  /** From the receipt of an input, or a due tick, to the record of the decision that it brought. */
  readonly decisionLatency: LatencySummary;
  /** null where nobody measures it. */
  readonly loopLag: LoopLag | null;
  /** null where the policy does not learn. */
  readonly learning: OpsLearning | null;
  /** The last candles of the price; of another length than before, `history` has all of them anew. */
  readonly candles: CandleColumns;
}

/** A fill, as it is drawn. */
export interface OpsFill {
  readonly timeMs: number;
  /** 1: bought; −1: sold. */
  readonly side: 1 | -1;
  /** Base units. */
  readonly size: number;
  /** Quote units. */
  readonly price: number;
  /** Of the fill's market. */
  readonly source: number;
}

/** What came before: for someone who begins to look. */
export interface OpsHistory {
  /** Oldest first, as all of these. */
  readonly decisions: readonly OpsDecision[];
  readonly events: readonly OpsEvent[];
  readonly equity: { readonly timeMs: readonly number[]; readonly equity: readonly number[] };
  /** Of the first market, from its mid. */
  readonly candles: CandleColumns;
  /** Mid of each market, then the net edge in basis points; empty where pairs are not traded. */
  readonly lines: LinePoints;
  /** Signed fraction of equity, at decisions. */
  readonly exposure: LinePoints;
  /** The latest ones. */
  readonly fills: readonly OpsFill[];
  /** Round trips, the latest ones. */
  readonly trades: readonly OpsTrade[];
}

export type OpsNews =
  | { readonly kind: 'decision'; readonly decision: OpsDecision }
  | { readonly kind: 'event'; readonly event: OpsEvent }
  | { readonly kind: 'fill'; readonly fill: OpsFill }
  | { readonly kind: 'trade'; readonly trade: OpsTrade };

export interface OpsView {
  /** How far the reading of a tape is that the session goes on with; undefined once there is a state. */
  recovery?(): RecoveryProgress | undefined;
  state(): OpsState;
  history(): OpsHistory;
  /** @returns ends it */
  subscribe(listener: (news: OpsNews) => void): () => void;
  /** Closes what is open and trades no more. */
  halt(reason: string): void;
}

/** Whether the session does its work, in a word and in sentences. */
export interface OpsHealth {
  /** `failing`: it does not trade; `degraded`: not on all venues, or only to reduce risk. */
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly reasons: readonly string[];
}

export function healthOf({ isRunning, guard, venues, learning }: OpsState): OpsHealth {
  const reasons: string[] = [];
  if (!isRunning) reasons.push('the session does not run');
  if (guard.state === 'halted') reasons.push(`halted: ${guard.haltReason}`);
  const out = venues.filter(({ isTradable }) => !isTradable);
  for (const { venue, symbol, state, reason } of out) {
    reasons.push(`${venue} ${symbol} is not tradable: ${reason ?? state}`);
  }
  if (!isRunning || guard.state === 'halted' || out.length === venues.length) {
    return { status: 'failing', reasons };
  }
  if (typeof learning?.drift === 'string') {
    reasons.push(`${learning.champion} has drifted: ${learning.drift}`);
  }
  if (guard.state === 'reducing') reasons.push(guard.reducingReason ?? 'risk may only be reduced');
  return { status: reasons.length > 0 ? 'degraded' : 'ok', reasons };
}
