/** Keeps the books of one trader in one market: base, cash, and interest owed on what is borrowed. */

import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { restoreNumber, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';
import type { Fill } from './fill.ts';
import { sizeAfterCosts, type TradeTerms } from './trade-size.ts';

/** What may be read of an account. Base quantities are in base units, the others in quote units. */
export interface AccountView {
  /** Base held; negative when borrowed and sold. */
  readonly base: number;
  /** Quote held; negative when borrowed. */
  readonly cash: number;
  /** Interest owed on borrowed base, in base units, not yet settled. */
  readonly baseInterest: number;
  /** Interest owed on borrowed quote, not yet settled. */
  readonly quoteInterest: number;
  /** Mean fill price of the open position; 0 when flat. */
  readonly entryPrice: number;
  /** False once the equity was used up: nothing revives the account. */
  readonly alive: boolean;
  /** Σ fees of all fills. */
  readonly totalFees: number;
  /** Σ slippage of all fills. */
  readonly totalSlippage: number;
  /** Σ interest, each part valued at the price when it accrued. */
  readonly totalInterest: number;
  /** Σ |size|·price of all fills: the turnover. */
  readonly totalNotional: number;
  /** The loss beyond the equity that bankruptcy left to the lender, ≥ 0. */
  readonly deficit: number;
  /** base·price + cash − baseInterest·price − quoteInterest */
  equity(price: number): number;
  /** base·price / equity; 0 when there is no equity. */
  exposure(price: number): number;
}

/** The price of borrowing for one period. */
export interface InterestTerms {
  /** Fraction of the borrowed amount for this period, ≥ 0. */
  rate: number;
  /** Values the base part for `totalInterest`, quote units. */
  price: number;
}

const FIELDS = [
  'base',
  'cash',
  'baseInterest',
  'quoteInterest',
  'entryPrice',
  'totalFees',
  'totalSlippage',
  'totalInterest',
  'totalNotional',
  'deficit',
] as const;

/**
 * Source: the portfolio formulas of Gym-Trading-Env (C. Perroud, MIT licence).
 * Differences from the source: interest adds up over the bars instead of being overwritten by each, all of it
 * is settled at every trade, and a trade may fill at a worse price than the one at which it is valued.
 *
 * Trades to an exposure are sized as `sizeAfterCosts` says, after the interest is settled.
 */
export class Account implements AccountView, Snapshotable {
  base = DOUBLE_ZERO;
  cash = DOUBLE_ZERO;
  baseInterest = DOUBLE_ZERO;
  quoteInterest = DOUBLE_ZERO;
  entryPrice = DOUBLE_ZERO;
  alive = true;
  totalFees = DOUBLE_ZERO;
  totalSlippage = DOUBLE_ZERO;
  totalInterest = DOUBLE_ZERO;
  totalNotional = DOUBLE_ZERO;
  deficit = DOUBLE_ZERO;
  #value = DOUBLE_ZERO;
  /** The trade to be booked; `closes`: nothing is to be left. */
  readonly #trade = {
    exposure: DOUBLE_ZERO,
    size: DOUBLE_ZERO,
    price: DOUBLE_ZERO,
    feeRate: DOUBLE_ZERO,
    slippageRate: DOUBLE_ZERO,
    closes: false,
  };

  /** @param cash starting balance, quote units, > 0 */
  constructor(cash: number) {
    this.reset(cash);
  }

  /** Opens the account anew, flat, with this much cash. */
  reset(cash: number): void {
    this.base = 0;
    this.cash = cash;
    this.baseInterest = 0;
    this.quoteInterest = 0;
    this.entryPrice = 0;
    this.alive = true;
    this.totalFees = 0;
    this.totalSlippage = 0;
    this.totalInterest = 0;
    this.totalNotional = 0;
    this.deficit = 0;
    this.#value = cash;
  }

  equity(price: number): number {
    return (this.base - this.baseInterest) * price + this.cash - this.quoteInterest;
  }

  exposure(price: number): number {
    const equity = this.equity(price);
    return equity > 0 ? (this.base * price) / equity : 0;
  }

  /** The equity that `valueAt` found last. */
  get value(): number {
    return this.#value;
  }

  /** Leaves `equity(prices[row])` in `value`: written out, since a call that is not inlined would box both numbers. */
  valueAt(prices: Float64Array, row: number): void {
    this.#value = (this.base - this.baseInterest) * prices[row] + this.cash - this.quoteInterest;
  }

  /**
   * Leaves in `terms.size` the signed base units the trade would need if trading were free: what impact is
   * estimated from. The account must have been valued at the trade's price by `valueAt`.
   */
  sizeTrade(terms: TradeTerms): void {
    const { exposure, price } = terms;
    terms.size = (exposure * this.#value) / price - (this.base - this.baseInterest);
  }

  /**
   * Trades so that the exposure at `price` is `exposure` after all costs, and describes the trade in `fill`.
   * @throws EnvError `unreachable-target` when the costs of any trade towards it exceed what it would hold
   */
  tradeTo(fill: Fill, terms: Readonly<TradeTerms>): void {
    const { exposure, price, feeRate, slippageRate } = terms;
    this.#settleInterest(fill);
    const before = this.base;
    // Written out, as in `valueAt`: the price and the equity would be boxed.
    const equity = (before - this.baseInterest) * price + this.cash - this.quoteInterest;
    const trade = this.#trade;
    trade.exposure = exposure;
    trade.size = (exposure * equity) / price - before;
    trade.price = price;
    trade.feeRate = feeRate;
    trade.slippageRate = slippageRate;
    trade.closes = exposure === 0;
    sizeAfterCosts(trade);
    this.#book(fill);
  }

  /**
   * Trades a given size, and describes the trade in `fill`. The size in the terms is signed base units as a venue
   * fills them; a buyer gets them less the fee. Their exposure means nothing here.
   */
  tradeSize(fill: Fill, terms: Readonly<TradeTerms>): void {
    this.#settleInterest(fill);
    const trade = this.#trade;
    trade.size = terms.size;
    trade.price = terms.price;
    trade.feeRate = terms.feeRate;
    trade.slippageRate = terms.slippageRate;
    trade.closes = false;
    this.#book(fill);
  }

  #settleInterest(fill: Fill): void {
    fill.interestSettled = this.quoteInterest;
    this.base -= this.baseInterest;
    this.cash -= this.quoteInterest;
    this.baseInterest = 0;
    this.quoteInterest = 0;
  }

  /** Books `#trade`. Its numbers travel in fields, since a call that is not inlined would box them. */
  #book(fill: Fill): void {
    const { size, price, feeRate, slippageRate, closes } = this.#trade;
    const before = this.base;
    const buys = size > 0;
    const fillPrice = buys ? price * (1 + slippageRate) : price * (1 - slippageRate);
    const after = closes ? 0 : buys ? before + size * (1 - feeRate) : before + size;
    const cashChange = buys ? -size * fillPrice : -size * fillPrice * (1 - feeRate);
    const magnitude = Math.abs(size);
    // A buyer's fee is taken in base, so slippage does not enlarge it.
    const fee = magnitude * (buys ? price : fillPrice) * feeRate;

    if (after === 0) this.entryPrice = 0;
    else if (before * after <= 0) this.entryPrice = fillPrice;
    else if (Math.abs(after) > Math.abs(before))
      this.entryPrice = (this.entryPrice * before + fillPrice * (after - before)) / after;
    this.base = after;
    this.cash += cashChange;

    fill.size = size;
    fill.price = fillPrice;
    fill.notional = magnitude * fillPrice;
    fill.fee = fee;
    fill.slippage = magnitude * price * slippageRate;
    fill.baseChange = after - before;
    fill.cashChange = cashChange;
    fill.position = after;
    fill.equity = this.equity(price);
    fill.liquidation = false;
    this.totalFees += fee;
    this.totalSlippage += fill.slippage;
    this.totalNotional += fill.notional;
  }

  /**
   * Adds one period's interest on borrowed base and borrowed quote; simple interest until it is settled.
   */
  accrueInterest({ rate, price }: Readonly<InterestTerms>): void {
    if (this.base < 0) {
      const interest = -this.base * rate;
      this.baseInterest += interest;
      this.totalInterest += interest * price;
    }
    if (this.cash < 0) {
      const interest = -this.cash * rate;
      this.quoteInterest += interest;
      this.totalInterest += interest;
    }
  }

  /** The price at which nothing would be left; NaN when flat. */
  bankruptcyPrice(): number {
    return (this.quoteInterest - this.cash) / (this.base - this.baseInterest);
  }

  /**
   * Closes everything at `price`, where the equity is zero or less, for good. No fee: there is nothing to pay it from.
   * What is missing is booked as `deficit`.
   */
  liquidate(fill: Fill, price: number): void {
    const size = this.baseInterest - this.base;
    fill.size = size;
    fill.price = price;
    fill.notional = Math.abs(size) * price;
    fill.fee = 0;
    fill.slippage = 0;
    fill.baseChange = size;
    fill.cashChange = this.quoteInterest - this.cash;
    fill.interestSettled = this.quoteInterest;
    fill.position = 0;
    fill.equity = 0;
    fill.liquidation = true;
    this.totalNotional += fill.notional;
    this.deficit += Math.max(0, -this.equity(price));
    this.base = 0;
    this.cash = 0;
    this.baseInterest = 0;
    this.quoteInterest = 0;
    this.entryPrice = 0;
    this.alive = false;
  }

  save(): Snapshot {
    const values: Record<string, number | boolean> = { alive: this.alive };
    for (const field of FIELDS) values[field] = this[field];
    return { arrays: {}, values };
  }

  load(snapshot: Snapshot): void {
    for (const field of FIELDS) this[field] = restoreNumber(snapshot, field);
    this.alive = snapshot.values.alive === true;
  }
}
