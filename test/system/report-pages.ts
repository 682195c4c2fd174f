/** Makes one of every page, of small samples. */
import { random } from '../../agents/rules/random.ts';
import { createRng } from '../../core/rng.ts';
import { arbitrageConfig } from '../../envs/arbitrage/config.ts';
import type { ArbitrageEnv } from '../../envs/arbitrage.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { judgeArbitrage } from '../../trainers/arbitrage/judge.ts';
import { ArbitrageRecorder } from '../../trainers/arbitrage/record.ts';
import { splitByTime } from '../../trainers/arbitrage/train.ts';
import { judge } from '../../trainers/judge.ts';
import { tradingTask } from '../../trainers/judged-task.ts';
import type { RecordedArbitrage } from '../../trainers/records/arbitrage-tables.ts';
import { renderArbitrageReport } from '../../trainers/report/arbitrage.ts';
import { renderQualityReport } from '../../trainers/report/data-quality.ts';
import { renderReport } from '../../trainers/report/render.ts';
import { tradingReport } from '../../trainers/report/trading.ts';
import { splitSpans } from '../../trainers/spans.ts';
import { twoVenueBooks } from '../live/recorded-session.ts';

const SEEDS = [1, 2, 3];

/** A judgement of traders that draw at random, on daily bars. */
export function sampleTradingPage(numBars = 3000): string {
  const candles = geometricBrownian({
    rng: createRng('pages'),
    length: numBars,
    stepMs: 86_400_000,
    startMs: Date.UTC(2012, 0, 1),
  });
  const config = {
    window: 5,
    normalizationBars: 100,
    feeRate: 0.0005,
    slippageRate: 0.0002,
    levels: [-1, 0, 1],
  };
  const task = tradingTask(candles, config, splitSpans(candles));
  const env = task.createEnv(task.spans.test);
  const candidates = SEEDS.map((seed) => ({
    seed,
    agent: random.build(
      {
        observationSpace: env.observationSpace,
        actionSpace: env.actionSpace,
        numEnvs: 1,
        rng: createRng(seed),
        totalSteps: 0,
      },
      { changeProbability: 0.1 },
    ),
  }));
  const steps = Array.from({ length: 50 }, (_, i) => 2000 * (i + 1));
  return renderReport(
    tradingReport({
      title: 'ppo trading data/prices.csv',
      subtitle:
        'Trained for 100,000 steps with each of 3 seeds on the training part of the bars from 2012-01-01; fee 5 bp, half-spread 2 bp.',
      agentName: 'ppo',
      judgement: judge(candidates, task, 1),
      candles,
      trials: ['Trials: 12 on the same data and test span, worth 7 independent ones.'],
      learning: SEEDS.map((seed) => ({
        seed,
        steps,
        meanReturn: steps.map((step) => seed * 0.01 + step * 1e-6),
      })),
      details: [{ label: 'Repeat', value: 'market-gym evaluate runs/a runs/b runs/c', code: true }],
      caveats: ['An interval over one test span says nothing about other markets or other years.'],
    }),
  );
}

/** Of traders that draw at random between two venues. */
function sampleArbitragePage(): string {
  const books = twoVenueBooks(2500);
  const config = arbitrageConfig.parse({ warmupEvents: 40, decisionMs: 2000, takerFeeRates: [0.0003] });
  const spans = splitByTime(books, 0.5);
  const boundBps = { train: 41.3, test: 37.2 };
  const passes: RecordedArbitrage[] = [];
  const play = (
    trader: string,
    seed: number | undefined,
    span: 'train' | 'test',
    changeProbability: number,
  ) => {
    const recorder = new ArbitrageRecorder();
    const agentFor = ({ observationSpace, actionSpace }: ArbitrageEnv) =>
      random.build(
        {
          observationSpace,
          actionSpace,
          numEnvs: 1,
          rng: createRng(seed ?? 0),
          totalSteps: 0,
          masksActions: true,
        },
        { changeProbability },
      );
    const outcome = judgeArbitrage(books, config, spans[span], boundBps[span], agentFor, undefined, recorder);
    passes.push({ trader, seed, span, record: recorder.record() });
    return outcome;
  };
  const both = (trader: string, seed: number | undefined, change: number) => ({
    train: play(trader, seed, 'train', change),
    test: play(trader, seed, 'test', change),
  });
  const steps = Array.from({ length: 20 }, (_, i) => 5000 * (i + 1));
  return renderArbitrageReport(
    {
      spans,
      boundBps,
      rules: [
        { name: 'do-nothing', settings: '', ...both('do-nothing', undefined, 0) },
        { name: 'threshold', settings: 'from 4 bp', ...both('threshold', undefined, 0.05) },
      ],
      seeds: SEEDS.map((seed) => ({ seed, ...both('ppo', seed, 0.1) })),
      meanProfitBps: -12,
      profitInterval: { low: -20, high: -4 },
      sensitivity: [
        [1.5, -2, -7, -30],
        [-4, -6, -12, -40],
      ],
      verdict: {
        tone: 'worse',
        finding: 'worse',
        text: 'No edge found: on the unseen span the agents earned −12.0 bp.',
        excessBps: { mean: -12, low: -20, high: -4 },
      },
    },
    {
      title: 'ppo on alpha and beta',
      feeRates: [0, 0.0005],
      latenciesMs: [0, 250, 1000, 5000],
      details: ['Books: a synthetic market, 2500 events.'],
      passes,
      learning: SEEDS.map((seed) => ({ seed, steps, meanReturn: steps.map((step) => step * 1e-4 - seed) })),
    },
  );
}

/** By name. */
export function samplePages(): Readonly<Record<string, string>> {
  const candles = geometricBrownian({ rng: createRng('quality'), length: 500, stepMs: 3_600_000 });
  return {
    trading: sampleTradingPage(),
    arbitrage: sampleArbitragePage(),
    data: renderQualityReport({
      title: 'prices.csv',
      understoodAs: 'CSV, comma, time in UTC',
      notes: ['2 lines were left out.'],
      series: [{ symbol: undefined, candles }],
    }),
  };
}
