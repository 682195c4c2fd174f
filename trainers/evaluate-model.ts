/** Judges a supervised model: by its classes, its probabilities, and the account of whoever had traded its signal. */

import { resolveConfig } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import { type TradingConfig, tradingConfig } from '../envs/trading/config.ts';
import type { Candles } from '../market/candles/candles.ts';
import { type Dataset, rowsWithWindow } from '../models/data/dataset.ts';
import { requireColumns } from '../models/input.ts';
import {
  type ClassificationMetrics,
  classificationMetrics,
  type ProbabilityMetrics,
  probabilityMetrics,
} from '../models/judging/classification-metrics.ts';
import { permutationImportance } from '../models/judging/permutation-importance.ts';
import {
  type RegressionMetrics,
  rankCorrelation,
  regressionMetrics,
} from '../models/judging/regression-metrics.ts';
import type { TrainedModel } from '../models/model.ts';
import { predictSignal } from '../models/signals/predict.ts';
import type { Predictions } from '../models/signals/predictions.ts';
import { type Backtest, createPassEnv } from './backtest.ts';
import {
  axisOf,
  type Baseline,
  holdExposures,
  type RandomBaseline,
  runRandomBaseline,
  runRuleBaselines,
} from './baselines.ts';
import { verdictOn } from './judge.ts';
import { judgeSkill, type ModelSkill } from './model-skill.ts';
import { backtestSignal, type SignalBacktestOptions, signalTradingConfig } from './signal-backtest.ts';
import { meanExposureOf } from './skill.ts';
import type { Verdict } from './verdict.ts';

export interface EvaluateModelOptions extends SignalBacktestOptions {
  /** Rows to judge by, ascending; default: all with a label that the model can predict. */
  readonly rows?: Int32Array;
  /** Of the training rows, see `TrainingRecord`; default: of the model's, or of the judged rows. */
  readonly baseRate?: readonly number[];
  /** Of the random traders, the bootstrap and the permutations. Default 0. */
  readonly seed?: number;
  /** Independent tries that the model was chosen from; see `VerdictCase`. */
  readonly numTrials?: number;
  /** Times that each column is shuffled to measure its importance; 0: not measured. Default 3. */
  readonly importanceRepeats?: number;
}

export interface ModelEvaluation {
  /** Of the rows that were judged. */
  readonly predictions: Predictions;
  /** [M] class or value. */
  readonly truth: Float64Array;
  readonly classification?: ClassificationMetrics & ProbabilityMetrics;
  readonly regression?: RegressionMetrics;
  /** Rank correlation of scores with the returns over the labels' spans, or with the labels where there are no returns. */
  readonly informationCoefficient: number;
  /** Against what knows only how often each outcome comes. */
  readonly skill: ModelSkill;
  /** Judged rows whose outcome the model knew. */
  readonly numInSample: number;
  /** Rise of the loss when a column is shuffled, [F]; empty where it was not measured. */
  readonly importance: readonly { readonly column: string; readonly rise: number }[];
  /** Present where there are candles. */
  readonly trading?: SignalJudgement;
}

/** The signal's account beside the baselines', over the same bars with the same costs. */
export interface SignalJudgement {
  readonly signal: Backtest;
  readonly rules: readonly Baseline[];
  readonly random: RandomBaseline;
  readonly verdict: Verdict;
}

/**
 * @throws ConfigError `columns-mismatch`, `classes-mismatch`, and as `predictSignal` and `backtestSignal`
 */
export function evaluateModel(
  model: TrainedModel,
  data: Dataset,
  options: EvaluateModelOptions = {},
): ModelEvaluation {
  requireSameTask(model, data);
  const { rows = rowsWithWindow(data, model.window), seed = 0 } = options;
  const predictions = predictSignal(model, data, rows);
  const { importanceRepeats = 3 } = options;
  return {
    ...judgePredictions(predictions, data, { baseRate: model.trainedOn.baseRate, ...options }),
    importance:
      importanceRepeats === 0
        ? []
        : permutationImportance(
            model,
            data,
            predictions.rows,
            importanceRepeats,
            createRng(seed).fork('importance'),
          ),
  };
}

/** The same of predictions from elsewhere, such as out-of-fold ones. */
export function judgePredictions(
  predictions: Predictions,
  data: Dataset,
  options: EvaluateModelOptions = {},
): ModelEvaluation {
  const { rows, classNames } = predictions;
  const truth = Float64Array.from(rows, (row) => data.labels[row]);
  const returns = Float64Array.from(rows, (row) => data.labelReturns[row]);
  const outcomes = returns.every(Number.isNaN) ? truth : returns;
  const isClassifier = classNames.length > 0;
  return {
    predictions,
    truth,
    classification: isClassifier
      ? {
          ...classificationMetrics(truth, predictions.classes, classNames),
          ...probabilityMetrics(truth, predictions.probabilities, classNames.length),
        }
      : undefined,
    regression: isClassifier ? undefined : regressionMetrics(truth, predictions.scores),
    informationCoefficient: rankCorrelation(predictions.scores, outcomes),
    skill: judgeSkill(predictions, truth, options.seed ?? 0, options.baseRate),
    numInSample: predictions.provenance.filter((kind) => kind === 'in-sample').length,
    importance: [],
    trading: data.candles === undefined ? undefined : judgeSignal(predictions, data.candles, options),
  };
}

function judgeSignal(
  predictions: Predictions,
  candles: Candles,
  options: EvaluateModelOptions,
): SignalJudgement {
  const { seed = 0 } = options;
  const traded = backtestSignal(candles, predictions, options);
  // Baselines begin where the signal does, with features that need no warm-up of their own.
  const config: TradingConfig = resolveConfig(
    tradingConfig,
    {
      ...signalTradingConfig(predictions, options),
      features: ['return:1'],
      normalize: 'none',
      fromRow: firstTradedRow(candles, traded),
    },
    'env "trading"',
  );
  const market = {
    env: createPassEnv({ candles, config, parts: options.parts }),
    seed,
    candles,
    periodsPerYear: traded.periodsPerYear,
  };
  const axis = axisOf(market, []);
  const rules = runRuleBaselines(market, axis);
  const random = runRandomBaseline(market, axis, [traded], seed);
  const numKnown = predictions.provenance.filter((kind) => kind === 'in-sample').length;
  const bars =
    numKnown === 0
      ? 'on bars that the model has not learnt from'
      : `on bars of which the model has learnt from ${numKnown}`;
  const held = holdExposures(market, axis, [meanExposureOf(traded)], rules);
  const judged = { candidates: [{ seed, backtest: traded }], rules, random, held };
  const verdict = verdictOn(judged, { who: 'the signal', bars, numTrials: options.numTrials });
  return { signal: traded, rules, random, verdict };
}

/** The row at which a backtest began. */
function firstTradedRow({ timeMs }: Candles, { timeMs: [startMs] }: Backtest): number {
  return timeMs.indexOf(startMs);
}

function requireSameTask(model: TrainedModel, data: Dataset): void {
  requireColumns(model, data.table.columns);
  const { task, classNames } = model.shape;
  if (task === data.task && classNames.join('\n') === data.classNames.join('\n')) return;
  const describe = (kind: string, names: readonly string[]): string =>
    kind === 'regression' ? 'numbers' : `the classes ${names.join(', ')}`;
  throw new ConfigError(
    'classes-mismatch',
    `The ${model.kind} model predicts ${describe(task, classNames)}, but the labels are ` +
      `${describe(data.task, data.classNames)}; label the data as it was trained.`,
  );
}
