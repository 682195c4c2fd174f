/** Loads order books from tables: quotes, books with a column for every level, and changes of single levels. */
import { DataError } from '../../core/errors.ts';
import type { NamedMarket } from '../candles/market-names.ts';
import { listSymbols } from '../files/candle-series.ts';
import { RowFaults } from '../files/faults.ts';
import { KIND_WORDS, type OpenedTable, openTables } from '../files/open.ts';
import type { Columns, ReadPlan } from '../files/table.ts';
import { findZone, type Zone } from '../files/zones.ts';
import { marketOf, readSizes, type SizeReader } from './market-sizes.ts';
import { OrderBook } from './order-book.ts';
import { BookTapeBuilder } from './tape-builder.ts';
import {
  createReport,
  createVenue,
  LevelScratch,
  type LoadBooksOptions,
  type LoadedBooks,
} from './tape-loading.ts';

/** @throws DataError `unknown-format` for a table of another kind, `several-symbols`, and those of `openTables` and of its rows */
export async function loadTableBooks(path: string, options: LoadBooksOptions = {}): Promise<LoadedBooks> {
  const tables = await openTables(path, options);
  if (tables.length > 1) {
    throw new DataError(
      'several-members',
      `${path} holds ${tables.length} files; unpack it and give one of them.`,
    );
  }
  const [table] = tables;
  const { kind, roles, levels } = table.understanding;
  if (kind !== 'quotes' && kind !== 'book-changes' && !(kind === 'book-snapshots' && levels.length > 0)) {
    throw new DataError(
      'unknown-format',
      `${path} holds ${KIND_WORDS[kind]}, not order books; see docs/formats.md.`,
    );
  }
  if (kind === 'quotes' && (roles.bidSize === undefined || roles.askSize === undefined)) {
    throw new DataError(
      'missing-columns',
      `${path} has quotes without sizes; order books need the size of each price.`,
    );
  }
  const rows = await readRows(path, table, options);
  return kind === 'book-changes' ? loadChanges(rows) : loadLevels(rows);
}

interface Rows {
  readonly path: string;
  readonly table: OpenedTable;
  readonly options: LoadBooksOptions;
  readonly columns: Columns;
  /** [N] when each row was received: the file's receive time, or else its only time. */
  readonly timeMs: Float64Array;
  /** [N] NaN where the file has one time alone. */
  readonly exchangeTimeMs: Float64Array;
  /** Rows of the chosen symbol, in order of time. */
  readonly order: readonly number[];
  readonly market: NamedMarket;
  readonly sizes: SizeReader;
  readonly notes: readonly string[];
}

async function readRows(path: string, table: OpenedTable, options: LoadBooksOptions): Promise<Rows> {
  const { source, understanding } = table;
  const { roles, levels, kind } = understanding;
  const faults = new RowFaults();
  const numbers =
    kind === 'quotes'
      ? [roles.bidPrice, roles.bidSize, roles.askPrice, roles.askSize]
      : [roles.price, roles.size];
  const plan: ReadPlan = {
    time: roles.time,
    clock: roles.clock,
    localTime: roles.localTime,
    numbers: levels.length > 0 ? [] : numbers.filter((column) => column !== undefined),
    optionalNumbers: levels.map(({ column }) => column),
    words: [roles.symbol, roles.venue, roles.side, roles.isSnapshot].filter((column) => column !== undefined),
  };
  const columns = await source.read(plan, faults);
  const notes = [
    ...source.notes,
    ...faults.settle(path, columns.numRows + faults.count, options.badRows ?? 'fail'),
  ];
  const settled = settleTimes(path, columns, table, options);
  const symbols = roles.symbol === undefined ? undefined : columns.words.get(roles.symbol);
  if (symbols !== undefined) refuseSeveral(path, symbols.words, options.symbol);
  const order: number[] = [];
  for (let row = 0; row < columns.numRows; row++) {
    if (options.symbol === undefined || symbols === undefined || symbols.at(row) === options.symbol)
      order.push(row);
  }
  const sorted = isSorted(order, settled.timeMs);
  if (!sorted) {
    order.sort((a, b) => settled.timeMs[a] - settled.timeMs[b] || a - b);
    notes.push('The rows were not in order of time; they were sorted.');
  }
  const market = marketOfTable(path, columns, roles, options);
  const sizes = readSizes(path, market, options);
  return {
    path,
    table,
    options,
    columns,
    ...settled,
    order,
    market,
    sizes: sizes.read,
    notes: [...notes, ...sizes.notes, ...settled.notes],
  };
}

