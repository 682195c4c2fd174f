/** Writes a trading agent's observations, and defines the info beside them. */

import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { EnvError } from '../../core/errors.ts';
import { log } from '../../core/math.ts';
import { formatTime } from '../../market/candles/timestamps.ts';
import type { AccountView } from '../../market/execution/account.ts';
import type { MarkedAccount } from '../../market/execution/broker.ts';
import type { FeatureMatrix } from '../../market/features/pipeline.ts';
import type { AccountInfo } from '../account-info.ts';
import { type Box, createBox, type ElementGroup } from '../spaces.ts';

/** The state after a step, for those who judge. Quote units where nothing else is said. */
export interface TradingInfo extends AccountInfo {
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

/** Those of a perpetual's account, behind the others. */
export const PERP_ACCOUNT_COLUMNS: readonly string[] = ['margin-ratio', 'liquidation-distance'];

/** An element behind the account's part, and its bounds. */
export interface ExtraColumn {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

/** Whether an element of this name tells of the account; a feature's name says which bar it is of. */
export function isAccountColumn(name: string): boolean {
  return (ACCOUNT_COLUMNS as readonly string[]).includes(name) || PERP_ACCOUNT_COLUMNS.includes(name);
}

/** Exposure and unrealised return are cut off here, which only an account near its end reaches. */
const ACCOUNT_CLIP = 10;

/** An info to be overwritten. */
export function createTradingInfo(): TradingInfo {
  return {
    timeMs: DOUBLE_ZERO,
    row: 0,
    equity: DOUBLE_ZERO,
    cash: DOUBLE_ZERO,
    position: DOUBLE_ZERO,
    exposure: DOUBLE_ZERO,
    price: DOUBLE_ZERO,
    targetExposure: DOUBLE_ZERO,
    feePaid: DOUBLE_ZERO,
    slippagePaid: DOUBLE_ZERO,
    interestPaid: DOUBLE_ZERO,
    tradedNotional: DOUBLE_ZERO,
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
  peakEquity = DOUBLE_ZERO;
  readonly #features: FeatureMatrix;
  readonly #window: number;
  readonly #maxLeverage: number;

  /**
   * @param window W, bars
   * @param maxLeverage what exposures are measured against, > 0
   * @param extra elements at the end that are somebody else's to write
   */
  constructor(
    features: FeatureMatrix,
    window: number,
    maxLeverage: number,
    extra: readonly ExtraColumn[] = [],
  ) {
    this.#features = features;
    this.#window = window;
    this.#maxLeverage = maxLeverage;
    this.space = describeObservation(features, window, extra);
    this.observation = new Float32Array(this.space.dim);
  }

  /**
   * Begins an episode at the row of an account, which needs W rows of features; `observe` shows it.
   * @throws EnvError `non-finite-observation`
   */
  begin({ row, timeMs, equity }: MarkedAccount): void {
    const { values, numColumns } = this.#features;
    const end = row * numColumns;
    for (let i = end - (this.#window - 1) * numColumns; i < end; i++) {
      if (!Number.isFinite(values[i])) throw this.#nonFinite(i, timeMs);
    }
    this.peakEquity = equity;
  }

  /**
   * Brings the observation up to the row of an info.
   * @param account what the info is of
   * @throws EnvError `non-finite-observation` naming feature, row and time
   */
  observe(info: Readonly<TradingInfo>, account: AccountView): void {
    const { observation } = this;
    const { values, numColumns } = this.#features;
    const { row, price, equity, position, exposure } = info;
    if (equity > this.peakEquity) this.peakEquity = equity;

    const numValues = this.#window * numColumns;
    const offset = (row + 1) * numColumns - numValues;
    // Four at a time: the copy is half of an env's step, and takes two thirds of the time so.
    let i = 0;
    for (; i < numValues - 3; i += 4) {
      observation[i] = values[offset + i];
      observation[i + 1] = values[offset + i + 1];
      observation[i + 2] = values[offset + i + 2];
      observation[i + 3] = values[offset + i + 3];
    }
    for (; i < numValues; i++) observation[i] = values[offset + i];
    // The rows before were checked as they came.
    for (i = numValues - numColumns; i < numValues; i++) {
      if (!Number.isFinite(observation[i])) throw this.#nonFinite(offset + i, info.timeMs);
    }
    const logChange = position === 0 ? 0 : log(price / account.entryPrice);
    const unrealised = position < 0 ? -logChange : logChange;
    const scale = this.#maxLeverage;
    observation[numValues] = Math.max(-ACCOUNT_CLIP, Math.min(exposure / scale, ACCOUNT_CLIP));
    observation[numValues + 1] = info.targetExposure / scale;
    observation[numValues + 2] = Math.max(-ACCOUNT_CLIP, Math.min(unrealised, ACCOUNT_CLIP));
    // A debt is no deeper a drawdown than all.
    observation[numValues + 3] = Math.max(-1, equity / this.peakEquity - 1);
  }

  #nonFinite(index: number, timeMs: number): EnvError {
    const { values, numColumns, columns } = this.#features;
    return new EnvError(
      'non-finite-observation',
      `Feature "${columns[index % numColumns]}" is ${values[index]} at row ${Math.floor(index / numColumns)}, ` +
        `at or shortly before ${formatTime(timeMs)}.`,
    );
  }
}

function describeObservation(features: FeatureMatrix, window: number, extra: readonly ExtraColumn[]): Box {
  const names: string[] = [];
  const groups: ElementGroup[] = [];
  for (let lag = window - 1; lag >= 0; lag--) {
    const bar = lag === 0 ? 0 : -lag;
    const first = names.length;
    for (const column of features.columns) names.push(`${column}@${bar}`);
    for (const { name, columns } of features.groups ?? []) {
      groups.push({ name, bar, elements: columns.map((column) => first + column) });
    }
  }
  const numFeatures = names.length;
  names.push(...ACCOUNT_COLUMNS, ...extra.map(({ name }) => name));
  const low = new Float32Array(names.length).fill(-Infinity);
  const high = new Float32Array(names.length).fill(Infinity);
  low.set([-ACCOUNT_CLIP, -1, -ACCOUNT_CLIP, -1], numFeatures);
  high.set([ACCOUNT_CLIP, 1, ACCOUNT_CLIP, 0], numFeatures);
  for (const [i, column] of extra.entries()) {
    low[numFeatures + ACCOUNT_COLUMNS.length + i] = column.low;
    high[numFeatures + ACCOUNT_COLUMNS.length + i] = column.high;
  }
  const rows = { rows: window, columns: features.columns.length };
  return createBox([names.length], low, high, names, rows, groups);
}
