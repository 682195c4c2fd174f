/** Keeps the visible order book of one venue up to date, level by level. */
import { DataError } from '../../core/errors.ts';

export type BookSide = 'bid' | 'ask';

/**
 * Price levels of both sides. A change near the best price moves a handful of numbers, whatever the depth.
 */
export class OrderBook {
  readonly #bids = new Levels(1);
  readonly #asks = new Levels(-1);

  /**
   * Sets the size of a level; size 0 removes it. Removing a level that is not there is normal: venues send it for
   * levels beyond those they have shown.
   * @param price quote units, > 0
   * @param size base units, ≥ 0, the whole of the level and not a change
   * @returns whether the level was there before
   * @throws DataError `invalid-level` for a price or size out of range or not a number
   */
  apply(side: BookSide, price: number, size: number): boolean {
    requireLevel(side, price, size);
    return side === 'bid' ? this.#bids.apply(price, size) : this.#asks.apply(price, size);
  }

  /**
   * Applies many changes in their order: a later one of the same level counts. Their order costs nothing: n levels that come
   * worst last are sorted once, not moved one by one.
   * @param isBid [n], 1 for a bid
   * @param isWhole these are all levels that there are
   * @throws DataError `invalid-level`, before anything is changed
   */
  applyAll(
    prices: Float64Array,
    sizes: Float64Array,
    isBid: Uint8Array,
    length: number,
    isWhole = false,
  ): void {
    for (let i = 0; i < length; i++) requireLevel(isBid[i] === 1 ? 'bid' : 'ask', prices[i], sizes[i]);
    if (isWhole) this.clear();
    this.#bids.merge(prices, sizes, isBid, 1, length);
    this.#asks.merge(prices, sizes, isBid, 0, length);
  }

  /** All levels, the worst first: to be kept, and handed to `load`. */
  save(): Record<'bidPrices' | 'bidSizes' | 'askPrices' | 'askSizes', Float64Array> {
    const [bidPrices, bidSizes] = this.#bids.save();
    const [askPrices, askSizes] = this.#asks.save();
    return { bidPrices, bidSizes, askPrices, askSizes };
  }

  /** @param levels as `save` gave them */
  load({ bidPrices, bidSizes, askPrices, askSizes }: ReturnType<OrderBook['save']>): void {
    this.#bids.load(bidPrices, bidSizes);
    this.#asks.load(askPrices, askSizes);
  }

  clear(): void {
    this.#bids.length = 0;
    this.#asks.length = 0;
  }

  /** Keeps the best `depth` levels of each side: what a venue does that sends no removals for those behind. */
  truncate(depth: number): void {
    this.#bids.truncate(depth);
    this.#asks.truncate(depth);
  }

  get numBids(): number {
    return this.#bids.length;
  }

  get numAsks(): number {
    return this.#asks.length;
  }

  /** Quote units; 0 where there are no bids. */
  get bestBid(): number {
    return this.#bids.price(0);
  }

  /** Quote units; 0 where there are no asks. */
  get bestAsk(): number {
    return this.#asks.price(0);
  }

  /** Both sides are there, and the best bid is at or above the best ask. */
  get isCrossed(): boolean {
    return this.#bids.length > 0 && this.#asks.length > 0 && this.bestBid >= this.bestAsk;
  }

  /** The price of a level, quote units. @param rank 0 is the best; past the last level the price is 0 */
  price(side: BookSide, rank: number): number {
    return side === 'bid' ? this.#bids.price(rank) : this.#asks.price(rank);
  }

  /** The size of a level, base units. @param rank 0 is the best; past the last level the size is 0 */
  size(side: BookSide, rank: number): number {
    return side === 'bid' ? this.#bids.size(rank) : this.#asks.size(rank);
  }

  /**
   * Writes the best `depth` levels of each side from `offset` on, best first, as in a `BookTape`: levels that are not
   * there have price 0 and size 0.
   */
  topInto(
    bidPrices: Float64Array,
    bidSizes: Float64Array,
    askPrices: Float64Array,
    askSizes: Float64Array,
    offset: number,
    depth: number,
  ): void {
    this.#bids.topInto(bidPrices, bidSizes, offset, depth);
    this.#asks.topInto(askPrices, askSizes, offset, depth);
  }
}

const INITIAL_CAPACITY = 64;
/** Changes below this number are made one by one: most are at the best end, and cost nothing. */
const MERGE_FROM = 128;

function requireLevel(side: BookSide, price: number, size: number): void {
  if (price > 0 && price < Infinity && size >= 0 && size < Infinity) return;
  throw new DataError(
    'invalid-level',
    `A ${side} level needs a price above 0 and a size of at least 0, both finite, got price ${price} and size ` +
      `${size}: drop the book and take a new snapshot.`,
  );
}

/** One side, sorted with the best price at the end: most changes are there, and an insertion moves what is behind it. */
class Levels {
  /** [capacity] sign · price, rising: the larger the better. */
  #keys = new Float64Array(INITIAL_CAPACITY);
  #sizes = new Float64Array(INITIAL_CAPACITY);
  readonly #sign: 1 | -1;
  length = 0;

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  price(rank: number): number {
    return rank < this.length ? this.#sign * this.#keys[this.length - 1 - rank] : 0;
  }

