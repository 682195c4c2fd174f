/** Accounts for what is owned at several exchanges in several currencies: balances, contracts, and what is on its way. */
import { restoreArrayInto, type Snapshot, type Snapshotable } from '../../../core/snapshot.ts';
import type { Side } from '../../execution/book-matcher.ts';
import type { LegPlan } from './plan.ts';

const MAX_TRANSFERS = 16;

/**
 * A contract is booked as if its base had been bought: its collateral pays size·price and owns the position, so that what a
 * pocket of collateral is worth is its amount + Σ position·mark. Amounts change by trades, fees, funding, transfers, and by
 * what an exchange's fund covers of a bankruptcy; each is summed, so that all of it adds up.
 */
export class Pockets implements Snapshotable {
  /** [P], held ones included; collateral may be negative, its worth not */
  readonly amounts: Float64Array;
  /** [P], what orders under way may cost */
  readonly held: Float64Array;
  /** [M], signed base units of contracts */
  readonly positions: Float64Array;
  /** [K], on its way between exchanges */
  readonly underWay: Float64Array;
  /** [K], paid so far */
  readonly fees: Float64Array;
  /** [K], received less paid */
  readonly funding: Float64Array;
  /** [K], what trades brought less what they cost, fees left out; of contracts too */
  readonly traded: Float64Array;
  /** [K], losses beyond the collateral, borne by the exchange's fund */
  readonly covered: Float64Array;
  readonly #plan: LegPlan;
  readonly #sent = new Float64Array(MAX_TRANSFERS); // 0: the slot is free
  readonly #sentFees = new Float64Array(MAX_TRANSFERS);
  readonly #arrivals = new Float64Array(MAX_TRANSFERS).fill(Infinity);
  readonly #to = new Int32Array(MAX_TRANSFERS);
  readonly #next = Float64Array.of(Infinity);

  constructor(plan: LegPlan) {
    this.#plan = plan;
    const numCurrencies = plan.currencies.length;
    this.amounts = new Float64Array(plan.pockets.length);
    this.held = new Float64Array(plan.pockets.length);
    this.positions = new Float64Array(plan.markets.length);
    this.underWay = new Float64Array(numCurrencies);
    this.fees = new Float64Array(numCurrencies);
    this.funding = new Float64Array(numCurrencies);
    this.traded = new Float64Array(numCurrencies);
    this.covered = new Float64Array(numCurrencies);
  }

  /** When the next transfer arrives, UTC epoch; Infinity when none is under way. */
  get nextArrivalMs(): number {
    return this.#next[0];
  }

  reset(amounts: ArrayLike<number>): void {
    for (const array of Object.values(this.#state())) array.fill(0);
    this.amounts.set(amounts);
    this.#arrivals.fill(Infinity);
    this.#next[0] = Infinity;
  }

  /** Units of a currency everywhere, on their way and in contracts included. */
  total(currency: number): number {
    const { pockets, markets, baseCurrency } = this.#plan;
    let sum = this.underWay[currency];
    for (let p = 0; p < pockets.length; p++) if (pockets[p].currency === currency) sum += this.amounts[p];
    for (let m = 0; m < markets.length; m++) {
      if (baseCurrency[m] === currency) sum += this.positions[m];
    }
    return sum;
  }

  /** Books a trade of a market. Fees are paid in quote. @param notional size · price, quote units */
  settle(market: number, side: Side, size: number, notional: number, feeRate: number): void {
    const { basePocket, quotePocket, baseCurrency, quoteCurrency } = this.#plan;
    const fee = notional * feeRate;
    if (basePocket[market] >= 0) this.amounts[basePocket[market]] += side * size;
    else this.positions[market] += side * size;
    this.amounts[quotePocket[market]] -= side * notional + fee;
    this.traded[baseCurrency[market]] += side * size;
    this.traded[quoteCurrency[market]] -= side * notional;
    this.fees[quoteCurrency[market]] += fee;
  }

  /** Exchanges funding on a market's position. */
  exchangeFunding(market: number, mark: number, rate: number): void {
    const received = -this.positions[market] * mark * rate;
    this.amounts[this.#plan.quotePocket[market]] += received;
    this.funding[this.#plan.quoteCurrency[market]] += received;
  }

  /** The exchange's fund brings collateral whose positions are closed back to nothing. */
  cover(pocket: number): void {
    const missing = -this.amounts[pocket];
    if (!(missing > 0)) return;
    this.amounts[pocket] = 0;
    this.covered[this.#plan.pockets[pocket].currency] += missing;
  }

  /** Sends an amount to another pocket of its currency; false, and nothing done, when too many are under way. */
  transfer(from: number, to: number, amount: number, fee: number, arrivalMs: number): boolean {
    const slot = this.#sent.indexOf(0);
    if (slot < 0) return false;
    this.amounts[from] -= amount;
    this.underWay[this.#plan.pockets[from].currency] += amount;
    this.#sent[slot] = amount;
    this.#sentFees[slot] = fee;
    this.#arrivals[slot] = arrivalMs;
    this.#to[slot] = to;
    if (arrivalMs < this.#next[0]) this.#next[0] = arrivalMs;
    return true;
  }

  /** Credits every transfer that has arrived by now. */
  receive(nowMs: number): void {
    if (nowMs < this.#next[0]) return;
    let next = Infinity;
    for (let slot = 0; slot < MAX_TRANSFERS; slot++) {
      const amount = this.#sent[slot];
      if (amount === 0) continue;
      if (this.#arrivals[slot] > nowMs) {
        next = Math.min(next, this.#arrivals[slot]);
        continue;
      }
      const { currency } = this.#plan.pockets[this.#to[slot]];
      this.amounts[this.#to[slot]] += amount - this.#sentFees[slot];
      this.fees[currency] += this.#sentFees[slot];
      this.underWay[currency] -= amount;
      this.#sent[slot] = 0;
      this.#arrivals[slot] = Infinity;
    }
    if (next === Infinity) this.underWay.fill(0);
    this.#next[0] = next;
  }

  save(): Snapshot {
    const arrays = { ...this.#state(), arrivals: this.#arrivals, next: this.#next };
    return {
      arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])),
      values: {},
    };
  }

  load(snapshot: Snapshot): void {
    for (const [name, array] of Object.entries(this.#state())) restoreArrayInto(array, snapshot, name);
    restoreArrayInto(this.#arrivals, snapshot, 'arrivals');
    restoreArrayInto(this.#next, snapshot, 'next');
  }

  #state(): Record<string, Float64Array | Int32Array> {
    const { amounts, held, positions, underWay, fees, funding, traded, covered } = this;
    const sent = { sent: this.#sent, sentFees: this.#sentFees, to: this.#to };
    return { amounts, held, positions, underWay, fees, funding, traded, covered, ...sent };
  }
}
