/** Reads a text file of any size as lines, plain or gzipped, and splits a line into cells. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { DataError } from '../../core/errors.ts';

/** A line longer than this is no market data; the file is taken for binary. */
const MAX_LINE_LENGTH = 1_000_000;

/**
 * The lines of a text file without their ends (LF or CRLF), in batches, so that a file of any size takes little
 * memory. UTF-8, or UTF-16 where a byte order mark says so; gunzipped where the name ends in .gz or the first
 * bytes say so.
 * @throws DataError `file-not-found`, `unreadable-file`, `corrupt-gzip`, `not-text`
 */
export async function* readLineBatches(path: string): AsyncGenerator<string[]> {
  try {
    const stream = await openUnpacked(path);
    let decoder: TextDecoder | undefined;
    let rest = '';
    for await (const chunk of stream) {
      const bytes = chunk as Uint8Array;
      decoder ??= new TextDecoder(encodingOf(bytes));
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() as string;
      if (rest.length > MAX_LINE_LENGTH) {
        throw new DataError(
          'not-text',
          `${path}: a line is over a million characters long; give a CSV file.`,
        );
      }
      yield lines.map(withoutReturn);
    }
    if (rest !== '') yield [withoutReturn(rest)];
  } catch (error) {
    throw asDataError(path, error);
  }
}

/**
 * The cells of a line, not trimmed; in a quoted cell the delimiter is text and `""` a quote.
 * @returns undefined when a quote is never closed
 */
export function splitCells(line: string, delimiter: string): string[] | undefined {
  if (!line.includes('"')) return line.split(delimiter);
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i];
    if (character === '"' && quoted && line[i + 1] === '"') {
      cell += '"';
      i++;
    } else if (character === '"') {
      quoted = !quoted;
    } else if (character === delimiter && !quoted) {
      cells.push(cell);
      cell = '';
    } else {
      cell += character;
    }
  }
  cells.push(cell);
  return quoted ? undefined : cells;
}

async function openUnpacked(path: string): Promise<Readable> {
  const file = await open(path);
  const magic = new Uint8Array(2);
  try {
    await file.read(magic, 0, 2, 0);
  } finally {
    await file.close();
  }
  const stream = createReadStream(path);
  if (!path.toLowerCase().endsWith('.gz') && !(magic[0] === 0x1f && magic[1] === 0x8b)) return stream;
  const gunzip = createGunzip();
  stream.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => stream.destroy());
  return stream.pipe(gunzip);
}

function encodingOf(firstBytes: Uint8Array): string {
  if (firstBytes[0] === 0xff && firstBytes[1] === 0xfe) return 'utf-16le';
  if (firstBytes[0] === 0xfe && firstBytes[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

function asDataError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DataError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    return new DataError('file-not-found', `There is no file "${path}"; check the path.`, { cause: error });
  }
  if (code === 'EISDIR') {
    return new DataError('unreadable-file', `${path} is a folder; name a file in it.`, { cause: error });
  }
  if (code?.startsWith('Z_')) {
    const message = `${path} cannot be unpacked (${error.message}); fetch or compress the file again.`;
    return new DataError('corrupt-gzip', message, { cause: error });
  }
  if (code?.startsWith('E')) {
    return new DataError(
      'unreadable-file',
      `"${path}" cannot be read (${code}); check the path and its permissions.`,
      { cause: error },
    );
  }
  return error;
}
