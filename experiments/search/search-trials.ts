/**
 * Carries the trials of a search out, rung by rung, on several processes. Every proposal and every decision to end a trial waits for just
 * those trials before it that it depends on: so the number of processes changes no result.
 */
import { ConfigError, MarketGymError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import type { Trial } from '../plan.ts';
import type { SearchPlan } from './plan-search.ts';
import { readProgress, type Segment, type TrialProgress, writeProgress } from './segment.ts';
import type { Point } from './space.ts';
import type { Report, TrialRecord } from './trial-record.ts';

export type SegmentOutcome =
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly message: string };

export interface SearchTrialsOptions {
  readonly numTrials: number;
  readonly seed: number;
  readonly objectives: readonly string[];
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** Makes the trial of a proposal. */
  readonly plan: (index: number, point: Point) => Promise<Trial>;
  /** Carries a part of a trial out in a process of its own. */
  readonly carryOut: (trial: Trial, segment: Segment) => Promise<SegmentOutcome>;
  /** Told of each trial that ends. */
  readonly onEnd: (record: TrialRecord, message?: string) => void;
}

interface Entry {
  readonly index: number;
  readonly point: Point;
  /** Absent where no run can be made at the point. */
  readonly trial?: Trial;
  state: TrialRecord['state'];
  /** Of each rung that it came to, what was known of it there; one more once it is trained to its end. */
  readonly segments: (readonly Report[])[];
  scores?: readonly number[];
  isBusy: boolean;
}

/** @returns in the order of proposal; those still `running` were interrupted */
export async function searchTrials(
  { sampler, pruner }: SearchPlan,
  options: SearchTrialsOptions,
): Promise<TrialRecord[]> {
  const { numTrials, seed, objectives, jobs, signal, plan, carryOut, onEnd } = options;
  const entries: Entry[] = [];
  const running = new Map<number, Promise<void>>();
  let isExhausted = false;

  const end = (entry: Entry, state: TrialRecord['state'], message?: string): void => {
    entry.state = state;
    onEnd(recordOf(entry), message);
  };

  async function propose(): Promise<boolean> {
    const index = entries.length;
    if (isExhausted || index >= numTrials) return false;
    const needed = sampler.needs(index);
    if (entries.slice(0, needed).some(({ state }) => state === 'running')) return false;
    const known = entries.slice(0, needed).map(recordOf);
    const point = sampler.propose(index, known, createRng(seed).fork(index));
    if (point === undefined) {
      isExhausted = true;
      return false;
    }
    const entry: Entry = { index, point, state: 'running', segments: [], isBusy: false };
    try {
      const trial = await plan(index, point);
      const { segments, scores, failure } = readProgress(trial.directory);
      requireSameRungs(trial, segments, pruner.rungs);
      Object.assign(entry, { trial });
      entry.segments.push(...segments.map(({ reports }) => reports));
      entries.push(entry);
      if (failure !== undefined) end(entry, 'failed', failure);
      if (scores !== undefined) {
        entry.scores = scores.map((score) => score ?? Number.NaN);
        endTrained(entry);
      }
    } catch (error) {
      if (!(error instanceof MarketGymError) || error.code === 'other-trial') throw error;
      entries.push(entry);
      end(entry, 'failed', error.message);
    }
    return true;
  }

  function endTrained(entry: Entry): void {
    if (entry.scores!.every(Number.isFinite)) end(entry, 'finished');
    else end(entry, 'failed', 'its objective is no number');
  }

  /** Whether it may go on; undefined while trials before it are on their way to its rung. */
  function decide(entry: Entry): boolean | undefined {
    const rung = entry.segments.length - 1;
    if (rung < 0 || rung >= pruner.rungs.length) return true;
    const before = entries.slice(0, entry.index);
    if (before.some(({ state, segments }) => state === 'running' && segments.length <= rung))
      return undefined;
    const own = entry.segments[rung];
    if (own.length === 0) return true;
    const earlier = before.flatMap(({ segments }) => (segments[rung]?.length > 0 ? [segments[rung]] : []));
    return !pruner.stops(own, earlier);
  }

  /** The first trial that can go on, in the order of proposal. */
  function next(): Entry | undefined {
    for (const entry of entries) {
      if (entry.state !== 'running' || entry.isBusy) continue;
      const goesOn = decide(entry);
      if (goesOn === true) return entry;
      if (goesOn === false) end(entry, 'pruned');
    }
    return undefined;
  }

  async function run(entry: Entry): Promise<void> {
    const until = pruner.rungs[entry.segments.length];
    const trial = entry.trial!;
    const outcome = await carryOut(trial, { until, objectives });
    entry.isBusy = false;
    if (outcome.kind === 'interrupted') return;
    if (outcome.kind === 'failed') {
      writeProgress(trial.directory, { ...readProgress(trial.directory), failure: outcome.message });
      end(entry, 'failed', outcome.message);
      return;
    }
    const { segments, scores } = readProgress(trial.directory);
    entry.segments.push(segments[entry.segments.length].reports);
    if (scores === undefined) return;
    entry.scores = scores.map((score) => score ?? Number.NaN);
    endTrained(entry);
  }

  for (;;) {
    while (!signal.aborted && running.size < jobs) {
      const entry = next();
      if (entry !== undefined) {
        entry.isBusy = true;
        const task = run(entry).finally(() => running.delete(entry.index));
        running.set(entry.index, task);
      } else if (!(await propose())) break;
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  return entries.map(recordOf);
}

function recordOf({ index, point, state, segments, scores }: Entry): TrialRecord {
  return { index, point, state, reports: segments.at(-1) ?? [], scores };
}

/** @throws ConfigError `other-trial` for a trial that was looked at elsewhere: by another pruner, or other settings of it */
function requireSameRungs(
  { directory }: Trial,
  segments: TrialProgress['segments'],
  rungs: readonly number[],
): void {
  if (segments.every(({ until }, i) => until === (rungs[i] ?? null))) return;
  throw new ConfigError(
    'other-trial',
    `"${directory}" holds a trial that was looked at after other steps: remove it, choose another --out, or set the pruner that it had.`,
  );
}
