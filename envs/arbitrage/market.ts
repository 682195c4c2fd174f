/**
 * Simulates the market of the arbitrage env, without its episodes: a tape of books, the orders that meet it, and what
 * the account is worth.
 */
import type { Rng } from '../../core/rng.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';
import { inventoryValue } from '../../market/arbitrage/inventory-value.ts';
import { PairOrders } from '../../market/arbitrage/pair-orders.ts';
import { createPairPlan, netEdge, planPairInto } from '../../market/arbitrage/pair-plan.ts';
import { type Asset, constantTransfers, type TransferModel } from '../../market/arbitrage/transfers.ts';
import type { DeskListener, VenueDesk } from '../../market/arbitrage/venue-desk.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { BookLevels, Side } from '../../market/execution/book-matcher.ts';
import { builtInParts, type EnvParts } from '../parts.ts';
import type { ArbitrageConfig } from './config.ts';
import { ArbitrageObserver } from './observation.ts';
import { createDeskVenues } from './venues.ts';

/** A trade smaller than this part of the smallest size is not worth an order. */
const SMALLEST_PART = 0.05;
/** Fraction of the base a venue begins with below which an exposure is rounding. */
const DUST = 1e-9;

const BASE_BEFORE = 0;
const QUOTE_BEFORE = 1;
const BASE_PER_VENUE = 2;
const NOW = 3;
const EQUITY = 4;
const EXPOSURE = 5;

export class ArbitrageMarket implements Snapshotable {
  readonly orders: PairOrders;
  readonly desk: VenueDesk;
  readonly observer: ArbitrageObserver;
  /** [S], base units of each size of the configuration. */
  readonly sizes: Float64Array;
  /** The last event seen. */
  row = 0;
  readonly #config: ArbitrageConfig;
  readonly #parts: EnvParts;
  readonly #transfers: TransferModel;
  readonly #plan = createPairPlan();
  readonly #state = new Float64Array(6);
  readonly #isOutright: boolean;
  readonly #hasOutages: boolean;
  #tape: BookTape;
  /** Balances may have changed since the account was valued. */
  #isDirty = true;

