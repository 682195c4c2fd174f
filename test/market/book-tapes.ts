/** Small tapes for tests. */
import type { BookTape, Venue } from '../../market/books/tape.ts';
import { BookTapeBuilder } from '../../market/books/tape-builder.ts';

export const TWO_VENUES: readonly Venue[] = [
  { name: 'a', base: 'BTC', quote: 'USDT' },
  { name: 'b', base: 'BTC', quote: 'USDT' },
];

/** One event: whose, when, and the best bid and ask, both of size 1. */
export type TopEvent = readonly [venue: number, timeMs: number, bid: number, ask: number];

/** A tape of one level a side. */
export function topTape(events: readonly TopEvent[], venues: readonly Venue[] = TWO_VENUES): BookTape {
  const builder = new BookTapeBuilder({ venues, depth: 1 });
  for (const [venue, timeMs, bid, ask] of events) {
    builder.append(venue, timeMs, Number.NaN, {
      bidPrices: [bid],
      bidSizes: [1],
      askPrices: [ask],
      askSizes: [1],
    });
  }
  return builder.build();
}
