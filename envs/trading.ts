/** Trading one market on bars: the action is the exposure to hold, the reward is what the equity does. */
import { type ConfigOverrides, resolveConfig } from '../core/config.ts';
import { DOUBLE_ZERO } from '../core/doubles.ts';
import { ConfigError, EnvError } from '../core/errors.ts';
import { createRng, type Rng } from '../core/rng.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../core/snapshot.ts';
import type { Candles } from '../market/candles/candles.ts';
import { formatTime } from '../market/candles/timestamps.ts';
import { BarBroker } from '../market/execution/bar-broker.ts';
import { createFee } from '../market/execution/fees.ts';
import type { Fill } from '../market/execution/fill.ts';
import { createSlippage } from '../market/execution/slippage.ts';
import type { FeatureMatrix } from '../market/features/pipeline.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import { builtInParts, completeParts, type EnvParts } from './parts.ts';
import { type Action, type Box, createBox, createDiscrete, type Discrete } from './spaces.ts';
import { planTrading, type TradingConfig, type TradingRange, tradingConfig } from './trading/config.ts';
import { sharedFeatures, sharedLiquidity } from './trading/market.ts';
import { createTradingInfo, type TradingInfo, TradingObserver } from './trading/observation.ts';
import { createReward, type Reward, type RewardPlugin } from './trading/rewards.ts';
import { StepView } from './trading/step-view.ts';

export interface TradingEnvOptions {
  /** Shared by all envs built on them; must not change. */
  candles: Candles;
  /** Computed from the candles by `config.features`, once for all envs, unless handed in. */
  features?: FeatureMatrix;
  /** Default 0. */
  seed?: number;
  config?: ConfigOverrides<typeof tradingConfig>;
  /** Takes the place of the reward that the configuration names. */
  reward?: RewardPlugin;
  /** What the configuration may name; absent: what comes with the framework. */
  parts?: EnvParts;
  /** Called after every fill; the object is reused by the next one. */
  onFill?: (fill: Readonly<Fill>) => void;
}

/**
 * Observation [W·F + 4]: the features of the last W bars, oldest first, then the exposure and the last accepted
 * target as parts of the maximum leverage, the log return of the open position since its entry (positive is
 * profit) and the drawdown, V / peak − 1.
 * Action: the number of a level, or a Float32Array [1] with a target exposure, clipped to ± maxLeverage.
 * `terminated` at bankruptcy; `truncated` after `episodeBars` steps or at the end of the range.
 */
export class TradingEnv implements Env<TradingInfo> {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete | Box;
  readonly config: TradingConfig;

  readonly #broker: BarBroker;
  readonly #reward: Reward;
  readonly #range: TradingRange;
  readonly #levels: Float64Array; // [number of levels]; empty when actions are continuous
  readonly #maxLeverage: number;
  readonly #observer: TradingObserver;
  readonly #info = createTradingInfo();
  readonly #stepView = new StepView(this.#info);
  readonly #result: StepResult<TradingInfo>;
  readonly #resetResult: ResetResult<TradingInfo>;
  #rng: Rng;
  #nextStart: number;
  #endRow = 0;
  /** An episode is under way. */
  #running = false;

