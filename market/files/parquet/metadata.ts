/**
 * Reads a Parquet file's footer: its columns, and where the pages of each lie.
 * Source: Apache Parquet, parquet.thrift (FileMetaData) and LogicalTypes.md.
 * Differences from the source: everything is checked against the file before anything of it is believed; columns within
 * lists and maps are left out.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { countOf, listOf, structOf, ThriftReader, type ThriftStruct, textOf } from './thrift.ts';

export const BOOLEAN = 0;
export const INT32 = 1;
export const INT64 = 2;
export const INT96 = 3;
export const FLOAT = 4;
export const DOUBLE = 5;
export const BYTE_ARRAY = 6;
export const FIXED = 7;

/** In what part of a second times are counted; `days` are counted as such. */
export type TimeUnit = 'ms' | 'us' | 'ns' | 'days';

export interface ParquetColumn {
  /** Parts of a structure joined by dots. */
  readonly name: string;
  /** Physical type, one of the numbers above. */
  readonly type: number;
  /** Bytes of a value of type `FIXED`. */
  readonly typeLength: number;
  /** The level at which a value is there; 0 where none can be missing. */
  readonly maxLevel: number;
  /** Undefined for a column that is not declared as time; `isAbsolute` says whether its times are UTC. */
  readonly time: { readonly unit: TimeUnit; readonly isAbsolute: boolean } | undefined;
  /** Digits behind the point of a decimal. */
  readonly scale: number | undefined;
  readonly isUnsigned: boolean;
}

/** The pages of one column in one group of rows. */
export interface ColumnChunk {
  readonly codec: number;
  readonly numRows: number;
  readonly from: number;
  readonly length: number;
}

export interface ParquetFile {
  readonly path: string;
  readonly size: number;
  readonly numRows: number;
  readonly columns: readonly ParquetColumn[];
  /** [columns][groups] */
  readonly chunks: readonly (readonly ColumnChunk[])[];
  readonly keyValues: ReadonlyMap<string, string>;
  /** Names of columns within lists and maps, which are left out. */
  readonly nested: readonly string[];
}

/** Magic, length and magic again. */
const MIN_SIZE = 12;
const MAX_LEVEL = 15;

/** @throws Error saying what is wrong */
export async function readFooter(path: string): Promise<ParquetFile> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size < MIN_SIZE) throw new Error(`it has ${size} bytes`);
    const tail = await readBytes(file, size - 8, 8);
    if (Buffer.from(tail.subarray(4)).toString('latin1') !== 'PAR1') throw new Error('its end is missing');
    const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
    if (length > size - MIN_SIZE) throw new Error(`it says its footer has ${length} of its ${size} bytes`);
    const footer = await readBytes(file, size - 8 - length, length);
    return parseFooter(path, size, new ThriftReader(footer).readStruct(), size - 8 - length);
  } finally {
    await file.close();
  }
}

/** @throws Error where the file ends before */
export async function readBytes(file: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, from + filled);
    if (bytesRead === 0) throw new Error('it ends early');
    filled += bytesRead;
  }
  return bytes;
}

function parseFooter(path: string, size: number, footer: ThriftStruct, dataEnd: number): ParquetFile {
  const { leaves, nested } = readSchema(
    listOf(footer.get(2)).map((element) => structOf(element) ?? new Map()),
  );
  const numRows = countOf(footer.get(3), 'its number of rows');
  const groups = listOf(footer.get(4)).map((group) => structOf(group) ?? new Map());
  const groupRows = groups.map((group) => countOf(group.get(3), 'the number of rows of a group'));
  const inGroups = groupRows.reduce((sum, rows) => sum + rows, 0);
  if (inGroups !== numRows)
    throw new Error(`it says it has ${numRows} rows, but its groups have ${inGroups}`);
  const columns = leaves.filter((leaf) => leaf.column !== undefined);
  const chunks = columns.map(({ leaf, column }) =>
    groups.map((group, g) =>
      readChunk(structOf(listOf(group.get(1))[leaf]), column as ParquetColumn, groupRows[g], dataEnd),
    ),
  );
  const keyValues = listOf(footer.get(5)).map((pair): [string, string] => [
    textOf(structOf(pair)?.get(1)),
    textOf(structOf(pair)?.get(2)),
  ]);
  return {
    path,
    size,
    numRows,
    columns: columns.map(({ column }) => column as ParquetColumn),
    chunks,
    keyValues: new Map(keyValues),
    nested,
  };
}

