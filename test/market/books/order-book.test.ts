import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BookSide, OrderBook } from '../../../market/books/order-book.ts';

/** The definition: a map per side, sorted when asked. */
class NaiveBook {
  readonly levels = { bid: new Map<number, number>(), ask: new Map<number, number>() };

  apply(side: BookSide, price: number, size: number): boolean {
    const levels = this.levels[side];
    const existed = levels.has(price);
    if (size === 0) levels.delete(price);
    else levels.set(price, size);
    return existed;
  }

  sorted(side: BookSide): [price: number, size: number][] {
    return [...this.levels[side]].sort(([a], [b]) => (side === 'bid' ? b - a : a - b));
  }

  truncate(depth: number): void {
    for (const side of ['bid', 'ask'] as const) {
      for (const [price] of this.sorted(side).slice(depth)) this.levels[side].delete(price);
    }
  }
}

const update = fc.record({
  kind: fc.constantFrom('apply', 'apply', 'apply', 'apply', 'apply', 'apply', 'truncate', 'clear'),
  side: fc.constantFrom<BookSide>('bid', 'ask'),
  price: fc.integer({ min: 1, max: 120 }).map((ticks) => ticks / 10),
  size: fc.constantFrom(0, 0, 0.5, 1, 2.25),
  depth: fc.integer({ min: 0, max: 40 }),
});

function levelsOf(book: OrderBook, side: BookSide): [number, number][] {
  const length = side === 'bid' ? book.numBids : book.numAsks;
  return Array.from({ length }, (_, rank) => [book.price(side, rank), book.size(side, rank)]);
}

describe('an order book', () => {
  test('agrees with sorted maps after any updates, removals, truncations and clearings', () => {
    fc.assert(
      fc.property(fc.array(update, { maxLength: 400 }), (updates) => {
        const book = new OrderBook();
        const naive = new NaiveBook();
        for (const { kind, side, price, size, depth } of updates) {
          if (kind === 'apply') expect(book.apply(side, price, size)).toBe(naive.apply(side, price, size));
          else if (kind === 'truncate') {
            book.truncate(depth);
            naive.truncate(depth);
          } else {
            book.clear();
            naive.truncate(0);
          }
          const [bids, asks] = [naive.sorted('bid'), naive.sorted('ask')];
          expect(book.bestBid).toBe(bids[0]?.[0] ?? 0);
          expect(book.bestAsk).toBe(asks[0]?.[0] ?? 0);
          expect(book.isCrossed).toBe(bids.length > 0 && asks.length > 0 && bids[0][0] >= asks[0][0]);
        }
        expect(levelsOf(book, 'bid')).toEqual(naive.sorted('bid'));
        expect(levelsOf(book, 'ask')).toEqual(naive.sorted('ask'));
      }),
      { numRuns: 200 },
    );
  });

  test('holds a snapshot of 25,000 levels a side in any order of arrival', () => {
    const book = new OrderBook();
    const prices = Array.from({ length: 25_000 }, (_, i) => 1 + ((i * 7919) % 25_000));
    for (const price of prices) {
      book.apply('bid', price, price / 2);
      book.apply('ask', 30_000 + price, price / 4);
    }
    expect([book.numBids, book.numAsks]).toEqual([25_000, 25_000]);
    expect([book.bestBid, book.bestAsk]).toEqual([25_000, 30_001]);
    expect([book.price('bid', 24_999), book.size('bid', 24_999)]).toEqual([1, 0.5]);
    expect([book.price('ask', 24_999), book.size('ask', 24_999)]).toEqual([55_000, 6250]);
  });

  test('writes its best levels as a tape has them, with zeros for those that are not there', () => {
    const book = new OrderBook();
    book.apply('bid', 9, 1);
    book.apply('bid', 10, 2);
    book.apply('ask', 11, 3);
    const arrays = Array.from({ length: 4 }, () => new Float64Array(5).fill(-1));
    book.topInto(arrays[0], arrays[1], arrays[2], arrays[3], 1, 3);
    expect(arrays.map((array) => [...array])).toEqual([
      [-1, 10, 9, 0, -1],
      [-1, 2, 1, 0, -1],
      [-1, 11, 0, 0, -1],
      [-1, 3, 0, 0, -1],
    ]);
    expect([book.price('ask', 1), book.size('ask', 1)]).toEqual([0, 0]);
  });

  test.each([
    [Number.NaN, 1],
    [0, 1],
    [-1, 1],
    [Infinity, 1],
    [1, Number.NaN],
    [1, -1],
    [1, Infinity],
  ])('refuses price %d with size %d and stays as it was', (price, size) => {
    const book = new OrderBook();
    book.apply('bid', 10, 2);
    expect(() => book.apply('bid', price, size)).toThrow(
      /^A bid level needs a price above 0 and a size of at least 0, both finite, got price .* and size /,
    );
    expect(levelsOf(book, 'bid')).toEqual([[10, 2]]);
  });
});
