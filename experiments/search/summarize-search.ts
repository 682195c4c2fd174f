/** Says in words and tables what a search came to, and what choosing from so many trials is worth. */
import { join } from 'node:path';
import { MarketGymError } from '../../core/errors.ts';
import { formatTable } from '../../core/text-table.ts';
import { probabilityOfOverfitting } from '../../market/statistics/overfitting.ts';
import { formatScore } from '../results.ts';
import { figureOf } from './objectives.ts';
import { labelOf } from './plan-search.ts';
import type { SearchResult } from './run-search.ts';
import { readProgress } from './segment.ts';
import { paretoFronts, rankTrials, type TrialRecord } from './trial-record.ts';

/** Blocks of the cross-validation, and periods that each has at least, as for the settings of an experiment. */
const MAX_BLOCKS = 16;
const LEAST_BLOCK = 5;
/** Rows of the table; all trials are in the results. */
const SHOWN = 10;

/** A table of the best trials, how many ended how, and the winner. */
export function formatSearch(result: SearchResult): string {
  const { task, agent, trials, objectives, totalSteps, finalists, winner } = result;
  const count = (state: TrialRecord['state']): number =>
    trials.filter((trial) => trial.state === state).length;
  const ended = [
    `${count('finished')} finished`,
    ...(count('pruned') > 0 ? [`${count('pruned')} ended early`] : []),
    ...(count('failed') > 0 ? [`${count('failed')} failed`] : []),
  ];
  const best = rankTrials(trials).filter(({ state }) => state === 'finished');
  const rows = best
    .slice(0, SHOWN)
    .map(({ index, scores, point }) => [
      `#${index}`,
      ...objectives.map((name, i) => formatScore(figureOf(name, scores![i]))),
      formatPoint(point),
    ]);
  const lines = [
    `${task} ${agent}: ${trials.length} trials, ${ended.join(', ')}, ${totalSteps.toLocaleString('en')} env steps in all.`,
  ];
  if (rows.length > 0) lines.push(formatTable([['trial', ...objectives, 'settings'], ...rows]));
  if (objectives.length > 1 && best.length > 0) {
    const front = paretoFronts(best)[0].map(({ index }) => `#${index}`);
    lines.push(`None is better in every objective than ${front.join(', ')}.`);
  }
  const most = finalists[0]?.numSeeds ?? 0;
  if (most > 1) {
    const left = finalists.filter(({ numSeeds }) => numSeeds === most);
    const told = left.map(({ index, score }) => `#${index} ${formatScore(figureOf(objectives[0], score))}`);
    lines.push(`With ${most} seeds each, ${objectives[0]} is ${told.join(', ')}.`);
  }
  if (winner !== undefined) lines.push(`The winner is #${winner.index}: ${formatPoint(winner.point)}.`);
  return lines.join('\n');
}

/** What the choice from so many trials is worth, by their returns on the validation span; nothing for tasks without an account. */
export function describeChoice({ task, agent, trials }: SearchResult, out: string, seed: number): string[] {
  const returns = trials
    .filter(({ state }) => state === 'finished')
    .map(({ index }) => readProgress(join(out, task, labelOf(agent, index), `seed-${seed}`)).returns)
    .filter((series) => series !== undefined);
  if (returns.length < 2) return [];
  const what = 'Probability of backtest overfitting of this search';
  const length = Math.min(...returns.map((series) => series.length));
  const numBlocks = Math.min(MAX_BLOCKS, 2 * Math.floor(length / LEAST_BLOCK / 2));
  if (numBlocks < 2) return [`${what}: undefined, for ${length} common periods are too few.`];
  try {
    // Trials may begin at different bars; they end at one.
    const common = returns.map((series) => Float64Array.from(series.slice(series.length - length)));
    const { probability } = probabilityOfOverfitting(common, numBlocks);
    return [
      `${what}: ${probability.toFixed(2)}, on the validation span. In so many of its splits into halves the best of ${returns.length} ` +
        'trials in one half is no better than the median in the other.',
    ];
  } catch (error) {
    if (!(error instanceof MarketGymError)) throw error;
    return [`${what}: undefined. ${error.message}`];
  }
}

function formatPoint(point: TrialRecord['point']): string {
  return Object.entries(point)
    .map(
      ([name, value]) => `${name}=${typeof value === 'number' ? formatScore(value) : JSON.stringify(value)}`,
    )
    .join(' ');
}