  /**
   * @param rng decides latencies and outages
   * @param listener called for every order
   * @param parts what the configuration may name
   */
  constructor(
    tape: BookTape,
    config: ArbitrageConfig,
    rng: Rng,
    listener: DeskListener = {},
    parts: EnvParts = builtInParts,
  ) {
    const { legPolicy: policy, timeToLiveMs, priceMoveRate, maxPairs } = config;
    const venues = createDeskVenues(config, tape.venues.length, tape.depth, rng, parts);
    this.#parts = parts;
    this.orders = new PairOrders(venues, { policy, timeToLiveMs, priceMoveRate, maxPairs }, listener);
    this.desk = this.orders.desk;
    this.observer = new ArbitrageObserver(tape.venues, this.desk, config);
    this.sizes = new Float64Array(config.sizes.length);
    this.#config = config;
    this.#transfers = constantTransfers({
      delayMs: config.transferDelayMs,
      baseFee: config.transferBaseFee,
      quoteFee: config.transferQuoteFee,
      suspended: config.suspendedVenues,
    });
    this.#isOutright = config.valuation === 'outright';
    this.#hasOutages = config.outageEveryMs > 0;
    this.#tape = tape;
  }

  get tape(): BookTape {
    return this.#tape;
  }

  /** UTC epoch of the decision to be made. */
  get nowMs(): number {
    return this.#state[NOW];
  }

  /** Capital at liquidation value, quote units. */
  get equity(): number {
    return this.#state[EQUITY];
  }

  /** Base units above or below those of the beginning. */
  get exposure(): number {
    return this.#state[EXPOSURE];
  }

  /** Restarts the randomness of latencies and outages. */
  reseed(rng: Rng): void {
    const { length } = this.desk.venues;
    const fresh = createDeskVenues(this.#config, length, this.#tape.depth, rng, this.#parts);
    this.desk.venues.forEach(({ latency, outages }, v) => {
      latency.load(fresh[v].latency.save());
      outages.load(fresh[v].outages.save());
    });
  }

  /** Opens the accounts after event `row`, the statistics run in on the events before it. */
  begin(tape: BookTape, row: number): void {
    const { initialEquity, baseShare, sizes, warmupEvents } = this.#config;
    const numVenues = tape.venues.length;
    const startMs = tape.timeMs[row];
    this.#tape = tape;
    this.observer.clear();
    const price = meanMid(tape, row);
    const capital = initialEquity / numVenues;
    const base = (capital * baseShare) / price;
    const quote = capital * (1 - baseShare);
    // A venue that begins without base still trades in the sizes it would have had.
    const unit = base > 0 ? base : capital / price;
    for (let s = 0; s < sizes.length; s++) this.sizes[s] = sizes[s] * unit;
    this.observer.setUnits(this.sizes[sizes.length - 1], unit, quote > 0 ? quote : capital);
    this.orders.reset(
      new Float64Array(numVenues).fill(base),
      new Float64Array(numVenues).fill(quote),
      startMs,
    );
    this.#state[BASE_BEFORE] = this.desk.accounts.totalBase();
    this.#state[QUOTE_BEFORE] = this.desk.accounts.totalQuote();
    this.#state[BASE_PER_VENUE] = unit;
    for (let r = Math.max(0, row - warmupEvents + 1); r <= row; r++) this.#takeEvent(r);
    this.#showLastBooks(row - warmupEvents);
    this.#isDirty = true;
    this.#value();
  }

  /** Moves to the next decision: events, arrivals, valuation. */
  advance(): void {
    const { decisionMs } = this.#config;
    const { timeMs, length } = this.#tape;
    if (decisionMs === 0) {
      this.#takeEvent(this.row + 1);
      this.#value();
      return;
    }
    const until = this.#state[NOW] + decisionMs;
    while (this.row + 1 < length && timeMs[this.row + 1] <= until) this.#takeEvent(this.row + 1);
    this.settle(until);
  }

  /** Moves on to a moment at which no book came: what arrives by then, and the valuation. */
  settle(timeMs: number): void {
    if (this.desk.nextArrivalMs <= timeMs) this.#arrive(timeMs, true);
    this.#state[NOW] = timeMs;
    this.#value();
  }

  /** Values the account after the events so far. */
  settleNow(): void {
    this.#value();
  }

  /** The next event, wherever it comes from. @param levels kept, not copied, until the venue's next book */
  takeBook(venue: number, levels: BookLevels, offset: number, timeMs: number): void {
    if (this.desk.nextArrivalMs < timeMs) this.#arrive(timeMs, false);
    this.row++;
    this.#state[NOW] = timeMs;
    const { matcher, outages } = this.desk.venues[venue];
    matcher.setBook(levels, offset, timeMs);
    if (this.#hasOutages) matcher.isDown = outages.isDown(timeMs);
    if (this.desk.meetBook(venue, timeMs)) {
      this.#isDirty = true;
      for (let v = 0; v < this.desk.venues.length; v++) this.observer.onBook(v);
    } else this.observer.onBook(venue);
  }

  /** Brings the observation up to now. */
  observe(): void {
    this.observer.write(this.desk, this.#state[NOW], this.#state[EXPOSURE], 2 * this.#config.maxPairs);
  }

  /** Whether orders to both venues, and the open exposure, leave room for a new pair. */
  hasRoom(): boolean {
    return (
      this.orders.hasRoom &&
      Math.abs(this.#state[EXPOSURE]) <= this.#config.maxExposure * this.#state[BASE_PER_VENUE]
    );
  }

  /** Base units that balances allow from one venue to another, 0 when one takes no orders now. */
  tradable(buy: number, sell: number): number {
    const { desk } = this;
    const now = this.#state[NOW];
    if (!desk.canSend(buy, now) || !desk.canSend(sell, now)) return 0;
    const ask = desk.venues[buy].matcher.bestPrice(1);
    const bid = desk.venues[sell].matcher.bestPrice(-1);
    if (ask === 0 || bid === 0 || bid / ask - 1 > this.#config.maxEdgeRate) return 0;
    if (netEdge(ask, bid, desk.takerFees[buy], desk.takerFees[sell]) < this.#config.minEdgeRate) return 0;
    const limit = ask * (1 + this.#config.limitRate);
    const size = Math.min(desk.affordable(buy, 1, limit), desk.affordable(sell, -1, 0));
    return size >= SMALLEST_PART * this.sizes[0] ? size : 0;
  }

  /** Sends a pair of orders; false when balances, limits or books forbid it. */
  trade(buy: number, sell: number, size: number): boolean {
    const tradable = this.tradable(buy, sell);
    if (tradable === 0 || !this.hasRoom()) return false;
    const { venues } = this.desk;
    const { limitRate, walkRate, minEdgeRate } = this.#config;
    const { takerFees } = this.desk;
    const lowestRatio = ((1 + minEdgeRate) * (1 + takerFees[buy])) / (1 - takerFees[sell]);
    const plan = this.#plan;
    const largest = Math.min(size, tradable);
    planPairInto(plan, venues[buy].matcher, venues[sell].matcher, largest, walkRate, lowestRatio);
    const { buyPrice, sellPrice } = plan;
    if (plan.size < SMALLEST_PART * this.sizes[0]) return false;
    const limits = [buyPrice * (1 + limitRate), sellPrice * (1 - limitRate)];
    const isSent = this.orders.send(buy, sell, plan.size, limits[0], limits[1], this.#state[NOW]);
    this.#meetAtOnce();
    return isSent;
  }

  /** The venue at which the open exposure would be closed; −1 when there is none to close, or nowhere to. */
  flattenVenue(): number {
    const exposure = this.#state[EXPOSURE];
    const { desk } = this;
    if (exposure === 0 || desk.numUnderWay > 0) return -1;
    const side: Side = exposure > 0 ? -1 : 1;
    let best = -1;
    let bestPrice = 0;
    for (let v = 0; v < desk.venues.length; v++) {
      const price = desk.venues[v].matcher.bestPrice(side);
      if (price === 0 || !desk.canSend(v, this.#state[NOW])) continue;
      if (desk.affordable(v, side, price * (1 + this.#config.priceMoveRate)) < Math.abs(exposure) * DUST)
        continue;
      if (best < 0 || side * (price - bestPrice) < 0) {
        best = v;
        bestPrice = price;
      }
    }
    return best;
  }

  /** Sends one order that closes the open exposure; false when nothing could be sent. */
  flatten(): boolean {
    const venue = this.flattenVenue();
    if (venue < 0) return false;
    const exposure = this.#state[EXPOSURE];
    const side: Side = exposure > 0 ? -1 : 1;
    const price = this.desk.venues[venue].matcher.bestPrice(side);
    const limit = price * (1 + side * this.#config.priceMoveRate);
    const isSent = this.orders.sendSingle(venue, side, Math.abs(exposure), limit, this.#state[NOW]);
    this.#meetAtOnce();
    return isSent;
  }

  /** What a transfer begun now would move; 0 when it is not possible. */
  movable(asset: Asset, from: number, to: number): number {
    const { accounts } = this.desk;
    const terms = this.#transfers.terms(asset, from, to, this.#state[NOW]);
    if (terms === undefined) return 0;
    const free = asset === 'base' ? accounts.freeBase(from) : accounts.freeQuote(from);
    const amount = free * this.#config.transferShare;
    return amount > terms.fee && amount >= terms.minimum ? amount : 0;
  }

  /** Begins a transfer; false when it is not possible. */
  move(asset: Asset, from: number, to: number): boolean {
    const amount = this.movable(asset, from, to);
    const terms = this.#transfers.terms(asset, from, to, this.#state[NOW]);
    if (amount === 0 || terms === undefined) return false;
    this.#isDirty = true;
    const arrivalMs = this.#state[NOW] + terms.delayMs;
    return this.desk.accounts.transfer(asset, from, to, amount, terms.fee, arrivalMs);
  }

  save(): Snapshot {
    const observer = Object.fromEntries(
      Object.entries(this.observer.state).map(([name, array]) => [name, array.slice()]),
    );
    const state = { sizes: this.sizes.slice(), state: this.#state.slice() };
    return joinSnapshots({
      orders: this.orders.save(),
      observer: { arrays: observer, values: {} },
      market: { arrays: state, values: {} },
    });
  }

  /** @param tape the one that was saved from, at the row that was saved at */
  restore(snapshot: Snapshot, tape: BookTape, row: number): void {
    this.#tape = tape;
    this.row = row;
    this.load(snapshot);
  }

  load(snapshot: Snapshot): void {
    this.orders.load(snapshotPart(snapshot, 'orders'));
    for (const [name, array] of Object.entries(this.observer.state)) {
      restoreArrayInto(array, snapshot, `observer/${name}`);
    }
    restoreArrayInto(this.sizes, snapshot, 'market/sizes');
    restoreArrayInto(this.#state, snapshot, 'market/state');
    this.#isDirty = true;
  }

  #takeEvent(row: number): void {
    const tape = this.#tape;
    this.row = row - 1;
    this.takeBook(tape.venue[row], tape, row * tape.depth, tape.timeMs[row]);
  }

  #arrive(timeMs: number, inclusive: boolean): void {
    if (inclusive) this.desk.arriveUpTo(timeMs);
    else this.desk.arriveBefore(timeMs);
    this.#isDirty = true;
    for (let v = 0; v < this.desk.venues.length; v++) this.observer.onBook(v);
  }

  /** Orders without latency meet the book that was decided on. */
  #meetAtOnce(): void {
    this.#isDirty = true;
    const now = this.#state[NOW];
    if (this.desk.nextArrivalMs <= now) this.#arrive(now, true);
  }

  /** Venues that were silent throughout the warm-up show their last book, as old as it is. */
  #showLastBooks(before: number): void {
    const tape = this.#tape;
    for (let v = 0; v < this.desk.venues.length; v++) {
      if (this.observer.midOf(v) > 0) continue;
      let row = before;
      while (row >= 0 && tape.venue[row] !== v) row--;
      if (row < 0) continue;
      this.desk.venues[v].matcher.setBook(tape, row * tape.depth, tape.timeMs[row]);
      this.observer.onBook(v);
    }
  }

  #value(): void {
    const state = this.#state;
    if (!this.#isDirty && !this.#isOutright && state[EXPOSURE] === 0) return;
    this.#isDirty = false;
    const { accounts } = this.desk;
    const base = accounts.totalBase();
    const difference = base - state[BASE_BEFORE];
    const exposure = Math.abs(difference) > DUST * state[BASE_PER_VENUE] ? difference : 0;
    state[EXPOSURE] = exposure;
    const value = inventoryValue(this.desk, this.#isOutright ? base : exposure);
    const before = this.#isOutright ? 0 : this.#config.initialEquity - state[QUOTE_BEFORE];
    state[EQUITY] = before + accounts.totalQuote() + value;
  }
}

/** Mean over the venues of the mid of the last book up to a row. */
function meanMid({ venues, venue, depth, bidPrices, askPrices }: BookTape, row: number): number {
  const seen = new Set<number>();
  let sum = 0;
  for (let r = row; r >= 0 && seen.size < venues.length; r--) {
    const bid = bidPrices[r * depth];
    const ask = askPrices[r * depth];
    if (seen.has(venue[r]) || bid === 0 || ask === 0) continue;
    seen.add(venue[r]);
    sum += 0.5 * (bid + ask);
  }
  return sum / seen.size;
}
