/** Rests orders at one market and hedges what fills at another: queue position, amending and cancelling take their time. */
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../../core/snapshot.ts';
import type { TradeTape } from '../../books/trade-tape.ts';
import type { Side } from '../../execution/book-matcher.ts';
import { QueuePosition } from '../../execution/queue-position.ts';
import { firstAfter, type LegDesk } from './desk.ts';

/** Bids first. */
const SIDES = [1, -1] as const;
const NONE = 0;
const PLACE = 1;
const CANCEL = 2;
/** What is less than this part of a quote is rounding, and is not hedged. */
const DUST = 1e-9;

export interface QuoteDeskOptions {
  readonly desk: LegDesk;
  /** Where orders rest; a spot market. */
  readonly market: number;
  /** Where what fills is traded back; a spot market of the same base. */
  readonly hedge: number;
  /** How much worse than the price that the news of a fill meets the hedge may fill, fraction. */
  readonly hedgeLimitRate: number;
}

/**
 * One bid and one ask at a market, post-only, each with at most one request under way. A request takes the market's latency;
 * until then what rests goes on resting, and may fill. An amended order moves to the end of the queue at its new price, less
 * what has filled on the way; one that would trade on arrival is refused, and what it was to replace is gone. An order is met by trades at its price once
 * those before it are served, and by trades or books beyond it; where there are no trades, by books beyond it alone. The news
 * of a fill takes the market's latency, and the hedge that of its own.
 *
 * Biases. Others do not react to our orders. What others withdraw before us is only known when the level shows less than that.
 * At a price that the book does not show as far down, as much as at the last level is taken to stand before us.
 */
export class QuoteDesk implements Snapshotable {
  readonly market: number;
  readonly hedge: number;
  readonly makerFee: number;
  /** Fills, base units filled, requests refused, requests sent. */
  readonly counts = new Float64Array(4);
  readonly #desk: LegDesk;
  readonly #hedgeLimitRate: number;
  /** Price of the order of a side that rests; 0: none. */
  readonly #prices = new Float64Array(2);
  readonly #queues = [new QueuePosition(0, 0), new QueuePosition(0, 0)] as const;
  readonly #reserved = new Float64Array(2);
  /** [1], base units everywhere at the beginning: what is beyond them is open */
  readonly #before = new Float64Array(1);
  /** Request of a side under way: arrival, price, size. */
  readonly #arrivals = new Float64Array(2).fill(Infinity);
  readonly #askedPrices = new Float64Array(2);
  readonly #askedSizes = new Float64Array(2);
  readonly #asked = new Int32Array(2);
  #trades: TradeTape | undefined;
  #nextTrade = 0;

  constructor({ desk, market, hedge, hedgeLimitRate }: QuoteDeskOptions) {
    this.#desk = desk;
    this.market = market;
    this.hedge = hedge;
    this.#hedgeLimitRate = hedgeLimitRate;
    this.makerFee = desk.plan.markets[market].instrument.fees.feeRate('maker');
  }

  /** Price of what rests on a side, quote units; 0: nothing does. */
  price(side: Side): number {
    return this.#prices[side === 1 ? 0 : 1];
  }

  /** Base units that rest on a side. */
  open(side: Side): number {
    const s = side === 1 ? 0 : 1;
    return this.#prices[s] === 0 ? 0 : this.#queues[s].open;
  }

  /** Base units that are served before ours. */
  ahead(side: Side): number {
    const s = side === 1 ? 0 : 1;
    return this.#prices[s] === 0 ? 0 : this.#queues[s].ahead;
  }

  isPending(side: Side): boolean {
    return this.#asked[side === 1 ? 0 : 1] !== NONE;
  }

