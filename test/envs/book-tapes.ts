/** Small tapes for tests: written out, or drawn at random. */
import { createRng } from '../../core/rng.ts';
import type { BookTape, Venue } from '../../market/books/tape.ts';

/** [price, size] a level, the best one first. */
export type Levels = readonly (readonly [number, number])[];

export interface BookEvent {
  readonly timeMs: number;
  readonly venue: number;
  readonly bids: Levels;
  readonly asks: Levels;
}

export function venuesOf(count: number): Venue[] {
  return Array.from({ length: count }, (_, v) => ({ name: `EX${v + 1}`, base: 'BTC', quote: 'USD' }));
}

/** @param events in order of time */
export function tapeOf(events: readonly BookEvent[], venues: readonly Venue[] = venuesOf(2)): BookTape {
  const depth = Math.max(...events.map(({ bids, asks }) => Math.max(bids.length, asks.length)));
  const column = (side: 'bids' | 'asks', part: 0 | 1): Float64Array =>
    Float64Array.from(
      events.flatMap((event) => Array.from({ length: depth }, (_, k) => event[side][k]?.[part] ?? 0)),
    );
  return {
    venues,
    depth,
    length: events.length,
    timeMs: Float64Array.from(events, ({ timeMs }) => timeMs),
    exchangeTimeMs: new Float64Array(events.length).fill(Number.NaN),
    venue: Uint8Array.from(events, ({ venue }) => venue),
    bidPrices: column('bids', 0),
    bidSizes: column('bids', 1),
    askPrices: column('asks', 0),
    askSizes: column('asks', 1),
  };
}

export interface RandomTapeOptions {
  readonly length: number;
  readonly depth?: number;
  readonly numVenues?: number;
  /** Deviation of each venue's mid from the common price, bp. */
  readonly basisBps?: number;
  readonly halfSpreadBps?: number;
  /** Chance that an event repeats the venue's last book. */
  readonly repeats?: number;
  /** Mean time between events, ms. */
  readonly stepMs?: number;
}

/** A common random walk; every book of a venue deviates from it anew. */
export function randomTape(seed: number | string, options: RandomTapeOptions): BookTape {
  const {
    length,
    depth = 3,
    numVenues = 2,
    basisBps = 8,
    halfSpreadBps = 3,
    repeats = 0.3,
    stepMs = 100,
  } = options;
  const rng = createRng(`tape ${seed}`);
  const last: BookEvent[] = [];
  let price = 1000;
  let timeMs = 1_600_000_000_000;
  const events = Array.from({ length }, (_, i): BookEvent => {
    timeMs += stepMs * 2 * rng.uniform();
    price *= 1 + 1e-4 * rng.gaussian();
    const venue = i < numVenues ? i : rng.integer(numVenues);
    if (last[venue] !== undefined && rng.uniform() < repeats) return { ...last[venue], timeMs };
    const mid = price * (1 + basisBps * 1e-4 * rng.gaussian());
    const levels = (side: number): Levels =>
      Array.from({ length: depth }, (_, k) => [
        mid * (1 + side * 1e-4 * (halfSpreadBps + 2 * k + rng.uniform())),
        0.1 + 2 * rng.uniform(),
      ]);
    last[venue] = { timeMs, venue, bids: levels(-1), asks: levels(1) };
    return last[venue];
  });
  return tapeOf(events, venuesOf(numVenues));
}
