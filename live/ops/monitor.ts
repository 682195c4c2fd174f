/** Watches a run through the records of its tape, and shows it as an `OpsView`. */
import { LiveError } from '../../core/errors.ts';
import type { Json } from '../../core/snapshot.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import type { Clock } from '../connection/clock.ts';
import type { LiveRun } from '../session/live-run.ts';
import type { RecoveryProgress } from '../session/open-tape.ts';
import { actionNames } from './action-names.ts';
import { BoundedLines } from './bounded-lines.ts';
import { EquityCurve } from './equity-curve.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { PriceCandles } from './price-candles.ts';
import { type OpsTrade, TradeTally } from './trade-tally.ts';
import type {
  LoopLag,
  OpsDecision,
  OpsEvent,
  OpsFill,
  OpsHistory,
  OpsLearning,
  OpsNews,
  OpsState,
  OpsView,
} from './view.ts';

/** Candles begin so long, and lines so far apart, ms. */
const CANDLE_MS = 5000;
const LINE_MS = 1000;
const MAX_FILLS = 500;

export interface OpsMonitorOptions {
  readonly clock: Clock;
  /** Asked whenever the state is. */
  readonly loopLag?: () => LoopLag;
  /** Likewise; absent where the policy does not learn. */
  readonly learning?: () => OpsLearning | null;
  /** Decisions, and events, that are kept for those who begin to look. Default 200. */
  readonly numKept?: number;
}

/**
 * Its `onReceive`, `onRecord` and `onDecision` go into the options of a `LiveRun`, which is then handed to `attach`.
 * They count and copy; nobody who looks can make a decision wait.
 */
