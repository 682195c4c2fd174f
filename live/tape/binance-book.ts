/**
 * Keeps an order book in step with Binance's stream of changes, and knows when it is not.
 *
 * Source: the procedures "How to manage a local order book correctly" of Binance's spot and USDT-margined documentation.
 * Differences from the source: the first change after a snapshot may also begin right behind it (U = id + 1), which
 * loses nothing; a size of 0 for a level that is not there is passed over, as it says.
 */

import { type BookSide, OrderBook } from '../../market/books/order-book.ts';
import type { BinanceDepth, BinanceSnapshot, WireLevel } from './binance-messages.ts';

/**
 * `waiting`: there is no book until a snapshot comes. `old`: passed over, the book has it already. `applied`: the book
 * is up to date. `gap`: changes were lost; the book is empty and a new snapshot is needed.
 */
export type SyncOutcome = 'waiting' | 'old' | 'applied' | 'gap';

/** Changes kept while waiting for a snapshot; more of them than this are older than any snapshot to come. */
const MAX_WAITING = 10_000;

export class BinanceBook {
  /** Empty while out of step. */
  readonly book = new OrderBook();
  #waiting: BinanceDepth[] = [];
  /** Undefined while out of step. */
  #lastId: number | undefined;
  /** The snapshot has been taken, and no change since. */
  #fresh = false;

  get inStep(): boolean {
    return this.#lastId !== undefined;
  }

  /** @throws DataError `invalid-level` */
  applyDepth(depth: BinanceDepth): SyncOutcome {
    if (this.#lastId === undefined) {
      if (this.#waiting.length === MAX_WAITING) this.#waiting.shift();
      this.#waiting.push(depth);
      return 'waiting';
    }
    const isPerpetual = depth.previousId !== undefined;
    // A perpetual's first change may end on the snapshot's own id, and is then the link that the chain begins with.
    const old = isPerpetual ? depth.lastId < this.#lastId : depth.lastId <= this.#lastId;
    if (old) return 'old';
    const follows =
      isPerpetual && !this.#fresh ? depth.previousId === this.#lastId : depth.firstId <= this.#lastId + 1;
    if (!follows) {
      this.reset();
      this.#waiting.push(depth);
      return 'gap';
    }
    this.#applySide('bid', depth.bids);
    this.#applySide('ask', depth.asks);
    this.#lastId = depth.lastId;
    this.#fresh = false;
    return 'applied';
  }

  /**
   * Sets the book and applies the changes that waited.
   * @returns `old` when the snapshot is from before the book, or before the first change that waited: fetch another; `gap` when the
   *   changes that waited do not follow one another; else `applied`
   * @throws DataError `invalid-level`
   */
  applySnapshot({ lastId, bids, asks }: BinanceSnapshot): SyncOutcome {
    const waiting = this.#waiting;
    if (this.#lastId !== undefined && lastId < this.#lastId) return 'old';
    if (this.#lastId === undefined && waiting.length > 0 && lastId + 1 < waiting[0].firstId) return 'old';
    this.reset();
    this.#applySide('bid', bids);
    this.#applySide('ask', asks);
    this.#lastId = lastId;
    this.#fresh = true;
    for (const [i, depth] of waiting.entries()) {
      if (this.applyDepth(depth) !== 'gap') continue;
      this.#waiting = waiting.slice(i);
      return 'gap';
    }
    return 'applied';
  }

  /** Forgets the book, for a new connection. */
  reset(): void {
    this.book.clear();
    this.#waiting = [];
    this.#lastId = undefined;
  }

  #applySide(side: BookSide, levels: readonly WireLevel[]): void {
    for (const [price, size] of levels) this.book.apply(side, Number(price), Number(size));
  }
}
