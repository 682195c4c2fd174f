/** Makes candles of the rows of one series: their order, duplicates and impossible bars are settled and said. */
import { DataError } from '../../core/errors.ts';
import {
  type CandleColumns,
  type Candles,
  type ExtraColumns,
  findBarFault,
  nextBadBar,
  withExtra,
} from '../candles/candles.ts';
import { formatTime } from '../candles/timestamps.ts';
import { RowFaults } from './faults.ts';
import type { ReadOptions } from './options.ts';
import type { Columns } from './table.ts';

export const PRICES = ['open', 'high', 'low', 'close'] as const;

/** What is said of rows, and by which names. */
export interface BuildContext {
  readonly columns: Columns;
  /** The file's own names of our columns. */
  readonly names: Readonly<Record<string, string>>;
  readonly options: ReadOptions;
  readonly notes: string[];
}

/** The columns of candles, whose faults are looked for here. */
type CheckedColumns = Omit<Candles, 'length'>;

export type PriceColumns = Readonly<Record<(typeof PRICES)[number], Float64Array>>;

/** Sorts out order, duplicates and impossible bars, and makes candles of what is left. */
export function buildCandles(
  path: string,
  timeMs: Float64Array,
  prices: PriceColumns,
  volume: Float64Array,
  rows: Int32Array | undefined,
  { columns, names, options, notes }: BuildContext,
  extra?: ExtraColumns,
): { candles: Candles; reversed: boolean } {
  const numRows = rows?.length ?? timeMs.length;
  if (numRows === 0)
    throw new DataError(
      'no-rows',
      `${path} has no row that can be used; correct the file, or see --bad-rows.`,
    );
  const source = (n: number) => (rows === undefined ? n : rows[n]);
  const reversed = timeMs[source(0)] > timeMs[source(numRows - 1)];
  const order = new Int32Array(numRows);
  for (let n = 0; n < numRows; n++) order[n] = source(reversed ? numRows - 1 - n : n);
  const kept = settleDuplicates(path, order, timeMs, { columns, names, options, notes });
  const pick = (values: Float64Array) => {
    if (kept.length === values.length && !reversed && rows === undefined) return values;
    const out = new Float64Array(kept.length);
    for (let n = 0; n < kept.length; n++) out[n] = values[kept[n]];
    return out;
  };
  const picked: CheckedColumns = {
    timeMs: pick(timeMs),
    open: pick(prices.open),
    high: pick(prices.high),
    low: pick(prices.low),
    close: pick(prices.close),
    volume: pick(volume),
    ...withExtra(extra, pick),
  };
  const good = settleBars(path, picked, kept, { columns, names, options, notes });
  return { candles: { length: good.timeMs.length, ...good }, reversed };
}

function settleDuplicates(
  path: string,
  order: Int32Array,
  timeMs: Float64Array,
  context: BuildContext,
): Int32Array {
  const { columns, names, options, notes } = context;
  const policy = options.duplicates ?? 'fail';
  const doubles: number[] = [];
  for (let n = 1; n < order.length; n++) if (timeMs[order[n]] === timeMs[order[n - 1]]) doubles.push(n);
  if (doubles.length === 0) return order;
  const where = (n: number) => `${columns.describeRow(order[n])} (${formatTime(timeMs[order[n]])})`;
  if (policy === 'fail') {
    const shown = doubles.slice(0, 10).map(where).join(', ');
    const more = doubles.length > 10 ? ` and ${doubles.length - 10} more` : '';
    const subject = doubles.length === 1 ? '1 row has' : `${doubles.length} rows have`;
    throw new DataError(
      'duplicate-time',
      `${path}: column "${names.time}": ${subject} the time of the row before: ${shown}${more}; keep one of each with ` +
        '--duplicates first or --duplicates last, or correct the file.',
    );
  }
  notes.push(`${doubles.length} rows repeat a time; the ${policy} row of each was kept.`);
  const dropped = new Uint8Array(order.length);
  for (const n of doubles) dropped[policy === 'first' ? n : n - 1] = 1;
  return order.filter((_, n) => dropped[n] === 0);
}

function settleBars(
  path: string,
  bars: CheckedColumns,
  kept: Int32Array,
  context: BuildContext,
): CheckedColumns {
  const { columns, names, options, notes } = context;
  const faults = new RowFaults();
  const bad: number[] = [];
  let closesOutside = 0;
  for (let row = nextBadBar(bars, 0); row < kept.length; row = nextBadBar(bars, row + 1)) {
    const fault = findBarFault(bars, row);
    if (fault === undefined) continue;
    const column = fault.column === 'timeMs' ? 'time' : fault.column;
    const where = `${columns.describeRow(kept[row])} (${formatTime(bars.timeMs[row])}), column "${names[column] ?? column}"`;
    if (fault.code === 'unsorted-times')
      throw new DataError(fault.code, `${path}: ${where}: ${fault.problem}.`);
    if (isOutside(bars.close[row], bars, row) && !isOutside(bars.open[row], bars, row)) closesOutside++;
    faults.add(fault.code, where, fault.problem);
    bad.push(row);
  }
  if (bad.length === 0) return bars;
  if (closesOutside >= 2 && 5 * closesOutside >= kept.length && options.badRows !== 'drop') {
    const where = `${columns.describeRow(kept[bad[0]])}, column "${names.close}"`;
    throw new DataError(
      'adjusted-close',
      `${path}: in ${closesOutside} of ${kept.length} rows the close lies outside low and high (the first is ${where}); it seems to be ` +
        'adjusted for splits and dividends while open, high and low are not: use the raw close, or adjust all four prices.',
    );
  }
  notes.push(...faults.settle(path, kept.length, options.badRows ?? 'fail'));
  const isBad = new Uint8Array(kept.length);
  for (const row of bad) isBad[row] = 1;
  const without = (values: ArrayLike<number>) =>
    Float64Array.from(values).filter((_, row) => isBad[row] === 0);
  return {
    timeMs: without(bars.timeMs),
    open: without(bars.open),
    high: without(bars.high),
    low: without(bars.low),
    close: without(bars.close),
    volume: without(bars.volume),
    ...withExtra(bars.extra, without),
  };
}

const isOutside = (price: number, { high, low }: CandleColumns, row: number): boolean =>
  price > high[row] || price < low[row];
