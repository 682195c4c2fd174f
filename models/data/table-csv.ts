/** Reads a CSV file of numbers into a table: one column may hold labels, one times, others may be left out. */
import { ConfigError, DataError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import { findDelimiter, splitCells } from '../../market/files/csv/dialect.ts';
import { readLineBatches } from '../../market/files/lines.ts';
import { parseTime } from '../../market/files/time-text.ts';
import { createDataset, type Dataset } from './dataset.ts';
import type { FeatureTable } from './feature-table.ts';
import type { Task } from './labels.ts';

export interface TableCsvOptions {
  /** Name of the column with labels; absent: there is none. */
  readonly label?: string;
  /** Name of the column with times; default: `time`, `timestamp` or `date`, where there is one. */
  readonly time?: string;
  /** Names of columns to leave out. */
  readonly ignore?: readonly string[];
}

export interface TableCsv {
  readonly path: string;
  readonly table: FeatureTable;
  /** [N] as they stand in the file; empty texts are rows without a label. */
  readonly labels: readonly string[] | undefined;
  /** [N] UTC epoch, ascending */
  readonly timeMs: Float64Array | undefined;
}

const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none']);
const INFINITE = /^([+-]?)inf(inity)?$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const TIME_COLUMNS = ['time', 'timestamp', 'date'];
/** More distinct whole numbers than this are taken for values, not for classes. */
const MAX_CLASSES = 20;

/**
 * @throws ConfigError `unknown-column` with the nearest one
 * @throws DataError as `loadCandles` for files; `duplicate-column`, `row-width`, `invalid-number`, `invalid-time-text`,
 *   `unsorted-times`, naming line and column; `no-columns`
 */
export async function readTableCsv(path: string, options: TableCsvOptions = {}): Promise<TableCsv> {
  let names: string[] | undefined;
  let delimiter = ',';
  let plan: ColumnPlan | undefined;
  let lineNumber = 0;
  const values: number[] = [];
  const labels: string[] = [];
  const times: number[] = [];
  for await (const lines of readLineBatches(path)) {
    for (const line of lines) {
      lineNumber++;
      if (line.trim() === '') continue;
      if (names === undefined || plan === undefined) {
        delimiter = findDelimiter(line);
        names = (splitCells(line, delimiter) ?? []).map((name) => name.trim());
        plan = planColumns(path, names, options);
        continue;
      }
      const cells = splitCells(line, delimiter)?.map((cell) => cell.trim());
      const place = `${path}: line ${lineNumber}`;
      if (cells === undefined || cells.length !== names.length) {
        const count = cells === undefined ? 'an unclosed quote' : `${cells.length} cells`;
        throw new DataError(
          'row-width',
          `${place} has ${count}, the header has ${names.length}; correct or remove it.`,
        );
      }
      for (const cell of plan.features) values.push(readNumber(cells[cell], place, names[cell]));
      if (plan.label !== undefined) labels.push(cells[plan.label]);
      if (plan.time !== undefined) times.push(readTime(cells[plan.time], place, names[plan.time], times));
    }
  }
  if (names === undefined || plan === undefined) {
    throw new DataError('empty-file', `${path} is empty; fetch the file again.`);
  }
  const columns = plan.features.map((cell) => (names as string[])[cell]);
  const numRows = values.length / columns.length;
  if (numRows === 0)
    throw new DataError('no-rows', `${path} has a header but no rows; fetch the file again.`);
  return {
    path,
    table: { numRows, numColumns: columns.length, columns, values: Float32Array.from(values) },
    labels: plan.label === undefined ? undefined : labels,
    timeMs: plan.time === undefined ? undefined : Float64Array.from(times),
  };
}

export interface TableDatasetOptions {
  /** Default: values where the labels are numbers of which one is not whole or many are distinct, otherwise classes. */
  readonly task?: Task;
  /** The classes there are, from the lowest to the highest; default: those that occur, numbers in ascending order. */
  readonly classNames?: readonly string[];
  /** Rows that a label looks ahead, ≥ 0. Default 0. */
  readonly horizon?: number;
}

/**
 * @throws DataError `missing-labels` without a label column; `unknown-class` naming row and class where a label is not
 *   among the declared classes; `invalid-label`; as `createDataset`
 */
export function datasetFromTable(csv: TableCsv, options: TableDatasetOptions = {}): Dataset {
  const { path, table, labels: texts, timeMs } = csv;
  if (texts === undefined)
    throw new DataError('missing-labels', `${path} was read without a label column; name one.`);
  const present = texts.filter((text) => !MISSING.has(text.toLowerCase()));
  const distinct = [...new Set(present)];
  const areNumbers = distinct.every((text) => NUMBER.test(text));
  const looksContinuous =
    areNumbers && (distinct.some((text) => !Number.isInteger(Number(text))) || distinct.length > MAX_CLASSES);
  const { task = looksContinuous && options.classNames === undefined ? 'regression' : 'classification' } =
    options;
  const classNames =
    task === 'regression'
      ? []
      : (options.classNames ??
        distinct.sort(areNumbers ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : 1)));
  const classOf = new Map(classNames.map((name, c) => [name, c]));
  const labels = Float64Array.from(texts, (text, row) => {
    if (MISSING.has(text.toLowerCase())) return Number.NaN;
    const label = task === 'regression' ? (NUMBER.test(text) ? Number(text) : undefined) : classOf.get(text);
    if (label !== undefined) return label;
    if (task === 'regression') {
      throw new DataError(
        'invalid-label',
        `${path}: the label ${JSON.stringify(text)} of row ${row} is not a number.`,
      );
    }
    throw new DataError(
      'unknown-class',
      `${path}: the label ${JSON.stringify(text)} of row ${row} is not one of the ${classNames.length} declared classes ` +
        `(${classNames.join(', ')}); declare it, or correct the row.`,
    );
  });
  const { horizon = 0 } = options;
  const last = table.numRows - 1;
  const labelEnds = Int32Array.from({ length: table.numRows }, (_, row) => Math.min(row + horizon, last));
  return createDataset({ table, task, classNames, labels, labelEnds, timeMs });
}

