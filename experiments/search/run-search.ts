/** Runs the searches of an experiment: each pair of task and agent, then its finalists with more seeds, then the winner on the test span. */

import type { ExperimentEvent } from '../events.ts';
import type { LedgerChoice } from '../ledger/use-ledger.ts';
import { cellsOf, nameOf, type Trial } from '../plan.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { type RunTrial, runInProcess, runPool } from '../pool.ts';
import { writePlan } from '../status.ts';
import { readTrialResult, type TrialResult } from '../trial.ts';
import { race } from './finalists.ts';
import { labelOf, planPoint, planSearch, type SearchedExperiment, type SearchPlan } from './plan-search.ts';
import { searchTrials } from './search-trials.ts';
import type { Segment } from './segment.ts';
import type { Point } from './space.ts';
import { rankTrials, type TrialRecord } from './trial-record.ts';

export interface SearchOptions {
  readonly out: string;
  readonly jobs: number;
  /** Who carries a trial out. Default: a process of this machine. */
  readonly run?: RunTrial;
  readonly ledger: LedgerChoice;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ExperimentEvent) => void;
  readonly access: PluginAccess;
}

/** What became of the search of one pair of task and agent. */
export interface SearchResult {
  readonly task: string;
  readonly agent: string;
  readonly objectives: readonly string[];
  /** In the order of proposal. */
  readonly trials: readonly TrialRecord[];
  /** Those that were tried with more seeds, the best first: mean score of the first objective, over so many seeds. */
  readonly finalists: readonly {
    readonly index: number;
    readonly score: number;
    readonly numSeeds: number;
  }[];
  /** Env steps of training, of all trials together. */
  readonly totalSteps: number;
  /** Absent where no trial came to its end. */
  readonly winner?: { readonly index: number; readonly point: Point; readonly label: string };
}

export interface SearchesOutcome {
  readonly searches: readonly SearchResult[];
  /** The winners with each of their seeds, judged on the test span. */
  readonly results: readonly TrialResult[];
  readonly failures: readonly { readonly trial: string; readonly message: string }[];
  /** Why trials are not in the ledger, where some are not. */
  readonly uncounted?: string;
  readonly interrupted: boolean;
}

/**
 * The same input gives the same outcome, to the bit, on any number of jobs.
 * @throws MarketGymError before anything runs
 */
export async function runSearches(
  experiment: SearchedExperiment,
  options: SearchOptions,
): Promise<SearchesOutcome> {
  const { search, seeds } = experiment;
  const { out, onEvent, signal, access, run = runInProcess } = options;
  const plans: SearchPlan[] = [];
  for (const cell of cellsOf(experiment)) plans.push(await planSearch(experiment, cell, access));
  const planned = {
    name: experiment.name,
    numTrials: plans.length * search.trials,
    totalSteps: plans.reduce((sum, { totalSteps }) => sum + totalSteps * search.trials, 0),
  };
  writePlan(out, planned);
  onEvent({ kind: 'planned', ...planned, out, numKept: 0 });
  const searches: SearchResult[] = [];
  const results: TrialResult[] = [];
  const failures: { trial: string; message: string }[] = [];
  let uncounted: string | undefined;
  for (const plan of plans) {
    const { cell } = plan;
    const trialAt = (index: number, point: Point, seed: number): Promise<Trial> =>
      planPoint(experiment, cell, { index, point, seed, out }, access);
    const carryOut = async (trial: Trial, segment?: Segment) => {
      const outcome = await run(trial, {
        ...options,
        segment,
        onTraining: (own, event) =>
          onEvent({ kind: 'training', trial: { task: own.task, agent: own.agent, seed: own.seed }, event }),
      });
      if (outcome.kind === 'finished') uncounted ??= outcome.uncounted;
      return outcome;
    };
    const failed: { index: number; message: string }[] = [];
    const trials = await searchTrials(plan, {
      numTrials: search.trials,
      seed: search.seed,
      objectives: search.objective,
      jobs: options.jobs,
      signal,
      plan: (index, point) => trialAt(index, point, seeds[0]),
      carryOut,
      onEnd: (record, message) => {
        if (message !== undefined) failed.push({ index: record.index, message });
        onEvent({
          kind: 'search-trial',
          task: cell.task,
          agent: cell.agent,
          record,
          ...(message !== undefined && { message }),
        });
      },
    });
    // In the order of proposal, whichever came to its end first.
    for (const { index, message } of failed.sort((a, b) => a.index - b.index)) {
      failures.push({ trial: `${cell.task} ${cell.agent} trial ${index}`, message });
    }
    const ranked = rankTrials(trials).filter(({ state }) => state === 'finished');
    if (signal.aborted || ranked.length === 0) {
      searches.push(resultOf(plan, search.objective, trials, []));
      continue;
    }
    const finalists = await race(ranked, {
      seeds,
      finalists: search.finalists,
      jobs: options.jobs,
      signal,
      objectives: search.objective,
      trialAt,
      carryOut,
    });
    const judged = [];
    // None where the race was interrupted, or every finalist failed with a further seed.
    const [winner] = finalists;
    for (const seed of winner === undefined ? [] : seeds.slice(0, winner.numSeeds))
      judged.push(await trialAt(winner.index, trials[winner.index].point, seed));
    const unjudged = new Map<Trial, string>();
    await runPool(
      judged.filter((trial) => readTrialResult(trial) === undefined),
      {
        ...options,
        run: (trial) => carryOut(trial),
        onTraining: () => {},
        onOutcome: (trial, outcome) => {
          if (outcome.kind === 'failed') unjudged.set(trial, outcome.message);
        },
      },
    );
    for (const trial of judged.filter((own) => unjudged.has(own))) {
      failures.push({ trial: nameOf(trial), message: unjudged.get(trial)! });
    }
    results.push(...judged.map(readTrialResult).filter((result) => result !== undefined));
    searches.push(resultOf(plan, search.objective, trials, finalists));
  }
  const interrupted = signal.aborted;
  const ended = searches.flatMap(({ trials }) => trials);
  onEvent({
    kind: 'ended',
    numTrials: ended.length,
    numFinished: ended.filter(({ state }) => state === 'finished' || state === 'pruned').length,
    numFailed: failures.length,
    interrupted,
  });
  return { searches, results, failures, interrupted, ...(uncounted !== undefined && { uncounted }) };
}

function resultOf(
  { cell, totalSteps }: SearchPlan,
  objectives: readonly string[],
  trials: readonly TrialRecord[],
  finalists: SearchResult['finalists'],
): SearchResult {
  const { task, agent } = cell;
  const stepsOf = ({ state, reports }: TrialRecord): number =>
    state === 'finished' ? totalSteps : (reports.at(-1)?.step ?? 0);
  const searched = trials.reduce((sum, trial) => sum + stepsOf(trial), 0);
  const extra = finalists.reduce((sum, { numSeeds }) => sum + (numSeeds - 1) * totalSteps, 0);
  const [best] = finalists;
  return {
    task,
    agent,
    objectives,
    trials,
    finalists,
    totalSteps: searched + extra,
    ...(best && {
      winner: { index: best.index, point: trials[best.index].point, label: labelOf(agent, best.index) },
    }),
  };
}
