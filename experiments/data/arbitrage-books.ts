/** Opens what several venues showed, for an arbitrage: one file of books, or bars of each venue or market. */
import { basename } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import { loadBooksOrCapture } from '../../live/tape/capture.ts';
import { booksFromBars } from '../../market/books/from-bars.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { TradeTape } from '../../market/books/trade-tape.ts';
import { parsePair } from '../../market/candles/currencies.ts';
import { loadCandles } from '../../market/files/load-candles.ts';
import type { ConversionRequest } from '../../market/files/options.ts';
import { openTapeData, TAPE_PREFIX } from '../live/tape-source.ts';
import { expandFiles } from '../run/data-files.ts';
import { openConverter } from './convert.ts';

export interface ArbitrageFiles {
  /** Paths, by comma too; one of books, or one of bars for each venue. */
  readonly data: readonly string[];
  /** What the file trades, such as BTC/BRL; of bars one for all, or one for each. */
  readonly pairs?: readonly string[];
  readonly convert?: ConversionRequest;
  /** Spread that is assumed of bars, basis points. */
  readonly barSpreadBps: number;
}

export interface ArbitrageBooks {
  readonly tape: BookTape;
  /** Trades between the books, where the file has them. */
  readonly trades?: TradeTape;
  readonly notes: readonly string[];
}

/**
 * @throws ConfigError `invalid-setting` for bars without a pair, or a number of pairs that is not that of files; as
 *   `loadBooksOrCapture`, `loadCandles`, `booksFromBars`
 */
export async function loadArbitrageBooks(files: ArbitrageFiles): Promise<ArbitrageBooks> {
  const { data, pairs = [], convert } = files;
  const names = data.flatMap(expandFiles);
  if (names.length > 1) return loadBars(names, files);
  if (pairs.length > 1) throw wrongPairs(pairs, names);
  if (names[0].startsWith(TAPE_PREFIX)) {
    const { books, trades, notes } = await openTapeData(names[0], {});
    return { tape: books, trades, notes };
  }
  const { tape, trades, report } = await loadBooksOrCapture(
    names[0],
    pairs.length === 0 ? {} : { pair: parsePair(pairs[0]) },
  );
  if (convert === undefined) return { tape, trades, notes: report.notes };
  const converted = (await openConverter(convert)).tape(tape);
  return { tape: converted.tape, notes: [...report.notes, ...converted.notes] };
}

/** Bars, a file each, as books with a spread and a depth that are assumed. */
async function loadBars(
  names: readonly string[],
  { pairs = [], barSpreadBps: spreadBps }: ArbitrageFiles,
): Promise<ArbitrageBooks> {
  if (pairs.length === 0) {
    throw new ConfigError(
      'invalid-setting',
      'Bars do not say what they trade, and prices in different currencies cannot be compared; add --pair BTC/USDT for all files, or one for each.',
    );
  }
  if (pairs.length !== 1 && pairs.length !== names.length) throw wrongPairs(pairs, names);
  const series = await Promise.all(names.map(async (name) => (await loadCandles(name)).candles));
  const venues = names.map((name, n) => {
    const { base, quote } = parsePair(pairs[pairs.length === 1 ? 0 : n]);
    return { name: basename(name).replace(/\..*$/, ''), base, quote };
  });
  const tape = booksFromBars(venues, series, { spreadBps });
  const note =
    `Books of bars: ${tape.length} of ${venues.map(({ name }) => name).join(' and ')}, around the close with an assumed spread of ${spreadBps} bp and ` +
    '2 % of the bar’s volume at the best level; docs/arbitrage.md says what that hides.';
  return { tape, notes: [note] };
}

function wrongPairs(pairs: readonly string[], names: readonly string[]): ConfigError {
  return new ConfigError(
    'invalid-setting',
    `--pair is given ${pairs.length} times for ${names.length} file(s); give one for all, or one for each in their order.`,
  );
}
