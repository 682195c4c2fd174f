/** A perpetual on order books: funding at its times, margin calls at the mark, sizes that leverage bears. */
import { describe, expect, test } from 'vitest';
import { BookBroker } from '../../../market/execution/book-broker.ts';
import type { BookBrokerOptions } from '../../../market/execution/book-broker-options.ts';
import { proportionalFee } from '../../../market/execution/fees.ts';
import type { Fill } from '../../../market/execution/fill.ts';
import { constantLatency } from '../../../market/execution/latency.ts';
import { createInstrument } from '../../../market/instruments/instrument.ts';

const START_MS = 1_700_000_000_000;
const { tiers } = createInstrument({ kind: 'linear-perpetual' }, 'test');
const margin = { tiers, isIsolated: false, leverage: 10, liquidationFeeRate: 0.005, isPartial: true };

const book = (mid: number, half = 0) => ({
  bidPrices: Float64Array.of(mid - half),
  bidSizes: Float64Array.of(1e6),
  askPrices: Float64Array.of(mid + half),
  askSizes: Float64Array.of(1e6),
});

function open(options: Partial<BookBrokerOptions> = {}) {
  const fills: Fill[] = [];
  const broker = new BookBroker({
    depth: 1,
    initialEquity: 10_000,
    margin,
    limitRate: 0.5,
    onFill: (fill) => fills.push({ ...fill }),
    ...options,
  });
  broker.takeBook(book(100), 0, START_MS);
  broker.reset(0, START_MS, 100);
  const news = (mark: number, fundingRate = Number.NaN, fundingTimeMs = Number.NaN, atMs = START_MS) =>
    broker.takeContract({ mark, fundingRate, fundingTimeMs }, atMs);
  return { broker, fills, news };
}

describe('funding', () => {
  test('is exchanged once, at its time, on the position and at the mark of then', () => {
    const { broker, news } = open();
    broker.requestExposure(2);
    expect(broker.account.base).toBe(200);
    news(100, 0.0001, START_MS + 1000);
    news(101, 0.0003, START_MS + 1000, START_MS + 900);
    broker.takeBook(book(102), 0, START_MS + 999);
    expect(broker.account.totalInterest).toBe(0);
    broker.takeBook(book(102), 0, START_MS + 1000);
    // 200 base · 101 · 0.03 %, as known by then.
    expect(broker.account.totalInterest).toBeCloseTo(6.06, 12);
    expect(broker.account.cash).toBeCloseTo(-10_000 - 6.06, 9);
    // Told again after its time: it is over.
    news(101, 0.0003, START_MS + 1000, START_MS + 1001);
    broker.closeBar(1, START_MS + 2000, 1000, 102);
    expect(broker.account.totalInterest).toBeCloseTo(6.06, 12);
    expect([broker.contract?.lastRate, broker.contract?.fundingMs]).toEqual([0.0003, Number.NaN]);
  });

  test('that the venue has gone on from is over, though the clock here is behind', () => {
    const { broker, news } = open();
    broker.requestExposure(-1);
    news(100, 0.001, START_MS + 1000);
    news(100, 0.002, START_MS + 3000, START_MS + 990);
    // The seller is paid.
    expect(broker.account.totalInterest).toBeCloseTo(-10, 12);
    broker.takeBook(book(100), 0, START_MS + 1500);
    expect(broker.account.totalInterest).toBeCloseTo(-10, 12);
    expect(broker.contract?.fundingRate).toBe(0.002);
  });

  test('is not paid on what arrives at its very time, and on what arrived before', () => {
    for (const [latencyMs, paid] of [
      [1000, 0],
      [999, 1],
    ]) {
      const { broker, news } = open({ latency: constantLatency(latencyMs) });
      broker.requestExposure(1);
      news(100, 0.0001, START_MS + 1000);
      broker.takeBook(book(100), 0, START_MS + 2000);
      expect(broker.account.base).toBe(100);
      expect(broker.account.totalInterest).toBeCloseTo(paid, 12);
    }
  });
});

describe('margin', () => {
  test('bears no more than the leverage, whatever is asked for', () => {
    const { broker } = open();
    broker.requestExposure(50);
    expect(broker.account.base).toBe(1000);
    expect(broker.account.equity(100)).toBe(10_000);
  });

  test('leaves the exposure that was asked for after the costs', () => {
    const { broker } = open({ fees: proportionalFee(0.001) });
    broker.takeBook(book(100, 0.1), 0, START_MS + 1);
    broker.requestExposure(-3);
    expect(broker.account.exposure(100)).toBeCloseTo(-3, 9);
    broker.requestExposure(0);
    expect(broker.account.base).toBe(0);
  });

  test('is called at the mark, not at the last price, and closes the position with its fee', () => {
    const { broker, fills, news } = open({ margin: { ...margin, isPartial: false } });
    broker.requestExposure(10);
    const price = broker.margin!.margin.liquidationPrice();
    expect(price).toBeGreaterThan(90);
    // The book falls through the level while the mark does not.
    news(100);
    broker.takeBook(book(price - 0.1), 0, START_MS + 10);
    expect(broker.account.base).toBe(1000);
    news(price + 0.01, Number.NaN, Number.NaN, START_MS + 20);
    expect(broker.account.base).toBe(1000);
    news(price - 0.001, Number.NaN, Number.NaN, START_MS + 30);
    expect(broker.account.base).toBe(0);
    expect(fills.at(-1)).toMatchObject({ liquidation: true, timeMs: START_MS + 30, size: -1000 });
    // The fee is what is left, at most.
    expect(broker.account.cash).toBeGreaterThanOrEqual(0);
    expect(broker.account.cash).toBeLessThan(10);
    expect(broker.targetExposure).toBe(0);
  });

  test('without a mark is called at the middle of the book; what is left of nothing is nothing', () => {
    const { broker } = open();
    broker.requestExposure(10);
    broker.takeBook(book(50), 0, START_MS + 10);
    broker.closeBar(1, START_MS + 1000, 1000, 50);
    expect([broker.account.base, broker.account.alive, broker.equity]).toEqual([0, false, 0]);
    broker.requestExposure(1);
    expect(broker.account.base).toBe(0);
  });
});

test('a saved broker goes on as the first would', () => {
  const { broker, news } = open();
  broker.requestExposure(2);
  news(100, 0.0001, START_MS + 1000);
  const other = open().broker;
  other.load(structuredClone(broker.save()));
  for (const one of [broker, other]) {
    one.takeBook(book(101), 0, START_MS + 2000);
    one.closeBar(1, START_MS + 2000, 1000, 101);
  }
  expect(other.account.totalInterest).toBeGreaterThan(0);
  expect(other.save()).toEqual(broker.save());
});