  /** Forgets every order. @param timeMs trades after it count */
  reset(trades: TradeTape | undefined, timeMs: number): void {
    const { plan, pockets } = this.#desk;
    this.#before[0] = pockets.total(plan.baseCurrency[this.market]);
    this.#prices.fill(0);
    this.#reserved.fill(0);
    this.#asked.fill(NONE);
    this.#arrivals.fill(Infinity);
    this.counts.fill(0);
    for (const queue of this.#queues) queue.restart(0, 0);
    this.#trades = trades;
    this.#nextTrade = trades === undefined ? 0 : firstAfter(trades.timeMs, timeMs);
  }

  /** Largest order that balances here and there pay for, base units; what a request of this side releases included. */
  affordable(side: Side, price: number): number {
    const desk = this.#desk;
    const { basePocket, quotePocket } = desk.plan;
    const own = this.#reserved[side === 1 ? 0 : 1];
    const { hedge, market } = this;
    const back = -side as Side;
    const there = desk.affordable(hedge, back, desk.matchers[hedge].bestPrice(back));
    const here =
      side === 1
        ? (desk.free(quotePocket[market]) + own) / (price * (1 + Math.max(0, this.makerFee)))
        : desk.free(basePocket[market]) + own;
    return Math.min(here, there) * (1 - 1e-12);
  }

  /**
   * Places an order, or moves the one that rests. @returns base units asked for; 0: nothing is sent, as a request is under
   * way, or balances, lots or the smallest order do not allow it
   */
  place(side: Side, price: number, size: number, nowMs: number): number {
    const s = side === 1 ? 0 : 1;
    const { market } = this;
    const desk = this.#desk;
    const { steps, settings } = desk.plan.markets[market].instrument;
    const rounded = side === 1 ? steps.floor(price) : steps.ceil(price);
    if (this.#asked[s] !== NONE || !(rounded > 0)) return 0;
    // Of an order that is moved, what fills on the way is paid at its own price.
    const dearest = side === 1 ? Math.max(rounded, this.#prices[s]) : rounded;
    const accepted = desk.matchers[market].acceptedSize(Math.min(size, this.affordable(side, dearest)));
    if (accepted === 0 || accepted * rounded < settings.minNotional) return 0;
    this.#ask(s, PLACE, nowMs);
    this.#askedPrices[s] = rounded;
    this.#askedSizes[s] = accepted;
    // Until it arrives either of the two may fill.
    this.#reserve(s, Math.max(this.#reserved[s], this.#cost(s, dearest, accepted)));
    return accepted;
  }

  /** Withdraws what rests on a side; false: nothing does, or a request is under way. */
  cancel(side: Side, nowMs: number): boolean {
    const s = side === 1 ? 0 : 1;
    if (this.#asked[s] !== NONE || this.#prices[s] === 0) return false;
    this.#ask(s, CANCEL, nowMs);
    return true;
  }

  /** Lets requests arrive and trades happen up to a time. @param inclusive also at that very time */
  upTo(timeMs: number, inclusive: boolean): void {
    const trades = this.#trades;
    while (true) {
      const s = this.#arrivals[0] <= this.#arrivals[1] ? 0 : 1;
      const arrival = this.#arrivals[s];
      const trade =
        trades !== undefined && this.#nextTrade < trades.length ? trades.timeMs[this.#nextTrade] : Infinity;
      const next = Math.min(arrival, trade);
      if (!(next < timeMs || (inclusive && next === timeMs))) return;
      // A trade at the very time of an arrival came first.
      if (trade <= arrival) this.#onTrade(trades!, this.#nextTrade++);
      else this.#meet(s);
    }
  }

  /** The market where orders rest shows a new book. */
  onBook(nowMs: number): void {
    const desk = this.#desk;
    const matcher = desk.matchers[this.market];
    for (let s = 0; s < 2; s++) {
      const price = this.#prices[s];
      if (price === 0) continue;
      const queue = this.#queues[s];
      const side = SIDES[s];
      const other = matcher.bestPrice(side);
      if (other > 0 && (side === 1 ? other <= price : other >= price)) {
        const crossing = matcher.take(side, queue.open, price, nowMs);
        if (crossing > 0) this.#fill(s, queue.onCrossed(crossing), nowMs);
        continue;
      }
      queue.onDisplayed(this.#displayed(side, price));
    }
  }

  /** Trades back at the other market what no order under way does; what could not be sent waits for the next event. */
  hedgeOpen(nowMs: number): void {
    const desk = this.#desk;
    const { hedge, market } = this;
    const base = desk.plan.baseCurrency[market];
    const total = desk.pockets.total(base);
    const open = total - this.#before[0] + desk.underWay(hedge) + desk.underWay(market);
    if (Math.abs(open) <= DUST * Math.max(1, Math.abs(total)) || !desk.canSend(hedge, nowMs)) return;
    const side: Side = open > 0 ? -1 : 1;
    const reference = desk.matchers[hedge].bestPrice(side);
    if (reference === 0) return;
    const sentMs = nowMs + desk.latencies[market].latencyMs(nowMs);
    desk.send(hedge, side, Math.abs(open), reference * (1 + side * this.#hedgeLimitRate), sentMs);
  }

  save(): Snapshot {
    const [bid, ask] = this.#queues;
    return joinSnapshots({
      quotes: {
        arrays: {
          counts: this.counts.slice(),
          prices: this.#prices.slice(),
          queues: Float64Array.of(bid.ahead, bid.open, ask.ahead, ask.open),
          reserved: this.#reserved.slice(),
          before: this.#before.slice(),
          arrivals: this.#arrivals.slice(),
          askedPrices: this.#askedPrices.slice(),
          askedSizes: this.#askedSizes.slice(),
          asked: this.#asked.slice(),
        },
        values: { nextTrade: this.#nextTrade },
      },
    });
  }

  /** @param trades those that it was saved with */
  restore(snapshot: Snapshot, trades: TradeTape | undefined): void {
    this.#trades = trades;
    this.load(snapshot);
  }

  load(snapshot: Snapshot): void {
    const own = snapshotPart(snapshot, 'quotes');
    restoreArrayInto(this.counts, own, 'counts');
    restoreArrayInto(this.#prices, own, 'prices');
    restoreArrayInto(this.#reserved, own, 'reserved');
    restoreArrayInto(this.#before, own, 'before');
    restoreArrayInto(this.#arrivals, own, 'arrivals');
    restoreArrayInto(this.#askedPrices, own, 'askedPrices');
    restoreArrayInto(this.#askedSizes, own, 'askedSizes');
    restoreArrayInto(this.#asked, own, 'asked');
    const queues = new Float64Array(4);
    restoreArrayInto(queues, own, 'queues');
    this.#queues[0].restart(queues[0], queues[1]);
    this.#queues[1].restart(queues[2], queues[3]);
    this.#nextTrade = restoreNumber(own, 'nextTrade');
  }

  #ask(s: number, what: number, nowMs: number): void {
    this.#asked[s] = what;
    this.#arrivals[s] = nowMs + this.#desk.latencies[this.market].latencyMs(nowMs);
    this.counts[3]++;
  }

  #cost(s: number, price: number, size: number): number {
    return s === 0 ? price * size * (1 + Math.max(0, this.makerFee)) : size;
  }

  #reserve(s: number, amount: number): void {
    const { basePocket, quotePocket } = this.#desk.plan;
    const { reserved } = this.#desk;
    const pocket = s === 0 ? quotePocket[this.market] : basePocket[this.market];
    this.#reserved[s] = amount;
    // A bid and an ask of one market reserve different pockets.
    reserved[pocket] = amount;
  }

  #remove(s: number): void {
    this.#prices[s] = 0;
    this.#queues[s].restart(0, 0);
    this.#reserve(s, this.#pendingCost(s));
  }

  /** A request reaches the market. */
  #meet(s: number): void {
    const what = this.#asked[s];
    this.#arrivals[s] = Infinity;
    this.#asked[s] = NONE;
    this.#remove(s);
    if (what === CANCEL) return;
    const size = this.#desk.matchers[this.market].acceptedSize(this.#askedSizes[s]);
    const side = SIDES[s];
    const price = this.#askedPrices[s];
    const matcher = this.#desk.matchers[this.market];
    const other = matcher.bestPrice(side);
    const trades = other > 0 && (side === 1 ? price >= other : price <= other);
    if (trades || matcher.isDown || size === 0) {
      this.counts[2]++;
      return;
    }
    this.#prices[s] = price;
    this.#queues[s].restart(this.#displayed(side, price), size);
    this.#reserve(s, this.#cost(s, price, size));
  }

  /** What the book shows at a price of our side; at one that it does not reach down to, as much as at its last level. */
  #displayed(side: Side, price: number): number {
    const matcher = this.#desk.matchers[this.market];
    const own = -side as Side;
    let last = 0;
    for (let k = 0; k < matcher.depth; k++) {
      const at = matcher.priceAt(own, k);
      if (at === 0) return last;
      if (at === price) return matcher.sizeAt(own, k);
      if (side === 1 ? at < price : at > price) return 0;
      last = matcher.sizeAt(own, k);
    }
    return last;
  }

  #onTrade(trades: TradeTape, n: number): void {
    if (trades.venue[n] !== this.market) return;
    const price = trades.prices[n];
    let left = trades.sizes[n];
    for (let s = 0; s < 2 && left > 0; s++) {
      const own = this.#prices[s];
      if (own === 0 || trades.sides[n] === SIDES[s]) continue;
      const isBeyond = s === 0 ? price < own : price > own;
      const isAt = price === own && trades.sides[n] !== 0;
      if (!isBeyond && !isAt) continue;
      const queue = this.#queues[s];
      const filled = isBeyond ? queue.onCrossed(left) : queue.onTrade(left);
      left -= filled;
      if (filled > 0) this.#fill(s, filled, trades.timeMs[n]);
    }
  }

  #fill(s: number, filled: number, timeMs: number): void {
    const price = this.#prices[s];
    const { open } = this.#queues[s];
    this.counts[0]++;
    this.counts[1] += filled;
    this.#desk.settleMaker(this.market, SIDES[s], filled, price, this.makerFee, timeMs);
    // What fills of an order is asked for no more by the one that is to replace it.
    if (this.#asked[s] === PLACE) this.#askedSizes[s] = Math.max(0, this.#askedSizes[s] - filled);
    if (open > 0) {
      const rest = this.#asked[s] === PLACE ? Math.max(open, this.#askedSizes[s]) : open;
      const dearest = this.#asked[s] === PLACE && s === 0 ? Math.max(price, this.#askedPrices[s]) : price;
      this.#reserve(s, this.#cost(s, dearest, rest));
    } else this.#remove(s);
    this.hedgeOpen(timeMs);
  }

  #pendingCost(s: number): number {
    return this.#asked[s] === PLACE ? this.#cost(s, this.#askedPrices[s], this.#askedSizes[s]) : 0;
  }
}
