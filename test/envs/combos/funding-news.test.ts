/** Fundings that are told message by message: their order among books, what is known of them, and when. */
import { expect, test } from 'vitest';
import { FundingNews, ToldFunding } from '../../../envs/combos/funding-news.ts';
import { ContractTapeBuilder } from '../../../market/books/contract-tape.ts';
import { BookTapeBuilder } from '../../../market/books/tape-builder.ts';

const HOUR_MS = 3_600_000;
const START_MS = 100 * HOUR_MS;
const venues = [
  { name: 'spot', base: 'BTC', quote: 'USDT' },
  { name: 'perp', base: 'BTC', quote: 'USDT' },
];

function booksAt(times: readonly number[]) {
  const builder = new BookTapeBuilder({ venues, depth: 1 });
  const one = (price: number) => Float64Array.of(price);
  const levels = { bidPrices: one(99), bidSizes: one(1), askPrices: one(101), askSizes: one(1) };
  for (const [n, timeMs] of times.entries()) builder.append(n % 2, START_MS + timeMs, Number.NaN, levels);
  return builder.build();
}

const news = (fundingRate: number, fundingTimeMs = Number.NaN) => ({
  mark: Number.NaN,
  fundingRate,
  fundingTimeMs,
});

test('messages of one instant stand between its books where they came', () => {
  const books = booksAt([0, 10, 10, 10, 20]);
  const builder = new ContractTapeBuilder();
  for (const rank of [0, 1, 3])
    builder.append(1, START_MS + 10, rank, news(0.001 * (rank + 1), START_MS + HOUR_MS));
  const told = new FundingNews(builder.build(), [false, true]);
  const order: string[] = [];
  for (let row = 1; row < books.length; row++) {
    while (told.nextBefore(books, row) < Infinity) {
      told.take();
      order.push(`rate ${told.series[1]?.rate[0]}`);
    }
    order.push(`book ${row}`);
  }
  expect(order).toEqual(['rate 0.001', 'book 1', 'rate 0.002', 'book 2', 'book 3', 'rate 0.004', 'book 4']);
});

test('begins with what came before and with the book of its row', () => {
  const books = booksAt([0, 10, 20]);
  const builder = new ContractTapeBuilder();
  for (const timeMs of [5, 10, 15])
    builder.append(1, START_MS + timeMs, 0, news(timeMs / 1e5, START_MS + HOUR_MS));
  const tape = builder.build();
  const told = new FundingNews(tape, [false, true]);
  told.begin(tape, books, 1);
  expect([told.numTaken, told.series[1]?.rate[0]]).toEqual([2, 1e-4]);
  told.begin(tape, books, 0);
  expect([told.numTaken, told.series[1]?.length]).toEqual([0, 0]);
  told.restore(tape, 3);
  expect(told.series[1]?.rate[0]).toBe(1.5e-4);
});

test('a rate may change until it is exchanged, and not after', () => {
  const series = new ToldFunding();
  series.tell(news(0.001, START_MS), START_MS - 20);
  series.tell(news(0.002), START_MS - 10);
  expect([series.length, series.rate[0], series.publishedMs[0]]).toEqual([1, 0.002, START_MS - 20]);
  series.tell(news(0.003), START_MS + 1);
  series.tell(news(0.003, START_MS), START_MS + 1);
  expect([series.length, series.rate[0]]).toEqual([1, 0.002]);
  // A time without a rate is no funding; a rate without a time neither.
  series.tell(news(Number.NaN, START_MS + HOUR_MS), START_MS + 2);
  expect(series.length).toBe(1);
  for (let n = 1; n < 40; n++) series.tell(news(n, START_MS + n * HOUR_MS), START_MS + n);
  expect([series.length, series.timeMs[39], series.rate[39], series.timeMs[40]]).toEqual([
    40,
    START_MS + 39 * HOUR_MS,
    39,
    Infinity,
  ]);
});
