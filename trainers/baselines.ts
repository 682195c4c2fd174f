/** What every trading result is compared with, under the same costs and over the same bars. */

import { buyAndHold } from '../agents/rules/buy-and-hold.ts';
import { random } from '../agents/rules/random.ts';
import { smaCross } from '../agents/rules/sma-cross.ts';
import { createRng } from '../core/rng.ts';
import { mean } from '../core/statistics.ts';
import type { TradingConfig } from '../envs/trading/config.ts';
import type { TradingEnv } from '../envs/trading.ts';
import type { Candles } from '../market/candles/candles.ts';
import { type Backtest, backtest } from './backtest.ts';

/** Random traders behind the one that is shown. */
const NUM_RANDOM = 20;
const FAST_BARS = 20;
/** Rows that the moving-average baseline needs before the first one it trades. */
export const SLOW_BARS = 50;

export interface Baseline {
  readonly name: string;
  readonly backtest: Backtest;
}

/**
 * Cash, buy-and-hold, and the moving-average crossover.
 * @param config the complete configuration of the judged agent's env: its costs and range are taken over
 */
export function runRuleBaselines(candles: Candles, config: TradingConfig): Baseline[] {
  const averages: TradingConfig = {
    ...config,
    features: [`ma-distance:${FAST_BARS}`, `ma-distance:${SLOW_BARS}`],
    normalize: 'none',
    window: 1,
  };
  const settings = { fastBars: FAST_BARS, slowBars: SLOW_BARS };
  return [
    {
      name: 'cash',
      backtest: backtest({ candles, config }, (env) => buyAndHold.build(forEnv(env, 0), { exposure: 0 })),
    },
    {
      name: 'buy-and-hold',
      backtest: backtest({ candles, config }, (env) => buyAndHold.build(forEnv(env, 0), { exposure: 1 })),
    },
    {
      name: 'sma-cross',
      backtest: backtest({ candles, config: averages }, (env) => smaCross.build(forEnv(env, 0), settings)),
    },
  ];
}

export interface RandomBaseline {
  /** The random trader with the median total return. */
  readonly median: Baseline;
  /** Total returns of all of them, ascending. */
  readonly totalReturns: readonly number[];
}

/**
 * Traders that draw their exposure at random, as often as gives the same turnover.
 * @param judged backtests whose mean turnover is matched
 */
export function runRandomBaseline(
  candles: Candles,
  config: TradingConfig,
  judged: readonly Backtest[],
  seed: number,
): RandomBaseline {
  const turnover = mean(judged.map(({ metrics, periodsPerYear }) => metrics.turnover / periodsPerYear));
  const changeProbability = Math.min(1, turnover / meanChange(config));
  const runs = Array.from({ length: NUM_RANDOM }, (_, i) => ({
    name: 'random',
    backtest: backtest({ candles, config }, (env) =>
      random.build(forEnv(env, seed + i), { changeProbability }),
    ),
  })).sort((a, b) => a.backtest.metrics.totalReturn - b.backtest.metrics.totalReturn);
  return {
    median: runs[NUM_RANDOM >> 1],
    totalReturns: runs.map((run) => run.backtest.metrics.totalReturn),
  };
}

/** Mean |difference| of two exposures drawn at random. */
function meanChange({ actions, levels, maxLeverage }: TradingConfig): number {
  if (actions === 'continuous') return (2 * maxLeverage) / 3;
  return mean(levels.map((level) => mean(levels.map((other) => Math.abs(level - other)))));
}

function forEnv({ observationSpace, actionSpace }: TradingEnv, seed: number) {
  return { observationSpace, actionSpace, numEnvs: 1, rng: createRng(seed), totalSteps: 0 };
}
