/** Judges trading agents on every span against the baselines, and says in words what the numbers allow. */
import type { Agent } from '../agents/agent.ts';
import { createRng } from '../core/rng.ts';
import { mean } from '../core/statistics.ts';
import { type MeanInterval, stationaryBootstrap } from '../market/statistics/bootstrap.ts';
import type { TrainedModel } from '../models/model.ts';
import { alignPass, longestPass, type PassAxis, recordPass } from './account-pass.ts';
import { type Backtest, summarizePass } from './backtest.ts';
import {
  axisOf,
  type Baseline,
  type ExposureMarket,
  type RandomBaseline,
  runRandomBaseline,
  runRule,
  runRuleBaselines,
} from './baselines.ts';
import { exposureMarket, extendPastRuin, type JudgedTask, partialPassNote } from './judged-task.ts';
import { modelRule } from './signal-backtest.ts';
import type { Span, SpanName } from './spans.ts';

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
  /** What a reader has to know of how these were judged, a sentence each. */
  readonly notes: readonly string[];
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
 * Each agent trades each span once, in an env that the task makes; the baselines do so in the same one.
 * @param seed of the random traders and of the bootstrap
 * @param models supervised models to stand among the baselines, traded by their signals
 * @throws EnvError as `recordPass` and `alignPass`; ConfigError `no-exposures` as `exposureMarket`
 */
export function judge(
  candidates: readonly Candidate[],
  task: JudgedTask,
  seed: number,
  models: readonly TrainedModel[] = [],
): Judgement {
  const judgeSpan = (span: Span): JudgedSpan => {
    const { judged, market, axis, notes } = judgeCandidates(candidates, task, span);
    const backtests = judged.map(({ backtest }) => backtest);
    return {
      span,
      candidates: judged,
      rules: [
        ...runRuleBaselines(market, axis),
        ...models.map((model) => runRule(market, axis, modelRule(model, market, axis))),
      ],
      random: runRandomBaseline(market, axis, backtests, seed),
      notes,
    };
  };
  const { spans } = task;
  const judged = {
    train: judgeSpan(spans.train),
    validation: judgeSpan(spans.validation),
    test: judgeSpan(spans.test),
  };
  return { spans: judged, verdict: reachVerdict(judged.test, seed) };
}

/** What became of each agent on a span, and the market it was in, for the baselines. */
export function judgeCandidates(
  candidates: readonly Candidate[],
  task: JudgedTask,
  span: Span,
): {
  judged: JudgedSpan['candidates'];
  market: ExposureMarket;
  axis: PassAxis;
  notes: readonly string[];
} {
  const env = task.createEnv(span);
  const passes = candidates.map(({ agent }) => recordPass(env, agent, { seed: task.seed }));
  const { market, note } = exposureMarket(task, env, longestPass(passes));
  const longest = market.env === env ? axisOf(market, passes) : longestPass(passes);
  const axis = extendPastRuin(longest, task, span);
  const judged = candidates.map(({ seed }, i) => ({
    seed,
    backtest: summarizePass(alignPass(passes[i], axis)),
  }));
  const notes = [note, partialPassNote(task, span, axis)].filter((text) => text !== undefined);
  return { judged, market, axis, notes };
}

/**
 * An edge is claimed only when the whole interval of the excess over buy-and-hold lies above zero.
 * @param who earned the return; default: the agent, or the mean of its seeds
 * @param bars where, in words
 */
export function reachVerdict(
  { candidates, rules, random }: Omit<JudgedSpan, 'span' | 'notes'>,
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

/** `+1.2 %`, with a true minus sign. */
export function percent(fraction: number): string {
  const text = `${Math.abs(fraction * 100).toFixed(1)} %`;
  return fraction < 0 ? `−${text}` : `+${text}`;
}
