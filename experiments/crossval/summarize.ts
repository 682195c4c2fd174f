/** What a cross-validation says: Sharpe ratios by path, the probability of overfitting, and the deflated figure of the best. */
import { MarketGymError } from '../../core/errors.ts';
import { mean, quantile } from '../../core/statistics.ts';
import { formatTable } from '../../core/text-table.ts';
import { sharpeRecord } from '../../market/statistics/deflation.ts';
import { probabilityOfOverfitting } from '../../market/statistics/overfitting.ts';
import type { TrialPlace, TrialSeries } from '../../storage/trials/trial.ts';
import { configurationOf, hashSettings } from '../ledger/configuration.ts';
import { countTrials, type TrialCount } from '../ledger/count-trials.ts';
import { describeNoTrials, describeTrials } from '../ledger/sentences.ts';
import { type LedgerChoice, useLedger } from '../ledger/use-ledger.ts';
import type { RunSpec } from '../run/spec.ts';
import { meanPath } from './paths.ts';

const MAX_BLOCKS = 16;
const LEAST_BLOCK = 5;

/** What one setting came to with one seed. */
export interface CrossvalCandidate {
  readonly setting: string;
  readonly seed: number;
  readonly spec: RunSpec;
  /** [φ] */
  readonly paths: readonly TrialSeries[];
}

export interface CrossvalSummary {
  readonly settings: readonly {
    readonly setting: string;
    /** Of all paths of all seeds, a year; a path whose returns never change is left out. */
    readonly sharpes: readonly number[];
    readonly meanSharpe: number;
    readonly lowSharpe: number;
    readonly medianSharpe: number;
    readonly highSharpe: number;
    /** Share of the paths with a Sharpe ratio above 0. */
    readonly shareAbove: number;
  }[];
  readonly numPaths: number;
  /** Absent where it is undefined. */
  readonly probabilityOfOverfitting?: number;
  readonly best: string;
  readonly count?: TrialCount;
  readonly sentences: readonly string[];
}

export interface SummaryOptions {
  readonly ledger: LedgerChoice;
  /** UTC epoch. */
  readonly timeMs: number;
  readonly place: TrialPlace;
  readonly periodsPerYear: number;
  /** Its folder. */
  readonly out: string;
}

/** Appends one row for each setting and seed, then counts what was tried on these data. */
export function summarizeCrossval(
  candidates: readonly CrossvalCandidate[],
  options: SummaryOptions,
): CrossvalSummary {
  const names = [...new Set(candidates.map(({ setting }) => setting))];
  const settings = names.map((setting) => describeSetting(setting, candidates, options.periodsPerYear));
  const best = settings.reduce((a, b) =>
    b.meanSharpe > a.meanSharpe || Number.isNaN(a.meanSharpe) ? b : a,
  ).setting;
  const overfitting = overfittingOf(candidates, names);
  const { count, sentences } = deflationOf(candidates, best, options);
  return {
    settings,
    numPaths: candidates[0].paths.length,
    ...(overfitting.probability !== undefined && { probabilityOfOverfitting: overfitting.probability }),
    best,
    ...(count && { count }),
    sentences: [
      overfitting.sentence,
      `Of ${best}, all paths together, the returns beyond its mean exposure:`,
      ...sentences,
    ],
  };
}

export function formatSettings({ settings }: CrossvalSummary): string {
  const figure = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(2).replace('-', '−'));
  return formatTable([
    ['Sharpe ratio a year', 'mean', '5 %', 'median', '95 %', 'above 0', 'paths'],
    ...settings.map((row) => [
      row.setting,
      figure(row.meanSharpe),
      figure(row.lowSharpe),
      figure(row.medianSharpe),
      figure(row.highSharpe),
      Number.isNaN(row.shareAbove) ? '–' : `${(row.shareAbove * 100).toFixed(0)} %`,
      String(row.sharpes.length),
    ]),
  ]);
}

