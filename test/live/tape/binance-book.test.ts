import { describe, expect, test } from 'vitest';
import { BinanceBook } from '../../../live/tape/binance-book.ts';
import type { BinanceDepth, BinanceSnapshot, WireLevel } from '../../../live/tape/binance-messages.ts';

const spot = (
  firstId: number,
  lastId: number,
  bids: WireLevel[] = [],
  previousId?: number,
): BinanceDepth => ({
  kind: 'depth',
  symbol: 'BTCUSDT',
  exchangeTimeMs: 0,
  firstId,
  lastId,
  previousId,
  bids,
  asks: [],
});

const snapshot = (lastId: number): BinanceSnapshot => ({
  kind: 'snapshot',
  lastId,
  exchangeTimeMs: Number.NaN,
  bids: [['10', '1']],
  asks: [['11', '1']],
});

describe('a spot book', () => {
  test('waits for a snapshot, then applies what waited and is newer', () => {
    const live = new BinanceBook();
    expect(live.applyDepth(spot(1, 4, [['10', '9']]))).toBe('waiting');
    expect(live.applyDepth(spot(5, 8, [['10', '2']]))).toBe('waiting');
    expect(live.applySnapshot(snapshot(4))).toBe('applied');
    expect([live.book.bestBid, live.book.size('bid', 0)]).toEqual([10, 2]);
    expect(live.applyDepth(spot(9, 9, [['10', '0']]))).toBe('applied');
    expect(live.book.numBids).toBe(0);
  });

  test('takes changes that overlap the snapshot or begin right behind it, and passes over old ones', () => {
    for (const firstId of [3, 5]) {
      const live = new BinanceBook();
      live.applySnapshot(snapshot(4));
      expect(live.applyDepth(spot(1, 4, [['10', '9']]))).toBe('old');
      expect(live.applyDepth(spot(firstId, 6, [['10', '2']]))).toBe('applied');
      expect(live.book.size('bid', 0)).toBe(2);
    }
  });

  test('refuses a snapshot from before the stream, and drops the book at a gap until the next one', () => {
    const live = new BinanceBook();
    live.applyDepth(spot(7, 8));
    expect(live.applySnapshot(snapshot(5))).toBe('old');
    expect(live.inStep).toBe(false);
    expect(live.applySnapshot(snapshot(7))).toBe('applied');
    expect(live.applyDepth(spot(10, 11, [['10', '3']]))).toBe('gap');
    expect([live.inStep, live.book.numBids]).toEqual([false, 0]);
    expect(live.applySnapshot(snapshot(10))).toBe('applied');
    expect(live.book.size('bid', 0)).toBe(3);
    expect(live.applySnapshot(snapshot(9))).toBe('old');
    expect(live.book.size('bid', 0)).toBe(3);
  });

  test('says when the changes that waited have a gap themselves', () => {
    const live = new BinanceBook();
    live.applyDepth(spot(1, 4));
    live.applyDepth(spot(6, 8));
    expect(live.applySnapshot(snapshot(2))).toBe('gap');
    expect(live.inStep).toBe(false);
    expect(live.applySnapshot(snapshot(6))).toBe('applied');
  });
});

test('a perpetual follows the chain of previous ids, from a change that reaches over the snapshot', () => {
  const live = new BinanceBook();
  live.applyDepth(spot(1, 3, [], 0));
  live.applyDepth(spot(4, 8, [['10', '2']], 3));
  expect(live.applySnapshot(snapshot(6))).toBe('applied');
  expect(live.book.size('bid', 0)).toBe(2);
  expect(live.applyDepth(spot(12, 15, [['10', '3']], 8))).toBe('applied');
  expect(live.applyDepth(spot(16, 17, [], 14))).toBe('gap');
});
