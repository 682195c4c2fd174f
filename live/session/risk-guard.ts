/** Stands between a policy and the market: lets through what the limits allow, and stops everything when it must. */
import { type ConfigOf, z } from '../../core/config.ts';
import { restoreNumber, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';
import type { Action } from '../../envs/spaces.ts';
import type { LiveAccount, Proposal } from './live-market.ts';
import type { OuterLimit } from './total-risk.ts';

export const riskConfig = z.object({
  maxExposure: z.number().positive().default(1).describe('largest exposure, fraction of equity'),
  maxNotional: z.number().positive().default(1e9).describe('largest value of one order, quote units'),
  maxOrdersPerMinute: z.int().min(1).default(60).describe('orders within any minute'),
  maxDrawdown: z
    .number()
    .gt(0)
    .max(1)
    .default(0.2)
    .describe('drawdown of the session at which it closes everything and stops, fraction'),
  maxEdgeBps: z
    .number()
    .positive()
    .default(500)
    .describe('net edge that is too good to be true, basis points: such an order is refused'),
  maxModelAgeHours: z
    .number()
    .positive()
    .default(24 * 30)
    .describe('age of the model past which risk may only be reduced'),
  maxLoopLagMs: z
    .number()
    .positive()
    .default(1000)
    .describe('delay of this process at which a decision is too late to be carried out, ms of the machine'),
  maxInvalidActions: z
    .int()
    .min(1)
    .default(3)
    .describe(
      'actions in a row that are not finite, or no choice of the space, before the session is halted',
    ),
  onBadBook: z
    .enum(['hold', 'flatten'])
    .default('hold')
    .describe('what is done at a decision while a book is missing, invalid or stale'),
});

export type RiskConfig = ConfigOf<typeof riskConfig>;

/** `active`: all within limits; `reducing`: nothing that increases risk; `halted`: closes what is open, then nothing. */
export type RiskState = 'active' | 'reducing' | 'halted';

/** Why something was denied. */
export type DenialReason =
  | 'bad-book'
  | 'uninformed'
  | 'invalid-action'
  | 'max-exposure'
  | 'max-notional'
  | 'order-rate'
  | 'total-exposure'
  | 'total-orders'
  | 'abnormal-edge'
  | 'late'
  | 'model-age'
  | 'tape'
  | 'left-over'
  | 'halted';

/** What is known at a decision. */
export interface Moment {
  readonly timeMs: number;
  readonly account: LiveAccount;
  /** Every book that the market needs can be traded on. */
  readonly booksAreGood: boolean;
  /** All is known that a decision needs beside the books; default true. */
  readonly isInformed?: boolean;
  /** UTC epoch at which the model in use was made; NaN where nobody knows. */
  readonly modelCreatedMs: number;
  /** How late the decision is made. */
  readonly lagMs: number;
}

/** `pass`: the policy's own action; `hold` and `flatten`: instead of it. */
export interface Ruling {
  readonly verdict: 'pass' | 'hold' | 'flatten';
  readonly reason?: DenialReason;
}

const UNLIMITED: OuterLimit = { maxExposure: Infinity, mayOrder: true };
const PASS: Ruling = { verdict: 'pass' };
const MINUTE_MS = 60_000;

export class RiskGuard implements Snapshotable {
  readonly config: RiskConfig;
  readonly #orderTimes: Float64Array; // [maxOrdersPerMinute], a ring
  #numOrders = 0;
  #peakEquity = 0;
  #numInvalid = 0;
  #haltReason: string | undefined;
  #isReducing = false;
  #outer = UNLIMITED;
  /** What goes on cannot be written down. Not saved: the next process writes somewhere else. */
  #tapeFailure: string | undefined;

  constructor(config: RiskConfig) {
    this.config = config;
    this.#orderTimes = new Float64Array(config.maxOrdersPerMinute).fill(-Infinity);
  }

  get state(): RiskState {
    if (this.#haltReason !== undefined) return 'halted';
    return this.#isReducing || this.#tapeFailure !== undefined ? 'reducing' : 'active';
  }

  /** Why risk may only be reduced, in words; undefined while it may be taken. */
  get reducingReason(): string | undefined {
    if (this.#tapeFailure !== undefined) return this.#tapeFailure;
    return this.#isReducing ? 'the model is old: risk may only be reduced' : undefined;
  }

  /** Lets risk only be reduced while what goes on cannot be written down. @param reason undefined: it can again */
  reduceForTape(reason: string | undefined): void {
    this.#tapeFailure = reason;
  }

  /** What the session is held to from outside; it was told last, and holds until it is told again. */
  get outerLimit(): OuterLimit {
    return this.#outer;
  }

  /** Holds the session to what others leave it. */
  restrain(limit: OuterLimit): void {
    this.#outer = limit;
  }

  /** Why it was halted. */
  get haltReason(): string | undefined {
    return this.#haltReason;
  }

  /** Stops trading for good: what is open is closed, nothing else is sent. */
  halt(reason: string): void {
    this.#haltReason ??= reason;
  }

  /** Whether the policy is to be asked at all; a ruling of its own where it is not. */
  before({ account, booksAreGood, isInformed = true, timeMs, modelCreatedMs, lagMs }: Moment): Ruling {
    const { maxDrawdown, maxModelAgeHours, maxLoopLagMs, onBadBook } = this.config;
    this.#peakEquity = Math.max(this.#peakEquity, account.equity);
    const drawdown = 1 - account.equity / this.#peakEquity;
    if (drawdown > maxDrawdown) this.halt(`drawdown of ${(100 * drawdown).toFixed(1)} %`);
    this.#isReducing = timeMs - modelCreatedMs > maxModelAgeHours * 3_600_000;
    if (!booksAreGood) return { verdict: onBadBook, reason: 'bad-book' };
    if (this.state === 'halted') return { verdict: 'flatten', reason: 'halted' };
    if (!isInformed) return { verdict: 'hold', reason: 'uninformed' };
    if (lagMs > maxLoopLagMs) return { verdict: 'hold', reason: 'late' };
    return PASS;
  }

  /** The policy's action cannot be carried out: NaN, Infinity, no choice of the space, or masked. */
  refuseInvalid(detail: string): Ruling {
    this.#numInvalid++;
    if (this.#numInvalid >= this.config.maxInvalidActions) {
      this.halt(`${this.#numInvalid} invalid actions in a row, the last: ${detail}`);
    }
    return { verdict: 'hold', reason: 'invalid-action' };
  }

  /** Judges what a valid action would do, and counts its order when it may be sent. */
  judge(proposal: Proposal, timeMs: number): Ruling {
    const { maxExposure, maxNotional, maxEdgeBps, maxOrdersPerMinute } = this.config;
    this.#numInvalid = 0;
    const { notional, exposure, increasesRisk, edgeBps } = proposal;
    if (notional === 0) return PASS;
    if (this.state === 'reducing' && increasesRisk) {
      return { verdict: 'hold', reason: this.#tapeFailure === undefined ? 'model-age' : 'tape' };
    }
    if (increasesRisk && Math.abs(exposure) > maxExposure) return { verdict: 'hold', reason: 'max-exposure' };
    if (increasesRisk && !this.#outer.mayOrder) return { verdict: 'hold', reason: 'total-orders' };
    if (increasesRisk && Math.abs(exposure) > this.#outer.maxExposure) {
      return { verdict: 'hold', reason: 'total-exposure' };
    }
    if (notional > maxNotional) return { verdict: 'hold', reason: 'max-notional' };
    if (edgeBps > maxEdgeBps) return { verdict: 'hold', reason: 'abnormal-edge' };
    const slot = this.#numOrders % maxOrdersPerMinute;
    if (timeMs - this.#orderTimes[slot] < MINUTE_MS) return { verdict: 'hold', reason: 'order-rate' };
    this.#orderTimes[slot] = timeMs;
    this.#numOrders++;
    return PASS;
  }

  save(): Snapshot {
    const values = {
      numOrders: this.#numOrders,
      peakEquity: this.#peakEquity,
      numInvalid: this.#numInvalid,
      haltReason: this.#haltReason ?? null,
      isReducing: this.#isReducing,
      // Nothing of what most sessions have not: hashes on older tapes are without it.
      ...(this.#outer !== UNLIMITED && {
        outerExposure: this.#outer.maxExposure === Infinity ? null : this.#outer.maxExposure,
        outerOrder: this.#outer.mayOrder,
      }),
    };
    return { arrays: { orderTimes: this.#recentTimes() }, values };
  }

  load(snapshot: Snapshot): void {
    const { haltReason } = snapshot.values;
    const { orderTimes } = snapshot.arrays;
    const times = this.#orderTimes;
    this.#numOrders = restoreNumber(snapshot, 'numOrders');
    times.fill(-Infinity);
    for (let i = 0; i < orderTimes.length; i++) {
      times[(this.#numOrders - orderTimes.length + i) % times.length] = orderTimes[i];
    }
    this.#peakEquity = restoreNumber(snapshot, 'peakEquity');
    this.#numInvalid = restoreNumber(snapshot, 'numInvalid');
    this.#haltReason = typeof haltReason === 'string' ? haltReason : undefined;
    this.#isReducing = snapshot.values.isReducing === true;
    const { outerExposure, outerOrder } = snapshot.values;
    this.#outer =
      outerOrder === undefined
        ? UNLIMITED
        : {
            maxExposure: outerExposure === null ? Infinity : Number(outerExposure),
            mayOrder: outerOrder === true,
          };
  }

  /** Times of the orders that still count at the last one's time, oldest first. */
  #recentTimes(): Float64Array {
    const times = this.#orderTimes;
    const at = (order: number) => times[order % times.length];
    const first = Math.max(0, this.#numOrders - times.length);
    let from = this.#numOrders;
    while (from > first && at(this.#numOrders - 1) - at(from - 1) < MINUTE_MS) from--;
    return Float64Array.from({ length: this.#numOrders - from }, (_, i) => at(from + i));
  }
}

/** Whether an action is one at all. @returns what is wrong with it, in words */
export function actionDefect(
  action: Action,
  space: { kind: string; n?: number; dim?: number },
  mask?: Uint8Array,
): string | undefined {
  if (space.kind === 'discrete') {
    if (typeof action !== 'number' || !Number.isInteger(action) || action < 0 || action >= (space.n ?? 0)) {
      return `${action} is none of ${space.n} choices`;
    }
    return mask !== undefined && mask[action] === 0 ? `choice ${action} is not allowed now` : undefined;
  }
  if (typeof action === 'number' || action.length !== space.dim)
    return `${action} is not of ${space.dim} numbers`;
  const bad = action.findIndex((value) => !Number.isFinite(value));
  return bad < 0 ? undefined : `number ${bad} is ${action[bad]}`;
}
