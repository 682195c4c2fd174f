/** Parquet files as tables: any codec, whole numbers, decimals, dictionaries, times of any unit. */
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  type SchemaElement,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../../core/errors.ts';
import type { TableSource } from './table.ts';
import { type DeclaredTimes, type Values, valueSource } from './value-source.ts';

const SAMPLE_ROWS = 200;
/** Columns and rows beyond these are refused before memory is taken. */
const MAX_COLUMNS = 20_000;
const MAX_CELLS = 1 << 30;

const DAY_MS = 86_400_000;
/** Times as UTC epoch ms, cut. */
const TIMES_AS_MS = {
  timestampFromMilliseconds: (value: bigint) => Number(value),
  timestampFromMicroseconds: (value: bigint) => Number(floorDivide(value, 1000n)),
  timestampFromNanoseconds: (value: bigint) => Number(floorDivide(value, 1_000_000n)),
  dateFromDays: (days: number) => days * DAY_MS,
};

/** @throws DataError `file-not-found`, `corrupt-parquet`, `too-large` */
export async function openParquet(path: string): Promise<TableSource> {
  const { file, metadata } = await readMetadata(path);
  const leaves = metadata.schema
    .slice(1)
    .filter(({ num_children, repetition_type }) => !num_children && repetition_type !== 'REPEATED');
  const numRows = Number(metadata.num_rows);
  if (leaves.length > MAX_COLUMNS || numRows > MAX_CELLS) {
    throw new DataError(
      'too-large',
      `${path} says it has ${numRows} rows of ${leaves.length} columns; give a part of it.`,
    );
  }
  const fields = leaves.map(({ name }) => name);
  const values = async (column: number): Promise<Values> =>
    readColumn(path, file, metadata, fields[column], numRows);
  const times = async (column: number): Promise<DeclaredTimes | undefined> => {
    const isAbsolute = zoneOf(leaves[column]);
    if (isAbsolute === undefined) return undefined;
    const ms = Float64Array.from(await values(column), (value) =>
      typeof value === 'number' ? value : Number.NaN,
    );
    return { ms, isAbsolute };
  };
  const sample = await readSample(path, file, metadata, fields, leaves);
  return valueSource({
    path,
    format: 'Parquet',
    // pandas calls an index without a name so.
    names: fields.map((name) => name.replace(/^__index_level_\d+__$/, 'index')),
    numRows,
    values,
    times,
    sample: () => sample,
  });
}

export async function readMetadata(path: string): Promise<{ file: AsyncBuffer; metadata: FileMetaData }> {
  return guarded(path, async () => {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const inGroups = metadata.row_groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
    if (inGroups !== Number(metadata.num_rows)) {
      throw new Error(`it says it has ${metadata.num_rows} rows, but its groups have ${inGroups}`);
    }
    return { file, metadata };
  });
}

/** One column, a number array where all its values are numbers. */
export async function readColumn(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  name: string,
  numRows: number,
): Promise<Values> {
  return guarded(path, async () => {
    let numbers: Float64Array | undefined = new Float64Array(numRows);
    let others: unknown[] | undefined;
    let filled = 0;
    await parquetRead({
      file,
      metadata,
      columns: [name],
      compressors,
      parsers: TIMES_AS_MS,
      onChunk: ({ columnData, rowStart }) => {
        if (rowStart + columnData.length > numRows)
          throw new Error(`column "${name}" has more than the ${numRows} rows it says`);
        filled += columnData.length;
        for (let i = 0; i < columnData.length; i++) {
          const value: unknown = columnData[i];
          if (numbers !== undefined) {
            if (typeof value === 'number') {
              numbers[rowStart + i] = value;
              continue;
            }
            if (
              typeof value === 'bigint' &&
              value <= BigInt(Number.MAX_SAFE_INTEGER) &&
              value >= -BigInt(Number.MAX_SAFE_INTEGER)
            ) {
              numbers[rowStart + i] = Number(value);
              continue;
            }
            others = Array.from(numbers.subarray(0, rowStart + i));
            numbers = undefined;
          }
          (others as unknown[])[rowStart + i] = value;
        }
      },
    });
    if (filled !== numRows) throw new Error(`column "${name}" has ${filled} of the ${numRows} rows`);
    return numbers ?? (others as unknown[]);
  });
}

async function readSample(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  fields: readonly string[],
  leaves: readonly SchemaElement[],
): Promise<unknown[][]> {
  let rows: unknown[][] = [];
  await guarded(path, () =>
    parquetRead({
      file,
      metadata,
      columns: [...fields],
      rowEnd: SAMPLE_ROWS,
      compressors,
      parsers: TIMES_AS_MS,
      rowFormat: 'object',
      onComplete: (found) => {
        rows = found.map((row) =>
          fields.map((name, c) =>
            zoneOf(leaves[c]) === undefined || row[name] == null ? row[name] : new Date(row[name]),
          ),
        );
      },
    }),
  );
  return rows;
}

/** Whether a column's times are UTC; undefined for a column that is not declared as time. */
function zoneOf({ type, converted_type, logical_type }: SchemaElement): boolean | undefined {
  if (logical_type?.type === 'TIMESTAMP') return logical_type.isAdjustedToUTC;
  if (logical_type?.type === 'DATE' || converted_type === 'DATE') return false;
  if (converted_type === 'TIMESTAMP_MILLIS' || converted_type === 'TIMESTAMP_MICROS') return true;
  return type === 'INT96' ? false : undefined;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
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
      {
        cause: error,
      },
    );
  }
}
