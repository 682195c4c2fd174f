/** Keeps the policy of a live session learning: candidates, verdicts, swaps between two decisions, and rollbacks. */

import type { LiveRun } from '../live/session/live-run.ts';
import type { Decision } from '../live/session/session.ts';
import { unpackAgentModel } from '../storage/agent-model.ts';
import type { ModelRegistry } from '../storage/model-registry.ts';
import type { TapeRecord } from '../storage/tape.ts';
import { type AgentCode, buildPolicy } from './agent-policies.ts';
import { type DriftAlarm, DriftMonitor, type DriftSample } from './drift.ts';
import { driftSamples, ownDecisionsNeeded } from './drift-history.ts';
import { describeLearningEvent, type LearningEvent } from './events.ts';
import type { Learner } from './learner.ts';
import type { LearnerResult, LearnerTask } from './learner-tasks.ts';
import {
  type ContinualState,
  type LearnConfig,
  readContinualState,
  recoverContinualState,
  rollBack,
  stretchOf,
} from './registry-state.ts';
import { FillCosts } from './shadow.ts';

const HOUR_MS = 3_600_000;
/** Decisions between two looks at the signs of drift. */
const CHECK_EVERY = 10;
/** A stretch whose end the tape did not reach is tried again after this part of it. */
const RETRY_SHARE = 0.01;

export interface ContinualOptions extends AgentCode {
  readonly run: Pick<LiveRun, 'session' | 'market' | 'swap' | 'note' | 'halt'>;
  readonly registry: ModelRegistry;
  /** Name of the model in the registry; it needs a champion. */
  readonly model: string;
  readonly learn: LearnConfig;
  readonly learner: Learner;
  /** Called for everything that happens, as it happens; the tape has the same in words. */
  readonly onEvent?: (event: LearningEvent) => void;
}

export interface Continual {
  /** To be called with every decision of the run. */
  onDecision(decision: Decision): void;
  /** To be called with every record of the run. */
  onRecord(record: TapeRecord): void;
  readonly status: ContinualStatus;
  /** When nothing is under way any more; for tests and for a shutdown that wants to wait. */
  idle(): Promise<void>;
  /** Nothing is begun from now on. */
  stop(): Promise<void>;
}

export interface ContinualStatus {
  readonly champion: string;
  /** The candidate that waits to be judged. */
  readonly candidate: string | undefined;
  readonly task: LearnerTask['kind'] | undefined;
  /** Whether the champion's observations and actions are compared with a reference; losses are watched from the first. */
  readonly isWatched: boolean;
  /** Why the champion is not to be trusted any more, where none was before it that could take over. */
  readonly drift: string | undefined;
}

/**
 * Goes on from what registry and tape say: a champion that was promoted when the session was cut off takes over at once.
 * All times are those of decisions; no clock is read.
 * @throws StorageError `unknown-model` without a champion, `not-a-policy`, `snapshot-mismatch`
 */
export function startContinual(options: ContinualOptions): Continual {
  return new ContinualLearning(options);
}

class ContinualLearning implements Continual {
  readonly #options: ContinualOptions;
  #state: ContinualState;
  #task: LearnerTask['kind'] | undefined;
  #underWay: Promise<void> = Promise.resolve();
  #retryMs = -Infinity;
  #nowMs: number;
  #isStopped = false;
  /** Sees everything since the champion took over, or, until its tape was read, since this process began. */
  #monitor: DriftMonitor;
  /** The policy whose reference is asked for, or there. */
  #watched = '';
  #fillCosts = new FillCosts();
  /** What came since the reference was asked for: the answer does not know it. */
  #since: DriftSample[] | undefined;
  /** Own decisions at which a reference is asked for that was not there before. */
  #askAt: number;
  #hasDrifted = false;

