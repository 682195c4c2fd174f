/**
 * Loads recordings of Binance's WebSocket frames, one a line: local receive time in nanoseconds, a space, the JSON. The
 * session that trades live reads them, so that a book is on the tape exactly while it would have been valid live.
 */
import { ConfigError, DataError } from '../../core/errors.ts';
import { BookTapeBuilder } from '../../market/books/tape-builder.ts';
import {
  createReport,
  DEFAULT_DEPTH,
  LevelScratch,
  type LoadBooksOptions,
  type LoadedBooks,
  parseJsonLine,
  readLines,
} from '../../market/books/tape-loading.ts';
import { createTradeTape } from '../../market/books/trade-tape.ts';
import { parsePair } from '../../market/candles/currencies.ts';
import type { VenueCommand, VenueEvent } from '../connection/venue.ts';
import { VenueSession } from '../connection/venue-session.ts';
import { binance } from '../venues/binance.ts';

/**
 * One market a file. A book is on the tape from the moment that a change has met a snapshot, and leaves it when changes are
 * lost, until the next snapshot.
 * @throws DataError `invalid-line`, `empty-tape`, those of `readLineBatches`, and the faults under the policy `throw`;
 *   ConfigError `unknown-pair`, `several-markets`
 */
export async function loadBinanceFrames(path: string, options: LoadBooksOptions = {}): Promise<LoadedBooks> {
  const frames = new FrameReader(path, options);
  await readLines(path, (line, lineNumber) => {
    const space = line.indexOf(' ');
    const timeMs = nanosecondsToMs(line.slice(0, space));
    if (Number.isNaN(timeMs)) {
      throw new DataError(
        'invalid-line',
        `${path}: line ${lineNumber} does not begin with a receive time in nanoseconds and a space.`,
      );
    }
    frames.take(line.slice(space + 1), timeMs, lineNumber);
  });
  return frames.finish();
}

/** Keeps the digits that a double of nanoseconds would lose; NaN for what are none. */
function nanosecondsToMs(text: string): number {
  if (!/^\d{7,20}$/.test(text)) return Number.NaN;
  return Number(text.slice(0, -6)) + Number(text.slice(-6)) / 1e6;
}

const PLACEHOLDER = { name: 'binance', base: '', quote: '' };
const SYMBOL = /"s"\s*:\s*"([^"]+)"/;
/** The best levels alone, sent anew each time: no base that changes could follow. */
const PARTIAL_BOOK = /^\s*\{\s*"stream"\s*:\s*"[^"]*@depth\d/;