function readChunk(
  chunk: ThriftStruct | undefined,
  { name, type }: ParquetColumn,
  numRows: number,
  dataEnd: number,
): ColumnChunk {
  const meta = structOf(chunk?.get(3));
  if (meta === undefined) throw new Error(`column "${name}" lacks its place in the file`);
  if (meta.get(1) !== type) throw new Error(`column "${name}" is of two types`);
  const numValues = countOf(meta.get(5), `the number of values of column "${name}"`);
  if (numValues !== numRows) throw new Error(`column "${name}" has ${numValues} values in ${numRows} rows`);
  const data = countOf(meta.get(9), `the place of column "${name}"`);
  const dictionary = meta.get(11);
  // Some writers say 0 where there is no dictionary.
  const from = typeof dictionary === 'number' && dictionary > 0 && dictionary < data ? dictionary : data;
  const length = countOf(meta.get(7), `the length of column "${name}"`);
  if (numRows > 0 && (from < 4 || from + length > dataEnd))
    throw new Error(`column "${name}" lies outside of the file`);
  return { codec: countOf(meta.get(4), `the codec of column "${name}"`), numRows, from, length };
}

interface Leaf {
  /** Its place among all columns that hold values. */
  readonly leaf: number;
  /** Undefined within a list or map. */
  readonly column: ParquetColumn | undefined;
}

function readSchema(elements: readonly ThriftStruct[]): { leaves: Leaf[]; nested: string[] } {
  const leaves: Leaf[] = [];
  const nested = new Set<string>();
  let next = 1;
  const readChildren = (count: number, path: readonly string[], level: number, repeated: boolean): void => {
    for (let i = 0; i < count; i++) {
      if (next >= elements.length) throw new Error('its schema is cut off');
      const element = elements[next++];
      const names = [...path, textOf(element.get(4))];
      if (names.length > MAX_LEVEL) throw new Error('its columns are nested too deep');
      const repetition = element.get(3);
      const ownLevel = level + (repetition === 1 ? 1 : 0);
      const isRepeated = repeated || repetition === 2;
      const numChildren = element.get(5);
      if (typeof numChildren === 'number' && numChildren > 0) {
        readChildren(numChildren, names, ownLevel, isRepeated);
      } else if (isRepeated) {
        nested.add(names[0]);
        leaves.push({ leaf: leaves.length, column: undefined });
      } else {
        leaves.push({ leaf: leaves.length, column: readColumnType(element, names.join('.'), ownLevel) });
      }
    }
  };
  if (elements.length === 0) throw new Error('it has no schema');
  const rootChildren = elements[0].get(5);
  readChildren(typeof rootChildren === 'number' ? rootChildren : elements.length - 1, [], 0, false);
  return { leaves, nested: [...nested] };
}

/** Numbers of `ConvertedType`, the older way to say what a value stands for. */
const CONVERTED = { decimal: 5, date: 6, timestampMs: 9, timestampUs: 10 };

function readColumnType(element: ThriftStruct, name: string, maxLevel: number): ParquetColumn {
  const type = countOf(element.get(1), `the type of column "${name}"`);
  if (type > FIXED) throw new Error(`column "${name}" is of unknown type ${type}`);
  const converted = element.get(6);
  const logical = structOf(element.get(10));
  const decimal = structOf(logical?.get(5));
  const isDecimal = decimal !== undefined || converted === CONVERTED.decimal;
  const integer = structOf(logical?.get(10));
  const scale = decimal?.get(1) ?? element.get(7) ?? 0;
  return {
    name,
    type,
    typeLength: type === FIXED ? countOf(element.get(2), `the length of values of column "${name}"`) : 0,
    maxLevel,
    time: timeOf(type, converted, logical),
    scale: isDecimal ? countOf(scale, `the scale of column "${name}"`) : undefined,
    isUnsigned:
      integer?.get(2) === false || (typeof converted === 'number' && converted >= 11 && converted <= 14),
  };
}

function timeOf(type: number, converted: unknown, logical: ThriftStruct | undefined): ParquetColumn['time'] {
  const timestamp = structOf(logical?.get(8));
  if (timestamp !== undefined && type === INT64) {
    const unit = structOf(timestamp.get(2));
    const name = unit?.has(1) ? 'ms' : unit?.has(2) ? 'us' : 'ns';
    return { unit: name, isAbsolute: timestamp.get(1) === true };
  }
  if (type === INT32 && (converted === CONVERTED.date || logical?.has(6)))
    return { unit: 'days', isAbsolute: false };
  if (type === INT64 && converted === CONVERTED.timestampMs) return { unit: 'ms', isAbsolute: true };
  if (type === INT64 && converted === CONVERTED.timestampUs) return { unit: 'us', isAbsolute: true };
  return type === INT96 ? { unit: 'ns', isAbsolute: false } : undefined;
}
