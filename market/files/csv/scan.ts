/** Reads the rows of a CSV file from its bytes: numbers and times without making a text of them. */

import { quote, type RowFaults } from '../faults.ts';
import { GrowingColumn, WordColumn } from '../growing.ts';
import { type DecimalMark, parseNumber } from '../numbers.ts';
import { type Columns, isBlank, type ReadPlan } from '../table.ts';
import { TimeColumn } from '../time-column.ts';
import { splitCells } from './dialect.ts';
import { LineNumbers } from './line-numbers.ts';

const LF = 10;
const CR = 13;
const QUOTE = 34;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const COLON = 58;
const ZERO = 48;
const SPACE = 32;
const LETTER_T = 84;
const LETTER_Z = 90;

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));
/** Digits that a whole number of 53 bits surely holds. */
const MAX_DIGITS = 15;
/** A line longer than this is no market data. */
export const MAX_LINE_BYTES = 1_000_000;

const SKIP = 0;
const NUMBER = 1;
const TIME = 2;
const WORD = 3;

export interface ScanOptions {
  readonly delimiter: string;
  readonly mark: DecimalMark;
  readonly names: readonly string[];
  /** Lines ahead of the first row. */
  readonly skipLines: number;
}

/** Takes blocks of UTF-8 and makes columns of them. A row that is unusual in any cell is read again as text, with care. */
export class CsvScanner {
  readonly #options: ScanOptions;
  readonly #plan: ReadPlan;
  readonly #faults: RowFaults;
  readonly #width: number;
  readonly #kinds: Uint8Array;
  readonly #delimiter: number;
  readonly #time: TimeColumn | undefined;
  readonly #localTime: TimeColumn | undefined;
  readonly #numbers = new Map<number, GrowingColumn>();
  readonly #words = new Map<number, WordColumn>();
  readonly #optional: ReadonlySet<number>;
  /** Of the row being read, by column. */
  readonly #values: Float64Array;
  readonly #forms: string[];
  readonly #numberColumns: readonly [column: number, values: GrowingColumn][];
  readonly #wordColumns: readonly [column: number, words: WordColumn][];
  readonly #wordFrom: Int32Array;
  readonly #wordTo: Int32Array;
  readonly #lines = new LineNumbers();
  /** A date and its clock in two columns are read as text. */
  readonly #isSplitTime: boolean;
  #line = 0;
  #rows = 0;
  #date = { key0: -1, key1: -1, ms: Number.NaN };

  /** @param line of the file, how many were read before */
  constructor(options: ScanOptions, plan: ReadPlan, faults: RowFaults, line = 0) {
    this.#line = line;
    this.#options = options;
    this.#plan = plan;
    this.#faults = faults;
    this.#width = options.names.length;
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#kinds = new Uint8Array(this.#width);
    this.#values = new Float64Array(this.#width);
    this.#forms = options.names.map(() => '');
    for (const column of [...plan.numbers, ...(plan.optionalNumbers ?? [])]) {
      this.#kinds[column] = NUMBER;
      this.#numbers.set(column, new GrowingColumn());
    }
    for (const column of plan.words ?? []) {
      this.#kinds[column] = WORD;
      this.#words.set(column, new WordColumn());
    }
    if (plan.time !== undefined) {
      this.#kinds[plan.time] = TIME;
      this.#time = new TimeColumn();
    }
    if (plan.localTime !== undefined) {
      this.#kinds[plan.localTime] = TIME;
      this.#localTime = new TimeColumn();
    }
    this.#optional = new Set(plan.optionalNumbers);
    this.#numberColumns = [...this.#numbers];
    this.#wordColumns = [...this.#words];
    this.#wordFrom = new Int32Array(this.#width);
    this.#wordTo = new Int32Array(this.#width);
    this.#isSplitTime = plan.clock !== undefined;
  }

  /** Of the file: how many lines were read. */
  get line(): number {
    return this.#line;
  }

  /** Rows that were there, bad ones included. */
  get rows(): number {
    return this.#rows;
  }