  size(rank: number): number {
    return rank < this.length ? this.#sizes[this.length - 1 - rank] : 0;
  }

  apply(price: number, size: number): boolean {
    const key = this.#sign * price;
    const index = this.#lowerBound(key);
    const found = index < this.length && this.#keys[index] === key;
    if (size === 0) {
      if (found) this.#remove(index);
    } else if (found) this.#sizes[index] = size;
    else this.#insert(index, key, size);
    return found;
  }

  /** The changes of `n` whose flag in `isBid` is `flag`. */
  merge(prices: Float64Array, sizes: Float64Array, isBid: Uint8Array, flag: 0 | 1, n: number): void {
    let count = 0;
    for (let i = 0; i < n; i++) if (isBid[i] === flag) count++;
    if (count < MERGE_FROM) {
      // Venues list the best level first; a book takes levels quickest when each is the best so far.
      if (this.length === 0 && isFalling(prices, isBid, flag, n, this.#sign)) {
        for (let i = n - 1; i >= 0; i--) if (isBid[i] === flag) this.apply(prices[i], sizes[i]);
      } else for (let i = 0; i < n; i++) if (isBid[i] === flag) this.apply(prices[i], sizes[i]);
      return;
    }
    const order = new Uint32Array(count);
    for (let i = 0, at = 0; i < n; i++) if (isBid[i] === flag) order[at++] = i;
    const sign = this.#sign;
    // By price, and of one price by time.
    order.sort((a, b) => sign * (prices[a] - prices[b]) || a - b);
    const keys = new Float64Array(this.length + count);
    const merged = new Float64Array(this.length + count);
    let length = 0;
    let old = 0;
    const keepOld = (): void => {
      keys[length] = this.#keys[old];
      merged[length++] = this.#sizes[old++];
    };
    for (let at = 0; at < count; at++) {
      const change = order[at];
      // A later change of the same level counts.
      if (at + 1 < count && prices[order[at + 1]] === prices[change]) continue;
      const key = sign * prices[change];
      while (old < this.length && this.#keys[old] < key) keepOld();
      if (old < this.length && this.#keys[old] === key) old++;
      if (sizes[change] === 0) continue;
      keys[length] = key;
      merged[length++] = sizes[change];
    }
    while (old < this.length) keepOld();
    this.#keys = keys;
    this.#sizes = merged;
    this.length = length;
  }

  save(): [prices: Float64Array, sizes: Float64Array] {
    const prices = this.#keys.slice(0, this.length).map((key) => this.#sign * key);
    return [prices, this.#sizes.slice(0, this.length)];
  }

  load(prices: Float64Array, sizes: Float64Array): void {
    const capacity = Math.max(INITIAL_CAPACITY, prices.length);
    this.#keys = new Float64Array(capacity);
    this.#sizes = new Float64Array(capacity);
    for (let i = 0; i < prices.length; i++) this.#keys[i] = this.#sign * prices[i];
    this.#sizes.set(sizes);
    this.length = prices.length;
  }

  truncate(depth: number): void {
    const excess = this.length - depth;
    if (excess <= 0) return;
    this.#keys.copyWithin(0, excess, this.length);
    this.#sizes.copyWithin(0, excess, this.length);
    this.length = depth;
  }

  topInto(prices: Float64Array, sizes: Float64Array, offset: number, depth: number): void {
    const present = Math.min(depth, this.length);
    for (let rank = 0, index = this.length - 1; rank < present; rank++, index--) {
      prices[offset + rank] = this.#sign * this.#keys[index];
      sizes[offset + rank] = this.#sizes[index];
    }
    prices.fill(0, offset + present, offset + depth);
    sizes.fill(0, offset + present, offset + depth);
  }

  /** The first index whose key is not below `key`: steps from the best end that double, then a bisection. */
  #lowerBound(key: number): number {
    const keys = this.#keys;
    let high = this.length;
    let step = 1;
    while (high - step >= 0 && keys[high - step] >= key) {
      high -= step;
      step *= 2;
    }
    let low = Math.max(0, high - step);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(index: number, key: number, size: number): void {
    if (this.length === this.#keys.length) {
      this.#keys = grown(this.#keys);
      this.#sizes = grown(this.#sizes);
    }
    this.#keys.copyWithin(index + 1, index, this.length);
    this.#sizes.copyWithin(index + 1, index, this.length);
    this.#keys[index] = key;
    this.#sizes[index] = size;
    this.length++;
  }

  #remove(index: number): void {
    this.#keys.copyWithin(index, index + 1, this.length);
    this.#sizes.copyWithin(index, index + 1, this.length);
    this.length--;
  }
}

/** Whether the changes of one side come best first, each level once. */
function isFalling(prices: Float64Array, isBid: Uint8Array, flag: 0 | 1, n: number, sign: 1 | -1): boolean {
  let last = Infinity;
  for (let i = 0; i < n; i++) {
    if (isBid[i] !== flag) continue;
    if (!(sign * prices[i] < last)) return false;
    last = sign * prices[i];
  }
  return true;
}

function grown(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}
