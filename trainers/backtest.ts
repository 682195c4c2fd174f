/** Sums up what became of an account over one pass through a market. */
import type { Agent } from '../agents/agent.ts';
import { TradingEnv, type TradingEnvOptions } from '../envs/trading.ts';
import { elapsedYears, periodsPerYear } from '../market/candles/periods.ts';
import { type PerformanceMetrics, summarize } from '../market/statistics/metrics.ts';
import {
  type Activity,
  type PositionChange,
  roundTrips,
  summarizeActivity,
  summarizeTrades,
  type TradeStatistics,
} from '../market/statistics/trades.ts';
import { type AccountPass, alignPass, recordPass } from './account-pass.ts';

/** T bars: entry 0 is the state before the first decision. */
export interface Backtest {
  /** [T] */
  readonly timeMs: Float64Array;
  /** [T] quote units */
  readonly price: Float64Array;
  /** [T] quote units */
  readonly equity: Float64Array;
  /** [T] signed fraction of equity */
  readonly exposure: Float64Array;
  /** [T − 1] simple, per bar */
  readonly returns: Float64Array;
  /** [T − 1] quote units: |size|·price of all fills, per bar. */
  readonly tradedNotional: Float64Array;
  /** Steps a year, by the bars of the whole series where they are known. */
  readonly periodsPerYear: number;
  readonly metrics: BacktestMetrics;
}

export interface BacktestMetrics extends PerformanceMetrics, Activity, TradeStatistics {
  /** Fees, slippage and interest, as a fraction of the starting equity; NaN where the env does not say. */
  readonly costs: number;
}

/**
 * Trades candles greedily in the trading env, once through the range of its configuration.
 * @param options the market, its costs and its range
 * @param agentFor the agent that is to trade in this env
 * @example
 * const { metrics } = backtest({ candles, config: { fromRow: 2000 } }, () => agent);
 * console.log(metrics.sharpe, metrics.maxDrawdown, metrics.costs);
 */
export function backtest(options: TradingEnvOptions, agentFor: (env: TradingEnv) => Agent): Backtest {
  const env = createPassEnv(options);
  const { timeMs, close, length } = options.candles;
  const pass = recordPass(env, agentFor(env));
  const end = env.config.toRow === 0 ? length : env.config.toRow;
  const first = timeMs.indexOf(pass.timeMs[0]);
  const axis = {
    length: end - first,
    timeMs: timeMs.subarray(first, end),
    price: close.subarray(first, end),
  };
  return summarizePass(alignPass(pass, axis), periodsPerYear(timeMs));
}

/** A trading env whose one episode is the whole range of its configuration. */
export function createPassEnv(options: TradingEnvOptions): TradingEnv {
  const config = { ...options.config, episodeBars: 0, episodeStart: 'sequential' as const };
  return new TradingEnv({ ...options, config });
}

/**
 * @param pass of two steps or more
 * @param perYear steps a year; default: of this pass
 */
export function summarizePass(pass: AccountPass, perYear?: number): Backtest {
  const { length, timeMs, price, equity, exposure, costPaid } = pass;
  const returns = returnsOf(equity);
  const stepsPerYear = perYear ?? periodsPerYear(timeMs);
  const tradedNotional = pass.tradedNotional.subarray(1);
  const steps = { equity: equity.subarray(1), exposure: exposure.subarray(1), tradedNotional };
  const last = { timeMs: timeMs[length - 1], price: price[length - 1], row: length - 1 };
  let costs = 0;
  for (let t = 1; t < length; t++) costs += costPaid[t];
  return {
    timeMs,
    price,
    equity,
    exposure,
    returns,
    tradedNotional,
    periodsPerYear: stepsPerYear,
    metrics: {
      ...summarize(returns, stepsPerYear, { years: elapsedYears(timeMs) }),
      ...summarizeActivity(steps, stepsPerYear),
      ...summarizeTrades(roundTrips(positionChanges(pass), last)),
      costs: costs / equity[0],
    },
  };
}

/** Simple returns per step, 0 from ruin on. @param equity [T] @returns [T − 1] */
export function returnsOf(equity: Float64Array): Float64Array {
  const returns = new Float64Array(equity.length - 1);
  for (let t = 0; t < returns.length; t++) {
    returns[t] = equity[t] === 0 ? 0 : equity[t + 1] / equity[t] - 1;
  }
  return returns;
}

/** The trades of each step as one; interest that they settle is in the change of cash. Each is one object, written anew. */
function* positionChanges({ length, timeMs, position, cash }: AccountPass): Iterable<PositionChange> {
  const change = { timeMs: 0, row: 0, position: 0, baseChange: 0, cashChange: 0, interestSettled: 0 };
  for (let row = 1; row < length; row++) {
    change.baseChange = position[row] - position[row - 1];
    if (change.baseChange === 0) continue;
    change.timeMs = timeMs[row];
    change.row = row;
    change.position = position[row];
    change.cashChange = cash[row] - cash[row - 1];
    yield change;
  }
}
