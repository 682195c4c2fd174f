/** Parquet files as tables: any codec, whole numbers, decimals, dictionaries, times of any unit. */
import { DataError } from '../../../core/errors.ts';
import { rawNumberReader } from '../shapes/raw-numbers.ts';
import type { TableSource } from '../table.ts';
import { type DeclaredTimes, type Values, valueSource } from '../value-source.ts';
import { readParquetColumn } from './column.ts';
import { type ParquetFile, readFooter } from './metadata.ts';

const SAMPLE_ROWS = 200;
/** Parquet's type of values of one length. */
const FIXED_BYTES = 7;
/** Columns and rows beyond these are refused before memory is taken. */
const MAX_COLUMNS = 20_000;
const MAX_ROWS = 1 << 30;

/** @throws DataError `file-not-found`, `corrupt-parquet`, `too-large` */
export async function openParquet(path: string): Promise<TableSource> {
  const parquet = await openParquetFile(path);
  const { columns, numRows, nested } = parquet;
  const allNames = columns.map(({ name }) => name);
  const readers = columns.map(({ type, typeLength }) =>
    type === FIXED_BYTES ? rawNumberReader(allNames, typeLength) : undefined,
  );
  const values = async (column: number): Promise<Values> => {
    const read = readers[column];
    const found = await readColumn(parquet, column);
    return read === undefined ? found : Float64Array.from(found as unknown[], read);
  };
  const times = async (column: number): Promise<DeclaredTimes | undefined> => {
    const { time } = columns[column];
    if (time === undefined) return undefined;
    return { ms: (await values(column)) as Float64Array, isAbsolute: time.isAbsolute };
  };
  const sample = (await readSample(parquet)).map((row) =>
    row.map((value, column) => readers[column]?.(value) ?? value),
  );
  return valueSource({
    path,
    format: 'Parquet',
    // pandas calls an index without a name so.
    names: columns.map(({ name }) => name.replace(/^__index_level_\d+__$/, 'index')),
    numRows,
    notes: nested.length === 0 ? [] : [`Lists and maps were passed over: ${nested.slice(0, 10).join(', ')}.`],
    values,
    times,
    sample: () => sample,
  });
}

/** @throws DataError `file-not-found`, `corrupt-parquet`, `too-large` */
export async function openParquetFile(path: string): Promise<ParquetFile> {
  const parquet = await guarded(path, () => readFooter(path));
  if (parquet.columns.length > MAX_COLUMNS || parquet.numRows > MAX_ROWS) {
    throw new DataError(
      'too-large',
      `${path} says it has ${parquet.numRows} rows of ${parquet.columns.length} columns; give a part of it.`,
    );
  }
  return parquet;
}

/**
 * One column: doubles, NaN where one is missing, if all its values are numbers; otherwise any values, null where missing.
 * @throws DataError `corrupt-parquet`
 */
export async function readColumn(parquet: ParquetFile, column: number): Promise<Float64Array | unknown[]> {
  return guarded(parquet.path, () => readParquetColumn(parquet, column));
}

async function readSample(parquet: ParquetFile): Promise<unknown[][]> {
  const { columns, numRows } = parquet;
  const length = Math.min(SAMPLE_ROWS, numRows);
  const heads: Values[] = [];
  for (let column = 0; column < columns.length; column++) {
    heads.push(await guarded(parquet.path, () => readParquetColumn(parquet, column, length)));
  }
  return Array.from({ length }, (_, row) =>
    heads.map((values, column) => {
      const value = values[row];
      if (typeof value !== 'number') return value;
      if (Number.isNaN(value)) return null;
      return columns[column].time === undefined ? value : new Date(value);
    }),
  );
}

async function guarded<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof DataError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new DataError('file-not-found', `There is no file "${path}"; check the path.`, { cause: error });
    }
    throw new DataError(
      'corrupt-parquet',
      `${path} cannot be read as Parquet (${error.message}); fetch or write the file again.`,
      { cause: error },
    );
  }
}
