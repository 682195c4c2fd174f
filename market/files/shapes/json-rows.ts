/** Finds the rows in JSON documents, wherever an API or a program puts them. */
import { DataError } from '../../../core/errors.ts';
import { isTimeText } from '../understand.ts';

/** Where APIs put their rows, looked at before any other place. */
const ROW_KEYS = [
  'data',
  'result',
  'results',
  'rows',
  'candles',
  'ohlc',
  'values',
  'list',
  'bars',
  'trades',
  'Data',
  'items',
  'prices',
];
const MAX_DEPTH = 6;

type Row = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isRows = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.length > 0 && typeof value[0] === 'object' && value[0] !== null;

/** @throws DataError `missing-columns` for a document without rows */
export function findRows(path: string, document: unknown): readonly unknown[] {
  const found = search(document, 0);
  if (found !== undefined) return found.map(flatten);
  throw new DataError(
    'missing-columns',
    `${path} is JSON without a list of rows; expected [[time, open, …], …] or [{"time": …}, …].`,
  );
}

function search(document: unknown, depth: number): readonly unknown[] | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (isRows(document)) return document;
  if (!isObject(document)) return undefined;
  const chart = rowsOfChart(document);
  if (chart !== undefined) return chart;
  for (const key of ROW_KEYS) {
    const inside = document[key];
    if (isRows(inside) && !isChart(inside[0])) return withZone(inside, document);
    const found = isRows(inside)
      ? search(inside[0], depth + 1)
      : isObject(inside)
        ? search(inside, depth + 1)
        : undefined;
    if (found !== undefined) return found;
  }
  return (
    rowsByTime(document) ?? columnsAsRows(document) ?? rowsBySymbol(document) ?? searchRest(document, depth)
  );
}

/** Lists under names that are nobody else's: `output2`, `XXBTZUSD`; the longest. */
function searchRest(document: Row, depth: number): readonly unknown[] | undefined {
  const found = Object.entries(document)
    .filter(([key]) => !ROW_KEYS.includes(key))
    .map(([, value]) => (isRows(value) ? value : isObject(value) ? search(value, depth + 1) : undefined))
    .filter((rows) => rows !== undefined);
  return found.sort((a, b) => b.length - a.length)[0];
}

/** `{"AAPL": [{…}, …], "MSFT": [{…}, …]}`: rows of several symbols, which their lists are named after. */
function rowsBySymbol(document: Row): readonly unknown[] | undefined {
  const entries = Object.entries(document);
  if (entries.length === 0 || !entries.every(([, value]) => isRows(value) && isObject(value[0])))
    return undefined;
  return entries.flatMap(([symbol, rows]) => (rows as readonly Row[]).map((row) => ({ symbol, ...row })));
}

/** Columns under their names. */
function columnsAsRows(document: Row): readonly unknown[] | undefined {
  const lists = Object.entries(document).filter(([, values]) => Array.isArray(values)) as [
    string,
    unknown[],
  ][];
  const length = lists[0]?.[1].length ?? 0;
  if (lists.length < 2 || length === 0 || !lists.every(([, values]) => values.length === length))
    return undefined;
  if (lists.some(([, values]) => typeof values[0] === 'object' && values[0] !== null)) return undefined;
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(lists.map(([name, values]) => [name, values[row]])),
  );
}

const isChart = (value: unknown): boolean => isObject(value) && isObject(value.indicators);

/** Yahoo's chart: times, and prices below `indicators`. */
function rowsOfChart(document: Row): readonly unknown[] | undefined {
  const { timestamp, indicators } = document;
  if (!Array.isArray(timestamp) || !isObject(indicators)) return undefined;
  const lists: Record<string, unknown> = { timestamp };
  for (const part of Object.values(indicators)) if (isRows(part)) Object.assign(lists, part[0]);
  return columnsAsRows(lists);
}

/** Alpha Vantage and others name each row by its time. */
function rowsByTime(object: Row, zone?: string): unknown[] | undefined {
  const entries = Object.entries(object);
  const isRow = ([key, value]: [string, unknown]) => isTimeText(key) && isObject(value);
  if (entries.length > 0 && entries.every(isRow)) {
    const isDaily = entries.every(([key]) => !/\d:\d/.test(key));
    const name = zone === undefined || isDaily ? 'time' : `time (${zone})`;
    return entries.map(([time, row]) => ({ [name]: time, ...(row as object) }));
  }
  const inside = entries.flatMap(([, value]) => (isObject(value) ? [value] : []));
  const found = inside
    .map((value) => rowsByTime(value, zone ?? zoneBeside(object)))
    .filter((rows) => rows !== undefined);
  return found.length === 1 ? found[0] : undefined;
}

/** What a part of the document says of the zone of times, in the words of vendors. */
function zoneBeside(object: Row): string | undefined {
  const named = Object.values(object)
    .flatMap((value) => (isObject(value) ? Object.entries(value) : []))
    .find(([key]) => /time[ _]?zone$/i.test(key))?.[1];
  return typeof named === 'string' ? named : undefined;
}

/** Rows whose times have a clock and no zone, in the zone that stands beside them (`meta.exchange_timezone`). */
function withZone(rows: readonly unknown[], document: Row): readonly unknown[] {
  const zone = zoneBeside(document);
  const [first] = rows;
  if (zone === undefined || !isObject(first)) return rows;
  const name = Object.keys(first).find((key) => /^date_?time$/i.test(key));
  if (name === undefined || !/\d:\d/.test(String(first[name]))) return rows;
  return (rows as readonly Row[]).map(({ [name]: time, ...row }) => ({
    [`${name} (${zone})`]: time,
    ...row,
  }));
}

/** `{"mid": {"o": 1}}` has a column `mid o`. */
function flatten(row: unknown): unknown {
  if (!isObject(row) || !Object.values(row).some(isObject)) return row;
  return Object.fromEntries(
    Object.entries(row).flatMap(([key, value]) =>
      isObject(value)
        ? Object.entries(value).map(([name, inner]) => [`${key} ${name}`, inner] as const)
        : [[key, value] as const],
    ),
  );
}
