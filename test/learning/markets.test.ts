/** PPO finds an edge where there is one, and none where there is none: judged on bars it has not seen, after costs. */
import { expect, test } from 'vitest';
import { ppo } from '../../agents/ppo.ts';
import { createRng } from '../../core/rng.ts';
import { mean, standardDeviation } from '../../core/statistics.ts';
import { TradingEnv } from '../../envs/trading.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { geometricBrownian, meanReverting } from '../../market/synthetic/candles.ts';
import { type JudgedSpan, judge } from '../../trainers/judge.ts';
import { tradingTask } from '../../trainers/judged-task.ts';
import { splitSpans } from '../../trainers/spans.ts';
import { train } from '../../trainers/train.ts';

const DAY_MS = 86_400_000;
const LENGTH = 6000;

/** Trains on the first 60 % of a market and judges on the last 20 %. */
function judgeSeed(candles: Candles, seed: number, totalSteps: number): JudgedSpan {
  const numEnvs = 8;
  const spans = splitSpans(candles);
  const { config } = new TradingEnv({ candles, config: { feeRate: 0.001 } });
  const { fromRow, toRow } = spans.train;
  const envs = createVectorEnv(
    Array.from(
      { length: numEnvs },
      (_, i) =>
        new TradingEnv({ candles, seed: seed + i, config: { ...config, fromRow, toRow, episodeBars: 250 } }),
    ),
  );
  const { observationSpace, actionSpace } = envs;
  const agent = ppo.build(
    { observationSpace, actionSpace, numEnvs, rng: createRng(seed), totalSteps },
    {
      rolloutSteps: 256,
      minibatchSize: 256,
      epochs: 5,
      gamma: 0.95,
      normalizeRewards: true,
      learningRateSchedule: 'linear',
    },
  );
  train({ envs, agent, totalSteps, seed });
  return judge([{ seed, agent }], tradingTask(candles, config, spans), seed).spans.test;
}

test('a mean-reverting market: better than buy-and-hold and random on five of five seeds', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const candles = meanReverting({
      rng: createRng(`mean-reverting ${seed}`),
      length: LENGTH,
      stepMs: DAY_MS,
      reversionPerBar: 0.1,
      deviation: 0.08,
    });
    const { candidates, rules, random } = judgeSeed(candles, seed, 100_000);
    const agent = candidates[0].backtest.metrics.totalReturn;
    const holding = rules.find(({ name }) => name === 'buy-and-hold')!.backtest.metrics.totalReturn;
    const bestRandom = Math.max(...random.totalReturns);
    console.log(
      `mean-reverting, seed ${seed}: PPO ${agent.toFixed(2)}, buy-and-hold ${holding.toFixed(2)}, best of 20 random ${bestRandom.toFixed(2)}`,
    );
    expect(agent).toBeGreaterThan(holding);
    expect(agent).toBeGreaterThan(bestRandom);
  }
});

test('a random walk: the mean return after costs is not above zero by more than two standard errors', () => {
  const returns = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
    const rng = createRng(`random walk ${seed}`);
    const candles = geometricBrownian({
      rng,
      length: LENGTH,
      stepMs: DAY_MS,
      driftPerYear: 0,
      volatilityPerYear: 0.2,
    });
    return judgeSeed(candles, seed, 50_000).candidates[0].backtest.metrics.totalReturn;
  });
  const standardError = standardDeviation(returns) / Math.sqrt(returns.length);
  console.log(
    `random walk: ${returns.map((r) => r.toFixed(2)).join(', ')}; mean ${mean(returns).toFixed(3)} ± ${standardError.toFixed(3)}`,
  );
  expect(mean(returns)).toBeLessThanOrEqual(2 * standardError);
});
