/** Reads what a live session did from its tape: its account at every decision, its fills, what was denied, how it ended. */
import { LiveError } from '../../core/errors.ts';
import type { Json } from '../../core/snapshot.ts';
import { isOrderly } from '../../live/ops/alert.ts';
import { type OpsTrade, TradeTally, type TradeTotals } from '../../live/ops/trade-tally.ts';
import { connectVenues, readHeader, type SessionHeader } from '../../live/session/assemble.ts';
import { inputFromJson } from '../../live/session/inputs.ts';
import { createFill, type Fill } from '../../market/execution/fill.ts';
import type { StepFill } from '../../market/statistics/account-trips.ts';
import { readTape, type TapeRecord } from '../../storage/tape.ts';
import type { AccountRow } from '../../trainers/account-pass.ts';
import type { PassDecisions } from '../../trainers/pass-decisions.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { openTapeCatalog } from './tape-source.ts';

export interface SessionStory {
  readonly tape: string;
  readonly header: SessionHeader;
  /** UTC epoch of the first and last record. */
  readonly span: readonly [firstMs: number, lastMs: number];
  /** One a decision at which there was a price; of several at one time, the last. Times ascend. */
  readonly rows: readonly AccountRow[];
  /** What was decided after each row, as the env takes it, and the fills up to it; the tape holds no rewards. */
  readonly decisions: PassDecisions;
  readonly numInputs: number;
  readonly numDecisions: number;
  /** Decisions by the guard's verdict. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Decisions that were not the policy's own, by reason. */
  readonly denials: Readonly<Record<string, number>>;
  readonly totals: TradeTotals;
  readonly trades: readonly OpsTrade[];
  /** Why the trading was stopped; undefined where it was not. */
  readonly haltReason: string | undefined;
  /** Models that decided, in order. */
  readonly models: readonly string[];
  /** Books lost or stale, connections lost, venues given up, by market and event. */
  readonly troubles: Readonly<Record<string, number>>;
  /** Times at which it went on after an interruption. */
  readonly numRecoveries: number;
}

const TROUBLES: ReadonlySet<string> = new Set(['book-lost', 'book-stale', 'disconnected', 'disabled']);

/**
 * @param access which code the tape may bring along: its venues may be plugins
 * @throws StorageError `no-tape`, and for a damaged one; LiveError `empty-tape`, `foreign-tape`
 */
export async function readSessionStory(tape: string, access: PluginAccess = {}): Promise<SessionStory> {
  const { venues } = await openTapeCatalog(tape, access);
  const entries = readTape(tape, { onTorn: () => {} });
  const { value: first } = entries.next();
  if (first === undefined) {
    throw new LiveError('empty-tape', `"${tape}" holds no record: there is nothing to report.`);
  }
  const header = readHeader(first.record);
  const mids = new Float64Array(header.config.markets.length);
  const venueSessions = connectVenues(header.config, {
    venues: [...venues],
    onEvent: (source, event) => {
      if (event.kind !== 'book') return;
      const { book } = event;
      mids[source] = 0.5 * (book.price('bid', 0) + book.price('ask', 0));
    },
  });
  const collector = new StoryCollector(tape, header);
  collector.take(first.record, Number.NaN);
  for (const { record } of entries) {
    const [kind, timeMs, source, ...input] = record;
    if (kind === 'input') venueSessions[Number(source)].handle(inputFromJson(input), timeMs);
    collector.take(record, mids[0]);
  }
  return collector.story();
}

class StoryCollector {
  readonly #tape: string;
  readonly #header: SessionHeader;
  readonly #rows: AccountRow[] = [];
  /** Actions that led to each row, and the one decided at the last. */
  readonly #actions: (readonly number[])[] = [];
  readonly #fills: StepFill[] = [];
  readonly #counts = { inputs: 0, decisions: 0, recoveries: 0 };
  readonly #verdicts: Record<string, number> = {};
  readonly #denials: Record<string, number> = {};
  readonly #troubles: Record<string, number> = {};
  readonly #trades: OpsTrade[] = [];
  readonly #tally = new TradeTally((trade) => this.#trades.push(trade));
  readonly #models: string[];
  #firstMs = Number.NaN;
  #lastMs = Number.NaN;
  #haltReason: string | undefined;
  /** Of the fills up to the last row. */
  #told = { notional: 0, costs: 0 };

  constructor(tape: string, header: SessionHeader) {
    this.#tape = tape;
    this.#header = header;
    this.#models = [header.model];
  }

