/** Runs several policies on paper over the same stretch of a tape: the session's own code, one account each. */

import { mean } from '../core/statistics.ts';
import type { EnvParts } from '../envs/parts.ts';
import type { VenueSession } from '../live/connection/venue-session.ts';
import {
  type AssembleOptions,
  connectVenues,
  createSession,
  readHeader,
  type SessionHeader,
} from '../live/session/assemble.ts';
import { readCheckpoint, restoreVenues } from '../live/session/checkpoint.ts';
import { inputFromJson } from '../live/session/inputs.ts';
import type { LiveMarket } from '../live/session/live-market.ts';
import type { LivePolicy } from '../live/session/policy.ts';
import { actionDefect } from '../live/session/risk-guard.ts';
import type { LiveSession } from '../live/session/session.ts';
import type { LegReport } from '../market/arbitrage/venue-desk.ts';
import type { TapeEntry, TapeRecord } from '../storage/tape.ts';
import { CHECKPOINT_KIND } from '../storage/tape-segments.ts';
import type { TrialSeries } from '../storage/trials/trial.ts';
import { DecisionWindows } from './decision-windows.ts';

export interface ShadowOptions extends Pick<AssembleOptions, 'venues'> {
  /** From the tape's first record on: features and statistics are those that the session had. */
  readonly entries: Iterable<TapeEntry>;
  /** UTC epoch: until then every account stays flat. */
  readonly fromMs: number;
  /** Length of the stretch, from the first decision at or after `fromMs`. */
  readonly lengthMs: number;
  /** What the settings of the env may name; absent: what comes with the framework. */
  readonly parts?: EnvParts;
  /** Builds each policy for the market of its run. */
  readonly policies: readonly ((market: LiveMarket) => LivePolicy)[];
  /** Points that a run keeps at most, over the stretch. Default 4096. */
  readonly maxPeriods?: number;
  /** Decisions in the windows in which it is kept what was seen and done; absent: it is not kept. */
  readonly windowDecisions?: number;
}

/** T periods. What was seen and done is that of the decisions that were the policy's own, in windows; N of them in all. */
export interface ShadowRun {
  /** [T + 1], UTC epoch */
  readonly timeMs: Float64Array;
  /** [T + 1], quote units */
  readonly equity: Float64Array;
  /** [T + 1] mid of the first source, quote units; not above 0 where it has none. */
  readonly price: Float64Array;
  /** [T + 1] signed fraction of equity that is at risk of the price. */
  readonly exposure: Float64Array;
  /** [T], quote units */
  readonly tradedNotional: Float64Array;
  /** Whether no windows between those that are kept are left out. */
  readonly isWhole: boolean;
  /** [N, D] */
  readonly observations: Float32Array;
  /** [N, A] */
  readonly actions: Float32Array;
  readonly observationDim: number;
  readonly actionDim: number;
  /** [D] */
  readonly names: readonly string[] | undefined;
  /** What fills cost against the mid at their decision, basis points; empty where no mid is told. */
  readonly fillCostsBps: Float64Array;
  /** An action that cannot be, or an error. */
  readonly failure?: string;
}

const DEFAULT_MAX_PERIODS = 4096;

/**
 * People's halts and changes of the model are not repeated: what a policy would have made of the market is asked.
 * @returns a run for each policy; undefined while the tape does not reach the end of the stretch
 * @throws LiveError `foreign-tape`, and as the venues' sessions
 */
export function runShadows({ entries, ...options }: ShadowOptions): ShadowRun[] | undefined {
  const shadows = new Shadows(options);
  for (const { record } of entries) {
    shadows.take(record);
    if (shadows.isOver) break;
  }
  return shadows.results();
}

/** Takes the records of a tape one by one. The venues' messages are read once, for all policies. */
export class Shadows {
  readonly #options: Omit<ShadowOptions, 'entries'>;
  #venues: readonly VenueSession[] = [];
  #shadows: readonly Shadow[] | undefined;
  /** Those that had not ended before the record that is taken. */
  #active: readonly Shadow[] = [];

