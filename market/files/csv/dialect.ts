/** Finds out how a text file is written: encoding, delimiter, header, where the rows begin. */
import { TextDecoder } from 'node:util';
import iconv from 'iconv-lite';
import { DataError } from '../../../core/errors.ts';
import { type DecimalMark, findDecimalMark } from '../numbers.ts';
import { refuseAnswer, refuseLobster, refuseOtherTables } from '../shapes/other-files.ts';
import { type GivenColumns, isUnderstood, type Misunderstanding, understand } from '../understand.ts';
import { guessHeader } from './headerless.ts';

export type Encoding =
  | 'utf-8'
  | 'utf-16le'
  | 'utf-16be'
  | 'cp949'
  | 'gbk'
  | 'shift_jis'
  | 'euc-jp'
  | 'windows-1252';

export interface Dialect {
  readonly delimiter: string;
  readonly mark: DecimalMark;
  readonly names: readonly string[];
  /** Lines ahead of the first row, header and preamble included. */
  readonly skipLines: number;
  readonly sample: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'];
/** Lines looked at for a header: some files begin with an address or a comment. */
const MAX_PREAMBLE_LINES = 30;
const SAMPLE_ROWS = 200;

/** @param bytes the beginning of the file */
export function findEncoding(bytes: Uint8Array): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  // Latin letters in UTF-16 without a mark: every other byte is zero.
  if (bytes.length >= 8 && [1, 3, 5, 7].every((i) => bytes[i] === 0 && bytes[i - 1] !== 0)) return 'utf-16le';
  if (bytes.length >= 8 && [0, 2, 4, 6].every((i) => bytes[i] === 0 && bytes[i + 1] !== 0)) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return 'utf-8';
  } catch {
    return findByWords(bytes);
  }
}

/** Words of headers that tell which of the encodings without marks a text is in; Korean where none does. */
const WORDS: readonly [Encoding, RegExp][] = [
  ['cp949', /시가|종가|고가|저가|현재가|거래|일자|날짜|시간|체결|가격|종목/],
  ['gbk', /交易|价格|时间|日期|开盘|收盘|成交|代码/],
  ['shift_jis', /始値|終値|高値|安値|出来高|日付|日時/],
  ['euc-jp', /始値|終値|高値|安値|出来高|日付|日時/],
  ['windows-1252', /eröffn|stück|schluß|höchst|máx|mín|último|clôture|clôt|ouverture/i],
];

function findByWords(bytes: Uint8Array): Encoding {
  const head = Buffer.from(bytes.subarray(0, 4096));
  return WORDS.find(([encoding, words]) => words.test(iconv.decode(head, encoding)))?.[0] ?? 'cp949';
}

/** Blocks of any encoding as blocks of UTF-8, without a byte order mark. */
export async function* asUtf8(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  encoding: Encoding,
): AsyncGenerator<Uint8Array> {
  if (encoding === 'utf-8') {
    let first = true;
    for await (const chunk of chunks) {
      const marked = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
      yield marked ? chunk.subarray(3) : chunk;
      first = false;
    }
    return;
  }
  const encoder = new TextEncoder();
  const decoder = iconv.getDecoder(
    encoding === 'utf-16be' ? 'utf16-be' : encoding === 'utf-16le' ? 'utf16-le' : encoding,
  );
  for await (const chunk of chunks)
    yield encoder.encode(decoder.write(Buffer.from(chunk)).replace(/^\ufeff/, ''));
  yield encoder.encode(decoder.end() ?? '');
}

/**
 * The cells of a line, not trimmed; in a quoted cell the delimiter is text and `""` a quote.
 * @returns undefined when a quote is never closed
 */
export function splitCells(line: string, delimiter: string): string[] | undefined {
  if (!line.includes('"')) return line.split(delimiter);
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i];
    if (character === '"' && quoted && line[i + 1] === '"') {
      cell += '"';
      i++;
    } else if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  cells.push(cell);
  return quoted ? undefined : cells;
}

interface Line {
  readonly text: string;
  /** From 0, blank lines counted. */
  readonly index: number;
}

/**
 * @param head the beginning of the file, as text
 * @throws DataError `empty-file`, `missing-header`, `missing-columns`, `not-text`, `unknown-format` for a web page
 */
export function findDialect(path: string, head: string, given: GivenColumns = {}): Dialect {
  const lines = head
    .split(/\r\n|\n|\r/)
    .map((text, index) => ({ text, index }))
    .filter(({ text }) => text.trim() !== '');
  if (lines.length === 0) throw new DataError('empty-file', `${path} is empty; fetch the file again.`);
  refuseOthers(path, head);
  let best: { result: Misunderstanding; names: readonly string[] } | undefined;
  for (let h = 0; h < Math.min(lines.length, MAX_PREAMBLE_LINES); h++) {
    const block = readHeaderBlock(lines, h);
    const rows = lines.slice(h + block.lines, h + block.lines + SAMPLE_ROWS);
    const sample =
      rows.flatMap(({ text }) => splitCells(text, block.delimiter) ?? []).length > 0
        ? rows.map(({ text }) => (splitCells(text, block.delimiter) ?? []).map((cell) => cell.trim()))
        : [];
    if (block.names.length < 2) continue;
    refuseOtherTables(path, block.names);
    const result = understand(block.names, sample, given);
    if (isUnderstood(result)) {
      const mark =
        block.delimiter === ',' && !head.includes('"')
          ? 'point'
          : findDecimalMark(numbersOf(sample), markOf(block.names));
      return { ...block, mark, skipLines: lines[h + block.lines - 1].index + 1, sample, notes: block.notes };
    }
    const counts = result.numRecognised > 0 || (h === 0 && namesColumns(block.names, sample));
    if (counts && (best === undefined || result.numRecognised > best.result.numRecognised))
      best = { result, names: block.names };
  }
  return findHeaderless(path, lines, best);
}

