import { describe, expect, test } from 'vitest';
import { createPairPlan, netEdge, planPairInto } from '../../../market/arbitrage/pair-plan.ts';
import { type BookLevels, BookMatcher } from '../../../market/execution/book-matcher.ts';
import { QueuePosition } from '../../../market/execution/queue-position.ts';
import { priceStepsOf } from '../../../market/instruments/price-steps.ts';
import type { Levels } from '../../envs/book-tapes.ts';

const DEPTH = 3;

function levels(bids: Levels, asks: Levels): BookLevels {
  const column = (side: Levels, part: 0 | 1) =>
    Float64Array.from({ length: DEPTH }, (_, k) => side[k]?.[part] ?? 0);
  return {
    bidPrices: column(bids, 0),
    bidSizes: column(bids, 1),
    askPrices: column(asks, 0),
    askSizes: column(asks, 1),
  };
}

const book = levels(
  [
    [99, 100],
    [98, 50],
  ],
  [
    [101, 100],
    [102, 50],
  ],
);

describe('matching against a displayed book', () => {
  test('what we take of a level stays taken for as long as it is shown, and a larger size is new by its growth alone', () => {
    const matcher = new BookMatcher(DEPTH);
    matcher.setBook(book, 0, 0);
    expect(matcher.take(1, 30, Infinity, 0)).toBe(30);
    expect(matcher.sizeAt(1, 0)).toBe(70);
    matcher.take(1, 20, Infinity, 0);
    expect(matcher.sizeAt(1, 0)).toBe(50);
    matcher.setBook(book, 0, 1); // Shown unchanged: nothing new has come.
    expect(matcher.sizeAt(1, 0)).toBe(50);
    matcher.setBook(levels([[99, 100]], [[101, 120]]), 0, 2);
    expect(matcher.sizeAt(1, 0)).toBe(70);
    // Others take most of it: what is left of ours is no more than what is shown.
    matcher.setBook(levels([[99, 100]], [[101, 10]]), 0, 3);
    expect(matcher.sizeAt(1, 0)).toBe(0);
    matcher.setBook(levels([[99, 100]], [[101, 60]]), 0, 4);
    expect(matcher.sizeAt(1, 0)).toBe(50);
  });

  test('a size that flickers is not sold to more than once', () => {
    const matcher = new BookMatcher(DEPTH);
    let filled = 0;
    for (let time = 0; time < 20; time++) {
      matcher.setBook(levels([[99, 1 + (time % 2) * 1e-8]], [[101, 100]]), 0, time);
      filled += matcher.take(-1, 1, 0, time);
    }
    expect(filled).toBeCloseTo(1, 6);
  });

  test('a level that goes and comes back is new', () => {
    const matcher = new BookMatcher(DEPTH);
    matcher.setBook(book, 0, 0);
    matcher.take(-1, 40, 0, 0);
    matcher.setBook(levels([[98, 50]], [[101, 100]]), 0, 1);
    matcher.setBook(book, 0, 2);
    expect(matcher.sizeAt(-1, 0)).toBe(100);
  });

  test('a taker walks the levels and pays the volume-weighted price; what is not shown is not filled', () => {
    const matcher = new BookMatcher(DEPTH);
    matcher.setBook(book, 0, 0);
    expect(matcher.take(1, 120, Infinity, 0)).toBe(120);
    expect(matcher.notional).toBe(100 * 101 + 20 * 102);
    expect(matcher.worstPrice).toBe(102);
    expect(matcher.take(1, 100, Infinity, 0)).toBe(30);
    expect(matcher.bestLevel(1)).toBe(DEPTH);
    expect(matcher.bestPrice(1)).toBe(0);
  });

  test('a limit is never passed', () => {
    const matcher = new BookMatcher(DEPTH);
    matcher.setBook(book, 0, 0);
    expect(matcher.take(1, 500, 101.5, 0)).toBe(100);
    expect(matcher.take(-1, 500, 98.5, 0)).toBe(100);
    expect(matcher.take(-1, 500, 98.5, 0)).toBe(0);
  });

  test('a stale book, and a venue that is down, fill nothing', () => {
    const matcher = new BookMatcher(DEPTH, 1000);
    expect(matcher.take(1, 1, Infinity, 0)).toBe(0);
    matcher.setBook(book, 0, 0);
    expect(matcher.take(1, 1, Infinity, 1001)).toBe(0);
    expect(matcher.take(1, 1, Infinity, 1000)).toBe(1);
    matcher.isDown = true;
    expect(matcher.take(1, 1, Infinity, 1000)).toBe(0);
  });

  test('lots round down, the minimum refuses, ticks round against a worse fill', () => {
    const matcher = new BookMatcher(DEPTH, Infinity, { lotSize: 0.1, minSize: 0.3, tickSize: 0.5 });
    expect(matcher.acceptedSize(0.39)).toBeCloseTo(0.3, 12);
    expect(matcher.acceptedSize(0.29)).toBe(0);
    expect(matcher.acceptedSize(0.7)).toBeCloseTo(0.7, 12);
    expect(matcher.acceptedLimit(1, 101.3)).toBe(101);
    expect(matcher.acceptedLimit(-1, 98.6)).toBe(99);
  });

  test('ticks of won markets go by the price', () => {
    const tickSize = priceStepsOf('upbit-krw');
    const matcher = new BookMatcher(DEPTH, Infinity, { lotSize: 0, minSize: 0, tickSize });
    expect(matcher.acceptedLimit(1, 100_473_999)).toBe(100_473_000);
    expect(matcher.acceptedLimit(-1, 100_473_001)).toBe(100_474_000);
    expect([matcher.acceptedLimit(1, 4999.5), matcher.acceptedLimit(1, 5004)]).toEqual([4999, 5000]);
    expect(matcher.acceptedLimit(1, Infinity)).toBe(Infinity);
  });

  test('a saved matcher goes on as the first would', () => {
    const matcher = new BookMatcher(DEPTH);
    matcher.setBook(book, 0, 5);
    matcher.take(1, 30, Infinity, 5);
    const other = new BookMatcher(DEPTH);
    other.load(structuredClone(matcher.save()));
    expect(other.take(1, 200, Infinity, 6)).toBe(matcher.take(1, 200, Infinity, 6));
    expect(other.notional).toBe(matcher.notional);
    expect(other.bookTimeMs).toBe(5);
  });

  test.each([0, 1.5, Number.NaN])('a depth of %s is refused', (depth) => {
    expect(() => new BookMatcher(depth)).toThrow(/whole number of levels/);
  });
});