export class OpsMonitor implements OpsView {
  readonly #clock: Clock;
  readonly #loopLag: (() => LoopLag) | undefined;
  readonly #learning: (() => OpsLearning | null) | undefined;
  readonly #numKept: number;
  readonly #records: Record<string, number> = {};
  readonly #verdicts: Record<string, number> = { pass: 0, hold: 0, flatten: 0 };
  readonly #denials: Record<string, number> = {};
  readonly #decisions: OpsDecision[] = [];
  readonly #events: OpsEvent[] = [];
  readonly #equity = new EquityCurve();
  readonly #latency = new LatencyHistogram();
  readonly #listeners = new Set<(news: OpsNews) => void>();
  readonly #fills: OpsFill[] = [];
  readonly #trades: OpsTrade[] = [];
  readonly #tally = new TradeTally((trade) => {
    keep(this.#trades, trade, this.#numKept);
    this.#publish({ kind: 'trade', trade });
  });
  readonly #candles = new PriceCandles(CANDLE_MS);
  readonly #exposure = new BoundedLines(1, 0);
  #lines = new BoundedLines(0, LINE_MS);
  #receivedMs = Number.NaN;
  #run: LiveRun | undefined;
  #recovery: RecoveryProgress | undefined;
  #haltAsked: string | undefined;

  constructor({ clock, loopLag, learning, numKept = 200 }: OpsMonitorOptions) {
    this.#clock = clock;
    this.#loopLag = loopLag;
    this.#learning = learning;
    this.#numKept = numKept;
  }

  /** The run to show. */
  attach(run: LiveRun): void {
    this.#run = run;
    this.#recovery = undefined;
    if (run.market.netEdgeBps !== undefined)
      this.#lines = new BoundedLines(run.market.numSources + 1, LINE_MS);
    if (this.#haltAsked !== undefined) run.halt(this.#haltAsked);
  }

  /** The run is not there yet: its tape is read. */
  readonly onRecovery = (progress: RecoveryProgress): void => {
    this.#recovery = progress;
  };

  recovery(): RecoveryProgress | undefined {
    return this.#recovery;
  }

  /** An input or a due tick has come, and nothing was done about it yet. */
  readonly onReceive = (): void => {
    this.#receivedMs = this.#clock.monotonicMs();
    this.#lookAtPrices();
  };

  /** A decision is on the tape. */
  readonly onDecision = (): void => {
    // Of several that one input brought, the first: the others waited for it.
    if (!Number.isNaN(this.#receivedMs)) {
      this.#latency.add((this.#clock.monotonicMs() - this.#receivedMs) / 1000);
    }
    this.#receivedMs = Number.NaN;
  };

  readonly onRecord = (record: TapeRecord): void => {
    const [kind, timeMs, ...body] = record;
    this.#records[kind] = (this.#records[kind] ?? 0) + 1;
    switch (kind) {
      case 'input':
      case 'tick':
      case 'state':
      case 'session':
        return;
      case 'decision':
        this.#takeDecision(timeMs, body);
        return;
      case 'fill':
        this.#takeFill(timeMs, body[0]);
        break;
      case 'event': {
        const [source, name, detail] = body;
        this.#tell({ timeMs, kind: String(name), source: this.#nameOf(Number(source)), detail });
        return;
      }
      default:
    }
    this.#tell({ timeMs, kind, source: '', detail: body.length === 1 ? body[0] : body });
  };

  state(): OpsState {
    const run = this.#attached();
    const { session, market, clock } = run;
    const { guard, policy } = session;
    const now = clock.nowMs();
    return {
      timeMs: now,
      paper: true,
      currency: this.#currency(run),
      actions: actionNames(market.actionSpace),
      trades: this.#tally.totals(),
      isRunning: run.isRunning,
      mode: run.mode,
      guard: {
        state: guard.state,
        haltReason: guard.haltReason ?? null,
        reducingReason: guard.reducingReason,
      },
      model: { id: policy.model, createdMs: Number.isNaN(policy.createdMs) ? null : policy.createdMs },
      account: market.account,
      positions: market.describe(),
      numDecisions: session.numDecisions,
      venues: run.connections.map((connection) => {
        const [{ symbol }] = connection.session.feeds;
        return { ...connection.status, symbol, isTradable: connection.isTradable(symbol, now) };
      }),
      counts: { records: this.#records, verdicts: this.#verdicts, denials: this.#denials },
      decisionLatency: this.#latency.summary(),
      loopLag: this.#loopLag?.() ?? null,
      learning: this.#learning?.() ?? null,
      candles: this.#candles.tail(3),
    };
  }

  history(): OpsHistory {
    return {
      decisions: this.#decisions,
      events: this.#events,
      equity: this.#equity.read(),
      candles: this.#candles.read(),
      lines: this.#lines.read(),
      exposure: this.#exposure.read(),
      fills: this.#fills,
      trades: this.#trades,
    };
  }

  subscribe(listener: (news: OpsNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  halt(reason: string): void {
    // Heard while the tape is read: the session begins halted.
    if (this.#recovery !== undefined) this.#haltAsked = reason;
    else this.#attached().halt(reason);
  }

  #attached(): LiveRun {
    if (this.#run !== undefined) return this.#run;
    throw new LiveError('no-run', 'The monitor was not given a run; call attach(run) before it is asked.');
  }

  #nameOf(source: number): string {
    const connection = this.#run?.connections[source];
    return connection === undefined
      ? `source ${source}`
      : `${connection.plugin.name} ${connection.session.feeds[0].symbol}`;
  }

  #takeDecision(timeMs: number, [index, verdict, reason, action, equity, exposure]: Json[]): void {
    const decision = { timeMs, index, verdict, reason, action, equity, exposure } as OpsDecision;
    this.#verdicts[decision.verdict]++;
    if (decision.reason !== null) {
      this.#denials[decision.reason] = (this.#denials[decision.reason] ?? 0) + 1;
    }
    this.#equity.add(timeMs, decision.equity);
    this.#exposure.add(timeMs, [decision.exposure]);
    keep(this.#decisions, decision, this.#numKept);
    this.#publish({ kind: 'decision', decision });
  }

  #takeFill(timeMs: number, detail: Json): void {
    this.#tally.take(timeMs, detail);
    const { size, price, side, filled, notional, venue } = detail as Readonly<Record<string, number>>;
    const isLeg = filled !== undefined;
    if (isLeg && filled === 0) return;
    const fill: OpsFill = {
      timeMs,
      side: (isLeg ? side : size) > 0 ? 1 : -1,
      size: Math.abs(isLeg ? filled : size),
      price: isLeg ? notional / filled : price,
      source: isLeg ? venue : 0,
    };
    keep(this.#fills, fill, MAX_FILLS);
    this.#publish({ kind: 'fill', fill });
  }

  /** As the books stand before the input: a few comparisons, and no line more often than once a second. */
  #lookAtPrices(): void {
    const run = this.#run;
    if (run === undefined) return;
    const { market, session } = run;
    const { timeMs } = session;
    if (!Number.isFinite(timeMs)) return;
    this.#candles.add(timeMs, market.midOf(0));
    if (market.netEdgeBps === undefined || !this.#lines.isDue(timeMs)) return;
    const values = Array.from({ length: market.numSources }, (_, source) => market.midOf(source));
    if (values.every((mid) => mid > 0)) this.#lines.add(timeMs, [...values, market.netEdgeBps()]);
  }

  #currency({ connections }: LiveRun): OpsState['currency'] {
    const [base = '', quote = ''] = connections[0].session.feeds[0].symbol.split('/');
    return { base, quote };
  }

  #publish(news: OpsNews): void {
    for (const listener of this.#listeners) listener(news);
  }

  #tell(event: OpsEvent): void {
    keep(this.#events, event, this.#numKept);
    this.#publish({ kind: 'event', event });
  }
}

function keep<Item>(items: Item[], item: Item, numKept: number): void {
  items.push(item);
  if (items.length > numKept) items.shift();
}
