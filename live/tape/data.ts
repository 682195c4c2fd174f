/** Reads a tape as a data set: the books and trades that its session saw, when it saw them. */
import type { ConfigSchema } from '../../core/config.ts';
import { DataError, LiveError } from '../../core/errors.ts';
import { type ContractTape, ContractTapeBuilder } from '../../market/books/contract-tape.ts';
import type { BookTape, Venue } from '../../market/books/tape.ts';
import { BookTapeBuilder } from '../../market/books/tape-builder.ts';
import { createTradeTape, type TradeTape } from '../../market/books/trade-tape.ts';
import type { TapeEntry, TapeRecord } from '../../storage/tape.ts';
import { CHECKPOINT_KIND } from '../../storage/tape-segments.ts';
import type { VenueEvent, VenuePlugin } from '../connection/venue.ts';
import { parseMarkets, requireChannels } from '../connection/venue-markets.ts';
import { VenueSession } from '../connection/venue-session.ts';
import { readHeader, type SessionHeader } from '../session/assemble.ts';
import { readCheckpoint, restoreVenues } from '../session/checkpoint.ts';
import { inputFromJson } from '../session/inputs.ts';
import { LevelView } from '../session/level-view.ts';
import { namedMarkets } from '../session/market-names.ts';
import { findVenue, UNVERIFIED_BOOK } from '../venues/find.ts';

export interface TapeData {
  readonly header: SessionHeader;
  readonly books: BookTape;
  /** Absent where none were recorded. */
  readonly trades: TradeTape | undefined;
  /** What venues said of perpetuals; absent where there was none. */
  readonly contracts: ContractTape | undefined;
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
  const collector = new TapeDataCollector(plugins);
  for (const { record } of entries) collector.take(record);
  return collector.data();
}

type TradeLists = Record<'timeMs' | 'exchangeTimeMs' | 'venue' | 'prices' | 'sizes' | 'sides', number[]>;

/** Takes the records of a tape one by one; the data of those so far can be had at any time. */
export class TapeDataCollector {
  readonly #plugins: readonly VenuePlugin<ConfigSchema>[];
  readonly #keepMs: number;
  readonly #trades: TradeLists = {
    timeMs: [],
    exchangeTimeMs: [],
    venue: [],
    prices: [],
    sizes: [],
    sides: [],
  };
  #maxTrades = 1024;
  #header: SessionHeader | undefined;
  #sessions: VenueSession[] = [];
  #books: BookTapeBuilder | undefined;
  #venues: Venue[] = [];
  #numLosses = 0;
  readonly #contracts = new ContractTapeBuilder();
  #lastBookMs = Number.NaN;
  #numAtOnce = 0;

  /** @param keepMs books and trades longer than this before the last record may be forgotten; default: none are */
  constructor(plugins: readonly VenuePlugin<ConfigSchema>[], keepMs = Infinity) {
    this.#plugins = plugins;
    this.#keepMs = keepMs;
  }

  /** @throws LiveError `foreign-tape` */
  take(record: TapeRecord): void {
    if (this.#header === undefined) {
      this.#begin(readHeader(record));
      // The older segments were taken away: the venues go on where they stood.
      if (record[0] === CHECKPOINT_KIND) restoreVenues(this.#sessions, readCheckpoint(record).state);
      return;
    }
    const [kind, timeMs, source, ...input] = record;
    if (kind === 'input') this.#sessions[Number(source)]?.handle(inputFromJson(input), timeMs);
  }

  /** A copy. @throws LiveError `empty-tape`; DataError `empty-tape` when no book became complete */
  data(): TapeData {
    if (this.#header === undefined || this.#books === undefined) {
      throw new LiveError('empty-tape', 'The tape holds no record: there is nothing to learn from.');
    }
    if (this.#books.length === 0) {
      throw new DataError('empty-tape', 'No book on the tape became complete: record for longer.');
    }
    const numLosses = this.#numLosses;
    const hasTrades = this.#trades.timeMs.length > 0;
    return {
      header: this.#header,
      books: this.#books.build(),
      trades: hasTrades ? createTradeTape(this.#venues, this.#trades, 'tape') : undefined,
      contracts: this.#contracts.length > 0 ? this.#contracts.build() : undefined,
      notes: [
        ...(numLosses === 0 ? [] : [`Books were lost or stale ${numLosses} times; the last one stands.`]),
        ...this.#header.config.markets
          .filter(({ venue }) => !findVenue(this.#plugins, venue).verified)
          .map(({ venue, symbol }) => `${venue} ${symbol}: ${UNVERIFIED_BOOK}.`),
      ],
    };
  }

  #begin(header: SessionHeader): void {
    const { markets, depth, channels } = header.config;
    this.#header = header;
    this.#venues = namedMarkets(markets);
    const books = new BookTapeBuilder({
      venues: this.#venues,
      depth,
      policy: 'reject',
      source: 'tape',
      keepMs: this.#keepMs,
    });
    this.#books = books;
    this.#sessions = markets.map(({ venue, symbol, settings }, source) => {
      const plugin = findVenue(this.#plugins, venue);
      const parsed = parseMarkets(plugin.name, [symbol], plugin.nativeSymbol);
      const view = new LevelView(depth);
      return new VenueSession({
        setup: plugin.connect(parsed, settings as never),
        markets: parsed,
        channels: requireChannels(plugin.name, channels),
        onCommand: () => {},
        onEvent: (event) => {
          if (event.kind === 'book') {
            view.show(event.book);
            const { length } = books;
            books.append(source, event.timeMs, event.exchangeTimeMs, view.levels, view.offset);
            this.#countBook(event.timeMs, books.length - length);
          } else if (event.kind === 'contract') this.#takeContract(source, event);
          else if (event.kind === 'trade') this.#takeTrade(source, event);
          else if (event.kind === 'book-lost' || event.kind === 'book-stale') this.#numLosses++;
        },
      });
    });
  }

  /** Of books at one instant the order matters to what is said between them. */
  #countBook(timeMs: number, count: number): void {
    this.#numAtOnce = timeMs === this.#lastBookMs ? this.#numAtOnce + count : count;
    this.#lastBookMs = timeMs;
  }

  #takeContract(source: number, event: Extract<VenueEvent, { kind: 'contract' }>): void {
    const { timeMs } = event;
    this.#contracts.append(source, timeMs, timeMs === this.#lastBookMs ? this.#numAtOnce : 0, event);
  }

  #takeTrade(source: number, event: Extract<VenueEvent, { kind: 'trade' }>): void {
    const trades = this.#trades;
    if (trades.timeMs.length === this.#maxTrades) this.#forgetTrades(event.timeMs - this.#keepMs);
    trades.timeMs.push(event.timeMs);
    trades.exchangeTimeMs.push(event.exchangeTimeMs);
    trades.venue.push(source);
    trades.prices.push(event.price);
    trades.sizes.push(event.size);
    trades.sides.push(event.side === 'buy' ? 1 : -1);
  }

  #forgetTrades(fromMs: number): void {
    const { timeMs } = this.#trades;
    let first = 0;
    while (first < timeMs.length && timeMs[first] < fromMs) first++;
    for (const list of Object.values(this.#trades)) list.splice(0, first);
    this.#maxTrades = Math.max(1024, 2 * timeMs.length);
  }
}
