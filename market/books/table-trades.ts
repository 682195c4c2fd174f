/** Loads trades from tables, with columns as exchanges and vendors name them. */
import { DataError } from '../../core/errors.ts';
import { RowFaults } from '../files/faults.ts';
import { plainName } from '../files/names.ts';
import { KIND_WORDS, openTables } from '../files/open.ts';
import { readSizes } from './market-sizes.ts';
import { isSorted, marketOfTable, refuseSeveral, settleTimes, venueNames } from './table-books.ts';
import { createVenue, type LoadBooksOptions } from './tape-loading.ts';
import { createTradeTape, type TradeTape } from './trade-tape.ts';

const BUYS = /^(?:b|buy|buyer|bid|long|1|\+1|매수|true)$/i;
/** `a` is the ask side of Databento: a seller; 2 is a seller of NautilusTrader's, whose buyers are 1. */
const SELLS = /^(?:s|sell|seller|a|ask|short|-1|2|매도|false)$/i;

/** Columns that are in base units whatever the market. */
const BASE_SIZES = new Set([
  'homenotional',
  'home notional',
  'base qty',
  'base amount',
  'base volume',
  'units traded',
]);

export interface LoadedTrades {
  readonly trades: TradeTape;
  /** What a reader should know, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * @throws DataError `unknown-format` for a table of another kind, `several-symbols`, `contract-size`, and those of `openTables`
 *   and of its rows
 */
export async function loadTableTrades(path: string, options: LoadBooksOptions = {}): Promise<LoadedTrades> {
  const [table, ...others] = await openTables(path, options);
  if (others.length > 0) {
    throw new DataError(
      'several-members',
      `${path} holds ${others.length + 1} files; unpack it and give one of them.`,
    );
  }
  const { source, understanding } = table;
  const { kind, roles } = understanding;
  if (kind !== 'trades') {
    throw new DataError(
      'unknown-format',
      `${path} holds ${KIND_WORDS[kind]}, not trades; see docs/formats.md.`,
    );
  }
  const faults = new RowFaults();
  const words = [roles.symbol, roles.venue, roles.side, roles.buyerIsMaker].filter(
    (column) => column !== undefined,
  );
  const columns = await source.read(
    {
      time: roles.time,
      clock: roles.clock,
      localTime: roles.localTime,
      numbers: [roles.price as number, roles.size as number],
      words,
    },
    faults,
  );
  const dropped = faults.settle(path, columns.numRows + faults.count, options.badRows ?? 'fail');
  const { timeMs, exchangeTimeMs, notes: timeNotes } = settleTimes(path, columns, table, options);
  const symbols = roles.symbol === undefined ? undefined : columns.words.get(roles.symbol);
  if (symbols !== undefined) refuseSeveral(path, symbols.words, options.symbol);
  const order: number[] = [];
  for (let row = 0; row < columns.numRows; row++) {
    if (options.symbol === undefined || symbols === undefined || symbols.at(row) === options.symbol)
      order.push(row);
  }
  // A file that has its newest trade first has the later of two of one time first, too.
  if (order.length > 1 && timeMs[order[0]] > timeMs[order[order.length - 1]]) order.reverse();
  if (!isSorted(order, timeMs)) order.sort((a, b) => timeMs[a] - timeMs[b]);
  const prices = columns.numbers.get(roles.price as number)!.view();
  const sizes = columns.numbers.get(roles.size as number)!.view();
  const sides = roles.side === undefined ? undefined : columns.words.get(roles.side);
  const makers = roles.buyerIsMaker === undefined ? undefined : columns.words.get(roles.buyerIsMaker);
  const venues = roles.venue === undefined ? undefined : columns.words.get(roles.venue);
  const sideOf = (row: number): number => {
    if (sides !== undefined) return BUYS.test(sides.at(row)) ? 1 : SELLS.test(sides.at(row)) ? -1 : 0;
    // Where the buyer was the maker, the seller was the aggressor.
    return makers === undefined ? 0 : /^(?:true|1|t)$/i.test(makers.at(row)) ? -1 : 1;
  };
  const market = marketOfTable(path, columns, roles, options);
  const inBase = BASE_SIZES.has(plainName(source.names[roles.size as number]));
  const { read: sizeOf, notes: sizeNotes } = readSizes(path, market, options, inBase);
  const trades = createTradeTape(
    venueNames(columns, roles.venue, options).map((name) => createVenue(name, market)),
    {
      timeMs: order.map((row) => timeMs[row]),
      exchangeTimeMs: order.map((row) => exchangeTimeMs[row]),
      venue: order.map((row) => venues?.code(row) ?? 0),
      prices: order.map((row) => prices[row]),
      sizes: order.map((row) => sizeOf(prices[row], sizes[row])),
      sides: order.map(sideOf),
    },
    path,
  );
  return { trades, notes: [...source.notes, ...dropped, ...timeNotes, ...sizeNotes] };
}
