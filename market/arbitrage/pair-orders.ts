/** Sends pairs of orders to two venues, and acts when one leg fills and the other does not. */
import {
  joinSnapshots,
  restoreArrayInto,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';
import type { Side } from '../execution/book-matcher.ts';
import { type DeskListener, type DeskVenue, type LegReport, VenueDesk } from './venue-desk.ts';

/**
 * For the part of a leg that the other did not match: `cancel` leaves it open; `reverse` trades it back where it was
 * filled; `proceed` sends the missing leg again until its time is up.
 */
export type LegPolicy = 'cancel' | 'reverse' | 'proceed';

export interface PairOrderOptions {
  readonly policy: LegPolicy;
  /** How long a missing leg is sent again, ms from the pair's decision. */
  readonly timeToLiveMs: number;
  /** How far a reversed or repeated leg may be from the pair's limit, fraction of price. */
  readonly priceMoveRate: number;
  /** Pairs that may be under way together. */
  readonly maxPairs: number;
}

/** Counted since `reset`. */
export interface PairCounts {
  /** Pairs sent. */
  sent: number;
  /** Pairs of which at least one leg filled something. */
  traded: number;
  /** Pairs, of those traded, whose whole outcome was a gain. */
  won: number;
  /** Pairs, of those traded, whose legs filled unequally. */
  legFailures: number;
  /** Σ over pairs of what legs of equal size earned, fees paid, quote units. */
  matchedProfit: number;
  /** Quote units traded, both legs. */
  notional: number;
  /** Base units that matched. */
  matchedSize: number;
}

const LEGS_OPEN = 0;
const BUY_VENUE = 1;
const SELL_VENUE = 2;
const FOLLOW_UPS = 3;
const NUM_INTEGERS = 4;
const BOUGHT = 0;
const PAID = 1;
const SOLD = 2;
const RECEIVED = 3;
const BUY_LIMIT = 4;
const SELL_LIMIT = 5;
const SENT_MS = 6;
const NUM_DOUBLES = 7;
/** Fraction of a leg below which a difference is rounding. */
const DUST = 1e-9;
/** A missing leg is sent again no more often, whatever its time to live: without latency no time passes. */
const MAX_FOLLOW_UPS = 8;

/** A desk that trades in pairs. A size that no other leg matches shows as open exposure in the balances. */
export class PairOrders implements Snapshotable {
  readonly desk: VenueDesk;
  readonly counts: PairCounts;
  readonly #options: PairOrderOptions;
  readonly #integers: Int32Array; // [maxPairs, NUM_INTEGERS]
  readonly #doubles: Float64Array; // [maxPairs, NUM_DOUBLES]

  constructor(
    venues: readonly DeskVenue[],
    options: PairOrderOptions,
    { onSend, onReport }: DeskListener = {},
  ) {
    this.#options = options;
    this.desk = new VenueDesk(venues, {
      onSend,
      onReport: (report) => {
        onReport?.(report);
        this.#onReport(report);
      },
    });
    this.counts = {
      sent: 0,
      traded: 0,
      won: 0,
      legFailures: 0,
      matchedProfit: -0,
      notional: -0,
      matchedSize: -0,
    };
    this.#integers = new Int32Array(options.maxPairs * NUM_INTEGERS);
    this.#doubles = new Float64Array(options.maxPairs * NUM_DOUBLES);
  }

  get hasRoom(): boolean {
    return this.#freePair() >= 0;
  }

  reset(base: ArrayLike<number>, quote: ArrayLike<number>, nowMs: number): void {
    this.desk.reset(base, quote, nowMs);
    this.#integers.fill(0);
    const { counts } = this;
    counts.sent = counts.traded = counts.won = counts.legFailures = 0;
    counts.matchedProfit = counts.notional = counts.matchedSize = -0;
  }

  /**
   * Sends both legs, as large as both venues' rules and balances allow; false when either is refused, and then neither
   * is sent.
   * @param size base units
   * @param buyLimit worst prices, quote units
   */
  send(
    buyVenue: number,
    sellVenue: number,
    size: number,
    buyLimit: number,
    sellLimit: number,
    nowMs: number,
  ): boolean {
    const { desk } = this;
    const pair = this.#freePair();
    if (pair < 0 || !desk.canSend(buyVenue, nowMs) || !desk.canSend(sellVenue, nowMs)) return false;
    const affordable = Math.min(
      size,
      desk.affordable(buyVenue, 1, buyLimit),
      desk.affordable(sellVenue, -1, sellLimit),
    );
    // Whole lots of the one venue need not be whole lots of the other.
    const ofBuyer = desk.venues[buyVenue].matcher.acceptedSize(affordable, buyLimit);
    const common = desk.venues[sellVenue].matcher.acceptedSize(ofBuyer, sellLimit);
    if (common === 0 || desk.venues[buyVenue].matcher.acceptedSize(common, buyLimit) === 0) return false;
    const integers = pair * NUM_INTEGERS;
    const doubles = pair * NUM_DOUBLES;
    this.#doubles.fill(0, doubles, doubles + NUM_DOUBLES);
    this.#doubles[doubles + BUY_LIMIT] = buyLimit;
    this.#doubles[doubles + SELL_LIMIT] = sellLimit;
    this.#doubles[doubles + SENT_MS] = nowMs;
    this.#integers[integers + LEGS_OPEN] = 2;
    this.#integers[integers + BUY_VENUE] = buyVenue;
    this.#integers[integers + SELL_VENUE] = sellVenue;
    this.#integers[integers + FOLLOW_UPS] = 0;
    desk.send(buyVenue, 1, common, buyLimit, pair, nowMs);
    desk.send(sellVenue, -1, common, sellLimit, pair, nowMs);
    this.counts.sent++;
    return true;
  }

  /** Sends one order that belongs to no pair: to close what is open. */
  sendSingle(venue: number, side: Side, size: number, limit: number, nowMs: number): boolean {
    return this.desk.canSend(venue, nowMs) && this.desk.send(venue, side, size, limit, -1, nowMs) > 0;
  }

  save(): Snapshot {
    return joinSnapshots({
      desk: this.desk.save(),
      pairs: {
        arrays: { integers: this.#integers.slice(), doubles: this.#doubles.slice() },
        values: { ...this.counts },
      },
    });
  }

  load(snapshot: Snapshot): void {
    this.desk.load(snapshotPart(snapshot, 'desk'));
    const pairs = snapshotPart(snapshot, 'pairs');
    restoreArrayInto(this.#integers, pairs, 'integers');
    restoreArrayInto(this.#doubles, pairs, 'doubles');
    Object.assign(this.counts, pairs.values);
  }

  #freePair(): number {
    for (let pair = 0; pair < this.#options.maxPairs; pair++) {
      if (this.#integers[pair * NUM_INTEGERS + LEGS_OPEN] === 0) return pair;
    }
    return -1;
  }

  #onReport({ tag, side, filled, notional, fee, timeMs }: Readonly<LegReport>): void {
    this.counts.notional += notional;
    if (tag < 0) return;
    const doubles = tag * NUM_DOUBLES;
    const at = doubles + (side === 1 ? BOUGHT : SOLD);
    this.#doubles[at] += filled;
    this.#doubles[at + 1] += notional + side * fee;
    const integers = tag * NUM_INTEGERS;
    if (--this.#integers[integers + LEGS_OPEN] > 0) return;
    if (this.#integers[integers + FOLLOW_UPS] === 0) this.#countMatch(doubles);
    this.#followUp(tag, timeMs);
  }

  /** Both first legs have met their books. */
  #countMatch(doubles: number): void {
    const { counts } = this;
    const bought = this.#doubles[doubles + BOUGHT];
    const sold = this.#doubles[doubles + SOLD];
    if (bought + sold === 0) return;
    counts.traded++;
    if (Math.abs(bought - sold) > DUST * Math.max(bought, sold)) counts.legFailures++;
    const matched = Math.min(bought, sold);
    if (matched === 0) return;
    counts.matchedSize += matched;
    counts.matchedProfit +=
      this.#doubles[doubles + RECEIVED] * (matched / sold) -
      this.#doubles[doubles + PAID] * (matched / bought);
  }

  #followUp(pair: number, nowMs: number): void {
    const doubles = pair * NUM_DOUBLES;
    const bought = this.#doubles[doubles + BOUGHT];
    const sold = this.#doubles[doubles + SOLD];
    const open = bought - sold;
    const isOpen = Math.abs(open) > DUST * Math.max(bought, sold);
    if (isOpen && this.#sendMissing(pair, open, nowMs)) return;
    if (bought + sold > 0 && this.#doubles[doubles + RECEIVED] > this.#doubles[doubles + PAID] && !isOpen)
      this.counts.won++;
  }

  /** @returns whether an order is under way for the pair again */
  #sendMissing(pair: number, open: number, nowMs: number): boolean {
    const { policy, timeToLiveMs, priceMoveRate } = this.#options;
    if (policy === 'cancel') return false;
    const integers = pair * NUM_INTEGERS;
    const doubles = pair * NUM_DOUBLES;
    const isReversal = policy === 'reverse';
    if (this.#integers[integers + FOLLOW_UPS] >= (isReversal ? 1 : MAX_FOLLOW_UPS)) return false;
    if (!isReversal && nowMs - this.#doubles[doubles + SENT_MS] > timeToLiveMs) return false;
    // Too much was bought: sell it, where it was bought or where it should have been sold.
    const side: Side = open > 0 ? -1 : 1;
    const atSeller = isReversal ? side === 1 : side === -1;
    const venue = this.#integers[integers + (atSeller ? SELL_VENUE : BUY_VENUE)];
    const reference = this.#doubles[doubles + (atSeller ? SELL_LIMIT : BUY_LIMIT)];
    const limit = reference * (1 + side * priceMoveRate);
    if (this.desk.send(venue, side, Math.abs(open), limit, pair, nowMs) === 0) return false;
    this.#integers[integers + LEGS_OPEN] = 1;
    this.#integers[integers + FOLLOW_UPS]++;
    return true;
  }
}
