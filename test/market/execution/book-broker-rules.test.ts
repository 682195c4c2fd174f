/** The rules of the book broker, each with its boundary on both sides. */
import { describe, expect, test } from 'vitest';
import { EnvError } from '../../../core/errors.ts';
import { BookBroker } from '../../../market/execution/book-broker.ts';
import type { BookBrokerOptions, BookOrder } from '../../../market/execution/book-broker-options.ts';
import { proportionalFee } from '../../../market/execution/fees.ts';
import type { Fill } from '../../../market/execution/fill.ts';
import { constantLatency } from '../../../market/execution/latency.ts';

const START_MS = 1_700_000_000_000;
const YEAR_MS = 365 * 86_400_000;

/** One level a side, two quote units apart, around a mid. */
const book = (mid: number, size = 100) => ({
  bidPrices: Float64Array.of(mid - 1),
  bidSizes: Float64Array.of(size),
  askPrices: Float64Array.of(mid + 1),
  askSizes: Float64Array.of(size),
});

/** A broker without costs, of 1000 quote units, on a book around 100. */
function open(options: Partial<BookBrokerOptions> & { latencyMs?: number } = {}) {
  const { latencyMs = 0, ...rest } = options;
  const fills: Fill[] = [];
  const orders: BookOrder[] = [];
  const broker = new BookBroker({
    depth: 1,
    initialEquity: 1000,
    latency: constantLatency(latencyMs),
    limitRate: 0.5,
    onFill: (fill) => fills.push({ ...fill }),
    onOrder: (order) => orders.push({ ...order }),
    ...rest,
  });
  broker.takeBook(book(100), 0, START_MS);
  broker.reset(0, START_MS, 100);
  return {
    broker,
    fills,
    orders,
    book: (ms: number, mid: number, size?: number) => broker.takeBook(book(mid, size), 0, START_MS + ms),
    /** The end of a bar. */
    bar: (ms: number, mark = 100, barMs = 1) => broker.closeBar(1, START_MS + ms, barMs, mark),
  };
}

describe('an order of 100 ms meets', () => {
  test.each([
    ['the book that came before it arrived', 1099, 141],
    ['the book that came as it arrived', 1100, 141],
    ['the book before the one that came after it arrived', 1101, 101],
  ])('%s', (_, bookMs, price) => {
    const { broker, fills, book, bar } = open({ latencyMs: 100 });
    book(1000, 100);
    broker.requestExposure(0.5);
    book(bookMs, 140);
    bar(2000);
    expect(fills.map((fill) => [fill.notional / fill.size, fill.timeMs - START_MS])).toEqual([[price, 1100]]);
  });

  test('the last book of a bar, when it arrives with the bar’s end', () => {
    const { broker, fills, bar } = open({ latencyMs: 100 });
    broker.requestExposure(0.5);
    bar(99);
    expect(fills).toEqual([]);
    bar(100);
    expect(fills).toHaveLength(1);
  });

  test('the present book, at once, without latency', () => {
    const { broker, fills, orders } = open();
    broker.requestExposure(0.5);
    expect(fills).toHaveLength(1);
    expect(orders).toMatchObject([{ timeMs: START_MS, arrivalMs: START_MS, exposure: 0.5, mid: 100 }]);
    expect(broker.isOrderUnderWay).toBe(false);
  });
});

describe('a book', () => {
  test.each([
    ['as old as it may be fills', 100, 1, 0],
    ['that is older fills nothing, which is counted', 101, 0, 1],
  ])('%s', (_, latencyMs, numFills, numUnfilled) => {
    const { broker, fills, bar } = open({ latencyMs, staleMs: 100 });
    broker.requestExposure(0.5);
    bar(1000);
    expect([fills.length, broker.numUnfilled]).toEqual([numFills, numUnfilled]);
  });

  test.each([
    ['whose ask is at a buyer’s limit', 0.5, 109, 1],
    ['whose ask is beyond it', 0.5, 109.01, 0],
    ['whose bid is at a seller’s limit', -0.5, 91, 1],
    ['whose bid is beyond it', -0.5, 90.99, 0],
  ])('%s fills %#', (_, exposure, mid, numFills) => {
    // The limit is 10 % from the mid of 100 at the decision.
    const { broker, fills, book, bar } = open({ latencyMs: 100, limitRate: 0.1 });
    broker.requestExposure(exposure);
    book(50, mid);
    bar(1000);
    expect([fills.length, broker.numUnfilled]).toEqual([numFills, 1 - numFills]);
  });

  test('that is lost fills nothing, and the next one does', () => {
    const { broker, fills, book } = open();
    broker.loseBook();
    broker.requestExposure(0.5);
    expect(fills).toEqual([]);
    book(50, 100);
    broker.requestExposure(0.5);
    expect(fills).toHaveLength(1);
  });

  test('of one side leaves the mid as it was', () => {
    const { broker } = open();
    broker.takeBook({ ...book(200), bidPrices: Float64Array.of(0) }, 0, START_MS + 1);
    broker.takeBook({ ...book(200), askPrices: Float64Array.of(0) }, 0, START_MS + 2);
    expect([broker.mid, broker.timeMs]).toEqual([100, START_MS + 2]);
  });

  test('is needed: before the first, and after all is forgotten, nothing is sent until it is asked for again', () => {
    const { broker, orders, book } = open();
    broker.clear();
    expect(broker.mid).toBe(0);
    broker.requestExposure(0.5);
    expect(orders).toEqual([]);
    book(10, 100);
    expect(orders).toEqual([]);
    broker.requestExposure(0.5);
    expect(orders).toHaveLength(1);
  });
});

