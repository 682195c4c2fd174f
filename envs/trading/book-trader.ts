/** One trader on the order book of one venue, bar by bar, wherever books and bars come from: a tape or a live feed. */

import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { EnvError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import {
  joinSnapshots,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { BookBroker, type BookOrder } from '../../market/execution/book-broker.ts';
import type { BookLevels } from '../../market/execution/book-matcher.ts';
import { createFee } from '../../market/execution/fees.ts';
import type { Fill } from '../../market/execution/fill.ts';
import { createLatency, type LatencyModel } from '../../market/execution/latency.ts';
import type { FeatureMatrix } from '../../market/features/pipeline.ts';
import type { StepResult } from '../env.ts';
import { builtInParts, completeParts, type EnvParts } from '../parts.ts';
import { type Action, type Box, createBox, createDiscrete, type Discrete } from '../spaces.ts';
import { type BookTradingConfig, requireLevelsWithinLeverage } from './book-config.ts';
import { createTradingInfo, type TradingInfo, TradingObserver } from './observation.ts';
import { createReward, type Reward } from './rewards.ts';
import { StepView } from './step-view.ts';

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
 * `finish` at its end. Observation, action and info are those of `TradingEnv`.
 */
export class BookTrader implements Snapshotable {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete | Box;
  readonly broker: BookBroker;
  readonly result: StepResult<TradingInfo>;
  readonly #config: BookTradingConfig;
  readonly #candles: Candles;
  readonly #levels: readonly number[];
  readonly #observer: TradingObserver;
  readonly #reward: Reward;
  readonly #info = createTradingInfo();
  readonly #stepView = new StepView(this.#info);
  readonly #latency: (rng: Rng) => LatencyModel;
  /** Totals at the step's begin: fees, slippage, interest, notional, equity, fills. */
  readonly #before = new Float64Array(6);

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
    requireLevelsWithinLeverage(given);
    const config = completeParts(given, parts);
    const { maxLeverage, levels, actions } = config;
    this.#config = config;
    this.#candles = candles;
    this.#levels = actions === 'discrete' ? levels : [];
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
      borrowRatePerYear: config.borrowRatePerYear,
      rebalanceBand: config.rebalanceBand,
      onOrder,
      onFill,
    });
    this.actionSpace =
      actions === 'discrete'
        ? createDiscrete(levels.length, levels)
        : createBox([1], -maxLeverage, maxLeverage, ['exposure']);
    this.#observer = new TradingObserver(features, config.window, maxLeverage);
    this.observationSpace = this.#observer.space;
    this.result = {
      observation: this.#observer.observation,
      reward: DOUBLE_ZERO,
      terminated: false,
      truncated: false,
      info: this.#info,
    };
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
    this.#reward.reset(this.broker.equity);
    Object.assign(this.#info, { feePaid: 0, slippagePaid: 0, interestPaid: 0, tradedNotional: 0 });
    this.#info.fillPrice = Number.NaN;
    this.#observer.begin(this.broker, this.#info);
    this.#noteBarTime();
  }

  /** @throws EnvError `invalid-action` */
  begin(action: Action): void {
    const target = this.targetOf(action);
    this.beginWithout();
    this.broker.requestExposure(target);
  }

  /** Begins the step by closing what is open, also where no level or band would. */
  beginFlat(): void {
    this.beginWithout();
    this.broker.requestFlat();
  }

  /** Begins the step without asking for anything: no order leaves that is not under way. */
  beginWithout(): void {
    const { account } = this.broker;
    const before = this.#before;
    before[FEES] = account.totalFees;
    before[SLIPPAGE] = account.totalSlippage;
    before[INTEREST] = account.totalInterest;
    before[NOTIONAL] = account.totalNotional;
    before[EQUITY] = this.broker.equity;
    this.#stepView.begin();
    before[FILLS] = this.broker.numFills;
  }

  /** See `BookBroker.takeBook`. */
  takeBook(levels: BookLevels, offset: number, timeMs: number): void {
    this.broker.takeBook(levels, offset, timeMs);
  }

  /**
   * Ends the step with bar `row`, whose candle and features must be there.
   * @throws EnvError `non-finite-observation`, `non-finite-reward`
   */
  finish(row: number): StepResult<TradingInfo> {
    const { broker, result } = this;
    const { account } = broker;
    const info = this.#info;
    const before = this.#before;
    broker.closeBar(row, this.#endOf(row), this.#config.barMs, this.#candles.close[row]);
    info.feePaid = account.totalFees - before[FEES];
    info.slippagePaid = account.totalSlippage - before[SLIPPAGE];
    info.interestPaid = account.totalInterest - before[INTEREST];
    info.tradedNotional = account.totalNotional - before[NOTIONAL];
    info.fillPrice = broker.numFills > before[FILLS] ? broker.lastFill.price : Number.NaN;
    this.#observer.observe(broker, info);
    this.#noteBarTime();
    this.#stepView.numFills = broker.numFills - before[FILLS];
    result.reward = this.#reward.reward(before[EQUITY], broker.equity, this.#stepView);
    if (!Number.isFinite(result.reward)) {
      throw new EnvError('non-finite-reward', `The reward is ${result.reward} at row ${row}.`);
    }
    result.terminated = !account.alive;
    result.truncated = false;
    return result;
  }

  save(): Snapshot {
    const { feePaid, slippagePaid, interestPaid, tradedNotional, fillPrice } = this.#info;
    const values = {
      feePaid,
      slippagePaid,
      interestPaid,
      tradedNotional,
      fillPrice: Number.isNaN(fillPrice) ? null : fillPrice,
      peakEquity: this.#observer.peakEquity,
    };
    return joinSnapshots({
      own: { arrays: { before: this.#before.slice() }, values },
      broker: this.broker.save(),
      reward: this.#reward.save(),
    });
  }

  /** Candles and features must be those of the save. */
  load(snapshot: Snapshot): void {
    const own = snapshotPart(snapshot, 'own');
    const info = this.#info;
    this.broker.load(snapshotPart(snapshot, 'broker'));
    this.#reward.load(snapshotPart(snapshot, 'reward'));
    this.#before.set(own.arrays.before as Float64Array);
    for (const key of ['feePaid', 'slippagePaid', 'interestPaid', 'tradedNotional'] as const) {
      info[key] = restoreNumber(own, key);
    }
    info.fillPrice = own.values.fillPrice === null ? Number.NaN : restoreNumber(own, 'fillPrice');
    this.#observer.peakEquity = restoreNumber(own, 'peakEquity');
    // Before it was first opened there is nothing to see yet.
    if (this.broker.mark === 0) return;
    this.#observer.observe(this.broker, info);
    this.#noteBarTime();
  }

  /** The info's time is the bar's begin, as in all trading envs; the broker's is the last event's. */
  #noteBarTime(): void {
    this.#info.timeMs = this.#candles.timeMs[this.broker.row];
  }

  #endOf(row: number): number {
    return this.#candles.timeMs[row] + this.#config.barMs;
  }

  /** The exposure that an action asks for. @throws EnvError `invalid-action` */
  targetOf(action: Action): number {
    const levels = this.#levels;
    if (levels.length > 0) {
      if (typeof action === 'number' && levels[action] !== undefined) return levels[action];
    } else if (typeof action !== 'number' && action.length === 1 && !Number.isNaN(action[0])) {
      const limit = this.#config.maxLeverage;
      return Math.max(-limit, Math.min(action[0], limit));
    }
    const expected =
      levels.length > 0
        ? `a whole number in [0, ${levels.length})`
        : 'one number, not NaN, in a Float32Array';
    throw new EnvError(
      'invalid-action',
      `Trading on books got the action ${action} at bar ${this.broker.row}; expected ${expected}.`,
    );
  }
}

const FEES = 0;
const SLIPPAGE = 1;
const INTEREST = 2;
const NOTIONAL = 3;
const EQUITY = 4;
const FILLS = 5;
