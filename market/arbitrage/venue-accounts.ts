/** Accounts for what is owned at each venue: base, quote, what open orders hold, and what is on its way between venues. */
import { restoreArrayInto, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';
import type { Side } from '../execution/book-matcher.ts';
import type { Asset } from './transfers.ts';

// V: venues. S: transfers that can be under way.

const MAX_TRANSFERS = 32;

/**
 * Spot balances. Nothing is lent: an order holds what it may cost, so no balance ever falls below zero. Money leaves
 * by fees alone, which are counted; balances, what is under way, and fees add up to what was there at the beginning.
 */
export class VenueAccounts implements Snapshotable {
  /** [V], base units, held ones included */
  readonly base: Float64Array;
  /** [V], quote units, held ones included */
  readonly quote: Float64Array;
  /** [V] */
  readonly heldBase: Float64Array;
  /** [V] */
  readonly heldQuote: Float64Array;
  /** Quote fees of trades, quote fees of transfers, base fees of transfers; each paid so far. */
  readonly fees = new Float64Array(3);
  /** Base and quote under way between venues. */
  readonly underWay = new Float64Array(2);
  readonly #amounts = new Float64Array(MAX_TRANSFERS); // [S], 0: the slot is free
  readonly #fees = new Float64Array(MAX_TRANSFERS); // [S]
  readonly #arrivals = new Float64Array(MAX_TRANSFERS).fill(Infinity); // [S]
  readonly #routes = new Int32Array(2 * MAX_TRANSFERS); // [S, 2], destination, 0 base or 1 quote
  readonly #nextArrival = Float64Array.of(Infinity);

  constructor(numVenues: number) {
    this.base = new Float64Array(numVenues);
    this.quote = new Float64Array(numVenues);
    this.heldBase = new Float64Array(numVenues);
    this.heldQuote = new Float64Array(numVenues);
  }

  /** When the next transfer arrives, UTC epoch; Infinity when none is under way. */
  get nextArrivalMs(): number {
    return this.#nextArrival[0];
  }

  /** Opens every account anew. */
  reset(base: ArrayLike<number>, quote: ArrayLike<number>): void {
    this.base.set(base);
    this.quote.set(quote);
    for (const array of [this.heldBase, this.heldQuote, this.fees, this.underWay, this.#amounts])
      array.fill(0);
    this.#arrivals.fill(Infinity);
    this.#nextArrival[0] = Infinity;
  }

  freeBase(venue: number): number {
    return this.base[venue] - this.heldBase[venue];
  }

  freeQuote(venue: number): number {
    return this.quote[venue] - this.heldQuote[venue];
  }

  /** Base units everywhere, on their way included. */
  totalBase(): number {
    let sum = this.underWay[0];
    for (let v = 0; v < this.base.length; v++) sum += this.base[v];
    return sum;
  }

  /** Quote units everywhere, on their way included. */
  totalQuote(): number {
    let sum = this.underWay[1];
    for (let v = 0; v < this.quote.length; v++) sum += this.quote[v];
    return sum;
  }

  /**
   * Books a trade. Fees are paid in quote.
   * @param size base units
   * @param notional size · price, quote units
   * @param feeRate fraction of notional
   */
  settle(venue: number, side: Side, size: number, notional: number, feeRate: number): void {
    const fee = notional * feeRate;
    this.base[venue] += side * size;
    this.quote[venue] -= side * notional + fee;
    this.fees[0] += fee;
  }

  /**
   * Sends an amount from one venue to another; false, and nothing done, when too many are under way.
   * @param fee units of the asset, less than the amount, taken from what arrives
   */
  transfer(asset: Asset, from: number, to: number, amount: number, fee: number, arrivalMs: number): boolean {
    const slot = this.#amounts.indexOf(0);
    if (slot < 0) return false;
    const kind = asset === 'base' ? 0 : 1;
    (kind === 0 ? this.base : this.quote)[from] -= amount;
    this.underWay[kind] += amount;
    this.#amounts[slot] = amount;
    this.#fees[slot] = fee;
    this.#arrivals[slot] = arrivalMs;
    this.#routes[2 * slot] = to;
    this.#routes[2 * slot + 1] = kind;
    if (arrivalMs < this.#nextArrival[0]) this.#nextArrival[0] = arrivalMs;
    return true;
  }

  /** Credits every transfer that has arrived by now. */
  receive(nowMs: number): void {
    if (nowMs < this.#nextArrival[0]) return;
    let next = Infinity;
    let numUnderWay = 0;
    for (let slot = 0; slot < MAX_TRANSFERS; slot++) {
      const amount = this.#amounts[slot];
      if (amount === 0) continue;
      if (this.#arrivals[slot] > nowMs) {
        next = Math.min(next, this.#arrivals[slot]);
        numUnderWay++;
        continue;
      }
      const kind = this.#routes[2 * slot + 1];
      (kind === 0 ? this.base : this.quote)[this.#routes[2 * slot]] += amount - this.#fees[slot];
      this.fees[kind === 0 ? 2 : 1] += this.#fees[slot];
      this.underWay[kind] -= amount;
      this.#amounts[slot] = 0;
      this.#arrivals[slot] = Infinity;
    }
    // Sums of fractions need not come back to nothing.
    if (numUnderWay === 0) this.underWay.fill(0);
    this.#nextArrival[0] = next;
  }

  save(): Snapshot {
    return {
      arrays: Object.fromEntries(Object.entries(this.#state()).map(([name, array]) => [name, array.slice()])),
      values: {},
    };
  }

  load(snapshot: Snapshot): void {
    for (const [name, array] of Object.entries(this.#state())) restoreArrayInto(array, snapshot, name);
  }

  #state(): Record<string, Float64Array | Int32Array> {
    const { base, quote, heldBase, heldQuote, fees, underWay } = this;
    return {
      base,
      quote,
      heldBase,
      heldQuote,
      fees,
      underWay,
      amounts: this.#amounts,
      transferFees: this.#fees,
      arrivals: this.#arrivals,
      routes: this.#routes,
      nextArrival: this.#nextArrival,
    };
  }
}