describe('a request', () => {
  test.each([
    ['as far from the last one as the band', 0.6, 1],
    ['further', 0.61, 2],
    ['as far on the other side', 0.4, 1],
    ['further on the other side', 0.39, 2],
  ])('%s', (_, exposure, numOrders) => {
    const { broker, orders } = open({ rebalanceBand: 0.1 });
    broker.requestExposure(0.5);
    broker.requestExposure(exposure);
    expect([orders.length, broker.targetExposure]).toEqual([numOrders, numOrders === 1 ? 0.5 : exposure]);
  });

  test('for nothing at all knows no band, and is made once', () => {
    const { broker, orders } = open({ rebalanceBand: 0.5 });
    broker.requestFlat();
    expect(orders).toEqual([]);
    broker.requestExposure(0.6);
    broker.requestExposure(0.2);
    expect(orders).toHaveLength(1);
    broker.requestFlat();
    expect([orders.length, broker.account.base, broker.targetExposure]).toEqual([2, expect.closeTo(0, 9), 0]);
    broker.requestFlat();
    expect(orders).toHaveLength(2);
  });

  test('that was filled is not made again, one that was filled in part is', () => {
    const { broker, orders, fills, book } = open();
    broker.requestExposure(0.5);
    broker.requestExposure(0.5);
    expect(orders).toHaveLength(1);
    book(1, 101, 2);
    broker.requestExposure(0.9);
    expect(fills.at(-1)?.size).toBe(2);
    broker.requestExposure(0.9);
    broker.requestExposure(0.9);
    expect(orders).toHaveLength(4);
    // What was taken of a level stays taken.
    expect(fills).toHaveLength(2);
    expect(broker.numUnfilled).toBe(2);
    book(2, 100, 50);
    broker.requestExposure(0.9);
    broker.requestExposure(0.9);
    expect([orders.length, fills.length]).toEqual([5, 3]);
  });

  test('that comes while an order is under way waits for it: the last of several, from its arrival on', () => {
    const { broker, orders, bar } = open({ latencyMs: 100 });
    broker.requestExposure(0.5);
    bar(50);
    broker.requestExposure(-0.5);
    broker.requestExposure(0.25);
    expect(orders).toHaveLength(1);
    bar(1000);
    expect(
      orders.map(({ timeMs, arrivalMs, exposure }) => [timeMs - START_MS, arrivalMs - START_MS, exposure]),
    ).toEqual([
      [0, 100, 0.5],
      [100, 200, 0.25],
    ]);
    expect(broker.isOrderUnderWay).toBe(false);
    expect(broker.account.exposure(100)).toBeCloseTo(0.25, 2);
  });

  test.each([Number.NaN, Infinity, -Infinity])('for %d is an error', (exposure) => {
    const { broker, orders } = open();
    expect(() => broker.requestExposure(exposure)).toThrow(EnvError);
    expect([orders.length, broker.targetExposure]).toEqual([0, 0]);
  });
});

