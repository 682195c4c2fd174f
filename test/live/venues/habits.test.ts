/** What venues do beside their books: they send them again, anew or late, in any order, and ask to be left alone. */
import { describe, expect, test } from 'vitest';
import { printable } from '../../../core/printable.ts';
import { createRng } from '../../../core/rng.ts';
import { ClockOffset } from '../../../live/connection/clock-offset.ts';
import { VenueConnection } from '../../../live/connection/connection.ts';
import { excerpt } from '../../../live/connection/frame-fields.ts';
import type { SocketHandlers, Transport } from '../../../live/connection/transport.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { binance } from '../../../live/venues/binance.ts';
import { bybit } from '../../../live/venues/bybit.ts';
import { coinbase } from '../../../live/venues/coinbase.ts';
import { okx } from '../../../live/venues/okx.ts';
import { OrderBook } from '../../../market/books/order-book.ts';
import { harness, levels } from '../session/session-harness.ts';

describe('coinbase', () => {
  const frame = (sequence: number, type: string, updates: unknown[]) => ({
    channel: 'l2_data',
    timestamp: '2024-01-01T00:00:00Z',
    sequence_num: sequence,
    events: [{ type, product_id: 'BTC-USD', updates }],
  });
  const level = (side: string, price: number, size: number) => ({
    side,
    price_level: String(price),
    new_quantity: String(size),
  });

  test('sends a whole book again, whatever its number: it replaces ours, and its numbers go on from there', () => {
    const venue = harness(coinbase, ['BTC/USD'], { channels: ['book'] });
    venue.frame(frame(0, 'snapshot', [level('bid', 100, 1), level('offer', 101, 1)]));
    venue.frame(frame(1, 'update', [level('bid', 99, 5)]));
    venue.frame(frame(0, 'snapshot', [level('bid', 90, 2), level('offer', 91, 2)]));
    expect(levels(venue.book(), 'bid')).toEqual(['90 x 2']);
    venue.frame(frame(1, 'update', [level('bid', 89, 3)]));
    expect(levels(venue.book(), 'bid')).toEqual(['90 x 2', '89 x 3']);
    expect(venue.tradable()).toBe(true);
    // An update of the past was seen before.
    venue.frame(frame(1, 'update', [level('bid', 89, 7)]));
    expect(levels(venue.book(), 'bid')).toEqual(['90 x 2', '89 x 3']);
  });
});

describe('okx', () => {
  const update = (previous: number, sequence: number, bids: string[][], ts = 1000 + sequence) => ({
    arg: { channel: 'books', instId: 'BTC-USDT' },
    action: 'update',
    data: [{ bids, asks: [], ts: String(ts), checksum: 0, prevSeqId: previous, seqId: sequence }],
  });
  const answer = (fields: object) =>
    JSON.stringify({
      code: '0',
      msg: '',
      data: [{ asks: [['101', '1', '0', '1']], bids: [['100', '1', '0', '1']], ...fields }],
    });

  test('whose stream begins without a book is asked for one by HTTP, and goes on from it', () => {
    const venue = harness(okx, ['BTC/USDT'], { channels: ['book'] });
    venue.frame(update(4, 5, [['99', '1']]));
    venue.frame(update(5, 6, [['98', '2']]));
    venue.frame(update(6, 7, [['97', '3']]));
    const [fetched] = venue.commands.filter(({ kind }) => kind === 'fetch-snapshot');
    expect(fetched).toMatchObject({
      url: 'https://www.okx.com/api/v5/market/books?instId=BTC-USDT&sz=400',
      delayMs: 1000,
    });
    expect(venue.tradable()).toBe(false);
    venue.take({ kind: 'snapshot', symbol: 'BTC/USDT', body: answer({ ts: '1006', seqId: 6 }) });
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 1', '97 x 3']);
    venue.frame(update(7, 8, [['96', '4']]));
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 1', '97 x 3', '96 x 4']);
    expect(venue.tradable()).toBe(true);
  });

  test('whose answer names no sequence is put in order by its time; one that is too old is asked for again', () => {
    const venue = harness(okx, ['BTC/USDT'], { channels: ['book'] });
    venue.frame(update(4, 5, [['99', '1']]));
    venue.frame(update(5, 6, [['98', '2']]));
    const fetches = () => venue.commands.filter(({ kind }) => kind === 'fetch-snapshot').length;
    venue.take({ kind: 'snapshot', symbol: 'BTC/USDT', body: answer({ ts: '900' }) });
    expect([fetches(), venue.tradable()]).toEqual([2, false]);
    venue.take({ kind: 'snapshot', symbol: 'BTC/USDT', body: answer({ ts: '1005' }) });
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 1', '98 x 2']);
  });

  test('that sends its book after all needs no other', () => {
    const venue = harness(okx, ['BTC/USDT'], { channels: ['book'] });
    venue.frame(update(4, 5, [['99', '1']]));
    const whole = { ...update(-1, 9, [['100', '1']]), action: 'snapshot' };
    whole.data[0].asks = [['101', '1']] as never;
    venue.frame(whole);
    venue.take({ kind: 'snapshot', symbol: 'BTC/USDT', body: answer({ ts: '1', seqId: 1 }) });
    expect(levels(venue.book(), 'bid')).toEqual(['100 x 1']);
  });
});

