/** Tells how far an experiment has come, from its folder alone: it may be under way, in this process or any other. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../core/config.ts';
import { StorageError } from '../core/errors.ts';
import { attempt, writeFileAtomic } from '../storage/atomic.ts';
import { RunDirectory } from '../storage/run-directory.ts';
import { readRunSpec } from './run/spec.ts';
import { readProgress } from './search/segment.ts';
import { readResult } from './trial.ts';

const plan = z.object({ name: z.string(), numTrials: z.int(), totalSteps: z.number() });
const PLAN = 'plan.json';

/** What there is to do in all, those finished before included. */
export type ExperimentPlan = z.output<typeof plan>;

/** Of one setting with its seeds; of a search, of all trials of a task and agent. */
export interface StatusRow {
  readonly task: string;
  readonly agent: string;
  /** Runs that have begun. */
  readonly numRuns: number;
  readonly numFinished: number;
  readonly numFailed: number;
  /** Env steps of training, all runs together. */
  readonly steps: number;
  /** The highest mean return of an evaluation; absent before the first. */
  readonly best?: number;
}

export interface ExperimentStatus {
  readonly plan?: ExperimentPlan;
  /** By task, then agent. */
  readonly rows: readonly StatusRow[];
  /** When its first run began, UTC epoch. */
  readonly startedMs: number;
  /** When anything was last written to a run, UTC epoch. */
  readonly changedMs: number;
  /** Whether it has come to its results. */
  readonly isEnded: boolean;
  /** Until its end at the pace so far; absent where nothing is known of it. A search that ends trials early is sooner done. */
  readonly leftMs?: number;
}

/** @throws StorageError `write-failed` */
export function writePlan(out: string, { name, numTrials, totalSteps }: ExperimentPlan): void {
  writeFileAtomic(join(out, PLAN), `${JSON.stringify({ name, numTrials, totalSteps })}\n`);
}

/** @throws StorageError `no-experiment`; `unreadable-run`, `corrupt-result`, `corrupt-log` for damaged files */
export function readStatus(out: string): ExperimentStatus {
  const runs = foldersIn(out).flatMap((task) =>
    foldersIn(join(out, task)).flatMap((agent) =>
      foldersIn(join(out, task, agent))
        .filter((seed) => existsSync(join(out, task, agent, seed, 'run.json')))
        .map((seed) => ({
          task,
          agent: agent.replace(/-t\d{4,}$/, ''),
          ...readRun(join(out, task, agent, seed)),
        })),
    ),
  );
  const planned = readPlan(out);
  // Folders of others may hold runs too; what experiments of older versions leave at their end is their results.
  if (planned === undefined && !existsSync(join(out, 'results.json'))) {
    throw new StorageError(
      'no-experiment',
      `"${out}" holds no experiment; name the folder that market-gym experiment wrote.`,
    );
  }
  const rows = new Map<string, StatusRow>();
  for (const { task, agent, isFinished, hasFailed, steps, best } of runs) {
    const key = JSON.stringify([task, agent]);
    const before = rows.get(key) ?? { task, agent, numRuns: 0, numFinished: 0, numFailed: 0, steps: 0 };
    const bests = [before.best, best].filter((value) => value !== undefined);
    rows.set(key, {
      ...before,
      numRuns: before.numRuns + 1,
      numFinished: before.numFinished + Number(isFinished),
      numFailed: before.numFailed + Number(hasFailed),
      steps: before.steps + steps,
      ...(bests.length > 0 && { best: Math.max(...bests) }),
    });
  }
  const startedMs = Math.min(...runs.map((run) => run.startedMs));
  const changedMs = Math.max(...runs.map((run) => run.changedMs));
  const steps = runs.reduce((sum, run) => sum + run.steps, 0);
  const isEnded = existsSync(join(out, 'results.json'));
  const spentMs = changedMs - startedMs;
  const isKnown = planned !== undefined && !isEnded && steps > 0 && spentMs > 0;
  return {
    ...(planned && { plan: planned }),
    rows: [...rows.values()],
    startedMs,
    changedMs,
    isEnded,
    ...(isKnown && { leftMs: (Math.max(0, planned.totalSteps - steps) / steps) * spentMs }),
  };
}

function readRun(directory: string) {
  const run = new RunDirectory(directory);
  const log = run.readLog();
  const evaluations = log
    .filter(({ kind }) => kind === 'evaluation')
    .map(({ meanReturn }) => Number(meanReturn));
  const { segments, scores, failure } = readProgress(directory);
  const result = readResult(directory);
  const { totalSteps } = readRunSpec(run);
  const isFinished = result !== undefined || scores !== undefined;
  const files = ['run.json', 'log.jsonl', 'search.json', 'result.json'].map((name) => join(directory, name));
  const times = files.flatMap((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? []);
  return {
    isFinished,
    hasFailed: failure !== undefined,
    steps: isFinished ? (result?.steps ?? totalSteps) : (log.at(-1)?.step ?? segments.at(-1)?.until ?? 0),
    best: evaluations.length > 0 ? Math.max(...evaluations) : undefined,
    startedMs: statSync(join(directory, 'run.json')).mtimeMs,
    changedMs: Math.max(...times),
  };
}

function readPlan(out: string): ExperimentPlan | undefined {
  const file = join(out, PLAN);
  if (!existsSync(file)) return undefined;
  try {
    return plan.parse(JSON.parse(attempt('read', file, () => readFileSync(file, 'utf8'))));
  } catch (error) {
    throw new StorageError('corrupt-result', `"${file}" is damaged; remove it.`, { cause: error });
  }
}

function foldersIn(path: string): string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
