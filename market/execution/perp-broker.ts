/** Carries out target exposures in a linear perpetual on bars: margin, funding and liquidation as each bar goes by. */
import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { ConfigError, EnvError, StorageError } from '../../core/errors.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import type { Candles } from '../candles/candles.ts';
import type { FundingSeries } from '../instruments/funding-series.ts';
import type { Broker } from './broker.ts';
import { type FeeModel, proportionalFee } from './fees.ts';
import { createFill, type Fill } from './fill.ts';
import { MarginAccount, type MarginTerms } from './margin-account.ts';
import { exitWithinBar } from './perpetual.ts';
import { type BarLiquidity, barLiquidity, noSlippage, type SlippageModel } from './slippage.ts';

export interface PerpBrokerOptions {
  /** Prices of the contract; they serve as its mark too. */
  candles: Candles;
  /** Absent: no funding is ever exchanged, as in a dated future. */
  funding?: FundingSeries;
  margin: MarginTerms;
  /** Quote units, > 0. Default 10 000. */
  initialEquity?: number;
  /** Where a request made after the close of bar t fills. Default `next-open`. */
  execution?: 'next-open' | 'close';
  fees?: FeeModel;
  slippage?: SlippageModel;
  liquidity?: BarLiquidity;
  /** A request trades when it differs from the last accepted one by more than this, ≥ 0. Default 0. */
  rebalanceBand?: number;
  /** A position is closed this far from its entry, against it and for it, fractions of price; 0: never. Default 0. */
  stopRate?: number;
  takeProfitRate?: number;
  /** Called after every fill; the object is reused by the next one. */
  onFill?: (fill: Readonly<Fill>) => void;
}

/** Bars whose distances say how long a bar is. */
const LENGTH_ROWS = 16;

/**
 * One `advance` is one bar, in this order: funding since the last bar and at the open's own instant, on the position
 * held before the fill, which is sent later than that; liquidation at an open that lies beyond it; the pending request
 * fills, cut down to what leverage and tier allow; funding within the bar; stop or take-profit, see `exitWithinBar`;
 * liquidation at the extreme that hurts; the account is valued at the close.
 *
 * Biases. The order of high and low is unknown: the one that hurts is taken to come first. Marks are the contract's own
 * prices, which are wilder than an index, so liquidations come early rather than late. Funding within a bar is
 * reckoned at its close where the series has no mark.
 */
export class PerpBroker implements Broker {
  readonly account: MarginAccount;
  readonly lastFill: Fill = createFill();
  /** Time from a bar's open to its close, ms. */
  readonly barMs: number;
  targetExposure = DOUBLE_ZERO;
  numFills = 0;
  equity = DOUBLE_ZERO;
  mark = DOUBLE_ZERO;
  row = 0;
  /** The first funding that has not been exchanged. */
  nextFunding = 0;

