import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { createBookBars } from '../../../market/books/bars.ts';
import { BarBuilder, BarSeries } from '../../../market/candles/bar-series.ts';
import { BookBroker } from '../../../market/execution/book-broker.ts';
import { proportionalFee } from '../../../market/execution/fees.ts';
import type { Fill } from '../../../market/execution/fill.ts';
import { constantLatency } from '../../../market/execution/latency.ts';
import { walkingBooks } from '../walking-books.ts';

const FEE = 0.001;

/** Two levels a side around 100. */
const book = (bid: number, size = 10) => ({
  bidPrices: Float64Array.of(bid, bid - 1),
  bidSizes: Float64Array.of(size, size),
  askPrices: Float64Array.of(bid + 2, bid + 3),
  askSizes: Float64Array.of(size, size),
});

function createBroker(options: { latencyMs?: number; staleMs?: number; limitRate?: number } = {}) {
  const fills: Fill[] = [];
  const broker = new BookBroker({
    depth: 2,
    initialEquity: 1000,
    fees: proportionalFee(FEE),
    latency: constantLatency(options.latencyMs ?? 100),
    staleMs: options.staleMs,
    limitRate: options.limitRate ?? 0.5,
    onFill: (fill) => fills.push({ ...fill }),
  });
  broker.takeBook(book(99), 0, 1000);
  broker.reset(0, 1000, 100);
  return { broker, fills };
}

describe('an order', () => {
  test('meets the book that is there when it arrives, and walks its levels', () => {
    const { broker, fills } = createBroker();
    broker.requestExposure(1);
    broker.takeBook(book(109, 4), 0, 1050);
    expect(fills).toEqual([]);
    broker.takeBook(book(139), 0, 1200);
    // Of 1000 at the mid 110, 1000/110 = 9.09 free of costs: 4 at 111, 4 at 112 and nothing more is shown.
    expect(fills).toHaveLength(1);
    expect(fills[0].timeMs).toBe(1100);
    expect(fills[0].size).toBe(8);
    expect(fills[0].notional).toBeCloseTo(4 * 111 + 4 * 112, 9);
    expect(broker.account.base).toBeCloseTo(8 * (1 - FEE), 12);
    expect(broker.account.cash).toBeCloseTo(1000 - 892, 9);
    // The rest is asked for again with the next request, at once: the target has not been reached.
    broker.requestExposure(1);
    expect(broker.isOrderUnderWay).toBe(true);
  });

  test('reaches the exposure after costs, where the book is deep enough', () => {
    for (const target of [1, 0.5, -0.7, -1]) {
      const { broker, fills } = createBroker({ latencyMs: 0 });
      broker.requestExposure(target);
      expect(fills).toHaveLength(1);
      expect(broker.account.exposure(broker.mid)).toBeCloseTo(target, 3);
      expect(fills[0].fee).toBeGreaterThan(0);
      broker.requestExposure(0);
      expect(Math.abs(broker.account.exposure(broker.mid))).toBeLessThan(1e-6);
    }
  });

  test('that arrives at the end of a bar is in it, one that arrives later is not', () => {
    const { broker, fills } = createBroker({ latencyMs: 100 });
    broker.requestExposure(1);
    broker.closeBar(1, 1099, 99, 100);
    expect(fills).toHaveLength(0);
    broker.closeBar(2, 1100, 1, 100);
    expect(fills).toHaveLength(1);
    expect(fills[0].row).toBe(1);
  });

  test('does not fill on a stale book, nor beyond its limit', () => {
    const stale = createBroker({ latencyMs: 100, staleMs: 99 });
    stale.broker.requestExposure(1);
    stale.broker.closeBar(1, 2000, 1000, 100);
    expect(stale.fills).toEqual([]);
    expect(stale.broker.numUnfilled).toBe(1);
    const limited = createBroker({ limitRate: 0.005 });
    limited.broker.requestExposure(1);
    limited.broker.closeBar(1, 2000, 1000, 100);
    expect(limited.fills).toEqual([]);
  });

  test('waits for the one under way', () => {
    const { broker, fills } = createBroker({ latencyMs: 100 });
    broker.requestExposure(1);
    broker.closeBar(1, 1050, 50, 100);
    broker.requestExposure(-1);
    broker.closeBar(2, 1100, 50, 100);
    expect(fills).toHaveLength(1);
    broker.closeBar(3, 1200, 100, 100);
    expect(fills.map(({ size }) => Math.sign(size))).toEqual([1, -1]);
  });
});

