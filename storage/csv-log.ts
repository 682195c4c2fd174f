/** Writes a run's log as one CSV table, for spreadsheets and data frames. */
import { appendFileSync } from 'node:fs';
import type { Json } from '../core/snapshot.ts';
import { attempt, writeFileAtomic } from './atomic.ts';
import type { LogRow } from './run-directory.ts';

/**
 * One line a row; a column for every name that any row has, empty where a row has no such value. The table is a
 * view of the rows it is handed: where a new column appears, it is written anew from them.
 */
export class CsvLog {
  readonly #path: string;
  readonly #readRows: () => readonly LogRow[];
  #columns: readonly string[] = [];

  /** @param readRows all rows so far, the one being appended included */
  constructor(path: string, readRows: () => readonly LogRow[]) {
    this.#path = path;
    this.#readRows = readRows;
  }

  /** @throws StorageError `write-failed` */
  append(row: LogRow): void {
    if (Object.keys(row).every((name) => this.#columns.includes(name))) {
      attempt('write', this.#path, () => appendFileSync(this.#path, this.#line(row)));
    } else {
      this.rewrite();
    }
  }

  /** Makes the table what the rows say. */
  rewrite(): void {
    const rows = this.#readRows();
    this.#columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const header = `${this.#columns.map(cell).join(',')}\n`;
    writeFileAtomic(
      this.#path,
      rows.reduce((text, row) => text + this.#line(row), header),
    );
  }

  #line(row: LogRow): string {
    return `${this.#columns.map((name) => cell(row[name])).join(',')}\n`;
  }
}

/** A number that is not finite is left empty, as a value that is missing. */
function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
