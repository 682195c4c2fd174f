/** Trades one market on bars: the action is the exposure to hold, the reward is what the equity does. */
import { type ConfigOverrides, resolveConfig } from '../core/config.ts';
import { ConfigError, EnvError } from '../core/errors.ts';
import { joinSnapshots, type Snapshot, snapshotPart } from '../core/snapshot.ts';
import type { Candles } from '../market/candles/candles.ts';
import { formatTime } from '../market/candles/timestamps.ts';
import { BarBroker } from '../market/execution/bar-broker.ts';
import { createFee } from '../market/execution/fees.ts';
import type { Fill } from '../market/execution/fill.ts';
import { createSlippage } from '../market/execution/slippage.ts';
import type { FeatureMatrix } from '../market/features/pipeline.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import { EpisodeRows } from './episode-rows.ts';
import { builtInParts, completeParts, type EnvParts } from './parts.ts';
import { PerpTradingEnv } from './perp-trading.ts';
import type { Action, Box, Discrete } from './spaces.ts';
import { planTrading, type TradingConfig, tradingConfig } from './trading/config.ts';
import { ExposureTrader } from './trading/exposure-trader.ts';
import { sharedFeatures, sharedLiquidity } from './trading/market.ts';
import type { TradingInfo } from './trading/observation.ts';
import { createReward, type Reward, type RewardPlugin } from './trading/rewards.ts';

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
  readonly #trader: ExposureTrader;
  readonly #rows: EpisodeRows;
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
    const { initialEquity } = config;
    if (config.instrument === 'perpetual') {
      throw new ConfigError(
        'invalid-value',
        'A TradingEnv trades spot; make a PerpTradingEnv for a perpetual.',
      );
    }
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
    this.#rows = new EpisodeRows(planTrading(config, candles, features), config.episodeStart, seed);
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
    this.#trader = new ExposureTrader({
      env: 'trading',
      candles,
      broker: this.#broker,
      features,
      config,
      reward: this.#reward,
    });
    this.observationSpace = this.#trader.observationSpace;
    this.actionSpace = this.#trader.actionSpace;
  }

  reset(options?: ResetOptions): ResetResult<TradingInfo> {
    if (options?.seed !== undefined) this.#rows.reseed(options.seed);
    this.#broker.reset(this.#rows.begin());
    this.#running = true;
    this.#trader.open();
    return this.#trader.result;
  }

  /**
   * @throws EnvError `invalid-action` naming the step, `not-running` before a reset or after an episode's end,
   *   `non-finite-observation`, `non-finite-reward`
   */
  step(action: Action): StepResult<TradingInfo> {
    if (!this.#running) {
      throw new EnvError('not-running', 'The trading env was stepped outside an episode: call reset first.');
    }
    const trader = this.#trader;
    const broker = this.#broker;
    trader.begin(action);
    broker.advance();
    const result = trader.finish();
    const isAtEnd = broker.row >= this.#rows.endRow;
    result.truncated = isAtEnd && !result.terminated;
    this.#running = !isAtEnd && !result.terminated;
    return result;
  }

  render(): string {
    const { timeMs, row, price, equity, exposure, targetExposure } = this.#trader.result.info;
    return (
      `${formatTime(timeMs)} row ${row} price ${price} equity ${equity.toFixed(2)} ` +
      `exposure ${exposure.toFixed(3)} target ${targetExposure}`
    );
  }

  save(): Snapshot {
    const values = {
      ...this.#trader.save().values,
      ...this.#rows.save().values,
      running: this.#running,
    };
    return joinSnapshots({
      env: { arrays: {}, values },
      broker: this.#broker.save(),
      reward: this.#reward.save(),
      rng: this.#rows.rng.save(),
    });
  }

  load(snapshot: Snapshot): void {
    const env = snapshotPart(snapshot, 'env');
    this.#broker.load(snapshotPart(snapshot, 'broker'));
    this.#reward.load(snapshotPart(snapshot, 'reward'));
    this.#rows.rng.load(snapshotPart(snapshot, 'rng'));
    this.#rows.load(env);
    this.#trader.load(env);
    this.#running = env.values.running === true;
    // Before the first reset there is nothing to see yet.
    if (this.#rows.endRow > 0) this.#trader.observe();
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
  create({ seed, candles, parts, funding, onFill }, config) {
    if (candles === undefined) {
      throw new ConfigError('candles-needed', 'Env "trading" needs candles to trade on; name a data file.');
    }
    if (config.instrument === 'perpetual')
      return new PerpTradingEnv({ candles, funding, seed, config, parts, onFill });
    return createTradingEnv({ candles, seed, config, parts, onFill });
  },
});
