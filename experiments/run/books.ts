/** The order books of a run, for an env that trades on them. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { loadBooksOrCapture } from '../../live/tape/capture.ts';
import type { ContractTape } from '../../market/books/contract-tape.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { TradeTape } from '../../market/books/trade-tape.ts';
import type { ReadOptions } from '../../market/files/options.ts';
import type { FundingSeries } from '../../market/instruments/funding-series.ts';
import { type Spans, type SplitDates, splitSpans } from '../../trainers/spans.ts';
import { openConverter } from '../data/convert.ts';
import { openTapeData, TAPE_PREFIX } from '../live/tape-source.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { type FundingRequest, hashFunding, loadRunFunding } from './funding.ts';

export interface RunBooks {
  readonly path: string;
  readonly tape: BookTape;
  /** For the volume of bars; absent where there are none. */
  readonly trades?: TradeTape;
  /** Of the perpetuals among the markets. */
  readonly funding?: FundingSeries;
  /** What venues said of perpetuals; absent where there was none. */
  readonly contracts?: ContractTape;
  readonly spans: Spans;
  /** SHA-256 of all columns. */
  readonly sha256: string;
  readonly notes: readonly string[];
}

/** @throws DataError as `loadBooksOrCapture`; ConfigError `invalid-split` */
export async function loadRunBooks(
  path: string,
  dates: SplitDates,
  access: PluginAccess = {},
  read: ReadOptions = {},
  wanted?: FundingRequest,
): Promise<RunBooks> {
  const books = await readBooks(path, dates, access, read);
  const funding = wanted && (await loadRunFunding([], wanted, read));
  if (funding === undefined) return books;
  const sha256 = createHash('sha256')
    .update(`${books.sha256} ${hashFunding(funding)}`)
    .digest('hex');
  return { ...books, funding, sha256 };
}

async function readBooks(
  path: string,
  dates: SplitDates,
  access: PluginAccess,
  read: ReadOptions,
): Promise<RunBooks> {
  if (path.startsWith(TAPE_PREFIX)) {
    const { books, trades, contracts, notes } = await openTapeData(path, access);
    const tape = `${TAPE_PREFIX}${resolve(path.slice(TAPE_PREFIX.length))}`;
    return {
      path: tape,
      tape: books,
      trades,
      contracts,
      spans: splitSpans(books, dates),
      sha256: hashTape(books),
      notes,
    };
  }
  const loaded = await loadBooksOrCapture(path, read);
  const { tape, notes } =
    read.convert === undefined
      ? { tape: loaded.tape, notes: [] }
      : (await openConverter(read.convert)).tape(loaded.tape);
  return {
    path: resolve(path),
    tape,
    spans: splitSpans(tape, dates),
    sha256: hashTape(tape),
    notes: [...loaded.report.notes, ...notes],
  };
}

/** SHA-256 of all columns. */
export function hashTape(tape: BookTape): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([tape.venues, tape.depth, tape.length]));
  for (const column of [
    tape.timeMs,
    tape.venue,
    tape.bidPrices,
    tape.bidSizes,
    tape.askPrices,
    tape.askSizes,
  ]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest('hex');
}
