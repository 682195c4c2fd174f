/** Holds price bars as column arrays. */
import { createHash } from 'node:crypto';
import { DataError } from '../../core/errors.ts';
import { formatTime, isValidTime } from './timestamps.ts';

/** T bars in ascending time; bar t covers [timeMs[t], timeMs[t + 1]). */
export interface Candles {
  readonly length: number;
  /** [T] open time, UTC epoch */
  readonly timeMs: Float64Array;
  /** [T] quote units */
  readonly open: Float64Array;
  /** [T] quote units */
  readonly high: Float64Array;
  /** [T] quote units */
  readonly low: Float64Array;
  /** [T] quote units */
  readonly close: Float64Array;
  /** [T] base units; zero where the source has none */
  readonly volume: Float64Array;
  /** Other columns of the source by name, [T] each, as known when the bar closes; NaN where the source has no value. */
  readonly extra?: ExtraColumns;
}

export type ExtraColumns = Readonly<Record<string, Float64Array>>;

const COLUMN_NAMES = ['timeMs', 'open', 'high', 'low', 'close', 'volume'] as const;

/** The columns of T bars as any kind of number list; units as in `Candles`. */
export type CandleColumns = { readonly [Column in (typeof COLUMN_NAMES)[number]]: ArrayLike<number> } & {
  readonly extra?: Readonly<Record<string, ArrayLike<number>>>;
};

/**
 * Checks the columns and copies them into candles; what is returned can be trusted everywhere else.
 * @param source where the columns come from, for messages: a file name or the like
 * @param describeRow how the source calls row r, for messages; `row r` where it has no better name
 * @throws DataError `empty-candles`, `column-length`, `invalid-time`, `duplicate-time`, `unsorted-times`,
 *   `non-finite-value`, `non-positive-price`, `high-too-low`, `low-too-high`, `negative-volume`;
 *   each names the row, its time, the column and the next step
 */
export function createCandles(
  columns: CandleColumns,
  source = 'candles',
  describeRow: (row: number) => string = (row) => `row ${row}`,
): Candles {
  const length = columns.timeMs.length;
  if (length === 0) {
    throw new DataError('empty-candles', `${source}: there are no rows; at least one is needed.`);
  }
  for (const name of COLUMN_NAMES) {
    if (columns[name].length === length) continue;
    throw new DataError(
      'column-length',
      `${source}: column "${name}" has ${columns[name].length} rows but "timeMs" has ${length}; ` +
        'give every column one value a bar.',
    );
  }
  const candles: Candles = {
    length,
    timeMs: new Float64Array(columns.timeMs),
    open: new Float64Array(columns.open),
    high: new Float64Array(columns.high),
    low: new Float64Array(columns.low),
    close: new Float64Array(columns.close),
    volume: new Float64Array(columns.volume),
    ...withExtra(columns.extra, (values, name) => {
      if (values.length === length) return new Float64Array(values);
      throw new DataError(
        'column-length',
        `${source}: column "${name}" has ${values.length} rows but "timeMs" has ${length}; give every column one value a bar.`,
      );
    }),
  };
  for (let row = nextBadBar(candles, 0); row < length; row = nextBadBar(candles, row + 1)) {
    const fault = findBarFault(candles, row);
    if (fault === undefined) continue;
    const time = formatTime(candles.timeMs[row]);
    throw new DataError(
      fault.code,
      `${source}: ${describeRow(row)} (${time}), column "${fault.column}": ${fault.problem}; correct or remove the row.`,
    );
  }
  return candles;
}

/**
 * The rows `from` to `to`, the last one not included, as a copy.
 * @throws DataError `invalid-slice` when that is no row at all or not inside the candles
 */
export function sliceCandles(candles: Candles, from: number, to: number = candles.length): Candles {
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= candles.length)) {
    throw new DataError(
      'invalid-slice',
      `Rows ${from} to ${to} cannot be taken from ${candles.length} candles; ` +
        `give whole numbers with 0 ≤ from < to ≤ ${candles.length}.`,
    );
  }
  return {
    length: to - from,
    timeMs: candles.timeMs.slice(from, to),
    open: candles.open.slice(from, to),
    high: candles.high.slice(from, to),
    low: candles.low.slice(from, to),
    close: candles.close.slice(from, to),
    volume: candles.volume.slice(from, to),
    ...withExtra(candles.extra, (values) => values.slice(from, to)),
  };
}

