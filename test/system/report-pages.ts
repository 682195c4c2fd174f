/** Makes one of every page, of small samples. */
import { random } from '../../agents/rules/random.ts';
import { createRng } from '../../core/rng.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { judge } from '../../trainers/judge.ts';
import { tradingTask } from '../../trainers/judged-task.ts';
import { renderQualityReport } from '../../trainers/report/data-quality.ts';
import { renderReport } from '../../trainers/report/render.ts';
import { tradingReport } from '../../trainers/report/trading.ts';
import { splitSpans } from '../../trainers/spans.ts';

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

/** By name. */
export function samplePages(): Readonly<Record<string, string>> {
  const candles = geometricBrownian({ rng: createRng('quality'), length: 500, stepMs: 3_600_000 });
  return {
    trading: sampleTradingPage(),
    data: renderQualityReport({
      title: 'prices.csv',
      understoodAs: 'CSV, comma, time in UTC',
      notes: ['2 lines were left out.'],
      series: [{ symbol: undefined, candles }],
    }),
  };
}
