/** Keeps the policy of a live session learning: candidates, verdicts, swaps between two decisions, and rollbacks. */

import type { LiveRun } from '../live/live-run.ts';
import type { Decision } from '../live/session.ts';
import { FillCosts } from '../live/shadow.ts';
import { unpackAgentModel } from '../storage/agent-model.ts';
import type { ModelRegistry } from '../storage/model-registry.ts';
import type { TapeRecord } from '../storage/tape.ts';
import {
  type ContinualState,
  type LearnConfig,
  readContinualState,
  rollBack,
  stretchOf,
} from '../trainers/continual.ts';
import { type DriftAlarm, DriftMonitor, type DriftReference } from '../trainers/drift.ts';
import { buildPolicy } from './agent-policies.ts';
import type { Catalog } from './catalog.ts';
import type { Learner } from './learner.ts';
import { equityOf, type LearnerResult, type LearnerTask } from './learner-tasks.ts';

const HOUR_MS = 3_600_000;
/** Decisions between two looks at the signs of drift. */
const CHECK_EVERY = 10;
/** A stretch whose end the tape did not reach is tried again after this part of it. */
const RETRY_SHARE = 0.01;

export interface ContinualOptions {
  readonly run: Pick<LiveRun, 'session' | 'market' | 'swap' | 'note'>;
  readonly registry: ModelRegistry;
  /** Name of the model in the registry; it needs a champion. */
  readonly model: string;
  readonly catalog: Catalog;
  readonly learn: LearnConfig;
  readonly learner: Learner;
  /** Told in words of everything that happens. */
  readonly onNews?: (text: string) => void;
}

export interface Continual {
  /** To be told of every decision of the run. */
  onDecision(decision: Decision): void;
  /** To be told of every record of the run. */
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
  /** Whether the champion is compared with where it was judged good. */
  readonly isWatched: boolean;
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
  /** First decision of the session that learning can look back from. */
  #startMs = Number.NaN;
  #monitor: DriftMonitor | undefined;
  /** The policy whose reference is asked for, or there. */
  #watched = '';
  #meanFillCostBps = 0;
  #fillCosts = new FillCosts();
  /** Decisions of the champion that its monitor has not seen: there is no reference yet. */
  #unseen: { index: number; observation: Float32Array; action: number[]; equity: number }[] = [];
  #unseenCosts: number[] = [];
  #numSinceCheck = 0;
  #hasDrifted = false;

  constructor(options: ContinualOptions) {
    this.#options = options;
    const { registry, model, run } = options;
    this.#nowMs = Math.max(0, run.session.timeMs);
    this.#state = readContinualState(registry, model, this.#nowMs);
    const { id } = this.#state.champion;
    if (run.session.policy.model !== id) this.#swapTo(id, 'it is the champion of the registry');
  }

