/** Lays the evaluation of a supervised model out as a report. */
import { oneAgainstRest } from '../../models/judging/classification-metrics.ts';
import { calibrationCurve, precisionRecallCurve, rocCurve } from '../../models/judging/probability-curves.ts';
import type { ModelEvaluation } from '../evaluate-model.ts';
import type { Report, ReportDetail, ReportModel, ReportModelChart } from './report.ts';
import { curve, tradingMetrics } from './trading.ts';

export interface ModelReportOptions {
  readonly title: string;
  readonly subtitle: string;
  /** What the model is called beside the baselines. */
  readonly modelName: string;
  readonly evaluation: ModelEvaluation;
  /** How many trials led to it, a sentence each. */
  readonly trials?: readonly string[];
  readonly details: readonly ReportDetail[];
  readonly caveats: readonly string[];
}

export function modelReport(options: ModelReportOptions): Report {
  const { title, subtitle, modelName, evaluation, trials, details, caveats } = options;
  const { trading, numInSample, skill, predictions } = evaluation;
  const numRows = predictions.rows.length;
  const span = trading && {
    name: 'signal',
    description:
      numInSample === 0
        ? 'the model has learnt from none of these bars'
        : `the model has learnt from ${numInSample} of the ${numRows} predicted bars`,
    seen: numInSample > 0,
    timeMs: trading.signal.timeMs,
    price: trading.signal.price,
    periodsPerYear: trading.signal.periodsPerYear,
    curves: [
      curve(modelName, 'agent', trading.signal),
      ...[...trading.rules, trading.random.median].map(({ name, backtest }) =>
        curve(name, 'baseline', backtest),
      ),
    ],
  };
  return {
    title,
    subtitle,
    verdict: trading?.verdict ?? skill.verdict,
    trials,
    model: describeModel(evaluation),
    learning: [],
    spans: span === undefined ? [] : [span],
    metrics: [...tradingMetrics, { key: 'profitFactor', label: 'Profit factor', format: 'number' }],
    details,
    caveats:
      numInSample === 0
        ? caveats
        : [
            `${numInSample} of ${numRows} judged rows are ones the model has learnt from: their figures are too good.`,
            ...caveats,
          ],
  };
}

function describeModel(evaluation: ModelEvaluation): ReportModel {
  const { classification, regression, informationCoefficient, importance, skill, predictions } = evaluation;
  const figure = (label: string, value: number): ReportDetail => ({ label, value: number(value) });
  const figures: ReportDetail[] = [];
  if (classification !== undefined) {
    const { accuracy, balancedAccuracy, logLoss, brier, rocAuc, prAuc } = classification;
    figures.push(
      figure('Accuracy', accuracy),
      figure('Balanced accuracy', balancedAccuracy),
      figure('Log loss', logLoss),
      figure('Log loss of the base rates', skill.baseLoss),
      figure('Brier score', brier),
      figure('ROC AUC', rocAuc),
      figure('PR AUC', prAuc),
    );
  }
  if (regression !== undefined) {
    const { rmse, meanAbsoluteError, r2, signAccuracy } = regression;
    figures.push(
      figure('RMSE', rmse),
      figure('Mean absolute error', meanAbsoluteError),
      figure('R²', r2),
      figure('Sign accuracy', signAccuracy),
    );
  }
  figures.push(figure('Information coefficient', informationCoefficient));
  const { classNames } = predictions;
  return {
    description: `${predictions.rows.length} rows. ${skill.verdict.text}`,
    figures,
    classes: classification && {
      head: ['', 'Precision', 'Recall', 'F1', 'Support'],
      rows: [
        ...classification.classes.map(({ name, precision, recall, f1, support }) => [
          name,
          ...[precision, recall, f1].map((value) => value.toFixed(2)),
          String(support),
        ]),
        ...(['macro', 'weighted'] as const).map((kind) => {
          const { precision, recall, f1 } = classification[kind];
          const cells = [precision, recall, f1].map((value) => value.toFixed(2));
          return [`${kind} average`, ...cells, String(classification.numRows)];
        }),
      ],
    },
    confusion: classification && { classNames, counts: classification.confusion },
    curves: classification === undefined ? [] : charts(evaluation),
    importance: [...importance]
      .sort((a, b) => b.rise - a.rise)
      .map(({ column, rise }) => ({ name: column, value: rise })),
    importanceUnit: 'loss added when a column is shuffled',
  };
}

/** One line a class; for two classes one alone, of the second. */
function charts({ predictions, truth }: ModelEvaluation): ReportModelChart[] {
  const { classNames, probabilities } = predictions;
  const chosen = classNames.length === 2 ? [1] : classNames.map((_, c) => c);
  const lines = (
    curveOf: (scores: Float64Array, hits: Uint8Array) => { x: readonly number[]; y: readonly number[] },
  ) =>
    chosen.flatMap((c) => {
      const { scores, hits } = oneAgainstRest(truth, probabilities, classNames.length, c);
      // Without a hit, or without a miss, there is no curve.
      if (hits.every((hit) => hit === hits[0])) return [];
      return [{ name: classNames[c], ...curveOf(scores, hits) }];
    });
  return [
    {
      title: 'Calibration',
      explanation: 'share of hits by predicted probability',
      diagonal: true,
      points: true,
      lines: lines((scores, hits) => {
        const { predicted, observed } = calibrationCurve(scores, hits);
        return { x: predicted, y: observed };
      }),
    },
    {
      title: 'ROC',
      explanation: 'true positive rate by false positive rate',
      diagonal: true,
      points: false,
      lines: lines(rocCurve),
    },
    {
      title: 'Precision and recall',
      explanation: 'precision by recall',
      diagonal: false,
      points: false,
      lines: lines(precisionRecallCurve),
    },
  ];
}

const number = (value: number): string =>
  Number.isFinite(value) ? value.toPrecision(4).replace('-', '−') : '–';
