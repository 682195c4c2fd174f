/** Trades one span of a market with a fixed agent, once, and sums up what became of the account. */
import type { Agent } from '../agents/agent.ts';
import type { TradingInfo } from '../envs/trading/observation.ts';
import { TradingEnv, type TradingEnvOptions } from '../envs/trading.ts';
import type { Candles } from '../market/candles/candles.ts';
import { periodsPerYear } from '../market/candles/periods.ts';
import type { Fill } from '../market/execution/fill.ts';
import { type PerformanceMetrics, summarize } from '../market/statistics/metrics.ts';
import {
  type Activity,
  roundTrips,
  summarizeActivity,
  summarizeTrades,
  type TradeStatistics,
} from '../market/statistics/trades.ts';
import { playEpisode } from './episode.ts';

/** T bars: entry 0 is the state before the first decision. */
export interface Backtest {
  readonly timeMs: Float64Array; // [T]
  readonly price: Float64Array; // [T] quote units
  readonly equity: Float64Array; // [T] quote units
  readonly exposure: Float64Array; // [T] signed fraction of equity
  readonly returns: Float64Array; // [T − 1] simple, per bar
  /** |size|·price of all fills, per bar. */
  readonly tradedNotional: Float64Array; // [T − 1] quote units
  readonly periodsPerYear: number;
  readonly metrics: BacktestMetrics;
}

export interface BacktestMetrics extends PerformanceMetrics, Activity, TradeStatistics {
  /** Fees, slippage and interest, as a fraction of the starting equity. */
  readonly costs: number;
}

/**
 * Acts greedily from the env's reset to the end of its episode, which is the whole range of its configuration.
 * @param options the market, its costs and its range
 * @param agentFor the agent that is to trade in this env
 */
export function backtest(options: TradingEnvOptions, agentFor: (env: TradingEnv) => Agent): Backtest {
  const fills: Fill[] = [];
  const config = { ...options.config, episodeBars: 0, episodeStart: 'sequential' as const };
  const env = new TradingEnv({ ...options, config, onFill: (fill) => fills.push({ ...fill }) });
  const agent = agentFor(env);
  const rows: TradingInfo[] = [];
  playEpisode(agent, env, (info) => rows.push({ ...info }));
  padAfterRuin(rows, options.candles, config.toRow);
  const column = (key: keyof (typeof rows)[0]): Float64Array => Float64Array.from(rows, (row) => row[key]);
  const timeMs = column('timeMs');
  const equity = column('equity');
  const exposure = column('exposure');
  const returns = Float64Array.from({ length: rows.length - 1 }, (_, i) =>
    equity[i] === 0 ? 0 : equity[i + 1] / equity[i] - 1,
  );
  const perYear = periodsPerYear(timeMs);
  const tradedNotional = column('tradedNotional').slice(1);
  const steps = { equity: equity.slice(1), exposure: exposure.slice(1), tradedNotional };
  const last = rows[rows.length - 1];
  const costs = rows.reduce((sum, row) => sum + row.feePaid + row.slippagePaid + row.interestPaid, 0);
  return {
    timeMs,
    price: column('price'),
    equity,
    exposure,
    returns,
    tradedNotional,
    periodsPerYear: perYear,
    metrics: {
      ...summarize(returns, perYear),
      ...summarizeActivity(steps, perYear),
      ...summarizeTrades(roundTrips(fills, last)),
      costs: costs / equity[0],
    },
  };
}

/** A bankrupt account stays at nothing to the end of the range, so that every curve has the same bars. */
function padAfterRuin(rows: TradingInfo[], { timeMs, close, length }: Candles, toRow = 0): void {
  const end = toRow === 0 ? length : toRow;
  const last = rows[rows.length - 1];
  const idle = { tradedNotional: 0, feePaid: 0, slippagePaid: 0, interestPaid: 0 };
  for (let row = last.row + 1; row < end; row++) {
    rows.push({
      ...last,
      ...idle,
      row,
      timeMs: timeMs[row],
      price: close[row],
      equity: 0,
      exposure: 0,
      position: 0,
    });
  }
}
