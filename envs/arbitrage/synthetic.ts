/** Makes the market of an arbitrage env that is given no books. */
import type { Rng } from '../../core/rng.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';

/**
 * Two venues whose prices drift apart by some tens of basis points and come together again within minutes, quoting
 * every second or two: edges after fees come, live for a while, and differ.
 */
export const SYNTHETIC_MARKET = {
  startPrice: 50_000,
  volatilityPerYear: 0.6,
  venues: ['alpha', 'beta'].map((name) => ({
    name,
    intervalMs: 2000,
    basisDeviationBps: 12,
    basisHalfLifeMs: 300_000,
    spreadBps: 4,
    levelSizes: [0.05, 0.1, 0.2],
  })),
};

/** Events of a market that is made anew for every episode. */
const EPISODE_EVENTS = 4000;

/** A source of fresh tapes for one env: each overwrites the one before. */
export function syntheticBooks(): (rng: Rng) => BookTape {
  const market = new SyntheticVenues({ ...SYNTHETIC_MARKET, events: EPISODE_EVENTS });
  return (rng) => market.generate(rng);
}