  /** Makes room for so many rows in all. */
  reserve(rows: number): void {
    for (const [, column] of this.#numberColumns) column.reserve(rows);
    this.#time?.reserve(rows);
    this.#localTime?.reserve(rows);
  }

  /** @param bytes whole lines, each with its end */
  takeLines(bytes: Uint8Array): void {
    let i = 0;
    while (i < bytes.length) i = this.#takeLine(bytes, i);
  }

  finish(): Columns {
    const numRows = this.#time?.length ?? this.#numberColumns[0]?.[1].length ?? 0;
    return {
      numRows,
      time: this.#time,
      localTime: this.#localTime,
      numbers: this.#numbers,
      words: this.#words,
      describeRow: (row) => `line ${this.#lines.of(row)}`,
    };
  }

  /** @returns where the next line begins */
  #takeLine(bytes: Uint8Array, from: number): number {
    this.#line++;
    const kinds = this.#kinds;
    const delimiter = this.#delimiter;
    const width = this.#width;
    let i = from;
    if (this.#line > this.#options.skipLines) {
      let column = 0;
      let usual =
        this.#options.mark === 'point' &&
        !this.#isSplitTime &&
        bytes[i] !== LF &&
        bytes[i] !== CR &&
        bytes[i] !== SPACE;
      while (usual) {
        const kind = column < width ? kinds[column] : SKIP;
        if (kind === NUMBER) i = this.#scanNumber(bytes, i, column);
        else if (kind === TIME) i = this.#scanTime(bytes, i, column);
        else if (kind === WORD) {
          this.#wordFrom[column] = i;
          while (bytes[i] !== delimiter && bytes[i] !== LF && bytes[i] !== QUOTE && bytes[i] !== CR) i++;
          this.#wordTo[column] = i;
        } else while (bytes[i] !== delimiter && bytes[i] !== LF && bytes[i] !== QUOTE && bytes[i] !== CR) i++;
        if (i < 0) break;
        column++;
        const end = bytes[i];
        if (end === delimiter) i++;
        else {
          usual = end === LF || (end === CR && bytes[i + 1] === LF);
          if (usual && column === width) {
            this.#appendScanned(bytes);
            return i + (end === CR ? 2 : 1);
          }
          break;
        }
      }
    }
    let end = i < 0 ? from : i;
    while (bytes[end] !== LF) end++;
    if (this.#line > this.#options.skipLines) this.#takeText(bytes, from, end);
    return end + 1;
  }

  #appendScanned(bytes: Uint8Array): void {
    const { time, localTime } = this.#plan;
    const values = this.#values;
    for (const [column, target] of this.#wordColumns)
      target.pushBytes(bytes, this.#wordFrom[column], this.#wordTo[column]);
    if (time !== undefined) this.#time?.pushMs(values[time], this.#forms[time], this.#forms[time] !== LOCAL);
    if (localTime !== undefined)
      this.#localTime?.pushMs(values[localTime], this.#forms[localTime], this.#forms[localTime] !== LOCAL);
    for (const [column, target] of this.#numberColumns) target.push(values[column]);
    this.#lines.append(this.#line);
    this.#rows++;
  }

  /** @returns where the number ends; −1 for one that is not written in at most 15 digits with a point or none */
  #scanNumber(bytes: Uint8Array, from: number, column: number): number {
    let i = from;
    let negative = false;
    if (bytes[i] === MINUS) {
      negative = true;
      i++;
    }
    let value = 0;
    const first = i;
    let digit = bytes[i] - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = bytes[++i] - ZERO;
    }
    let digits = i - first;
    if (bytes[i] === POINT) {
      const point = i;
      digit = bytes[++i] - ZERO;
      while (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        digit = bytes[++i] - ZERO;
      }
      const scale = i - point - 1;
      digits += scale;
      if (digits > MAX_DIGITS) return -1;
      value /= POWERS_OF_TEN[scale];
    }
    if (digits === 0 || digits > MAX_DIGITS) return -1;
    this.#values[column] = negative ? -value : value;
    return i;
  }

  /** Counts since 1970 and ISO 8601; −1 for anything else. */
  #scanTime(bytes: Uint8Array, from: number, column: number): number {
    if (bytes[from + 4] === MINUS && bytes[from + 7] === MINUS) return this.#scanIso(bytes, from, column);
    let i = from;
    let digit = bytes[i] - ZERO;
    let value = 0;
    while (digit >= 0 && digit <= 9 && i - from < 13) {
      value = value * 10 + digit;
      digit = bytes[++i] - ZERO;
    }
    const digits = i - from;
    let rest = 0;
    while (digit >= 0 && digit <= 9) {
      rest++;
      digit = bytes[++i] - ZERO;
    }
    if (bytes[i] === POINT) return -1;
    // 13 digits from 2001 on are no compact notation; 10, 16 and 19 may be looked at with care when they could be.
    if (digits === 13 && rest === 0 && value >= 1e12 && value < 4.1e12) this.#forms[column] = 'unix ms';
    else if (digits === 10 && value >= 1e9 && value < 1.9e9) {
      value *= 1000;
      this.#forms[column] = 'unix s';
    } else if (digits === 13 && rest === 3 && value >= 1e12 && value < 4.1e12)
      this.#forms[column] = 'unix µs';
    else if (digits === 13 && rest === 6 && value >= 1e12 && value < 4.1e12) this.#forms[column] = 'unix ns';
    else return -1;
    this.#values[column] = value;
    return i;
  }

