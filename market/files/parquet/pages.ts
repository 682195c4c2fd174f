/**
 * Walks the pages of one column in one group of rows, and finds which of their values are there.
 * Source: Apache Parquet, parquet.thrift (PageHeader) and README.md, "Data Pages".
 */
import { unpackPage } from './codecs.ts';
import { bitsOf, readHybrid } from './hybrid.ts';
import type { ColumnChunk, ParquetColumn } from './metadata.ts';
import { countOf, structOf, ThriftReader, type ThriftStruct } from './thrift.ts';

/** A page of values, or of a dictionary. */
export interface Page {
  readonly isDictionary: boolean;
  /** Rows, those without a value included. */
  readonly numRows: number;
  /** Rows with a value: as many are stored. */
  readonly numValues: number;
  /** [numRows] 1 where a value is there; undefined where all are. */
  readonly present: Uint8Array | undefined;
  readonly encoding: number;
  /** Unpacked; the values begin at `offset`. */
  readonly bytes: Uint8Array;
  readonly offset: number;
}

const DATA_PAGE = 0;
const INDEX_PAGE = 1;
const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;
/** Of levels: the hybrid, as all writers use it. */
const RLE = 3;

/**
 * @param bytes those of the chunk
 * @throws Error for pages that do not fit into it, or hold more rows than it
 */
export function* readPages(
  bytes: Uint8Array,
  { codec, numRows }: ColumnChunk,
  { maxLevel }: ParquetColumn,
): Generator<Page> {
  let offset = 0;
  let rows = 0;
  while (rows < numRows) {
    const reader = new ThriftReader(bytes, offset);
    const header = reader.readStruct();
    const unpacked = countOf(header.get(2), 'the size of a page');
    const packed = countOf(header.get(3), 'the packed size of a page');
    if (reader.offset + packed > bytes.length) throw new Error('a page lies outside of its column');
    const body = bytes.subarray(reader.offset, reader.offset + packed);
    offset = reader.offset + packed;
    const type = header.get(1);
    if (type === INDEX_PAGE) continue;
    const page =
      type === DATA_PAGE
        ? readDataPage(header, body, codec, unpacked, maxLevel, numRows - rows)
        : type === DATA_PAGE_V2
          ? readDataPageV2(header, body, codec, unpacked, maxLevel, numRows - rows)
          : type === DICTIONARY_PAGE
            ? readDictionaryPage(header, body, codec, unpacked)
            : undefined;
    if (page === undefined) throw new Error(`a page is of unknown type ${type}`);
    if (!page.isDictionary) rows += page.numRows;
    yield page;
  }
}

function readDictionaryPage(header: ThriftStruct, body: Uint8Array, codec: number, size: number): Page {
  const own = structOf(header.get(7));
  const numValues = countOf(own?.get(1), 'the size of a dictionary');
  const bytes = unpackPage(codec, body, size);
  if (numValues > 8 * bytes.length)
    throw new Error(`a dictionary of ${bytes.length} bytes says it has ${numValues} values`);
  return {
    isDictionary: true,
    numRows: numValues,
    numValues,
    present: undefined,
    encoding: 0,
    bytes,
    offset: 0,
  };
}

function readDataPage(
  header: ThriftStruct,
  body: Uint8Array,
  codec: number,
  size: number,
  maxLevel: number,
  rowsLeft: number,
): Page {
  const own = structOf(header.get(5));
  const numRows = rowsOf(own, rowsLeft);
  const bytes = unpackPage(codec, body, size);
  const page = { isDictionary: false, numRows, encoding: encodingOf(own, 2), bytes };
  if (maxLevel === 0) return { ...page, numValues: numRows, present: undefined, offset: 0 };
  if (own?.get(3) !== RLE) throw new Error('a page packs its levels in a way that is out of use');
  if (bytes.length < 4) throw new Error('a page is cut off');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length > bytes.length - 4) throw new Error('a page is cut off');
  return { ...page, ...readLevels(bytes, 4, 4 + length, maxLevel, numRows), offset: 4 + length };
}

/** Levels stand unpacked before the values. */
function readDataPageV2(
  header: ThriftStruct,
  body: Uint8Array,
  codec: number,
  size: number,
  maxLevel: number,
  rowsLeft: number,
): Page {
  const own = structOf(header.get(8));
  const numRows = rowsOf(own, rowsLeft);
  const from = countOf(own?.get(6), 'the length of levels');
  const to = from + countOf(own?.get(5), 'the length of levels');
  if (to > body.length || to > size) throw new Error('a page is cut off');
  const levels =
    maxLevel === 0
      ? { numValues: numRows, present: undefined }
      : readLevels(body, from, to, maxLevel, numRows);
  const bytes = unpackPage(own?.get(7) === false ? 0 : codec, body.subarray(to), size - to);
  return { isDictionary: false, numRows, encoding: encodingOf(own, 4), bytes, offset: 0, ...levels };
}

function rowsOf(own: ThriftStruct | undefined, rowsLeft: number): number {
  const numRows = countOf(own?.get(1), 'the number of values of a page');
  if (numRows > rowsLeft) throw new Error(`a page has ${numRows} values where ${rowsLeft} are left`);
  return numRows;
}

function encodingOf(own: ThriftStruct | undefined, field: number): number {
  return countOf(own?.get(field), 'the encoding of a page');
}

function readLevels(
  bytes: Uint8Array,
  from: number,
  to: number,
  maxLevel: number,
  numRows: number,
): Pick<Page, 'numValues' | 'present'> {
  if (isOneRun(bytes, from, to, maxLevel, numRows)) return { numValues: numRows, present: undefined };
  const levels = new Uint8Array(numRows);
  readHybrid(bytes, from, to, bitsOf(maxLevel), levels, numRows);
  let numValues = 0;
  for (let row = 0; row < numRows; row++) {
    const isThere = levels[row] === maxLevel ? 1 : 0;
    levels[row] = isThere;
    numValues += isThere;
  }
  return { numValues, present: numValues === numRows ? undefined : levels };
}

/** Quick: most pages lack no value, and say so in one run of the highest level. */
function isOneRun(bytes: Uint8Array, from: number, to: number, level: number, numRows: number): boolean {
  let header = 0;
  let unit = 1;
  let at = from;
  let byte: number;
  do {
    if (at >= to || unit > 1 << 28) return false;
    byte = bytes[at++];
    header += (byte & 0x7f) * unit;
    unit *= 128;
  } while (byte >= 0x80);
  return header % 2 === 0 && header / 2 >= numRows && at < to && bytes[at] === level;
}
