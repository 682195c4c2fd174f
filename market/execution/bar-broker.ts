/** Carries out target exposures on recorded or synthetic bars. */

import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { ConfigError, EnvError, StorageError } from '../../core/errors.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import type { Candles } from '../candles/candles.ts';
import { Account, type AccountView } from './account.ts';
import type { Broker } from './broker.ts';
import { type FeeModel, proportionalFee } from './fees.ts';
import { createFill, type Fill } from './fill.ts';
import { type BarLiquidity, barLiquidity, noSlippage, type SlippageModel } from './slippage.ts';

/** Where a request made after the close of bar t fills: at open[t + 1], or at close[t] itself. */
export type Execution = 'next-open' | 'close';

export interface BarBrokerOptions {
  candles: Candles;
  /** Quote units, > 0. Default 10 000. */
  initialEquity?: number;
  /** Default `next-open`; `close` supposes that one can trade at a price in the instant one learns it. */
  execution?: Execution;
  fees?: FeeModel;
  slippage?: SlippageModel;
  /** The volume and volatility of each bar for the slippage model; computed from the candles unless shared. */
  liquidity?: BarLiquidity;
  /** Interest on borrowed base and borrowed quote, fraction a year of 365 days, ≥ 0. Default 0. */
  borrowRatePerYear?: number;
  /** A request trades when it differs from the last accepted one by more than this, ≥ 0. Default 0. */
  rebalanceBand?: number;
  /** Called after every fill; the object is reused by the next one. */
  onFill?: (fill: Readonly<Fill>) => void;
}

const YEAR_MS = 365 * 86_400_000;

/**
 * One `advance` is one bar: the pending request fills, the bar's extremes test the solvency, interest accrues,
 * and the account is valued at the close.
 *
 * Biases. The order of a bar's high and low is unknown: the account is assumed to meet the one that hurts it,
 * so a bar that would have ruined it ruins it. Interest for a bar is charged by the time since the bar
 * before opened. The equity is checked at the bars' prices only, and no maintenance margin is kept.
 */
export class BarBroker implements Broker {
  readonly account: AccountView;
  readonly lastFill: Fill = createFill();
  targetExposure = DOUBLE_ZERO;
  numFills = 0;
  equity = DOUBLE_ZERO;
  mark = DOUBLE_ZERO;
  row = 0;