  readonly #candles: Candles;
  readonly #funding: FundingSeries | undefined;
  readonly #liquidity: BarLiquidity;
  readonly #initialEquity: number;
  readonly #fillsAtOpen: boolean;
  readonly #fees: FeeModel;
  readonly #slippage: SlippageModel;
  readonly #rebalanceBand: number;
  readonly #stopRate: number;
  readonly #takeProfitRate: number;
  readonly #hasExits: boolean;
  readonly #onFill: ((fill: Readonly<Fill>) => void) | undefined;
  readonly #order = {
    size: DOUBLE_ZERO,
    price: DOUBLE_ZERO,
    volume: DOUBLE_ZERO,
    volatility: DOUBLE_ZERO,
  };
  #pending = false;

  /** @throws ConfigError `invalid-broker` for an option out of range or too few candles */
  constructor(options: PerpBrokerOptions) {
    const { candles, initialEquity = 10_000, rebalanceBand = 0, execution = 'next-open' } = options;
    if (candles.length < 2) {
      throw new ConfigError('invalid-broker', `A broker needs at least two candles, got ${candles.length}.`);
    }
    if (!(initialEquity > 0 && initialEquity < Infinity && rebalanceBand >= 0)) {
      throw new ConfigError(
        'invalid-broker',
        `A broker needs an equity > 0 and a band ≥ 0, got ${initialEquity} and ${rebalanceBand}.`,
      );
    }
    this.#candles = candles;
    this.#funding = options.funding;
    this.#liquidity = options.liquidity ?? barLiquidity(candles);
    this.#initialEquity = initialEquity;
    this.#fillsAtOpen = execution === 'next-open';
    this.#fees = options.fees ?? proportionalFee(0);
    this.#slippage = options.slippage ?? noSlippage();
    this.#rebalanceBand = rebalanceBand;
    this.#stopRate = options.stopRate ?? 0;
    this.#takeProfitRate = options.takeProfitRate ?? 0;
    this.#hasExits = this.#stopRate > 0 || this.#takeProfitRate > 0;
    this.#onFill = options.onFill;
    this.barMs = barLength(candles);
    this.account = new MarginAccount(initialEquity, options.margin);
    this.reset(0);
  }

  get timeMs(): number {
    return this.#candles.timeMs[this.row];
  }

  /** Opens a new, flat account at the close of bar `row`. */
  reset(row = 0): void {
    if (!(Number.isInteger(row) && row >= 0 && row < this.#candles.length)) {
      throw new ConfigError(
        'invalid-broker',
        `A broker needs a starting row in [0, ${this.#candles.length}), got ${row}.`,
      );
    }
    this.account.reset(this.#initialEquity);
    this.row = row;
    this.mark = this.#candles.close[row];
    this.equity = this.#initialEquity;
    this.targetExposure = 0;
    this.numFills = 0;
    this.#pending = false;
    this.nextFunding = this.#firstFundingFrom(this.#candles.timeMs[row] + this.barMs);
  }

  /** @throws EnvError `invalid-exposure` unless the exposure is finite */
  requestExposure(exposure: number): void {
    const difference = Math.abs(exposure - this.targetExposure);
    if (!(difference < Infinity)) {
      throw new EnvError('invalid-exposure', `A target exposure must be finite, got ${exposure}.`);
    }
    if (difference > this.#rebalanceBand && this.account.alive) {
      this.targetExposure = exposure;
      this.#pending = true;
    }
  }

  /** Moves to the next bar. @returns false, and nothing moved, after the last one */
  advance(): boolean {
    const { open, high, low, close } = this.#candles;
    const { account } = this;
    const row = this.row + 1;
    if (row >= close.length) return false;
    if (this.#pending && !this.#fillsAtOpen) this.#fill(row - 1, close, row);
    this.row = row;
    if (this.#funding !== undefined) this.#exchange(0, open, row);
    if (account.base !== 0) this.#checkMargin(open, row);
    if (this.#pending) this.#fill(row, open, row);
    if (this.#funding !== undefined) this.#exchange(this.barMs - 1, close, row);
    if (account.base !== 0) {
      if (this.#hasExits) this.#exit(row);
      this.#checkMargin(account.base > 0 ? low : high, row);
    }
    this.mark = close[row];
    this.equity = account.alive ? account.base * close[row] + account.cash : 0;
    return true;
  }

  save(): Snapshot {
    const values = {
      row: this.row,
      targetExposure: this.targetExposure,
      numFills: this.numFills,
      pending: this.#pending,
      lastFill: { ...this.lastFill },
    };
    return joinSnapshots({ own: { arrays: {}, values }, account: this.account.save() });
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
    this.account.load(snapshotPart(snapshot, 'account'));
    this.targetExposure = restoreNumber(own, 'targetExposure');
    this.numFills = restoreNumber(own, 'numFills');
    this.#pending = own.values.pending === true;
    Object.assign(this.lastFill, own.values.lastFill);
    this.equity = this.account.alive ? this.account.equity(this.mark) : 0;
  }

  /** Exchanges every funding up to a time after a bar's open. @param prices stand for a mark that the series has not */
  #exchange(afterMs: number, prices: Float64Array, row: number): void {
    const { timeMs, rate, mark, length } = this.#funding!;
    const upToMs = this.#candles.timeMs[row] + afterMs;
    const { account } = this;
    while (this.nextFunding < length && timeMs[this.nextFunding] <= upToMs) {
      const n = this.nextFunding++;
      if (account.base === 0) continue;
      account.fundingMark = Number.isNaN(mark[n]) ? prices[row] : mark[n];
      account.fundingRate = rate[n];
      account.exchangeFunding();
    }
  }

  /**
   * Liquidates where a price of the row is at or beyond the level: at the level, which the price met on its way, or at
   * the price itself where it began beyond.
   */
  #checkMargin(prices: Float64Array, row: number): void {
    const { account } = this;
    const { open } = this.#candles;
    while (account.isBelowAt(prices, row)) {
      const level = account.liquidationPrice();
      const isOnTheWay = account.base > 0 ? level < open[row] : level > open[row] && level < Infinity;
      const at = isOnTheWay ? level : prices[row];
      account.liquidate(this.lastFill, at);
      this.targetExposure = account.base === 0 ? 0 : (account.base * at) / (account.base * at + account.cash);
      this.#pending = false;
      this.#announceFill(row);
    }
  }

  /** Closes the position at its stop or its take-profit, where the bar meets one of them before its liquidation. */
  #exit(row: number): void {
    const { account } = this;
    const { open, high, low } = this.#candles;
    const side = account.base > 0 ? 1 : -1;
    const entry = account.entryPrice;
    const exit = exitWithinBar(
      side,
      { open: open[row], high: high[row], low: low[row] },
      {
        ...(this.#stopRate > 0 && { stop: entry * (1 - side * this.#stopRate) }),
        ...(this.#takeProfitRate > 0 && { takeProfit: entry * (1 + side * this.#takeProfitRate) }),
        liquidation: account.liquidationPrice(),
        bankruptcy: account.bankruptcyPrice(0),
      },
    );
    if (exit === undefined || exit.reason === 'liquidation') return;
    const { trade } = account;
    trade.size = -account.base;
    trade.quoted = exit.price;
    trade.price = exit.price;
    trade.feeRate = this.#fees.feeRate('taker');
    account.book(this.lastFill);
    this.targetExposure = 0;
    this.#announceFill(row);
  }

  #fill(fillRow: number, prices: Float64Array, row: number): void {
    this.#pending = false;
    const { account } = this;
    if (!account.alive) return;
    const price = prices[fillRow];
    const equity = account.base * price + account.cash;
    if (!(equity > 0)) return;
    const order = this.#order;
    const { trade } = account;
    account.equityToCarry = equity;
    account.findLargest();
    const largest = account.largest / equity;
    const exposure = Math.max(-largest, Math.min(this.targetExposure, largest));
    if (exposure !== this.targetExposure) this.targetExposure = exposure;
    order.size = (exposure * equity) / price - account.base;
    if (order.size === 0) return;
    order.price = price;
    order.volume = this.#liquidity.volume[row - 1];
    order.volatility = this.#liquidity.volatility[row - 1];
    const side = order.size > 0 ? 1 : -1;
    const feeRate = this.#fees.feeRate('taker');
    const slippageRate = this.#slippage.slippageRate(order);
    const costRate = slippageRate + feeRate * (1 + side * slippageRate);
    // The exposure is to be as asked after the costs, which the equity pays: see `sizeAfterCosts`.
    trade.size = exposure === 0 ? -account.base : order.size / (1 + side * exposure * costRate);
    trade.quoted = price;
    trade.price = price * (1 + side * slippageRate);
    trade.feeRate = feeRate;
    account.book(this.lastFill);
    this.#announceFill(fillRow);
  }

  #firstFundingFrom(timeMs: number): number {
    if (this.#funding === undefined) return 0;
    const times = this.#funding.timeMs;
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #announceFill(row: number): void {
    this.lastFill.row = row;
    this.lastFill.timeMs = this.#candles.timeMs[row];
    this.numFills++;
    if (this.#onFill !== undefined) this.#onFill(this.lastFill);
  }
}

/** The usual distance of the first bars; gaps later on change nothing. */
function barLength({ timeMs, length }: Candles): number {
  let shortest = Infinity;
  for (let row = 1; row < Math.min(length, LENGTH_ROWS); row++) {
    shortest = Math.min(shortest, timeMs[row] - timeMs[row - 1]);
  }
  return shortest;
}
