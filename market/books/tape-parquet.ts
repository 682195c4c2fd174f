/** Reads and writes the project's own format of books and trades as Parquet; docs/formats.md describes it. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { DataError } from '../../core/errors.ts';
import { openParquetFile, readColumn } from '../files/parquet/source.ts';
import {
  BOOKS_FORMAT,
  bookHeader,
  checkHeader,
  type TapeHeader,
  TRADES_FORMAT,
  tradeHeader,
} from './lines.ts';
import type { BookTape } from './tape.ts';
import { BookTapeBuilder } from './tape-builder.ts';
import { createReport, type LoadBooksOptions, type LoadedBooks } from './tape-loading.ts';
import { createTradeTape, type TradeTape } from './trade-tape.ts';

/** The key of the file's metadata under which the header stands. */
const METADATA_KEY = 'market-gym';

const LEVEL_COLUMNS = [
  ['bid_price', 'bidPrices'],
  ['bid_size', 'bidSizes'],
  ['ask_price', 'askPrices'],
  ['ask_size', 'askSizes'],
] as const;

const TRADE_COLUMNS = [
  ['time_ms', 'timeMs'],
  ['exchange_time_ms', 'exchangeTimeMs'],
  ['price', 'prices'],
  ['size', 'sizes'],
] as const;

/** A whole file of books. */
export function encodeBookParquet(tape: BookTape): Uint8Array {
  const { depth, length } = tape;
  const columns: Column[] = [
    double('time_ms', tape.timeMs),
    double('exchange_time_ms', tape.exchangeTimeMs),
    int('venue', tape.venue),
  ];
  for (const [name, key] of LEVEL_COLUMNS) {
    for (let k = 0; k < depth; k++) {
      const values = new Float64Array(length);
      for (let n = 0; n < length; n++) values[n] = tape[key][n * depth + k];
      columns.push(double(`${name}_${k + 1}`, values));
    }
  }
  return encode(columns, bookHeader(tape.venues, depth));
}

/** A whole file of trades. */
export function encodeTradeParquet(tape: TradeTape): Uint8Array {
  const doubles = TRADE_COLUMNS.map(([name, key]) => double(name, tape[key]));
  return encode([...doubles, int('venue', tape.venue), int('side', tape.sides)], tradeHeader(tape.venues));
}

/**
 * @throws DataError `file-not-found`, `corrupt-parquet`, `invalid-header`, `missing-columns`, `empty-tape`, and the
 *   faults under the policy `throw`
 */
export async function loadBookParquet(
  path: string,
  { policy = 'reject' }: LoadBooksOptions = {},
): Promise<LoadedBooks> {
  const { header, columns, length } = await read(path, BOOKS_FORMAT);
  const { venues, depth = 0 } = header;
  const builder = new BookTapeBuilder({ venues, depth, policy, source: path });
  const [timeMs, exchangeTimeMs, venue] = ['time_ms', 'exchange_time_ms', 'venue'].map((name) =>
    columns.get(name),
  );
  const levels = LEVEL_COLUMNS.map(([name]) => {
    const values = new Float64Array(length * depth);
    for (let k = 0; k < depth; k++) {
      const column = columns.get(`${name}_${k + 1}`);
      for (let n = 0; n < length; n++) values[n * depth + k] = column[n];
    }
    return values;
  });
  const [bidPrices, bidSizes, askPrices, askSizes] = levels;
  const event = { bidPrices, bidSizes, askPrices, askSizes };
  for (let n = 0; n < length; n++) {
    builder.append(venue[n], timeMs[n], exchangeTimeMs[n], event, n * depth, () => `row ${n}`);
  }
  const tape = builder.build();
  return { tape, report: createReport(path, 'market-gym books, Parquet', tape, builder.rejections) };
}

/** @throws DataError `file-not-found`, `corrupt-parquet`, `invalid-header`, `missing-columns`, those of `createTradeTape` */
export async function loadTradeParquet(path: string): Promise<TradeTape> {
  const { header, columns } = await read(path, TRADES_FORMAT);
  return createTradeTape(
    header.venues,
    {
      timeMs: columns.get('time_ms'),
      exchangeTimeMs: columns.get('exchange_time_ms'),
      venue: columns.get('venue'),
      prices: columns.get('price'),
      sizes: columns.get('size'),
      sides: columns.get('side'),
    },
    path,
  );
}

interface Column {
  readonly name: string;
  readonly data: Float64Array | Int32Array;
  readonly type: 'DOUBLE' | 'INT32';
  readonly nullable: false;
}

function double(name: string, data: Float64Array): Column {
  return { name, data, type: 'DOUBLE', nullable: false };
}

function int(name: string, data: ArrayLike<number>): Column {
  return { name, data: Int32Array.from(data), type: 'INT32', nullable: false };
}

function encode(columnData: Column[], header: TapeHeader): Uint8Array {
  const kvMetadata = [{ key: METADATA_KEY, value: JSON.stringify(header) }];
  return new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata, rowGroupSize: 100_000 }));
}

/** Columns by name, each as long as the file. */
class Columns {
  readonly #columns = new Map<string, Float64Array>();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws DataError `missing-columns` */
  get(name: string): Float64Array {
    const column = this.#columns.get(name);
    if (column !== undefined) return column;
    throw new DataError('missing-columns', `${this.#path} has no column "${name}"; see docs/formats.md.`);
  }

  set(name: string, values: ArrayLike<unknown>): void {
    const column =
      values instanceof Float64Array
        ? values
        : Float64Array.from(values, (value) => (typeof value === 'number' ? value : Number.NaN));
    this.#columns.set(name, column);
  }
}

/**
 * @returns the name of the project's own format that the file is in; undefined for any other
 * @throws DataError `file-not-found`, `corrupt-parquet`
 */
export async function readTapeFormat(path: string): Promise<TapeHeader['format'] | undefined> {
  const { keyValues } = await openParquetFile(path);
  const stored = keyValues.get(METADATA_KEY);
  if (stored === undefined) return undefined;
  return stored.includes(TRADES_FORMAT) ? TRADES_FORMAT : BOOKS_FORMAT;
}

async function read(path: string, format: TapeHeader['format']) {
  const parquet = await openParquetFile(path);
  const header = checkHeader(parseHeader(parquet.keyValues.get(METADATA_KEY)), format, path);
  const length = parquet.numRows;
  const columns = new Columns(path);
  for (const [index, { name }] of parquet.columns.entries()) {
    columns.set(name, await readColumn(parquet, index));
  }
  return { header, columns, length };
}

function parseHeader(stored: string | undefined): unknown {
  try {
    return stored === undefined ? null : JSON.parse(stored);
  } catch {
    return stored;
  }
}
