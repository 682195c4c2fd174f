/** Opens the folder of an experiment from a script: its trials, their settings, and what they came to. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../core/errors.ts';
import { attempt } from '../storage/atomic.ts';
import { RunDirectory } from '../storage/run-directory.ts';
import type { TrialName } from './events.ts';
import { type CellSummary, compareAgents, type Improvement, summarizeCells } from './results.ts';
import { type RunSpec, readRunSpec } from './run/spec.ts';
import type { SearchResult } from './search/run-search.ts';
import { readResult, type TrialResult } from './trial.ts';

/** A trial as the disk has it. */
export interface StoredTrial extends TrialName {
  /** Its run; `openRun` opens it once there is a checkpoint. */
  readonly directory: string;
  readonly spec: RunSpec;
  /** Absent as long as it is not finished. */
  readonly result?: TrialResult;
}

export interface OpenExperiment {
  readonly path: string;
  /** What its searches came to, with every trial; empty before their end, and where nothing was searched. */
  readonly searches: readonly SearchResult[];
  /** By task, then agent, then seed; names in alphabetical order. */
  readonly trials: readonly StoredTrial[];
  /** One row for each finished trial, in the same order: the results table. */
  readonly results: readonly TrialResult[];
  /** One row for each pair of task and agent with a finished trial: interquartile mean, interval, scores by seed. */
  readonly cells: readonly CellSummary[];
  /** Every pair of agents that share a task: the chance that a seed of one beats a seed of the other. */
  readonly improvements: readonly Improvement[];
}

/**
 * Reads an experiment's folder; nothing of it is run, and it may still be under way.
 * @param path the folder, as `out` of `runExperiment`
 * @throws StorageError `no-experiment` where it holds no trial; `unreadable-run`, `corrupt-result` for a damaged file
 * @example
 * const { results, trials } = await openExperiment('runs/first');
 * for (const { agent, seed, meanReturn } of results) console.log(agent, seed, meanReturn);
 * const { agent } = await openRun(trials[0].directory);
 */
export async function openExperiment(path: string): Promise<OpenExperiment> {
  const trials = foldersIn(path).flatMap((task) =>
    foldersIn(join(path, task)).flatMap((agent) => trialsOf(path, task, agent)),
  );
  if (trials.length === 0) {
    throw new StorageError(
      'no-experiment',
      `"${path}" holds no trial of an experiment; name the folder that runExperiment or market-gym experiment wrote.`,
    );
  }
  const results = trials.map(({ result }) => result).filter((result) => result !== undefined);
  const cells = summarizeCells(results);
  return { path, trials, searches: searchesIn(path), results, cells, improvements: compareAgents(cells) };
}

function searchesIn(path: string): readonly SearchResult[] {
  const file = join(path, 'results.json');
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(attempt('read', file, () => readFileSync(file, 'utf8'))).searches ?? [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new StorageError('corrupt-result', `"${file}" is damaged; run the experiment again.`, {
      cause: error,
    });
  }
}

function trialsOf(path: string, task: string, agent: string): StoredTrial[] {
  const seeds = foldersIn(join(path, task, agent))
    .map((name) => /^seed-(\d+)$/.exec(name)?.[1])
    .filter((seed) => seed !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  return seeds.flatMap((seed) => {
    const directory = join(path, task, agent, `seed-${seed}`);
    if (!existsSync(join(directory, 'run.json'))) return [];
    const result = readResult(directory);
    return [{ task, agent, seed, directory, spec: readRunSpec(new RunDirectory(directory)), result }];
  });
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
