/** Loads files of whole order books, one JSON object a line: timestamp, exchange, bids and asks. */
import { DataError } from '../../core/errors.ts';
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

/** Below this a timestamp counts seconds, above it milliseconds: seconds reach it in the year 5138. */
const MAX_SECONDS = 1e11;

/**
 * Levels may be numbers or texts; venues are numbered as they appear. Timestamps are local receive times, in seconds or
 * milliseconds since 1970.
 * @throws DataError `invalid-line`, `empty-tape`, those of `readLineBatches`, and the faults under the policy `throw`
 */
export async function loadSnapshotLines(path: string, options: LoadBooksOptions = {}): Promise<LoadedBooks> {
  const { depth = DEFAULT_DEPTH, pair, policy = 'reject' } = options;
  const builder = new BookTapeBuilder({ venues: [], depth, policy, source: path });
  const scratch = new LevelScratch(depth);
  const venues = new Map<string, number>();
  await readLines(path, (line, lineNumber) => {
    const describe = () => `line ${lineNumber}`;
    const row = parseJsonLine(line, path, lineNumber) as Row | null;
    if (typeof row?.exchange !== 'string' || !scratch.read(row.bids, row.asks)) {
      throw new DataError(
        'invalid-line',
        `${path}: line ${lineNumber} lacks "exchange", "bids" or "asks"; each line is one whole book.`,
      );
    }
    let venue = venues.get(row.exchange);
    if (venue === undefined) {
      venue = builder.addVenue(createVenue(row.exchange, pair));
      venues.set(row.exchange, venue);
    }
    const stamp = readNumber(row.timestamp);
    const timeMs = stamp < MAX_SECONDS ? stamp * 1000 : stamp;
    builder.append(venue, timeMs, Number.NaN, scratch, 0, describe);
  });
  const tape = builder.build();
  return { tape, report: createReport(path, 'book snapshots, JSON lines', tape, builder.rejections) };
}

interface Row {
  readonly timestamp?: unknown;
  readonly exchange?: unknown;
  readonly bids?: unknown;
  readonly asks?: unknown;
}