describe('the queue of a resting order', () => {
  test('trades serve what is ahead first, then us', () => {
    const queue = new QueuePosition(100, 50);
    expect(queue.onTrade(80)).toBe(0);
    expect(queue.ahead).toBe(20);
    expect(queue.onTrade(30)).toBe(10);
    expect(queue.onTrade(50)).toBe(40);
    expect(queue.open).toBe(0);
  });

  test('a deleted level clears the queue, and a market that crosses fills us', () => {
    const queue = new QueuePosition(100, 5);
    queue.onLevelDeleted();
    expect(queue.onTrade(2)).toBe(2);
    expect(queue.onCrossed(10)).toBe(3);
  });
});

describe('a pair of orders', () => {
  test('has the net edge of its definition', () => {
    expect(netEdge(100, 101, 0.001, 0.002)).toBeCloseTo((101 * 0.998) / (100 * 1.001) - 1, 15);
  });

  test('is as large as the levels whose edge is near the best one, and no larger than asked', () => {
    const buy = new BookMatcher(DEPTH);
    const sell = new BookMatcher(DEPTH);
    buy.setBook(
      levels(
        [[99, 1]],
        [
          [100, 2],
          [100.01, 2],
          [101, 5],
        ],
      ),
      0,
      0,
    );
    sell.setBook(
      levels(
        [
          [102, 1],
          [101.99, 4],
          [100.5, 9],
        ],
        [[103, 1]],
      ),
      0,
      0,
    );
    const plan = createPairPlan();
    planPairInto(plan, buy, sell, 100, 0.001, 0);
    expect(plan).toEqual({ size: 4, buyPrice: 100.01, sellPrice: 101.99 });
    planPairInto(plan, buy, sell, 1.5, 0.001, 0);
    expect(plan.size).toBe(1.5);
    planPairInto(plan, buy, sell, 100, 0.5, 1);
    expect(plan).toEqual({ size: 5, buyPrice: 101, sellPrice: 101.99 });
  });
});