  constructor(options: Omit<ShadowOptions, 'entries'>) {
    this.#options = options;
  }

  /** All have reached the end of the stretch: nothing more is taken. */
  get isOver(): boolean {
    return this.#shadows?.every(({ isOver }) => isOver) ?? false;
  }

  /** @throws LiveError `foreign-tape`, and as the venues' sessions */
  take(record: TapeRecord): void {
    if (this.#shadows === undefined) {
      this.#begin(readHeader(record));
      // The older segments were taken away: the venues go on where they stood.
      if (record[0] === CHECKPOINT_KIND) restoreVenues(this.#venues, readCheckpoint(record).state);
      return;
    }
    const [kind, timeMs, ...body] = record;
    if (kind !== 'input' && kind !== 'tick') return;
    this.#active = this.#shadows.filter(({ isOver }) => !isOver);
    if (this.#active.length === 0) return;
    if (kind === 'tick') {
      for (const { session } of this.#active) session.tick(timeMs);
      return;
    }
    const source = Number(body[0]);
    const input = inputFromJson(body.slice(1));
    for (const { session } of this.#active) session.takeInput(source, input, timeMs);
    this.#venues[source].handle(input, timeMs);
  }

  /** A run for each policy; undefined before the end of the stretch. */
  results(): ShadowRun[] | undefined {
    return this.isOver ? this.#shadows?.map((shadow) => shadow.result()) : undefined;
  }

  #begin(header: SessionHeader): void {
    this.#venues = connectVenues(header.config, {
      venues: this.#options.venues,
      onEvent: (source, event) => {
        for (const { session } of this.#active) session.takeEvent(source, event);
      },
    });
    this.#shadows = this.#options.policies.map(
      (policyFor) => new Shadow(header, this.#venues, policyFor, this.#options),
    );
  }
}

class Shadow {
  isOver = false;
  readonly session: LiveSession;
  readonly #time: number[] = [];
  readonly #equity: number[] = [];
  readonly #price: number[] = [];
  readonly #exposure: number[] = [];
  readonly #notional: number[] = [];
  readonly #windows: DecisionWindows | undefined;
  #actionDim = 1;
  readonly #fillCosts = new FillCosts();
  readonly #costs: number[] = [];
  #traded = 0;
  #nextMs = Number.NaN;
  #endMs = Infinity;
  #failure: string | undefined;

  constructor(
    header: SessionHeader,
    venues: readonly VenueSession[],
    policyFor: (market: LiveMarket) => LivePolicy,
    options: Omit<ShadowOptions, 'entries'>,
  ) {
    const { fromMs, lengthMs, maxPeriods = DEFAULT_MAX_PERIODS, windowDecisions } = options;
    this.#windows = windowDecisions === undefined ? undefined : new DecisionWindows(windowDecisions);
    const periodMs = lengthMs / maxPeriods;
    const wait = { isWaiting: true };
    this.session = createSession(header, venues, {
      parts: options.parts,
      policyFor: (_model, _createdMs, market) => this.#watched(policyFor(market), market, wait),
      record: (record) => this.#note(record),
      onDecision: ({ timeMs, action, ruling, step }) => {
        const { market } = this.session;
        const { equity, exposure } = market.account;
        // The stretch begins with a decision that is held: from the next one on the policy is asked.
        if (wait.isWaiting) {
          if (timeMs < fromMs) return;
          wait.isWaiting = false;
          this.#endMs = timeMs + lengthMs;
          this.#nextMs = timeMs;
        } else if (ruling.verdict === 'pass' && !this.isOver && this.#windows !== undefined) {
          const chosen = typeof action === 'number' ? [action] : action;
          this.#actionDim = chosen.length;
          this.#windows.add(step.observation, chosen);
        }
        if (this.isOver || timeMs < this.#nextMs) return;
        this.#time.push(timeMs);
        this.#equity.push(equity);
        this.#price.push(market.midOf(0));
        this.#exposure.push(exposure);
        if (this.#time.length > 1) this.#notional.push(this.#traded);
        this.#traded = 0;
        const numPassed = Math.floor((timeMs - this.#nextMs) / periodMs) + 1;
        this.#nextMs = Math.min(this.#nextMs + numPassed * periodMs, this.#endMs);
        if (timeMs >= this.#endMs) this.isOver = true;
      },
    });
  }

  result(): ShadowRun {
    const { dim: observationDim, names } = this.session.market.observationSpace;
    const none = { isWhole: true, observations: new Float32Array(0), actions: new Float32Array(0) };
    return {
      timeMs: Float64Array.from(this.#time),
      equity: Float64Array.from(this.#equity),
      price: Float64Array.from(this.#price),
      exposure: Float64Array.from(this.#exposure),
      tradedNotional: Float64Array.from(this.#notional),
      ...(this.#windows?.read() ?? none),
      observationDim,
      actionDim: this.#actionDim,
      names,
      fillCostsBps: Float64Array.from(this.#costs),
      failure: this.#failure,
    };
  }

  /** Holds until the stretch begins; then asks the policy, and remembers the first answer that cannot be. */
  #watched(policy: LivePolicy, market: LiveMarket, wait: { isWaiting: boolean }): LivePolicy {
    let isStart = true;
    return {
      ...policy,
      act: (observation, _isStart, mask) => {
        // The answer that never comes: the session holds.
        if (wait.isWaiting) return undefined;
        try {
          const action = policy.act(observation, isStart, mask);
          isStart = false;
          const defect =
            action === undefined ? 'there is none' : actionDefect(action, market.actionSpace, mask);
          if (defect !== undefined) this.#failure ??= `its action cannot be: ${defect}`;
          return action;
        } catch (error) {
          this.#failure ??= `it failed: ${(error as Error).message}`;
          throw error;
        }
      },
    };
  }

  #note(record: TapeRecord): void {
    if (record[0] === 'fill') this.#traded += (record[2] as { notional: number }).notional;
    const cost = this.#fillCosts.take(record);
    if (!Number.isNaN(cost)) this.#costs.push(cost);
  }
}

/** A fill of a trading session. */
interface Fill {
  readonly size: number;
  readonly price: number;
}

/** A run as the ledger of trials keeps it; undefined where it broke off, or a return is no number. */
export function seriesOfShadow({
  timeMs,
  equity,
  price,
  exposure,
  failure,
}: ShadowRun): TrialSeries | undefined {
  const length = timeMs.length - 1;
  if (failure !== undefined || length < 1) return undefined;
  const returns = Float64Array.from({ length }, (_, t) => equity[t + 1] / equity[t] - 1);
  if (!returns.every(Number.isFinite)) return undefined;
  // Without a price there is no market to be exposed to.
  if (!price.every((value) => value > 0)) return { timeMs, returns, price: price.map(() => 1), exposure: 0 };
  return { timeMs, returns, price, exposure: mean(exposure.subarray(0, length)) };
}

/** Tells from the records of a session what its fills cost against the mid when they were decided. */
export class FillCosts {
  #mid = Number.NaN;

  /** @returns basis points of the notional, positive: worse than the mid; NaN for what is no fill, or has no mid */
  take([kind, , body]: TapeRecord): number {
    if (kind === 'order') this.#mid = (body as { mid: number }).mid;
    if (kind !== 'fill') return Number.NaN;
    const fill = body as unknown as Fill | Omit<LegReport, 'timeMs'>;
    // Legs are under way at several venues at once: each brings the mid of its own sending.
    if ('side' in fill) return costBps(fill.side, fill.notional / fill.filled, fill.mid);
    return costBps(Math.sign(fill.size), fill.price, this.#mid);
  }
}

function costBps(side: number, price: number, mid: number): number {
  return mid > 0 && price > 0 ? side * (price / mid - 1) * 1e4 : Number.NaN;
}
