/** What choosing the best of an experiment's settings is worth: its probability of overfitting, and the winner's deflated Sharpe ratio. */
import { join } from 'node:path';
import { MarketGymError } from '../core/errors.ts';
import { periodsPerYear } from '../market/candles/periods.ts';
import { deflate } from '../market/statistics/deflation.ts';
import { probabilityOfOverfitting } from '../market/statistics/overfitting.ts';
import type { TrialSeries } from '../storage/trials/trial.ts';
import { activeOn, countTrials, meanOf, type TrialCount } from './ledger/count-trials.ts';
import { describeDeflation, describeNoTrials, describeTrialNumber } from './ledger/sentences.ts';
import { readPeriods, type TrialPeriods } from './ledger/trial-periods.ts';
import { type LedgerChoice, useLedger } from './ledger/use-ledger.ts';
import type { CellSummary } from './results.ts';
import type { TrialResult } from './trial.ts';

/** Blocks of the cross-validation, as in its source, where each has five periods or more. */
const MAX_BLOCKS = 16;
const LEAST_BLOCK = 5;

/** Of the settings of one task, by their returns on the test span, seeds averaged. */
export interface Selection {
  readonly task: string;
  readonly numSettings: number;
  /** The setting with the highest interquartile mean. */
  readonly winner: string;
  /** Share of the splits in which the best in sample is no better than the median out of it; absent where it is undefined. */
  readonly probabilityOfOverfitting?: number;
  readonly numBlocks?: number;
  /** Of the winner. */
  readonly count?: TrialCount;
  /** One for each figure; what is not known says why. */
  readonly sentences: readonly string[];
}

interface Setting {
  readonly agent: string;
  readonly trials: readonly (TrialPeriods & { readonly seed: number })[];
}

export interface SelectionOptions {
  /** The experiment's folder. */
  readonly out: string;
  readonly ledger: LedgerChoice;
  /** UTC epoch. */
  readonly timeMs: number;
}

/**
 * One for each task on market data. The table shows each setting's test span, so each is looked at: the ledger keeps that.
 * @throws StorageError `corrupt-result`
 */
export function summarizeSelection(
  results: readonly TrialResult[],
  cells: readonly CellSummary[],
  options: SelectionOptions,
): Selection[] {
  const tasks = [...new Set(results.map(({ task }) => task))];
  return tasks.flatMap((task) => {
    const settings = settingsOf(
      results.filter((result) => result.task === task),
      options.out,
    );
    const ranked = cells
      .filter((cell) => cell.task === task)
      .sort((a, b) => b.interquartileMean - a.interquartileMean);
    const winner = ranked
      .map(({ agent }) => settings.find((setting) => setting.agent === agent))
      .find((setting) => setting !== undefined);
    return winner === undefined ? [] : [selectionOf(task, settings, winner, options)];
  });
}

function settingsOf(results: readonly TrialResult[], out: string): Setting[] {
  const settings = new Map<string, (TrialPeriods & { seed: number })[]>();
  for (const { task, agent, seed } of results) {
    const periods = readPeriods(join(out, task, agent, `seed-${seed}`));
    if (periods !== undefined) settings.set(agent, [...(settings.get(agent) ?? []), { ...periods, seed }]);
  }
  return [...settings].map(([agent, trials]) => ({ agent, trials }));
}

function selectionOf(
  task: string,
  settings: readonly Setting[],
  winner: Setting,
  options: SelectionOptions,
): Selection {
  const overfitting = overfittingOf(settings);
  const { count, sentences } = deflationOf(settings, winner, options);
  const { agent } = winner;
  return {
    task,
    numSettings: settings.length,
    winner: agent,
    ...(overfitting.probability !== undefined && {
      probabilityOfOverfitting: overfitting.probability,
      numBlocks: overfitting.numBlocks,
    }),
    ...(count && { count }),
    sentences: [
      overfitting.sentence,
      `The winner by the table is ${agent}; of its returns beyond its mean exposure:`,
      ...sentences,
    ],
  };
}

