/** Writes tables for other programs: CSV, JSON or Parquet, as the name of the file says. */
import { extname } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import type { Table, TableColumn } from '../../core/table.ts';
import { type FileContent, writeFileAtomic } from '../atomic.ts';

/** Endings of the names of tables. */
export const TABLE_ENDINGS = ['.csv', '.json', '.parquet'] as const;

const BLOCK = 10_000;

/**
 * Writes a table whole or not at all. CSV leaves a missing value empty; JSON is an array of objects, a missing value null,
 * Parquet has one row group a quarter million rows.
 * @param path ends in .csv, .json or .parquet
 * @throws ConfigError `unknown-file-kind` for another ending; StorageError `write-failed`
 */
export function writeTable(path: string, table: Table): void {
  writeFileAtomic(path, encodeTable(path, table));
}

/** @throws ConfigError `unknown-file-kind` where the name of a table to be written ends in something else */
export function requireTableName(path: string): void {
  const ending = extname(path).toLowerCase();
  if (TABLE_ENDINGS.some((known) => known === ending)) return;
  throw new ConfigError(
    'unknown-file-kind',
    `"${path}" cannot be written: a table is written as ${TABLE_ENDINGS.join(', ')}, by the ending of its name.${suggestion(ending, TABLE_ENDINGS)}`,
  );
}

/** The content of such a file. @throws ConfigError `unknown-file-kind` */
export function encodeTable(path: string, table: Table): FileContent {
  requireTableName(path);
  const ending = extname(path).toLowerCase();
  if (ending === '.csv') return csvBlocks(table);
  return ending === '.json' ? jsonBlocks(table) : parquetBytes(table);
}

const lengthOf = (table: Table): number => table[0]?.values.length ?? 0;

/** A block of lines at a time: no string holds the lines of millions of rows. */
function* csvBlocks(table: Table): Iterable<string> {
  yield `${table.map(({ name }) => csvCell(name)).join(',')}\n`;
  for (const [from, to] of blocksOf(lengthOf(table))) {
    let text = '';
    for (let row = from; row < to; row++)
      text += `${table.map(({ values }) => csvCell(values[row])).join(',')}\n`;
    yield text;
  }
}

function* jsonBlocks(table: Table): Iterable<string> {
  const length = lengthOf(table);
  const names = table.map(({ name }) => JSON.stringify(name));
  yield '[';
  for (const [from, to] of blocksOf(length)) {
    let text = '';
    for (let row = from; row < to; row++) {
      const cells = table.map(({ values }, c) => `${names[c]}:${JSON.stringify(values[row] ?? null)}`);
      text += `${row === 0 ? '\n' : ',\n'}{${cells.join(',')}}`;
    }
    yield text;
  }
  yield '\n]\n';
}

function parquetBytes(table: Table): Uint8Array {
  const columnData = table.map(({ name, values }) => {
    if (isText(values)) {
      return { name, data: values.map((value) => value ?? null), type: 'STRING' as const, nullable: true };
    }
    if (isFlags(values)) return { name, data: [...values], type: 'BOOLEAN' as const, nullable: false };
    return { name, data: Float64Array.from(values), type: 'DOUBLE' as const, nullable: false };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 250_000 }));
}

type Values = TableColumn['values'];
const isText = (values: Values): values is readonly (string | undefined)[] =>
  Array.isArray(values) && (values.length === 0 || values.some((value) => typeof value === 'string'));
const isFlags = (values: Values): values is readonly boolean[] =>
  Array.isArray(values) && typeof values[0] === 'boolean';

function* blocksOf(length: number): Iterable<readonly [from: number, to: number]> {
  for (let from = 0; from < length; from += BLOCK) yield [from, Math.min(length, from + BLOCK)];
}

function csvCell(value: number | string | boolean | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
