/** Tapes of sessions to which much happens. */
import { createRng } from '../../core/rng.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import { walkingBooks } from '../market/walking-books.ts';
import { recordSession, VENUE_NAMES } from './recorded-session.ts';
import { restlessPolicy, sessionSettings } from './session/restless-policy.mjs';

/** A tape of either mode, with lost connections, halts and other models on it. */
export function generateTape(seed: number): TapeRecord[] {
  const rng = createRng(seed);
  const mode = seed % 2 === 0 ? 'trading' : 'arbitrage';
  const books =
    mode === 'trading'
      ? walkingBooks({ events: 200, depth: 3, seed })
      : new SyntheticVenues({
          events: 200,
          venues: VENUE_NAMES.map((name) => ({ name, intervalMs: 400, basisDeviationBps: 15, spreadBps: 4 })),
        }).generate(createRng(seed));
  const settings = sessionSettings(mode, 'ws://127.0.0.1:1');
  const event = rng.integer(150);
  const trouble = rng.integer(5);
  return recordSession({
    books: {
      ...books,
      venues: VENUE_NAMES.slice(0, books.venues.length).map((name) => ({ name, base: 'BTC', quote: 'USDT' })),
    },
    config: { ...settings, seed },
    policyFor: (market) => restlessPolicy(market),
    before(at, take, timeMs) {
      if (at === event && trouble === 0) take(['input', timeMs, 0, 'close', 'gone']);
      if (at === event + 20 && trouble === 0) take(['input', timeMs, 0, 'open']);
      if (at === event && trouble === 1) take(['halt', timeMs, 'by hand']);
      if (at === event && trouble === 2) take(['model', timeMs, 'other', timeMs]);
      if (at === event && trouble === 3) take(['close-out', timeMs]);
      if (at === event && trouble === 4) take(['input', timeMs, 0, 'frame', '{"half']);
    },
  });
}