interface ColumnPlan {
  readonly features: readonly number[];
  readonly label: number | undefined;
  readonly time: number | undefined;
}

function planColumns(path: string, names: readonly string[], options: TableCsvOptions): ColumnPlan {
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new DataError('duplicate-column', `${path} has two columns "${repeated}"; rename one.`);
  }
  const find = (name: string, what: string): number => {
    const index = names.indexOf(name);
    if (index >= 0) return index;
    throw new ConfigError('unknown-column', `${path} has no ${what} "${name}".${suggestion(name, names)}`);
  };
  const label = options.label === undefined ? undefined : find(options.label, 'label column');
  const usual = names.findIndex((name, i) => i !== label && TIME_COLUMNS.includes(name.toLowerCase()));
  const time =
    options.time === undefined ? (usual < 0 ? undefined : usual) : find(options.time, 'time column');
  const ignored = new Set((options.ignore ?? []).map((name) => find(name, 'column to leave out')));
  const features = names.map((_, i) => i).filter((i) => i !== label && i !== time && !ignored.has(i));
  if (features.length > 0) return { features, label, time };
  throw new DataError('no-columns', `${path} has no column to learn from beside label and time; add one.`);
}

function readNumber(text: string, place: string, column: string): number {
  if (NUMBER.test(text)) return Number(text);
  if (MISSING.has(text.toLowerCase())) return Number.NaN;
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  throw new DataError(
    'invalid-number',
    `${place}, column "${column}": ${JSON.stringify(text.slice(0, 40))} is not a number; correct it, or leave the column out.`,
  );
}

function readTime(text: string, place: string, column: string, before: readonly number[]): number {
  const timeMs = parseTime(text);
  if (Number.isNaN(timeMs)) {
    const shown = JSON.stringify(text.slice(0, 40));
    throw new DataError(
      'invalid-time-text',
      `${place}, column "${column}": ${shown} is not a date or time that can be read.`,
    );
  }
  if (before.length === 0 || timeMs > before[before.length - 1]) return timeMs;
  throw new DataError(
    'unsorted-times',
    `${place}, column "${column}": the time is not after the row before; sort the rows.`,
  );
}
