/**
 * A live session without sockets and clocks: what comes in, with its time, goes through venues, market, policy and guard,
 * and what comes out is the same whenever the same comes in. Running it on a tape repeats it to the byte.
 *
 * Every input is recorded before it is taken, every output as it happens.
 */

import { hashSnapshot, type Json, joinSnapshots, type Snapshot } from '../core/snapshot.ts';
import type { StepResult } from '../envs/env.ts';
import type { Action } from '../envs/spaces.ts';
import { sha256, stringifyExact } from '../storage/exact-json.ts';
import type { TapeRecord } from '../storage/tape.ts';
import { LevelView } from './level-view.ts';
import type { LiveMarket } from './live-market.ts';
import type { LivePolicy } from './policy.ts';
import { actionDefect, type RiskGuard, type Ruling } from './risk-guard.ts';
import type { VenueEvent, VenueInput } from './venue.ts';

/** One book that the market needs, and where it comes from. */
export interface LiveSource {
  /** `binance BTC/USDT` */
  readonly name: string;
  /** Whether its book may be traded on at a time. */
  isTradable(nowMs: number): boolean;
}

/** A decision and what became of it. */
export interface Decision {
  readonly timeMs: number;
  /** Counts from 0. */
  readonly index: number;
  readonly ruling: Ruling;
  /** What was done: the policy's action, or what the guard put in its place. */
  readonly action: Action;
  /** What was acted on; a view. */
  readonly step: StepResult<object>;
}

export interface LiveSessionOptions {
  readonly market: LiveMarket;
  /** In the order of the market's sources. */
  readonly sources: readonly LiveSource[];
  readonly guard: RiskGuard;
  readonly policy: LivePolicy;
  /** Takes everything that a tape is to hold. */
  readonly record: (record: TapeRecord) => void;
  /** Told after every decision: for learners and for people. */
  readonly onDecision?: (decision: Decision) => void;
}

/** Decisions between two records of the state's hash. */
const STATE_EVERY = 100;

export class LiveSession {
  readonly market: LiveMarket;
  readonly guard: RiskGuard;
  readonly #sources: readonly LiveSource[];
  readonly #views: readonly LevelView[];
  readonly #isDown: boolean[];
  readonly #record: (record: TapeRecord) => void;
  readonly #onDecision: ((decision: Decision) => void) | undefined;
  #policy: LivePolicy;
  #timeMs = -Infinity;
  #numDecisions = 0;
  /** The next decision is the first that this policy makes. */
  #isStart = true;

  constructor({ market, sources, guard, policy, record, onDecision }: LiveSessionOptions) {
    this.market = market;
    this.guard = guard;
    this.#sources = sources;
    this.#views = sources.map(() => new LevelView(market.depth));
    this.#isDown = sources.map(() => true);
    this.#policy = policy;
    this.#record = record;
    this.#onDecision = onDecision;
    for (const [source] of sources.entries()) market.setDown(source, true);
  }

  /** UTC epoch of the last input; never falls. */
  get timeMs(): number {
    return this.#timeMs;
  }

  get numDecisions(): number {
    return this.#numDecisions;
  }

  /** The policy in use. */
  get policy(): LivePolicy {
    return this.#policy;
  }

  /** An input is about to be handed to a venue's session: decisions that were due before it are made first. */
  takeInput(source: number, input: VenueInput, timeMs: number): void {
    const now = this.#tell(timeMs);
    this.#record(['input', now, source, ...inputToJson(input)]);
    this.#decideUpTo(now);
  }

  /** What a venue's session made of it. */
  takeEvent(source: number, event: VenueEvent): void {
    const { market } = this;
    const timeMs = this.#timeMs;
    switch (event.kind) {
      case 'book': {
        const view = this.#views[source];
        if (this.#isDown[source]) this.#setDown(source, false);
        view.show(event.book);
        market.takeBook(source, view.levels, view.offset, timeMs);
        if (market.nextDecisionMs === timeMs && !market.decidesBeforeEvents) this.#decide(timeMs, 0);
        return;
      }
      case 'trade':
        market.takeTrade(source, event.size, timeMs);
        return;
      case 'ticker':
        return;
      case 'book-lost':
      case 'book-stale':
        this.#setDown(source, true);
        break;
      default:
    }
    const { kind, timeMs: _, ...detail } = event;
    this.#record(['event', timeMs, source, kind, detail as unknown as Json]);
  }

  /** Time has passed: makes the decisions that are due. */
  tick(timeMs: number): void {
    const now = this.#tell(timeMs);
    this.#record(['tick', now]);
    this.#decideUpTo(now);
  }

  /** A person, or a limit outside, stops the trading: what is open is closed at the next decision, nothing else sent. */
  halt(reason: string, timeMs: number): void {
    const now = this.#tell(timeMs);
    this.#record(['halt', now, reason]);
    this.guard.halt(reason);
  }

  /** Another policy decides from the next decision on. */
  swap(policy: LivePolicy, timeMs: number): void {
    const now = this.#tell(timeMs);
    this.#record(['model', now, policy.model, Number.isNaN(policy.createdMs) ? null : policy.createdMs]);
    this.#policy = policy;
    this.#isStart = true;
  }

  /** The state of market and guard, for the hashes on the tape. */
  save(): Snapshot {
    const values = { timeMs: this.#timeMs, numDecisions: this.#numDecisions };
    return joinSnapshots({
      market: this.market.save(),
      guard: this.guard.save(),
      session: { arrays: {}, values },
    });
  }

  /** Order of times is order of inputs: clocks of several connections may differ by a hair. */
  #tell(timeMs: number): number {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    return this.#timeMs;
  }

  #setDown(source: number, isDown: boolean): void {
    this.#isDown[source] = isDown;
    this.market.setDown(source, isDown);
  }