class FrameReader {
  readonly #path: string;
  readonly #options: LoadBooksOptions;
  readonly #depth: number;
  readonly #wantsQuotes: boolean;
  readonly #books: BookTapeBuilder;
  readonly #scratch: LevelScratch;
  /** Snapshots from before the first frame that names the market. */
  readonly #early: [body: string, timeMs: number][] = [];
  readonly #trades = {
    timeMs: [] as number[],
    exchangeTimeMs: [] as number[],
    venue: [] as number[],
    prices: [] as number[],
    sizes: [] as number[],
    sides: [] as number[],
  };
  #session: VenueSession | undefined;
  #native = '';
  #symbol = '';
  #isPerpetual = false;
  #numWaiting = 0;
  #numOldSnapshots = 0;
  #numPartial = 0;
  #numOther = 0;
  #lineNumber = 0;
  #timeMs = Number.NaN;
  /** Set by what comes back from the session while it reads one line. */
  #heard = false;
  #asked = false;
  #wantsConnection: string | undefined;

  constructor(path: string, options: LoadBooksOptions) {
    const { depth = DEFAULT_DEPTH, policy = 'reject' } = options;
    this.#path = path;
    this.#options = options;
    this.#wantsQuotes = options.stream === 'quotes';
    this.#depth = this.#wantsQuotes ? 1 : depth;
    // Named when the file has shown what it is.
    this.#books = new BookTapeBuilder({ venues: [PLACEHOLDER], depth: this.#depth, policy, source: path });
    this.#scratch = new LevelScratch(this.#depth);
  }

  take(text: string, timeMs: number, lineNumber: number): void {
    this.#lineNumber = lineNumber;
    this.#timeMs = timeMs;
    if (PARTIAL_BOOK.test(text)) this.#numPartial++;
    else if (text.includes('"lastUpdateId"')) this.#snapshot(text);
    else {
      const native = SYMBOL.exec(text)?.[1];
      if (native === undefined) this.#unnamed(text);
      else this.#frame(this.#sessionOf(native), text);
    }
  }

  finish(): LoadedBooks {
    const built = this.#books.build();
    const { venue = this.#isPerpetual ? 'binance-usdm' : 'binance' } = this.#options;
    const pair = this.#options.pair ?? parsePair(this.#native);
    const venues = [{ name: venue, ...pair }];
    const tape = { ...built, venues };
    const rejections = this.#books.rejections.map((rejection) => ({ ...rejection, venue }));
    const report = createReport(this.#path, 'Binance frames', tape, rejections, this.#notes());
    const hasTrades = this.#trades.timeMs.length > 0;
    return hasTrades
      ? { tape, trades: createTradeTape(venues, this.#trades, this.#path), report }
      : { tape, report };
  }

  #snapshot(body: string): void {
    if (this.#wantsQuotes) return;
    const session = this.#session;
    if (session === undefined) {
      this.#early.push([body, this.#timeMs]);
      return;
    }
    this.#asked = false;
    session.handle({ kind: 'snapshot', symbol: this.#symbol, body }, this.#timeMs);
    // Asked for another: this one is from before the changes that wait.
    if (this.#asked) this.#numOldSnapshots++;
  }

  /** An acknowledgement, or a word of the venue about the connection. */
  #unnamed(text: string): void {
    const before = this.#numOther;
    if (this.#session === undefined) parseJsonLine(text, this.#path, this.#lineNumber);
    else this.#frame(this.#session, text);
    this.#numOther = before + 1;
  }

  #frame(session: VenueSession, text: string): void {
    const isChange = text.includes('"depthUpdate"');
    if (isChange) {
      this.#isPerpetual ||= text.includes('"pu"');
      if (this.#wantsQuotes) return;
    }
    const { counters } = session;
    const before = counters.duplicates + numLosses(session);
    this.#heard = false;
    session.handle({ kind: 'frame', text }, this.#timeMs);
    if (isChange && !this.#heard && counters.duplicates + numLosses(session) === before) this.#numWaiting++;
    if (this.#wantsConnection !== undefined) this.#reconnect(session, this.#wantsConnection);
  }

  /** The recording went on over another connection, or the venue's word would have been its last. */
  #reconnect(session: VenueSession, reason: string): void {
    this.#wantsConnection = undefined;
    session.handle({ kind: 'close', reason }, this.#timeMs);
    session.handle({ kind: 'open' }, this.#timeMs);
  }

  #sessionOf(native: string): VenueSession {
    if (this.#session === undefined) return this.#open(native);
    if (native === this.#native) return this.#session;
    throw new ConfigError(
      'several-markets',
      `${this.#path}: line ${this.#lineNumber} is of ${native}, those before of ${this.#native}; split the file by market.`,
    );
  }

  #open(native: string): VenueSession {
    const { base, quote } = this.#options.pair ?? parsePair(native);
    this.#native = native;
    this.#symbol = `${base}/${quote}`;
    const markets = [{ symbol: this.#symbol, base, quote, native }];
    const session = new VenueSession({
      // A recording may lose as many changes as it did.
      setup: binance.connect(markets, { resyncBudget: Infinity }),
      markets,
      channels: [this.#wantsQuotes ? 'ticker' : 'book', 'trades'],
      onEvent: (event) => this.#event(event),
      onCommand: (command) => this.#command(command),
    });
    this.#session = session;
    session.handle({ kind: 'open' }, this.#early[0]?.[1] ?? this.#timeMs);
    for (const [body, timeMs] of this.#early)
      session.handle({ kind: 'snapshot', symbol: this.#symbol, body }, timeMs);
    return session;
  }

  #event(event: VenueEvent): void {
    this.#heard = true;
    switch (event.kind) {
      case 'book': {
        const { bidPrices, bidSizes, askPrices, askSizes } = this.#scratch;
        event.book.topInto(bidPrices, bidSizes, askPrices, askSizes, 0, this.#depth);
        this.#append(event.exchangeTimeMs);
        return;
      }
      case 'ticker':
        if (!this.#wantsQuotes) return;
        this.#scratch.read([[event.bid, event.bidSize]], [[event.ask, event.askSize]]);
        this.#append(event.exchangeTimeMs);
        return;
      case 'trade':
        this.#trades.timeMs.push(this.#timeMs);
        this.#trades.exchangeTimeMs.push(event.exchangeTimeMs);
        this.#trades.venue.push(0);
        this.#trades.prices.push(event.price);
        this.#trades.sizes.push(event.size);
        this.#trades.sides.push(event.side === 'buy' ? 1 : -1);
        return;
      case 'rejected':
        this.#requireReadable(event.reason, event.detail);
        return;
      case 'book-lost':
        if (event.reason === 'crossed-book') this.#requireNone('crossed-book', event.detail);
        return;
      case 'disabled':
        throw new DataError(
          'venue-refused',
          `${this.#path}: line ${this.#lineNumber} ends the recording: ${event.reason}; remove the line to read what follows.`,
        );
    }
  }

  #command(command: VenueCommand): void {
    if (command.kind === 'fetch-snapshot') this.#asked = true;
    if (command.kind === 'reconnect') this.#wantsConnection = command.reason;
  }

  #requireReadable(reason: string, detail: string): void {
    if (reason === 'unreadable') {
      throw new DataError(
        'invalid-line',
        `${this.#path}: line ${this.#lineNumber} cannot be read (${detail}); fetch the file again or remove the line.`,
      );
    }
    if (reason === 'malformed') this.#requireNone('malformed-frame', detail);
    else this.#numOther++;
  }

  /** @throws DataError under the policy `throw` */
  #requireNone(code: string, detail: string): void {
    if (this.#options.policy !== 'throw') return;
    throw new DataError(code, `${this.#path}: line ${this.#lineNumber}: ${detail}.`);
  }

  #append(exchangeTimeMs: number): void {
    this.#books.append(0, this.#timeMs, exchangeTimeMs, this.#scratch, 0, () => `line ${this.#lineNumber}`);
  }

  #notes(): string[] {
    const counters = this.#session?.counters;
    const losses = counters?.losses ?? {};
    const counts: readonly [count: number | undefined, text: string][] = [
      [this.#numWaiting, 'changes came before a snapshot that they could follow.'],
      [this.#numOldSnapshots, 'snapshots were older than the stream.'],
      [counters?.rejected.malformed, 'frames were not as the venue describes them.'],
      [this.#numPartial, 'frames are parts of a book (@depth5 to @depth20), which changes cannot follow.'],
    ];
    const lost: readonly [count: number | undefined, text: string][] = [
      [losses['sequence-gap'], 'Changes were lost'],
      [losses['malformed-update'], 'A change could not be read'],
      [losses['crossed-book'], 'The best bid came to lie above the best ask'],
    ];
    const notes = counts.flatMap(([count = 0, text]) => (count > 0 ? [`${count} ${text}`] : []));
    for (const [count = 0, text] of lost) {
      if (count > 0) notes.push(`${text} ${count} times; the books end there until a new snapshot.`);
    }
    if (this.#numOther > 0) notes.push(`${this.#numOther} frames are neither books nor trades.`);
    return notes;
  }
}

function numLosses({ counters: { losses } }: VenueSession): number {
  let sum = 0;
  for (const count of Object.values(losses)) sum += count;
  return sum;
}
