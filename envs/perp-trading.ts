/** Trades a linear perpetual on bars: exposure by margin, with funding and liquidation inside each step. */
import { type ConfigOverrides, resolveConfig } from '../core/config.ts';
import { ConfigError, EnvError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import { joinSnapshots, type Snapshot, snapshotPart } from '../core/snapshot.ts';
import type { Candles } from '../market/candles/candles.ts';
import { formatTime } from '../market/candles/timestamps.ts';
import { createFee } from '../market/execution/fees.ts';
import type { Fill } from '../market/execution/fill.ts';
import { PerpBroker } from '../market/execution/perp-broker.ts';
import { createSlippage } from '../market/execution/slippage.ts';
import type { FeatureMatrix } from '../market/features/pipeline.ts';
import {
  type FundingSeries,
  requireFundingOver,
  syntheticFunding,
} from '../market/instruments/funding-series.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from './env.ts';
import { EpisodeRows } from './episode-rows.ts';
import { builtInParts, completeParts, type EnvParts } from './parts.ts';
import type { Action, Box, Discrete } from './spaces.ts';
import { planTrading, type TradingConfig, tradingConfig } from './trading/config.ts';
import { ExposureTrader } from './trading/exposure-trader.ts';
import { marginTermsOf } from './trading/margin-terms.ts';
import { sharedFeatures, sharedLiquidity } from './trading/market.ts';
import type { TradingInfo } from './trading/observation.ts';
import { PERP_COLUMNS, writePerpColumns } from './trading/perp-columns.ts';
import { createReward, type Reward, type RewardPlugin } from './trading/rewards.ts';

export interface PerpTradingEnvOptions {
  /** Shared by all envs built on them; must not change. */
  candles: Candles;
  /** Needed where `config.funding` is `file`. */
  funding?: FundingSeries;
  /** Computed from the candles by `config.features`, once for all envs, unless handed in. */
  features?: FeatureMatrix;
  /** Default 0. */
  seed?: number;
  config?: ConfigOverrides<typeof tradingConfig>;
  reward?: RewardPlugin;
  parts?: EnvParts;
  /** Called after every fill; the object is reused by the next one. */
  onFill?: (fill: Readonly<Fill>) => void;
}

/**
 * Observation [W·F + 4 + 5]: that of `TradingEnv`, then `PERP_COLUMNS`. Actions, reward, truncation and `info` are those
 * of `TradingEnv`; `interestPaid` is the funding paid, less that received. `terminated` when nothing is left.
 */
export class PerpTradingEnv implements Env<TradingInfo> {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete | Box;
  readonly config: TradingConfig;
  /** What is exchanged; undefined where there is none. */
  readonly funding: FundingSeries | undefined;
  readonly broker: PerpBroker;

  readonly #reward: Reward;
  readonly #trader: ExposureTrader;
  readonly #rows: EpisodeRows;
  #running = false;

  /**
   * @throws ConfigError for settings that are out of range or do not fit the data, `funding-needed`, `invalid-instrument`
   * @throws DataError `funding-gap`, and when the features cannot be computed from the candles
   */
  constructor(options: PerpTradingEnvOptions) {
    const { candles, seed = 0, parts = builtInParts } = options;
    const resolved = resolveConfig(tradingConfig, options.config ?? {}, 'env "trading"');
    const config = completeParts(resolved, parts, options.reward === undefined ? [] : ['rewards']);
    const margin = marginTermsOf(config, 'Env "trading"');
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
    this.funding = fundingOf(config, candles, options.funding);
    this.#rows = new EpisodeRows(planTrading(config, candles, features), config.episodeStart, seed);
    this.#reward = createReward(
      options.reward ?? parts.rewards.get(config.reward),
      config,
      options.reward === undefined ? config.rewardSettings : {},
    );
    this.broker = new PerpBroker({
      candles,
      funding: this.funding,
      margin,
      initialEquity: config.initialEquity,
      execution: config.execution,
      fees: createFee(parts.fees.get(config.feeModel), config, config.feeSettings),
      slippage: createSlippage(parts.slippages.get(config.slippageModel), config, config.slippageSettings),
      liquidity: sharedLiquidity(candles),
      rebalanceBand: config.rebalanceBand,
      stopRate: config.stopRate,
      takeProfitRate: config.takeProfitRate,
      onFill: options.onFill,
    });
    this.#trader = new ExposureTrader({
      env: 'trading',
      candles,
      broker: this.broker,
      features,
      config,
      reward: this.#reward,
      extra: PERP_COLUMNS,
    });
    this.observationSpace = this.#trader.observationSpace;
    this.actionSpace = this.#trader.actionSpace;
  }

  reset(options?: ResetOptions): ResetResult<TradingInfo> {
    if (options?.seed !== undefined) this.#rows.reseed(options.seed);
    this.broker.reset(this.#rows.begin());
    this.#running = true;
    this.#trader.open();
    this.#observe();
    return this.#trader.result;
  }

  /** @throws EnvError `invalid-action`, `not-running`, `non-finite-observation`, `non-finite-reward` */
  step(action: Action): StepResult<TradingInfo> {
    if (!this.#running) {
      throw new EnvError('not-running', 'The trading env was stepped outside an episode: call reset first.');
    }
    const trader = this.#trader;
    const { broker } = this;
    trader.begin(action);
    broker.advance();
    const result = trader.finish();
    this.#observe();
    const isAtEnd = broker.row >= this.#rows.endRow;
    result.truncated = isAtEnd && !result.terminated;
    this.#running = !isAtEnd && !result.terminated;
    return result;
  }

  render(): string {
    const { timeMs, row, price, equity, exposure, interestPaid } = this.#trader.result.info;
    const liquidation = this.broker.account.liquidationPrice();
    return (
      `${formatTime(timeMs)} row ${row} price ${price} equity ${equity.toFixed(2)} exposure ${exposure.toFixed(3)} ` +
      `liquidation ${Number.isNaN(liquidation) ? 'none' : liquidation.toFixed(2)} funding ${(-interestPaid).toFixed(4)}`
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
      broker: this.broker.save(),
      reward: this.#reward.save(),
      rng: this.#rows.rng.save(),
    });
  }

  load(snapshot: Snapshot): void {
    const env = snapshotPart(snapshot, 'env');
    this.broker.load(snapshotPart(snapshot, 'broker'));
    this.#reward.load(snapshotPart(snapshot, 'reward'));
    this.#rows.rng.load(snapshotPart(snapshot, 'rng'));
    this.#rows.load(env);
    this.#trader.load(env);
    this.#running = env.values.running === true;
    if (this.#rows.endRow === 0) return;
    this.#trader.observe();
    this.#observe();
  }

  #observe(): void {
    const { observation } = this.#trader.result;
    writePerpColumns(observation, this.broker, this.funding, this.config.fundingIntervalMs);
  }
}

/** The rates that the settings ask for. */
function fundingOf(
  config: TradingConfig,
  candles: Candles,
  given: FundingSeries | undefined,
): FundingSeries | undefined {
  const { timeMs, length } = candles;
  const { fundingIntervalMs: intervalMs } = config;
  if (config.funding === 'none') return undefined;
  if (config.funding === 'synthetic') {
    return syntheticFunding(
      {
        fromMs: timeMs[0],
        toMs: timeMs[length - 1] + 2 * intervalMs,
        intervalMs,
        mean: config.fundingMean,
        deviation: config.fundingDeviation,
        halfLifeMs: config.fundingHalfLifeMs,
        leadMs: config.fundingLeadMs,
        capRate: config.fundingCapRate,
      },
      createRng(config.fundingSeed).fork('funding'),
    );
  }
  if (given === undefined) {
    throw new ConfigError(
      'funding-needed',
      'Env "trading": a perpetual needs its funding rates; give --funding FILE, a column fundingRate in the data, or ' +
        'env.funding=synthetic or none.',
    );
  }
  requireFundingOver(given, timeMs[0], timeMs[length - 1], intervalMs);
  return given;
}
