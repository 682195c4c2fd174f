/**
 * Runs a live session without sockets and clocks: what comes in, with its time, goes through venues, market, policy and
 * guard, and what comes out is the same whenever the same comes in. Running it on a tape repeats it to the byte.
 *
 * Every input is recorded before it is taken, every output as it happens.
 */

import { StorageError } from '../../core/errors.ts';
import type { PlainState } from '../../core/plain-state.ts';
import { hashSnapshot, joinSnapshots, type Snapshot } from '../../core/snapshot.ts';
import type { StepResult } from '../../envs/env.ts';
import type { Action } from '../../envs/spaces.ts';
import { sha256, stringifyExact } from '../../storage/exact-json.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import type { VenueEvent, VenueInput } from '../connection/venue.ts';
import { actionToJson, inputToJson } from './inputs.ts';
import { LevelView } from './level-view.ts';
import type { LiveMarket } from './live-market.ts';
import type { LivePolicy } from './policy.ts';
import { actionDefect, type RiskGuard, type Ruling } from './risk-guard.ts';
import type { OuterLimit } from './total-risk.ts';

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
  /** Called after every decision: for learners and for people. */
  readonly onDecision?: (decision: Decision) => void;
  /** Called for a decision that waits for `answer`: its policy gave no action. */
  readonly onWait?: (step: StepResult<object>) => void;
}

/** What `saveProgress` gives. */
interface Progress {
  readonly timeMs: number;
  readonly numDecisions: number;
  readonly firstDecisionMs: number;
  readonly isClosing: boolean;
  readonly isStart: boolean;
  readonly isBroken: boolean;
  readonly haltReported: boolean;
  readonly fault: string | undefined;
}

/** Decisions between two records of the state's hash. */
const STATE_EVERY = 100;

export class LiveSession {
  readonly market: LiveMarket;
  readonly guard: RiskGuard;
  readonly #sources: readonly LiveSource[];
  readonly #views: readonly LevelView[];
  readonly #record: (record: TapeRecord) => void;
  readonly #onDecision: ((decision: Decision) => void) | undefined;
  readonly #onWait: ((step: StepResult<object>) => void) | undefined;
  /** Why no decision is made any more: something failed, or the equity is used up. */
  #fault: string | undefined;
  /** Nothing more is handed to the market: it threw while it was being closed. */
  #isBroken = false;
  /** A decision that waits for its action. */
  #pending: { readonly due: number; readonly step: StepResult<object> } | undefined;
  /** What is open is closed, whatever the policy wants. */
  #isClosing = false;
  /** The tape says why the trading was stopped. */
  #haltReported = false;
  #policy: LivePolicy;
  #timeMs = -Infinity;
  /** Times as fast as the machine's that the session's time passes, since the last connection was opened. */
  #speed = 1;
  #numDecisions = 0;
  #firstDecisionMs = Number.NaN;
  /** The next decision is the first that this policy makes. */
  #isStart = true;

  constructor({ market, sources, guard, policy, record, onDecision, onWait }: LiveSessionOptions) {
    this.market = market;
    this.guard = guard;
    this.#sources = sources;
    this.#views = sources.map(() => new LevelView(market.depth));
    this.#policy = policy;
    this.#record = record;
    this.#onDecision = onDecision;
    this.#onWait = onWait;
    for (const [source] of sources.entries()) market.loseBook(source);
  }

  /** UTC epoch of the last input; never falls. */
  get timeMs(): number {
    return this.#timeMs;
  }

  get numDecisions(): number {
    return this.#numDecisions;
  }

  /** UTC epoch of the first decision, on the tape that is continued too; NaN before it. */
  get firstDecisionMs(): number {
    return this.#firstDecisionMs;
  }

  /** Why the session decides nothing any more; undefined while it does. It is halted then, and stays so on its tape. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Whether a decision waits for its action. */
  get isWaiting(): boolean {
    return this.#pending !== undefined;
  }

  /** The policy in use. */
  get policy(): LivePolicy {
    return this.#policy;
  }

  /** An input is about to be handed to a venue's session: decisions that were due before it are made first. */
  takeInput(source: number, input: VenueInput, timeMs: number): void {
    const now = this.#advanceTime(timeMs);
    if (input.kind === 'open') this.#speed = input.speed ?? 1;
    this.#record(['input', now, source, ...inputToJson(input)]);
    this.#expirePending();
    this.#decideUpTo(now);
  }

