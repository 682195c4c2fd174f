/** Loads order books and trades from a file in any form that holds them as such, and writes the project's own. */
import { Gzip } from 'fflate';
import { DataError } from '../../core/errors.ts';
import { detectContainer } from '../files/container.ts';
import { readLineBatches } from '../files/lines.ts';
import { openTables } from '../files/open.ts';
import type { ReadOptions } from '../files/options.ts';
import { isJsonBook, loadJsonBooks } from './json-books.ts';
import {
  BOOKS_FORMAT,
  bookLines,
  loadBookLines,
  loadTradeLines,
  TRADES_FORMAT,
  tradeLines,
} from './lines.ts';
import { loadQuoteRows, loadTradeRows, QUOTES_HEADER, TRADES_HEADER } from './quote-rows.ts';
import { loadTableBooks } from './table-books.ts';
import { type LoadedTrades, loadTableTrades } from './table-trades.ts';
import type { BookTape } from './tape.ts';
import type { LoadBooksOptions, LoadedBooks } from './tape-loading.ts';
import {
  encodeBookParquet,
  encodeTradeParquet,
  loadBookParquet,
  loadTradeParquet,
  readTapeFormat,
} from './tape-parquet.ts';
import type { TradeTape } from './trade-tape.ts';

/** What a file of books or trades is written in. */
export type TapeFileKind =
  | 'book-parquet'
  | 'trade-parquet'
  | 'book-lines'
  | 'trade-lines'
  | 'json-books'
  | 'binance-frames'
  | 'quote-rows'
  | 'trade-rows'
  | 'book-table'
  | 'trade-table';

const TRADE_KINDS: ReadonlySet<TapeFileKind> = new Set([
  'trade-parquet',
  'trade-lines',
  'trade-rows',
  'trade-table',
]);

/** Whether a file has trades and no books. */
export const isTradeFile = (kind: TapeFileKind): boolean => TRADE_KINDS.has(kind);

/**
 * @returns undefined for a file that holds neither books nor trades: candles, or nothing that is known
 * @throws DataError for a file that cannot be opened or is no data
 */
export async function detectTapeFile(
  path: string,
  options: ReadOptions = {},
): Promise<TapeFileKind | undefined> {
  const container = await detectContainer(path);
  if (container === 'parquet') {
    const format = await readTapeFormat(path);
    if (format !== undefined) return format === BOOKS_FORMAT ? 'book-parquet' : 'trade-parquet';
  } else if (container === 'text' || container === 'gzip') {
    const kind = await detectLines(path);
    if (kind !== undefined) return kind;
  }
  try {
    const [{ understanding }] = await openTables(path, options);
    if (understanding.kind === 'trades') return 'trade-table';
    if (understanding.kind === 'candles' || understanding.kind === 'wide') return undefined;
    return understanding.kind === 'book-snapshots' && understanding.levels.length === 0
      ? 'json-books'
      : 'book-table';
  } catch (error) {
    if (error instanceof DataError && UNKNOWN_TABLE.has(error.code)) return undefined;
    throw error;
  }
}

/** The reader of candles says what is wrong with these. */
const UNKNOWN_TABLE: ReadonlySet<string> = new Set([
  'missing-columns',
  'missing-header',
  'empty-file',
  'not-text',
]);

