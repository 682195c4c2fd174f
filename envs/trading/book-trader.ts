/** Trades on the order book of one venue, bar by bar, wherever books and bars come from: a tape or a live feed. */
import type { Rng } from '../../core/rng.ts';
import { joinSnapshots, type Snapshot, type Snapshotable, snapshotPart } from '../../core/snapshot.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { BookBroker } from '../../market/execution/book-broker.ts';
import type { BookOrder } from '../../market/execution/book-broker-options.ts';
import type { BookLevels } from '../../market/execution/book-matcher.ts';
import type { ContractNews } from '../../market/execution/contract-news.ts';
import { createFee } from '../../market/execution/fees.ts';
import type { Fill } from '../../market/execution/fill.ts';
import { createLatency, type LatencyModel } from '../../market/execution/latency.ts';
import type { FeatureMatrix } from '../../market/features/pipeline.ts';
import { priceStepsOf } from '../../market/instruments/price-steps.ts';
import type { StepResult } from '../env.ts';
import { builtInParts, completeParts, type EnvParts } from '../parts.ts';
import type { Action, Box, Discrete } from '../spaces.ts';
import type { BookTradingConfig } from './book-config.ts';
import { requireLevels } from './config.ts';
import { ExposureTrader } from './exposure-trader.ts';
import { marginTermsOf } from './margin-terms.ts';
import type { TradingInfo } from './observation.ts';
import { PERP_COLUMNS, writeContractColumns } from './perp-columns.ts';
import { createReward, type Reward } from './rewards.ts';

export interface BookTraderOptions {
  /** Bars of the venue's mid; they may grow. */
  candles: Candles;
  /** Features of the same rows; they may grow likewise. */
  features: FeatureMatrix;
  /** Levels a side of the books. */
  depth: number;
  config: BookTradingConfig;
  /** Decides latencies. */
  rng: Rng;
  /** What the configuration may name; absent: what comes with the framework. */
  parts?: EnvParts;
  /** Called when an order leaves; the object is reused. */
  onOrder?: (order: Readonly<BookOrder>) => void;
  /** Called after every fill; the object is reused by the next one. */
  onFill?: (fill: Readonly<Fill>) => void;
}

/**
 * A step in three parts: `begin` with an action at the end of a bar, `takeBook` for what happens in the next one,
 * `finish` at its end. Observation, action and info are those of `TradingEnv`, with `instrument` `perpetual` those of
 * `PerpTradingEnv`: `takeContract` brings what the venue says of the contract.
 */
export class BookTrader implements Snapshotable {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete | Box;
  readonly broker: BookBroker;
  readonly result: StepResult<TradingInfo>;
  readonly #config: BookTradingConfig;
  readonly #candles: Candles;
  readonly #trader: ExposureTrader;
  readonly #reward: Reward;
  readonly #latency: (rng: Rng) => LatencyModel;

  /** @throws ConfigError for settings that do not fit each other */
  constructor({
    candles,
    features,
    depth,
    config: given,
    rng,
    parts = builtInParts,
    onOrder,
    onFill,
  }: BookTraderOptions) {
    requireLevels(given, 'trading-books');
    const config = completeParts(given, parts);
    const isPerpetual = config.instrument === 'perpetual';
    this.#config = config;
    this.#candles = candles;
    this.#reward = createReward(parts.rewards.get(config.reward), config, config.rewardSettings);
    this.#latency = (own) =>
      createLatency(
        parts.latencies.get(config.latencyModel),
        { medianMs: config.latencyMs, sigma: config.latencySigma, rng: own },
        config.latencySettings,
      );
    this.broker = new BookBroker({
      depth,
      initialEquity: config.initialEquity,
      fees: createFee(parts.fees.get(config.feeModel), config, config.feeSettings),
      latency: this.#latency(rng),
      staleMs: config.staleMs,
      limitRate: config.limitRate,
      rules: {
        lotSize: config.lotSize,
        minSize: config.minSize,
        minNotional: config.minNotional,
        tickSize: priceStepsOf(config.tickSize),
      },
      borrowRatePerYear: config.borrowRatePerYear,
      rebalanceBand: config.rebalanceBand,
      ...(isPerpetual && { margin: marginTermsOf(config, 'Env "trading-books"') }),
      onOrder,
      onFill,
    });
    this.#trader = new ExposureTrader({
      env: 'trading-books',
      candles,
      broker: this.broker,
      features,
      config,
      reward: this.#reward,
      ...(isPerpetual && { extra: PERP_COLUMNS }),
    });
    this.observationSpace = this.#trader.observationSpace;
    this.actionSpace = this.#trader.actionSpace;
    this.result = this.#trader.result;
  }

  /** Restarts the randomness of latencies. */
  reseed(rng: Rng): void {
    this.broker.reseed(this.#latency(rng));
  }

  /** Forgets book and orders. */
  clear(): void {
    this.broker.clear();
  }

  /** Opens a new, flat account at the end of bar `row`. */
  open(row: number): void {
    this.broker.reset(row, this.#endOf(row), this.#candles.close[row]);
    this.#trader.open();
    this.#observe();
  }

  /** Begins the step; one that begins with nothing goes on as it is. @throws EnvError `invalid-action` */
  begin(action: Action): void {
    this.#trader.begin(action);
  }

  /** Begins the step by closing what is open, also where no level or band would. */
  beginFlat(): void {
    this.broker.requestFlat();
  }

  /** See `BookBroker.takeBook`. */
  takeBook(levels: BookLevels, offset: number, timeMs: number): void {
    this.broker.takeBook(levels, offset, timeMs);
  }

  /** See `BookBroker.takeContract`. */
  takeContract(news: ContractNews, timeMs: number): void {
    this.broker.takeContract(news, timeMs);
  }

  /**
   * Ends the step with bar `row`, whose candle and features must be there.
   * @throws EnvError `non-finite-observation`, `non-finite-reward`
   */
  finish(row: number): StepResult<TradingInfo> {
    this.broker.closeBar(row, this.#endOf(row), this.#config.barMs, this.#candles.close[row]);
    const result = this.#trader.finish();
    this.#observe();
    return result;
  }

  /** The exposure that an action asks for. @throws EnvError `invalid-action` */
  targetOf(action: Action): number {
    return this.#trader.targetOf(action);
  }

  save(): Snapshot {
    return joinSnapshots({
      own: this.#trader.save(),
      broker: this.broker.save(),
      reward: this.#reward.save(),
    });
  }

  /** Candles and features must be those of the save. */
  load(snapshot: Snapshot): void {
    this.broker.load(snapshotPart(snapshot, 'broker'));
    this.#reward.load(snapshotPart(snapshot, 'reward'));
    this.#trader.load(snapshotPart(snapshot, 'own'));
    // Before it was first opened there is nothing to see yet.
    if (this.broker.mark !== 0) {
      this.#trader.observe();
      this.#observe();
    }
  }

  #observe(): void {
    const { broker } = this;
    if (broker.margin === undefined) return;
    writeContractColumns(this.result.observation, broker, this.#config.fundingIntervalMs);
  }

  #endOf(row: number): number {
    return this.#candles.timeMs[row] + this.#config.barMs;
  }
}
