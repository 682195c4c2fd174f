/** Runs an experiment to its end, or as far as it gets, and collects what its trials came to. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ConfigError, StorageError } from '../core/errors.ts';
import { makeDirectory } from '../storage/atomic.ts';
import { type FolderLock, lockFolder } from '../storage/folder-lock.ts';
import type { ExperimentEvent, TrialName } from './events.ts';
import { type ExperimentInput, loadExperiment, parseExperiment } from './file.ts';
import { DEFAULT_LEDGER, type LedgerChoice } from './ledger/use-ledger.ts';
import { nameOf, planExperiment, type Trial } from './plan.ts';
import type { PluginAccess } from './plugins/access.ts';
import { type RunTrial, runPool, type TrialOutcome } from './pool.ts';
import { QUEUED_TRIALS, QueueCoordinator, type QueueOptions } from './queue/coordinator.ts';
import { runSearches, type SearchResult } from './search/run-search.ts';
import { writePlan } from './status.ts';
import { readTrialResult, type TrialResult } from './trial.ts';

export interface ExperimentOptions {
  /** The experiment's folder; finished trials in it are kept. Default: `runs/NAME`, from the working directory. */
  readonly out?: string;
  /** Trials at a time, each in a process of its own, ≥ 1. Default: one per processor core; of a queue, 256. */
  readonly jobs?: number;
  /** Other machines carry the trials out, with the same results. Default: processes of this one. */
  readonly queue?: QueueOptions;
  /** Told of everything that happens, as it happens. */
  readonly onEvent?: (event: ExperimentEvent) => void;
  /** Once aborted, no trial is begun; those that run save what they have, and go on from there the next time. */
  readonly signal?: AbortSignal;
  /** The file that every trial is counted in; `false`: in none. Default: `runs/ledger.db`, from the working directory. */
  readonly ledger?: LedgerChoice;
  /** Which code may be run beside what the experiment names, and whether runs may go on with other code. */
  readonly access?: PluginAccess;
}

export interface ExperimentOutcome {
  readonly name: string;
  /** The experiment's folder. */
  readonly out: string;
  /** In the order of the plan: first by task, then by agent, then by seed; the unfinished ones left out. */
  readonly results: readonly TrialResult[];
  readonly failures: readonly { readonly trial: string; readonly message: string }[];
  /** Of an experiment with a search, one for each pair of task and agent; `results` are then those of the winners. */
  readonly searches?: readonly SearchResult[];
  /** Why trials are not in the ledger, where some are not. */
  readonly uncounted?: string;
  /** Whether trials were left unfinished because `signal` was aborted; the same call goes on. */
  readonly interrupted: boolean;
}

/**
 * Runs every trial of an experiment that is not finished yet: each pair of task and agent with each seed.
 * The same input and seeds give the same results, to the bit, on any number of jobs.
 * @param input the experiment, or the path of a JSON, TypeScript or JavaScript file that holds it
 * @returns also where trials failed or were interrupted: see `failures` and `interrupted`
 * @throws MarketGymError before anything runs: ConfigError where the experiment names what is not there or sets what
 * cannot be, `other-trial` where the folder holds other settings; StorageError where a result in it is damaged
 * @example
 * const { results } = await runExperiment(
 *   { name: 'first', tasks: [{ env: 'cartpole' }], agents: [{ agent: 'ppo' }, { agent: 'random' }], seeds: 3 },
 *   { onEvent: (event) => event.kind === 'trial-finished' && console.log(event.trial, event.result.meanReturn) },
 * );
 * console.log(formatCells(summarizeCells(results)));
 */
export async function runExperiment(
  input: ExperimentInput | string,
  {
    out: folder,
    queue,
    jobs = queue === undefined ? availableParallelism() : QUEUED_TRIALS,
    onEvent = () => {},
    signal,
    ledger = DEFAULT_LEDGER,
    access,
  }: ExperimentOptions = {},
): Promise<ExperimentOutcome> {
  if (!(Number.isInteger(jobs) && jobs >= 1)) {
    throw new ConfigError('invalid-value', `jobs must be a whole number from 1, got ${jobs}.`);
  }
  const experiment =
    typeof input === 'string' ? await loadExperiment(input) : parseExperiment(input, 'The experiment');
  const { name } = experiment;
  const out = folder ?? join('runs', name);
  const { search } = experiment;
  if (search !== undefined) {
    const lock = lockExperiment(out);
    try {
      const options = { out, jobs, onEvent, ledger, access: access ?? {} };
      const outcome = await withQueue(name, out, queue, (run) =>
        runSearches(
          { ...experiment, search },
          { ...options, run, signal: signal ?? new AbortController().signal },
        ),
      );
      return { name, out, ...outcome };
    } finally {
      lock.release();
    }
  }
  const trials = await planExperiment(experiment, out, access);
  return carryOutTrials(name, out, trials, { jobs, onEvent, signal, ledger, queue });
}

