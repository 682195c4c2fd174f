/** Judges the best of an experiment's settings by the one rule of verdicts, allowing for all that it was chosen from. */
import { join } from 'node:path';
import type { Verdict } from '../trainers/verdict.ts';
import type { PluginAccess } from './plugins/access.ts';
import type { CellSummary } from './results.ts';
import { judgedBy, judgeTrading, openTrainedRun, type TrainedRun } from './run/judge-runs.ts';
import type { Selection } from './selection.ts';
import type { TrialResult } from './trial.ts';

/** What became of a task's winner on the test span. */
export interface WinnerVerdict {
  readonly task: string;
  readonly winner: string;
  readonly verdict: Verdict;
}

export interface WinnerOptions {
  /** The experiment's folder. */
  readonly out: string;
  /** What the winner was chosen from at least, where the table does not show it: the trials of a search. */
  readonly leastTrials?: number;
  /** Which code its runs may bring along. */
  readonly access?: PluginAccess;
}

/**
 * One for each task that trades with an account. The intervals allow for the settings of the experiment, or for the trials of the
 * ledger where these are worth more.
 */
export async function judgeWinners(
  results: readonly TrialResult[],
  cells: readonly CellSummary[],
  selection: readonly Selection[],
  { out, access, leastTrials = 1 }: WinnerOptions,
): Promise<WinnerVerdict[]> {
  const verdicts: WinnerVerdict[] = [];
  for (const { task, winner, numSettings, count } of selection) {
    const trials = results.filter((result) => result.task === task && result.agent === winner);
    const runs: TrainedRun[] = [];
    for (const { seed, judging } of trials) {
      const path = join(out, task, winner, `seed-${seed}`);
      const checkpoint = judging.checkpoint === 'final' ? 'latest' : undefined;
      runs.push(await openTrainedRun(path, checkpoint, access));
    }
    if (runs.length === 0 || judgedBy(runs[0]).by !== 'account') continue;
    const tried = cells.filter((cell) => cell.task === task).length;
    const numTrials = Math.max(tried, numSettings, leastTrials, count?.effectiveTrials ?? 1);
    verdicts.push({ task, winner, verdict: judgeTrading(runs, { numTrials }).verdict });
  }
  return verdicts;
}