  #decideUpTo(now: number): void {
    const { market } = this;
    for (let due = market.nextDecisionMs; due <= now; due = market.nextDecisionMs) {
      // Events of the same instant may still come.
      if (due === now && !market.decidesBeforeEvents) return;
      this.#decide(due, now - due);
    }
  }

  #decide(due: number, lagMs: number): void {
    const { market, guard } = this;
    const step = market.decide();
    if (step === undefined) return;
    if (step.terminated) guard.halt('the equity is used up');
    const wasHalted = guard.state === 'halted';
    let ruling = guard.before({
      timeMs: due,
      account: market.account,
      booksAreGood: this.#sources.every((source) => source.isTradable(due)),
      modelCreatedMs: this.#policy.createdMs,
      lagMs,
    });
    let action: Action = market.holdAction();
    if (ruling.verdict === 'pass') {
      const answer = this.#ask(step);
      if (typeof answer === 'string') ruling = guard.refuseInvalid(answer);
      else {
        ruling = guard.judge(market.propose(answer), due);
        if (ruling.verdict === 'pass') action = answer;
      }
    }
    if (ruling.verdict === 'flatten') action = market.flattenAction();
    market.begin(action);
    const { equity, exposure } = market.account;
    const chosen: Json = typeof action === 'number' ? action : [...action];
    const index = this.#numDecisions++;
    const reason = ruling.reason ?? null;
    this.#record(['decision', due, index, ruling.verdict, reason, chosen, equity, exposure]);
    if (!wasHalted && guard.haltReason !== undefined) this.#record(['halted', due, guard.haltReason]);
    if (index % STATE_EVERY === 0) this.#record(['state', due, index, hashState(this.save())]);
    this.#onDecision?.({ timeMs: due, index, ruling, action, step });
  }

  /** @returns the policy's action, or what is wrong with it, in words */
  #ask(step: StepResult<object>): Action | string {
    const mask = this.market.actionMask?.();
    try {
      const action = this.#policy.act(step.observation, this.#isStart, mask);
      this.#isStart = false;
      return actionDefect(action, this.market.actionSpace, mask) ?? action;
    } catch (error) {
      return (error as Error).message;
    }
  }
}

/** SHA-256 of all of a state: its arrays and its values. */
function hashState(state: Snapshot): string {
  return sha256(hashSnapshot(state) + stringifyExact(state.values, 'a session'));
}

/** What a tape holds of an input, after its source. */
export function inputToJson(input: VenueInput): Json[] {
  switch (input.kind) {
    case 'frame':
      return ['frame', input.text];
    case 'binary':
      return ['binary', input.bytes];
    case 'snapshot':
      return ['snapshot', input.symbol, input.body];
    case 'snapshot-failed':
      return ['snapshot-failed', input.symbol, input.status, input.retryAfterMs, input.detail];
    case 'close':
      return ['close', input.reason];
    default:
      return [input.kind];
  }
}

/** @param json as `inputToJson` made it */
export function inputFromJson([kind, ...rest]: readonly Json[]): VenueInput {
  switch (kind) {
    case 'frame':
      return { kind, text: String(rest[0]) };
    case 'binary':
      return { kind, bytes: Number(rest[0]) };
    case 'snapshot':
      return { kind, symbol: String(rest[0]), body: String(rest[1]) };
    case 'snapshot-failed':
      return {
        kind,
        symbol: String(rest[0]),
        status: Number(rest[1]),
        retryAfterMs: Number(rest[2]),
        detail: String(rest[3]),
      };
    case 'close':
      return { kind, reason: String(rest[0]) };
    default:
      return { kind: kind as 'open' | 'beat' | 'tick' };
  }
}
