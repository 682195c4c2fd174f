/**
 * Trains an agent for arbitrage and judges it: on a synthetic market fitted to the training span, then on the training
 * span itself, then, greedily and once, on a later span it has not seen, beside tuned rules and the hindsight bound.
 */

import type { Agent } from '../../agents/agent.ts';
import { mean } from '../../core/statistics.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { firstAtOrAfter, sliceTape } from '../../market/books/tape-span.ts';
import { fitSyntheticVenues } from '../../market/synthetic/venue-fit.ts';
import type { Interval } from '../seed-statistics.ts';
import { ladderMarkets, requireCloning, trainArbitrageAgent } from './agent.ts';
import { LADDER, tuneLadder, tuneRules } from './baselines.ts';
import { type ArbitrageOutcome, boundBps, judgeArbitrage, judgeByTime, type RowSpan } from './judge.ts';
import type { JudgedConfig } from './judged-config.ts';
import { playMakerTaker, tuneMakerTaker } from './maker-taker.ts';
import type { ArbitrageTrainingOptions } from './options.ts';
import { ArbitrageRecorder } from './record.ts';
import { type ArbitrageVerdict, profitInterval, reachArbitrageVerdict, type TimedProfit } from './verdict.ts';

export interface JudgedRule {
  readonly name: string;
  readonly settings: string;
  readonly train: ArbitrageOutcome;
  readonly test: ArbitrageOutcome;
}

export interface ArbitrageResult {
  readonly spans: { readonly train: RowSpan; readonly test: RowSpan };
  readonly boundBps: { readonly train: number; readonly test: number };
  readonly rules: readonly JudgedRule[];
  readonly seeds: readonly {
    readonly seed: number;
    readonly train: ArbitrageOutcome;
    readonly test: ArbitrageOutcome;
  }[];
  /** Of the profit on the test span, bp, mean over the seeds and its 95 % interval over seeds and blocks of time. */
  readonly meanProfitBps: number;
  readonly profitInterval: Interval;
  /** Mean profit of the seeds on the test span, bp: [fees][latencies]. */
  readonly sensitivity: readonly (readonly number[])[];
  readonly verdict: ArbitrageVerdict;
}

/** @throws ConfigError, DataError when settings do not fit the books */
export function trainArbitrage(options: ArbitrageTrainingOptions): ArbitrageResult {
  const { books, config, onProgress = () => {} } = options;
  const spans = splitByTime(books, options.trainShare);
  const hasTeacher = books.venues.length === 2;
  if (hasTeacher && options.cloningSteps > 0) requireCloning(options, spans.train);
  onProgress('Tuning the rules on the training span');
  const trainSpan = sliceTape(books, books.timeMs[0], books.timeMs[spans.train.toRow - 1] + 1);
  const needsMarket = options.syntheticSteps > 0 || hasTeacher;
  const synthetic = needsMarket ? fitSyntheticVenues(trainSpan) : undefined;
  const rules = tuneRules(books, config, spans.train);
  const teacher =
    synthetic && hasTeacher
      ? tuneLadder(books, config, spans.train, ladderMarkets(synthetic, trainSpan.length))
      : undefined;
  if (teacher !== undefined) rules.push(teacher);
  const bounds = { train: boundBps(books, config, spans.train), test: boundBps(books, config, spans.test) };
  const judged = rules.map((rule) => ({
    name: rule.name,
    settings: rule.settings,
    train: recording(options, rule.name, undefined, 'train', (recorder) =>
      judgeArbitrage(books, config, spans.train, bounds.train, rule.agentFor, undefined, recorder),
    ),
    test: recording(options, rule.name, undefined, 'test', (recorder) =>
      judgeArbitrage(books, config, spans.test, bounds.test, rule.agentFor, undefined, recorder),
    ),
  }));
  if (books.venues.length === 2) judged.push(judgeMakerTaker(books, config, spans, bounds));
  const agents = options.seeds.map((seed) => {
    onProgress(`Training seed ${seed}`);
    return { seed, agent: trainArbitrageAgent(options, { span: spans.train, synthetic, teacher }, seed) };
  });
  const seeds: { seed: number; train: ArbitrageOutcome; test: ArbitrageOutcome }[] = [];
  const timed: TimedProfit[] = [];
  for (const { seed, agent } of agents) {
    const agentFor = () => agent;
    const { gainsBps, ...test } = recording(options, options.agent.name, seed, 'test', (recorder) =>
      judgeByTime(books, config, spans.test, bounds.test, agentFor, recorder),
    );
    timed.push({ ...test, gainsBps });
    options.onJudged?.(seed, gainsBps);
    const trained = recording(options, options.agent.name, seed, 'train', (recorder) =>
      judgeArbitrage(books, config, spans.train, bounds.train, agentFor, undefined, recorder),
    );
    seeds.push({ seed, train: trained, test });
  }
  onProgress('Judging under other fees and latencies');
  const thresholds = rules.filter(({ name }) => name.startsWith('threshold'));
  const [best] = thresholds
    .map((rule) => ({
      name: rule.name,
      ...judgeByTime(books, config, spans.test, bounds.test, rule.agentFor),
    }))
    .sort((a, b) => b.profitBps - a.profitBps);
  const { mean: meanProfitBps, low, high } = profitInterval(timed);
  return {
    spans,
    boundBps: bounds,
    rules: judged,
    seeds,
    meanProfitBps,
    profitInterval: { low, high },
    sensitivity: judgeSensitivity(
      options,
      spans.test,
      agents.map(({ agent }) => agent),
    ),
    verdict: reachArbitrageVerdict(timed, best, judged.find(({ name }) => name === LADDER)?.test.profitBps),
  };
}