  /**
   * @throws ConfigError for settings that are out of range or do not fit the data
   * @throws DataError when the features cannot be computed from the candles
   */
  constructor(options: TradingEnvOptions) {
    const { candles, seed = 0, parts = builtInParts } = options;
    const resolved = resolveConfig(tradingConfig, options.config ?? {}, 'env "trading"');
    // A reward that is handed in has no name to look up.
    const config = completeParts(resolved, parts, options.reward === undefined ? [] : ['rewards']);
    const { initialEquity, window, maxLeverage } = config;
    const features =
      options.features ??
      sharedFeatures(
        candles,
        config.features,
        {
          normalize: config.normalize,
          normalizationBars: config.normalizationBars,
          clip: config.featureClip,
        },
        parts.features,
      );
    this.config = config;
    this.#range = planTrading(config, candles, features);
    this.#maxLeverage = maxLeverage;
    this.#reward =
      options.reward === undefined
        ? createReward(parts.rewards.get(config.reward), config, config.rewardSettings)
        : createReward(options.reward, config, {});
    this.#broker = new BarBroker({
      candles,
      initialEquity,
      execution: config.execution,
      fees: createFee(parts.fees.get(config.feeModel), config, config.feeSettings),
      slippage: createSlippage(parts.slippages.get(config.slippageModel), config, config.slippageSettings),
      liquidity: sharedLiquidity(candles),
      borrowRatePerYear: config.borrowRatePerYear,
      rebalanceBand: config.rebalanceBand,
      onFill: options.onFill,
    });
    this.#levels = Float64Array.from(config.actions === 'discrete' ? config.levels : []);
    this.actionSpace =
      config.actions === 'discrete'
        ? createDiscrete(config.levels.length, config.levels)
        : createBox([1], -maxLeverage, maxLeverage, ['exposure']);
    this.#observer = new TradingObserver(features, window, maxLeverage);
    this.observationSpace = this.#observer.space;
    const shared = { observation: this.#observer.observation, info: this.#info };
    this.#result = { ...shared, reward: DOUBLE_ZERO, terminated: false, truncated: false };
    this.#resetResult = shared;
    this.#rng = createRng(seed);
    this.#nextStart = this.#range.firstRow;
  }

  reset(options?: ResetOptions): ResetResult<TradingInfo> {
    const { firstRow, lastRow, episodeBars } = this.#range;
    if (options?.seed !== undefined) {
      this.#rng = createRng(options.seed);
      this.#nextStart = firstRow;
    }
    const start =
      this.config.episodeStart === 'random'
        ? firstRow + this.#rng.integer(lastRow - episodeBars - firstRow + 1)
        : this.#nextStart;
    this.#endRow = Math.min(start + episodeBars, lastRow);
    this.#nextStart = this.#endRow < lastRow ? this.#endRow : firstRow;
    this.#broker.reset(start);
    this.#reward.reset(this.#broker.equity);
    this.#running = true;
    const info = this.#info;
    info.feePaid = 0;
    info.slippagePaid = 0;
    info.interestPaid = 0;
    info.tradedNotional = 0;
    info.fillPrice = Number.NaN;
    this.#observer.begin(this.#broker, this.#info);
    return this.#resetResult;
  }

  /**
   * @throws EnvError `invalid-action` naming the step, `not-running` before a reset or after an episode's end,
   *   `non-finite-observation`, `non-finite-reward`
   */
  step(action: Action): StepResult<TradingInfo> {
    if (!this.#running) {
      throw new EnvError('not-running', 'The trading env was stepped outside an episode: call reset first.');
    }
    const broker = this.#broker;
    const account = broker.account;
    const info = this.#info;
    const result = this.#result;
    const levels = this.#levels;
    const limit = this.#maxLeverage;
    let target: number;
    if (levels.length > 0) {
      if (typeof action !== 'number' || levels[action] === undefined) throw this.#invalidAction(action);
      target = levels[action];
    } else {
      if (typeof action === 'number' || action.length !== 1) throw this.#invalidAction(action);
      target = Math.max(-limit, Math.min(action[0], limit));
      if (Number.isNaN(target)) throw this.#invalidAction(action);
    }
    const stepView = this.#stepView;
    const previousEquity = broker.equity;
    stepView.begin();
    const fees = account.totalFees;
    const slippage = account.totalSlippage;
    const interest = account.totalInterest;
    const notional = account.totalNotional;
    const numFills = broker.numFills;

    broker.requestExposure(target);
    broker.advance();

    info.feePaid = account.totalFees - fees;
    info.slippagePaid = account.totalSlippage - slippage;
    info.interestPaid = account.totalInterest - interest;
    info.tradedNotional = account.totalNotional - notional;
    info.fillPrice = broker.numFills > numFills ? broker.lastFill.price : Number.NaN;
    this.#observer.observe(broker, info);

    stepView.numFills = broker.numFills - numFills;
    result.reward = this.#reward.reward(previousEquity, broker.equity, stepView);
    if (!Number.isFinite(result.reward)) {
      throw new EnvError('non-finite-reward', `The reward is ${result.reward} at row ${broker.row}.`);
    }
    result.terminated = !account.alive;
    result.truncated = account.alive && broker.row >= this.#endRow;
    this.#running = account.alive && broker.row < this.#endRow;
    return result;
  }

  render(): string {
    const { timeMs, row, price, equity, exposure, targetExposure } = this.#info;
    return (
      `${formatTime(timeMs)} row ${row} price ${price} equity ${equity.toFixed(2)} ` +
      `exposure ${exposure.toFixed(3)} target ${targetExposure}`
    );
  }

  save(): Snapshot {
    const { feePaid, slippagePaid, interestPaid, tradedNotional, fillPrice } = this.#info;
    const env: Snapshot = {
      arrays: {},
      values: {
        nextStart: this.#nextStart,
        peakEquity: this.#observer.peakEquity,
        endRow: this.#endRow,
        running: this.#running,
        feePaid,
        slippagePaid,
        interestPaid,
        tradedNotional,
        fillPrice: Number.isNaN(fillPrice) ? null : fillPrice,
      },
    };
    return joinSnapshots({
      env,
      broker: this.#broker.save(),
      reward: this.#reward.save(),
      rng: this.#rng.save(),
    });
  }

  load(snapshot: Snapshot): void {
    const env = snapshotPart(snapshot, 'env');
    this.#broker.load(snapshotPart(snapshot, 'broker'));
    this.#reward.load(snapshotPart(snapshot, 'reward'));
    this.#rng.load(snapshotPart(snapshot, 'rng'));
    this.#nextStart = restoreNumber(env, 'nextStart');
    this.#observer.peakEquity = restoreNumber(env, 'peakEquity');
    this.#endRow = restoreNumber(env, 'endRow');
    this.#running = env.values.running === true;
    const info = this.#info;
    info.feePaid = restoreNumber(env, 'feePaid');
    info.slippagePaid = restoreNumber(env, 'slippagePaid');
    info.interestPaid = restoreNumber(env, 'interestPaid');
    info.tradedNotional = restoreNumber(env, 'tradedNotional');
    info.fillPrice = env.values.fillPrice === null ? Number.NaN : restoreNumber(env, 'fillPrice');
    // Before the first reset there is nothing to see yet.
    if (this.#endRow > 0) this.#observer.observe(this.#broker, info);
  }

  #invalidAction(action: Action): EnvError {
    const { row } = this.#broker;
    const numLevels = this.#levels.length;
    const expected =
      numLevels > 0 ? `a whole number in [0, ${numLevels})` : 'one number, not NaN, in a Float32Array';
    return new EnvError(
      'invalid-action',
      `The trading env got the action ${action} for the step from row ${row} (${formatTime(this.#broker.timeMs)}); ` +
        `expected ${expected}.`,
    );
  }
}

/** The env as a plain call, for scripts and tests: features and reward may be handed in. */
export function createTradingEnv(options: TradingEnvOptions): TradingEnv {
  return new TradingEnv(options);
}

export const trading = defineEnv({
  name: 'trading',
  description: 'One market on bars: choose the exposure, pay fees, slippage and interest, grow the equity',
  config: tradingConfig,
  needsCandles: true,
  create({ seed, candles, parts }, config) {
    if (candles === undefined) {
      throw new ConfigError('candles-needed', 'Env "trading" needs candles to trade on; name a data file.');
    }
    return createTradingEnv({ candles, seed, config, parts });
  },
});
