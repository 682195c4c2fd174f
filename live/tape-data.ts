/** A tape as a data set: the books and trades that its session saw, when it saw them. */
import type { ConfigSchema } from '../core/config.ts';
import { DataError, LiveError } from '../core/errors.ts';
import type { BookTape, Venue } from '../market/book-tape.ts';
import { BookTapeBuilder } from '../market/tape-builder.ts';
import { createTradeTape, type TradeTape } from '../market/trade-tape.ts';
import type { TapeEntry } from '../storage/tape.ts';
import { readHeader, type SessionHeader } from './assemble.ts';
import { LevelView } from './level-view.ts';
import { findVenue } from './live-config.ts';
import { inputFromJson } from './session-inputs.ts';
import type { VenuePlugin } from './venue.ts';
import { parseMarkets, requireChannels } from './venue-config.ts';
import { VenueSession } from './venue-session.ts';

export interface TapeData {
  readonly header: SessionHeader;
  readonly books: BookTape;
  /** Absent where none were recorded. */
  readonly trades: TradeTape | undefined;
  /** What a reader should know, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Runs the venues' sessions on the frames of a tape again.
 * @throws LiveError `foreign-tape`, `empty-tape`; DataError `empty-tape` when no book became complete
 */
export function readTapeData(
  entries: Iterable<TapeEntry>,
  plugins: readonly VenuePlugin<ConfigSchema>[],
): TapeData {
  let header: SessionHeader | undefined;
  let sessions: VenueSession[] = [];
  let builder: BookTapeBuilder | undefined;
  let venues: Venue[] = [];
  let numLosses = 0;
  const trades = { timeMs: [], exchangeTimeMs: [], venue: [], prices: [], sizes: [], sides: [] } as Record<
    'timeMs' | 'exchangeTimeMs' | 'venue' | 'prices' | 'sizes' | 'sides',
    number[]
  >;
  for (const { record } of entries) {
    if (header === undefined) {
      header = readHeader(record);
      const { markets, depth, channels } = header.config;
      venues = markets.map(({ venue, symbol }) => {
        const [base, quote] = symbol.toUpperCase().split('/');
        return { name: venue, base, quote };
      });
      const books = new BookTapeBuilder({ venues, depth, policy: 'reject', source: 'tape' });
      builder = books;
      sessions = markets.map(({ venue, symbol, settings }, source) => {
        const plugin = findVenue(plugins, venue);
        const parsed = parseMarkets(plugin.name, [symbol], plugin.nativeSymbol);
        const view = new LevelView(depth);
        return new VenueSession({
          setup: plugin.connect(parsed, settings as never),
          markets: parsed,
          channels: requireChannels(plugin.name, channels),
          onCommand: () => {},
          onEvent(event) {
            if (event.kind === 'book') {
              view.show(event.book);
              books.append(source, event.timeMs, event.exchangeTimeMs, view.levels, view.offset);
            } else if (event.kind === 'trade') {
              trades.timeMs.push(event.timeMs);
              trades.exchangeTimeMs.push(event.exchangeTimeMs);
              trades.venue.push(source);
              trades.prices.push(event.price);
              trades.sizes.push(event.size);
              trades.sides.push(event.side === 'buy' ? 1 : -1);
            } else if (event.kind === 'book-lost' || event.kind === 'book-stale') numLosses++;
          },
        });
      });
      continue;
    }
    const [kind, timeMs, source, ...input] = record;
    if (kind === 'input') sessions[Number(source)]?.handle(inputFromJson(input), timeMs);
  }
  if (header === undefined || builder === undefined) {
    throw new LiveError('empty-tape', 'The tape holds no record: there is nothing to learn from.');
  }
  if (builder.length === 0) {
    throw new DataError('empty-tape', 'No book on the tape became complete: record for longer.');
  }
  const notes = numLosses === 0 ? [] : [`Books were lost or stale ${numLosses} times; the last one stands.`];
  return {
    header,
    books: builder.build(),
    trades: trades.timeMs.length === 0 ? undefined : createTradeTape(venues, trades, 'tape'),
    notes,
  };
}
