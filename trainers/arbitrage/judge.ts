/** Plays one span of a tape with a fixed agent, once, and sums up what it captured. */

import type { Agent } from '../../agents/agent.ts';
import { perVenue, planArbitrage } from '../../envs/arbitrage/config.ts';
import type { ArbitrageInfo } from '../../envs/arbitrage/trader.ts';
import type { ArbitrageEnv } from '../../envs/arbitrage.ts';
import { hindsightBound } from '../../market/arbitrage/hindsight-bound.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { playEpisode } from '../episode.ts';
import { envOf, isPlain, type JudgedConfig } from './judged-config.ts';
import type { ArbitrageRecorder } from './record.ts';

/** Events [fromRow, toRow) of a tape; toRow 0 stands for its end. */
export interface RowSpan {
  readonly fromRow: number;
  readonly toRow: number;
}

/** What an agent made of a span. */
export interface ArbitrageOutcome {
  /** Profit, basis points of the capital. */
  readonly profitBps: number;
  /** Profit over the hindsight bound; NaN where the bound is not known or 0. */
  readonly shareOfBound: number;
  /** Pairs of orders of which something filled. */
  readonly trades: number;
  /** Trades that gained, of all; NaN without trades. */
  readonly hitRate: number;
  /** Trades whose legs filled unequally. */
  readonly legFailures: number;
  /** Profit over what was bought, basis points; NaN without trades. */
  readonly profitPerTradeBps: number;
  /** Mean over time of how far the base at the venues is from its even spread, as a fraction of all of it. */
  readonly inventoryDrift: number;
  /** What was bought over the capital: how often it was turned over. */
  readonly capitalUse: number;
}

/**
 * @param boundBps of the same span and configuration; NaN where it is not known
 * @param agentFor the agent that is to trade in this env
 * @param see called with the account before the first decision and after each
 * @param recorder takes every decision and leg
 */
export function judgeArbitrage(
  books: BookTape,
  config: JudgedConfig,
  span: RowSpan,
  boundBps: number,
  agentFor: (env: ArbitrageEnv) => Agent,
  see: (info: ArbitrageInfo) => void = () => {},
  recorder?: ArbitrageRecorder,
): ArbitrageOutcome {
  const env = envOf(wholeSpan(config, span), books, 0, recorder?.listener);
  const agent = agentFor(env);
  recorder?.begin(env);
  const { accounts } = env;
  let last: ArbitrageInfo | undefined;
  let drift = 0;
  let steps = 0;
  playEpisode(agent, env, (info, reward, action) => {
    last = info;
    see(info);
    recorder?.take(info, reward, action);
    const total = accounts.totalBase();
    for (const base of accounts.base) drift += Math.abs(base - total / accounts.base.length) / total / 2;
    steps++;
  });
  const { profitBps, traded, won, legFailures, notional } = last!;
  const bought = notional / 2;
  return {
    profitBps,
    shareOfBound: boundBps > 0 ? profitBps / boundBps : Number.NaN,
    trades: traded,
    hitRate: traded > 0 ? won / traded : Number.NaN,
    legFailures,
    profitPerTradeBps: bought > 0 ? (profitBps * config.initialEquity) / bought : Number.NaN,
    inventoryDrift: drift / steps,
    capitalUse: bought / config.initialEquity,
  };
}

/** Equal stretches of time that a profit is divided into. */
const NUM_STRETCHES = 100;

/** As `judgeArbitrage`, with what was gained in each of equal stretches of the span's time. */
export function judgeByTime(
  books: BookTape,
  config: JudgedConfig,
  span: RowSpan,
  boundBps: number,
  agentFor: (env: ArbitrageEnv) => Agent,
  recorder?: ArbitrageRecorder,
): ArbitrageOutcome & { readonly gainsBps: Float64Array } {
  const fromMs = books.timeMs[span.fromRow];
  const toMs = books.timeMs[(span.toRow === 0 ? books.length : span.toRow) - 1];
  const gainsBps = new Float64Array(NUM_STRETCHES);
  let before = 0;
  const see = ({ timeMs, profitBps }: ArbitrageInfo): void => {
    const stretch = Math.floor(((timeMs - fromMs) / (toMs - fromMs)) * NUM_STRETCHES);
    gainsBps[Math.min(Math.max(stretch, 0), NUM_STRETCHES - 1)] += profitBps - before;
    before = profitBps;
  };
  return { ...judgeArbitrage(books, config, span, boundBps, agentFor, see, recorder), gainsBps };
}

/** The hindsight bound of a span, basis points of the capital; NaN where there is none: see `hindsightBound`. */
export function boundBps(books: BookTape, config: JudgedConfig, span: RowSpan): number {
  if (books.venues.length !== 2 || !isPlain(config)) return Number.NaN;
  const whole = wholeSpan(config, span);
  const env = envOf(whole, books);
  env.reset();
  const { firstRow, lastRow } = planArbitrage(whole, books);
  const [base, otherBase] = env.accounts.base;
  const [fee, otherFee] = perVenue(config.takerFeeRates, 2);
  const [latency, otherLatency] = perVenue(config.latencyMs, 2);
  const bound = hindsightBound(books, {
    fromRow: firstRow,
    lastRow,
    base: config.transfers ? [Infinity, Infinity] : [base, otherBase],
    feeRates: [fee, otherFee],
    latencyMs: [latency, otherLatency],
    staleMs: config.staleMs,
    decisionMs: config.decisionMs,
  });
  return (bound / config.initialEquity) * 1e4;
}

function wholeSpan(config: JudgedConfig, { fromRow, toRow }: RowSpan): JudgedConfig {
  return { ...config, fromRow, toRow, episodeEvents: 0, episodeStart: 'sequential' };
}
