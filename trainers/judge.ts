/** Judges trading agents on every span against the baselines, and says in words what the numbers allow. */
import type { Agent } from '../agents/agent.ts';
import { createRng } from '../core/rng.ts';
import { mean } from '../core/statistics.ts';
import type { TradingConfig } from '../envs/trading/config.ts';
import type { Candles } from '../market/candles/candles.ts';
import { type MeanInterval, stationaryBootstrap } from '../market/statistics/bootstrap.ts';
import type { TrainedModel } from '../models/model.ts';
import { type Backtest, backtest } from './backtest.ts';
import { type Baseline, type RandomBaseline, runRandomBaseline, runRuleBaselines } from './baselines.ts';
import { runModelBaseline } from './signal-backtest.ts';
import type { Span, SpanName, Spans } from './spans.ts';

/** A trained agent and the seed it was trained with. */
export interface Candidate {
  readonly seed: number;
  readonly agent: Agent;
}

export interface JudgedSpan {
  readonly span: Span;
  /** In the order of the candidates. */
  readonly candidates: readonly { readonly seed: number; readonly backtest: Backtest }[];
  readonly rules: readonly Baseline[];
  readonly random: RandomBaseline;
}

export interface Verdict {
  readonly tone: 'edge' | 'no-edge' | 'worse';
  readonly text: string;
  /** Return a year after costs, the mean of all seeds, minus that of buy-and-hold, fraction; 95 % interval. */
  readonly excessPerYear: MeanInterval;
  /** Share of the random traders with the same turnover that earned less than the mean of all seeds. */
  readonly shareOfRandomBeaten: number;
}

export interface Judgement {
  readonly spans: Readonly<Record<SpanName, JudgedSpan>>;
  /** On the test span. */
  readonly verdict: Verdict;
}

/**
 * @param config the complete configuration of the env the agents were trained in
 * @param seed of the random traders and of the bootstrap
 * @param models supervised models to stand among the baselines, traded by their signals
 */
export function judge(
  candidates: readonly Candidate[],
  candles: Candles,
  config: TradingConfig,
  spans: Spans,
  seed: number,
  models: readonly TrainedModel[] = [],
): Judgement {
  const judgeSpan = (span: Span): JudgedSpan => {
    const spanConfig = { ...config, fromRow: span.fromRow, toRow: span.toRow };
    const judged = candidates.map(({ seed, agent }) => ({
      seed,
      backtest: backtest({ candles, config: spanConfig }, () => agent),
    }));
    // Features that need less history must not give a baseline earlier bars.
    const sameBars = {
      ...spanConfig,
      fromRow: Math.max(span.fromRow, firstRow(candles, judged[0].backtest)),
    };
    return {
      span,
      candidates: judged,
      rules: [
        ...runRuleBaselines(candles, sameBars),
        ...models.map((model) => runModelBaseline(model, candles, sameBars)),
      ],
      random: runRandomBaseline(
        candles,
        sameBars,
        judged.map(({ backtest }) => backtest),
        seed,
      ),
    };
  };
  const judged = {
    train: judgeSpan(spans.train),
    validation: judgeSpan(spans.validation),
    test: judgeSpan(spans.test),
  };
  return { spans: judged, verdict: reachVerdict(judged.test, seed) };
}

/**
 * An edge is claimed only when the whole interval of the excess over buy-and-hold lies above zero.
 * @param who earned the return; default: the agent, or the mean of its seeds
 * @param bars where, in words
 */
export function reachVerdict(
  { candidates, rules, random }: Omit<JudgedSpan, 'span'>,
  seed: number,
  who = candidates.length === 1 ? 'the agent' : `the mean of ${candidates.length} seeds`,
  bars = 'on the test span, which no seed has learnt from or been chosen by',
): Verdict {
  const holding = rules.find(({ name }) => name === 'buy-and-hold')!.backtest;
  const backtests = candidates.map((candidate) => candidate.backtest);
  const excess = Array.from(
    holding.returns,
    (held, i) => mean(backtests.map(({ returns }) => returns[i] ?? 0)) - held,
  );
  const perBar = stationaryBootstrap(excess, { rng: createRng(seed).fork('verdict') });
  const perYear = holding.periodsPerYear;
  const excessPerYear = {
    mean: perBar.mean * perYear,
    low: perBar.low * perYear,
    high: perBar.high * perYear,
  };
  const meanReturn = mean(backtests.map(({ metrics }) => metrics.totalReturn));
  const shareOfRandomBeaten = mean(random.totalReturns.map((other) => (meanReturn > other ? 1 : 0)));
  const tone = excessPerYear.low > 0 ? 'edge' : excessPerYear.high < 0 ? 'worse' : 'no-edge';
  const opening = {
    edge: 'Edge found',
    'no-edge': 'No edge found',
    worse: 'Worse than buy-and-hold',
  }[tone];
  return {
    tone,
    text:
      `${opening}: ${bars}, the return of ${who} after costs ` +
      `minus that of buy-and-hold is ${percent(excessPerYear.mean)} a year (95 % interval ${percent(excessPerYear.low)} to ` +
      `${percent(excessPerYear.high)}). It beats ${Math.round(shareOfRandomBeaten * 100)} % of random traders with the same turnover.`,
    excessPerYear,
    shareOfRandomBeaten,
  };
}

/** The row at which a backtest began. */
function firstRow({ timeMs, length }: Candles, { timeMs: [startMs] }: Backtest): number {
  let row = 0;
  while (row < length && timeMs[row] < startMs) row++;
  return row;
}

/** `+1.2 %`, with a true minus sign. */
export function percent(fraction: number): string {
  const text = `${Math.abs(fraction * 100).toFixed(1)} %`;
  return fraction < 0 ? `−${text}` : `+${text}`;
}