async function detectLines(path: string): Promise<TapeFileKind | undefined> {
  for await (const lines of readLineBatches(path)) {
    const first = lines.find((line) => line !== '');
    if (first === undefined) continue;
    if (first === QUOTES_HEADER) return 'quote-rows';
    if (first === TRADES_HEADER) return 'trade-rows';
    if (/^\d{16,20} [{[]/.test(first)) return 'binance-frames';
    if (first.startsWith('{') && first.includes(`"${BOOKS_FORMAT}"`)) return 'book-lines';
    if (first.startsWith('{') && first.includes(`"${TRADES_FORMAT}"`)) return 'trade-lines';
    return isJsonBook(first) ? 'json-books' : undefined;
  }
  return undefined;
}

const BOOK_LOADERS: Partial<
  Record<TapeFileKind, (path: string, options: LoadBooksOptions) => Promise<LoadedBooks>>
> = {
  'book-parquet': loadBookParquet,
  'book-lines': loadBookLines,
  'json-books': loadJsonBooks,
  'quote-rows': loadQuoteRows,
  'book-table': loadTableBooks,
};

const withoutNotes =
  (load: (path: string, options: LoadBooksOptions) => Promise<TradeTape>) =>
  async (path: string, options: LoadBooksOptions): Promise<LoadedTrades> => ({
    trades: await load(path, options),
    notes: [],
  });

const TRADE_LOADERS: Partial<
  Record<TapeFileKind, (path: string, options: LoadBooksOptions) => Promise<LoadedTrades>>
> = {
  'trade-parquet': withoutNotes(loadTradeParquet),
  'trade-lines': withoutNotes(loadTradeLines),
  'trade-rows': withoutNotes(loadTradeRows),
  'trade-table': loadTableTrades,
};

/**
 * Loads order books, whatever the form of the file.
 * @throws DataError `unknown-format`, and those of the form's loader
 */
export async function loadBooks(path: string, options: LoadBooksOptions = {}): Promise<LoadedBooks> {
  const kind = await detectTapeFile(path, options);
  const load = kind === undefined ? undefined : BOOK_LOADERS[kind];
  if (load !== undefined) return load(path, options);
  if (kind === 'binance-frames') throw isCapture(path);
  throw new DataError(
    'unknown-format',
    `${path} holds no order books in a form that is known${kind === undefined ? '' : ` but trades (${kind})`}; ` +
      'see docs/formats.md.',
  );
}

/**
 * Loads trades, whatever the form of the file.
 * @throws DataError `unknown-format`, and those of the form's loader
 */
export async function loadTrades(path: string, options: LoadBooksOptions = {}): Promise<TradeTape> {
  return (await loadTradesWithNotes(path, options)).trades;
}

/** As `loadTrades`, with a sentence for everything that was not taken as it stood. */
export async function loadTradesWithNotes(
  path: string,
  options: LoadBooksOptions = {},
): Promise<LoadedTrades> {
  const kind = await detectTapeFile(path, options);
  const load = kind === undefined ? undefined : TRADE_LOADERS[kind];
  if (load !== undefined) return load(path, options);
  if (kind === 'binance-frames') throw isCapture(path);
  throw new DataError(
    'unknown-format',
    `${path} holds no trades in a form that is known; see docs/formats.md.`,
  );
}

/** What a venue sends becomes books by the venue's own rules, which live stands above this room for. */
function isCapture(path: string): DataError {
  return new DataError(
    'unknown-format',
    `${path} holds recorded frames of a venue, not books; load it with loadBooksOrCapture of market-gym/live.`,
  );
}

/** The bytes of a file of books: Parquet where the path ends in .parquet, gzipped JSON lines where in .gz, plain else. */
export function encodeBooks(tape: BookTape, path: string): Uint8Array {
  return Buffer.concat([...bookParts(tape, path)]);
}

/** The bytes of a file of trades, as `encodeBooks`. */
export function encodeTrades(tape: TradeTape, path: string): Uint8Array {
  return Buffer.concat([...tradeParts(tape, path)]);
}

/** The same in parts, for files that no one piece of memory holds. */
export function bookParts(tape: BookTape, path: string): Iterable<Uint8Array> {
  return path.endsWith('.parquet') ? [encodeBookParquet(tape)] : lineParts(bookLines(tape), path);
}

/** As `bookParts`. */
export function tradeParts(tape: TradeTape, path: string): Iterable<Uint8Array> {
  return path.endsWith('.parquet') ? [encodeTradeParquet(tape)] : lineParts(tradeLines(tape), path);
}

/** Lines that are encoded together. */
const BLOCK = 4096;

function* lineParts(lines: Iterable<string>, path: string): Iterable<Uint8Array> {
  const parts: Uint8Array[] = [];
  const gzip = path.endsWith('.gz') ? new Gzip((part) => parts.push(part)) : undefined;
  const encode = (text: string, isLast: boolean): void => {
    const bytes = Buffer.from(text);
    if (gzip === undefined) parts.push(bytes);
    else gzip.push(bytes, isLast);
  };
  let block: string[] = [];
  for (const line of lines) {
    block.push(`${line}\n`);
    if (block.length < BLOCK) continue;
    encode(block.join(''), false);
    block = [];
    yield* parts.splice(0);
  }
  encode(block.join(''), true);
  yield* parts;
}
