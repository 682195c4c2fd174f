/** A model's evaluation as text for a terminal, and as numbers for machines. */

import { formatTable } from '../../core/text-table.ts';
import { formatMetric } from '../../experiments/run/judge-runs.ts';
import { formatClassificationReport } from '../../models/judging/classification-metrics.ts';
import type { ModelEvaluation } from '../../trainers/evaluate-model.ts';
import { tradingMetrics } from '../../trainers/report/trading.ts';

export function formatModelEvaluation(evaluation: ModelEvaluation): string {
  const { classification, regression, informationCoefficient, trading, importance, numInSample, skill } =
    evaluation;
  const blocks: string[] = [];
  if (classification !== undefined) {
    const { balancedAccuracy, logLoss, brier, rocAuc, prAuc, classes, confusion } = classification;
    blocks.push(formatClassificationReport(classification));
    blocks.push(
      `Confusion (rows: true)\n${formatTable([['', ...classes.map(({ name }) => name)], ...confusion.map((row, c) => [classes[c].name, ...row.map(String)])])}`,
    );
    blocks.push(
      `balanced accuracy ${fixed(balancedAccuracy)}, log loss ${fixed(logLoss)}, Brier ${fixed(brier)}, ` +
        `ROC AUC ${fixed(rocAuc)}, PR AUC ${fixed(prAuc)}, information coefficient ${fixed(informationCoefficient)}`,
    );
  }
  if (regression !== undefined) {
    const { rmse, meanAbsoluteError, r2, signAccuracy } = regression;
    blocks.push(
      `RMSE ${rmse.toPrecision(5)}, mean absolute error ${meanAbsoluteError.toPrecision(5)}, R² ${fixed(r2)}, ` +
        `sign accuracy ${fixed(signAccuracy)}, information coefficient ${fixed(informationCoefficient)}`,
    );
  }
  blocks.push(skill.verdict.text);
  if (importance.length > 0) {
    const ranked = [...importance].sort((a, b) => b.rise - a.rise).slice(0, 10);
    blocks.push(
      `Loss added when a column is shuffled\n${formatTable(ranked.map(({ column, rise }) => [column, rise.toExponential(2)]))}`,
    );
  }
  if (trading !== undefined) {
    const { signal, rules, random, verdict } = trading;
    const traders = [{ name: 'signal', backtest: signal }, ...rules, random.median];
    const rows = traders.map(({ name, backtest }) => {
      const metrics: Record<string, number> = { ...backtest.metrics };
      return [
        name,
        ...tradingMetrics.map(({ key, format }) => formatMetric(metrics[key], format)),
        formatMetric(backtest.metrics.profitFactor, 'number'),
      ];
    });
    blocks.push(formatTable([['', ...tradingMetrics.map(({ label }) => label), 'Profit factor'], ...rows]));
    blocks.push(verdict.text);
  }
  if (numInSample > 0) {
    blocks.push(
      `Caution: ${numInSample} of these rows are ones the model has learnt from; their figures are too good.`,
    );
  }
  return blocks.join('\n\n');
}

export function summarizeModelEvaluation(evaluation: ModelEvaluation) {
  const { classification, regression, informationCoefficient, trading, importance, numInSample } = evaluation;
  return {
    classification,
    regression,
    informationCoefficient,
    skill: evaluation.skill,
    numInSample,
    importance,
    trading: trading && {
      signal: trading.signal.metrics,
      baselines: Object.fromEntries(
        [...trading.rules, trading.random.median].map(({ name, backtest }) => [name, backtest.metrics]),
      ),
      verdict: trading.verdict,
    },
  };
}

/** What a registry compares models by. */
export function headlineMetrics({
  classification,
  regression,
  ...evaluation
}: ModelEvaluation): Record<string, number> {
  const { informationCoefficient, skill, trading } = evaluation;
  const { accuracy, balancedAccuracy, logLoss, brier, rocAuc } = classification ?? {};
  const { rmse, r2 } = regression ?? {};
  const { sharpe, maxDrawdown, totalReturn, turnover } = trading?.signal.metrics ?? {};
  const all = {
    ...{ accuracy, balancedAccuracy, logLoss, brier, rocAuc, rmse, r2, informationCoefficient },
    ...{ lossGain: skill.gain.mean, sharpe, maxDrawdown, totalReturn, turnover },
  };
  const present = Object.entries(all).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return Object.fromEntries(present);
}

const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(4) : '–');
