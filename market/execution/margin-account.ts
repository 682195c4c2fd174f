/** Keeps the margin account of a linear contract: a signed position, a wallet, and what a venue demands of both. */
import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { restoreNumber, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';
import type { MaintenanceTiers } from '../instruments/maintenance-tiers.ts';
import type { AccountView } from './account.ts';
import type { Fill } from './fill.ts';

const FIELDS = [
  'base',
  'cash',
  'margin',
  'entryPrice',
  'totalFees',
  'totalSlippage',
  'totalInterest',
  'totalNotional',
  'deficit',
  'liquidations',
] as const;

/** Keeps a rounding from leaving a position in the tier above a bound. */
const BELOW_ONE = 1 - 1e-12;

export interface MarginTerms {
  readonly tiers: MaintenanceTiers;
  /** Its own margin alone can be lost; otherwise the whole account. */
  readonly isIsolated: boolean;
  /** Notional over initial margin, ≥ 1. */
  readonly leverage: number;
  /** Of a liquidation, fraction of notional; never more than what is left. */
  readonly liquidationFeeRate: number;
  /** A position above the first tier is cut down tier by tier before it is closed. */
  readonly isPartial: boolean;
}

/** A trade that is to be booked; one reused object, since numbers that cross a call would be boxed. */
export interface MarginTrade {
  /** Signed base units. */
  size: number;
  /** Quote units, slippage included. */
  price: number;
  /** Before slippage. */
  quoted: number;
  /** Fraction of notional. */
  feeRate: number;
}

/**
 * `cash` is what the account would hold if the position had been paid for: wallet − base·entry, so that equity is
 * base·mark + cash as for any account. Funding and fees change it alone.
 *
 * With isolated margin `margin` is set aside for the position: |base|·entry / leverage when it is opened. Maintenance is
 * then that of the notional at the entry (Bybit), with cross margin that of the notional at the mark (Binance).
 */
export class MarginAccount implements AccountView, Snapshotable {
  base = DOUBLE_ZERO;
  cash = DOUBLE_ZERO;
  /** Set aside for the position with isolated margin, quote units; 0 with cross margin. */
  margin = DOUBLE_ZERO;
  readonly baseInterest = 0;
  readonly quoteInterest = 0;
  entryPrice = DOUBLE_ZERO;
  alive = true;
  totalFees = DOUBLE_ZERO;
  totalSlippage = DOUBLE_ZERO;
  /** Funding paid less funding received: what holding the position has cost. */
  totalInterest = DOUBLE_ZERO;
  totalNotional = DOUBLE_ZERO;
  /** Funding received less funding paid. */
  get totalFunding(): number {
    return -this.totalInterest;
  }

  deficit = DOUBLE_ZERO;
  /** Forced trades so far. */
  liquidations = 0;
  /** The funding that `exchangeFunding` exchanges: quote units, fraction of notional. */
  fundingMark = DOUBLE_ZERO;
  fundingRate = DOUBLE_ZERO;
  /** What `findLiquidation` and `findLargest` found, and what the latter is asked of. */
  liquidation = Number.NaN;
  largest = DOUBLE_ZERO;
  equityToCarry = DOUBLE_ZERO;
  readonly terms: MarginTerms;
  readonly trade: MarginTrade = {
    size: DOUBLE_ZERO,
    price: DOUBLE_ZERO,
    quoted: DOUBLE_ZERO,
    feeRate: DOUBLE_ZERO,
  };

  constructor(cash: number, terms: MarginTerms) {
    this.terms = terms;
    this.reset(cash);
  }

  /** Opens the account anew, flat, with this much cash. */
  reset(cash: number): void {
    this.base = 0;
    this.margin = 0;
    this.entryPrice = 0;
    this.totalFees = 0;
    this.totalSlippage = 0;
    this.totalInterest = 0;
    this.totalNotional = 0;
    this.deficit = 0;
    this.liquidations = 0;
    this.cash = cash;
    this.alive = true;
  }

  equity(price: number): number {
    return this.base * price + this.cash;
  }

  exposure(price: number): number {
    const equity = this.equity(price);
    return equity > 0 ? (this.base * price) / equity : 0;
  }

  /** Deposits, realised profit, fees and funding; profit of the open position left out, quote units. */
  get wallet(): number {
    return this.cash + this.base * this.entryPrice;
  }

  /** Margin that keeps the position from being liquidated, quote units. */
  maintenance(price: number): number {
    const { isIsolated, tiers } = this.terms;
    return tiers.maintenance(Math.abs(this.base) * (isIsolated ? this.entryPrice : price));
  }

  /** What stands behind the position at a price, quote units: its margin and profit, or the equity. */
  backing(price: number): number {
    return this.terms.isIsolated
      ? this.margin + this.base * (price - this.entryPrice)
      : this.base * price + this.cash;
  }

  /** maintenance / backing, in [0, 1]: the position is liquidated at 1; 0 when flat. */
  marginRatio(price: number): number {
    if (this.base === 0) return 0;
    const backing = this.backing(price);
    return backing > 0 ? Math.min(1, this.maintenance(price) / backing) : 1;
  }

  /** Whether the position is to be liquidated at this price. */
  isBelowMaintenance(price: number): boolean {
    return this.base !== 0 && this.backing(price) <= this.maintenance(price);
  }

  /** As `isBelowMaintenance(prices[row])`, written out: numbers that cross a call would be boxed. */
  isBelowAt(prices: Float64Array, row: number): boolean {
    const { base } = this;
    if (base === 0) return false;
    const price = prices[row];
    const { isIsolated, tiers } = this.terms;
    const { bounds, rates, deductions } = tiers;
    const notional = Math.abs(base) * (isIsolated ? this.entryPrice : price);
    let tier = 0;
    while (notional > bounds[tier]) tier++;
    const backing = isIsolated ? this.margin + base * (price - this.entryPrice) : base * price + this.cash;
    return backing <= rates[tier] * notional - deductions[tier];
  }

  /** Where the position is liquidated if the price gets there; 0 or Infinity where it never is; NaN when flat. */
  liquidationPrice(): number {
    this.findLiquidation();
    return this.liquidation;
  }

  /** Leaves `liquidationPrice()` in `liquidation`. */
  findLiquidation(): void {
    const { base, cash, entryPrice, margin } = this;
    const { isIsolated, tiers } = this.terms;
    const { rates, deductions, bounds } = tiers;
    const absolute = Math.abs(base);
    const side = base > 0 ? 1 : -1;
    if (base === 0) this.liquidation = Number.NaN;
    else if (isIsolated) {
      const notional = absolute * entryPrice;
      let tier = 0;
      while (notional > bounds[tier]) tier++;
      const cushion = margin - (rates[tier] * notional - deductions[tier]);
      this.liquidation = Math.max(0, entryPrice - (side * cushion) / absolute);
    } else {
      // A long meets the largest of its tiers' prices first, a short the smallest; each holds in its own tier alone.
      let nearest = side === 1 ? 0 : Infinity;
      for (let i = 0; i < rates.length; i++) {
        const price = -(cash + deductions[i]) / (base - rates[i] * absolute);
        const notional = absolute * price;
        if (!(price > 0) || notional > bounds[i] || (i > 0 && notional <= bounds[i - 1])) continue;
        if (side === 1 ? price > nearest : price < nearest) nearest = price;
      }
      this.liquidation = nearest;
    }
  }

  /** Where nothing is left behind the position once the fee of closing is paid, quote units; NaN when flat. */
  bankruptcyPrice(feeRate: number): number {
    const { base, cash, entryPrice, margin } = this;
    if (base === 0) return Number.NaN;
    const side = base > 0 ? 1 : -1;
    const owed = this.terms.isIsolated ? base * entryPrice - margin : -cash;
    return Math.max(0, owed / (base * (1 - side * feeRate)));
  }

  /** Largest notional that an equity may carry: leverage, and the cap of each tier, quote units. */
  largestNotional(equity: number): number {
    this.equityToCarry = equity;
    this.findLargest();
    return this.largest;
  }

  /** Leaves the largest notional that `equityToCarry` may carry in `largest`. */
  findLargest(): void {
    const { leverage, tiers } = this.terms;
    const { bounds, maxLeverages } = tiers;
    const equity = this.equityToCarry;
    let largest = 0;
    for (let i = 0; i < bounds.length; i++) {
      const notional = Math.min(bounds[i], equity * Math.min(leverage, maxLeverages[i]));
      if (notional > largest) largest = notional;
    }
    this.largest = largest;
  }

  /** Books `trade`, and describes it in `fill`. The margin follows the position. */
  book(fill: Fill): void {
    const { size, price, quoted, feeRate } = this.trade;
    const before = this.base;
    const magnitude = Math.abs(size);
    const notional = magnitude * price;
    const fee = notional * feeRate;
    const marginRate = this.terms.isIsolated ? 1 / this.terms.leverage : 0;
    let after = before + size;
    if (Math.abs(after) <= 1e-12 * magnitude) after = 0;
    const cashChange = -(after - before) * price - fee;
    if (after === 0) {
      this.entryPrice = 0;
      this.margin = 0;
    } else if (before * after <= 0) {
      this.entryPrice = price;
      this.margin = Math.abs(after) * price * marginRate;
    } else if (Math.abs(after) > Math.abs(before)) {
      const added = after - before;
      this.entryPrice = (this.entryPrice * before + price * added) / after;
      this.margin += Math.abs(added) * price * marginRate;
    } else this.margin *= after / before;
    this.base = after;
    this.cash += cashChange;
    this.totalFees += fee;
    const slippage = magnitude * Math.abs(price - quoted);
    this.totalSlippage += slippage;
    this.totalNotional += notional;
    fill.size = size;
    fill.price = price;
    fill.notional = notional;
    fill.fee = fee;
    fill.slippage = slippage;
    fill.baseChange = after - before;
    fill.cashChange = cashChange;
    fill.interestSettled = 0;
    fill.position = after;
    fill.equity = after * quoted + this.cash;
    fill.liquidation = false;
  }

  /**
   * Exchanges the funding in `fundingMark` and `fundingRate` on the position as it is: mark·rate·size, paid by longs where the rate is positive. With isolated
   * margin what the free wallet cannot pay is taken from the margin.
   */
  exchangeFunding(): void {
    const received = -this.base * this.fundingMark * this.fundingRate;
    this.cash += received;
    this.totalInterest -= received;
    if (!this.terms.isIsolated) return;
    this.margin = Math.max(0, Math.min(this.margin, this.cash + this.base * this.entryPrice));
  }

  /**
   * Liquidates at a price at which the position has no more than its maintenance: tier by tier, then whole. Nothing is
   * worse than the bankruptcy price; beyond it the venue's fund pays, and `deficit` counts it. `fill` describes the last
   * part.
   */
  liquidate(fill: Fill, price: number): void {
    const { tiers, isPartial } = this.terms;
    do {
      const tier = tiers.tierOf(Math.abs(this.base) * price);
      const isCut = isPartial && tier > 0 && this.backing(price) > 0;
      // A hair below the bound, so that rounding does not leave the position in the tier it was to leave.
      this.#reduceTo(fill, isCut ? (BELOW_ONE * tiers.bounds[tier - 1]) / price : 0, price);
    } while (this.isBelowMaintenance(price));
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

  #reduceTo(fill: Fill, keeps: number, price: number): void {
    const { base, trade } = this;
    const side = base > 0 ? 1 : -1;
    const size = side * keeps - base;
    const bankruptcy = this.bankruptcyPrice(0);
    const isGap = side * (price - bankruptcy) < 0;
    const fillPrice = isGap ? bankruptcy : price;
    if (isGap) this.deficit += Math.abs(size) * Math.abs(bankruptcy - price);
    const notional = Math.abs(size) * fillPrice;
    const left = Math.max(0, this.backing(fillPrice));
    trade.size = size;
    trade.price = fillPrice;
    trade.quoted = fillPrice;
    trade.feeRate = notional > 0 ? Math.min(this.terms.liquidationFeeRate, left / notional) : 0;
    this.book(fill);
    fill.liquidation = true;
    this.liquidations++;
    // Rounding leaves a bankrupt account a hair above or below nothing.
    if (this.base === 0 && !this.terms.isIsolated && isGap) this.cash = 0;
    if (this.base === 0 && !(this.cash > 0)) this.alive = false;
  }
}
