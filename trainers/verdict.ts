/**
 * Says in words whether an agent has skill: whether it earned more than the exposures that it held would have without it.
 *
 * The null: no skill beyond the exposures held. Two figures test it, the return beyond a benchmark that holds the agent's own
 * mean exposure at the same costs, and the alpha of a regression on the market. An edge is claimed where the whole interval of
 * both lies above zero, the agent traded often enough to tell, and it earned more than cash.
 * docs/honesty.md has the measured rates of error; docs/decisions/verdicts.md the reasons.
 */
import { mean } from '../core/statistics.ts';
import type { MeanInterval } from '../market/statistics/bootstrap.ts';
import { LEAST_PERIODS } from '../market/statistics/regression.ts';
import { seedInterval } from '../market/statistics/seed-interval.ts';
import type { Backtest } from './backtest.ts';
import {
  alphaOf,
  countTrades,
  type HeldExposure,
  meanExposureOf,
  neverTrades,
  scaled,
  skillOf,
} from './skill.ts';
import { isoDate } from './spans.ts';

/** Round trips, a change of exposure and back counted as one, below which luck and skill look the same. */
export const LEAST_TRADES = 30;
/** Seeds below which their spread says little. */
export const LEAST_SEEDS = 5;
const LEVEL = 0.95;

/** What a verdict is reached by. */
export interface VerdictCase {
  /** One a seed, over the same bars. */
  readonly accounts: readonly Backtest[];
  /** Buy-and-hold over the same bars. */
  readonly market: Pick<Backtest, 'returns'>;
  /** Constant exposures around those that were held, two or more; between two of them they are mixed. */
  readonly held: readonly HeldExposure[];
  /** Who earned the return, in words. Default: the agent, or the mean of its seeds. */
  readonly who?: string;
  /** Where, in words. Default: the test span. */
  readonly bars?: string;
  /**
   * Independent tries that this one was chosen from, ≥ 1, not always whole: intervals that decide have the level
   * 1 − 0.05 / numTrials. Default 1.
   */
  readonly numTrials?: number;
  /** Total returns of random traders with the same turnover. */
  readonly randomReturns?: readonly number[];
}

export type Finding = 'edge' | 'no-edge' | 'worse' | 'too-few-decisions' | 'does-not-trade';

export interface Verdict {
  /** How a page colours it; whoever cannot be told about has no edge. */
  readonly tone: 'edge' | 'no-edge' | 'worse';
  readonly finding: Finding;
  /** Up to the first colon the headline. */
  readonly text: string;
  /** Return a year beyond the own mean exposure held at the same costs, fraction; 95 % interval, or of the level below. */
  readonly skillPerYear: MeanInterval;
  /** Of a regression on buy-and-hold, a year, fraction; Newey–West. */
  readonly alphaPerYear: MeanInterval;
  readonly beta: number;
  /** Return a year minus that of buy-and-hold, fraction: what was earned by exposure is in it. */
  readonly excessPerYear: MeanInterval;
  /** Mean over the seeds, signed fraction of equity. */
  readonly meanExposure: number;
  /** Round trips a seed, a change of exposure and back counted as one. */
  readonly numTrades: number;
  readonly numBars: number;
  readonly numTrials: number;
  /** Of the intervals. */
  readonly level: number;
  /** Share of the random traders with the same turnover that earned less than the mean of all seeds; NaN without them. */
  readonly shareOfRandomBeaten: number;
}

/** The one rule of all commands. @throws DataError as `regress` for series that do not fit */
export function reachVerdict(given: VerdictCase): Verdict {
  const { accounts, market, held, randomReturns = [], numTrials = 1 } = given;
  const numBars = market.returns.length;
  const level = 1 - (1 - LEVEL) / Math.max(1, numTrials);
  const perYear = accounts[0].periodsPerYear;
  const skill = seedInterval(
    accounts.map((account) => skillOf(account, held)),
    level,
  );
  const alphas = accounts.map((account) => alphaOf(account, market.returns));
  const alpha = seedInterval(alphas, level);
  const excess = seedInterval(
    accounts.map(({ returns }) => {
      const influence = returns.map((value, i) => value - market.returns[i]);
      return { estimate: mean(influence), influence };
    }),
    level,
  );
  const totalReturn = mean(accounts.map(({ metrics }) => metrics.totalReturn));
  const numTrades = mean(accounts.map(countTrades));
  const figures = {
    skillPerYear: scaled(skill, perYear),
    alphaPerYear: scaled(alpha, perYear),
    beta: mean(alphas.map(({ beta }) => beta)),
    excessPerYear: scaled(excess, perYear),
    meanExposure: mean(accounts.map(meanExposureOf)),
    numTrades,
    numBars,
    numTrials,
    level,
    shareOfRandomBeaten: mean(randomReturns.map((other) => (totalReturn > other ? 1 : 0))),
  };
  const finding = findingOf(figures, totalReturn, accounts);
  const tone = finding === 'edge' || finding === 'worse' ? finding : 'no-edge';
  return { tone, finding, text: describe(finding, figures, given, totalReturn), ...figures };
}

