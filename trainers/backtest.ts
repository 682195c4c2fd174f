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
import { type AccountRow, alignPass, recordPass } from './account-pass.ts';

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
  const rows = recordPass(env, agentFor(env));
  const end = env.config.toRow === 0 ? length : env.config.toRow;
  const first = timeMs.indexOf(rows[0].timeMs);
  const axis = Array.from({ length: end - first }, (_, i) => ({
    timeMs: timeMs[first + i],
    price: close[first + i],
  }));
  return summarizePass(alignPass(rows, axis), periodsPerYear(timeMs));
}

/** A trading env whose one episode is the whole range of its configuration. */
export function createPassEnv(options: TradingEnvOptions): TradingEnv {
  const config = { ...options.config, episodeBars: 0, episodeStart: 'sequential' as const };
  return new TradingEnv({ ...options, config });
}

/**
 * @param rows of one pass, two or more
 * @param perYear steps a year; default: of these rows
 */
export function summarizePass(rows: readonly AccountRow[], perYear?: number): Backtest {
  const column = (key: keyof AccountRow): Float64Array => Float64Array.from(rows, (row) => row[key]);
  const timeMs = column('timeMs');
  const equity = column('equity');
  const exposure = column('exposure');
  const returns = Float64Array.from({ length: rows.length - 1 }, (_, i) =>
    equity[i] === 0 ? 0 : equity[i + 1] / equity[i] - 1,
  );
  const stepsPerYear = perYear ?? periodsPerYear(timeMs);
  const tradedNotional = column('tradedNotional').slice(1);
  const steps = { equity: equity.slice(1), exposure: exposure.slice(1), tradedNotional };
  const last = { ...rows[rows.length - 1], row: rows.length - 1 };
  const costs = rows.reduce((sum, row, i) => (i === 0 ? 0 : sum + row.costPaid), 0);
  return {
    timeMs,
    price: column('price'),
    equity,
    exposure,
    returns,
    tradedNotional,
    periodsPerYear: stepsPerYear,
    metrics: {
      ...summarize(returns, stepsPerYear, { years: elapsedYears(timeMs) }),
      ...summarizeActivity(steps, stepsPerYear),
      ...summarizeTrades(roundTrips(positionChanges(rows), last)),
      costs: costs / equity[0],
    },
  };
}

/** The trades of each step as one; interest that they settle is in the change of cash. */
function positionChanges(rows: readonly AccountRow[]): PositionChange[] {
  return rows.flatMap(({ timeMs, position, cash }, row) => {
    const baseChange = row === 0 ? 0 : position - rows[row - 1].position;
    if (baseChange === 0) return [];
    const cashChange = cash - rows[row - 1].cash;
    return { timeMs, row, position, baseChange, cashChange, interestSettled: 0 };
  });
}
