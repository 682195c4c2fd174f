/** A small tape for tests: a random walk at one venue or several, books of K levels at irregular times. */
import { createRng } from '../../core/rng.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { BookTapeBuilder } from '../../market/books/tape-builder.ts';

export function walkingBooks({
  seed = 1,
  events = 2000,
  depth = 3,
  venues = 1,
  meanGapMs = 500,
}: {
  seed?: number;
  events?: number;
  depth?: number;
  venues?: number;
  meanGapMs?: number;
} = {}): BookTape {
  const rng = createRng(`walking-books-${seed}`);
  const builder = new BookTapeBuilder({
    venues: Array.from({ length: venues }, (_, v) => ({ name: `V${v}`, base: 'BTC', quote: 'USD' })),
    depth,
  });
  const side = () => new Float64Array(depth);
  const levels = { bidPrices: side(), bidSizes: side(), askPrices: side(), askSizes: side() };
  let timeMs = 1_700_000_000_000;
  let mid = 100;
  for (let i = 0; i < events; i++) {
    timeMs += Math.floor(rng.uniform() * 2 * meanGapMs);
    mid *= 1 + 0.0005 * rng.gaussian();
    for (let k = 0; k < depth; k++) {
      levels.bidPrices[k] = mid - 0.01 * (k + 1);
      levels.askPrices[k] = mid + 0.01 * (k + 1);
      levels.bidSizes[k] = 1 + rng.uniform() * 20;
      levels.askSizes[k] = 1 + rng.uniform() * 20;
    }
    builder.append(rng.integer(venues), timeMs, Number.NaN, levels);
  }
  return builder.build();
}