export function settleTimes(
  path: string,
  columns: Columns,
  { understanding }: OpenedTable,
  options: LoadBooksOptions,
): { timeMs: Float64Array; exchangeTimeMs: Float64Array; notes: readonly string[] } {
  const word = options.timezone ?? understanding.zone;
  const zone: Zone | undefined = word === undefined ? undefined : findZone(word);
  const settle = (column: NonNullable<Columns['time']>) =>
    column.settle(path, { zone, dates: options.dates }, columns.describeRow);
  const exchange = settle(columns.time as NonNullable<Columns['time']>);
  if (columns.localTime === undefined) {
    return {
      timeMs: exchange.timeMs,
      exchangeTimeMs: new Float64Array(columns.numRows).fill(Number.NaN),
      notes: exchange.notes,
    };
  }
  return { timeMs: settle(columns.localTime).timeMs, exchangeTimeMs: exchange.timeMs, notes: exchange.notes };
}

export function refuseSeveral(path: string, symbols: readonly string[], wanted: string | undefined): void {
  if (wanted !== undefined && !symbols.includes(wanted)) {
    throw new DataError(
      'unknown-symbol',
      `${path} has no symbol "${wanted}"; it has ${listSymbols(symbols)}.`,
    );
  }
  if (wanted === undefined && symbols.length > 1) {
    throw new DataError(
      'several-symbols',
      `${path} holds ${symbols.length} symbols, ${listSymbols(symbols)}; choose one with --symbol ${symbols[0]}.`,
    );
  }
}

export function isSorted(order: readonly number[], timeMs: Float64Array): boolean {
  for (let n = 1; n < order.length; n++) if (timeMs[order[n]] < timeMs[order[n - 1]]) return false;
  return true;
}

/** The market that the file's symbol, its own name or the user names. */
export function marketOfTable(
  path: string,
  columns: Columns,
  { symbol: symbolColumn, venue: venueColumn }: OpenedTable['understanding']['roles'],
  options: LoadBooksOptions,
): NamedMarket {
  const first = (column: number | undefined) =>
    column === undefined ? undefined : columns.words.get(column)?.words[0];
  return marketOf(path, options.symbol ?? first(symbolColumn), first(venueColumn) ?? options.venue, options);
}

/** Venues as they appear in the file; one, named by the user, where it tells none. */
export function venueNames(
  columns: Columns,
  venueColumn: number | undefined,
  { venue }: LoadBooksOptions,
): readonly string[] {
  return venueColumn === undefined ? [venue ?? 'venue'] : (columns.words.get(venueColumn)?.words ?? []);
}

function loadLevels({
  path,
  table,
  options,
  columns,
  timeMs,
  exchangeTimeMs,
  order,
  market,
  sizes,
  notes,
}: Rows): LoadedBooks {
  const { roles, levels } = table.understanding;
  const valuesOf = (column: number | undefined) => columns.numbers.get(column as number)!.view();
  const { bid, ask } =
    levels.length > 0
      ? levelsBySide(levels, valuesOf)
      : {
          bid: [{ prices: valuesOf(roles.bidPrice), sizes: valuesOf(roles.bidSize) }],
          ask: [{ prices: valuesOf(roles.askPrice), sizes: valuesOf(roles.askSize) }],
        };
  const depth = Math.min(Math.max(bid.length, ask.length), options.depth ?? 1000);
  const builder = createBuilder(path, columns, roles, options, depth, market);
  const venues = roles.venue === undefined ? undefined : columns.words.get(roles.venue);
  const scratch = new LevelScratch(depth);
  for (const row of order) {
    scratch.read(levelsOfRow(bid, row, sizes), levelsOfRow(ask, row, sizes));
    builder.append(venues?.code(row) ?? 0, timeMs[row], exchangeTimeMs[row], scratch, 0, () =>
      columns.describeRow(row),
    );
  }
  const tape = builder.build();
  const word = levels.length > 0 ? 'book snapshots' : 'quotes';
  return {
    tape,
    report: createReport(path, `${word}, ${table.source.format}`, tape, builder.rejections, notes),
  };
}

