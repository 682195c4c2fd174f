/** Defines the rewards of trading agents: each a small object over the equity before and after a step. */

import type { ConfigSchema } from '../../core/config.ts';
import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { log } from '../../core/math.ts';
import {
  definePart,
  type PartDefinition,
  type PartPlugin,
  type PluginShape,
  requirePart,
} from '../../core/plugin.ts';
import { Registry } from '../../core/registry.ts';
import { restoreNumber, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';

/** One step as a reward may look at it. The object is reused: copy what is to be kept. Quote units where nothing else is said. */
export interface RewardStep {
  /** Open time of the bar that the step ended with, UTC epoch. */
  readonly timeMs: number;
  readonly row: number;
  readonly previousEquity: number;
  readonly equity: number;
  /** position·price / equity, signed, before the step and after it. */
  readonly previousExposure: number;
  readonly exposure: number;
  /** The exposure that was asked for last. */
  readonly targetExposure: number;
  /** The prices at which the account was valued before the step and after it. */
  readonly previousPrice: number;
  readonly price: number;
  /** What this step cost. */
  readonly feePaid: number;
  readonly slippagePaid: number;
  readonly interestPaid: number;
  /** |size|·price over all fills of this step. */
  readonly tradedNotional: number;
  readonly numFills: number;
  /** Price of this step's last fill; NaN when there was none. */
  readonly fillPrice: number;
}

/** The reward of one env, with whatever it remembers of the episode. */
export interface Reward extends Snapshotable {
  /** Begins an episode. @param equity starting equity, quote units, > 0 */
  reset(equity: number): void;
  /**
   * Called once a step.
   * @param previousEquity quote units, > 0
   * @param equity quote units; 0 is bankruptcy, less a debt that is left by it
   * @param step exposure, price, fills and costs of the step
   * @returns a finite number
   */
  reward(previousEquity: number, equity: number, step: RewardStep): number;
}

/** What a reward is made for: the settings of the env that concern it. */
export interface RewardContext {
  /** η: how fast the moving moments of the differential Sharpe ratio forget, per step, in (0, 1). */
  readonly sharpeAdaptation: number;
  /** Reward lost per unit by which the drawdown deepens, ≥ 0. */
  readonly drawdownPenalty: number;
}

export type RewardPlugin = PartPlugin<RewardContext, Reward>;

export const rewardShape: PluginShape = { kind: 'reward', define: 'defineReward', methods: ['create'] };

/**
 * Makes a reward that a trading env's setting `reward` can name, and that `createTradingEnv` takes as it is.
 * @throws ConfigError `invalid-plugin` for one that is not whole
 * @example
 * export const profit = defineReward({
 *   name: 'profit',
 *   description: 'Simple return of the step',
 *   create: () => ({
 *     reset() {},
 *     reward: (previousEquity, equity) => equity / previousEquity - 1,
 *     save: () => ({ arrays: {}, values: {} }),
 *     load() {},
 *   }),
 * });
 */
export function defineReward<Schema extends ConfigSchema = ConfigSchema>(
  plugin: PartDefinition<Schema, RewardContext, Reward>,
): RewardPlugin {
  return definePart(rewardShape, plugin);
}

/** The reward of a plugin for one env. @throws ConfigError `invalid-plugin`, and for its settings */
export function createReward(
  plugin: RewardPlugin,
  context: RewardContext,
  settings: Readonly<Record<string, unknown>>,
): Reward {
  const reward = plugin.create(context, settings);
  return requirePart(reward, `reward "${plugin.name}"`, ['reset', 'reward', 'save', 'load']);
}

/**
 * A step's equity counts as no less than this part of the equity before it, which bounds a log return at
 * ln 0.001 = −6.9. Bankruptcy has no logarithm: the floor makes it worse than losing 99.8 % and yet no
 * outlier that drowns every other number a value function must fit. It holds for surviving steps too, so
 * that ruin never pays better than survival.
 */
export const EQUITY_FLOOR = 1e-3;

/** Variances below this, a deviation of one basis point per step, count as this: a flat account has no Sharpe ratio. */
export const VARIANCE_FLOOR = 1e-8;

/**
 * The differential Sharpe ratio stays within ± this. It is a linearisation: for a loss of many deviations it
 * errs even in sign, when the moving mean is negative, so bankruptcy is given the lower bound outright.
 */
export const SHARPE_BOUND = 10;

function floorLogReturn(previousEquity: number, equity: number): number {
  return log(Math.max(equity / previousEquity, EQUITY_FLOOR));
}

class LogReturn implements Reward {
  reset(): void {}

  reward(previousEquity: number, equity: number): number {
    return floorLogReturn(previousEquity, equity);
  }

  save(): Snapshot {
    return { arrays: {}, values: {} };
  }

  load(): void {}
}

/** See `differentialSharpe` for the equation. */
class DifferentialSharpe implements Reward {
  readonly #eta: number;
  #a = DOUBLE_ZERO;
  #b = DOUBLE_ZERO;

  constructor(eta: number) {
    this.#eta = eta;
  }

  reset(): void {
    this.#a = 0;
    this.#b = 0;
  }

  reward(previousEquity: number, equity: number): number {
    const r = equity / previousEquity - 1;
    const a = this.#a;
    const b = this.#b;
    const deltaA = r - a;
    const deltaB = r * r - b;
    const variance = Math.max(b - a * a, VARIANCE_FLOOR);
    this.#a = a + this.#eta * deltaA;
    this.#b = b + this.#eta * deltaB;
    if (equity <= 0) return -SHARPE_BOUND;
    const d = (b * deltaA - 0.5 * a * deltaB) / (variance * Math.sqrt(variance));
    return Math.max(-SHARPE_BOUND, Math.min(SHARPE_BOUND, d));
  }

  save(): Snapshot {
    return { arrays: {}, values: { a: this.#a, b: this.#b } };
  }

  load(snapshot: Snapshot): void {
    this.#a = restoreNumber(snapshot, 'a');
    this.#b = restoreNumber(snapshot, 'b');
  }
}

class DrawdownPenalised implements Reward {
  readonly #penalty: number;
  #peak = DOUBLE_ZERO;
  #drawdown = DOUBLE_ZERO;

  constructor(penalty: number) {
    this.#penalty = penalty;
  }

  reset(equity: number): void {
    this.#peak = equity;
    this.#drawdown = 0;
  }

  reward(previousEquity: number, equity: number): number {
    if (equity > this.#peak) this.#peak = equity;
    const drawdown = 1 - equity / this.#peak;
    const increase = Math.max(0, drawdown - this.#drawdown);
    this.#drawdown = drawdown;
    return floorLogReturn(previousEquity, equity) - this.#penalty * increase;
  }

  save(): Snapshot {
    return { arrays: {}, values: { peak: this.#peak, drawdown: this.#drawdown } };
  }

  load(snapshot: Snapshot): void {
    this.#peak = restoreNumber(snapshot, 'peak');
    this.#drawdown = restoreNumber(snapshot, 'drawdown');
  }
}

/** Growth of wealth: rewards of an episode sum to the log of its total return. */
export const logReturn = defineReward({
  name: 'log-return',
  description: 'Log return of the equity: ln(V[t + 1] / V[t])',
  create: () => new LogReturn(),
});

/**
 * With R the simple return of the step and A, B its exponential moving first and second moments:
 *
 *     D = (B·ΔA − ½·A·ΔB) / (B − A²)^(3/2),   ΔA = R − A,  ΔB = R² − B,   A += η·ΔA,  B += η·ΔB
 *
 * Source: J. Moody & M. Saffell, "Reinforcement Learning for Trading", NIPS 1998: the differential Sharpe ratio.
 * Differences from the source: B − A² is at least `VARIANCE_FLOOR`, D is kept within ±`SHARPE_BOUND`, which is
 * also what bankruptcy gets, and the moments start at zero each episode.
 */
export const differentialSharpe = defineReward({
  name: 'differential-sharpe',
  description: 'Differential Sharpe ratio (Moody & Saffell 1998): the step’s effect on a moving Sharpe ratio',
  create: ({ sharpeAdaptation }) => new DifferentialSharpe(sharpeAdaptation),
});

/** ln(V[t + 1] / V[t]) − drawdownPenalty · max(0, d[t + 1] − d[t]),  d = 1 − V / (highest V of the episode). */
export const drawdownPenalised = defineReward({
  name: 'drawdown-penalised',
  description: 'Log return less a penalty for every deepening of the drawdown',
  create: ({ drawdownPenalty }) => new DrawdownPenalised(drawdownPenalty),
});

/** The rewards that an env's configuration can name. */
export const tradingRewards = new Registry<RewardPlugin>(rewardShape.kind, [
  logReturn,
  differentialSharpe,
  drawdownPenalised,
]);
