/** Tunes the rules that every arbitrage result is compared with, on the training span alone. */

import type { Agent, AgentPlugin } from '../../agents/agent.ts';
import { edgeThreshold } from '../../agents/rules/edge-threshold.ts';
import { edgeTrailing } from '../../agents/rules/edge-trailing.ts';
import { random } from '../../agents/rules/random.ts';
import { createRng } from '../../core/rng.ts';
import { perVenue } from '../../envs/arbitrage/config.ts';
import type { ArbitrageEnv } from '../../envs/arbitrage.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { boundBps, judgeArbitrage, type RowSpan } from './judge.ts';
import type { JudgedConfig } from './judged-config.ts';

/** No edge is as large. */
const NEVER_BPS = 1e6;
/** Net edges that the threshold rule is tried with, bp, and spreads for the way back. */
const THRESHOLDS = Array.from({ length: 26 }, (_, i) => 2 * i - 10);
const BACK_THRESHOLDS = [...Array.from({ length: 31 }, (_, i) => 2 * i - 40), NEVER_BPS];
const ENTRIES = [10, 20, 30, 40];
const TRAILINGS = [0, 2, 8];
const TARGETS = [5, 10, 20];

/** Name of the rule that agents are taught by. */
export const LADDER = 'ladder';
/** Of the ladder: net edges it begins at, what it rises by, and what a trade there and back must earn, bp. */
const LADDER_STARTS = Array.from({ length: 15 }, (_, i) => 2 * i - 4);
const LADDER_SLOPES = [0, 4, 8, 16];
const LADDER_GAINS = [NEVER_BPS, 24, 16, 8, 4];
/** A share of a bound below this says little, bp. */
const LEAST_BOUND_BPS = 1;

export interface ArbitrageRule {
  readonly name: string;
  /** What was chosen on the training span, in words. */
  readonly settings: string;
  readonly agentFor: (env: ArbitrageEnv) => Agent;
}

/** An agent for one env. */
export function buildFor(
  plugin: AgentPlugin,
  env: ArbitrageEnv,
  settings: Record<string, unknown>,
  seed = 0,
): Agent {
  const { observationSpace, actionSpace } = env;
  const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(seed), totalSteps: 0 };
  return plugin.build({ ...context, masksActions: env.actionMask !== undefined }, settings);
}

/**
 * Do-nothing, random, the threshold rule with one threshold and with one for each direction, and the trailing rule;
 * each with the settings that earn most on the training span, of equals the first.
 */
export function tuneRules(books: BookTape, config: JudgedConfig, span: RowSpan): ArbitrageRule[] {
  const numPairs = books.venues.length * (books.venues.length - 1);
  const threshold = (thresholdBps: number[]) => (env: ArbitrageEnv) =>
    buildFor(edgeThreshold, env, { thresholdBps });
  const best = <Setting>(
    settings: readonly Setting[],
    build: (setting: Setting) => ArbitrageRule['agentFor'],
  ) => {
    let chosen = settings[0];
    let most = -Infinity;
    for (const setting of settings) {
      const { profitBps } = judgeArbitrage(books, config, span, Number.NaN, build(setting));
      if (profitBps <= most) continue;
      most = profitBps;
      chosen = setting;
    }
    return chosen;
  };
  const one = best(THRESHOLDS, (bps) => threshold([bps]));
  const rules: ArbitrageRule[] = [
    { name: 'do-nothing', settings: '', agentFor: threshold([NEVER_BPS]) },
    { name: 'random', settings: '', agentFor: (env) => buildFor(random, env, { changeProbability: 1 }, 1) },
    { name: 'threshold', settings: `edge above ${one} bp`, agentFor: threshold([one]) },
  ];
  if (numPairs === 2) {
    // The better direction first, then what the way back may cost.
    const p = betterPair(books, config, span, one);
    const candidates = THRESHOLDS.filter((bps) => bps >= 0).flatMap((bps) =>
      [...BACK_THRESHOLDS].reverse().map((back) => (p === 0 ? [bps, back] : [back, bps])),
    );
    const two = best(candidates, threshold);
    rules.push({
      name: 'threshold by direction',
      settings: `edges above ${two.map((bps) => (bps === NEVER_BPS ? 'never' : bps)).join(' and ')} bp`,
      agentFor: threshold(two),
    });
  }
  const feeRate = Math.max(...perVenue(config.takerFeeRates, books.venues.length));
  const trailing =
    (settings: { entryBps: number; trailingBps: number; targetBps: number }) => (env: ArbitrageEnv) =>
      buildFor(edgeTrailing, env, { ...settings, feeRate });
  const chosen = best(
    ENTRIES.flatMap((entryBps) =>
      TRAILINGS.flatMap((trailingBps) => TARGETS.map((targetBps) => ({ entryBps, trailingBps, targetBps }))),
    ),
    trailing,
  );
  rules.push({
    name: 'trailing entry',
    settings: `entry ${chosen.entryBps} bp, trailing ${chosen.trailingBps} bp, target ${chosen.targetBps} bp`,
    agentFor: trailing(chosen),
  });
  return rules;
}

