/** Turns an agent's actions into target exposures of one account, and what becomes of them into results of steps. */
import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { EnvError } from '../../core/errors.ts';
import { restoreArrayInto, restoreNumber, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { formatTime } from '../../market/candles/timestamps.ts';
import type { Broker } from '../../market/execution/broker.ts';
import type { FeatureMatrix } from '../../market/features/pipeline.ts';
import type { StepResult } from '../env.ts';
import { type Action, type Box, createBox, createDiscrete, type Discrete } from '../spaces.ts';
import type { TradingConfig } from './config.ts';
import { createTradingInfo, type ExtraColumn, type TradingInfo, TradingObserver } from './observation.ts';
import type { Reward } from './rewards.ts';
import { StepView } from './step-view.ts';

export interface ExposureTraderOptions {
  /** Whose actions they are, for messages: `trading`. */
  readonly env: string;
  /** The bars that the broker's rows are of; they may grow. */
  readonly candles: Pick<Candles, 'timeMs'>;
  readonly broker: Broker;
  /** Features of the broker's rows; they may grow. */
  readonly features: FeatureMatrix;
  readonly config: Pick<TradingConfig, 'actions' | 'levels' | 'maxLeverage' | 'window'>;
  readonly reward: Reward;
  /** Elements at the end of the observation that whoever made the trader writes after each step. */
  readonly extra?: readonly ExtraColumn[];
}

/** Columns of the totals that a step is measured from. */
const FEES = 0;
const SLIPPAGE = 1;
const INTEREST = 2;
const NOTIONAL = 3;
const EQUITY = 4;
const FILLS = 5;

/**
 * A step in two parts, between which the broker moves on: `begin` with an action, `finish` with the result. Opening, moving
 * and saving the broker, and saving the reward, is left to who made them.
 *
 * No fraction crosses a call on the way: one that is not inlined would box it, an allocation at every step.
 */
export class ExposureTrader implements Snapshotable {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete | Box;
  /** Overwritten by each step. */
  readonly result: StepResult<TradingInfo>;
  readonly #env: string;
  readonly #candles: Pick<Candles, 'timeMs'>;
  readonly #broker: Broker;
  readonly #levels: Float64Array; // [number of levels]; empty when actions are continuous
  readonly #maxLeverage: number;
  readonly #observer: TradingObserver;
  readonly #reward: Reward;
  readonly #info = createTradingInfo();
  readonly #stepView = new StepView(this.#info);
  /** The exposure that the last action asked for. */
  #target = DOUBLE_ZERO;
  /** Fees, slippage, interest, notional, equity and fills at the end of the last step. */
  readonly #before = new Float64Array(6);
  /** What was loaded last was in the middle of a step. */
  #isUnderWay = false;

  constructor({ env, candles, broker, features, config, reward, extra }: ExposureTraderOptions) {
    const { actions, levels, maxLeverage, window } = config;
    const isDiscrete = actions === 'discrete';
    this.#env = env;
    this.#candles = candles;
    this.#broker = broker;
    this.#levels = Float64Array.from(isDiscrete ? levels : []);
    this.#maxLeverage = maxLeverage;
    this.#reward = reward;
    this.actionSpace = isDiscrete
      ? createDiscrete(levels.length, levels)
      : createBox([1], -maxLeverage, maxLeverage, ['exposure']);
    this.#observer = new TradingObserver(features, window, maxLeverage, extra);
    this.observationSpace = this.#observer.space;
    this.result = {
      observation: this.#observer.observation,
      reward: DOUBLE_ZERO,
      terminated: false,
      truncated: false,
      info: this.#info,
    };
  }

  /** Begins an episode of the broker's account, which has just been opened. @throws EnvError `non-finite-observation` */
  open(): void {
    const info = this.#info;
    this.#reward.reset(this.#broker.equity);
    info.feePaid = 0;
    info.slippagePaid = 0;
    info.interestPaid = 0;
    info.tradedNotional = 0;
    info.fillPrice = Number.NaN;
    this.#observer.begin(this.#broker);
    this.#settle(false);
  }

  /** Begins a step by asking for what the action stands for. @throws EnvError `invalid-action` naming row and time */
  begin(action: Action): void {
    this.#readTarget(action);
    this.#broker.requestExposure(this.#target);
  }

  /**
   * Ends the step where the broker stands now. Truncating it is left to who knows where an episode ends.
   * @throws EnvError `non-finite-observation`, `non-finite-reward`
   */
  finish(): StepResult<TradingInfo> {
    this.#settle(true);
    return this.result;
  }

  /** The exposure that an action asks for. @throws EnvError `invalid-action` naming row and time */
  targetOf(action: Action): number {
    this.#readTarget(action);
    return this.#target;
  }

  /** Brings the observation up to the broker's row, as after a `load`. @throws EnvError `non-finite-observation` */
  observe(): void {
    // A step that is under way is still measured from where it began; between two steps it begins here.
    const before = this.#isUnderWay ? this.#before.slice() : undefined;
    this.#settle(false);
    if (before !== undefined) this.#before.set(before);
    this.#isUnderWay = false;
  }

  /** State of the step under way, without broker and reward. */
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
    return { arrays: { before: this.#before.slice() }, values };
  }

  load(snapshot: Snapshot): void {
    const info = this.#info;
    // Between two steps there is nothing before: an env need not keep it.
    this.#isUnderWay = Object.hasOwn(snapshot.arrays, 'before');
    if (this.#isUnderWay) restoreArrayInto(this.#before, snapshot, 'before');
    info.feePaid = restoreNumber(snapshot, 'feePaid');
    info.slippagePaid = restoreNumber(snapshot, 'slippagePaid');
    info.interestPaid = restoreNumber(snapshot, 'interestPaid');
    info.tradedNotional = restoreNumber(snapshot, 'tradedNotional');
    info.fillPrice = snapshot.values.fillPrice === null ? Number.NaN : restoreNumber(snapshot, 'fillPrice');
    this.#observer.peakEquity = restoreNumber(snapshot, 'peakEquity');
  }

  /**
   * Brings info and observation up to the broker's row, after a step the reward too, and begins the next step's sums.
   *
   * Long on purpose: V8 compiles it by itself, which leaves the reward enough room to be inlined. What returns a fraction
   * without being inlined boxes it: an allocation at every step.
   */
  #settle(isStep: boolean): void {
    const broker = this.#broker;
    const { account } = broker;
    const before = this.#before;
    const info = this.#info;
    const { result } = this;
    const { row, equity, mark } = broker;
    if (isStep) {
      this.#stepView.begin();
      this.#stepView.numFills = broker.numFills - before[FILLS];
      info.feePaid = account.totalFees - before[FEES];
      info.slippagePaid = account.totalSlippage - before[SLIPPAGE];
      info.interestPaid = account.totalInterest - before[INTEREST];
      info.tradedNotional = account.totalNotional - before[NOTIONAL];
      info.fillPrice = broker.numFills > before[FILLS] ? broker.lastFill.price : Number.NaN;
    }
    info.timeMs = this.#candles.timeMs[row];
    info.row = row;
    info.equity = equity;
    info.cash = account.cash;
    info.position = account.base;
    info.exposure = equity > 0 ? (account.base * mark) / equity : 0;
    info.price = mark;
    info.targetExposure = broker.targetExposure;
    this.#observer.observe(info, account);
    if (isStep) {
      result.reward = this.#reward.reward(before[EQUITY], equity, this.#stepView);
      if (!Number.isFinite(result.reward)) {
        throw new EnvError(
          'non-finite-reward',
          `Env "${this.#env}": the reward is ${result.reward} at row ${row}.`,
        );
      }
    }
    result.terminated = !account.alive;
    result.truncated = false;
    before[FEES] = account.totalFees;
    before[SLIPPAGE] = account.totalSlippage;
    before[INTEREST] = account.totalInterest;
    before[NOTIONAL] = account.totalNotional;
    before[EQUITY] = equity;
    before[FILLS] = broker.numFills;
  }

  /** Leaves in `#target` what an action asks for. */
  #readTarget(action: Action): void {
    const levels = this.#levels;
    const limit = this.#maxLeverage;
    if (levels.length > 0) {
      if (typeof action !== 'number' || levels[action] === undefined) throw this.#invalidAction(action);
      this.#target = levels[action];
    } else {
      if (typeof action === 'number' || action.length !== 1) throw this.#invalidAction(action);
      const target = Math.max(-limit, Math.min(action[0], limit));
      if (Number.isNaN(target)) throw this.#invalidAction(action);
      this.#target = target;
    }
  }

  #invalidAction(action: Action): EnvError {
    const { row } = this.#broker;
    const time = formatTime(this.#candles.timeMs[row]);
    const numLevels = this.#levels.length;
    const expected =
      numLevels > 0 ? `a whole number in [0, ${numLevels})` : 'one number, not NaN, in a Float32Array';
    return new EnvError(
      'invalid-action',
      `Env "${this.#env}" got the action ${action} for the step from row ${row} (${time}); expected ${expected}.`,
    );
  }
}
