/** Loads order books from JSON, as recorders, exchanges and ccxt write them: whole books, or a snapshot and its changes. */
import { DataError } from '../../core/errors.ts';
import { quote } from '../files/faults.ts';
import { parseTime } from '../files/time-text.ts';
import { marketOf, readSizes, type SizeReader } from './market-sizes.ts';
import { OrderBook } from './order-book.ts';
import { BookTapeBuilder } from './tape-builder.ts';
import {
  createReport,
  createVenue,
  DEFAULT_DEPTH,
  LevelScratch,
  type LoadBooksOptions,
  type LoadedBooks,
  parseJsonLine,
  readLines,
  readNumber,
} from './tape-loading.ts';

/** What recorders and exchanges call the parts of a book. The first that is there is taken. */
const KEYS = {
  /** Receive times first: they order what was seen here. */
  time: [
    'local_timestamp',
    'localTimestamp',
    'receive_timestamp',
    'received',
    'recv_ts',
    'timestamp',
    'ts',
    'time',
    'datetime',
    'T',
    't',
    'E',
    'cts',
    'tms',
    'date',
  ],
  exchangeTime: ['exchange_timestamp', 'exchangeTimestamp', 'timestamp', 'cts', 'ts'],
  venue: ['exchange', 'venue', 'exchange_id', 'exchangeId'],
  symbol: [
    'symbol',
    'instId',
    's',
    'product_id',
    'instrument',
    'instrument_name',
    'pair',
    'market',
    'code',
    'cd',
  ],
  bids: ['bids', 'b', 'bid'],
  asks: ['asks', 'a', 'ask', 'offers'],
  change: ['type', 'action', 'u'],
} as const;

/** Messages may wrap the book in these. */
const WRAPPERS = ['data', 'book', 'orderbook', 'params', 'result', 'contents'];

type Row = Readonly<Record<string, unknown>>;

/** Whether the first line of a file is a book in JSON. */
export function isJsonBook(text: string): boolean {
  try {
    const row = unwrap(JSON.parse(text));
    return row !== undefined && find(row, 'bids') !== undefined && find(row, 'asks') !== undefined;
  } catch {
    return false;
  }
}

/**
 * Levels may be pairs or objects, numbers or texts; venues are numbered as they appear. Times are in seconds to
 * nanoseconds since 1970, or texts; those of local receipt are preferred. A message that says it is a change alters the
 * book before it.
 * @throws DataError `invalid-line`, `several-symbols`, `unknown-symbol`, `change-without-snapshot`, `empty-tape`, those of
 *   `readLineBatches`, and the faults under the policy `throw`
 */
export async function loadJsonBooks(path: string, options: LoadBooksOptions = {}): Promise<LoadedBooks> {
  const rows = new JsonBooks(path, options);
  const document: string[] = [];
  await readLines(path, (line, lineNumber) => {
    // A document is one list over all lines; lines are each an object.
    if (document.length > 0 || (lineNumber === 1 && line.trimStart().startsWith('['))) document.push(line);
    else rows.take(parseJsonLine(line, path, lineNumber), `line ${lineNumber}`);
  });
  if (document.length > 0) {
    const books = parseJsonLine(document.join('\n'), path, 1) as readonly unknown[];
    for (const [index, book] of books.entries()) rows.take(book, `element ${index + 1}`);
  }
  return rows.finish(document.length > 0 ? 'order books, JSON' : 'order books, JSON lines');
}

class JsonBooks {
  readonly #path: string;
  readonly #options: LoadBooksOptions;
  readonly #builder: BookTapeBuilder;
  readonly #scratch: LevelScratch;
  readonly #venues = new Map<
    string,
    { index: number; symbol: string | undefined; book: OrderBook | undefined; sizeOf: SizeReader }
  >();
  readonly #symbols = new Set<string>();
  readonly #notes: string[] = [];
  #ignored = 0;

  constructor(path: string, options: LoadBooksOptions) {
    const { depth = DEFAULT_DEPTH, policy = 'reject' } = options;
    this.#path = path;
    this.#options = options;
    this.#builder = new BookTapeBuilder({ venues: [], depth, policy, source: path });
    this.#scratch = new LevelScratch(depth);
  }

  take(value: unknown, where: string): void {
    const outer = value as Row | null;
    const row = unwrap(value);
    const bids = row && find(row, 'bids');
    const asks = row && find(row, 'asks');
    if (row === undefined || outer === null || !Array.isArray(bids) || !Array.isArray(asks)) {
      throw new DataError(
        'invalid-line',
        `${this.#path}: ${where} is no order book: it lacks lists of bids and asks; each line is one book or its change.`,
      );
    }
    const symbol = textOf(find(row, 'symbol') ?? find(outer, 'symbol'));
    if (this.#options.symbol !== undefined && symbol !== this.#options.symbol) {
      this.#ignored++;
      if (symbol !== undefined) this.#symbols.add(symbol);
      return;
    }
    const venue = this.#venueOf(textOf(find(row, 'venue') ?? find(outer, 'venue')), symbol, where);
    const read = (level: unknown): Level => {
      const [price, size] = levelOf(level);
      return [price, venue.sizeOf(readNumber(price), readNumber(size))];
    };
    const levels = { bids: bids.map(read), asks: asks.map(read) };
    const timeMs = timeOf(find(row, 'time') ?? find(outer, 'time'));
    const received = KEYS.time.slice(0, 5).some((key) => row[key] !== undefined || outer[key] !== undefined);
    const exchangeTimeMs = received
      ? timeOf(find(row, 'exchangeTime') ?? find(outer, 'exchangeTime'))
      : Number.NaN;
    if (isChange(outer) || isChange(row)) this.#change(venue, levels, where);
    else {
      if (venue.book !== undefined || saysSnapshot(outer) || saysSnapshot(row)) this.#reset(venue, levels);
      this.#scratch.read(levels.bids, levels.asks);
    }
    this.#builder.append(venue.index, timeMs, exchangeTimeMs, this.#scratch, 0, () => where);
  }

