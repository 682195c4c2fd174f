/** What a trading agent sees, and what those who judge it are told. */
import { EnvError } from '../core/errors.ts';
import { log } from '../core/math.ts';
import type { Broker } from '../market/broker.ts';
import type { FeatureMatrix } from '../market/feature-pipeline.ts';
import { formatTime } from '../market/timestamps.ts';
import { type Box, createBox } from './spaces.ts';

/** The state after a step, for those who judge. Quote units where nothing else is said. */
export interface TradingInfo {
  /** Open time of the bar whose close is `price`, UTC epoch. */
  timeMs: number;
  row: number;
  equity: number;
  cash: number;
  /** Base units, negative when short. */
  position: number;
  /** position·price / equity */
  exposure: number;
  /** The close at which everything is valued. */
  price: number;
  /** The last target that was accepted. */
  targetExposure: number;
  /** This step's fees. */
  feePaid: number;
  /** This step's loss to slippage. */
  slippagePaid: number;
  /** This step's interest, as it accrued. */
  interestPaid: number;
  /** This step's |size|·price over all fills. */
  tradedNotional: number;
  /** Price of this step's last fill; NaN when there was none. */
  fillPrice: number;
}

/** The account's part of an observation, after the features. */
export const ACCOUNT_COLUMNS = ['exposure', 'target', 'unrealised', 'drawdown'] as const;

/** Exposure and unrealised return are cut off here, which only an account near its end reaches. */
const ACCOUNT_CLIP = 10;

/** An info to be overwritten. */
export function createTradingInfo(): TradingInfo {
  return {
    timeMs: 0,
    row: 0,
    equity: 0,
    cash: 0,
    position: 0,
    exposure: 0,
    price: 0,
    targetExposure: 0,
    feePaid: 0,
    slippagePaid: 0,
    interestPaid: 0,
    tradedNotional: 0,
    fillPrice: Number.NaN,
  };
}

/**
 * Writes observations [W·F + 4]: the features of the last W bars, oldest first, then of the account
 * - exposure / maxLeverage, cut off at ± 10,
 * - the last accepted target / maxLeverage, in [−1, 1],
 * - the log return of the open position since its entry, positive when it gains, cut off at ± 10; 0 when flat,
 * - the drawdown, V / (highest V since `begin`) − 1, in [−1, 0].
 */
export class TradingObserver {
  readonly space: Box;
  /** [W·F + 4], overwritten by each call. */
  readonly observation: Float32Array;
  /** Highest equity since `begin`, quote units. */
  peakEquity = 0;
  readonly #features: FeatureMatrix;
  readonly #window: number;
  readonly #maxLeverage: number;

  /**
   * @param window W, bars
   * @param maxLeverage what exposures are measured against, > 0
   */
  constructor(features: FeatureMatrix, window: number, maxLeverage: number) {
    this.#features = features;
    this.#window = window;
    this.#maxLeverage = maxLeverage;
    this.space = describeObservation(features, window);
    this.observation = new Float32Array(this.space.dim);
  }

  /**
   * Begins an episode at the broker's row, which needs W rows of features.
   * @throws EnvError `non-finite-observation`
   */
  begin(broker: Broker, info: TradingInfo): void {
    for (let row = broker.row - this.#window + 1; row < broker.row; row++) this.#checkFeatures(row, broker);
    this.peakEquity = broker.equity;
    this.observe(broker, info);
  }

  /**
   * Brings the observation, and the state part of the info, up to the broker's row.
   * @throws EnvError `non-finite-observation` naming feature, row and time
   */
  observe(broker: Broker, info: TradingInfo): void {
    const { observation } = this;
    const { values, numColumns } = this.#features;
    const account = broker.account;
    const row = broker.row;
    const price = broker.mark;
    const equity = broker.equity;
    const base = account.base;
    const exposure = equity > 0 ? (base * price) / equity : 0;
    if (equity > this.peakEquity) this.peakEquity = equity;

    info.timeMs = broker.timeMs;
    info.row = row;
    info.equity = equity;
    info.cash = account.cash;
    info.position = base;
    info.exposure = exposure;
    info.price = price;
    info.targetExposure = broker.targetExposure;

    // The rows before were checked as they came.
    this.#checkFeatures(row, broker);
    const numValues = this.#window * numColumns;
    const offset = (row + 1) * numColumns - numValues;
    for (let i = 0; i < numValues; i++) observation[i] = values[offset + i];
    const logChange = base === 0 ? 0 : log(price / account.entryPrice);
    observation[numValues] = clip(exposure / this.#maxLeverage);
    observation[numValues + 1] = broker.targetExposure / this.#maxLeverage;
    observation[numValues + 2] = clip(base < 0 ? -logChange : logChange);
    observation[numValues + 3] = equity / this.peakEquity - 1;
  }

  #checkFeatures(row: number, broker: Broker): void {
    const { values, numColumns, columns } = this.#features;
    for (let f = 0; f < numColumns; f++) {
      if (Number.isFinite(values[row * numColumns + f])) continue;
      throw new EnvError(
        'non-finite-observation',
        `Feature "${columns[f]}" is ${values[row * numColumns + f]} at row ${row}, ` +
          `at or shortly before ${formatTime(broker.timeMs)}.`,
      );
    }
  }
}

function clip(value: number): number {
  return Math.max(-ACCOUNT_CLIP, Math.min(ACCOUNT_CLIP, value));
}

function describeObservation(features: FeatureMatrix, window: number): Box {
  const names: string[] = [];
  for (let lag = window - 1; lag >= 0; lag--) {
    for (const column of features.columns) names.push(`${column}@${lag === 0 ? 0 : -lag}`);
  }
  const numFeatures = names.length;
  names.push(...ACCOUNT_COLUMNS);
  const low = new Float32Array(names.length).fill(-Infinity);
  const high = new Float32Array(names.length).fill(Infinity);
  low.set([-ACCOUNT_CLIP, -1, -ACCOUNT_CLIP, -1], numFeatures);
  high.set([ACCOUNT_CLIP, 1, ACCOUNT_CLIP, 0], numFeatures);
  return createBox([names.length], low, high, names);
}
