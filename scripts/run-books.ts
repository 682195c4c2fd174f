/** The order books of a run, for an env that trades on them. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { BookTape } from '../market/book-tape.ts';
import { loadBooks } from '../market/load-books.ts';
import { type Spans, type SplitDates, splitSpans } from '../trainers/spans.ts';

export interface RunBooks {
  readonly path: string;
  readonly tape: BookTape;
  readonly spans: Spans;
  /** SHA-256 of all columns. */
  readonly sha256: string;
  readonly notes: readonly string[];
}

/** @throws DataError as `loadBooks`; ConfigError `invalid-split` */
export async function loadRunBooks(path: string, dates: SplitDates): Promise<RunBooks> {
  const { tape, report } = await loadBooks(path);
  return {
    path: resolve(path),
    tape,
    spans: splitSpans(tape, dates),
    sha256: hashTape(tape),
    notes: report.notes,
  };
}

function hashTape(tape: BookTape): string {
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