/** Runs planned trials that are not finished yet. */
export async function carryOutTrials(
  name: string,
  out: string,
  trials: readonly Trial[],
  {
    jobs,
    onEvent = () => {},
    signal,
    ledger,
    queue,
  }: Required<Pick<ExperimentOptions, 'jobs' | 'ledger'>> &
    Pick<ExperimentOptions, 'onEvent' | 'signal' | 'queue'>,
): Promise<ExperimentOutcome> {
  const lock = lockExperiment(out);
  try {
    return await withQueue(name, out, queue, (run) =>
      carryOutLocked(name, out, trials, { jobs, onEvent, signal, ledger, run }),
    );
  } finally {
    lock.release();
  }
}

/** Connects to a queue for as long as it is needed. @param carryOut is given nobody who runs trials where there is no queue */
async function withQueue<Outcome extends { readonly interrupted: boolean }>(
  name: string,
  out: string,
  queue: QueueOptions | undefined,
  carryOut: (run?: RunTrial) => Promise<Outcome>,
): Promise<Outcome> {
  if (queue === undefined) return carryOut();
  const coordinator = await QueueCoordinator.open(name, out, queue);
  let isEnded = false;
  try {
    const outcome = await carryOut(coordinator.run);
    isEnded = !outcome.interrupted;
    return outcome;
  } finally {
    await coordinator.close(isEnded);
  }
}

/**
 * One process a folder: two would take each other's trials for ones that were given up.
 * @throws StorageError `experiment-in-use`
 */
function lockExperiment(out: string): FolderLock {
  makeDirectory(out);
  return lockFolder(out, 'experiment.lock', {
    what: 'the experiment',
    inUse: (cause) =>
      new StorageError(
        'experiment-in-use',
        `"${out}" is being written by another process; wait for it, stop it, or choose another --out.`,
        { cause },
      ),
  });
}

async function carryOutLocked(
  name: string,
  out: string,
  trials: readonly Trial[],
  {
    jobs,
    onEvent,
    signal,
    ledger,
    run,
  }: Required<Pick<ExperimentOptions, 'jobs' | 'ledger' | 'onEvent'>> &
    Pick<ExperimentOptions, 'signal'> & { readonly run?: RunTrial },
): Promise<ExperimentOutcome> {
  const open = trials.filter((trial) => readTrialResult(trial) === undefined);
  writePlan(out, {
    name,
    numTrials: trials.length,
    totalSteps: trials.reduce((sum, { spec }) => sum + spec.totalSteps, 0),
  });
  onEvent({
    kind: 'planned',
    name,
    out,
    numTrials: trials.length,
    numKept: trials.length - open.length,
    totalSteps: open.reduce((sum, { spec }) => sum + spec.totalSteps, 0),
  });
  const failed = new Map<Trial, string>();
  let uncounted: string | undefined;
  await runPool(open, {
    jobs: Math.min(jobs, open.length),
    run,
    ledger,
    signal: signal ?? new AbortController().signal,
    onTraining: (trial, event) => onEvent({ kind: 'training', trial: labelsOf(trial), event }),
    onOutcome: (trial, outcome) => {
      if (outcome.kind === 'finished') uncounted ??= outcome.uncounted;
      if (outcome.kind === 'failed') failed.set(trial, outcome.message);
      onEvent(describeOutcome(trial, outcome));
    },
  });
  // In the order of the plan, whichever came to its end first.
  const failures = trials
    .filter((trial) => failed.has(trial))
    .map((trial) => ({ trial: nameOf(trial), message: failed.get(trial)! }));
  const results = trials.map(readTrialResult).filter((result) => result !== undefined);
  const interrupted = (signal?.aborted ?? false) && results.length + failures.length < trials.length;
  onEvent({
    kind: 'ended',
    numTrials: trials.length,
    numFinished: results.length,
    numFailed: failures.length,
    interrupted,
  });
  return { name, out, results, failures, interrupted, ...(uncounted !== undefined && { uncounted }) };
}

const labelsOf = ({ task, agent, seed }: Trial): TrialName => ({ task, agent, seed });

function describeOutcome(trial: Trial, outcome: TrialOutcome): ExperimentEvent {
  const { totalSteps } = trial.spec;
  const name = labelsOf(trial);
  if (outcome.kind === 'interrupted') return { kind: 'trial-interrupted', trial: name };
  if (outcome.kind === 'failed') return { ...outcome, kind: 'trial-failed', trial: name, totalSteps };
  return { kind: 'trial-finished', trial: name, totalSteps, result: readTrialResult(trial)! };
}