  finish(format: string): LoadedBooks {
    if (this.#venues.size === 0 && this.#ignored > 0) {
      throw new DataError(
        'unknown-symbol',
        `${this.#path} has no symbol "${this.#options.symbol}"; it has ${[...this.#symbols].map(quote).join(', ')}.`,
      );
    }
    if (this.#ignored > 0) this.#notes.push(`${this.#ignored} books of other symbols were left out.`);
    const tape = this.#builder.build();
    return { tape, report: createReport(this.#path, format, tape, this.#builder.rejections, this.#notes) };
  }

  #venueOf(given: string | undefined, symbol: string | undefined, where: string) {
    const name = given ?? this.#options.venue ?? 'venue';
    const known = this.#venues.get(name);
    if (known !== undefined) {
      if (symbol === known.symbol || symbol === undefined) return known;
      throw new DataError(
        'several-symbols',
        `${this.#path}: ${where}: venue "${name}" has books of ${quote(known.symbol ?? '')} and of ${quote(symbol)}, which are no ` +
          `one market; choose one with --symbol ${known.symbol}.`,
      );
    }
    if (given === undefined && this.#options.venue === undefined) {
      this.#notes.push('The file names no exchange; it is called "venue" here, --venue gives it a name.');
    }
    const market = marketOf(this.#path, symbol, name, this.#options);
    const sizes = readSizes(this.#path, market, this.#options);
    this.#notes.push(...sizes.notes);
    const index = this.#builder.addVenue(createVenue(name, market));
    const venue = { index, symbol, book: undefined as OrderBook | undefined, sizeOf: sizes.read };
    this.#venues.set(name, venue);
    return venue;
  }

  #reset(venue: { book: OrderBook | undefined }, { bids, asks }: Sides): void {
    venue.book ??= new OrderBook();
    venue.book.clear();
    this.#applyAll(venue.book, bids, asks);
  }

  #change(venue: { book: OrderBook | undefined }, { bids, asks }: Sides, where: string): void {
    if (venue.book === undefined) {
      throw new DataError(
        'change-without-snapshot',
        `${this.#path}: ${where} is a change of a book of which no snapshot came before; begin the file at a snapshot.`,
      );
    }
    this.#applyAll(venue.book, bids, asks);
    const { bidPrices, bidSizes, askPrices, askSizes } = this.#scratch;
    venue.book.topInto(bidPrices, bidSizes, askPrices, askSizes, 0, bidPrices.length);
  }

  #applyAll(book: OrderBook, bids: readonly Level[], asks: readonly Level[]): void {
    for (const [price, size] of bids) book.apply('bid', readNumber(price), readNumber(size));
    for (const [price, size] of asks) book.apply('ask', readNumber(price), readNumber(size));
  }
}

type Level = readonly [price: unknown, size: unknown];
interface Sides {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** The object that has bids and asks: the message itself or what it wraps. */
function unwrap(value: unknown): Row | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const row = (Array.isArray(value) ? value[0] : value) as Row;
  if (typeof row !== 'object' || row === null) return undefined;
  if (Array.isArray(find(row, 'bids')) && Array.isArray(find(row, 'asks'))) return row;
  if (Array.isArray(row.orderbook_units)) return withSides(row, row.orderbook_units);
  for (const key of WRAPPERS) {
    const inside = row[key] === undefined ? undefined : unwrap(row[key]);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** Upbit and Bithumb write a level of both sides together. */
function withSides(row: Row, units: readonly Row[]): Row {
  const side = (name: 'bid' | 'ask') =>
    units.map((unit) => [unit?.[`${name}_price`], unit?.[`${name}_size`]]);
  return { ...row, bids: side('bid'), asks: side('ask') };
}

function find(row: Row, part: keyof typeof KEYS): unknown {
  for (const key of KEYS[part]) if (row[key] !== undefined && row[key] !== null) return row[key];
  return undefined;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const isChange = (row: Row): boolean =>
  [row.type, row.action].some((word) => word === 'delta' || word === 'update' || word === 'l2update');
const saysSnapshot = (row: Row): boolean =>
  [row.type, row.action].some((word) => word === 'snapshot' || word === 'partial');

/** `[price, size, …]`, or an object that names them. */
function levelOf(level: unknown): Level {
  if (Array.isArray(level)) return [level[0], level.length < 2 ? undefined : level[1]];
  if (typeof level !== 'object' || level === null) return [undefined, undefined];
  const { price, p, px, rate, size, amount, qty, quantity, volume, q, s, sz, v } = level as Record<
    string,
    unknown
  >;
  return [price ?? p ?? px ?? rate, size ?? amount ?? qty ?? quantity ?? volume ?? q ?? s ?? sz ?? v];
}

/** UTC epoch ms; NaN for what is no time. Fractions of a millisecond are cut. */
function timeOf(value: unknown): number {
  if (typeof value === 'number')
    return parseTime(Number.isInteger(value) ? value.toFixed(0) : value.toFixed(6));
  return typeof value === 'string' ? parseTime(value.trim()) : Number.NaN;
}
