/** Plays markets with a fixed agent, once each and greedily, and sums up what it earned and where the rest was lost. */
import type { Agent } from '../../../agents/agent.ts';
import { mean } from '../../../core/statistics.ts';
import { ComboEnv, type ComboInfo } from '../../../envs/combo-arbitrage.ts';
import type { ComboConfig } from '../../../envs/combos/config.ts';
import type { ComboKind } from '../../../envs/combos/kinds.ts';
import type { LegFill } from '../../../market/arbitrage/legs/desk.ts';
import type { LegTape } from '../../../market/synthetic/leg-markets.ts';
import { playEpisode } from '../../episode.ts';

/** A market, the events of it that are judged, and its hindsight bound in basis points of the capital. */
export interface JudgedLegs {
  readonly tape: LegTape;
  readonly fromRow: number;
  /** 0: to the end. */
  readonly toRow: number;
  readonly boundBps: number;
}

/** Means over the markets of a set; amounts in basis points of the capital. */
export interface ComboOutcome {
  readonly profitBps: number;
  /** Of the hindsight bound; NaN where that is no more than 1 bp. */
  readonly shareOfBound: number;
  readonly trades: number;
  readonly feesBps: number;
  /** Received less paid. */
  readonly fundingBps: number;
  /** Distance of fills from the middle of their books; negative: resting orders earned it. */
  readonly spreadBps: number;
  /** Fees and spread of the leg of currency alone; contained in those of all. */
  readonly fxBps: number;
  readonly legFailures: number;
  readonly liquidations: number;
  readonly refused: number;
  /** [100] gained in each of equal stretches of time */
  readonly gainsBps: Float64Array;
}

const LEAST_BOUND_BPS = 1;
const NUM_STRETCHES = 100;

/** @param agentFor the agent that is to trade in this env */
export function judgeLegs(
  kind: ComboKind,
  config: ComboConfig,
  markets: readonly JudgedLegs[],
  agentFor: (env: ComboEnv) => Agent,
): ComboOutcome {
  const toBps = 1e4 / config.initialEquity;
  const gainsBps = new Float64Array(NUM_STRETCHES);
  const played = markets.map(({ tape, fromRow, toRow }) => {
    const whole = { ...config, fromRow, toRow, episodeEvents: 0, episodeStart: 'sequential' as const };
    const costs = { spread: 0, fx: 0 };
    const env = new ComboEnv({
      kind,
      markets: tape,
      config: whole,
      onFill: (fill) => addCosts(env, fill, costs),
    });
    const fromMs = tape.books.timeMs[fromRow];
    const toMs = tape.books.timeMs[(toRow === 0 ? tape.books.length : toRow) - 1];
    let last: ComboInfo | undefined;
    let before = 0;
    playEpisode(agentFor(env), env, (info) => {
      last = { ...(info as ComboInfo) };
      const stretch = Math.floor(((last.timeMs - fromMs) / (toMs - fromMs)) * NUM_STRETCHES);
      const place = Math.min(Math.max(stretch, 0), NUM_STRETCHES - 1);
      gainsBps[place] += (last.profitBps - before) / markets.length;
      before = last.profitBps;
    });
    return { ...last!, ...costs };
  });
  const total = played.reduce((sum, { profitBps }) => sum + profitBps, 0);
  const bound = markets.reduce((sum, { boundBps }) => sum + boundBps, 0);
  const meanOf = (of: (info: (typeof played)[number]) => number): number => mean(played.map(of));
  return {
    profitBps: total / played.length,
    shareOfBound: bound / markets.length > LEAST_BOUND_BPS ? total / bound : Number.NaN,
    trades: meanOf(({ traded }) => traded),
    feesBps: meanOf(({ fees }) => fees * toBps),
    fundingBps: meanOf(({ funding }) => funding * toBps),
    spreadBps: meanOf(({ spread }) => spread * toBps),
    fxBps: meanOf(({ fx }) => fx * toBps),
    legFailures: meanOf(({ legFailures }) => legFailures),
    liquidations: meanOf(({ liquidations }) => liquidations),
    refused: meanOf(({ refused }) => refused),
    gainsBps,
  };
}

/** What a fill cost against the middle of its book, in the currency of values; the leg of currency is one between quotes. */
function addCosts(env: ComboEnv, fill: Readonly<LegFill>, costs: { spread: number; fx: number }): void {
  const { plan, desk, values } = env.market;
  const { market, side, filled, notional, isMaker } = fill;
  const rate = values[plan.quoteCurrency[market]];
  const spread = side * (notional - filled * desk.mids[market]) * rate;
  costs.spread += spread;
  const isCurrency = plan.quoteCurrency.includes(plan.baseCurrency[market]);
  const { fees } = plan.markets[market].instrument;
  const feeRate = fees.feeRate(isMaker ? 'maker' : 'taker');
  if (isCurrency) costs.fx += spread + notional * feeRate * rate;
}