  /** `2023-01-03`, with a clock of hours, minutes, seconds and a fraction, and `Z` or +00:00 behind it. */
  #scanIso(bytes: Uint8Array, from: number, column: number): number {
    const key0 = number(bytes, from, 4);
    const key1 = number(bytes, from + 5, 2) * 100 + number(bytes, from + 8, 2);
    const date = this.#date;
    if (key0 !== date.key0 || key1 !== date.key1) {
      const month = Math.floor(key1 / 100);
      const ms = Date.UTC(key0, month - 1, key1 % 100);
      const there = new Date(ms);
      if (
        !(key0 >= 1700 && key0 <= 2100) ||
        there.getUTCMonth() !== month - 1 ||
        there.getUTCDate() !== key1 % 100
      )
        return -1;
      this.#date = { key0, key1, ms };
    }
    let ms = this.#date.ms;
    let i = from + 10;
    this.#forms[column] = LOCAL;
    if (bytes[i] === SPACE || bytes[i] === LETTER_T) {
      if (bytes[i + 3] !== COLON) return -1;
      const hour = number(bytes, i + 1, 2);
      const minute = number(bytes, i + 4, 2);
      let second = 0;
      i += 6;
      if (bytes[i] === COLON) {
        second = number(bytes, i + 1, 2);
        i += 3;
      }
      if (!(hour < 24 && minute < 60 && second < 60)) return -1;
      ms += ((hour * 60 + minute) * 60 + second) * 1000;
      if (bytes[i] === POINT) {
        let scale = 100;
        let digit = bytes[++i] - ZERO;
        while (digit >= 0 && digit <= 9) {
          ms += Math.floor(scale) * digit;
          scale = scale < 10 ? 0 : scale / 10;
          digit = bytes[++i] - ZERO;
        }
      }
      if (bytes[i] === LETTER_Z) {
        this.#forms[column] = ISO_UTC;
        i++;
      } else if (
        bytes[i] === PLUS &&
        bytes[i + 3] === COLON &&
        number(bytes, i + 1, 2) === 0 &&
        number(bytes, i + 4, 2) === 0
      ) {
        this.#forms[column] = ISO_UTC;
        i += 6;
      }
    }
    this.#values[column] = ms;
    return i;
  }

  /** Reads a line cell by cell, as text; says what is wrong with it. */
  #takeText(bytes: Uint8Array, from: number, to: number): void {
    const end = to > from && bytes[to - 1] === CR ? to - 1 : to;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('utf8');
    if (text.trim() === '') return;
    this.#rows++;
    const cells = splitCells(text, this.#options.delimiter);
    const fault = cells === undefined ? UNCLOSED : (this.#findWrongNumber(cells) ?? this.#takeTimes(cells));
    if (fault !== undefined) {
      const column = fault.column === undefined ? '' : `, column ${quote(this.#options.names[fault.column])}`;
      this.#faults.add(fault.code, `line ${this.#line}${column}`, fault.problem);
      return;
    }
    for (const [column, target] of this.#numberColumns) target.push(this.#values[column]);
    for (const [column, target] of this.#words) target.push((cells as string[])[column].trim());
    this.#lines.append(this.#line);
  }

  #findWrongNumber(cells: readonly string[]): CellFault | undefined {
    const { names, mark } = this.#options;
    const extra = cells.length - names.length;
    if (extra !== 0 && !(extra === 1 && cells[names.length].trim() === '')) {
      const problem = `there are ${cells.length} cells, but the header has ${names.length}`;
      return { code: 'row-width', problem };
    }
    for (const [column] of this.#numberColumns) {
      const cell = cells[column].trim();
      const value = parseNumber(cell, mark);
      this.#values[column] = value;
      if (!Number.isNaN(value) || this.#optional.has(column)) continue;
      if (this.#plan.blankNumbers?.includes(column) && isBlank(cell)) continue;
      if (cell === '') return { code: 'empty-cell', problem: 'the cell is empty', column };
      const hint = cell.includes(',') ? ' (write decimals with a point, thousands without a mark)' : '';
      return { code: 'invalid-number', problem: `${quote(cell)} is not a number${hint}`, column };
    }
    return undefined;
  }

  /** Appends the times of a line; none of them where one is wrong. */
  #takeTimes(cells: readonly string[]): CellFault | undefined {
    const { time, clock, localTime } = this.#plan;
    if (time !== undefined && this.#time !== undefined) {
      const ofDay = clock === undefined ? undefined : cells[clock].trim();
      const fault = takeTime(this.#time, time, cells[time].trim(), ofDay);
      if (fault !== undefined) return fault;
    }
    if (localTime === undefined || this.#localTime === undefined) return undefined;
    const fault = takeTime(this.#localTime, localTime, cells[localTime].trim());
    if (fault !== undefined) this.#time?.pop();
    return fault;
  }
}

interface CellFault {
  readonly code: string;
  readonly problem: string;
  readonly column?: number;
}

const UNCLOSED: CellFault = { code: 'unclosed-quote', problem: 'a quote is opened and not closed' };

function takeTime(target: TimeColumn, column: number, cell: string, ofDay?: string): CellFault | undefined {
  const code = target.pushText(cell, ofDay);
  if (code === undefined) return undefined;
  const found = ofDay === undefined ? cell : `${cell} ${ofDay}`;
  const problem =
    code === 'empty-cell' ? 'the cell is empty' : `${quote(found)} is not a date or time that can be read`;
  return { code, problem, column };
}

/** The forms of times that were scanned; the first is the local clock, whatever the zone. */
const LOCAL = 'year-month-day';
const ISO_UTC = 'year-month-day, UTC';

/** NaN where one of the bytes is no digit. */
function number(bytes: Uint8Array, from: number, length: number): number {
  let value = 0;
  for (let i = from; i < from + length; i++) {
    const digit = bytes[i] - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
