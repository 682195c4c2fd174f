/** A file as a table: what every format offers to be understood, and how its columns are read. */
import type { RowFaults } from './faults.ts';
import type { GrowingColumn, WordColumn } from './growing.ts';
import type { TimeColumn } from './time-column.ts';

/** What each wanted column is read as; the rest is passed over. */
export interface ReadPlan {
  readonly time?: number;
  /** The time of day, in a column beside the date. */
  readonly clock?: number;
  /** A second column of times: when a venue's message was received. */
  readonly localTime?: number;
  readonly numbers: readonly number[];
  /** Numbers whose cells may be empty or no number: NaN then. */
  readonly optionalNumbers?: readonly number[];
  /** Of `numbers`, those whose cells may be blank, or a dash: NaN then. */
  readonly blankNumbers?: readonly number[];
  readonly words?: readonly number[];
}

/** What stands in a cell without a value. */
export const isBlank = (cell: string): boolean => cell === '' || cell === '-' || cell === '–';

export interface Columns {
  readonly numRows: number;
  readonly time: TimeColumn | undefined;
  readonly localTime: TimeColumn | undefined;
  /** By column of the file. */
  readonly numbers: ReadonlyMap<number, GrowingColumn>;
  readonly words: ReadonlyMap<number, WordColumn>;
  /** `line 12`, `element 3`, `row 7` */
  describeRow(row: number): string;
}

/** A table whose header and first rows are known. */
export interface TableSource {
  readonly path: string;
  /** `CSV`, `JSON lines`, `Parquet` … */
  readonly format: string;
  /** Of CSV files. */
  readonly delimiter?: string;
  readonly names: readonly string[];
  /** The first rows as text, [N][columns]. */
  readonly sample: readonly (readonly string[])[];
  /** What a reader should know of how the table was found. */
  readonly notes: readonly string[];
  /**
   * Reads the columns of a plan; rows that cannot be read are left out and added to the faults.
   * @param numRead receives the number of rows that were there, bad ones included
   */
  read(plan: ReadPlan, faults: RowFaults): Promise<Columns>;
  /** The same for some thousands of rows after others; undefined for a format that is read whole. */
  batches?(plan: ReadPlan, faults: RowFaults, numRows: number): AsyncGenerator<Columns>;
}