  get status(): ContinualStatus {
    const { champion, candidate } = this.#state;
    return {
      champion: champion.id,
      candidate: candidate?.id,
      task: this.#task,
      isWatched: this.#monitor !== undefined,
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
    const cost = this.#fillCosts.take(record);
    if (Number.isNaN(cost)) return;
    if (this.#monitor === undefined) this.#unseenCosts.push(cost);
    else this.#monitor.observeFill(cost - this.#meanFillCostBps);
  }

  onDecision({ timeMs, index, ruling, action, step }: Decision): void {
    if (this.#isStopped) return;
    this.#nowMs = timeMs;
    if (Number.isNaN(this.#startMs)) this.#startMs = timeMs;
    if (ruling.verdict === 'pass') {
      const chosen = typeof action === 'number' ? [action] : [...action];
      const equity = equityOf(step);
      if (this.#monitor === undefined) {
        this.#unseen.push({ index, observation: step.observation.slice(), action: chosen, equity });
      } else this.#monitor.observeDecision(step.observation, chosen, equity);
      if (++this.#numSinceCheck >= CHECK_EVERY) this.#checkDrift();
    }
    if (this.#task === undefined) this.#beginWhatIsDue();
  }

  /** One task at a time: the policy's reference before anything else. */
  #beginWhatIsDue(): void {
    const { learn } = this.#options;
    const { champion, candidate, proof, trial, lastTrainedMs } = this.#state;
    const nowMs = this.#nowMs;
    if (this.#watched !== champion.id) {
      this.#watched = champion.id;
      this.#begin({ kind: 'watch', champion: champion.id, proof }, (result) => this.#watch(result));
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
    const lastMs = Number.isNaN(lastTrainedMs) ? this.#startMs : lastTrainedMs;
    if (nowMs < lastMs + learn.everyHours * HOUR_MS) return;
    this.#begin({ kind: 'train', champion: champion.id, cutMs: nowMs }, (result) => {
      if (result.kind === 'failed') this.#retryMs = this.#nowMs + learn.everyHours * HOUR_MS;
      if (result.kind === 'trained') this.#say(`${result.id} has learnt, and waits to be judged`);
    });
  }

  #begin(task: LearnerTask, then: (result: LearnerResult) => void): void {
    this.#task = task.kind;
    this.#underWay = this.#options.learner.perform(task).then((result) => {
      this.#task = undefined;
      if (this.#isStopped) return;
      if (result.kind === 'failed') this.#say(`the learner could not ${task.kind}: ${result.message}`);
      // A rollback may have come between: the registry says what holds now.
      this.#refresh();
      then(result);
    });
  }

  #afterVerdict(id: string, result: LearnerResult): void {
    const { run, catalog, learn } = this.#options;
    if (result.kind !== 'judged') {
      this.#retryMs = this.#nowMs + RETRY_SHARE * learn.gate.forwardDays * 24 * HOUR_MS;
      return;
    }
    const { decision, reasons, challenger, createdMs } = result;
    this.#say(`${id} is ${decision === 'promote' ? 'promoted' : 'rejected'}: ${reasons.join('; ')}`);
    if (decision === 'reject' || this.#state.champion.id !== id) return;
    this.#forgetReference();
    run.swap(buildPolicy(challenger, { id, createdMs }, run.market, catalog));
  }

  #watch(result: LearnerResult): void {
    if (result.kind !== 'watched' || this.#watched !== this.#state.champion.id) return;
    const { learn } = this.#options;
    const { history } = result;
    const seen = new Set(history.index);
    const past = history.index.map((index, n) => ({
      index,
      observation: history.observations[n],
      action: history.actions[n],
      equity: history.equity[n],
    }));
    this.#unseen = [...past, ...this.#unseen.filter(({ index }) => !seen.has(index))];
    // Fills that both have told of are of the same session: the longer list holds the shorter.
    if (history.fillCostsBps.length > this.#unseenCosts.length) this.#unseenCosts = history.fillCostsBps;
    this.#meanFillCostBps = result.meanFillCostBps;
    if (result.reference !== undefined) this.#startMonitor(result.reference);
    else if (this.#unseen.length >= learn.drift.windowDecisions) this.#startOnOwnWindow();
  }

  /** A champion without a proven stretch is compared with its own first decisions. */
  #startOnOwnWindow(): void {
    const first = this.#unseen.slice(0, this.#options.learn.drift.windowDecisions);
    const observationDim = first[0].observation.length;
    const observations = new Float32Array(first.length * observationDim);
    for (const [n, { observation }] of first.entries()) observations.set(observation, n * observationDim);
    const actions = Float32Array.from(first.flatMap(({ action }) => action));
    const actionDim = first[0].action.length;
    const costs = this.#unseenCosts;
    this.#meanFillCostBps = costs.length === 0 ? 0 : costs.reduce((a, b) => a + b, 0) / costs.length;
    this.#startMonitor({ observations, actions, observationDim, actionDim });
  }

  #startMonitor(reference: DriftReference): void {
    this.#monitor = new DriftMonitor(reference, this.#options.learn.drift);
    for (const { observation, action, equity } of this.#unseen) {
      this.#monitor.observeDecision(observation, action, equity);
    }
    for (const cost of this.#unseenCosts) this.#monitor.observeFill(cost - this.#meanFillCostBps);
    this.#unseen = [];
    this.#unseenCosts = [];
  }

  #checkDrift(): void {
    this.#numSinceCheck = 0;
    const { drift } = this.#options.learn;
    if (this.#monitor === undefined) {
      const isAsked = this.#watched === this.#state.champion.id && this.#task !== 'watch';
      if (isAsked && this.#unseen.length >= drift.windowDecisions) this.#startOnOwnWindow();
      return;
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
    const why = alarms.map(({ text }) => text).join('; ');
    if (previous === undefined) this.#say(`${champion.id} has drifted, and none was before it: ${why}`);
    const id = rollBack(registry, this.#state, alarms, this.#nowMs);
    this.#refresh();
    if (id !== champion.id) this.#swapTo(id, `${champion.id} has drifted: ${why}`);
  }

  #swapTo(id: string, why: string): void {
    const { run, registry, catalog } = this.#options;
    const artifact = registry.load(id);
    const { createdMs } = artifact.manifest;
    this.#say(`${id} takes over: ${why}`);
    this.#forgetReference();
    run.swap(buildPolicy(unpackAgentModel(artifact), { id, createdMs }, run.market, catalog));
  }

  #forgetReference(): void {
    this.#monitor = undefined;
    this.#watched = '';
    this.#unseen = [];
    this.#unseenCosts = [];
    this.#hasDrifted = false;
    this.#fillCosts = new FillCosts();
  }

  #refresh(): void {
    const { registry, model } = this.#options;
    this.#state = readContinualState(registry, model, this.#nowMs);
  }

  #say(text: string): void {
    this.#options.run.note(text);
    this.#options.onNews?.(text);
  }
}
