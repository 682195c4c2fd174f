/** Lets a margin account of a linear perpetual trade on order books, as an account of spot does. */
import type { Snapshot, Snapshotable } from '../../core/snapshot.ts';
import type { AccountView, InterestTerms } from './account.ts';
import type { ContractState } from './contract-news.ts';
import type { Fill } from './fill.ts';
import { MarginAccount, type MarginTerms } from './margin-account.ts';
import type { TradeTerms } from './trade-size.ts';

/** What a broker on books needs of an account; see `Account`, which is one. */
export interface BookAccount extends AccountView, Snapshotable {
  reset(cash: number): void;
  tradeSize(fill: Fill, terms: Readonly<TradeTerms>): void;
  accrueInterest(terms: Readonly<InterestTerms>): void;
  liquidate(fill: Fill, price: number): void;
}

export class MarginBookAccount implements BookAccount {
  readonly margin: MarginAccount;
  readonly baseInterest = 0;
  readonly quoteInterest = 0;

  constructor(cash: number, terms: MarginTerms) {
    this.margin = new MarginAccount(cash, terms);
  }

  get base(): number {
    return this.margin.base;
  }
  get cash(): number {
    return this.margin.cash;
  }
  get entryPrice(): number {
    return this.margin.entryPrice;
  }
  get alive(): boolean {
    return this.margin.alive;
  }
  get totalFees(): number {
    return this.margin.totalFees;
  }
  get totalSlippage(): number {
    return this.margin.totalSlippage;
  }
  /** Funding paid less funding received. */
  get totalInterest(): number {
    return this.margin.totalInterest;
  }
  get totalNotional(): number {
    return this.margin.totalNotional;
  }
  get deficit(): number {
    return this.margin.deficit;
  }

  equity(price: number): number {
    return this.margin.equity(price);
  }

  exposure(price: number): number {
    return this.margin.exposure(price);
  }

  reset(cash: number): void {
    this.margin.reset(cash);
  }

  /** @param terms `size` signed, `price` before slippage */
  tradeSize(fill: Fill, { size, price, feeRate, slippageRate }: Readonly<TradeTerms>): void {
    const { trade } = this.margin;
    trade.size = size;
    trade.quoted = price;
    trade.price = price * (1 + (size > 0 ? slippageRate : -slippageRate));
    trade.feeRate = feeRate;
    this.margin.book(fill);
  }

  /** Nothing is borrowed. */
  accrueInterest(): void {}

  liquidate(fill: Fill, price: number): void {
    this.margin.liquidate(fill, price);
  }

  /** The exposure nearest to one asked for that leverage and tiers allow. */
  allowed(exposure: number, equity: number): number {
    const largest = this.margin.largestNotional(equity) / equity;
    return Math.max(-largest, Math.min(exposure, largest));
  }

  /** Leaves in `terms.size` what reaches the exposure once the costs, which the equity pays, are paid. */
  sizeAfterCosts(terms: TradeTerms): void {
    const { exposure, feeRate, slippageRate, size } = terms;
    if (exposure === 0) {
      terms.size = -this.margin.base;
      return;
    }
    const side = size > 0 ? 1 : -1;
    const costRate = slippageRate + feeRate * (1 + side * slippageRate);
    terms.size = size / (1 + side * exposure * costRate);
  }

  /** Exchanges the funding to come, where one is known. @param mid stands for a mark that was never told */
  exchangeFunding(contract: ContractState, mid: number): void {
    const { margin } = this;
    const { mark, fundingRate } = contract;
    contract.settle();
    if (margin.base === 0 || Number.isNaN(fundingRate)) return;
    margin.fundingMark = mark > 0 ? mark : mid;
    margin.fundingRate = fundingRate;
    margin.exchangeFunding();
  }

  save(): Snapshot {
    return this.margin.save();
  }

  load(snapshot: Snapshot): void {
    this.margin.load(snapshot);
  }
}
