/** Loads candles from CSV files as exchanges and data vendors write them. */
import { DataError } from '../../core/errors.ts';
import { type Candles, createCandles } from './candles.ts';
import { type Header, readHeader } from './csv-header.ts';
import { readLineBatches } from './csv-lines.ts';
import { CandleRows } from './csv-rows.ts';
import { formatTime } from './timestamps.ts';

/** How a file was understood. */
export interface LoadReport {
  readonly path: string;
  readonly rows: number;
  /** `,` `;` tab or `|` */
  readonly delimiter: string;
  /** Which of the file's columns each of ours was read from. */
  readonly columns: Readonly<Record<string, string>>;
  /** Names of the notations in which times were written. */
  readonly timeForms: readonly string[];
  /** The file had its newest row first; the candles have the oldest first, as always. */
  readonly reversed: boolean;
  /** What a reader should know, a sentence each: everything that was not taken as it stood. */
  readonly notes: readonly string[];
}

export interface LoadedCandles {
  readonly candles: Candles;
  readonly report: LoadReport;
}

/** Lines looked at for a header: some files begin with an address or a comment. */
const MAX_PREAMBLE_LINES = 10;

/**
 * Loads a CSV file of candles: any of four delimiters, columns by name, times in any form of `timestamps.ts`,
 * gzipped or not, oldest or newest row first. Nothing is filled in: a cell that cannot be read is an error.
 * @throws DataError `file-not-found`, `unreadable-file`, `corrupt-gzip`, `not-text`, `empty-file`,
 *   `missing-header`, `missing-columns`, `no-rows`, `row-width`, `unclosed-quote`, `empty-cell`,
 *   `invalid-number`, `invalid-time-text`, and those of `createCandles`; each names file, line and column
 */
export async function loadCandles(path: string): Promise<LoadedCandles> {
  let header: Header | undefined;
  let rows: CandleRows | undefined;
  let lineNumber = 0;
  const preamble: Header[] = [];
  for await (const lines of readLineBatches(path)) {
    for (const line of lines) {
      lineNumber++;
      if (line.trim() === '') continue;
      if (rows !== undefined) {
        rows.read(line, lineNumber);
        continue;
      }
      header = readHeader(line);
      if (header.cells !== undefined) rows = new CandleRows(path, header, header.cells);
      else if (preamble.push(header) === MAX_PREAMBLE_LINES) throw headerError(path, preamble);
    }
  }
  if (header !== undefined && rows !== undefined) return assemble(path, header, rows);
  if (preamble.length > 0) throw headerError(path, preamble);
  throw new DataError('empty-file', `${path} is empty; fetch the file again.`);
}

function assemble(path: string, header: Header, rows: CandleRows): LoadedCandles {
  const { columns, lineNumbers, cells } = rows;
  const numRows = lineNumbers.length;
  if (numRows === 0) {
    throw new DataError('no-rows', `${path} has a header but no rows; fetch the file again.`);
  }
  const reversed = columns.timeMs[0] > columns.timeMs[numRows - 1];
  if (reversed) for (const values of [...Object.values(columns), lineNumbers]) values.reverse();
  const candles = createCandles(columns, path, (row) => `line ${lineNumbers[row]}`);
  const used = Object.entries(cells).filter(([, cell]) => cell !== undefined);
  const report: LoadReport = {
    path,
    rows: numRows,
    delimiter: header.delimiter,
    columns: Object.fromEntries(used.map(([name, cell]) => [name, header.names[cell]])),
    timeForms: [...rows.timeForms],
    reversed,
    notes: writeNotes(header, rows, reversed),
  };
  return { candles, report };
}

function writeNotes(header: Header, rows: CandleRows, reversed: boolean): string[] {
  const { volume, quoteVolume } = rows.cells;
  const notes: string[] = [];
  if (reversed) notes.push('The file has its newest row first; the rows were reversed.');
  if (volume === undefined) {
    const other = quoteVolume === undefined ? '' : ` ("${header.names[quoteVolume]}" is in quote units)`;
    notes.push(`There is no volume in base units${other}; volume is 0 throughout.`);
  } else if (quoteVolume !== undefined && rows.swappedTimesMs.length > 0) {
    const times = rows.swappedTimesMs;
    const first = formatTime(Math.min(times[0], times[times.length - 1]));
    const last = formatTime(Math.max(times[0], times[times.length - 1]));
    notes.push(
      `In ${times.length} of ${rows.lineNumbers.length} rows, from ${first} to ${last}, "${header.names[volume]}" and ` +
        `"${header.names[quoteVolume]}" stand in each other's place, as their ratio to the price shows; ` +
        'volume was taken from the one in base units.',
    );
  }
  if (rows.timeForms.has('month/day/year')) {
    notes.push('Dates between slashes were read month first: 7/1/2019 is 1 July.');
  }
  if (rows.timeForms.size > 1) {
    notes.push(`Times are written in several ways: ${[...rows.timeForms].join(', ')}.`);
  }
  return notes;
}

function headerError(path: string, preamble: readonly Header[]): DataError {
  const best = preamble.reduce((a, b) => (b.numRecognised > a.numRecognised ? b : a));
  if (best.numRecognised === 0) {
    return new DataError(
      'missing-header',
      `${path} has no header line; add one that names the columns, e.g. "time,open,high,low,close,volume".`,
    );
  }
  const found = best.names.map((name) => `"${name.slice(0, 40)}"`).join(', ');
  return new DataError(
    'missing-columns',
    `${path}: the header lacks ${best.missing.join(', ')}; it has ${found}. Rename or add the columns.`,
  );
}
