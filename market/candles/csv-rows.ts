/** Reads the rows of a candle file into columns, refusing every cell that cannot be read. */
import { DataError } from '../../core/errors.ts';
import type { CandleCells, Header } from './csv-header.ts';
import { splitCells } from './csv-lines.ts';
import { createTimeParser } from './timestamps.ts';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** How far outside a bar's range its average price may seem to lie by rounding of the volumes. */
const PRICE_SLACK = 0.02;

export class CandleRows {
  /** In the order of the file. */
  readonly columns = {
    timeMs: [] as number[],
    open: [] as number[],
    high: [] as number[],
    low: [] as number[],
    close: [] as number[],
    volume: [] as number[],
  };
  readonly lineNumbers: number[] = [];
  /** Names of the notations in which times were written. */
  readonly timeForms = new Set<string>();
  /** Times of the rows whose base and quote volume stand in each other's place, in the order of the file. */
  readonly swappedTimesMs: number[] = [];
  /** Which cells are read; settled by the first row. */
  cells: CandleCells;
  readonly #path: string;
  readonly #header: Header;
  readonly #parseTime = createTimeParser(this.timeForms);
  #lineNumber = 0;

  constructor(path: string, header: Header, cells: CandleCells) {
    this.#path = path;
    this.#header = header;
    this.cells = cells;
  }

  /** @throws DataError `unclosed-quote`, `row-width`, `empty-cell`, `invalid-number`, `invalid-time-text` */
  read(line: string, lineNumber: number): void {
    this.#lineNumber = lineNumber;
    const { delimiter, names } = this.#header;
    const row = splitCells(line, delimiter);
    if (row === undefined) throw this.#error('unclosed-quote', 'a quote is opened and not closed');
    const numExtra = row.length - names.length;
    if (numExtra !== 0 && !(numExtra === 1 && row[names.length].trim() === '')) {
      throw this.#error('row-width', `there are ${row.length} cells, but the header has ${names.length}`);
    }
    const { columns } = this;
    if (this.lineNumbers.length === 0) this.cells = this.#settleTimeCells(row);
    this.lineNumbers.push(lineNumber);
    columns.timeMs.push(this.#readTime(row));
    columns.open.push(this.#readNumber(row, this.cells.open));
    columns.high.push(this.#readNumber(row, this.cells.high));
    columns.low.push(this.#readNumber(row, this.cells.low));
    columns.close.push(this.#readNumber(row, this.cells.close));
    columns.volume.push(this.#readVolume(row));
  }

  /** A `time` beside a `date` is the clock that belongs to it, or the whole time written again, or of no use. */
  #settleTimeCells(row: readonly string[]): CandleCells {
    const { clock, ...cells } = this.cells;
    if (clock === undefined) return cells;
    const parse = createTimeParser();
    if (!Number.isNaN(parse(`${row[cells.time].trim()} ${row[clock].trim()}`))) return this.cells;
    return Number.isNaN(parse(row[clock].trim())) ? cells : { ...cells, time: clock };
  }

  #readTime(row: readonly string[]): number {
    const { time, clock } = this.cells;
    const date = row[time].trim();
    const text = clock === undefined ? date : `${date} ${row[clock].trim()}`;
    const timeMs = this.#parseTime(text);
    if (Number.isNaN(timeMs)) {
      const problem =
        text === '' ? 'the cell is empty' : `${quote(text)} is not a date or time that can be read`;
      throw this.#error(text === '' ? 'empty-cell' : 'invalid-time-text', problem, time);
    }
    return timeMs;
  }

  #readNumber(row: readonly string[], cell: number): number {
    const text = row[cell].trim();
    if (NUMBER.test(text)) return Number(text);
    if (text === '') throw this.#error('empty-cell', 'the cell is empty', cell);
    const hint = text.includes(',') ? ' (write decimals with a point, thousands without a mark)' : '';
    throw this.#error('invalid-number', `${quote(text)} is not a number${hint}`, cell);
  }

  #readVolume(row: readonly string[]): number {
    const { columns, cells } = this;
    if (cells.volume === undefined) return 0;
    const base = this.#readNumber(row, cells.volume);
    if (cells.quoteVolume === undefined) return base;
    const quoteVolume = Number(row[cells.quoteVolume]);
    const last = this.lineNumbers.length - 1;
    const lowest = columns.low[last] * (1 - PRICE_SLACK);
    const highest = columns.high[last] * (1 + PRICE_SLACK);
    const isPrice = (price: number) => price >= lowest && price <= highest;
    if (isPrice(quoteVolume / base) || !isPrice(base / quoteVolume)) return base;
    this.swappedTimesMs.push(columns.timeMs[last]);
    return quoteVolume;
  }

  #error(code: string, problem: string, cell?: number): DataError {
    const column = cell === undefined ? '' : `, column "${this.#header.names[cell]}"`;
    return new DataError(
      code,
      `${this.#path}: line ${this.#lineNumber}${column}: ${problem}; correct or remove the line.`,
    );
  }
}

const quote = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
