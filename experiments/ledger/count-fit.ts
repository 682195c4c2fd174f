/** Counts a fitted model in the ledger: the account of whoever had traded its signal is the trial. */
import { hashCandles } from '../../market/candles/candles.ts';
import type { Dataset } from '../../models/data/dataset.ts';
import {
  type EvaluateModelOptions,
  judgePredictions,
  type ModelEvaluation,
} from '../../trainers/evaluate-model.ts';
import { countAccounts } from './count-accounts.ts';
import type { TrialCount } from './count-trials.ts';
import { seriesOf } from './run-entry.ts';
import type { LedgerChoice } from './use-ledger.ts';

export interface FitTrial {
  readonly label: string;
  /** All but the seed. */
  readonly settings: unknown;
  readonly seed: number;
  /** Rows that it was judged by. */
  readonly rows: Int32Array;
  readonly source: string;
  readonly ledTo: string;
  /** UTC epoch. */
  readonly timeMs: number;
  readonly judging: EvaluateModelOptions;
}

/** @returns the evaluation, its verdict allowing for the trials, and a sentence for each figure */
export function countFit(
  choice: LedgerChoice,
  evaluation: ModelEvaluation,
  data: Dataset,
  trial: FitTrial,
): {
  readonly evaluation: ModelEvaluation;
  readonly count?: TrialCount;
  readonly sentences: readonly string[];
} {
  const { settings, seed, rows, judging, ...rest } = trial;
  const { trading } = evaluation;
  // Without times, rows are told by their numbers.
  const at = (row: number): number => data.timeMs?.[row] ?? row;
  const { count, sentences } = countAccounts(choice, {
    ...rest,
    kind: 'fit',
    place: {
      data: data.candles === undefined ? data.hash : hashCandles(data.candles),
      fromMs: at(rows[0]),
      toMs: at(rows[rows.length - 1]),
    },
    tried: [{ settings, seed, test: trading && seriesOf(trading.signal) }],
    judged: settings,
    periodsPerYear: trading?.signal.periodsPerYear ?? 1,
    verdict: trading?.verdict.finding ?? 'by predictions alone',
  });
  if (count === undefined || trading === undefined || count.effectiveTrials <= 1) {
    return { evaluation, count, sentences };
  }
  const again = judgePredictions(evaluation.predictions, data, {
    ...judging,
    numTrials: count.effectiveTrials,
  });
  return { evaluation: { ...evaluation, trading: again.trading }, count, sentences };
}
