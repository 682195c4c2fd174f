/** Runs an experiment to its end, or as far as it gets, and collects what its trials came to. */
import { availableParallelism } from 'node:os';
import type { Console } from '../scripts/terminal/console.ts';
import { interruptSignal } from '../scripts/terminal/interrupt.ts';
import { makeDirectory } from '../storage/atomic.ts';
import type { Experiment } from './file.ts';
import { nameOf, planExperiment, type Trial } from './plan.ts';
import type { PluginAccess } from './plugins/access.ts';
import { runPool, type TrialOutcome } from './pool.ts';
import { readTrialResult, type TrialResult } from './trial.ts';

export interface ExperimentOptions {
  /** The experiment's folder; finished trials in it are kept. */
  readonly out: string;
  /** Trials at a time; default: as many as there are processor cores. */
  readonly workers?: number;
  readonly console: Console;
  /** Which code may be run beside what the experiment names, and whether runs may go on with other code. */
  readonly access?: PluginAccess;
}

export interface ExperimentOutcome {
  /** In the order of the plan, the failed ones left out. */
  readonly results: readonly TrialResult[];
  readonly failures: readonly { readonly trial: string; readonly message: string }[];
  readonly interrupted: boolean;
}

/** @throws MarketGymError before anything runs, when the experiment or its folder is not right */
export async function runExperiment(
  experiment: Experiment,
  { out, workers = availableParallelism(), console, access }: ExperimentOptions,
): Promise<ExperimentOutcome> {
  const trials = await planExperiment(experiment, out, access);
  makeDirectory(out);
  const open = trials.filter((trial) => readTrialResult(trial) === undefined);
  const kept = trials.length - open.length;
  console.say(
    `${experiment.name}: ${trials.length} trials${kept > 0 ? `, ${kept} of them finished before` : ''}, into ${out}`,
  );
  const signal = interruptSignal();
  const board = new ScoreBoard(experiment.name, open, console);
  await runPool(open, {
    workers: Math.min(workers, open.length),
    signal,
    onStep: (trial, step) => board.step(trial, step),
    onOutcome: (trial, outcome) => board.settle(trial, outcome),
  });
  board.stop();
  const results = trials.map(readTrialResult).filter((result) => result !== undefined);
  const { failures } = board;
  const interrupted = signal.aborted && results.length + failures.length < trials.length;
  if (interrupted) {
    console.say(
      `Interrupted: ${results.length} of ${trials.length} trials are finished. The same command goes on.`,
    );
  }
  if (failures.length > 0) {
    console.say(`${failures.length} of ${trials.length} trials failed. The same command tries them again.`);
  }
  return { results, failures, interrupted };
}

/** Keeps count of what runs, and shows it. */
class ScoreBoard {
  readonly failures: { trial: string; message: string }[] = [];
  readonly #steps: Map<Trial, number>;
  readonly #console: Console;
  readonly #progress: ReturnType<Console['progress']>;
  #numSettled = 0;

  constructor(name: string, trials: readonly Trial[], console: Console) {
    this.#steps = new Map(trials.map((trial) => [trial, 0]));
    this.#console = console;
    this.#progress = console.progress(name, sum(trials.map(({ spec }) => spec.totalSteps)));
    this.#show();
  }

  step(trial: Trial, step: number): void {
    this.#steps.set(trial, step);
    this.#show();
  }

  settle(trial: Trial, outcome: TrialOutcome): void {
    this.#numSettled++;
    if (outcome.kind !== 'interrupted') this.#steps.set(trial, trial.spec.totalSteps);
    if (outcome.kind === 'failed') {
      const { message, details } = outcome;
      this.failures.push({ trial: nameOf(trial), message });
      this.#console.warn(`Failed: ${nameOf(trial)}: ${message}${details ? `\n${details}` : ''}`);
    }
    this.#show();
  }

  stop(): void {
    this.#progress.stop();
  }

  #show(): void {
    const { length } = this.failures;
    const note = `${this.#numSettled}/${this.#steps.size} trials${length > 0 ? `, ${length} failed` : ''}`;
    this.#progress.update(sum(this.#steps.values()), note);
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
