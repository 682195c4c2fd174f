/** Orders that meet a book which is late by its venue's own pace, and orders that a venue's rules cut or refuse. */
import { describe, expect, test } from 'vitest';
import { BookBroker } from '../../../market/execution/book-broker.ts';
import type { BookBrokerOptions } from '../../../market/execution/book-broker-options.ts';
import { BookMatcher } from '../../../market/execution/book-matcher.ts';
import { BookPace } from '../../../market/execution/book-pace.ts';
import { constantLatency } from '../../../market/execution/latency.ts';

const book = (mid: number) => ({
  bidPrices: Float64Array.of(mid - 1),
  bidSizes: Float64Array.of(100),
  askPrices: Float64Array.of(mid + 1),
  askSizes: Float64Array.of(100),
});

/** A broker with a book every 200 ms up to second 10. */
function open(options: Partial<BookBrokerOptions> = {}) {
  const fills: [timeMs: number, price: number, size: number][] = [];
  const broker = new BookBroker({
    depth: 1,
    initialEquity: 1000,
    latency: constantLatency(100),
    limitRate: 0.5,
    onFill: ({ timeMs, price, size }) => fills.push([timeMs, price, size]),
    ...options,
  });
  for (let ms = 0; ms <= 10_000; ms += 200) broker.takeBook(book(100), 0, ms);
  broker.reset(0, 10_000, 100);
  return { broker, fills, bar: (ms: number) => broker.closeBar(1, ms, 1000, 100) };
}

describe('the pace of a venue', () => {
  test('is unknown before sixteen intervals, and then five times its long ones, at least 100 ms', () => {
    const pace = new BookPace();
    for (let n = 0; n <= 15; n++) pace.add(50 * n);
    expect(pace.lateAfterMs).toBe(Infinity);
    pace.add(50 * 16);
    expect(pace.lateAfterMs).toBe(250);
    for (let n = 1; n <= 64; n++) pace.add(800 + n);
    expect(pace.lateAfterMs).toBe(100);
  });

  test('is not changed by one gap, and not by books of the same time', () => {
    const pace = new BookPace();
    for (let n = 0; n <= 40; n++) {
      pace.add(200 * n);
      pace.add(200 * n);
    }
    pace.add(60_000);
    for (let n = 1; n <= 40; n++) pace.add(60_000 + 200 * n);
    expect(pace.lateAfterMs).toBe(1000);
  });
});

describe('an order that arrives', () => {
  test.each([
    ['while the book is as old as the pace allows fills', 10_900, [[11_000, 101]]],
    ['while it is older waits, and fills at the next one', 10_901, [[15_000, 121]]],
  ])('%s', (_, decisionMs, expected) => {
    const { broker, fills, bar } = open();
    bar(decisionMs);
    broker.requestExposure(0.5);
    bar(12_000);
    broker.takeBook(book(120), 0, 15_000);
    expect(fills.map(([ms, price]) => [ms, Math.round(price)])).toEqual(expected);
  });

  test('waits no longer than until the book is stale, and is asked for again then', () => {
    const { broker, fills, bar } = open({ staleMs: 3000 });
    bar(11_500);
    broker.requestExposure(0.5);
    bar(12_500);
    expect(broker.isOrderUnderWay).toBe(true);
    broker.takeBook(book(120), 0, 15_000);
    expect([fills.length, broker.numUnfilled]).toEqual([0, 1]);
    broker.requestExposure(0.5);
    broker.takeBook(book(120), 0, 15_200);
    expect(fills).toHaveLength(1);
  });

  test('without latency waits as well', () => {
    const { broker, fills, bar } = open({ latency: constantLatency(0) });
    bar(12_000);
    broker.requestExposure(0.5);
    expect(fills).toHaveLength(0);
    broker.takeBook(book(90), 0, 15_000);
    expect(fills.map(([ms]) => ms)).toEqual([15_000]);
  });

  test('goes on waiting in another broker that was loaded', () => {
    const { broker, bar } = open();
    bar(11_500);
    broker.requestExposure(0.5);
    bar(12_000);
    const other = open();
    other.broker.load(broker.save());
    other.broker.takeBook(book(120), 0, 15_000);
    expect(other.fills.map(([ms]) => ms)).toEqual([15_000]);
  });
});

describe('the rules of a venue', () => {
  test.each([
    ['whole lots, rounded down', { lotSize: 2 }, 4],
    ['the smallest size', { minSize: 4.97 }, 4.98],
    ['less than the smallest size', { minSize: 5 }, 0],
    ['the smallest value', { minNotional: 502 }, 4.98],
    ['less than the smallest value', { minNotional: 504 }, 0],
    ['a limit in whole ticks', { tickSize: 40 }, 4.98],
    ['a limit whose ticks leave nothing to buy at', { tickSize: 100.5 }, 0],
  ])('%s', (_, rules, size) => {
    const { broker, fills } = open({
      latency: constantLatency(0),
      rules: { lotSize: 0, minSize: 0, tickSize: 0, ...rules },
      limitRate: 'tickSize' in rules && rules.tickSize === 100.5 ? 0.01 : 0.5,
    });
    broker.requestExposure(0.5);
    expect(fills.map(([, , filled]) => Math.round(100 * filled) / 100)).toEqual(size === 0 ? [] : [size]);
  });

  test('what is refused is not asked for again at every step', () => {
    const { broker, fills, bar } = open({ rules: { lotSize: 0, minSize: 5, tickSize: 0 } });
    for (let ms = 11_000; ms < 14_000; ms += 1000) {
      broker.requestExposure(0.5);
      broker.takeBook(book(100), 0, ms - 500);
      bar(ms);
    }
    expect([fills.length, broker.numUnfilled, broker.isOrderUnderWay]).toEqual([0, 0, false]);
  });

  test('a value is asked about where there is a price', () => {
    const matcher = new BookMatcher(1, Infinity, { lotSize: 0, minSize: 0, tickSize: 0, minNotional: 100 });
    expect([matcher.acceptedSize(1, 100), matcher.acceptedSize(1, 99), matcher.acceptedSize(1)]).toEqual([
      1, 0, 1,
    ]);
  });
});