test('the account is the sum of its fills, and ends when nothing is left', () => {
  const tape = walkingBooks({ events: 3000 });
  const fills: Fill[] = [];
  const broker = new BookBroker({
    depth: tape.depth,
    fees: proportionalFee(FEE),
    latency: constantLatency(700),
    onFill: (fill) => fills.push({ ...fill }),
  });
  const rng = createRng('targets');
  for (let event = 0; event < tape.length; event++) {
    broker.takeBook(tape, event * tape.depth, tape.timeMs[event]);
    if (event % 7 === 0) broker.requestExposure(2 * rng.uniform() - 1);
    const position = fills.reduce((sum, { baseChange }) => sum + baseChange, 0);
    const cash = fills.reduce((sum, { cashChange }) => sum + cashChange, 10_000);
    expect(broker.account.base).toBeCloseTo(position, 9);
    expect(broker.account.cash).toBeCloseTo(cash, 6);
  }
  expect(fills.length).toBeGreaterThan(100);

  const { broker: ruined, fills: last } = createBroker({ latencyMs: 0 });
  ruined.requestExposure(-1);
  ruined.takeBook(book(299), 0, 2000);
  expect(last.at(-1)).toMatchObject({ liquidation: true, equity: 0 });
  expect(ruined.account.alive).toBe(false);
  expect(ruined.requestExposure(1)).toBeUndefined();
  expect(ruined.isOrderUnderWay).toBe(false);
});

test('a broker saved at any event goes on to the same bits', () => {
  const tape = walkingBooks({ events: 300 });
  const create = () => new BookBroker({ depth: tape.depth, latency: constantLatency(900) });
  const play = (broker: BookBroker, from: number, to: number): BookBroker => {
    for (let event = from; event < to; event++) {
      broker.takeBook(tape, event * tape.depth, tape.timeMs[event]);
      if (event % 3 === 0) broker.requestExposure(Math.sin(event));
    }
    return broker;
  };
  const whole = play(create(), 0, 300).save();
  for (let cut = 0; cut < 300; cut += 37) {
    const resumed = create();
    resumed.load(structuredClone(play(create(), 0, cut).save()));
    expect(play(resumed, cut, 300).save()).toEqual(whole);
  }
});

describe('bars of a tape', () => {
  test('are those worked out by hand', () => {
    const series = new BarSeries();
    const builder = new BarBuilder(series, 1000);
    builder.onPrice(1500, 10); // Not seen from its beginning: no bar.
    expect(builder.endMs).toBe(2000);
    expect(builder.close()).toBe(false);
    for (const [timeMs, price] of [
      [2000, 11],
      [2400, 9],
      [2999, 10],
    ]) {
      builder.onPrice(timeMs, price);
    }
    builder.onTrade(2.5);
    expect(builder.close()).toBe(true);
    expect(builder.close()).toBe(true); // Nothing happened in it.
    const rows = (column: Float64Array) => [...column.slice(0, series.length)];
    expect(rows(series.timeMs)).toEqual([2000, 3000]);
    expect(rows(series.open)).toEqual([11, 10]);
    expect(rows(series.high)).toEqual([11, 10]);
    expect(rows(series.low)).toEqual([9, 10]);
    expect(rows(series.close)).toEqual([10, 10]);
    expect(rows(series.volume)).toEqual([2.5, 0]);
  });

  test('hold every event of their venue, and end at the first event past them', () => {
    const tape = walkingBooks({ venues: 2 });
    const { candles, endEvent } = createBookBars(tape, 1, 5000);
    expect(candles.length).toBeGreaterThan(150);
    for (let row = 0; row < candles.length; row++) {
      const from = candles.timeMs[row];
      const mids: number[] = [];
      for (let event = 0; event < tape.length; event++) {
        if (tape.venue[event] !== 1 || tape.timeMs[event] < from || tape.timeMs[event] >= from + 5000)
          continue;
        mids.push(0.5 * (tape.bidPrices[event * tape.depth] + tape.askPrices[event * tape.depth]));
      }
      if (mids.length > 0) {
        expect(candles.close[row]).toBe(mids.at(-1));
        expect(candles.high[row]).toBe(Math.max(...mids));
      } else expect(candles.close[row]).toBe(candles.close[row - 1]);
      expect(tape.timeMs[endEvent[row]]).toBeGreaterThanOrEqual(from + 5000);
      expect(tape.timeMs[endEvent[row] - 1]).toBeLessThan(from + 5000);
    }
  });

  test('grow past their first capacity and are saved', () => {
    const series = new BarSeries();
    for (let i = 0; i < 1000; i++) series.append(i, i, i + 1, i - 1, i, 1);
    const copy = new BarSeries();
    copy.load(structuredClone(series.save()));
    expect(copy.save()).toEqual(series.save());
    expect(copy.close[999]).toBe(999);
    expect(() => new BarBuilder(series, 0)).toThrowError(/whole number of milliseconds/);
  });
});