interface HeaderBlock {
  readonly delimiter: string;
  readonly names: readonly string[];
  /** How many lines it takes. */
  readonly lines: number;
  readonly notes: readonly string[];
}

/** A header of one line, or of several as pandas writes columns of two levels: `Price`, `Ticker`, `Date` below. */
function readHeaderBlock(lines: readonly Line[], first: number): HeaderBlock {
  const delimiter = findDelimiter(lines[first].text);
  const cellsOf = (line: Line | undefined) =>
    (line === undefined ? [] : (splitCells(line.text, delimiter) ?? [])).map((cell) => cell.trim());
  const names = cellsOf(lines[first]);
  for (const depth of [1, 2]) {
    const last = cellsOf(lines[first + depth]);
    const isIndexName =
      last.length === names.length &&
      /^(?:date|datetime|time|timestamp)$/i.test(last[0]) &&
      last.slice(1).every((cell) => cell === '');
    if (!isIndexName || names.length < 2) continue;
    if (depth === 1) return { delimiter, names: [last[0], ...names.slice(1)], lines: 2, notes: [] };
    const second = cellsOf(lines[first + 1]);
    const tickers = new Set(second.slice(1));
    if (tickers.size === 1) {
      return {
        delimiter,
        names: [last[0], ...names.slice(1)],
        lines: 3,
        notes: [`The file is of ${second[1]}.`],
      };
    }
    const both = names.slice(1).map((name, c) => `${second[c + 1]} ${name}`);
    return { delimiter, names: [last[0], ...both], lines: 3, notes: [] };
  }
  return { delimiter, names, lines: 1, notes: [] };
}

function findHeaderless(
  path: string,
  lines: readonly Line[],
  best: { result: Misunderstanding; names: readonly string[] } | undefined,
): Dialect {
  if (best === undefined || best.result.numRecognised <= 1) {
    const delimiter = findDelimiter(lines[0].text);
    const rows = lines
      .slice(0, SAMPLE_ROWS)
      .map(({ text }) => (splitCells(text, delimiter) ?? []).map((cell) => cell.trim()));
    const guess = guessHeader(rows);
    if (guess !== undefined) {
      const mark = delimiter === ',' ? 'point' : findDecimalMark(numbersOf(rows));
      return {
        delimiter,
        mark,
        names: guess.names,
        skipLines: 0,
        sample: rows,
        notes: [
          `The file has no header line; its ${guess.names.length} columns are those of ${guess.shape}: ${guess.names.join(', ')}.`,
        ],
      };
    }
  }
  if (best === undefined) {
    refuseLobster(
      path,
      lines.slice(0, SAMPLE_ROWS).map(({ text }) => text.split(',')),
    );
    const first = lines[0].text.slice(0, 60);
    throw new DataError(
      'missing-header',
      `${path} has no header line (it begins with ${JSON.stringify(first)}) and its columns are of no known shape; ` +
        'add a line that names them, e.g. "time,open,high,low,close,volume".',
    );
  }
  const { result, names } = best;
  const found = names
    .slice(0, 30)
    .map((name) => `"${name.slice(0, 40)}"`)
    .join(', ');
  throw new DataError(
    'missing-columns',
    `${path}: the header lacks ${result.missing.join(', ')}; it has ${found}. Say which column is which with ` +
      '--columns time=NAME,close=NAME, or rename them.',
  );
}

function refuseOthers(path: string, head: string): void {
  refuseAnswer(path, head);
  const start = head.slice(0, 1000).trimStart().toLowerCase();
  if (start.startsWith('<!doctype') || start.startsWith('<html') || start.startsWith('<?xml')) {
    throw new DataError(
      'unknown-format',
      `${path} is a web page or XML, not a file of data; the download went wrong.`,
    );
  }
  if (start.startsWith('version https://git-lfs')) {
    throw new DataError(
      'unknown-format',
      `${path} is a pointer of Git LFS, not the file itself; fetch it with "git lfs pull".`,
    );
  }
  if (head.length > 1_000_000 && !/[\r\n]/.test(head)) {
    throw new DataError('not-text', `${path}: a line is over a million characters long; give a CSV file.`);
  }
}

/** Whether a line is one of names: words alone, each another, above rows of as many cells with numbers in them. */
function namesColumns(names: readonly string[], sample: readonly (readonly string[])[]): boolean {
  const isNumber = (cell: string) => /\d/.test(cell) && !/[a-z]/i.test(cell.replace(/[ku]$/i, ''));
  return (
    new Set(names).size === names.length &&
    names.every((name) => name !== '' && !isNumber(name)) &&
    sample.length > 0 &&
    sample.every((row) => row.length === names.length && row.some(isNumber))
  );
}

/** Languages that write decimals with a comma, by their words for prices and dates. */
const COMMA_WORDS =
  /eröffn|hoch|tief|schlu|zuletzt|datum|ouv|dernier|plus haut|apertura|fecha|cierre|último|ultimo|massimo|abertura|máxim|цена|откр|макс|дата|otwarcie|açılış|tarih|hoog|laag/i;

const markOf = (names: readonly string[]): DecimalMark =>
  names.some((name) => COMMA_WORDS.test(name)) ? 'comma' : 'point';

/** The delimiter that splits the line into the most cells; a comma when none does. */
export function findDelimiter(line: string): string {
  const counts = DELIMITERS.map((delimiter) => splitCells(line, delimiter)?.length ?? 0);
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

function* numbersOf(sample: readonly (readonly string[])[]): Generator<string> {
  for (const row of sample) for (const cell of row) if (/^[+-]?[\d.,]+ ?[%KMBT]?$/.test(cell)) yield cell;
}
