/** Shows the top of a live book as flat arrays that hold still until the next one. */

import type { OrderBook } from '../../market/books/order-book.ts';
import type { BookLevels } from '../../market/execution/book-matcher.ts';

/** Two halves, written in turn: what was shown last stays as it was while the next is written. */
export class LevelView {
  /** [2, K] each */
  readonly levels: BookLevels;
  readonly depth: number;
  /** Where the levels that were written last begin. */
  offset = 0;

  /** @param depth K, levels a side */
  constructor(depth: number) {
    const halves = () => new Float64Array(2 * depth);
    this.levels = { bidPrices: halves(), bidSizes: halves(), askPrices: halves(), askSizes: halves() };
    this.depth = depth;
  }

  /** Copies the best levels. */
  show(book: OrderBook): void {
    const { bidPrices, bidSizes, askPrices, askSizes } = this.levels;
    this.offset = this.depth - this.offset;
    book.topInto(bidPrices, bidSizes, askPrices, askSizes, this.offset, this.depth);
  }
}