function describeSetting(
  setting: string,
  candidates: readonly CrossvalCandidate[],
  periodsPerYear: number,
): CrossvalSummary['settings'][number] {
  const sharpes = candidates
    .filter((candidate) => candidate.setting === setting)
    .flatMap(({ paths }) => paths.map(({ returns }) => sharpeRecord(returns).sharpe))
    .filter((sharpe) => !Number.isNaN(sharpe))
    .map((sharpe) => sharpe * Math.sqrt(periodsPerYear));
  return {
    setting,
    sharpes,
    meanSharpe: mean(sharpes),
    lowSharpe: quantile(sharpes, 0.05),
    medianSharpe: quantile(sharpes, 0.5),
    highSharpe: quantile(sharpes, 0.95),
    shareAbove: mean(sharpes.map((sharpe) => (sharpe > 0 ? 1 : 0))),
  };
}

/** Among settings; where there is one alone, among its seeds. */
function overfittingOf(
  candidates: readonly CrossvalCandidate[],
  names: readonly string[],
): { probability?: number; sentence: string } {
  const label = 'Probability of backtest overfitting';
  const bySetting = names.map((name) => candidates.filter(({ setting }) => setting === name));
  const choices = names.length > 1 ? bySetting : candidates.map((candidate) => [candidate]);
  const among = names.length > 1 ? 'settings' : 'seeds';
  if (choices.length < 2) {
    return {
      sentence: `${label}: undefined, for there is one setting with one seed; give more --seeds, or --try others.`,
    };
  }
  const returns = choices.map((choice) => meanPath(choice.flatMap(({ paths }) => paths)).returns);
  const numPeriods = returns[0].length;
  const numBlocks = Math.min(MAX_BLOCKS, 2 * Math.floor(numPeriods / LEAST_BLOCK / 2));
  if (numBlocks < 2) {
    return {
      sentence: `${label}: undefined, for ${numPeriods} periods are fewer than two blocks of ${LEAST_BLOCK}; bring more rows.`,
    };
  }
  try {
    const { probability, logits } = probabilityOfOverfitting(returns, numBlocks);
    return {
      probability,
      sentence:
        `${label}: ${probability.toFixed(2)}. In so many of ${logits.length.toLocaleString('en')} splits into halves (${numBlocks} blocks) the best of ` +
        `${choices.length} ${among} in one half is no better than the median in the other.`,
    };
  } catch (error) {
    if (!(error instanceof MarketGymError)) throw error;
    return { sentence: `${label}: undefined. ${error.message}` };
  }
}

function deflationOf(
  candidates: readonly CrossvalCandidate[],
  best: string,
  { ledger, timeMs, place, periodsPerYear, out }: SummaryOptions,
): { count?: TrialCount; sentences: string[] } {
  const chosen = candidates.filter(({ setting }) => setting === best);
  const configurationFor = ({ spec }: CrossvalCandidate): string => {
    const { groups, testGroups, embargo } = spec.data!.fold!;
    return hashSettings([configurationOf(spec), groups, testGroups, embargo]);
  };
  const use = useLedger(ledger, (open) => {
    open.append(
      ...candidates.map((candidate) => ({
        timeMs,
        kind: 'crossval' as const,
        label: `${candidate.spec.agent.name} on ${candidate.spec.env.name}`,
        place,
        source: candidate.spec.data!.path,
        configuration: configurationFor(candidate),
        seeds: [candidate.seed],
        ledTo: out,
        test: meanPath(candidate.paths),
      })),
    );
    const configuration = configurationFor(chosen[0]);
    const seeds = chosen.map(({ seed }) => seed);
    const accounts = chosen.map(({ paths }) => meanPath(paths));
    const count = countTrials(open, { place, configuration, seeds, accounts, periodsPerYear });
    const { looks } = open.trialsOn(place, { sampleSize: 0 });
    for (const candidate of candidates) {
      const own = configurationFor(candidate);
      if (candidate.seed !== seeds[0] || looks.some((look) => look.configuration === own)) continue;
      open.look({ timeMs, place, configuration: own, seeds, verdict: 'cross-validated' });
    }
    return count;
  });
  if (!use.counted) return { sentences: [describeNoTrials(use.reason).sentence] };
  return { count: use.result, sentences: describeTrials(use.result).map(({ sentence }) => sentence) };
}