  take([kind, timeMs, ...body]: TapeRecord, mid: number): void {
    if (Number.isNaN(this.#firstMs)) this.#firstMs = timeMs;
    this.#lastMs = timeMs;
    switch (kind) {
      case 'input':
        this.#counts.inputs++;
        return;
      case 'decision':
        this.#takeDecision(timeMs, body, mid);
        return;
      case 'fill':
        this.#tally.take(timeMs, body[0]);
        this.#takeFill(timeMs, body[0]);
        return;
      case 'halt':
      case 'halted':
        this.#haltReason ??= String(body[0]);
        return;
      case 'model':
        this.#models.push(String(body[0]));
        return;
      case 'recovered':
        this.#counts.recoveries++;
        return;
      case 'event':
        if (TROUBLES.has(String(body[1])) && !isOrderly(body[2]))
          this.#takeTrouble(Number(body[0]), String(body[1]));
        return;
      default:
    }
  }

  story(): SessionStory {
    return {
      tape: this.#tape,
      header: this.#header,
      span: [this.#firstMs, this.#lastMs],
      rows: this.#rows,
      decisions: this.#decisions(),
      numInputs: this.#counts.inputs,
      numDecisions: this.#counts.decisions,
      verdicts: this.#verdicts,
      denials: this.#denials,
      totals: this.#tally.totals(),
      trades: this.#trades,
      haltReason: this.#haltReason,
      models: this.#models,
      troubles: this.#troubles,
      numRecoveries: this.#counts.recoveries,
    };
  }

  #takeDecision(timeMs: number, body: readonly Json[], price: number): void {
    const [, verdict, reason, action, equity, exposure] = body;
    this.#counts.decisions++;
    count(this.#verdicts, String(verdict));
    if (reason !== null) count(this.#denials, String(reason));
    if (!(price > 0)) return;
    const { notional, fees, slippage } = this.#tally.totals();
    const costs = fees + slippage;
    const rows = this.#rows;
    const before = rows.at(-1);
    const isSame = before !== undefined && before.timeMs >= timeMs;
    const position = (Number(exposure) * Number(equity)) / price;
    const row: AccountRow = {
      timeMs,
      price,
      equity: Math.max(0, Number(equity)),
      exposure: Number(exposure),
      position,
      cash: Number(equity) - position * price,
      tradedNotional: notional - this.#told.notional + (isSame ? before.tradedNotional : 0),
      costPaid: costs - this.#told.costs + (isSame ? before.costPaid : 0),
    };
    this.#told = { notional, costs };
    if (isSame) rows[rows.length - 1] = { ...row, timeMs: before.timeMs };
    else rows.push(row);
    this.#actions[rows.length] = [action].flat().map(Number);
  }

  #takeFill(timeMs: number, detail: Json): void {
    const fill = stepFillOf(timeMs, Math.max(1, this.#rows.length), detail);
    if (fill !== undefined) this.#fills.push(fill);
  }

  /** Entry t of the actions is the one decided at row t − 1. */
  #decisions(): PassDecisions {
    const { length } = this.#rows;
    const dim = this.#actions.reduce((most, action) => Math.max(most, action?.length ?? 0), 1);
    const actions = new Float32Array(length * dim).fill(Number.NaN);
    this.#actions.slice(0, length).forEach((action, t) => {
      actions.set(action, t * dim);
    });
    return {
      rewards: new Float64Array(length).fill(Number.NaN),
      actions,
      actionNames: dim === 1 ? ['action'] : Array.from({ length: dim }, (_, i) => `action:${i + 1}`),
      fills: this.#fills.filter(({ step }) => step < length),
    };
  }

  #takeTrouble(source: number, event: string): void {
    const { venue, symbol } = this.#header.config.markets[source];
    count(this.#troubles, `${venue} ${symbol} ${event}`);
  }
}

/** A record `fill` of the tape, of a trading session or of one leg of arbitrage, which does not say the equity. */
function stepFillOf(timeMs: number, step: number, detail: Json): StepFill | undefined {
  const fill = detail as unknown as Fill & {
    readonly side: number;
    readonly filled?: number;
    readonly mid: number;
  };
  if (fill.filled === undefined) return { ...fill, timeMs, row: step, step };
  if (fill.filled === 0) return undefined;
  const { side, filled, notional, fee, mid } = fill;
  return {
    ...createFill(),
    timeMs,
    row: step,
    step,
    size: side * filled,
    price: notional / filled,
    notional,
    fee,
    slippage: mid > 0 ? side * (notional - filled * mid) : 0,
    baseChange: side * filled,
    cashChange: -side * notional - fee,
    position: Number.NaN,
    equity: Number.NaN,
  };
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
