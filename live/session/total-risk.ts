/**
 * Holds several sessions of one process to limits of their sum. Each session is told, before it decides, what the others leave it;
 * what it was told is on its tape, so that each is repeated without the others.
 */
import { type ConfigOf, z } from '../../core/config.ts';
import type { Clock } from '../connection/clock.ts';

export const totalRiskConfig = z.object({
  maxExposure: z
    .number()
    .positive()
    .or(z.literal(Infinity))
    .default(Infinity)
    .describe('largest sum of exposures, long and short alike, fraction of the sum of equities'),
  maxDrawdown: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('drawdown of the sum of equities at which all markets are halted, fraction'),
  maxOrdersPerMinute: z
    .number()
    .min(1)
    .or(z.literal(Infinity))
    .default(Infinity)
    .describe('orders of all markets within any minute'),
});

export type TotalRiskConfig = ConfigOf<typeof totalRiskConfig>;

/** What a session is held to beside its own limits. */
export interface OuterLimit {
  /** Largest exposure, fraction of its equity. */
  readonly maxExposure: number;
  /** Whether an order may be sent that increases risk. */
  readonly mayOrder: boolean;
}

/** A session, as far as the sum is concerned. */
export interface RiskMember {
  /** Equity and what is open or will be, fraction of it; of a session that has not begun, its initial equity and nothing. */
  readonly account: { readonly equity: number; readonly committed: number };
  halt(reason: string): void;
}

const MINUTE_MS = 60_000;
/** What the others leave is told in steps of this size, rounded down: a tape does not hold every tick of the price. */
const STEP = 1e-3;

export class TotalRisk {
  readonly config: TotalRiskConfig;
  readonly #clock: Clock;
  readonly #members: RiskMember[] = [];
  readonly #orderTimes: number[] = [];
  #peakEquity = 0;
  #haltReason: string | undefined;

  /** @param clock schedules halts, which are not to come in the middle of a decision */
  constructor(config: TotalRiskConfig, clock: Clock) {
    this.config = config;
    this.#clock = clock;
  }

  /** Why all were halted. */
  get haltReason(): string | undefined {
    return this.#haltReason;
  }

  join(member: RiskMember): void {
    this.#members.push(member);
    if (this.#haltReason !== undefined) this.#haltAll();
  }

  /** What a member may do at a decision that is about to be made. @param nowMs of its session */
  limitOf(member: RiskMember, nowMs: number): OuterLimit {
    const { maxExposure, maxOrdersPerMinute } = this.config;
    const times = this.#orderTimes;
    while (times.length > 0 && nowMs - times[0] >= MINUTE_MS) times.shift();
    let total = 0;
    let others = 0;
    for (const each of this.#members) {
      const { equity, committed } = each.account;
      total += equity;
      if (each !== member) others += Math.abs(committed) * equity;
    }
    const { equity } = member.account;
    const room = equity > 0 ? (maxExposure * total - others) / equity : 0;
    return {
      maxExposure: maxExposure === Infinity ? Infinity : Math.max(0, Math.floor(room / STEP) * STEP),
      mayOrder: times.length < maxOrdersPerMinute,
    };
  }

  /** A member has sent an order. */
  onOrder(nowMs: number): void {
    if (this.config.maxOrdersPerMinute !== Infinity) this.#orderTimes.push(nowMs);
  }

  /** A member has decided: looks at the sum of equities. */
  onDecision(): void {
    let equity = 0;
    for (const { account } of this.#members) equity += account.equity;
    this.#peakEquity = Math.max(this.#peakEquity, equity);
    const drawdown = 1 - equity / this.#peakEquity;
    if (this.#haltReason !== undefined || !(drawdown > this.config.maxDrawdown)) return;
    this.#haltReason = `drawdown of ${(100 * drawdown).toFixed(1)} % over all markets`;
    this.#clock.schedule(0, () => this.#haltAll());
  }

  #haltAll(): void {
    for (const member of this.#members) member.halt(this.#haltReason as string);
  }
}
