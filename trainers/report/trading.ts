/** Lays a judgement of trading agents out as a report. */
import type { Candles } from '../../market/candles/candles.ts';
import type { Backtest } from '../backtest.ts';
import type { JudgedSpan, Judgement } from '../judge.ts';
import type { SpanName } from '../spans.ts';
import type { ReportCosts } from './costs.ts';
import type {
  Report,
  ReportCurve,
  ReportDetail,
  ReportLearning,
  ReportMetric,
  ReportSpan,
} from './report.ts';

export const tradingMetrics: readonly ReportMetric[] = [
  { key: 'totalReturn', label: 'Total return', format: 'percent' },
  { key: 'cagr', label: 'CAGR', format: 'percent' },
  { key: 'volatility', label: 'Volatility', format: 'percent' },
  { key: 'sharpe', label: 'Sharpe', format: 'number' },
  { key: 'sortino', label: 'Sortino', format: 'number' },
  { key: 'maxDrawdown', label: 'Max drawdown', format: 'percent' },
  { key: 'calmar', label: 'Calmar', format: 'number' },
  { key: 'turnover', label: 'Turnover / year', format: 'number' },
  { key: 'costs', label: 'Costs', format: 'percent' },
  { key: 'averageExposure', label: 'Mean |exposure|', format: 'percent' },
  { key: 'numTrades', label: 'Trades', format: 'integer' },
];

const SPAN_DESCRIPTIONS: Readonly<Record<SpanName, string>> = {
  train: 'the agents learnt from these bars',
  validation: 'the checkpoint of every seed was chosen by these bars',
  test: 'no seed learnt from these bars or was chosen by them',
};

export interface TradingReportOptions {
  readonly title: string;
  readonly subtitle: string;
  readonly agentName: string;
  readonly judgement: Judgement;
  /** Bars of the market whose closes are the judged prices, to be drawn. */
  readonly candles?: Candles;
  /** How many trials led to it, a sentence each. */
  readonly trials?: readonly string[];
  /** What is left of it at other costs, where that was tried. */
  readonly costs?: ReportCosts;
  /** Empty where nothing was trained. */
  readonly learning: readonly ReportLearning[];
  readonly details: readonly ReportDetail[];
  readonly caveats: readonly string[];
}

export function tradingReport(options: TradingReportOptions): Report {
  const { title, subtitle, agentName, judgement, candles, trials, costs, learning, details, caveats } =
    options;
  const { train, validation, test } = judgement.spans;
  return {
    title,
    subtitle,
    verdict: judgement.verdict,
    trials,
    learning,
    spans: [train, validation, test].map((span) => reportSpan(span, agentName, candles)),
    metrics: tradingMetrics,
    costs,
    details,
    caveats,
  };
}

function reportSpan(
  { span, candidates, rules, random }: JudgedSpan,
  agentName: string,
  candles: Candles | undefined,
): ReportSpan {
  const { timeMs, price, periodsPerYear } = candidates[0].backtest;
  const agents = candidates.map(({ seed, backtest }) =>
    curve(`${agentName}, seed ${seed}`, 'agent', backtest),
  );
  const baselines = [...rules, random.median].map(({ name, backtest }) => curve(name, 'baseline', backtest));
  return {
    name: span.name,
    description: SPAN_DESCRIPTIONS[span.name],
    seen: span.name === 'train',
    chosenBy: span.name === 'validation',
    timeMs,
    price,
    candles: candles && barsAt(candles, timeMs),
    periodsPerYear,
    curves: [...agents, ...baselines],
  };
}

/** An account as a curve, with its round trips where they were recorded. */
export function curve(
  name: string,
  kind: ReportCurve['kind'],
  { equity, exposure, metrics, record }: Backtest,
): ReportCurve {
  const trades = record && { trips: record.trips, fills: record.fills };
  return { name, kind, equity, exposure, metrics: { ...metrics }, ...trades };
}

/** The bars at the times of an axis; undefined where there is not one for each. */
export function barsAt({ timeMs, open, high, low }: Candles, axis: Float64Array): ReportSpan['candles'] {
  const bars = {
    open: new Float64Array(axis.length),
    high: new Float64Array(axis.length),
    low: new Float64Array(axis.length),
  };
  let row = 0;
  for (let t = 0; t < axis.length; t++) {
    while (row < timeMs.length && timeMs[row] < axis[t]) row++;
    if (timeMs[row] !== axis[t]) return undefined;
    bars.open[t] = open[row];
    bars.high[t] = high[row];
    bars.low[t] = low[row];
  }
  return bars;
}
