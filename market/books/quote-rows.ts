/** Loads the best bid and ask, and trades, from CSV files whose columns are named as Gemini's recordings name them. */
import { DataError } from '../../core/errors.ts';
import { BookTapeBuilder } from './tape-builder.ts';
import {
  createReport,
  createVenue,
  LevelScratch,
  type LoadBooksOptions,
  type LoadedBooks,
  readLines,
  readNumber,
} from './tape-loading.ts';
import { createTradeTape, type TradeTape } from './trade-tape.ts';

export const QUOTES_HEADER = 'time_seconds,bid_price_bid_size,ask_price_ask_size';
export const TRADES_HEADER = 'time_seconds,price,size,is_buyer_maker';

/**
 * Books of one level: `1625097600,2271.58_1.6477,2279.63_28.479526`. The file's times are taken for receive times.
 * @throws DataError `missing-columns`, `row-width`, `empty-tape`, those of `readLineBatches`, and the faults under the
 *   policy `throw`
 */
export async function loadQuoteRows(path: string, options: LoadBooksOptions = {}): Promise<LoadedBooks> {
  const { pair, venue = 'venue', policy = 'reject' } = options;
  const builder = new BookTapeBuilder({ venues: [createVenue(venue, pair)], depth: 1, policy, source: path });
  const scratch = new LevelScratch(1);
  await readRows(path, QUOTES_HEADER, ([seconds, bid, ask], lineNumber) => {
    scratch.read([bid.split('_')], [ask.split('_')]);
    const timeMs = readNumber(seconds) * 1000;
    builder.append(0, timeMs, Number.NaN, scratch, 0, () => `line ${lineNumber}`);
  });
  const tape = builder.build();
  return { tape, report: createReport(path, 'quotes, CSV', tape, builder.rejections) };
}

/**
 * `1625097621.647,2278.15,0.0409,1`. The file's times are taken for receive times.
 * @throws DataError `missing-columns`, `row-width`, `invalid-side`, those of `readLineBatches` and `createTradeTape`
 */
export async function loadTradeRows(path: string, options: LoadBooksOptions = {}): Promise<TradeTape> {
  const { pair, venue = 'venue' } = options;
  const timeMs: number[] = [];
  const prices: number[] = [];
  const sizes: number[] = [];
  const sides: number[] = [];
  await readRows(path, TRADES_HEADER, ([seconds, price, size, buyerIsMaker], lineNumber) => {
    if (buyerIsMaker !== '0' && buyerIsMaker !== '1') {
      throw new DataError(
        'invalid-side',
        `${path}: line ${lineNumber}, column "is_buyer_maker": "${buyerIsMaker}" is neither 0 nor 1.`,
      );
    }
    timeMs.push(readNumber(seconds) * 1000);
    prices.push(readNumber(price));
    sizes.push(readNumber(size));
    // Where the buyer was the maker, the seller was the aggressor.
    sides.push(buyerIsMaker === '1' ? -1 : 1);
  });
  const length = timeMs.length;
  const columns = {
    timeMs,
    exchangeTimeMs: new Float64Array(length).fill(Number.NaN),
    venue: new Uint8Array(length),
  };
  return createTradeTape([createVenue(venue, pair)], { ...columns, prices, sizes, sides }, path);
}

async function readRows(
  path: string,
  header: string,
  take: (cells: string[], lineNumber: number) => void,
): Promise<void> {
  const names = header.split(',');
  await readLines(path, (line, lineNumber) => {
    if (lineNumber === 1) {
      if (line === header) return;
      throw new DataError(
        'missing-columns',
        `${path}: the header is "${line.slice(0, 80)}", expected "${header}".`,
      );
    }
    const cells = line.split(',');
    if (cells.length !== names.length) {
      throw new DataError(
        'row-width',
        `${path}: line ${lineNumber} has ${cells.length} cells, the header ${names.length}; correct or remove it.`,
      );
    }
    take(cells, lineNumber);
  });
}
