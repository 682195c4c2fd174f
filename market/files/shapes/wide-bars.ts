/** Recognises tables with bars of several symbols side by side, as pandas flattens columns of two levels: `AAPL Close`, `Close_MSFT`. */
import { DataError } from '../../../core/errors.ts';

const FIELDS: Readonly<Record<string, string>> = {
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
  'adj close': 'adjustedClose',
  adjclose: 'adjustedClose',
  dividends: 'other',
  'stock splits': 'other',
  'capital gains': 'other',
};
const WORDS = Object.keys(FIELDS)
  .sort((a, b) => b.length - a.length)
  .join('|');
const BEFORE = new RegExp(`^(?<field>${WORDS})[ _.|-](?<symbol>.+)$`, 'i');
const BEHIND = new RegExp(`^(?<symbol>.+?)[ _.|-](?<field>${WORDS})$`, 'i');

/** A column that is called so is no series of its own. */
const PRICE_WORD = /(?:^|[ ._])(?:open|high|low|close|volume)(?:$|[ ._(])/i;

function unknownPrices(path: string, names: readonly string[]): DataError {
  const listed = names
    .slice(0, 12)
    .map((name) => `"${name.slice(0, 40)}"`)
    .join(', ');
  return new DataError(
    'missing-columns',
    `${path} has prices that can be told apart neither by field nor by symbol: ${listed}. Say which column is which with ` +
      '--columns time=NAME,open=NAME,high=NAME,low=NAME,close=NAME.',
  );
}

/** Columns of one symbol. */
export interface WideBars {
  readonly symbol: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number | undefined;
}

/**
 * @param columns those that hold numbers
 * @returns undefined for a table whose columns are one price a series
 * @throws DataError `missing-columns` where the columns are fields of symbols, and a price of some symbol is not there
 */
export function findWideBars(
  path: string,
  names: readonly string[],
  columns: readonly number[],
): WideBars[] | undefined {
  const bySymbol = new Map<string, Record<string, number>>();
  for (const column of columns) {
    // ('Close', 'AAPL') is how pandas writes two levels where a file knows one.
    const name = names[column].replace(/^\(\s*['"](.*?)['"]\s*,\s*['"](.*?)['"]\s*\)$/, '$1 $2').trim();
    const parts = BEFORE.exec(name)?.groups ?? BEHIND.exec(name)?.groups;
    if (parts === undefined) {
      if (names.some((other) => PRICE_WORD.test(other))) throw unknownPrices(path, names);
      return undefined;
    }
    const fields = bySymbol.get(parts.symbol) ?? {};
    fields[FIELDS[parts.field.toLowerCase()]] = column;
    bySymbol.set(parts.symbol, fields);
  }
  return [...bySymbol].map(([symbol, { open, high, low, close, volume }]) => {
    for (const [field, column] of Object.entries({ open, high, low, close })) {
      if (column !== undefined) continue;
      throw new DataError(
        'missing-columns',
        `${path} has columns of "${symbol}", but none for its ${field}; write all of open, high, low and close.`,
      );
    }
    return { symbol, open, high, low, close, volume };
  });
}