describe('an account', () => {
  test('pays a fee on what it trades, and is where it was asked to be after it', () => {
    const { broker, fills } = open({ fees: proportionalFee(0.01) });
    broker.requestExposure(0.5);
    expect(fills[0].fee).toBeGreaterThan(0.01 * fills[0].size * 100 * 0.99);
    expect(broker.account.exposure(100)).toBeCloseTo(0.5, 3);
  });

  test.each([
    ['that borrows quote pays interest on it', 2, 0.1 * 1000],
    ['that borrows base pays interest on it', -1, 0.1 * 1000],
    ['that borrows nothing pays none', 1, 0],
    ['that holds nothing pays none', 0, 0],
  ])('%s', (_, exposure, interest) => {
    const { broker, bar } = open({ borrowRatePerYear: 0.1 });
    broker.requestExposure(exposure);
    const before = broker.account.equity(100);
    bar(1, 100, YEAR_MS);
    const paid = before - broker.account.equity(100);
    expect(Math.abs(paid - interest)).toBeLessThanOrEqual(0.02 * interest);
    expect(broker.equity).toBe(broker.account.equity(100));
  });

  test.each([
    ['worth something lives on', 199, true],
    ['worth nothing ends', 200.5, false],
  ])('short of all it had, and %s', (_, mid, alive) => {
    const { broker, fills, book } = open();
    broker.requestExposure(-1);
    // About 10 base units are owed, which 2000 quote units must buy back.
    book(1, mid);
    expect(broker.account.alive).toBe(alive);
    expect(fills.at(-1)?.liquidation).toBe(!alive);
    if (alive) return;
    // What is missing is owed.
    expect(broker.equity).toBe(-broker.account.deficit);
    expect(broker.account.deficit).toBeGreaterThan(0);
    expect([broker.targetExposure, broker.isOrderUnderWay]).toEqual([0, false]);
    const { length } = fills;
    broker.requestExposure(1);
    broker.requestFlat();
    broker.closeBar(2, START_MS + 2, 1, 100);
    expect([fills.length, broker.equity]).toEqual([length, -broker.account.deficit]);
  });

  test('that the price of a bar’s end ruins ends there, and what was under way with it', () => {
    const { broker, fills, bar } = open({ latencyMs: 100, borrowRatePerYear: 0 });
    broker.requestExposure(-1);
    bar(100);
    broker.requestExposure(1);
    expect(broker.isOrderUnderWay).toBe(true);
    broker.takeBook(book(300), 0, START_MS + 150);
    expect([broker.account.alive, broker.isOrderUnderWay]).toEqual([false, false]);
    expect(fills.map(({ liquidation }) => liquidation)).toEqual([false, true]);
    expect(broker.numFills).toBe(2);
  });

  test('that is opened anew has nothing of the last', () => {
    const { broker, book } = open({ latencyMs: 100 });
    broker.requestExposure(1);
    book(200, 100);
    broker.requestExposure(-1);
    broker.reset(7, START_MS + 250, 150);
    expect(broker).toMatchObject({
      row: 7,
      timeMs: START_MS + 250,
      mark: 150,
      equity: 1000,
      targetExposure: 0,
      numFills: 0,
      numUnfilled: 0,
      isOrderUnderWay: false,
      mid: 100,
    });
    expect(broker.account).toMatchObject({ base: 0, cash: 1000 });
  });
});

test('a broker that is saved goes on with all that it knows', () => {
  const { broker, book, bar } = open({ latencyMs: 100, staleMs: 50 });
  broker.requestExposure(0.5);
  bar(150, 103);
  book(160, 101);
  broker.requestExposure(-0.25);
  broker.requestExposure(0.75);
  const { broker: other } = open({ latencyMs: 100, staleMs: 50 });
  other.load(structuredClone(broker.save()));
  expect(other.save()).toEqual(broker.save());
  expect(other).toMatchObject({ row: 1, timeMs: START_MS + 160, mark: 103, mid: 101, numUnfilled: 1 });
  for (const each of [broker, other]) each.closeBar(2, START_MS + 1000, 1, 102);
  expect(other.save()).toEqual(broker.save());
});

test('a fill says the bar it is in, and the end of a bar its row, time, mark and equity', () => {
  const { broker, fills } = open();
  broker.closeBar(5, START_MS + 10, 10, 104);
  expect(broker).toMatchObject({ row: 5, timeMs: START_MS + 10, mark: 104, equity: 1000 });
  broker.requestExposure(0.5);
  expect(fills[0]).toMatchObject({ row: 5, timeMs: START_MS + 10 });
  broker.closeBar(6, START_MS + 20, 10, 110);
  expect(broker.equity).toBeCloseTo(1000 + fills[0].size * 110 - fills[0].notional, 9);
});

test.each<[Partial<BookBrokerOptions>, string]>([
  [{ initialEquity: 0 }, 'an initial equity > 0, got 0'],
  [{ initialEquity: Infinity }, 'an initial equity > 0, got Infinity'],
  [{ limitRate: 0 }, 'a limit rate in (0, 1), got 0'],
  [{ limitRate: 1 }, 'a limit rate in (0, 1), got 1'],
  [{ borrowRatePerYear: -0.1 }, 'a borrow rate ≥ 0, got -0.1'],
  [{ borrowRatePerYear: Infinity }, 'a borrow rate ≥ 0, got Infinity'],
  [{ rebalanceBand: -0.1 }, 'a rebalance band ≥ 0, got -0.1'],
  [{ rebalanceBand: Number.NaN }, 'a rebalance band ≥ 0, got NaN'],
])('%j is refused', (options, message) => {
  expect(() => new BookBroker({ depth: 1, ...options })).toThrow(`A book broker needs ${message}.`);
});
