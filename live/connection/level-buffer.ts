/** Reads the levels of one message in full before a book is touched: a bad message changes nothing. */
import type { BookSide, OrderBook } from '../../market/books/order-book.ts';
import { arrayOf, decimalOf, malformed, priceOf } from './frame-fields.ts';

export class LevelBuffer {
  #prices = new Float64Array(256);
  #sizes = new Float64Array(256);
  #isBid = new Uint8Array(256);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  add(side: BookSide, price: number, size: number): void {
    const index = this.length;
    if (index === this.#prices.length) this.#grow();
    this.#prices[index] = price;
    this.#sizes[index] = size;
    this.#isBid[index] = side === 'bid' ? 1 : 0;
    this.length++;
  }

  /**
   * Adds `[price, size, …]` of each element.
   * @param name of the field, for messages
   * @param unit base units of what the sizes count
   * @throws FrameError `malformed`
   */
  addPairs(side: BookSide, pairs: unknown, name: string, unit = 1): void {
    const levels = arrayOf(pairs, name);
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i];
      if (!Array.isArray(level) || level.length < 2) throw malformed(name, 'pairs of price and size', level);
      this.add(side, priceOf(level[0], name), unit * decimalOf(level[1], name));
    }
  }

  /** Applies the changes in their order: a later one of the same level counts. */
  applyTo(book: OrderBook): void {
    book.applyAll(this.#prices, this.#sizes, this.#isBid, this.length);
  }

  /** Makes these levels the whole book. */
  replace(book: OrderBook): void {
    book.applyAll(this.#prices, this.#sizes, this.#isBid, this.length, true);
  }

  #grow(): void {
    const capacity = 2 * this.#prices.length;
    const prices = new Float64Array(capacity);
    const sizes = new Float64Array(capacity);
    const isBid = new Uint8Array(capacity);
    prices.set(this.#prices);
    sizes.set(this.#sizes);
    isBid.set(this.#isBid);
    this.#prices = prices;
    this.#sizes = sizes;
    this.#isBid = isBid;
  }
}
