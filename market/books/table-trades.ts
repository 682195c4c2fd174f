/** Loads trades from tables, with columns as exchanges and vendors name them. */
import { DataError } from '../../core/errors.ts';
import { RowFaults } from '../files/faults.ts';
import { KIND_WORDS, openTables } from '../files/open.ts';
import { isSorted, pairOf, refuseSeveral, settleTimes, venueNames } from './table-books.ts';
import { createVenue, type LoadBooksOptions } from './tape-loading.ts';
import { createTradeTape, type TradeTape } from './trade-tape.ts';

const BUYS = /^(?:b|buy|buyer|bid|long|1|\+1|매수|true)$/i;
const SELLS = /^(?:s|sell|seller|ask|short|-1|매도|false)$/i;

/** @throws DataError `unknown-format` for a table of another kind, `several-symbols`, and those of `openTables` and of its rows */
export async function loadTableTrades(path: string, options: LoadBooksOptions = {}): Promise<TradeTape> {
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
  faults.settle(path, columns.numRows + faults.count, options.badRows ?? 'fail');
  const { timeMs, exchangeTimeMs } = settleTimes(path, columns, table, options);
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
  const pair = pairOf(columns, roles.symbol, options);
  return createTradeTape(
    venueNames(columns, roles.venue, options).map((name) => createVenue(name, pair)),
    {
      timeMs: order.map((row) => timeMs[row]),
      exchangeTimeMs: order.map((row) => exchangeTimeMs[row]),
      venue: order.map((row) => venues?.code(row) ?? 0),
      prices: order.map((row) => prices[row]),
      sizes: order.map((row) => sizes[row]),
      sides: order.map(sideOf),
    },
    path,
  );
}
