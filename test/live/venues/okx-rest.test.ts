/** A stream of OKX that begins with an update: the book comes by HTTP, and what came meanwhile is put upon it. */
import { describe, expect, test } from 'vitest';
import { okx } from '../../../live/venues/okx.ts';
import { type Harness, harness, levels } from '../session/session-harness.ts';

const SYMBOL = 'BTC/USDT';
const TS = 1_600_000_000_000;

const level = (price: number, size: number) => [String(price), String(size), '0', '1'];
/** An update from one number to the next. */
const update = (from: number, to: number, ms: number, bid?: string[], ask?: string[]) => ({
  arg: { channel: 'books', instId: 'BTC-USDT' },
  action: 'update',
  data: [{ bids: bid ? [bid] : [], asks: ask ? [ask] : [], ts: String(TS + ms), prevSeqId: from, seqId: to }],
});
const answer = (venue: Harness, seqId: number | undefined, ms: number, code = '0') => {
  const data = [{ bids: [level(100, 1), level(99, 2)], asks: [level(101, 3)], ts: String(TS + ms), seqId }];
  venue.take({ kind: 'snapshot', symbol: SYMBOL, body: JSON.stringify({ code, msg: 'what', data }) });
};

/** From 10 to 12, in two steps. */
function begun(): Harness {
  const venue = harness(okx, [SYMBOL], { channels: ['book'] });
  venue.frame(update(10, 11, 110, level(100, 5)));
  venue.frame(update(11, 12, 120, level(98, 7), level(101, 0)));
  venue.frame(update(12, 13, 130, undefined, level(102, 4)));
  return venue;
}

const fetches = (venue: Harness) =>
  venue.commands.flatMap((command) => (command.kind === 'fetch-snapshot' ? [command] : []));
const exchangeMs = (venue: Harness) =>
  venue.events.flatMap((event) => (event.kind === 'book' ? [event.exchangeTimeMs - TS] : []));

test('the book is asked for once', () => {
  expect(fetches(begun())).toMatchObject([
    { symbol: SYMBOL, url: expect.stringContaining('/api/v5/market/books?instId=BTC-USDT&sz=400') },
  ]);
});

describe('a book that comes by HTTP', () => {
  test.each<
    [rule: string, seqId: number | undefined, ms: number, bids: string[], asks: string[], exchange: number]
  >([
    [
      'of the time before all updates takes all of them',
      10,
      105,
      ['100 x 5', '99 x 2', '98 x 7'],
      ['102 x 4'],
      130,
    ],
    [
      'from among them takes those that follow it',
      11,
      115,
      ['100 x 1', '99 x 2', '98 x 7'],
      ['102 x 4'],
      130,
    ],
    ['of the last one takes none', 13, 135, ['100 x 1', '99 x 2'], ['101 x 3'], 135],
    ['later than all takes none', 20, 200, ['100 x 1', '99 x 2'], ['101 x 3'], 200],
    ['without a number goes by its time', undefined, 120, ['100 x 1', '99 x 2'], ['101 x 3', '102 x 4'], 130],
  ])('%s', (_, seqId, ms, bids, asks, exchange) => {
    const venue = begun();
    answer(venue, seqId, ms);
    expect([levels(venue.book(), 'bid'), levels(venue.book(), 'ask')]).toEqual([bids, asks]);
    expect([venue.tradable(), exchangeMs(venue)]).toEqual([true, [exchange]]);
    // The stream goes on from its own last number.
    venue.frame(update(13, 14, 140, level(97, 1)));
    expect(levels(venue.book(), 'bid').at(-1)).toBe('97 x 1');
    expect(fetches(venue)).toHaveLength(1);
  });

  test.each<[rule: string, seqId: number | undefined, ms: number, code: string]>([
    ['from before what the first update follows is asked for again', 9, 95, '0'],
    ['without a number, from before the first update, is asked for again', undefined, 100, '0'],
    ['that the venue refuses is asked for again', 10, 105, '50011'],
  ])('%s, later', (_, seqId, ms, code) => {
    const venue = begun();
    answer(venue, seqId, ms, code);
    expect([venue.tradable(), exchangeMs(venue)]).toEqual([false, []]);
    const [first, second] = fetches(venue).map(({ delayMs }) => delayMs);
    expect(second).toBe(2 * first);
    answer(venue, 10, 105);
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 5', '99 x 2', '98 x 7']);
  });

  test('takes only what came after a break in the updates', () => {
    const venue = begun();
    venue.frame(update(20, 21, 210, level(100, 9)));
    answer(venue, 15, 150);
    expect(venue.tradable()).toBe(false);
    answer(venue, 20, 205);
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 9', '99 x 2']);
  });

  test('too late, when the stream has brought one, is passed over', () => {
    const venue = begun();
    const { arg } = update(0, 0, 0);
    const bids = [level(90, 1)];
    const asks = [level(91, 1)];
    venue.frame({
      arg,
      action: 'snapshot',
      data: [{ bids, asks, ts: String(TS), prevSeqId: -1, seqId: 50 }],
    });
    answer(venue, 60, 300);
    expect(levels(venue.book(), 'bid')).toEqual(['90 x 1']);
  });
});