/** The one of two ordered pairs that earns more at a threshold. */
function betterPair(books: BookTape, config: JudgedConfig, span: RowSpan, bps: number): 0 | 1 {
  const [there, back] = [
    [bps, NEVER_BPS],
    [NEVER_BPS, bps],
  ].map((thresholdBps) =>
    judgeArbitrage(books, config, span, Number.NaN, (env) => buildFor(edgeThreshold, env, { thresholdBps })),
  );
  return there.profitBps >= back.profitBps ? 0 : 1;
}

/**
 * A threshold for each direction that rises as the balance is used up and falls as it comes back: a ladder of orders.
 * It captures the largest share of the bound, half of it counted on the training span, half on synthetic markets that
 * are like it, which have seen more than one day. Of two venues.
 */
export function tuneLadder(
  books: BookTape,
  config: JudgedConfig,
  span: RowSpan,
  synthetic: readonly BookTape[],
): ArbitrageRule {
  const whole = { fromRow: 0, toRow: 0 };
  const markets = [
    { books, span, weight: 1 },
    ...synthetic.map((tape) => ({ books: tape, span: whole, weight: 1 / synthetic.length })),
  ];
  const scaled = markets.map((market) => {
    const bound = boundBps(market.books, config, market.span);
    return {
      ...market,
      scale: market.weight / (Number.isNaN(bound) ? LEAST_BOUND_BPS : Math.max(bound, LEAST_BOUND_BPS)),
    };
  });
  const p = betterPair(books, config, span, 0);
  const candidates = LADDER_STARTS.flatMap((start) =>
    LADDER_SLOPES.flatMap((slopeBps) =>
      LADDER_GAINS.map((gain) => {
        const back = gain === NEVER_BPS ? NEVER_BPS : gain - start;
        return { thresholdBps: p === 0 ? [start, back] : [back, start], slopeBps };
      }),
    ),
  );
  let chosen = candidates[0];
  let most = -Infinity;
  for (const settings of candidates) {
    let score = 0;
    for (const market of scaled) {
      const agentFor = (env: ArbitrageEnv) => buildFor(edgeThreshold, env, settings);
      score +=
        market.scale * judgeArbitrage(market.books, config, market.span, Number.NaN, agentFor).profitBps;
    }
    if (score <= most) continue;
    most = score;
    chosen = settings;
  }
  const thresholds = chosen.thresholdBps.map((bps) => (bps === NEVER_BPS ? 'never' : bps)).join(' and ');
  return {
    name: LADDER,
    settings: `edges above ${thresholds} bp, rising by ${chosen.slopeBps} bp as the balance is used up`,
    agentFor: (env) => buildFor(edgeThreshold, env, chosen),
  };
}