test('what a venue asks to wait holds across connections, however long', () => {
  const venue = harness(binance, ['BTC/USDT'], { channels: ['book'], config: { resyncBudget: Infinity } });
  const month = 30 * 86_400_000;
  venue.take({
    kind: 'snapshot-failed',
    symbol: 'BTC/USDT',
    status: 429,
    retryAfterMs: month,
    detail: 'too many',
  });
  venue.take({ kind: 'close', reason: 'gone' });
  venue.take({ kind: 'open' });
  const delays = venue.commands.flatMap((command) =>
    command.kind === 'fetch-snapshot' ? [command.delayMs] : [],
  );
  expect(delays.at(-1)).toBeGreaterThan(month - 100);
  venue.timeMs += 3_600_000;
  venue.take({ kind: 'heartbeat' });
  venue.take({ kind: 'tick' });
  // The venue is not to blame for a book that it does not give.
  expect(venue.news()).not.toContain('disconnected');
});

test('messages of no known kind are passed over, within a budget', () => {
  const venue = harness(bybit, ['BTC/USDT'], { channels: ['book'], config: { unknownBudget: 3 } });
  const reconnects = () => venue.commands.filter(({ kind }) => kind === 'reconnect').length;
  for (let n = 0; n < 3; n++) venue.frame({ op: 'news' });
  expect(reconnects()).toBe(0);
  venue.frame({ op: 'news' });
  expect(reconnects()).toBe(1);
});

test('a machine that stood still connects anew, and says for how long', () => {
  const clock = new VirtualClock(1_700_000_000_000);
  const sockets: SocketHandlers[] = [];
  const transport: Transport = {
    connect(_url, _options, handlers) {
      sockets.push(handlers);
      return { send() {}, terminate() {} };
    },
    get: () => () => {},
  };
  let slept = 0;
  const sleepy = {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleptMs: () => slept,
    schedule: clock.schedule.bind(clock),
  };
  const reasons: string[] = [];
  const connection = new VenueConnection({
    plugin: bybit,
    markets: ['BTC/USDT'],
    config: { silenceMs: 1e9 },
    clock: sleepy,
    transport,
    rng: createRng(1),
    onEvent: (event) => {
      if (event.kind === 'disconnected') reasons.push(event.reason);
    },
  });
  connection.start();
  sockets[0].open();
  clock.runUntil(1_700_000_005_000);
  const before = connection.clock.nowMs();
  slept = 3_600_000;
  clock.runUntil(1_700_000_006_000);
  expect(reasons).toEqual([expect.stringContaining('stood still for 3600 s')]);
  expect(connection.clock.nowMs() - before).toBeGreaterThanOrEqual(3_600_000);
  expect(sockets).toHaveLength(2);
  connection.stop();
});

test('a frame, or three, with a wrong time make no other frame late', () => {
  const offset = new ClockOffset();
  let now = 0;
  /** A message every 100 ms, so late by the local clock. */
  const add = (lateMs: number) => {
    now += 100;
    return offset.add(now, now - lateMs);
  };
  for (let n = 0; n < 1500; n++) add(20);
  for (let n = 0; n < 3; n++) add(-6000);
  expect(add(20)).toBe(0);
  // One that lags is found out all the same.
  expect(add(6000)).toBeGreaterThan(5000);
});

test.each([20_000, 44_000])('a whole book of %d levels, worst first, costs a sort', (length) => {
  const book = new OrderBook();
  const prices = Float64Array.from({ length }, (_, n) => 1 + n);
  const isBid = Uint8Array.from({ length }, (_, n) => (n < length / 2 ? 1 : 0));
  for (let round = 0; round < 2; round++) {
    book.applyAll(prices, new Float64Array(length).fill(1), isBid, length, true);
    // Scattered changes of half of all levels.
    const some = Float64Array.from({ length: length / 2 }, (_, n) => 1 + ((n * 7919) % length));
    book.applyAll(
      some,
      new Float64Array(some.length).fill(2),
      isBid.map((_, n) => (some[n] <= length / 2 ? 1 : 0)),
      some.length,
    );
  }
  expect([book.numBids, book.numAsks, book.bestBid, book.bestAsk]).toEqual([
    length / 2,
    length / 2,
    length / 2,
    length / 2 + 1,
  ]);
});

test('nothing of a venue moves a cursor', () => {
  expect(excerpt('a\u001b[2Jb\u202ec\u0007')).toBe('a [2Jb c');
  expect(printable('\u009b31mred\u2028')).toBe('31mred');
  const venue = harness(bybit, ['BTC/USDT'], { channels: ['book'] });
  venue.frame({ op: 'subscribe', success: false, ret_msg: 'no\u001b]0;title\u0007' });
  expect(venue.session.disabledReason).toBe('the venue refuses: no ]0;title');
});
