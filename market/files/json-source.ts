/** JSON files as tables: arrays of arrays or of objects, objects of columns, and JSON lines. */
import { DataError } from '../../core/errors.ts';
import type { Member } from './container.ts';
import { asUtf8 } from './csv/dialect.ts';
import { guessHeader } from './csv/headerless.ts';
import type { Head } from './csv/source.ts';
import { findRows } from './shapes/json-rows.ts';
import { refuseAnswer, refuseOtherTables } from './shapes/other-files.ts';
import type { TableSource } from './table.ts';
import { asText, valueSource } from './value-source.ts';

/** A JSON document has to be in memory whole. */
const MAX_DOCUMENT_BYTES = 512 << 20;
const SAMPLE_ROWS = 200;

/** Whether the first characters are those of JSON. */
export function beginsAsJson(text: string): boolean {
  return /^\s*(?:\[\s*(?:[[{]|\])|\{\s*(?:"|\}))/.test(text);
}

/** @throws DataError `invalid-json`, `too-large`, `missing-columns` */
export async function openJson(member: Member, head: Head): Promise<TableSource> {
  refuseAnswer(member.path, head.text);
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
  refuseOtherTables(member.path, names);
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
  return { values: parseDocument(text, member.path), isLines: false };
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** A list of names in single quotes above rows in double ones is what Naver's chart answers with. */
function parseDocument(text: string, path: string): unknown {
  const names = /^\s*\[\s*\[\s*'[^\]"]*\]/.exec(text)?.[0];
  if (names === undefined) return parse(text, path, 'the document');
  return parse(names.replaceAll("'", '"') + text.slice(names.length), path, 'the document');
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
