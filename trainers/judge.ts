/** Judges trading agents on every span against the baselines, and says in words what the numbers allow. */
import type { Agent } from '../agents/agent.ts';
import { type BarYear, barYear } from '../market/candles/periods.ts';
import type { TrainedModel } from '../models/model.ts';
import { alignPass, longestPass, type PassAxis, recordPass } from './account-pass.ts';
import { type Backtest, summarizePass } from './backtest.ts';
import {
  axisOf,
  type Baseline,
  type ExposureMarket,
  holdExposures,
  type RandomBaseline,
  runRandomBaseline,
  runRule,
  runRuleBaselines,
} from './baselines.ts';
import { exposureMarket, extendPastRuin, type JudgedTask, partialPassNote } from './judged-task.ts';
import { FillTap } from './pass-decisions.ts';
import { modelRule } from './signal-backtest.ts';
import { type HeldExposure, meanExposureOf } from './skill.ts';
import type { Span, SpanName } from './spans.ts';
import { reachVerdict, type Verdict } from './verdict.ts';

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
  /** Constant exposures around those of the candidates, for the verdict; on the test span alone. */
  readonly held: readonly HeldExposure[];
  /** What a reader has to know of how these were judged, a sentence each. */
  readonly notes: readonly string[];
}

export interface Judgement {
  readonly spans: Readonly<Record<SpanName, JudgedSpan>>;
  /** Of the whole series; of the test span's steps where there are no bars. */
  readonly year: BarYear;
  /** On the test span. */
  readonly verdict: Verdict;
}

export interface JudgeOptions {
  /** Supervised models to stand among the baselines, traded by their signals. */
  readonly models?: readonly TrainedModel[];
  /** Independent tries that these were chosen from; see `VerdictCase`. */
  readonly numTrials?: number;
}

/**
 * Each agent trades each span once, in an env that the task makes; the baselines do so in the same one.
 * @param seed of the random traders
 * @throws EnvError as `recordPass` and `alignPass`; ConfigError `no-exposures` as `exposureMarket`
 */
export function judge(
  candidates: readonly Candidate[],
  task: JudgedTask,
  seed: number,
  { models = [], numTrials }: JudgeOptions = {},
): Judgement {
  const judgeSpan = (span: Span): JudgedSpan => {
    const { judged, market, axis, notes } = judgeCandidates(candidates, task, span);
    const backtests = judged.map(({ backtest }) => backtest);
    const rules = runRuleBaselines(market, axis);
    return {
      span,
      candidates: judged,
      rules: [...rules, ...models.map((model) => runRule(market, axis, modelRule(model, market, axis)))],
      held: span.name === 'test' ? holdExposures(market, axis, backtests.map(meanExposureOf), rules) : [],
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
  const { timeMs } = task.candles ?? judged.test.candidates[0].backtest;
  return { spans: judged, year: barYear(timeMs), verdict: verdictOn(judged.test, { numTrials }) };
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
  const tap = new FillTap();
  const env = task.createEnv(span, tap.onFill);
  const passes = candidates.map(({ agent }) => recordPass(env, agent, { seed: task.seed, tap }));
  const { market, note } = exposureMarket(task, env, longestPass(passes));
  const longest = market.env === env ? axisOf(market, passes) : longestPass(passes);
  const axis = extendPastRuin(longest, task, span);
  const judged = candidates.map(({ seed }, i) => ({
    seed,
    backtest: summarizePass(alignPass(passes[i], axis), market.periodsPerYear),
  }));
  const notes = [note, partialPassNote(task, span, axis)].filter((text) => text !== undefined);
  return { judged, market, axis, notes };
}

/** The verdict on a judged span. @param words as in `VerdictCase` */
export function verdictOn(
  { candidates, rules, random, held }: Omit<JudgedSpan, 'span' | 'notes'>,
  words: { readonly who?: string; readonly bars?: string; readonly numTrials?: number } = {},
): Verdict {
  return reachVerdict({
    ...words,
    accounts: candidates.map(({ backtest }) => backtest),
    market: rules.find(({ name }) => name === 'buy-and-hold')!.backtest,
    held,
    randomReturns: random.totalReturns,
  });
}
