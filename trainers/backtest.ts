/** Sums up what became of an account over one pass through a market. */
import type { Agent } from '../agents/agent.ts';
import { TradingEnv, type TradingEnvOptions } from '../envs/trading.ts';
import { elapsedYears, periodsPerYear } from '../market/candles/periods.ts';
import { type AccountTrips, foldAccount } from '../market/statistics/account-trips.ts';
import { type PerformanceMetrics, summarize } from '../market/statistics/metrics.ts';
import {
  type Activity,
  summarizeActivity,
  summarizeTrades,
  type TradeStatistics,
} from '../market/statistics/trades.ts';
import { type AccountPass, alignPass, recordPass } from './account-pass.ts';
import { FillTap, type PassDecisions } from './pass-decisions.ts';

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
  /** What was decided, filled and traded; of those who are judged, not of the rules beside them. */
  readonly record?: BacktestRecord;
}

/** Fills, actions and rewards of a back-test, and the round trips that they make. */
export interface BacktestRecord extends PassDecisions, AccountTrips {
  /** [T] signed base units */
  readonly position: Float64Array;
  /** [T] quote units */
  readonly cash: Float64Array;
  /** [T] of each step, quote units; NaN where the env does not say */
  readonly costPaid: Float64Array;
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
  const tap = new FillTap();
  const onFill: TradingEnvOptions['onFill'] = (fill) => {
    tap.onFill(fill);
    options.onFill?.(fill);
  };
  const env = createPassEnv({ ...options, onFill });
  const { timeMs, close, length } = options.candles;
  const pass = recordPass(env, agentFor(env), { tap });
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
  const { length, timeMs, price, equity, exposure, position, cash, costPaid, decisions } = pass;
  const returns = returnsOf(equity);
  const stepsPerYear = perYear ?? periodsPerYear(timeMs);
  const tradedNotional = pass.tradedNotional.subarray(1);
  const steps = { equity: equity.subarray(1), exposure: exposure.subarray(1), tradedNotional };
  const account = foldAccount(pass, decisions?.fills);
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
      ...summarizeTrades(account.trips),
      costs: costs / equity[0],
    },
    ...(decisions && { record: { ...decisions, ...account, position, cash, costPaid } }),
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