/** The other columns made anew, as a part of candles; nothing where there are none. */
export function withExtra<Values>(
  extra: Readonly<Record<string, Values>> | undefined,
  make: (values: Values, name: string) => Float64Array,
): { readonly extra?: ExtraColumns } {
  if (extra === undefined) return {};
  return {
    extra: Object.fromEntries(Object.entries(extra).map(([name, values]) => [name, make(values, name)])),
  };
}

/** SHA-256 over the columns' bytes, as 64 hexadecimal digits: says in a run's record which data it saw. */
export function hashCandles(candles: Candles): string {
  const hash = createHash('sha256');
  for (const name of COLUMN_NAMES) {
    const { buffer, byteOffset, byteLength } = candles[name];
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(candles.extra ?? {})) {
    hash.update(name).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/**
 * Candles that stand still at one price each: open = high = low = close, no volume. For tests and examples.
 * @param prices one a bar, quote units
 * @throws DataError as `createCandles`
 */
export function candlesFromPrices(
  prices: ArrayLike<number>,
  { startMs = 0, stepMs = 60_000 }: { startMs?: number; stepMs?: number } = {},
): Candles {
  return createCandles(
    {
      timeMs: Float64Array.from({ length: prices.length }, (_, row) => startMs + row * stepMs),
      open: prices,
      high: prices,
      low: prices,
      close: prices,
      volume: new Float64Array(prices.length),
    },
    'prices',
  );
}

/** What is wrong with a bar. */
export interface BarFault {
  readonly code: string;
  readonly column: (typeof COLUMN_NAMES)[number];
  readonly problem: string;
}

/**
 * The first row from `from` on that may have a fault; the number of rows where none has. Quick: what it passes over is good.
 */
export function nextBadBar({ timeMs, open, high, low, close, volume }: CandleColumns, from: number): number {
  const length = timeMs.length;
  for (let row = from; row < length; row++) {
    const bottom = low[row];
    const top = high[row];
    // Comparisons with NaN are false, and the largest of finite prices is the high.
    const isGood =
      bottom > 0 &&
      bottom <= open[row] &&
      bottom <= close[row] &&
      top >= open[row] &&
      top >= close[row] &&
      top < Infinity &&
      volume[row] >= 0 &&
      volume[row] < Infinity &&
      Math.abs(timeMs[row]) <= 8.64e15 &&
      (row === 0 || timeMs[row] > timeMs[row - 1]);
    if (!isGood) return row;
  }
  return length;
}

/** The first fault of a bar, seen beside the one before it; undefined where there is none. */
export function findBarFault(candles: CandleColumns, row: number): BarFault | undefined {
  const { timeMs, open, high, low, close, volume } = candles;
  const time = timeMs[row];
  if (!isValidTime(time)) {
    const problem = `${time} is no time, in UTC epoch milliseconds`;
    return { code: 'invalid-time', column: 'timeMs', problem };
  }
  if (row > 0 && time === timeMs[row - 1]) {
    const problem = 'the row before has the same time';
    return { code: 'duplicate-time', column: 'timeMs', problem };
  }
  if (row > 0 && time < timeMs[row - 1]) {
    const problem = `it comes before ${formatTime(timeMs[row - 1])}, the row before; rows stand oldest first`;
    return { code: 'unsorted-times', column: 'timeMs', problem };
  }
  for (const column of COLUMN_NAMES) {
    const value = candles[column][row];
    if (!Number.isFinite(value)) {
      const problem = `${value} is not a finite number`;
      return { code: 'non-finite-value', column, problem };
    }
    if (value <= 0 && column !== 'timeMs' && column !== 'volume') {
      const problem = `${value} is not a positive price`;
      return { code: 'non-positive-price', column, problem };
    }
  }
  const top = Math.max(open[row], close[row]);
  if (high[row] < top) {
    const problem = `${high[row]} is below the open or close, ${top}`;
    return { code: 'high-too-low', column: 'high', problem };
  }
  const bottom = Math.min(open[row], close[row]);
  if (low[row] > bottom) {
    const problem = `${low[row]} is above the open or close, ${bottom}`;
    return { code: 'low-too-high', column: 'low', problem };
  }
  if (volume[row] < 0) {
    const problem = `${volume[row]} is negative`;
    return { code: 'negative-volume', column: 'volume', problem };
  }
  return undefined;
}
