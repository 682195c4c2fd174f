/**
 * Plays the rules that every trading result is compared with, in the same env, at the same costs and over the same
 * bars.
 */

import type { Agent } from '../agents/agent.ts';
import { random } from '../agents/rules/random.ts';
import { createExposureWriter } from '../agents/rules/target-exposure.ts';
import { createRng } from '../core/rng.ts';
import { mean } from '../core/statistics.ts';
import type { AccountInfo } from '../envs/account-info.ts';
import type { Env } from '../envs/env.ts';
import { type ActionSpace, createActionBatch } from '../envs/spaces.ts';
import type { Candles } from '../market/candles/candles.ts';
import {
  type AccountPass,
  alignPass,
  longestPass,
  type PassAxis,
  playForReturn,
  recordPass,
} from './account-pass.ts';
import { type Backtest, summarizePass } from './backtest.ts';
import type { HeldExposure } from './skill.ts';

/** Random traders behind the one that is shown. */
const NUM_RANDOM = 20;
const FAST_BARS = 20;
/** Closes that the moving-average baseline needs; it stays in cash until there are so many. */
export const SLOW_BARS = 50;

export interface Baseline {
  readonly name: string;
  readonly backtest: Backtest;
}

/** Where rules trade: an env whose actions are exposures, reset before each pass. */
export interface ExposureMarket {
  readonly env: Env;
  /** Of every reset, so that all meet the same market. */
  readonly seed: number;
  /** Bars that were there before the pass, for rules that look back. */
  readonly candles?: Candles;
  /** Steps a year; default: of the pass alone. */
  readonly periodsPerYear?: number;
}

/** Wants an exposure, a signed fraction of equity, each time it is shown the account. */
export interface ExposureRule {
  readonly name: string;
  exposure(info: AccountInfo): number;
}

/** Whether a rule that wants an exposure can say so with an action. */
export function takesExposures(space: ActionSpace): boolean {
  if (space.kind === 'discrete') return space.values !== undefined;
  return (
    space.kind === 'box' && space.dim === 1 && Number.isFinite(space.low[0]) && Number.isFinite(space.high[0])
  );
}

/** The largest exposure that an action can ask for. @param space one that takes exposures */
export function largestExposure(space: ActionSpace): number {
  if (space.kind === 'box') return Math.max(-space.low[0], space.high[0]);
  return space.kind === 'discrete' ? Math.max(...space.values!.map(Math.abs)) : 0;
}

/** Plays a rule; where the env does not allow the nearest action, the nearest that it allows. */
export function recordRule({ env, seed }: ExposureMarket, rule: ExposureRule): AccountPass {
  const write = createExposureWriter(env.actionSpace, rule.name);
  const actions = createActionBatch(env.actionSpace, 1);
  let wanted = 0;
  const agent = policyOf(env, () => {
    write(actions, 0, wanted);
    return actions;
  });
  const see = (info: AccountInfo): void => {
    wanted = rule.exposure(info);
  };
  return recordPass(env, agent, { seed, see });
}

/** The times and prices of a market: cash lives to the end of a pass. @param passes through the same market */
export function axisOf(market: ExposureMarket, passes: readonly AccountPass[]): AccountPass {
  return longestPass([recordRule(market, hold('cash', 0)), ...passes]);
}

export function runRule(market: ExposureMarket, axis: PassAxis, rule: ExposureRule): Baseline {
  return {
    name: rule.name,
    backtest: summarizePass(alignPass(recordRule(market, rule), axis), market.periodsPerYear),
  };
}

/** Cash, buy-and-hold, and the moving-average crossover. */
export function runRuleBaselines(market: ExposureMarket, axis: PassAxis): Baseline[] {
  const rules = [hold('cash', 0), hold('buy-and-hold', 1), smaCross(axis.timeMs[0], market.candles)];
  return rules.map((rule) => runRule(market, axis, rule));
}

/**
 * Plays constant exposures from which any of the given ones can be mixed, and those between them: each that a discrete space
 * has, and the given ones themselves where the space is a box.
 * @param rules whose cash and buy-and-hold need not be played again
 */
