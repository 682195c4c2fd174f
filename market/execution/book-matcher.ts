/** Fills orders against the displayed book of one venue, and remembers what we have taken from it. */
import { ConfigError } from '../../core/errors.ts';
import { restoreArrayInto, restoreNumber, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';
import type { PriceSteps } from '../instruments/price-steps.ts';
import { BookPace } from './book-pace.ts';

// K: levels a side.

/** 1 buys from the asks, −1 sells to the bids. */
export type Side = 1 | -1;

/** What a venue demands of an order. 0 stands for no such rule. */
export interface VenueRules {
  /** Sizes are whole multiples of this, base units. */
  readonly lotSize: number;
  /** Smaller orders are refused, base units. */
  readonly minSize: number;
  /** Limit prices are whole multiples of this, quote units, or stand on a table's steps. */
  readonly tickSize: number | PriceSteps;
  /** Orders of a smaller value are refused, quote units; absent: 0. */
  readonly minNotional?: number;
}

export const noRules: VenueRules = { lotSize: 0, minSize: 0, tickSize: 0 };

/** Levels a side, the best one first, [·, K] from an offset on; a level that is not there has price and size 0. */
export interface BookLevels {
  readonly bidPrices: Float64Array;
  readonly bidSizes: Float64Array;
  readonly askPrices: Float64Array;
  readonly askSizes: Float64Array;
}

const FILLED = 0;
const NOTIONAL = 1;
const WORST = 2;
/** Rounds away what binary fractions add to a whole number of lots or ticks. */
const ROUNDING = 1e-9;

/**
 * One venue's book as an order meets it. Books go in, orders go in, fills come out; where books and times come from,
 * a tape or a socket, makes no difference. What was taken of a level stays taken for as long as the venue shows that
 * level: one that grows has more by its growth alone, one that is gone and back is new. Nothing fills against a book
 * older than `staleMs`, against a venue that is down, or beyond what is displayed. A book that is older than its venue's own
 * pace allows is `isLate`: an order that meets it has to wait for the next one.
 */
export class BookMatcher implements Snapshotable {
  readonly depth: number;
  readonly staleMs: number;
  readonly rules: VenueRules;
  /** The venue takes no orders. */
  isDown = false;
  #isLost = false;
  readonly #pace = new BookPace();
  #levels: BookLevels;
  #offset = 0;
  readonly #own: BookLevels;
  readonly #clock = Float64Array.of(-Infinity); // [1], when the book was received
  /** Per side, bids first: what was taken from which level, and the size it showed then. */
  readonly #takenPrices: Float64Array; // [2, K]
  readonly #takenShown: Float64Array; // [2, K]
  readonly #taken: Float64Array; // [2, K]
  readonly #numTaken = new Int32Array(2);
  readonly #result = new Float64Array(3); // filled, notional, worst price

  /**
   * @param depth K ≥ 1
   * @param staleMs age past which a book fills nothing, > 0, Infinity for never
   * @throws ConfigError `invalid-matcher`
   */
  constructor(depth: number, staleMs = Infinity, rules: VenueRules = noRules) {
    if (!Number.isInteger(depth) || depth < 1) {
      throw new ConfigError('invalid-matcher', `A book needs a whole number of levels ≥ 1, got ${depth}.`);
    }
    if (!(staleMs > 0)) {
      throw new ConfigError(
        'invalid-matcher',
        `A quote's life must be more than 0 milliseconds, got ${staleMs}.`,
      );
    }
    this.depth = depth;
    this.staleMs = staleMs;
    this.rules = rules;
    const side = () => new Float64Array(depth);
    this.#own = { bidPrices: side(), bidSizes: side(), askPrices: side(), askSizes: side() };
    this.#levels = this.#own;
    this.#takenPrices = new Float64Array(2 * depth);
    this.#takenShown = new Float64Array(2 * depth);
    this.#taken = new Float64Array(2 * depth);
  }

  /** UTC epoch of the book's receipt; −Infinity before the first. */
  get bookTimeMs(): number {
    return this.#clock[0];
  }

  /** The book cannot be trusted: nothing fills on it until the next one comes. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Base units of the last `take` or `quote`. */
  get filled(): number {
    return this.#result[FILLED];
  }

  /** Quote units of the last `take` or `quote`, before fees: filled · volume-weighted price. */
  get notional(): number {
    return this.#result[NOTIONAL];
  }

  /** Price of the last level that the last `take` or `quote` reached; 0 when it filled nothing. */
  get worstPrice(): number {
    return this.#result[WORST];
  }

  /** Whether something of the displayed book is ours already. */
  get hasTaken(): boolean {
    return this.#numTaken[0] + this.#numTaken[1] > 0;
  }

  /** Forgets the book and what was taken. */
  clear(): void {
    for (const side of Object.values(this.#own) as Float64Array[]) side.fill(0);
    this.#levels = this.#own;
    this.#offset = 0;
    this.#clock[0] = -Infinity;
    this.#numTaken.fill(0);
    this.isDown = false;
    this.#isLost = false;
    this.#pace.clear();
  }

  /** Updates of the book were lost: nothing fills until the next book. */
  loseBook(): void {
    this.#isLost = true;
  }

  /**
   * A new book. The arrays are kept, not copied: they must hold until the next book comes.
   * @param offset where in the arrays the K levels begin
   */
  setBook(levels: BookLevels, offset: number, timeMs: number): void {
    this.#levels = levels;
    this.#offset = offset;
    this.#clock[0] = timeMs;
    this.#isLost = false;
    this.#pace.add(timeMs);
    if (this.#numTaken[0] > 0) this.#forgetRepublished(0, levels.bidPrices, levels.bidSizes);
    if (this.#numTaken[1] > 0) this.#forgetRepublished(1, levels.askPrices, levels.askSizes);
  }

  /** Whether an order that arrives now can fill. */
  isOpen(nowMs: number): boolean {
    return !this.isDown && !this.#isLost && nowMs - this.#clock[0] <= this.staleMs;
  }

  /**
   * Whether the book is older than its venue's pace allows: what it shows may be quoted no more, and nobody could have traded
   * on it. An order that arrives now waits for the next book.
   */
  isLate(nowMs: number): boolean {
    return nowMs - this.#clock[0] > this.#pace.lateAfterMs && this.isOpen(nowMs);
  }

  /** Price of level k that an order of this side would meet; 0 where there is none. */
  priceAt(side: Side, k: number): number {
    const at = this.#offset + k;
    return side === 1 ? this.#levels.askPrices[at] : this.#levels.bidPrices[at];
  }

  /** What is left at level k, base units. */
  sizeAt(side: Side, k: number): number {
    const at = this.#offset + k;
    const row = side === 1 ? 1 : 0;
    const shown = row === 1 ? this.#levels.askSizes[at] : this.#levels.bidSizes[at];
    if (this.#numTaken[row] === 0) return shown;
    const slot = this.#slotOf(row, this.priceAt(side, k));
    return slot < 0 ? shown : Math.max(0, shown - this.#taken[slot]);
  }

  /** The first level of which something is left; K when there is none. */
  bestLevel(side: Side): number {
    let k = 0;
    if (this.#numTaken[side === 1 ? 1 : 0] > 0) while (k < this.depth && this.sizeAt(side, k) <= 0) k++;
    return k;
  }

  /** Price of the first level of which something is left; 0 when there is none. */
  bestPrice(side: Side): number {
    const k = this.bestLevel(side);
    return k < this.depth ? this.priceAt(side, k) : 0;
  }

  /**
   * A size as the venue accepts it: whole lots, rounded down; 0 when it is below the minimum, or worth less than that.
   * @param price at which it is valued, quote units; Infinity: its value is not asked about
   */
  acceptedSize(size: number, price = Infinity): number {
    const { lotSize, minSize, minNotional = 0 } = this.rules;
    const rounded = lotSize > 0 ? Math.floor(size / lotSize + ROUNDING) * lotSize : size;
    if (!(rounded > 0 && rounded >= minSize * (1 - ROUNDING))) return 0;
    return rounded * price >= minNotional * (1 - ROUNDING) ? rounded : 0;
  }

  /** A limit as the venue accepts it: whole ticks, rounded against us filling worse. */
  acceptedLimit(side: Side, limit: number): number {
    const { tickSize } = this.rules;
    if (tickSize === 0 || !Number.isFinite(limit)) return limit;
    if (typeof tickSize !== 'number') return side === 1 ? tickSize.floor(limit) : tickSize.ceil(limit);
    const ticks = limit / tickSize;
    return (side === 1 ? Math.floor(ticks + ROUNDING) : Math.ceil(ticks - ROUNDING)) * tickSize;
  }

  /**
   * Carries out an order at once, as far as the book goes, and cancels the rest.
   * @param size base units, > 0; what the venue's rules leave of it is carried out
   * @param limit worst price accepted, quote units; Infinity for a buyer, 0 for a seller who takes any
   * @returns base units filled; see also `notional` and `worstPrice`
   */
  take(side: Side, size: number, limit: number, nowMs: number): number {
    const accepted = this.acceptedSize(size, this.bestPrice(side) || Infinity);
    if (accepted === 0 || !this.isOpen(nowMs)) {
      this.#result.fill(0);
      return 0;
    }
    return this.#walk(side, accepted, this.acceptedLimit(side, limit), true);
  }

  /** What `take` would fill, rules, age and outages left aside; takes nothing. */
  quote(side: Side, size: number, limit: number): number {
    return this.#walk(side, size, limit, false);
  }

  save(): Snapshot {
    const { depth } = this;
    const at = this.#offset;
    const { bidPrices, bidSizes, askPrices, askSizes } = this.#levels;
    return {
      arrays: {
        bidPrices: bidPrices.slice(at, at + depth),
        bidSizes: bidSizes.slice(at, at + depth),
        askPrices: askPrices.slice(at, at + depth),
        askSizes: askSizes.slice(at, at + depth),
        clock: this.#clock.slice(),
        takenPrices: this.#takenPrices.slice(),
        takenShown: this.#takenShown.slice(),
        taken: this.#taken.slice(),
        numTaken: this.#numTaken.slice(),
        pace: this.#pace.state.slice(),
      },
      // One flag for both, as hashes on older tapes have it: only a live book is lost, and no live session is loaded.
      values: { isDown: Number(this.isDown || this.#isLost) },
    };
  }

  load(snapshot: Snapshot): void {
    for (const [name, side] of Object.entries(this.#own)) restoreArrayInto(side, snapshot, name);
    this.#levels = this.#own;
    this.#offset = 0;
    restoreArrayInto(this.#clock, snapshot, 'clock');
    restoreArrayInto(this.#takenPrices, snapshot, 'takenPrices');
    restoreArrayInto(this.#takenShown, snapshot, 'takenShown');
    restoreArrayInto(this.#taken, snapshot, 'taken');
    restoreArrayInto(this.#numTaken, snapshot, 'numTaken');
    // What was saved before there was a pace begins to measure it anew.
    if (Object.hasOwn(snapshot.arrays, 'pace')) restoreArrayInto(this.#pace.state, snapshot, 'pace');
    else this.#pace.clear();
    this.isDown = restoreNumber(snapshot, 'isDown') === 1;
    this.#isLost = false;
  }

  #walk(side: Side, size: number, limit: number, takes: boolean): number {
    const result = this.#result;
    result.fill(0);
    let left = size;
    for (let k = 0; k < this.depth && left > 0; k++) {
      const price = this.priceAt(side, k);
      if (price === 0 || (side === 1 ? price > limit : price < limit)) break;
      const filled = Math.min(left, this.sizeAt(side, k));
      if (filled === 0) continue;
      left -= filled;
      result[FILLED] += filled;
      result[NOTIONAL] += filled * price;
      result[WORST] = price;
      if (takes) this.#remember(side, k, price, filled);
    }
    return result[FILLED];
  }

  #remember(side: Side, k: number, price: number, size: number): void {
    const row = side === 1 ? 1 : 0;
    let slot = this.#slotOf(row, price);
    if (slot < 0) {
      // Every slot is a displayed level, so K are enough.
      slot = row * this.depth + this.#numTaken[row]++;
      const at = this.#offset + k;
      this.#takenPrices[slot] = price;
      this.#takenShown[slot] = row === 1 ? this.#levels.askSizes[at] : this.#levels.bidSizes[at];
      this.#taken[slot] = 0;
    }
    this.#taken[slot] += size;
  }

  #slotOf(row: number, price: number): number {
    const first = row * this.depth;
    for (let slot = first; slot < first + this.#numTaken[row]; slot++) {
      if (this.#takenPrices[slot] === price) return slot;
    }
    return -1;
  }

  /** Keeps the memory of the levels that are still shown: one that grew has more for us by its growth alone. */
  #forgetRepublished(row: number, prices: Float64Array, sizes: Float64Array): void {
    const first = row * this.depth;
    let kept = first;
    for (let slot = first; slot < first + this.#numTaken[row]; slot++) {
      for (let at = this.#offset; at < this.#offset + this.depth; at++) {
        if (prices[at] !== this.#takenPrices[slot]) continue;
        this.#takenPrices[kept] = this.#takenPrices[slot];
        // What is shown no more cannot be ours either.
        this.#taken[kept] = Math.min(this.#taken[slot], sizes[at]);
        this.#takenShown[kept] = sizes[at];
        kept++;
        break;
      }
    }
    this.#numTaken[row] = kept - first;
  }
}
