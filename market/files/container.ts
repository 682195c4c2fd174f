/** Tells what a file is by its first bytes, and unpacks it: plain, gzip, zip. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Unzip, type UnzipFile, UnzipInflate } from 'fflate';
import { DataError } from '../../core/errors.ts';

/** What the first bytes show. */
export type Container = 'text' | 'gzip' | 'zip' | 'parquet' | 'arrow' | 'feather-1';

/** Files that are something else, by their first bytes, and what to do with them. */
const OTHERS: readonly [begins: string, what: string][] = [
  ['\x28\xb5\x2f\xfd', 'compressed with zstd; unpack it with "zstd -d"'],
  ['BZh', 'compressed with bzip2; unpack it with "bunzip2"'],
  ['\xfd7zXZ', 'compressed with xz; unpack it with "unxz"'],
  ['7z\xbc\xaf', 'a 7z archive; unpack it'],
  ['Rar!', 'a RAR archive; unpack it'],
  ['\x89HDF', 'an HDF5 file; write it as Parquet or CSV, e.g. pandas.read_hdf(…).to_parquet(…)'],
  ['\x93NUMPY', 'a NumPy array; write it as Parquet or CSV with named columns'],
  ['\x80\x04\x95', 'a Python pickle, which is code; write it as Parquet or CSV, e.g. DataFrame.to_parquet'],
  ['\x80\x05\x95', 'a Python pickle, which is code; write it as Parquet or CSV, e.g. DataFrame.to_parquet'],
  ['\xd0\xcf\x11\xe0', 'an old Excel workbook; save it as CSV'],
  ['SQLite format 3', 'an SQLite database; export the table as CSV'],
  ['%PDF', 'a PDF document; give a file of data'],
  ['\x89PNG', 'a picture; give a file of data'],
  ['DUCK', 'a DuckDB database; export the table as Parquet or CSV'],
  ['Obj\x01', 'an Avro file; write it as Parquet or CSV'],
  ['ORC', 'an ORC file; write it as Parquet or CSV'],
];

/** A packed file that grows by more than this, and beyond `MAX_FREE_BYTES`, was made to fill memories. */
const MAX_RATIO = 300;
const MAX_FREE_BYTES = 256 << 20;
/** Bytes that are read at once. */
const MIN_BLOCK = 1 << 14;
const MAX_BLOCK = 1 << 20;

/** @throws DataError `file-not-found`, `unreadable-file`, `unknown-format` */
export async function detectContainer(path: string): Promise<Container> {
  const first = Buffer.from(await readFirst(path, 32)).toString('latin1');
  if (first.startsWith('\x1f\x8b') || path.toLowerCase().endsWith('.gz')) return 'gzip';
  if (first.startsWith('PK\x03\x04') || first.startsWith('PK\x05\x06')) return 'zip';
  if (first.startsWith('PAR1')) return 'parquet';
  if (first.startsWith('PARE')) throw refuse(path, 'an encrypted Parquet file; write it without encryption');
  if (first.startsWith('ARROW1') || first.startsWith('\xff\xff\xff\xff')) return 'arrow';
  if (first.startsWith('FEA1')) return 'feather-1';
  for (const [begins, what] of OTHERS) if (first.startsWith(begins)) throw refuse(path, what);
  return 'text';
}

const refuse = (path: string, what: string) => new DataError('unknown-format', `${path} is ${what}.`);

/** @throws DataError `file-not-found`, `unreadable-file` */
export async function readFirst(path: string, length: number): Promise<Uint8Array> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw new DataError('unreadable-file', `${path} is a folder; name a file in it.`);
    if (!info.isFile())
      throw new DataError('unreadable-file', `${path} is no regular file; give a file of data.`);
    const file = await open(path);
    try {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asDataError(path, error);
  }
}

/** What a file can be unpacked into. */
export interface Member {
  /** The file itself, or `FILE!MEMBER` of a zip. */
  readonly path: string;
  /** How many bytes it has unpacked; undefined where that is not known before. */
  size(): Promise<number | undefined>;
  /** Its bytes, unpacked, in blocks; may be asked for several times. */
  chunks(): AsyncGenerator<Uint8Array>;
}

/**
 * The files of data in a file: itself, or the members of a zip.
 * @throws DataError `encrypted-zip`, `unsafe-zip`, `empty-zip`, `unknown-format` (a workbook of Excel is a zip too)
 */