export function holdExposures(
  market: ExposureMarket,
  axis: PassAxis,
  exposures: readonly number[],
  rules: readonly Baseline[],
): HeldExposure[] {
  const { actionSpace: space } = market.env;
  const returnsOf = (name: string) => rules.find((rule) => rule.name === name)!.backtest.returns;
  const played = (exposure: number) => runRule(market, axis, hold('held', exposure)).backtest.returns;
  if (space.kind === 'discrete') {
    const levels = [...new Set(space.values!)];
    return levels.map((exposure) => ({
      exposure,
      returns:
        exposure === 0 ? returnsOf('cash') : exposure === 1 ? returnsOf('buy-and-hold') : played(exposure),
    }));
  }
  const [low, high] = space.kind === 'box' ? [space.low[0], space.high[0]] : [0, 1];
  const within = [...new Set(exposures.map((exposure) => Math.min(high, Math.max(low, exposure))))];
  const ends = [
    ...(low <= 0 && !within.includes(0) ? [{ exposure: 0, returns: returnsOf('cash') }] : []),
    ...(high >= 1 && !within.includes(1) ? [{ exposure: 1, returns: returnsOf('buy-and-hold') }] : []),
  ];
  return [...within.map((exposure) => ({ exposure, returns: played(exposure) })), ...ends];
}

const hold = (name: string, exposure: number): ExposureRule => ({ name, exposure: () => exposure });

/** Long while the fast average of closes is above the slow one, else in cash; see agents/rules/sma-cross.ts. */
function smaCross(fromMs: number, candles?: Candles): ExposureRule {
  const numBefore = candles === undefined ? 0 : candles.timeMs.findLastIndex((timeMs) => timeMs < fromMs) + 1;
  const closes = Array.from(candles?.close.subarray(Math.max(0, numBefore - SLOW_BARS), numBefore) ?? []);
  return {
    name: 'sma-cross',
    exposure({ price }) {
      closes.push(price);
      if (closes.length > SLOW_BARS) closes.shift();
      if (closes.length < SLOW_BARS) return 0;
      return mean(closes.slice(-FAST_BARS)) > mean(closes.slice(-SLOW_BARS)) ? 1 : 0;
    },
  };
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
  market: ExposureMarket,
  axis: PassAxis,
  judged: readonly Backtest[],
  seed: number,
): RandomBaseline {
  const { observationSpace, actionSpace } = market.env;
  const turnover = mean(judged.map(({ metrics, periodsPerYear }) => metrics.turnover / periodsPerYear));
  const changeProbability = Math.min(1, turnover / meanChange(actionSpace));
  const trader = (i: number): Agent => {
    const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(seed + i), totalSteps: 0 };
    const drawn = random.build(context, { changeProbability });
    return policyOf(market.env, (observation) => drawn.act(observation, 1, false));
  };
  // The one that is shown plays twice: of the others no more is asked than what they earned.
  const runs = Array.from({ length: NUM_RANDOM }, (_, i) => ({
    i,
    totalReturn: playForReturn(market.env, trader(i), axis, market.seed),
  }));
  runs.sort((a, b) => a.totalReturn - b.totalReturn);
  const pass = recordPass(market.env, trader(runs[NUM_RANDOM >> 1].i), { seed: market.seed });
  const median = summarizePass(alignPass(pass, axis), market.periodsPerYear);
  return {
    median: { name: 'random', backtest: median },
    totalReturns: runs.map((run) => run.totalReturn),
  };
}

/** Mean |difference| of two exposures drawn at random. */
function meanChange(space: ActionSpace): number {
  if (space.kind === 'box') return (space.high[0] - space.low[0]) / 3;
  const values = space.kind === 'discrete' ? space.values! : [];
  return mean(values.map((value) => mean(values.map((other) => Math.abs(value - other)))));
}

/** An agent that learns nothing, and takes the nearest of the actions that are allowed. */
function policyOf({ actionSpace }: Env, act: (observation: Float32Array) => ArrayLike<number>): Agent {
  const actions = createActionBatch(actionSpace, 1);
  return {
    act(observation, _numEnvs, _explore, stepContext) {
      actions.set(act(observation));
      const mask = stepContext?.actionMasks;
      if (actionSpace.kind === 'discrete' && mask?.[actions[0]] === 0) {
        const values = actionSpace.values!;
        const wanted = values[actions[0]];
        let nearest = mask.indexOf(1);
        for (let i = nearest + 1; i < values.length; i++) {
          const isNearer = Math.abs(values[i] - wanted) < Math.abs(values[nearest] - wanted);
          if (mask[i] === 1 && isNearer) nearest = i;
        }
        actions[0] = Math.max(0, nearest);
      }
      return actions;
    },
    observe: () => undefined,
    save: () => ({ arrays: {}, values: {} }),
    load: () => {},
  };
}