type Figures = Omit<Verdict, 'tone' | 'finding' | 'text'>;

function findingOf(figures: Figures, totalReturn: number, accounts: readonly Backtest[]): Finding {
  const { skillPerYear, alphaPerYear, numTrades, numBars } = figures;
  if (accounts.every(neverTrades)) return 'does-not-trade';
  if (numTrades < LEAST_TRADES || numBars < LEAST_PERIODS) return 'too-few-decisions';
  if (skillPerYear.low > 0 && alphaPerYear.low > 0) return totalReturn > 0 ? 'edge' : 'no-edge';
  return skillPerYear.high < 0 && alphaPerYear.high < 0 ? 'worse' : 'no-edge';
}

/** The headline of each finding. */
export const FINDING_WORDS: Readonly<Record<Finding, string>> = {
  edge: 'Edge found',
  'no-edge': 'No edge found',
  worse: 'No edge found: worse than holding its own mean exposure',
  'too-few-decisions': 'No edge found: too few decisions to tell',
  'does-not-trade': 'No edge found: it does not trade',
};

function describe(finding: Finding, figures: Figures, given: VerdictCase, totalReturn: number): string {
  const { accounts } = given;
  const numSeeds = accounts.length;
  const { who = numSeeds === 1 ? 'the agent' : `the mean of ${numSeeds} seeds` } = given;
  const { bars = 'on the test span, which no seed has learnt from or been chosen by' } = given;
  const { timeMs } = accounts[0];
  const { numBars, numTrades, numTrials, meanExposure } = figures;
  const rows = `${bars} (${isoDate(timeMs[0])} to ${isoDate(timeMs[timeMs.length - 1])}, ${numBars} bars)`;
  const opening = FINDING_WORDS[finding];
  if (finding === 'does-not-trade')
    return `${opening}: ${rows}, ${who} held cash throughout, and beats nobody.`;
  const trades = `${Math.round(numTrades)} ${Math.round(numTrades) === 1 ? 'trade' : 'trades'}${numSeeds > 1 ? ' a seed' : ''}`;
  const few = finding === 'too-few-decisions' ? ` ${trades}, ${LEAST_TRADES} are needed.` : '';
  return [
    `${opening}${few === '' ? '' : `:${few}`.replace(/\.$/, '')}: ${rows}, ${who} after costs earned ${percent(figures.skillPerYear.mean)} a year ` +
      `beyond holding its own mean exposure of ${signed(meanExposure)} at the same costs (${interval(figures.skillPerYear, figures.level)}), ` +
      `with an alpha of ${percent(figures.alphaPerYear.mean)} a year at a beta of ${signed(figures.beta)} against buy-and-hold ` +
      `(Newey–West, ${bounds(figures.alphaPerYear)}); an edge needs both above zero.`,
    ...(finding === 'no-edge' &&
    totalReturn <= 0 &&
    figures.skillPerYear.low > 0 &&
    figures.alphaPerYear.low > 0
      ? [`Both are above zero, but it earned ${percent(totalReturn)}, less than cash.`]
      : []),
    `Its return minus that of buy-and-hold, exposure included, is ${percent(figures.excessPerYear.mean)} a year (${bounds(figures.excessPerYear)}).`,
    ...(few === '' ? [`It made ${trades}.`] : []),
    ...(numTrials > 1 ? [`The intervals allow for ${Number(numTrials.toFixed(1))} tries.`] : []),
    ...(Number.isNaN(figures.shareOfRandomBeaten)
      ? []
      : [
          `It beats ${Math.round(figures.shareOfRandomBeaten * 100)} % of random traders with the same turnover.`,
        ]),
    ...(numSeeds < LEAST_SEEDS && given.who === undefined ? [seedNote(numSeeds)] : []),
  ].join(' ');
}

/** What fewer than five seeds cannot tell. */
export function seedNote(numSeeds: number): string {
  return numSeeds === 1
    ? 'One seed cannot tell what another would have earned: the intervals are those of its path alone.'
    : `${numSeeds} seeds tell little of how much seeds differ: the intervals are wide for it.`;
}

function interval(given: MeanInterval, level: number): string {
  return `${Number((level * 100).toFixed(2))} % interval ${bounds(given)}`;
}

function bounds({ low, high }: MeanInterval): string {
  return Number.isNaN(low) ? 'not known of so few bars' : `${percent(low)} to ${percent(high)}`;
}

/** `+1.2 %`, with a true minus sign. */
export function percent(fraction: number): string {
  const text = `${Math.abs(fraction * 100).toFixed(1)} %`;
  return fraction < 0 ? `−${text}` : `+${text}`;
}

function signed(value: number): string {
  if (Number.isNaN(value)) return '–';
  return `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)}`;
}
