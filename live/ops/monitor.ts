/** Watches a run through the records of its tape, and shows it as an `OpsView`. */
import { LiveError } from '../../core/errors.ts';
import type { Json } from '../../core/snapshot.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import type { Clock } from '../connection/clock.ts';
import type { LiveRun } from '../session/live-run.ts';
import type { RecoveryProgress } from '../session/open-tape.ts';
import { EquityCurve } from './equity-curve.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type {
  LoopLag,
  OpsDecision,
  OpsEvent,
  OpsHistory,
  OpsLearning,
  OpsNews,
  OpsState,
  OpsView,
} from './view.ts';

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
      case 'event': {
        const [source, name, detail] = body;
        this.#tell({ timeMs, kind: String(name), source: this.#nameOf(Number(source)), detail });
        return;
      }
      default:
        this.#tell({ timeMs, kind, source: '', detail: body.length === 1 ? body[0] : body });
    }
  };

  state(): OpsState {
    const run = this.#attached();
    const { session, market, clock } = run;
    const { guard, policy } = session;
    const now = clock.nowMs();
    return {
      timeMs: now,
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
    };
  }

  history(): OpsHistory {
    return { decisions: this.#decisions, events: this.#events, equity: this.#equity.read() };
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
    keep(this.#decisions, decision, this.#numKept);
    for (const listener of this.#listeners) listener({ kind: 'decision', decision });
  }

  #tell(event: OpsEvent): void {
    keep(this.#events, event, this.#numKept);
    for (const listener of this.#listeners) listener({ kind: 'event', event });
  }
}

function keep<Item>(items: Item[], item: Item, numKept: number): void {
  items.push(item);
  if (items.length > numKept) items.shift();
}