  /** What a venue's session made of it. */
  takeEvent(source: number, event: VenueEvent): void {
    const { market } = this;
    const timeMs = this.#timeMs;
    this.#expirePending();
    switch (event.kind) {
      case 'book': {
        const view = this.#views[source];
        view.show(event.book);
        this.#contain(() => market.takeBook(source, view.levels, view.offset, timeMs));
        if (this.#fault === undefined && market.nextDecisionMs === timeMs && !market.decidesBeforeEvents)
          this.#decide(timeMs, 0);
        return;
      }
      case 'trade':
        this.#contain(() => market.takeTrade(source, event.size, timeMs));
        return;
      case 'ticker':
        return;
      case 'contract':
        this.#contain(() => market.takeContract?.(source, event, timeMs));
        return;
      case 'book-lost':
      case 'book-stale':
        market.loseBook(source);
        break;
      default:
    }
    const { kind, timeMs: _, ...detail } = event;
    this.#record(['event', timeMs, source, kind, detail]);
  }

  /** Time has passed: makes the decisions that are due. */
  tick(timeMs: number): void {
    const now = this.#advanceTime(timeMs);
    this.#record(['tick', now]);
    this.#expirePending();
    this.#decideUpTo(now);
  }

  /** Nobody was there for a while: the decisions that fell due are left out, as if there had been no market. */
  skipTo(timeMs: number): void {
    const now = this.#advanceTime(timeMs);
    this.#record(['skip', now, this.market.numDueBy(now)]);
    this.#expirePending();
    this.#contain(() => this.market.skipTo(now));
  }

  /** Others leave this session so much from now on. */
  restrain(limit: OuterLimit, timeMs: number): void {
    const now = this.#advanceTime(timeMs);
    const { maxExposure, mayOrder } = limit;
    this.#record(['limit', now, maxExposure === Infinity ? null : maxExposure, mayOrder]);
    this.#expirePending();
    this.guard.restrain(limit);
  }

  /** A person, or a limit outside, stops the trading: what is open is closed at the next decision, nothing else sent. */
  halt(reason: string, timeMs: number): void {
    const now = this.#advanceTime(timeMs);
    // First of all: a tape that cannot be written must not keep the trading from being stopped.
    this.guard.halt(reason);
    this.#haltReported = true;
    this.#record(['halt', now, reason]);
    this.#expirePending();
  }

  /** What is open is closed from the next decision on, until nothing is; then the policy goes on. */
  closeOut(timeMs: number): void {
    const now = this.#advanceTime(timeMs);
    this.#record(['close-out', now]);
    this.#expirePending();
    this.#isClosing = true;
  }

  /**
   * The action of a decision that waits for it.
   * @returns whether one did; an action that comes later than the next input comes too late
   */
  answer(action: Action, timeMs: number): boolean {
    const now = this.#advanceTime(timeMs);
    this.#record(['action', now, actionToJson(action)]);
    const pending = this.#pending;
    if (pending === undefined) return false;
    this.#pending = undefined;
    const mask = this.market.actionMask?.();
    this.#checkAction(
      pending.due,
      pending.step,
      actionDefect(action, this.market.actionSpace, mask) ?? action,
    );
    return true;
  }

  /** Another policy decides from the next decision on. */
  swap(policy: LivePolicy, timeMs: number): void {
    const now = this.#advanceTime(timeMs);
    this.#record(['model', now, policy.model, Number.isNaN(policy.createdMs) ? null : policy.createdMs]);
    this.#expirePending();
    this.#policy = policy;
    this.#isStart = true;
  }

  /** The state of market and guard, for the hashes on the tape. */
  save(): Snapshot {
    const values = {
      timeMs: this.#timeMs,
      numDecisions: this.#numDecisions,
      isClosing: this.#isClosing,
      ...(this.#fault !== undefined && { fault: this.#fault }),
    };
    return joinSnapshots({
      market: this.market.save(),
      guard: this.guard.save(),
      session: { arrays: {}, values },
    });
  }

  /** Whether all that it depends on can be kept now: no decision waits for its action. */
  get isBetweenInputs(): boolean {
    return this.#pending === undefined;
  }

  /** What `save` leaves out, for going on from a checkpoint. */
  saveProgress(): PlainState {
    return {
      timeMs: this.#timeMs,
      numDecisions: this.#numDecisions,
      firstDecisionMs: this.#firstDecisionMs,
      isClosing: this.#isClosing,
      isStart: this.#isStart,
      isBroken: this.#isBroken,
      haltReported: this.#haltReported,
      fault: this.#fault ?? null,
    };
  }

  /** @param state as `saveProgress` gave it */
  loadProgress(state: PlainState): void {
    const saved = state as unknown as Omit<Progress, 'fault'> & { fault: string | null };
    this.#timeMs = saved.timeMs;
    this.#numDecisions = saved.numDecisions;
    this.#firstDecisionMs = saved.firstDecisionMs;
    this.#isClosing = saved.isClosing;
    this.#isStart = saved.isStart;
    this.#isBroken = saved.isBroken;
    this.#haltReported = saved.haltReported;
    this.#fault = saved.fault ?? undefined;
  }

  /** Order of times is order of inputs: clocks of several connections may differ by a hair. */
  #advanceTime(timeMs: number): number {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    return this.#timeMs;
  }

