/** Loads recordings of Binance's WebSocket frames, one a line: local receive time in nanoseconds, a space, the JSON. */
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
import { BinanceBook } from './binance-book.ts';
import { type BinanceMessage, readBinanceMessage } from './binance-messages.ts';

/**
 * One market a file. A book is on the tape from the moment that a snapshot has brought it in step with the stream, and
 * leaves it when changes are lost, until the next snapshot.
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
    const message = readBinanceMessage(parseJsonLine(line.slice(space + 1), path, lineNumber));
    if (message === undefined) frames.numOther++;
    else frames.take(message, timeMs, lineNumber);
  });
  return frames.finish();
}

/** Keeps the digits that a double of nanoseconds would lose; NaN for what are none. */
function nanosecondsToMs(text: string): number {
  if (!/^\d{7,20}$/.test(text)) return Number.NaN;
  return Number(text.slice(0, -6)) + Number(text.slice(-6)) / 1e6;
}

class FrameReader {
  /** Frames that are neither books nor trades. */
  numOther = 0;
  readonly #path: string;
  readonly #options: LoadBooksOptions;
  readonly #depth: number;
  readonly #books: BookTapeBuilder;
  readonly #scratch: LevelScratch;
  readonly #live = new BinanceBook();
  readonly #trades = {
    timeMs: [] as number[],
    exchangeTimeMs: [] as number[],
    venue: [] as number[],
    prices: [] as number[],
    sizes: [] as number[],
    sides: [] as number[],
  };
  #symbol: string | undefined;
  #isPerpetual = false;
  #numGaps = 0;
  #numWaiting = 0;
  #numOldSnapshots = 0;
  #lineNumber = 0;

  constructor(path: string, options: LoadBooksOptions) {
    const { depth = DEFAULT_DEPTH, policy = 'reject' } = options;
    this.#path = path;
    this.#options = options;
    this.#depth = options.stream === 'quotes' ? 1 : depth;
    // Named when the file has shown what it is.
    this.#books = new BookTapeBuilder({ venues: [PLACEHOLDER], depth: this.#depth, policy, source: path });
    this.#scratch = new LevelScratch(this.#depth);
  }

  take(message: BinanceMessage, timeMs: number, lineNumber: number): void {
    this.#lineNumber = lineNumber;
    if (message.kind !== 'snapshot') this.#requireSymbol(message.symbol);
    const wantsQuotes = this.#options.stream === 'quotes';
    if (message.kind === 'trade') {
      this.#trades.timeMs.push(timeMs);
      this.#trades.exchangeTimeMs.push(message.exchangeTimeMs);
      this.#trades.venue.push(0);
      this.#trades.prices.push(message.price);
      this.#trades.sizes.push(message.size);
      this.#trades.sides.push(message.side);
    } else if (message.kind === 'quote') {
      if (!wantsQuotes) return;
      this.#scratch.read([message.bid], [message.ask]);
      this.#append(timeMs, message.exchangeTimeMs);
    } else if (message.kind === 'depth') {
      if (message.previousId !== undefined) this.#isPerpetual = true;
      if (wantsQuotes) return;
      const outcome = this.#live.applyDepth(message);
      if (outcome === 'waiting') this.#numWaiting++;
      else if (outcome === 'gap') this.#numGaps++;
      else if (outcome === 'applied') this.#appendBook(timeMs, message.exchangeTimeMs);
    } else if (!wantsQuotes) {
      const outcome = this.#live.applySnapshot(message);
      if (outcome === 'old') this.#numOldSnapshots++;
      else if (outcome === 'gap') this.#numGaps++;
      else this.#appendBook(timeMs, message.exchangeTimeMs);
    }
  }

  finish(): LoadedBooks {
    const built = this.#books.build();
    const { venue = this.#isPerpetual ? 'binance-usdm' : 'binance' } = this.#options;
    const pair = this.#options.pair ?? parsePair(this.#symbol ?? '');
    const venues = [{ name: venue, ...pair }];
    const tape = { ...built, venues };
    const rejections = this.#books.rejections.map((rejection) => ({ ...rejection, venue }));
    const report = createReport(this.#path, 'Binance frames', tape, rejections, this.#notes());
    const hasTrades = this.#trades.timeMs.length > 0;
    return hasTrades
      ? { tape, trades: createTradeTape(venues, this.#trades, this.#path), report }
      : { tape, report };
  }

  #appendBook(timeMs: number, exchangeTimeMs: number): void {
    const { bidPrices, bidSizes, askPrices, askSizes } = this.#scratch;
    this.#live.book.topInto(bidPrices, bidSizes, askPrices, askSizes, 0, this.#depth);
    this.#append(timeMs, exchangeTimeMs);
  }

  #append(timeMs: number, exchangeTimeMs: number): void {
    this.#books.append(0, timeMs, exchangeTimeMs, this.#scratch, 0, () => `line ${this.#lineNumber}`);
  }

  #requireSymbol(symbol: string): void {
    this.#symbol ??= symbol;
    if (symbol === this.#symbol) return;
    throw new ConfigError(
      'several-markets',
      `${this.#path}: line ${this.#lineNumber} is of ${symbol}, those before of ${this.#symbol}; split the file by market.`,
    );
  }

  #notes(): string[] {
    const notes: string[] = [];
    if (this.#numWaiting > 0)
      notes.push(`${this.#numWaiting} changes came before a snapshot that they could follow.`);
    if (this.#numOldSnapshots > 0)
      notes.push(`${this.#numOldSnapshots} snapshots were older than the stream.`);
    if (this.#numGaps > 0)
      notes.push(`Changes were lost ${this.#numGaps} times; the books end there until a new snapshot.`);
    if (this.numOther > 0) notes.push(`${this.numOther} frames are neither books nor trades.`);
    return notes;
  }
}

const PLACEHOLDER = { name: 'binance', base: '', quote: '' };
