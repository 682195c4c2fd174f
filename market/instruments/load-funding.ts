/** Loads funding rates from a file: a history of them, or a column of candles. */
import { DataError } from '../../core/errors.ts';
import { RowFaults } from '../files/faults.ts';
import { plainName } from '../files/names.ts';
import { openTables } from '../files/open.ts';
import type { ReadOptions } from '../files/options.ts';
import type { TableSource } from '../files/table.ts';
import { FUNDING_RATES } from '../files/understand.ts';
import { findZone } from '../files/zones.ts';
import { createFundingSeries, type FundingSeries } from './funding-series.ts';

export interface FundingOptions {
  /** See `createFundingSeries`. */
  readonly leadMs?: number;
  readonly capRate?: number;
  /** Rows at other times are passed over: candles have a row a bar. 0: every row is a funding. Default 0. */
  readonly intervalMs?: number;
  readonly read?: ReadOptions;
}

/** Names in plain form, best first. */
const MARKS = ['mark price', 'markprice', 'mark'];

/**
 * @returns undefined where the file has no column of funding rates
 * @throws DataError `several-files`, and as `openTables` and `createFundingSeries`
 */
export async function loadFunding(
  path: string,
  { intervalMs = 0, read = {}, leadMs, capRate }: FundingOptions = {},
): Promise<FundingSeries | undefined> {
  const tables = await openTables(path, read);
  if (tables.length !== 1) {
    throw new DataError(
      'several-files',
      `${path} holds ${tables.length} files; name one with funding rates.`,
    );
  }
  const [{ source, understanding }] = tables;
  const { time, clock } = understanding.roles;
  const rate = columnOf(source, FUNDING_RATES);
  if (rate === undefined || time === undefined) return undefined;
  const mark = columnOf(source, MARKS);
  const faults = new RowFaults();
  const optional = mark === undefined ? [rate] : [rate, mark];
  const columns = await source.read({ time, clock, numbers: [], optionalNumbers: optional }, faults);
  faults.settle(path, columns.numRows + faults.count, read.badRows ?? 'fail');
  const zoneWord = read.timezone ?? understanding.zone;
  const zone = zoneWord === undefined ? undefined : findZone(zoneWord);
  const { timeMs } = columns.time!.settle(path, { zone, dates: read.dates }, columns.describeRow);
  const rates = columns.numbers.get(rate)!.view();
  const marks = mark === undefined ? undefined : columns.numbers.get(mark)!.view();
  const isReversed = timeMs.length > 1 && timeMs[0] > timeMs[timeMs.length - 1];
  const rows: number[] = [];
  for (let n = 0; n < timeMs.length; n++) {
    const row = isReversed ? timeMs.length - 1 - n : n;
    if (intervalMs > 0 && (timeMs[row] % intervalMs !== 0 || Number.isNaN(rates[row]))) continue;
    rows.push(row);
  }
  return createFundingSeries(
    {
      timeMs: rows.map((row) => timeMs[row]),
      rate: rows.map((row) => rates[row]),
      mark: marks && rows.map((row) => marks[row]),
    },
    { leadMs, capRate, source: path },
  );
}

function columnOf({ names }: TableSource, words: readonly string[]): number | undefined {
  const plain = names.map(plainName);
  const word = words.find((name) => plain.includes(name));
  return word === undefined ? undefined : plain.indexOf(word);
}