  #decideUpTo(now: number): void {
    const { market } = this;
    for (
      let due = market.nextDecisionMs;
      due <= now && this.#fault === undefined;
      due = market.nextDecisionMs
    ) {
      // Events of the same instant may still come.
      if (due === now && !market.decidesBeforeEvents) return;
      this.#decide(due, now - due);
    }
  }

  #decide(due: number, lagMs: number): void {
    this.#contain(() => this.#decideNow(due, lagMs));
  }

  /** Runs what touches the market: what is thrown there halts the session, and never leaves it. */
  #contain(run: () => void): void {
    if (this.#isBroken) return;
    try {
      run();
    } catch (error) {
      // What cannot be written is for those who write.
      if (error instanceof StorageError) throw error;
      this.#fail((error as Error).message);
    }
  }

  /** Something threw: nothing is decided any more, and what is open is closed as far as the market still can. */
  #fail(reason: string): void {
    if (this.#fault !== undefined) {
      this.#isBroken = true;
      return;
    }
    this.guard.halt(`something failed: ${reason}`);
    this.#fault = this.guard.haltReason;
    this.#pending = undefined;
    this.#contain(() => this.market.flatten());
    if (this.#haltReported) return;
    this.#haltReported = true;
    this.#record(['halted', this.#timeMs, this.guard.haltReason as string]);
  }

  #decideNow(due: number, lagMs: number): void {
    const { market, guard } = this;
    this.#expirePending();
    const step = market.decide();
    if (step === undefined) return;
    if (step.terminated) guard.halt('the equity is used up');
    this.#isClosing &&= !market.isFlat;
    const ruling = guard.before({
      timeMs: due,
      account: market.account,
      booksAreGood: this.#sources.every((source) => source.isTradable(due)),
      isInformed: market.isInformed?.(due) ?? true,
      modelCreatedMs: this.#policy.createdMs,
      // A limit for this process, in the machine's time.
      lagMs: lagMs / this.#speed,
    });
    if (ruling.verdict !== 'pass') this.#carryOut(due, step, ruling);
    else if (this.#isClosing) this.#carryOut(due, step, { verdict: 'flatten', reason: 'left-over' });
    else {
      const answer = this.#policyAction(step);
      if (answer !== undefined) this.#checkAction(due, step, answer);
      else {
        this.#pending = { due, step };
        this.#onWait?.(step);
      }
    }
    // A ruined account trades no more: there is no next step of its episode.
    if (step.terminated) this.#fault ??= guard.haltReason;
  }

  /** @param answer an action, or in words what is wrong with it */
  #checkAction(due: number, step: StepResult<object>, answer: Action | string): void {
    const { guard, market } = this;
    if (typeof answer === 'string') this.#carryOut(due, step, guard.refuseInvalid(answer));
    else this.#carryOut(due, step, guard.judge(market.propose(answer), due), answer);
  }

  /** A decision that still waits when something else comes in holds: what it saw is not so any more. */
  #expirePending(): void {
    if (this.#pending === undefined) return;
    const { due, step } = this.#pending;
    this.#pending = undefined;
    this.#carryOut(due, step, { verdict: 'hold', reason: 'late' });
  }

  #carryOut(due: number, step: StepResult<object>, ruling: Ruling, answer?: Action): void {
    const { market, guard } = this;
    let action: Action;
    if (ruling.verdict === 'flatten') action = market.flatten();
    else if (ruling.verdict === 'hold' || answer === undefined) action = market.hold();
    else {
      action = answer;
      market.begin(action);
    }
    const { equity, exposure } = market.account;
    const index = this.#numDecisions++;
    if (index === 0) this.#firstDecisionMs = due;
    const reason = ruling.reason ?? null;
    this.#record(['decision', due, index, ruling.verdict, reason, actionToJson(action), equity, exposure]);
    if (!this.#haltReported && guard.haltReason !== undefined) {
      this.#haltReported = true;
      this.#record(['halted', due, guard.haltReason]);
    }
    if (index % STATE_EVERY === 0) this.#record(['state', due, index, hashState(this.save())]);
    this.#onDecision?.({ timeMs: due, index, ruling, action, step });
  }

  /** @returns the policy's action, or what is wrong with it, in words; undefined when it is to come by `answer` */
  #policyAction(step: StepResult<object>): Action | string | undefined {
    const mask = this.market.actionMask?.();
    try {
      const action = this.#policy.act(step.observation, this.#isStart, mask);
      this.#isStart = false;
      if (action === undefined) return undefined;
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