export async function openMembers(path: string, container: Container): Promise<Member[]> {
  if (container !== 'zip')
    return [
      {
        path,
        size: async () => (container === 'gzip' ? undefined : (await stat(path)).size),
        chunks: () => unpackSingle(path, container === 'gzip'),
      },
    ];
  const names: string[] = [];
  await walkZip(path, (file) => void names.push(file.name));
  if (names.includes('[Content_Types].xml')) throw refuse(path, 'an Excel workbook; save the sheet as CSV');
  const unsafe = names.find((name) => /(?:^|[\\/])\.\.(?:[\\/]|$)|^[\\/]|^[a-z]:/i.test(name));
  if (unsafe !== undefined) {
    throw new DataError(
      'unsafe-zip',
      `${path} has a member named ${JSON.stringify(unsafe)}, which leads out of the folder; make it anew.`,
    );
  }
  const members = names
    .filter(
      (name) =>
        (!name.endsWith('/') && !/(?:^|\/)(?:__MACOSX\/|\.)|\.(?:txt|md|pdf|checksum)$/i.test(name)) ||
        /\.csv\.txt$/i.test(name),
    )
    .sort();
  const chosen = members.length > 0 ? members : names.filter((name) => name.endsWith('.txt')).sort();
  if (chosen.length === 0)
    throw new DataError(
      'empty-zip',
      `${path} holds no file of data; it has ${names.join(', ') || 'no members'}.`,
    );
  return chosen.map((name) => ({
    path: `${path}!${name}`,
    size: async () => undefined,
    chunks: () => unpackMember(path, name),
  }));
}

async function* unpackSingle(path: string, gzipped: boolean): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    const packed = (await stat(path)).size;
    for await (const chunk of openSingle(path, gzipped, packed)) {
      size += (chunk as Uint8Array).length;
      checkRatio(path, packed, size);
      yield chunk as Uint8Array;
    }
  } catch (error) {
    throw asDataError(path, error);
  }
}

function openSingle(path: string, gzipped: boolean, size: number): Readable {
  // No larger than the file: memory that is taken for nothing costs more than reading it.
  const blockSize = Math.min(MAX_BLOCK, Math.max(MIN_BLOCK, size));
  const stream = createReadStream(path, { highWaterMark: blockSize });
  if (!gzipped) return stream;
  const gunzip = createGunzip({ chunkSize: blockSize });
  stream.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => stream.destroy());
  return stream.pipe(gunzip);
}

async function* unpackMember(path: string, name: string): AsyncGenerator<Uint8Array> {
  const packed = (await stat(path)).size;
  let size = 0;
  const ready: Uint8Array[] = [];
  const onFile = (file: UnzipFile) => {
    if (file.name !== name) return;
    file.ondata = (error, chunk) => {
      if (error) throw error;
      ready.push(chunk);
    };
    file.start();
  };
  for await (const _ of zipBlocks(path, onFile)) {
    for (const chunk of ready.splice(0)) {
      size += chunk.length;
      checkRatio(path, packed, size);
      yield chunk;
    }
  }
}

async function walkZip(path: string, onFile: (file: UnzipFile) => void): Promise<void> {
  for await (const _ of zipBlocks(path, onFile));
}

/** Hands a zip to the reader block by block; small ones, since a block may unpack into a thousand times its size. */
async function* zipBlocks(path: string, onFile: (file: UnzipFile) => void): AsyncGenerator<void> {
  try {
    const head = await readFirst(path, 30);
    if (head[6] & 1)
      throw new DataError('encrypted-zip', `${path} is an encrypted zip; unpack it with its password.`);
    const unzip = new Unzip(onFile);
    unzip.register(UnzipInflate);
    for await (const block of createReadStream(path, { highWaterMark: 1 << 16 })) {
      unzip.push(block as Uint8Array);
      yield;
    }
    unzip.push(new Uint8Array(0), true);
    yield;
  } catch (error) {
    throw asDataError(path, error, true);
  }
}

function checkRatio(path: string, packed: number, unpacked: number): void {
  if (unpacked < MAX_FREE_BYTES || unpacked < MAX_RATIO * packed) return;
  throw new DataError(
    'suspicious-compression',
    `${path} unpacks into more than ${MAX_RATIO} times its size, as no market data do; unpack it by hand if you trust it.`,
  );
}

function asDataError(path: string, error: unknown, isZip = false): unknown {
  if (!(error instanceof Error) || error instanceof DataError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    return new DataError('file-not-found', `There is no file "${path}"; check the path.`, { cause: error });
  }
  if (isZip && typeof code !== 'string') {
    return new DataError(
      'corrupt-zip',
      `${path} cannot be unpacked (${error.message}); fetch the file again.`,
      { cause: error },
    );
  }
  if (code?.startsWith('Z_')) {
    const message = `${path} cannot be unpacked (${error.message}); fetch or compress the file again.`;
    return new DataError('corrupt-gzip', message, { cause: error });
  }
  if (code?.startsWith('E')) {
    return new DataError(
      'unreadable-file',
      `"${path}" cannot be read (${code}); check the path and its permissions.`,
      {
        cause: error,
      },
    );
  }
  return error;
}