  constructor(options: ContinualOptions) {
    this.#options = options;
    const { registry, model, run } = options;
    this.#nowMs = Math.max(0, run.session.timeMs);
    recoverContinualState(registry, model, this.#nowMs);
    this.#state = readContinualState(registry, model, this.#nowMs);
    this.#monitor = new DriftMonitor(options.learn.drift);
    this.#askAt = ownDecisionsNeeded(options.learn.drift);
    const { id } = this.#state.champion;
    if (run.session.policy.model !== id) this.#swapTo(id);
  }

  get status(): ContinualStatus {
    const { champion, candidate, drift } = this.#state;
    return {
      champion: champion.id,
      candidate: candidate?.id,
      task: this.#task,
      isWatched: this.#monitor.hasProfile,
      drift,
    };
  }

  async idle(): Promise<void> {
    while (this.#task !== undefined) await this.#underWay;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#options.learner.stop();
  }

  onRecord(record: TapeRecord): void {
    const costBps = this.#fillCosts.take(record);
    if (!Number.isNaN(costBps)) this.#add({ kind: 'fill', costBps });
  }

  onDecision(decision: Decision): void {
    if (this.#isStopped) return;
    this.#nowMs = decision.timeMs;
    for (const sample of driftSamples(decision)) this.#add(sample);
    // Counted over the whole session: one that was cut looks at the same decisions.
    if ((decision.index + 1) % CHECK_EVERY === 0) this.#checkDrift();
    if (this.#task === undefined) this.#beginWhatIsDue(decision.index);
  }

  #add(sample: DriftSample): void {
    this.#monitor.add(sample);
    this.#since?.push(sample);
  }

  /** One task at a time: the policy's reference before anything else. */
  #beginWhatIsDue(index: number): void {
    const { learn, run } = this.#options;
    const { champion, candidate, proof, trial, lastTrainedMs } = this.#state;
    const nowMs = this.#nowMs;
    if (this.#watched !== champion.id) {
      this.#watched = champion.id;
      this.#since = [];
      this.#begin({ kind: 'watch', champion: champion.id, proof, toIndex: index }, (result) =>
        this.#watch(champion.id, result),
      );
      return;
    }
    if (nowMs < this.#retryMs) return;
    if (candidate !== undefined) {
      const stretch = stretchOf(candidate, learn);
      if (nowMs < stretch.fromMs + stretch.lengthMs) return;
      this.#begin(
        { kind: 'judge', champion: champion.id, challenger: candidate.id, stretch, trial, nowMs },
        (result) => this.#afterVerdict(candidate.id, result),
      );
      return;
    }
    // What was learnt before this tape began does not put off the first training on it.
    const { firstDecisionMs } = run.session;
    const lastMs = Math.max(lastTrainedMs, firstDecisionMs);
    if (nowMs < lastMs + learn.everyHours * HOUR_MS) return;
    this.#begin({ kind: 'train', champion: champion.id, cutMs: nowMs }, (result) => {
      if (result.kind === 'failed') this.#retryMs = this.#nowMs + learn.everyHours * HOUR_MS;
      if (result.kind === 'trained') this.#tell({ kind: 'trained', id: result.id });
    });
  }

  #begin(task: LearnerTask, then: (result: LearnerResult) => void): void {
    this.#task = task.kind;
    this.#underWay = this.#options.learner.perform(task).then((result) => {
      this.#task = undefined;
      if (this.#isStopped) return;
      if (result.kind === 'failed') this.#tell({ kind: 'failed', task: task.kind, message: result.message });
      // A rollback may have come between: the registry says what holds now.
      this.#refresh();
      then(result);
    });
  }

  #afterVerdict(id: string, result: LearnerResult): void {
    const { run, learn } = this.#options;
    if (result.kind !== 'judged') {
      this.#retryMs = this.#nowMs + RETRY_SHARE * learn.gate.forwardDays * 24 * HOUR_MS;
      return;
    }
    const { decision, reasons, challenger, createdMs } = result;
    this.#tell({ kind: 'judged', id, decision, reasons });
    if (decision === 'reject' || this.#state.champion.id !== id) return;
    this.#forgetReference();
    run.swap(buildPolicy(challenger, { id, createdMs }, run.market, this.#options));
  }

  #watch(id: string, result: LearnerResult): void {
    // Another policy may have taken over meanwhile; that one has a monitor of its own.
    if (this.#watched !== id) return;
    const since = this.#since ?? [];
    this.#since = undefined;
    if (result.kind !== 'watched') return;
    this.#monitor = new DriftMonitor(this.#options.learn.drift, result.profile);
    this.#monitor.load(result.monitor);
    for (const sample of since) this.#monitor.add(sample);
  }

  #checkDrift(): void {
    const { hasProfile, numDecisions } = this.#monitor;
    if (!hasProfile && this.#since === undefined && numDecisions >= this.#askAt) {
      // The tape holds its own first windows by now; an answer that could not be is asked for again, but ever more rarely.
      this.#watched = '';
      this.#askAt = 2 * numDecisions;
    }
    const alarms = this.#monitor.check();
    if (alarms.length === 0 || this.#hasDrifted) return;
    this.#hasDrifted = true;
    // Not from within a decision: what has come in may bring about more of them, and a swap stands between two inputs.
    queueMicrotask(() => {
      if (!this.#isStopped) this.#rollBack(alarms);
    });
  }

  #rollBack(alarms: readonly DriftAlarm[]): void {
    const { registry } = this.#options;
    const { champion, previous } = this.#state;
    if (previous === undefined) this.#endureOrHalt({ kind: 'drifted', id: champion.id, alarms });
    const id = rollBack(registry, this.#state, alarms, this.#nowMs);
    this.#refresh();
    if (id !== champion.id) this.#swapTo(id, champion.id, alarms);
  }

  /** Before the registry is told: a process that dies in between has stopped the trading at least. */
  #endureOrHalt(event: LearningEvent): void {
    const { run, learn } = this.#options;
    const isHalted = run.session.guard.haltReason !== undefined;
    if (this.#state.drift === undefined) this.#tell(event);
    if (learn.drift.withoutPrevious === 'halt' && !isHalted) run.halt(describeLearningEvent(event));
  }

  #swapTo(id: string, from?: string, alarms: readonly DriftAlarm[] = []): void {
    const { run, registry } = this.#options;
    const artifact = registry.load(id);
    const { createdMs } = artifact.manifest;
    this.#tell({ kind: 'swapped', id, from, alarms });
    this.#forgetReference();
    run.swap(buildPolicy(unpackAgentModel(artifact), { id, createdMs }, run.market, this.#options));
  }

  #forgetReference(): void {
    const { drift } = this.#options.learn;
    this.#monitor = new DriftMonitor(drift);
    this.#watched = '';
    this.#since = undefined;
    this.#askAt = ownDecisionsNeeded(drift);
    this.#hasDrifted = false;
    this.#fillCosts = new FillCosts();
  }

  #refresh(): void {
    const { registry, model } = this.#options;
    recoverContinualState(registry, model, this.#nowMs);
    this.#state = readContinualState(registry, model, this.#nowMs);
  }

  #tell(event: LearningEvent): void {
    this.#options.run.note(describeLearningEvent(event));
    this.#options.onEvent?.(event);
  }
}
