/** JSON files as tables: arrays of arrays or of objects, objects of columns, and JSON lines. */
import { DataError } from '../../core/errors.ts';
import type { Member } from './container.ts';
import { asUtf8 } from './csv/dialect.ts';
import { guessHeader } from './csv/headerless.ts';
import type { Head } from './csv/source.ts';
import type { TableSource } from './table.ts';
import { isTimeText } from './understand.ts';
import { asText, valueSource } from './value-source.ts';

/** A JSON document has to be in memory whole. */
const MAX_DOCUMENT_BYTES = 512 << 20;
const SAMPLE_ROWS = 200;

/** Where APIs put their rows. */
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

/** Whether the first characters are those of JSON. */
export function beginsAsJson(text: string): boolean {
  return /^\s*(?:\[\s*(?:[[{]|\])|\{\s*(?:"|\}))/.test(text);
}

/** @throws DataError `invalid-json`, `too-large`, `missing-columns` */
export async function openJson(member: Member, head: Head): Promise<TableSource> {
  const lines = await readJsonLinesOrDocument(member, head);
  const rows = findRows(member.path, lines.values);
  const isArrays = Array.isArray(rows[0]);
  const format = lines.isLines ? 'JSON lines' : 'JSON';
  const rowWord = lines.isLines ? 'line' : 'element';
  if (isArrays) {
    const first = rows.slice(0, SAMPLE_ROWS) as unknown[][];
    const hasNames =
      first.length > 1 && first[0].every((value) => typeof value === 'string' && Number.isNaN(Number(value)));
    const sample = first.slice(hasNames ? 1 : 0);
    const guess = hasNames ? undefined : guessHeader(sample.map((row) => row.map(asText)));
    const names = hasNames ? (first[0] as string[]) : guess?.names;
    if (names === undefined) {
      throw new DataError(
        'missing-header',
        `${member.path} holds lists of ${first[0].length} values without names, of no known shape; write objects with names.`,
      );
    }
    const body = (hasNames ? rows.slice(1) : rows) as unknown[][];
    return table(member.path, format, names, body.length, rowWord, (column) =>
      body.map((row) => row?.[column]),
    );
  }
  const objects = rows as Record<string, unknown>[];
  const names = [...new Set(objects.slice(0, SAMPLE_ROWS).flatMap((row) => Object.keys(row ?? {})))];
  return table(member.path, format, names, objects.length, rowWord, (column) =>
    objects.map((row) => row?.[names[column]]),
  );
}

function table(
  path: string,
  format: string,
  names: readonly string[],
  numRows: number,
  rowWord: string,
  values: (column: number) => unknown[],
): TableSource {
  const columns = new Map<number, unknown[]>();
  const valuesOf = (column: number) => {
    let found = columns.get(column);
    if (found === undefined) {
      found = values(column);
      columns.set(column, found);
    }
    return found;
  };
  const sample = () =>
    Array.from({ length: Math.min(numRows, SAMPLE_ROWS) }, (_, row) =>
      names.map((__, column) => valuesOf(column)[row]),
    );
  return valueSource({ path, format, names, numRows, rowWord, values: valuesOf, sample });
}

async function readJsonLinesOrDocument(
  member: Member,
  head: Head,
): Promise<{ values: unknown; isLines: boolean }> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of asUtf8(member.chunks(), head.encoding)) {
    size += chunk.length;
    if (size > MAX_DOCUMENT_BYTES) {
      throw new DataError(
        'too-large',
        `${member.path} is JSON of more than ${MAX_DOCUMENT_BYTES / (1 << 20)} MB; write it as Parquet or CSV.`,
      );
    }
    parts.push(chunk);
  }
  const text = Buffer.concat(parts).toString('utf8');
  const firstLine = head.text.slice(0, head.text.search(/\r?\n|$/)).trim();
  const second = head.text.slice(firstLine.length).trim();
  if (second !== '' && isJson(firstLine)) {
    const values: unknown[] = [];
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      values.push(parse(line, member.path, `line ${index + 1}`));
    }
    return { values, isLines: true };
  }
  return { values: parse(text, member.path, 'the document'), isLines: false };
}

/** @throws DataError `missing-columns` for a document without rows */
function findRows(path: string, document: unknown): readonly unknown[] {
  if (Array.isArray(document) && document.length > 0 && typeof document[0] === 'object') return document;
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) {
    const object = document as Record<string, unknown>;
    for (const key of ROW_KEYS) {
      const inside = object[key];
      if (Array.isArray(inside) && inside.length > 0 && typeof inside[0] === 'object') return inside;
      if (typeof inside === 'object' && inside !== null && !Array.isArray(inside)) {
        try {
          return findRows(path, inside);
        } catch {
          // The next key may hold them.
        }
      }
    }
    const timed = rowsByTime(object);
    if (timed !== undefined) return timed;
    const lists = Object.entries(object).filter(([, values]) => Array.isArray(values));
    const length = (lists[0]?.[1] as unknown[] | undefined)?.length ?? 0;
    if (
      lists.length >= 2 &&
      length > 0 &&
      lists.every(([, values]) => (values as unknown[]).length === length)
    ) {
      return Array.from({ length }, (_, row) =>
        Object.fromEntries(lists.map(([name, values]) => [name, (values as unknown[])[row]])),
      );
    }
  }
  throw new DataError(
    'missing-columns',
    `${path} is JSON without a list of rows; expected [[time, open, …], …] or [{"time": …}, …].`,
  );
}

/** Alpha Vantage and others name each row by its time. */
function rowsByTime(object: Readonly<Record<string, unknown>>, zone?: string): unknown[] | undefined {
  const entries = Object.entries(object);
  const isRow = ([key, value]: [string, unknown]) =>
    isTimeText(key) && typeof value === 'object' && value !== null && !Array.isArray(value);
  if (entries.length > 0 && entries.every(isRow)) {
    const isDaily = entries.every(([key]) => !/\d:\d/.test(key));
    const name = zone === undefined || isDaily ? 'time' : `time (${zone})`;
    return entries.map(([time, row]) => ({ [name]: time, ...(row as object) }));
  }
  const inside = entries.flatMap(([, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? [value as Record<string, unknown>]
      : [],
  );
  const named = inside
    .flatMap((value) => Object.entries(value))
    .find(([key]) => /time ?zone$/i.test(key))?.[1];
  const found = inside
    .map((value) => rowsByTime(value, zone ?? (typeof named === 'string' ? named : undefined)))
    .filter((rows) => rows !== undefined);
  return found.length === 1 ? found[0] : undefined;
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

function parse(text: string, path: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(
      'invalid-json',
      `${path}: ${where} is no JSON (${(error as Error).message.slice(0, 80)}); fetch the file again.`,
      {
        cause: error,
      },
    );
  }
}
