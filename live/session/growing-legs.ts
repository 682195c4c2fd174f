/** Keeps the books and news of several markets as a tape that grows at its end and forgets at its beginning. */
import type { ContractTape } from '../../market/books/contract-tape.ts';
import type { BookTape, Venue } from '../../market/books/tape.ts';
import type { BookLevels } from '../../market/execution/book-matcher.ts';
import type { ContractNews } from '../../market/execution/contract-news.ts';

const CAPACITY = 1024;

const larger = (column: Float64Array, length: number): Float64Array<ArrayBuffer> => {
  const grown = new Float64Array(length);
  grown.set(column);
  return grown;
};

export class GrowingBooks implements BookTape {
  readonly venues: readonly Venue[];
  readonly depth: number;
  length = 0;
  timeMs = new Float64Array(CAPACITY);
  exchangeTimeMs = new Float64Array(CAPACITY).fill(Number.NaN);
  venue = new Uint8Array(CAPACITY);
  bidPrices: Float64Array;
  bidSizes: Float64Array;
  askPrices: Float64Array;
  askSizes: Float64Array;

  constructor(venues: readonly Venue[], depth: number) {
    this.venues = venues;
    this.depth = depth;
    this.bidPrices = new Float64Array(CAPACITY * depth);
    this.bidSizes = new Float64Array(CAPACITY * depth);
    this.askPrices = new Float64Array(CAPACITY * depth);
    this.askSizes = new Float64Array(CAPACITY * depth);
  }

  /** @param levels undefined: a book that nothing can be traded on */
  append(venue: number, timeMs: number, levels: BookLevels | undefined, offset = 0): void {
    const { depth } = this;
    if (this.length === this.timeMs.length) this.#grow();
    const row = this.length++;
    this.timeMs[row] = timeMs;
    this.venue[row] = venue;
    for (const side of ['bidPrices', 'bidSizes', 'askPrices', 'askSizes'] as const) {
      const to = this[side].subarray(row * depth, (row + 1) * depth);
      if (levels === undefined) to.fill(0);
      else to.set(levels[side].subarray(offset, offset + depth));
    }
  }

  /** A tape of its own without the first rows: who holds rows of this one keeps them. */
  without(numRows: number): GrowingBooks {
    const rest = new GrowingBooks(this.venues, this.depth);
    for (let row = numRows; row < this.length; row++)
      rest.append(this.venue[row], this.timeMs[row], this, row * this.depth);
    return rest;
  }

  #grow(): void {
    const { depth } = this;
    const capacity = Math.max(CAPACITY, 2 * this.length);
    for (const side of ['bidPrices', 'bidSizes', 'askPrices', 'askSizes'] as const) {
      this[side] = larger(this[side], capacity * depth);
    }
    this.timeMs = larger(this.timeMs, capacity);
    this.exchangeTimeMs = new Float64Array(capacity).fill(Number.NaN);
    const venue = new Uint8Array(capacity);
    venue.set(this.venue);
    this.venue = venue;
  }
}

export class GrowingContracts implements ContractTape {
  length = 0;
  timeMs = new Float64Array(CAPACITY);
  venue = new Uint8Array(CAPACITY);
  rank = new Int32Array(CAPACITY);
  mark = new Float64Array(CAPACITY);
  fundingRate = new Float64Array(CAPACITY);
  fundingTimeMs = new Float64Array(CAPACITY);

  /** @param books in which those of the same instant are counted */
  append(venue: number, timeMs: number, books: BookTape, news: ContractNews): void {
    let rank = 0;
    while (rank < books.length && books.timeMs[books.length - 1 - rank] === timeMs) rank++;
    this.add(venue, timeMs, rank, news);
  }

  /** @param rank see `ContractTape` */
  add(venue: number, timeMs: number, rank: number, news: ContractNews): void {
    if (this.length === this.timeMs.length) this.#grow();
    const n = this.length++;
    this.timeMs[n] = timeMs;
    this.venue[n] = venue;
    this.rank[n] = rank;
    this.mark[n] = news.mark;
    this.fundingRate[n] = news.fundingRate;
    this.fundingTimeMs[n] = news.fundingTimeMs;
  }

  /** A tape of its own without the first messages. */
  without(numMessages: number): GrowingContracts {
    const rest = new GrowingContracts();
    for (let n = numMessages; n < this.length; n++) {
      const news = {
        mark: this.mark[n],
        fundingRate: this.fundingRate[n],
        fundingTimeMs: this.fundingTimeMs[n],
      };
      rest.add(this.venue[n], this.timeMs[n], this.rank[n], news);
    }
    return rest;
  }

  #grow(): void {
    const capacity = Math.max(CAPACITY, 2 * this.length);
    for (const column of ['timeMs', 'mark', 'fundingRate', 'fundingTimeMs'] as const)
      this[column] = larger(this[column], capacity);
    const [venue, rank] = [this.venue, this.rank];
    this.venue = new Uint8Array(capacity);
    this.venue.set(venue);
    this.rank = new Int32Array(capacity);
    this.rank.set(rank);
  }
}
