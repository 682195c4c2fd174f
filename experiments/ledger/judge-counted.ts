/** Judges trained runs with every trial that led to them: the verdict allows for their number, and the look is kept. */
import type { TrainedModel } from '../../models/model.ts';
import type { TrialLedger } from '../../storage/trial-ledger.ts';
import { type Judgement, verdictOn } from '../../trainers/judge.ts';
import { judgeTrading, type TrainedRun } from '../run/judge-runs.ts';
import { configurationOf, hashSettings } from './configuration.ts';
import { countTrials, type TrialCount } from './count-trials.ts';
import { placeOf, runEntry, seriesOf } from './run-entry.ts';
import { describeNoTrials, describeTrials, type TrialSentence } from './sentences.ts';
import { type LedgerChoice, useLedger } from './use-ledger.ts';

export interface CountedJudgement {
  readonly judgement: Judgement;
  /** Absent where they could not be counted. */
  readonly count?: TrialCount;
  /** How many trials led here, and what they leave of the result; where nothing is known of them, the verdict says why. */
  readonly sentences: readonly TrialSentence[];
}

export interface CountedOptions {
  readonly ledger: LedgerChoice;
  /** UTC epoch. */
  readonly timeMs: number;
  /** Supervised models among the baselines. */
  readonly models?: readonly TrainedModel[];
  /** The checkpoint that was asked for, where one was. */
  readonly checkpoint?: string;
}

/** @param runs of the same task, judged by their accounts */
export function judgeCounted(
  runs: readonly TrainedRun[],
  { ledger, timeMs, models = [], checkpoint }: CountedOptions,
): CountedJudgement {
  const judgement = judgeTrading(runs, { models });
  const use = useLedger(ledger, (open) => countAndLook(open, runs, judgement, timeMs, checkpoint));
  if (!use.counted) {
    const { sentence } = describeNoTrials(use.reason);
    const { verdict } = judgement;
    return {
      judgement: { ...judgement, verdict: { ...verdict, text: `${verdict.text} ${sentence}` } },
      sentences: [],
    };
  }
  const { count, counted } = use.result;
  return { judgement: counted, count, sentences: count === undefined ? [] : describeTrials(count) };
}

function countAndLook(
  ledger: TrialLedger,
  runs: readonly TrainedRun[],
  judgement: Judgement,
  timeMs: number,
  checkpoint: string | undefined,
): { count: TrialCount | undefined; counted: Judgement } {
  const [{ run }] = runs;
  const { candidates } = judgement.spans.test;
  const accounts = candidates.map(({ backtest }) => seriesOf(backtest)).filter((own) => own !== undefined);
  const place = placeOf(run);
  if (place === undefined || accounts.length < runs.length) return { count: undefined, counted: judgement };
  const own = runs.map((trained) => configurationOf(trained.run.spec, checkpoint));
  addMissing(ledger, runs, own, timeMs, checkpoint);
  const distinct = [...new Set(own)];
  const seeds = runs.map((trained) => trained.run.spec.seed);
  const configuration = distinct.length === 1 ? distinct[0] : hashSettings(distinct.sort());
  const { periodsPerYear } = candidates[0].backtest;
  const count = countTrials(ledger, { place, configuration, seeds, accounts, periodsPerYear });
  const verdict = verdictOn(judgement.spans.test, { numTrials: count.effectiveTrials });
  ledger.look({ timeMs, place, configuration, seeds, verdict: verdict.finding });
  return { count, counted: { ...judgement, verdict } };
}

/** Runs that were trained without the ledger, or elsewhere, are trials from the moment that somebody looks at them. */
function addMissing(
  ledger: TrialLedger,
  runs: readonly TrainedRun[],
  configurations: readonly string[],
  timeMs: number,
  checkpoint: string | undefined,
): void {
  const { sample } = ledger.trialsOn(placeOf(runs[0].run)!, { sampleSize: 0, include: configurations });
  const missing = runs.filter(({ run: { spec } }, i) => {
    const known = sample.find(({ configuration }) => configuration === configurations[i]);
    return !known?.trials.some(({ seeds }) => seeds.includes(spec.seed));
  });
  if (missing.length === 0) return;
  ledger.append(...missing.map((trained) => runEntry(trained, { kind: 'evaluate', timeMs, checkpoint })));
}
