/** Counts a fitted model, or one that is judged again, in the ledger: the account of whoever had traded its signal is the trial. */
import { hashCandles } from '../../market/candles/candles.ts';
import type { Dataset } from '../../models/data/dataset.ts';
import type { TrainedModel } from '../../models/model.ts';
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
  /** `evaluate`: a model that was fitted before; it is the same trial, unless nobody counted it. Default `fit`. */
  readonly kind?: 'fit' | 'evaluate';
  readonly model: TrainedModel;
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
  const { model, rows, judging, kind = 'fit', ...rest } = trial;
  const { signal, costs } = judging;
  const settings = settingsOf(model, { signal, costs });
  const { trading } = evaluation;
  // Without times, rows are told by their numbers.
  const at = (row: number): number => data.timeMs?.[row] ?? row;
  const { count, sentences } = countAccounts(choice, {
    ...rest,
    kind,
    family: 'fit',
    label: model.kind,
    onlyNew: kind === 'evaluate',
    place: {
      data: data.candles === undefined ? data.hash : hashCandles(data.candles),
      fromMs: at(rows[0]),
      toMs: at(rows[rows.length - 1]),
    },
    tried: [{ settings, seed: Number(model.config.seed ?? 0), test: trading && seriesOf(trading.signal) }],
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

/** All that decides a model and its signal, but the seed: the same when it is fitted and when it is judged again. */
function settingsOf(model: TrainedModel, signal: Pick<EvaluateModelOptions, 'signal' | 'costs'>): unknown {
  const { kind, config, pipeline, label, shape, trainedOn } = model;
  const { numRows, dataHash } = trainedOn;
  return {
    kind,
    config: { ...config, seed: undefined },
    pipeline,
    label,
    shape,
    numRows,
    dataHash,
    ...signal,
  };
}