  readonly #account: Account;
  readonly #candles: Candles;
  readonly #liquidity: BarLiquidity;
  readonly #initialEquity: number;
  readonly #fillsAtOpen: boolean;
  readonly #fees: FeeModel;
  readonly #slippage: SlippageModel;
  /** The next trade, as the account and the slippage model want to know it. */
  readonly #order = {
    exposure: DOUBLE_ZERO,
    price: DOUBLE_ZERO,
    size: DOUBLE_ZERO,
    feeRate: DOUBLE_ZERO,
    slippageRate: DOUBLE_ZERO,
    volume: DOUBLE_ZERO,
    volatility: DOUBLE_ZERO,
  };
  readonly #interest = { rate: DOUBLE_ZERO, price: DOUBLE_ZERO };
  readonly #borrowRatePerMs: number;
  readonly #rebalanceBand: number;
  readonly #onFill: ((fill: Readonly<Fill>) => void) | undefined;
  #pending = false;

  /** @throws ConfigError `invalid-broker` for an option out of range or too few candles */
  constructor(options: BarBrokerOptions) {
    const {
      candles,
      initialEquity = 10_000,
      execution = 'next-open',
      fees = proportionalFee(0),
      slippage = noSlippage(),
      borrowRatePerYear = 0,
      rebalanceBand = 0,
    } = options;
    requireOption(candles.length >= 2, `at least two candles, got ${candles.length}`);
    requireOption(
      initialEquity > 0 && initialEquity < Infinity,
      `an initial equity > 0, got ${initialEquity}`,
    );
    requireOption(
      borrowRatePerYear >= 0 && borrowRatePerYear < Infinity,
      `a borrow rate ≥ 0, got ${borrowRatePerYear}`,
    );
    requireOption(rebalanceBand >= 0, `a rebalance band ≥ 0, got ${rebalanceBand}`);
    requireOption(
      execution === 'next-open' || execution === 'close',
      `execution "next-open" or "close", got "${execution}"`,
    );
    this.#candles = candles;
    this.#liquidity = options.liquidity ?? barLiquidity(candles);
    this.#initialEquity = initialEquity;
    this.#fillsAtOpen = execution === 'next-open';
    this.#fees = fees;
    this.#slippage = slippage;
    this.#borrowRatePerMs = borrowRatePerYear / YEAR_MS;
    this.#rebalanceBand = rebalanceBand;
    this.#onFill = options.onFill;
    this.#account = new Account(initialEquity);
    this.account = this.#account;
    this.row = 0;
    this.mark = candles.close[0];
    this.equity = initialEquity;
  }

  /** Open time of the bar whose close is the mark. */
  get timeMs(): number {
    return this.#candles.timeMs[this.row];
  }

  /**
   * Opens a new, flat account at the close of bar `row`.
   * @throws ConfigError `invalid-broker` when there is no such bar
   */
  reset(row = 0): void {
    requireOption(
      Number.isInteger(row) && row >= 0 && row < this.#candles.length,
      `a starting row in [0, ${this.#candles.length}), got ${row}`,
    );
    this.#account.reset(this.#initialEquity);
    this.row = row;
    this.mark = this.#candles.close[row];
    this.equity = this.#initialEquity;
    this.targetExposure = 0;
    this.numFills = 0;
    this.#pending = false;
  }

  /** @throws EnvError `invalid-exposure` unless the exposure is finite */
  requestExposure(exposure: number): void {
    // A difference with NaN or Infinity is not a finite number either: one test serves both purposes.
    const difference = Math.abs(exposure - this.targetExposure);
    if (!(difference < Infinity)) throw invalidExposure(exposure);
    if (difference > this.#rebalanceBand && this.#account.alive) {
      this.targetExposure = exposure;
      this.#pending = true;
    }
  }

  /** Moves to the next bar: fills, interest, valuation. @returns false, and nothing moved, after the last one */
  // Long on purpose: V8 compiles it by itself, which leaves the env's step enough room to inline what returns a
  // fraction. A fraction that crosses a call which is not inlined is boxed: an allocation at every step.
  advance(): boolean {
    const { open, high, low, close, timeMs } = this.#candles;
    const account = this.#account;
    const fillsAtOpen = this.#fillsAtOpen;
    const row = this.row + 1;
    if (row >= close.length) return false;

    const fillRow = fillsAtOpen ? row : this.row;
    this.row = fillRow;
    if (fillsAtOpen && account.base !== 0) this.#liquidateIfRuined(row, open, false);
    if (this.#pending) {
      this.#pending = false;
      const prices = fillsAtOpen ? open : close;
      const order = this.#order;
      order.exposure = this.targetExposure;
      order.price = prices[fillRow];
      account.valueAt(prices, fillRow);
      account.sizeTrade(order);
      if (order.size !== 0) {
        // In both kinds of execution, the order meets the liquidity of the last bar that has closed.
        order.volume = this.#liquidity.volume[row - 1];
        order.volatility = this.#liquidity.volatility[row - 1];
        order.feeRate = this.#fees.feeRate('taker');
        order.slippageRate = this.#slippage.slippageRate(order);
        account.tradeTo(this.lastFill, order);
        this.#announceFill(fillRow);
        this.#liquidateIfRuined(fillRow, prices, false);
      }
    }
    this.row = row;
    if (!fillsAtOpen && account.base !== 0) this.#liquidateIfRuined(row, open, false);
    if (account.base !== 0) this.#liquidateIfRuined(row, account.base > 0 ? low : high, true);
    if (account.base !== 0) {
      const interest = this.#interest;
      interest.rate = this.#borrowRatePerMs * (timeMs[row] - timeMs[row - 1]);
      interest.price = close[row];
      account.accrueInterest(interest);
      this.#liquidateIfRuined(row, close, false);
    }
    account.valueAt(close, row);
    this.mark = close[row];
    this.equity = account.value;
    return true;
  }

  save(): Snapshot {
    const own = {
      arrays: {},
      values: {
        row: this.row,
        targetExposure: this.targetExposure,
        numFills: this.numFills,
        pending: this.#pending,
        lastFill: { ...this.lastFill },
      },
    };
    return joinSnapshots({ own, account: this.#account.save() });
  }

  load(snapshot: Snapshot): void {
    const own = snapshotPart(snapshot, 'own');
    const row = restoreNumber(own, 'row');
    if (!(row < this.#candles.length)) {
      throw new StorageError(
        'snapshot-mismatch',
        `The saved state is at row ${row}, but there are ${this.#candles.length} candles: it is from other data.`,
      );
    }
    this.reset(row);
    this.#account.load(snapshotPart(snapshot, 'account'));
    this.targetExposure = restoreNumber(own, 'targetExposure');
    this.numFills = restoreNumber(own, 'numFills');
    this.#pending = own.values.pending === true;
    Object.assign(this.lastFill, own.values.lastFill);
    this.equity = this.#account.equity(this.mark);
  }

  /**
   * Ends the account when its equity is used up at the row's price in `prices`, a column of the candles. The
   * position is closed at that price, or `onTheWay` to it, where nothing is left: the market passed there.
   */
  #liquidateIfRuined(row: number, prices: Float64Array, onTheWay: boolean): void {
    const account = this.#account;
    account.valueAt(prices, row);
    if (account.value > 0) return;
    account.liquidate(this.lastFill, onTheWay ? account.bankruptcyPrice() : prices[row]);
    this.targetExposure = 0;
    this.#pending = false;
    this.#announceFill(row);
  }

  #announceFill(row: number): void {
    this.lastFill.row = row;
    this.lastFill.timeMs = this.#candles.timeMs[row];
    this.numFills++;
    if (this.#onFill !== undefined) this.#onFill(this.lastFill);
  }
}

function invalidExposure(exposure: number): EnvError {
  return new EnvError('invalid-exposure', `A target exposure must be finite, got ${exposure}.`);
}

function requireOption(holds: boolean, expectation: string): void {
  if (!holds) throw new ConfigError('invalid-broker', `A bar broker needs ${expectation}.`);
}
