/** Loads order books and trades from a file in any form that holds them as such, and writes the project's own. */
import { open } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { DataError } from '../../core/errors.ts';
import { readLineBatches } from '../files/lines.ts';
import {
  BOOKS_FORMAT,
  bookLines,
  loadBookLines,
  loadTradeLines,
  TRADES_FORMAT,
  tradeLines,
} from './lines.ts';
import { loadQuoteRows, loadTradeRows, QUOTES_HEADER, TRADES_HEADER } from './quote-rows.ts';
import { loadSnapshotLines } from './snapshot-lines.ts';
import type { BookTape } from './tape.ts';
import type { LoadBooksOptions, LoadedBooks } from './tape-loading.ts';
import { encodeBookParquet, encodeTradeParquet, loadBookParquet, loadTradeParquet } from './tape-parquet.ts';
import type { TradeTape } from './trade-tape.ts';

/** What the first bytes or the first line of a file show it to be. */
export type TapeFileKind =
  | 'parquet'
  | 'book-lines'
  | 'trade-lines'
  | 'book-snapshots'
  | 'binance-frames'
  | 'quote-rows'
  | 'trade-rows';

/**
 * @returns undefined for a file that holds neither books nor trades in a known form
 * @throws DataError those of `readLineBatches`
 */
export async function detectTapeFile(path: string): Promise<TapeFileKind | undefined> {
  if (await beginsWithParquet(path)) return 'parquet';
  for await (const lines of readLineBatches(path)) {
    const first = lines.find((line) => line !== '');
    if (first === undefined) continue;
    if (first === QUOTES_HEADER) return 'quote-rows';
    if (first === TRADES_HEADER) return 'trade-rows';
    if (/^\d{16,20} [{[]/.test(first)) return 'binance-frames';
    if (!first.startsWith('{')) return undefined;
    if (first.includes(`"${BOOKS_FORMAT}"`)) return 'book-lines';
    if (first.includes(`"${TRADES_FORMAT}"`)) return 'trade-lines';
    return first.includes('"bids"') && first.includes('"exchange"') ? 'book-snapshots' : undefined;
  }
  return undefined;
}

const BOOK_LOADERS: Partial<
  Record<TapeFileKind, (path: string, options: LoadBooksOptions) => Promise<LoadedBooks>>
> = {
  parquet: loadBookParquet,
  'book-lines': loadBookLines,
  'book-snapshots': loadSnapshotLines,
  'quote-rows': loadQuoteRows,
};

/**
 * Loads order books, whatever the form of the file.
 * @throws DataError `unknown-format`, and those of the form's loader
 */
export async function loadBooks(path: string, options: LoadBooksOptions = {}): Promise<LoadedBooks> {
  const kind = await detectTapeFile(path);
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
  const kind = await detectTapeFile(path);
  if (kind === 'parquet') return loadTradeParquet(path);
  if (kind === 'trade-lines') return loadTradeLines(path);
  if (kind === 'trade-rows') return loadTradeRows(path, options);
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
  return path.endsWith('.parquet') ? encodeBookParquet(tape) : encodeLines(bookLines(tape), path);
}

/** The bytes of a file of trades, as `encodeBooks`. */
export function encodeTrades(tape: TradeTape, path: string): Uint8Array {
  return path.endsWith('.parquet') ? encodeTradeParquet(tape) : encodeLines(tradeLines(tape), path);
}

function encodeLines(lines: Iterable<string>, path: string): Uint8Array {
  const text = Buffer.from(`${[...lines].join('\n')}\n`);
  return path.endsWith('.gz') ? gzipSync(text) : text;
}

async function beginsWithParquet(path: string): Promise<boolean> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path);
  } catch {
    return false; // The reader of lines says what is wrong with the path.
  }
  try {
    const magic = new Uint8Array(4);
    await file.read(magic, 0, 4, 0).catch(() => undefined);
    return Buffer.from(magic).toString('latin1') === 'PAR1';
  } finally {
    await file.close();
  }
}