interface LevelValues {
  readonly prices: Float64Array;
  readonly sizes: Float64Array;
}

function levelsBySide(
  levels: OpenedTable['understanding']['levels'],
  valuesOf: (column: number) => Float64Array,
) {
  const sideOf = (side: 'bid' | 'ask'): LevelValues[] => {
    const numbers = [
      ...new Set(levels.filter((level) => level.side === side).map(({ level }) => level)),
    ].sort((a, b) => a - b);
    return numbers.flatMap((number) => {
      const column = (field: 'price' | 'size') =>
        levels.find((level) => level.side === side && level.level === number && level.field === field)
          ?.column;
      const [price, size] = [column('price'), column('size')];
      return price === undefined || size === undefined
        ? []
        : [{ prices: valuesOf(price), sizes: valuesOf(size) }];
    });
  };
  return { bid: sideOf('bid'), ask: sideOf('ask') };
}

/** Levels that are there: an empty cell, and a zero price with a zero size, mean that there is none. */
function levelsOfRow(side: readonly LevelValues[], row: number, sizeOf: SizeReader): [number, number][] {
  return side.flatMap(({ prices, sizes }) => {
    const [price, size] = [prices[row], sizes[row]];
    return Number.isNaN(price) || (price === 0 && (size === 0 || Number.isNaN(size)))
      ? []
      : [[price, sizeOf(price, size)] as [number, number]];
  });
}

function createBuilder(
  path: string,
  columns: Columns,
  roles: OpenedTable['understanding']['roles'],
  options: LoadBooksOptions,
  depth: number,
  market: NamedMarket,
): BookTapeBuilder {
  const venues = venueNames(columns, roles.venue, options).map((name) => createVenue(name, market));
  return new BookTapeBuilder({ venues, depth, policy: options.policy ?? 'reject', source: path });
}

/** Applies the changes of one receive time together; a snapshot begins where rows say so after some that did not. */
function loadChanges({
  path,
  table,
  options,
  columns,
  timeMs,
  exchangeTimeMs,
  order,
  market,
  sizes: sizeOf,
  notes,
}: Rows): LoadedBooks {
  const { roles } = table.understanding;
  const depth = options.depth ?? 20;
  const builder = createBuilder(path, columns, roles, options, depth, market);
  const prices = columns.numbers.get(roles.price as number)!.view();
  const sizes = columns.numbers.get(roles.size as number)!.view();
  const sides = columns.words.get(roles.side as number)!;
  const snapshots = columns.words.get(roles.isSnapshot as number)!;
  const venues = roles.venue === undefined ? undefined : columns.words.get(roles.venue);
  const books = new Map<number, { book: OrderBook; wasSnapshot: boolean }>();
  const scratch = new LevelScratch(depth);
  let skipped = 0;
  for (let n = 0; n < order.length; n++) {
    const row = order[n];
    const venue = venues?.code(row) ?? 0;
    const isSnapshot = /^(?:true|1|t)$/i.test(snapshots.at(row));
    let state = books.get(venue);
    if (state === undefined && !isSnapshot) {
      skipped++;
      continue;
    }
    if (state === undefined) {
      state = { book: new OrderBook(), wasSnapshot: false };
      books.set(venue, state);
    }
    if (isSnapshot && !state.wasSnapshot) state.book.clear();
    state.wasSnapshot = isSnapshot;
    state.book.apply(
      /^(?:bid|buy|b)/i.test(sides.at(row)) ? 'bid' : 'ask',
      prices[row],
      sizeOf(prices[row], sizes[row]),
    );
    const next = order[n + 1];
    const isLast = next === undefined || timeMs[next] !== timeMs[row] || (venues?.code(next) ?? 0) !== venue;
    if (!isLast || state.book.isCrossed) continue;
    state.book.topInto(scratch.bidPrices, scratch.bidSizes, scratch.askPrices, scratch.askSizes, 0, depth);
    builder.append(venue, timeMs[row], exchangeTimeMs[row], scratch, 0, () => columns.describeRow(row));
  }
  const all =
    skipped === 0
      ? notes
      : [...notes, `${skipped} changes came before the first snapshot and were left out.`];
  const tape = builder.build();
  return {
    tape,
    report: createReport(
      path,
      `changes of order books, ${table.source.format}`,
      tape,
      builder.rejections,
      all,
    ),
  };
}