/** By the periods that all settings have. */
function overfittingOf(settings: readonly Setting[]): {
  probability?: number;
  numBlocks?: number;
  sentence: string;
} {
  const what = 'Probability of backtest overfitting';
  if (settings.length < 2) return { sentence: `${what}: undefined, for there is one setting alone.` };
  const all = settings.flatMap(({ trials }) => trials.map(({ test }) => test));
  const axis = commonAxis(all);
  const returns = settings.map(({ trials }) => meanOf(trials.map(({ test }) => returnsOn(axis, test))));
  const numPeriods = axis.length;
  const numBlocks = Math.min(MAX_BLOCKS, 2 * Math.floor(numPeriods / LEAST_BLOCK / 2));
  if (numBlocks < 2) {
    return {
      sentence: `${what}: undefined, for ${numPeriods} common periods are fewer than two blocks of ${LEAST_BLOCK}; judge by a longer test span.`,
    };
  }
  try {
    const { probability, logits } = probabilityOfOverfitting(returns, numBlocks);
    return {
      probability,
      numBlocks,
      sentence:
        `${what}: ${probability.toFixed(2)}. In so many of ${logits.length.toLocaleString('en')} splits of the test span into halves (${numBlocks} blocks) the ` +
        `best of ${settings.length} settings in one half is no better than the median in the other.`,
    };
  } catch (error) {
    if (!(error instanceof MarketGymError)) throw error;
    return { sentence: `${what}: undefined. ${error.message}` };
  }
}

function deflationOf(
  settings: readonly Setting[],
  winner: Setting,
  { ledger, timeMs }: SelectionOptions,
): { count?: TrialCount; sentences: string[] } {
  const [{ place, configuration }] = winner.trials;
  const accounts = winner.trials.map(({ test }) => test);
  const { timeMs: axis } = accounts[0];
  const perYear = periodsPerYear(axis);
  const seeds = winner.trials.map(({ seed }) => seed);
  const use = useLedger(ledger, (open) => {
    const count = countTrials(open, { place, configuration, seeds, accounts, periodsPerYear: perYear });
    const { looks } = open.trialsOn(place, { sampleSize: 0 });
    for (const setting of settings) {
      const [trial] = setting.trials;
      if (looks.some((look) => look.configuration === trial.configuration)) continue;
      const seen = setting.trials.map(({ seed }) => seed);
      open.look({ ...trial, timeMs, seeds: seen, verdict: 'in a table' });
    }
    return count;
  });
  if (use.counted) {
    const sentences = [describeTrialNumber(use.result), ...describeDeflation(use.result)];
    return { count: use.result, sentences: sentences.map(({ sentence }) => sentence) };
  }
  // Without the ledger, the settings of this experiment are all that is known.
  const others = settings.filter((setting) => setting !== winner);
  const active = (setting: Setting): Float64Array =>
    meanOf(setting.trials.map(({ test }) => activeOn(axis, test)));
  const deflation = deflate(active(winner), others.map(active));
  const count = { ...deflation, numRows: 0, numOthersSeen: 0, numLooks: 0, periodsPerYear: perYear };
  return {
    sentences: [describeNoTrials(use.reason), ...describeDeflation(count)].map(({ sentence }) => sentence),
  };
}

/** Ends of the periods that all have. */
function commonAxis(all: readonly TrialSeries[]): number[] {
  const known = all.map(({ timeMs }) => new Set(timeMs.subarray(1)));
  return [...known[0]].filter((time) => known.every((times) => times.has(time)));
}

function returnsOn(axis: readonly number[], { timeMs, returns }: TrialSeries): Float64Array {
  const byTime = new Map(Array.from(returns, (value, i) => [timeMs[i + 1], value]));
  return Float64Array.from(axis, (time) => byTime.get(time)!);
}
