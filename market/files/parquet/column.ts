/** Reads one column of a Parquet file whole, numbers straight into doubles. */
import { open } from 'node:fs/promises';
import { MAX_FREE_BYTES, prepareCodec } from './codecs.ts';
import { readHybrid } from './hybrid.ts';
import { type ColumnChunk, type ParquetColumn, type ParquetFile, readBytes } from './metadata.ts';
import { type NumberDecoder, numberDecoder } from './numbers.ts';
import { type Page, readPages } from './pages.ts';
import { decodeValues, fixedBytes, isDictionaryEncoding } from './values.ts';

/** A file whose columns take more than this many times its size, beyond `MAX_FREE_BYTES`, was made to fill memories. */
const MAX_GROWTH = 300;

/**
 * @param limit rows that are wanted; what is returned has as many at least, where the file has
 * @returns a Float64Array with NaN for what is missing where all values are numbers that doubles hold; any values and
 *   null otherwise
 * @throws Error saying what is wrong with the file
 */
export async function readParquetColumn(
  parquet: ParquetFile,
  index: number,
  limit = Infinity,
): Promise<Float64Array | unknown[]> {
  const column = parquet.columns[index];
  const chunks = firstChunks(parquet.chunks[index], limit);
  const numRows = chunks.reduce((sum, chunk) => sum + chunk.numRows, 0);
  if (8 * numRows > MAX_FREE_BYTES && 8 * numRows > MAX_GROWTH * parquet.size)
    throw new Error(`it says it has ${numRows} rows in ${parquet.size} bytes`);
  for (const codec of new Set(chunks.map((chunk) => chunk.codec))) await prepareCodec(codec);
  const file = await open(parquet.path);
  try {
    const chunkBytes = ({ from, length }: ColumnChunk) => readBytes(file, from, length);
    const decoder = numberDecoder(column);
    if (decoder !== undefined) {
      const numbers = await readNumbers(chunks, column, decoder, numRows, chunkBytes, limit);
      if (numbers !== undefined) return numbers;
    }
    return await readOthers(chunks, column, chunkBytes, limit);
  } finally {
    await file.close();
  }
}

/** Those that have so many rows. */
function firstChunks(chunks: readonly ColumnChunk[], limit: number): readonly ColumnChunk[] {
  let rows = 0;
  let count = 0;
  while (count < chunks.length && rows < limit) rows += chunks[count++].numRows;
  return chunks.slice(0, count);
}

type ChunkBytes = (chunk: ColumnChunk) => Promise<Uint8Array>;

/** Undefined where a number is beyond what doubles hold. */
async function readNumbers(
  chunks: readonly ColumnChunk[],
  column: ParquetColumn,
  decoder: NumberDecoder,
  numRows: number,
  chunkBytes: ChunkBytes,
  limit: number,
): Promise<Float64Array | undefined> {
  const out = new Float64Array(numRows);
  let row = 0;
  for (const chunk of chunks) {
    let dictionary: Float64Array | undefined;
    for (const page of readPages(await chunkBytes(chunk), chunk, column)) {
      if (page.isDictionary) {
        dictionary = new Float64Array(page.numValues);
        if (!decodeNumbers(page, column, decoder, dictionary, 0)) return undefined;
        continue;
      }
      if (isDictionaryEncoding(page.encoding)) pickNumbers(page, dictionary, out, row);
      else if (!decodeNumbers(page, column, decoder, out, row)) return undefined;
      if (page.present !== undefined) spread(page, out.subarray(row, row + page.numRows), Number.NaN);
      row += page.numRows;
      if (row >= limit) return out.subarray(0, row);
    }
  }
  return out;
}

function decodeNumbers(
  { bytes, offset, encoding, numValues }: Page,
  column: ParquetColumn,
  { width, decode }: NumberDecoder,
  out: Float64Array,
  to: number,
): boolean {
  return decode(fixedBytes(bytes, offset, encoding, width, numValues, column), numValues, out, to);
}

function pickNumbers(page: Page, dictionary: Float64Array | undefined, out: Float64Array, to: number): void {
  const indices = readIndices(page);
  const { length } = indices;
  const size = dictionary?.length ?? 0;
  for (let i = 0; i < length; i++) {
    const index = indices[i];
    if (index >>> 0 >= size) throw noEntry(index, size);
    out[to + i] = (dictionary as Float64Array)[index];
  }
}

function pickValues(page: Page, dictionary: readonly unknown[] = []): unknown[] {
  return Array.from(readIndices(page), (index) => {
    if (index >>> 0 >= dictionary.length) throw noEntry(index, dictionary.length);
    return dictionary[index];
  });
}

async function readOthers(
  chunks: readonly ColumnChunk[],
  column: ParquetColumn,
  chunkBytes: ChunkBytes,
  limit: number,
): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const chunk of chunks) {
    let dictionary: unknown[] | undefined;
    for (const page of readPages(await chunkBytes(chunk), chunk, column)) {
      const { bytes, offset, encoding, numValues, numRows } = page;
      if (page.isDictionary) {
        dictionary = decodeValues(bytes, offset, encoding, numValues, column);
        continue;
      }
      const values = isDictionaryEncoding(encoding)
        ? pickValues(page, dictionary)
        : decodeValues(bytes, offset, encoding, numValues, column);
      if (page.present !== undefined) {
        values.length = numRows;
        spread(page, values, null);
      }
      for (const value of values) all.push(value);
      if (all.length >= limit) return all;
    }
  }
  return all;
}

/** [numValues] places in the dictionary; the caller sees to it that it has them. */
function readIndices({ bytes, offset, numValues }: Page): Int32Array {
  const indices = new Int32Array(numValues);
  if (numValues === 0) return indices;
  if (offset >= bytes.length) throw new Error('a page is cut off');
  readHybrid(bytes, offset + 1, bytes.length, bytes[offset], indices, numValues);
  return indices;
}

const noEntry = (index: number, size: number) =>
  new Error(`a value is number ${index} of a dictionary of ${size}`);

/** Moves the values, which stand at the beginning, to the rows that have one. */
function spread<Value>(
  { present, numValues, numRows }: Page,
  values: Value[] | Float64Array,
  missing: Value,
): void {
  let from = numValues;
  for (let row = numRows - 1; row >= 0; row--) {
    (values as Value[])[row] = (present as Uint8Array)[row] === 1 ? (values as Value[])[--from] : missing;
  }
}
