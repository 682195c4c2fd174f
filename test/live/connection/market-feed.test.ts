/** When a book is recent, by the venue's setting and by its own pace: rows with their boundary on both sides. */
import { describe, expect, test } from 'vitest';
import { MarketFeed } from '../../../live/connection/market-feed.ts';

/** A feed whose book came every `intervalMs`, so many times, the last time at 0. */
function feedOf(intervalMs: number, numBooks: number): MarketFeed {
  const feed = new MarketFeed({ symbol: 'BTC/USDT', base: 'BTC', quote: 'USDT', native: 'BTCUSDT' });
  feed.book.apply('bid', 99, 1);
  feed.book.apply('ask', 101, 1);
  for (let i = numBooks; i-- > 0; ) feed.pace.add(-i * intervalMs);
  feed.valid = true;
  feed.confirmedMs = 0;
  return feed;
}

describe('a book is good to decide on', () => {
  test.each([
    // Interval, books, the setting, speed: the age at which it is not recent any more.
    ['while its pace is not known, as long as the setting says', 100, 16, 5000, 1, 5000],
    ['of ten a second, for 2 s', 100, 17, 5000, 1, 2000],
    ['of ten a second, never longer than the setting says', 100, 17, 1500, 1, 1500],
    ['of a hundred a second, for a second: the machine has pauses of its own', 10, 17, 5000, 1, 1000],
    ['of one a second, as long as the setting says', 1000, 17, 5000, 1, 5000],
    ['of one a second, for 20 s where the setting allows it', 1000, 17, 30_000, 1, 20_000],
    ['that is played a hundred times as fast, as if it came slower', 100, 17, 1e6, 100, 100_000],
  ])('%s', (_, intervalMs, numBooks, staleAfterMs, speed, limitMs) => {
    const feed = feedOf(intervalMs, numBooks);
    expect(feed.ageLimitMs(staleAfterMs, speed)).toBe(limitMs);
    expect(feed.isGood(limitMs, staleAfterMs, speed)).toBe(true);
    expect(feed.isGood(limitMs + 1, staleAfterMs, speed)).toBe(false);
  });
});

test('a pace is kept with the feed, and forgotten with its connection', () => {
  const feed = feedOf(100, 40);
  const other = new MarketFeed(feed.market);
  other.load(feed.save());
  expect(other.ageLimitMs(5000)).toBe(2000);
  other.invalidate(0);
  expect(other.ageLimitMs(5000)).toBe(5000);
});
