/** Records a live session on virtual time: frames as Bybit sends them, made from a tape of books. */
import { createRng } from '../../core/rng.ts';
import { hashSnapshot } from '../../core/snapshot.ts';
import { assemble, readHeader } from '../../live/session/assemble.ts';
import type { LiveMarket } from '../../live/session/live-market.ts';
import type { LivePolicy } from '../../live/session/policy.ts';
import type { Decision } from '../../live/session/session.ts';
import { bookFrame, STAND_IN_VENUES } from '../../live/tape/book-frames.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import type { TapeEntry, TapeRecord } from '../../storage/tape.ts';

/** Follows a hash of what it sees: any bit that differs leads to other actions. */
export function hashPolicy(market: LiveMarket, model = 'hash', createdMs = Number.NaN): LivePolicy {
  return {
    model,
    createdMs,
    act(observation) {
      const hash = Number.parseInt(
        hashSnapshot({ arrays: { observation: observation.slice() }, values: {} }).slice(0, 8),
        16,
      );
      const { actionSpace } = market;
      if (actionSpace.kind === 'discrete') return hash % actionSpace.n;
      return Float32Array.from({ length: (actionSpace as { dim: number }).dim }, () => hash / 2 ** 31 - 1);
    },
  };
}

/** The same, but only to where the mask lets it. */
export function maskedHashPolicy(market: LiveMarket): LivePolicy {
  const policy = hashPolicy(market);
  return {
    ...policy,
    act(observation, isStart, mask) {
      const action = policy.act(observation, isStart, mask);
      return mask !== undefined && mask[action as number] === 0 ? 0 : action;
    },
  };
}

export interface RecordOptions {
  readonly books: BookTape;
  readonly config: Readonly<Record<string, unknown>>;
  readonly policyFor?: (market: LiveMarket, model: string, createdMs: number) => LivePolicy;
  /** Called before each event, to do something else at that time. */
  readonly before?: (event: number, take: (record: TapeRecord) => void, timeMs: number) => void;
  readonly onDecision?: (decision: Decision) => void;
}

export const VENUE_NAMES: readonly string[] = STAND_IN_VENUES;

/** Two venues whose quotes come at whole milliseconds, as receive times are told apart here. */
export function twoVenueBooks(events: number): BookTape {
  const market = new SyntheticVenues({
    events,
    venues: VENUE_NAMES.map((name) => ({ name, intervalMs: 400, basisDeviationBps: 15, spreadBps: 4 })),
  });
  const venues = VENUE_NAMES.map((name) => ({ name, base: 'BTC', quote: 'USDT' }));
  return { ...structuredClone(market.generate(createRng(3))), venues };
}

/** Plays the books through a session and gives back its tape. */
export function recordSession(options: RecordOptions): TapeRecord[] {
  const { books, config, before } = options;
  const policyFor = options.policyFor ?? hashPolicy;
  const tape: TapeRecord[] = [];
  const first: TapeRecord = [
    'session',
    books.timeMs[0],
    { config: config as never, model: 'hash', modelCreatedMs: null },
  ];
  tape.push(first);
  const { repeat: take } = assemble(readHeader(first), {
    venues: builtInVenues,
    policyFor: (model, createdMs, market) => policyFor(market, model, createdMs),
    record: (record) => tape.push(structuredClone(record)),
    onDecision: options.onDecision,
  });
  const rng = createRng('ticks');
  for (const [venue] of books.venues.entries()) take(['input', books.timeMs[0], venue, 'open']);
  for (let event = 0; event < books.length; event++) {
    const timeMs = books.timeMs[event];
    before?.(event, take, timeMs);
    take([
      'input',
      timeMs,
      books.venue[event],
      'frame',
      bookFrame(books, event, books.venue[event], 'BTC/USDT'),
    ]);
    if (rng.uniform() < 0.2) take(['tick', timeMs]);
  }
  return tape;
}

export function* entriesOf(records: Iterable<TapeRecord>): Generator<TapeEntry> {
  let index = 0;
  for (const record of records) yield { index: index++, record, chain: '' };
}