/** Judges, and hands on what was done where that is asked for. */
function recording<Outcome>(
  { onRecord }: ArbitrageTrainingOptions,
  trader: string,
  seed: number | undefined,
  span: 'train' | 'test',
  judge: (recorder?: ArbitrageRecorder) => Outcome,
): Outcome {
  if (onRecord === undefined) return judge();
  const recorder = new ArbitrageRecorder();
  const outcome = judge(recorder);
  onRecord(trader, seed, span, recorder.record());
  return outcome;
}

function judgeMakerTaker(
  books: BookTape,
  config: JudgedConfig,
  spans: ArbitrageResult['spans'],
  bounds: ArbitrageResult['boundBps'],
): JudgedRule {
  const settings = tuneMakerTaker(books, config, spans.train);
  const outcome = (span: RowSpan, bound: number): ArbitrageOutcome => {
    const { profitBps, fills } = playMakerTaker(books, config, span, settings);
    return {
      profitBps,
      shareOfBound: bound > 0 ? profitBps / bound : Number.NaN,
      trades: fills,
      hitRate: Number.NaN,
      legFailures: 0,
      profitPerTradeBps: Number.NaN,
      inventoryDrift: Number.NaN,
      capitalUse: Number.NaN,
    };
  };
  return {
    name: 'maker-taker',
    settings: `quotes at ${books.venues[settings.makerVenue].name}, least profit ${settings.minProfit * 1e4} bp`,
    train: outcome(spans.train, bounds.train),
    test: outcome(spans.test, bounds.test),
  };
}

/** Cuts a tape in two by time. @param share of its time that comes first, in (0, 1) */
export function splitByTime({ timeMs, length }: BookTape, share: number): { train: RowSpan; test: RowSpan } {
  const cutMs = timeMs[0] + share * (timeMs[length - 1] - timeMs[0]);
  const cut = firstAtOrAfter(timeMs, cutMs);
  return { train: { fromRow: 0, toRow: cut }, test: { fromRow: cut, toRow: length } };
}

function judgeSensitivity(
  { books, config, sensitivity }: ArbitrageTrainingOptions,
  span: RowSpan,
  agents: readonly Agent[],
): number[][] {
  return sensitivity.feeRates.map((feeRate) =>
    sensitivity.latenciesMs.map((latencyMs) => {
      const other = { ...config, takerFeeRates: [feeRate], latencyMs: [latencyMs] };
      return mean(
        agents.map((agent) => judgeArbitrage(books, other, span, Number.NaN, () => agent).profitBps),
      );
    }),
  );
}
