/** Arrow and Feather files as tables: files and streams, plain, lz4 and zstd. */
import { readFile, stat } from 'node:fs/promises';
import {
  type Table as ArrowTable,
  CompressionType,
  compressionRegistry,
  DataType,
  tableFromIPC,
  type Vector,
} from 'apache-arrow';
import { decompress as unzstd } from 'fzstd';
import { DataError } from '../../../core/errors.ts';
import { unpackLz4Frame } from '../lz4-frame.ts';
import type { TableSource } from '../table.ts';
import { type DeclaredTimes, type Values, valueSource } from '../value-source.ts';
import { checkArrowFile, checkArrowStream } from './footer.ts';

const SAMPLE_ROWS = 200;
/** A stream begins otherwise. */
const FILE_MARK = 'ARROW1';
/** The library holds a file whole. */
const MAX_BYTES = 1 << 30;
/** A file whose columns take more than this many times its size, beyond `MAX_FREE_BYTES`, was made to fill memories. */
const MAX_GROWTH = 300;
const MAX_FREE_BYTES = 256 << 20;

/** @throws DataError `unreadable-file`, `corrupt-arrow`, `too-large` */
export async function openArrow(path: string): Promise<TableSource> {
  const { size } = await stat(path);
  if (size > MAX_BYTES) {
    throw new DataError(
      'too-large',
      `${path} is an Arrow file of ${Math.round(size / (1 << 20))} MB, more than ${MAX_BYTES / (1 << 20)}; write it as Parquet.`,
    );
  }
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: unpackLz4Frame });
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => aligned(unzstd(bytes)) });
  const bytes = await readFile(path);
  const table: ArrowTable = guarded(path, () => {
    if (Buffer.from(bytes.subarray(0, 6)).toString('latin1') === FILE_MARK) checkArrowFile(bytes);
    else checkArrowStream(bytes);
    const read = tableFromIPC(bytes);
    if (read.numCols === 0) throw new Error('it has no columns');
    if (8 * read.numRows > MAX_FREE_BYTES && 8 * read.numRows > MAX_GROWTH * size)
      throw new Error(`it says it has ${read.numRows} rows in ${size} bytes`);
    return read;
  });
  const { fields } = table.schema;
  const vectors = fields.map((_, column) => table.getChildAt(column) as Vector);
  const times = (column: number): DeclaredTimes | undefined => guarded(path, () => timesOf(vectors[column]));
  const values = (column: number): Values => guarded(path, () => valuesOf(vectors[column]));
  const sample = () =>
    guarded(path, () =>
      Array.from({ length: Math.min(table.numRows, SAMPLE_ROWS) }, (_, row) =>
        vectors.map((vector) => {
          if (isTime(vector.type)) return new Date(Number(vector.get(row)));
          return decimal(vector, vector.get(row));
        }),
      ),
    );
  const names = fields.map(({ name }) => name.replace(/^__index_level_\d+__$/, 'index'));
  return valueSource({ path, format: 'Arrow', names, numRows: table.numRows, values, times, sample });
}

/** The library makes views of eight bytes a value on what it is given; what unpacks hands out parts of its own memory. */
const aligned = (bytes: Uint8Array): Uint8Array => (bytes.byteOffset % 8 === 0 ? bytes : bytes.slice());

/** The library finds damage when a value is looked at, in many ways. */
function guarded<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const [line] = (error as Error).message.split('\n');
    throw new DataError(
      'corrupt-arrow',
      `${path} cannot be read as Arrow (${line}); fetch or write the file again.`,
      { cause: error },
    );
  }
}

const isTime = (type: DataType): boolean => DataType.isTimestamp(type) || DataType.isDate(type);

function timesOf(vector: Vector): DeclaredTimes | undefined {
  const { type } = vector;
  if (!isTime(type)) return undefined;
  const ms = new Float64Array(vector.length);
  // The library hands out times of every unit as ms; those finer than that with a fraction.
  for (let row = 0; row < vector.length; row++) {
    const value: unknown = vector.get(row);
    ms[row] = value === null ? Number.NaN : Math.floor(Number(value));
  }
  return { ms, isAbsolute: DataType.isTimestamp(type) && type.timezone != null && type.timezone !== '' };
}

function valuesOf(vector: Vector): Values {
  if (DataType.isFloat(vector.type) && vector.nullCount === 0) return vector.toArray() as Float64Array;
  return Array.from({ length: vector.length }, (_, row) => decimal(vector, vector.get(row)));
}

/** Decimals come as whole numbers without their point. */
function decimal(vector: Vector, value: unknown): unknown {
  if (!DataType.isDecimal(vector.type) || value === null) return value;
  const digits = BigInt((value as { toString(): string }).toString());
  return Number(`${digits}e${-vector.type.scale}`);
}
