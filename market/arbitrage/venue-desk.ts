/** Sends orders to several venues: each travels for as long as its latency says and meets the book that is there then. */
import {
  joinSnapshots,
  restoreArrayInto,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';
import type { BookMatcher, Side } from '../execution/book-matcher.ts';
import type { FeeModel } from '../execution/fees.ts';
import type { LatencyModel } from '../execution/latency.ts';
import type { OutageModel } from '../execution/outages.ts';
import type { RateLimit } from '../execution/rate-limit.ts';
import { VenueAccounts } from './venue-accounts.ts';

// V: venues. M: orders that can be under way.

/** One venue as an order meets it. */
export interface DeskVenue {
  readonly matcher: BookMatcher;
  readonly fees: FeeModel;
  readonly latency: LatencyModel;
  readonly outages: OutageModel;
  /** Absent: any number of orders. */
  readonly rateLimit?: RateLimit;
}

/** An order as it is sent; one reused object. */
export interface SentLeg {
  /** What the sender named it by. */
  tag: number;
  venue: number;
  side: Side;
  /** Base units, as the venue's rules leave it. */
  size: number;
  /** Worst price, quote units. */
  limit: number;
  /** Mid of the venue, quote units; 0 where the book has no bid or no ask. */
  mid: number;
  /** UTC epoch. */
  timeMs: number;
  /** When it meets the book, UTC epoch. */
  arrivalMs: number;
}

/** What became of an order; one reused object. */
export interface LegReport {
  /** What the sender named it by. */
  tag: number;
  venue: number;
  side: Side;
  /** Base units. */
  filled: number;
  /** Quote units, before fees. */
  notional: number;
  /** Quote units. */
  fee: number;
  /** Mid of the venue when it was sent, quote units; 0 where the book had no bid or no ask. */
  mid: number;
  /** When it met the book, UTC epoch. */
  timeMs: number;
}

/** Called for orders. */
export interface DeskListener {
  /** Called for every order that leaves; the object is reused by the next one. */
  readonly onSend?: (order: Readonly<SentLeg>) => void;
  /** Called for every order when it has met its book, filled or not; the object is reused by the next one. */
  readonly onReport?: (report: Readonly<LegReport>) => void;
}

const MAX_ORDERS = 32;
/** Keeps the cost of a whole balance from exceeding it by a rounding. */
const BELOW_ONE = 1 - 1e-12;

/** The immediate-or-cancel orders of one trader and the balances they change. */
export class VenueDesk implements Snapshotable {
  readonly venues: readonly DeskVenue[];
  readonly accounts: VenueAccounts;
  /** [V], fraction of notional */
  readonly takerFees: Float64Array;
  readonly #listener: DeskListener;
  readonly #order: SentLeg;
  readonly #report: LegReport;
  readonly #arrivals = new Float64Array(MAX_ORDERS).fill(Infinity); // [M], Infinity: the slot is free
  readonly #sizes = new Float64Array(MAX_ORDERS); // [M]
  readonly #limits = new Float64Array(MAX_ORDERS); // [M]
  readonly #mids = new Float64Array(MAX_ORDERS); // [M]
  readonly #held = new Float64Array(MAX_ORDERS); // [M], quote of a buyer, base of a seller
  readonly #parties = new Int32Array(3 * MAX_ORDERS); // [M, 3], venue, side, tag
  /** [M], 1: the order has met a late book, and waits for the next one until its arrival, at which it is given up. */
  readonly #waits = new Uint8Array(MAX_ORDERS);
  readonly #next = Float64Array.of(Infinity);
  #numUnderWay = 0;
  #numWaiting = 0;

  constructor(venues: readonly DeskVenue[], listener: DeskListener) {
    this.venues = venues;
    this.accounts = new VenueAccounts(venues.length);
    this.takerFees = Float64Array.from(venues, ({ fees }) => fees.feeRate('taker'));
    this.#listener = listener;
    this.#order = { tag: 0, venue: 0, side: 1, size: -0, limit: -0, mid: -0, timeMs: -0, arrivalMs: -0 };
    this.#report = { tag: 0, venue: 0, side: 1, filled: -0, notional: -0, fee: -0, mid: -0, timeMs: -0 };
  }

  /** When the next order or transfer arrives, UTC epoch; Infinity when nothing is under way. */
  get nextArrivalMs(): number {
    return Math.min(this.#next[0], this.accounts.nextArrivalMs);
  }

  get numUnderWay(): number {
    return this.#numUnderWay;
  }

  /** Opens the accounts, forgets books and orders. */
  reset(base: ArrayLike<number>, quote: ArrayLike<number>, nowMs: number): void {
    this.accounts.reset(base, quote);
    this.#arrivals.fill(Infinity);
    this.#waits.fill(0);
    this.#next[0] = Infinity;
    this.#numUnderWay = 0;
    this.#numWaiting = 0;
    for (const { matcher, outages, rateLimit } of this.venues) {
      matcher.clear();
      outages.start(nowMs);
      rateLimit?.clear();
    }
  }

  /** Whether an order to this venue would be taken in now, as far as can be known here. */
  canSend(venue: number, nowMs: number): boolean {
    const { matcher, rateLimit } = this.venues[venue];
    return (
      this.#numUnderWay < MAX_ORDERS &&
      matcher.isOpen(nowMs) &&
      (rateLimit === undefined || rateLimit.allows(nowMs))
    );
  }

  /** Largest size that the free balance pays for, base units. */
  affordable(venue: number, side: Side, limit: number): number {
    if (side === -1) return this.accounts.freeBase(venue);
    return (this.accounts.freeQuote(venue) / (limit * (1 + this.takerFees[venue]))) * BELOW_ONE;
  }

  /**
   * Sends an order. What it may cost is held until it has met its book. Without latency it waits for `arriveUpTo`.
   * @param size base units; what the venue's rules leave of it is sent
   * @param limit worst price, quote units, finite
   * @param tag handed back with the report
   * @returns base units sent: 0 when the order was refused, by rule, balance, rate limit or for lack of room
   */
  send(venue: number, side: Side, size: number, limit: number, tag: number, nowMs: number): number {
    const { matcher, latency, rateLimit } = this.venues[venue];
    const affordable = this.affordable(venue, side, limit);
    const accepted = matcher.acceptedSize(Math.min(size, affordable), limit > 0 ? limit : Infinity);
    const slot = this.#arrivals.indexOf(Infinity);
    if (accepted === 0 || slot < 0 || (rateLimit !== undefined && !rateLimit.allows(nowMs))) return 0;
    rateLimit?.record(nowMs);
    const held = side === 1 ? accepted * limit * (1 + this.takerFees[venue]) : accepted;
    (side === 1 ? this.accounts.heldQuote : this.accounts.heldBase)[venue] += held;
    this.#held[slot] = held;
    this.#sizes[slot] = accepted;
    this.#limits[slot] = limit;
    this.#mids[slot] = midOf(matcher);
    this.#parties[3 * slot] = venue;
    this.#parties[3 * slot + 1] = side;
    this.#parties[3 * slot + 2] = tag;
    const arrival = nowMs + latency.latencyMs(nowMs);
    this.#arrivals[slot] = arrival;
    if (arrival < this.#next[0]) this.#next[0] = arrival;
    this.#numUnderWay++;
    if (this.#listener.onSend !== undefined) {
      const order = this.#order;
      order.tag = tag;
      order.venue = venue;
      order.side = side;
      order.size = accepted;
      order.limit = limit;
      order.mid = this.#mids[slot];
      order.timeMs = nowMs;
      order.arrivalMs = arrival;
      this.#listener.onSend(order);
    }
    return accepted;
  }

  /** Lets every order and transfer that arrives at or before `timeMs` meet its venue, the earliest first. */
  arriveUpTo(timeMs: number): void {
    while (this.#next[0] <= timeMs) this.#arrive(this.#arrivals.indexOf(this.#next[0]));
    this.accounts.receive(timeMs);
  }

  /** As `arriveUpTo`, but for what arrives strictly before `timeMs`: the books are about to change. */
  arriveBefore(timeMs: number): void {
    while (this.#next[0] < timeMs) this.#arrive(this.#arrivals.indexOf(this.#next[0]));
    this.accounts.receive(timeMs);
  }

  /**
   * A venue's next book is there: the orders that waited for it meet it.
   * @returns whether there were any
   */
  meetBook(venue: number, timeMs: number): boolean {
    if (this.#numWaiting === 0) return false;
    let met = false;
    for (let slot = 0; slot < MAX_ORDERS; slot++) {
      if (this.#waits[slot] === 0 || this.#parties[3 * slot] !== venue) continue;
      this.#waits[slot] = 0;
      this.#numWaiting--;
      this.#arrivals[slot] = timeMs;
      this.#arrive(slot);
      met = true;
    }
    return met;
  }

  save(): Snapshot {
    const venues = this.venues.map(({ matcher, latency, outages, rateLimit }) =>
      joinSnapshots({
        matcher: matcher.save(),
        latency: latency.save(),
        outages: outages.save(),
        ...(rateLimit && { rateLimit: rateLimit.save() }),
      }),
    );
    const orders = {
      arrivals: this.#arrivals.slice(),
      sizes: this.#sizes.slice(),
      limits: this.#limits.slice(),
      mids: this.#mids.slice(),
      held: this.#held.slice(),
      parties: this.#parties.slice(),
      waits: this.#waits.slice(),
    };
    return joinSnapshots({
      accounts: this.accounts.save(),
      orders: { arrays: orders, values: {} },
      ...Object.fromEntries(venues.map((venue, v) => [`venue${v}`, venue])),
    });
  }

  load(snapshot: Snapshot): void {
    this.accounts.load(snapshotPart(snapshot, 'accounts'));
    restoreArrayInto(this.#arrivals, snapshot, 'orders/arrivals');
    restoreArrayInto(this.#sizes, snapshot, 'orders/sizes');
    restoreArrayInto(this.#limits, snapshot, 'orders/limits');
    restoreArrayInto(this.#mids, snapshot, 'orders/mids');
    restoreArrayInto(this.#held, snapshot, 'orders/held');
    restoreArrayInto(this.#parties, snapshot, 'orders/parties');
    if (Object.hasOwn(snapshot.arrays, 'orders/waits'))
      restoreArrayInto(this.#waits, snapshot, 'orders/waits');
    else this.#waits.fill(0);
    this.#numWaiting = this.#waits.reduce((sum, waits) => sum + waits, 0);
    this.venues.forEach(({ matcher, latency, outages, rateLimit }, v) => {
      const part = snapshotPart(snapshot, `venue${v}`);
      matcher.load(snapshotPart(part, 'matcher'));
      latency.load(snapshotPart(part, 'latency'));
      outages.load(snapshotPart(part, 'outages'));
      rateLimit?.load(snapshotPart(part, 'rateLimit'));
    });
    this.#findNext();
  }

  #arrive(slot: number): void {
    const { accounts } = this;
    const report = this.#report;
    const timeMs = this.#arrivals[slot];
    const venue = this.#parties[3 * slot];
    const side = this.#parties[3 * slot + 1] as Side;
    const held = this.#held[slot];
    const { matcher, outages } = this.venues[venue];
    matcher.isDown = outages.isDown(timeMs);
    const isGivenUp = this.#waits[slot] === 1;
    if (isGivenUp) {
      this.#waits[slot] = 0;
      this.#numWaiting--;
    } else if (matcher.isLate(timeMs)) {
      this.#waits[slot] = 1;
      this.#numWaiting++;
      // Until the book is stale.
      this.#arrivals[slot] = Math.min(matcher.bookTimeMs + matcher.staleMs, Number.MAX_VALUE);
      this.#findNext();
      return;
    }
    this.#arrivals[slot] = Infinity;
    this.#findNext();
    const holds = side === 1 ? accounts.heldQuote : accounts.heldBase;
    // The last order gives back all, so that sums of fractions leave nothing held.
    holds[venue] = this.#numUnderWay === 0 ? 0 : Math.max(0, holds[venue] - held);
    const filled = isGivenUp ? 0 : matcher.take(side, this.#sizes[slot], this.#limits[slot], timeMs);
    const notional = isGivenUp ? 0 : matcher.notional;
    if (filled > 0) accounts.settle(venue, side, filled, notional, this.takerFees[venue]);
    report.tag = this.#parties[3 * slot + 2];
    report.venue = venue;
    report.side = side;
    report.filled = filled;
    report.notional = notional;
    report.fee = notional * this.takerFees[venue];
    report.mid = this.#mids[slot];
    report.timeMs = timeMs;
    this.#listener.onReport?.(report);
  }

  #findNext(): void {
    let next = Infinity;
    let numUnderWay = 0;
    for (let slot = 0; slot < MAX_ORDERS; slot++) {
      const arrival = this.#arrivals[slot];
      if (arrival < next) next = arrival;
      if (arrival < Infinity) numUnderWay++;
    }
    this.#next[0] = next;
    this.#numUnderWay = numUnderWay;
  }
}

function midOf(matcher: BookMatcher): number {
  const bid = matcher.bestPrice(-1);
  const ask = matcher.bestPrice(1);
  return bid > 0 && ask > 0 ? 0.5 * (bid + ask) : 0;
}
