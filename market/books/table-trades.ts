/** Loads trades from tables, with columns as exchanges and vendors name them. */
import { DataError } from '../../core/errors.ts';
import { formatTime } from '../candles/timestamps.ts';
import { RowFaults } from '../files/faults.ts';
import { plainName } from '../files/names.ts';
import { KIND_WORDS, type OpenedTable, openTables } from '../files/open.ts';
import type { Columns, ReadPlan } from '../files/table.ts';
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
  const table = await openTrades(path, options);
  const faults = new RowFaults();
  const columns = await table.source.read(planOf(table), faults);
  const dropped = faults.settle(path, columns.numRows + faults.count, options.badRows ?? 'fail');
  const { trades, notes } = tradesOf(path, table, columns, options);
  return { trades, notes: [...dropped, ...notes] };
}

/** What is handed out last, with what is known at the end alone. */
const NONE: TradeTape = {
  venues: [],
  length: 0,
  timeMs: new Float64Array(0),
  exchangeTimeMs: new Float64Array(0),
  venue: new Uint8Array(0),
  prices: new Float64Array(0),
  sizes: new Float64Array(0),
  sides: new Int8Array(0),
};

/** Rows that are in memory together. */
const BATCH_ROWS = 1 << 18;

/**
 * The same in pieces that follow one another in time, so that a file of any size needs memory for some of its rows alone. A
 * file that must be seen whole to be understood comes in one piece: one that is no CSV, of several venues, or without times since 1970.
 * The last piece may have no trades, but notes on the file.
 * @throws DataError as `loadTableTrades`; `unsorted-times` where a piece begins before the end of the one before. What was handed
 *   out before an error is then no whole file.
 */
export async function* streamTableTrades(
  path: string,
  options: LoadBooksOptions = {},
  batchRows = BATCH_ROWS,
): AsyncGenerator<LoadedTrades> {
  const table = await openTrades(path, options);
  const { source, understanding } = table;
  const { time, venue } = understanding.roles;
  const isCounted = source.sample.every((row) =>
    /^(?:\d{10}|\d{13}|\d{16}|\d{19})(?:\.\d*)?$/.test(row[time as number] ?? ''),
  );
  if (source.batches === undefined || venue !== undefined || !isCounted) {
    yield await loadTableTrades(path, options);
    return;
  }
  const faults = new RowFaults();
  let numRows = 0;
  let lastMs = -Infinity;
  let symbol: string | undefined;
  for await (const columns of source.batches(planOf(table), faults, batchRows)) {
    numRows += columns.numRows;
    if (columns.numRows === 0) continue;
    const loaded = tradesOf(path, table, columns, { ...options, symbol: options.symbol ?? symbol });
    symbol ??= symbolsOf(table, columns)?.words[0];
    const { timeMs, length } = loaded.trades;
    if (timeMs[0] < lastMs) {
      throw new DataError(
        'unsorted-times',
        `${path}: trades are not in order of time: ${formatTime(timeMs[0])} comes after ${formatTime(lastMs)}; sort the file by time.`,
      );
    }
    lastMs = timeMs[length - 1];
    yield loaded;
  }
  const dropped = faults.settle(path, numRows + faults.count, options.badRows ?? 'fail');
  if (lastMs === -Infinity)
    throw new DataError('no-rows', `${path} has no row that can be used; fetch the file again.`);
  if (dropped.length > 0) yield { trades: NONE, notes: dropped };
}

async function openTrades(path: string, options: LoadBooksOptions): Promise<OpenedTable> {
  const [table, ...others] = await openTables(path, options);
  if (others.length > 0) {
    throw new DataError(
      'several-members',
      `${path} holds ${others.length + 1} files; unpack it and give one of them.`,
    );
  }
  if (table.understanding.kind === 'trades') return table;
  throw new DataError(
    'unknown-format',
    `${path} holds ${KIND_WORDS[table.understanding.kind]}, not trades; see docs/formats.md.`,
  );
}

function planOf({ understanding: { roles } }: OpenedTable): ReadPlan {
  return {
    time: roles.time,
    clock: roles.clock,
    localTime: roles.localTime,
    numbers: [roles.price as number, roles.size as number],
    words: [roles.symbol, roles.venue, roles.side, roles.buyerIsMaker].filter(
      (column) => column !== undefined,
    ),
  };
}

const symbolsOf = ({ understanding: { roles } }: OpenedTable, columns: Columns) =>
  roles.symbol === undefined ? undefined : columns.words.get(roles.symbol);

/** Trades of rows that are in memory, in order of time. */
function tradesOf(
  path: string,
  table: OpenedTable,
  columns: Columns,
  options: LoadBooksOptions,
): LoadedTrades {
  const { source, understanding } = table;
  const { roles } = understanding;
  const { timeMs, exchangeTimeMs, notes: timeNotes } = settleTimes(path, columns, table, options);
  const symbols = symbolsOf(table, columns);
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
  return { trades, notes: [...source.notes, ...timeNotes, ...sizeNotes] };
}
