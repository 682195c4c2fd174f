/** Reads and writes the project's own format of books and trades as JSON lines; docs/formats.md describes it. */
import { DataError } from '../../core/errors.ts';
import type { BookLevels } from './faults.ts';
import type { BookTape, Venue } from './tape.ts';
import { BookTapeBuilder } from './tape-builder.ts';
import {
  createReport,
  LevelScratch,
  type LoadBooksOptions,
  type LoadedBooks,
  parseJsonLine,
  readLines,
  readNumber,
} from './tape-loading.ts';
import { createTradeTape, type TradeTape } from './trade-tape.ts';

export const BOOKS_FORMAT = 'market-gym-books';
export const TRADES_FORMAT = 'market-gym-trades';
export const FORMAT_VERSION = 1;

/** What the first line of a file, or a Parquet file's metadata, says. */
export interface TapeHeader {
  readonly format: typeof BOOKS_FORMAT | typeof TRADES_FORMAT;
  readonly version: number;
  readonly venues: readonly Venue[];
  /** Levels a side; books only. */
  readonly depth?: number;
}

export function bookHeader(venues: readonly Venue[], depth: number): TapeHeader {
  return { format: BOOKS_FORMAT, version: FORMAT_VERSION, depth, venues };
}

export function tradeHeader(venues: readonly Venue[]): TapeHeader {
  return { format: TRADES_FORMAT, version: FORMAT_VERSION, venues };
}

/** One event as a line without its end: what a recorder appends. @param offset where its levels begin */
export function formatBookLine(
  venue: number,
  timeMs: number,
  exchangeTimeMs: number,
  levels: BookLevels,
  offset: number,
  depth: number,
): string {
  const bids = formatLevels(levels.bidPrices, levels.bidSizes, offset, depth);
  const asks = formatLevels(levels.askPrices, levels.askSizes, offset, depth);
  return `{"t":${timeMs},"x":${formatOptional(exchangeTimeMs)},"v":${venue},"b":${bids},"a":${asks}}`;
}

/** One trade as a line without its end. */
export function formatTradeLine(
  venue: number,
  timeMs: number,
  exchangeTimeMs: number,
  price: number,
  size: number,
  side: number,
): string {
  return `{"t":${timeMs},"x":${formatOptional(exchangeTimeMs)},"v":${venue},"p":${price},"s":${size},"d":${side}}`;
}

/** A whole tape, header first, line by line. */
export function* bookLines(tape: BookTape): Generator<string> {
  yield JSON.stringify(bookHeader(tape.venues, tape.depth));
  for (let n = 0; n < tape.length; n++) {
    yield formatBookLine(
      tape.venue[n],
      tape.timeMs[n],
      tape.exchangeTimeMs[n],
      tape,
      n * tape.depth,
      tape.depth,
    );
  }
}

/** A whole tape of trades, header first, line by line. */
export function* tradeLines(tape: TradeTape): Generator<string> {
  yield JSON.stringify(tradeHeader(tape.venues));
  for (let n = 0; n < tape.length; n++) {
    yield formatTradeLine(
      tape.venue[n],
      tape.timeMs[n],
      tape.exchangeTimeMs[n],
      tape.prices[n],
      tape.sizes[n],
      tape.sides[n],
    );
  }
}

/**
 * @throws DataError `invalid-header`, `invalid-line`, `empty-tape`, those of `readLineBatches`, and the faults under
 *   the policy `throw`
 */
export async function loadBookLines(
  path: string,
  { policy = 'reject' }: LoadBooksOptions = {},
): Promise<LoadedBooks> {
  let builder: BookTapeBuilder | undefined;
  let scratch = new LevelScratch(1);
  await readLines(path, (line, lineNumber) => {
    const describe = () => `line ${lineNumber}`;
    const row = parseJsonLine(line, path, lineNumber) as BookRow;
    if (builder === undefined) {
      const { venues, depth = 0 } = checkHeader(row, BOOKS_FORMAT, path);
      builder = new BookTapeBuilder({ venues, depth, policy, source: path });
      scratch = new LevelScratch(depth);
      return;
    }
    if (!scratch.read(row?.b, row?.a)) {
      throw new DataError('invalid-line', `${path}: line ${lineNumber} lacks the levels "b" and "a".`);
    }
    builder.append(readNumber(row.v), readNumber(row.t), readNumber(row.x), scratch, 0, describe);
  });
  if (builder === undefined) throw new DataError('empty-file', `${path} is empty; fetch the file again.`);
  const tape = builder.build();
  return { tape, report: createReport(path, 'market-gym books, JSON lines', tape, builder.rejections) };
}

/** @throws DataError `invalid-header`, `invalid-line`, those of `readLineBatches` and of `createTradeTape` */
export async function loadTradeLines(path: string): Promise<TradeTape> {
  let header: TapeHeader | undefined;
  const columns: Record<'timeMs' | 'exchangeTimeMs' | 'venue' | 'prices' | 'sizes' | 'sides', number[]> = {
    timeMs: [],
    exchangeTimeMs: [],
    venue: [],
    prices: [],
    sizes: [],
    sides: [],
  };
  await readLines(path, (line, lineNumber) => {
    const row = parseJsonLine(line, path, lineNumber) as TradeRow | null;
    if (header === undefined) {
      header = checkHeader(row, TRADES_FORMAT, path);
      return;
    }
    columns.timeMs.push(readNumber(row?.t));
    columns.exchangeTimeMs.push(readNumber(row?.x));
    columns.venue.push(readNumber(row?.v));
    columns.prices.push(readNumber(row?.p));
    columns.sizes.push(readNumber(row?.s));
    columns.sides.push(readNumber(row?.d));
  });
  if (header === undefined) throw new DataError('empty-file', `${path} is empty; fetch the file again.`);
  return createTradeTape(header.venues, columns, path);
}

/** @throws DataError `invalid-header` */
export function checkHeader(value: unknown, format: TapeHeader['format'], path: string): TapeHeader {
  const header = value as Partial<TapeHeader> | null;
  const venues = header?.venues;
  const named =
    Array.isArray(venues) &&
    venues.length > 0 &&
    venues.every((venue: Partial<Venue> | null) =>
      [venue?.name, venue?.base, venue?.quote].every((text) => typeof text === 'string' && text !== ''),
    );
  if (header?.format === format && header.version === FORMAT_VERSION && named) return header as TapeHeader;
  const found = JSON.stringify(value)?.slice(0, 120);
  throw new DataError(
    'invalid-header',
    `${path} does not begin with a header of "${format}" version ${FORMAT_VERSION} with its venues, but with ${found}; ` +
      'see docs/formats.md.',
  );
}

function formatLevels(
  prices: ArrayLike<number>,
  sizes: ArrayLike<number>,
  offset: number,
  depth: number,
): string {
  let text = '[';
  for (let k = offset; k < offset + depth && prices[k] > 0; k++) {
    text += `${k > offset ? ',' : ''}[${prices[k]},${sizes[k]}]`;
  }
  return `${text}]`;
}

const formatOptional = (timeMs: number): string => (Number.isNaN(timeMs) ? 'null' : String(timeMs));

type BookRow = { t?: unknown; x?: unknown; v?: unknown; b?: unknown; a?: unknown };
type TradeRow = { t?: unknown; x?: unknown; v?: unknown; p?: unknown; s?: unknown; d?: unknown };
