/** How fast order books are made, changed and loaded. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../../core/rng.ts';
import { median } from '../../core/statistics.ts';
import { encodeBooks, loadBooks } from '../../market/books/load.ts';
import { OrderBook } from '../../market/books/order-book.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import { type Benchmark, secondsPer } from './benchmark.ts';

/** A day's recording at a book every ten seconds of two venues, 20 levels a side. */
const FILE_EVENTS = 18_000;
const FILE_DEPTH = 20;
const LOADS = 4;

export const marketBenchmarks: readonly Benchmark[] = [
  {
    name: 'market.synthetic_venues.events_per_s',
    unit: 'events/s',
    measure() {
      const events = 100_000;
      const market = new SyntheticVenues({ events, depth: 5 });
      let seed = 0;
      return events / secondsPer(1, () => market.generate(createRng(seed++)));
    },
  },
  { name: 'market.order_book.updates_per_s', unit: 'updates/s', measure: measureOrderBook },
  { name: 'market.load_books_s', unit: 's', measure: measureLoading },
];

/** Changes that cluster near the best price, as venues send them, in a book of 25,000 levels a side. */
function measureOrderBook(): number {
  const levels = 25_000;
  const book = new OrderBook();
  const tick = 0.01;
  for (let k = 0; k < levels; k++) {
    book.apply('bid', 30_000 - k * tick, 1);
    book.apply('ask', 30_000 + (k + 1) * tick, 1);
  }
  const rng = createRng(1);
  const numUpdates = 200_000;
  const ranks = Float64Array.from({ length: numUpdates }, () => Math.floor(levels * rng.uniform() ** 6));
  const sizes = Float64Array.from({ length: numUpdates }, () => (rng.uniform() < 0.4 ? 0 : rng.uniform()));
  const run = (): void => {
    for (let i = 0; i < numUpdates; i++) {
      if (i & 1) book.apply('bid', 30_000 - ranks[i] * tick, sizes[i]);
      else book.apply('ask', 30_000 + (ranks[i] + 1) * tick, sizes[i]);
    }
  };
  return numUpdates / secondsPer(1, run);
}

/** Seconds to load a gzipped file of JSON lines. */
async function measureLoading(): Promise<number> {
  const tape = new SyntheticVenues({ events: FILE_EVENTS, depth: FILE_DEPTH }).generate(createRng(1));
  const directory = mkdtempSync(join(tmpdir(), 'market-gym-'));
  try {
    const path = join(directory, 'books.jsonl.gz');
    writeFileSync(path, encodeBooks(tape, path));
    const seconds: number[] = [];
    for (let i = 0; i < LOADS; i++) {
      const start = performance.now();
      await loadBooks(path);
      seconds.push((performance.now() - start) / 1000);
    }
    return median(seconds.slice(1));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
