/** Reads a text file of any size line by line: plain, gzipped or zipped, in any encoding. */
import { DataError } from '../../core/errors.ts';
import { detectContainer, openMembers } from './container.ts';
import { asUtf8, findEncoding } from './csv/dialect.ts';

/** A line longer than this is no market data; the file is taken for binary. */
const MAX_LINE_LENGTH = 1_000_000;

/**
 * The lines of a text file without their ends (LF or CRLF), in batches, so that a file of any size takes little memory.
 * @throws DataError those of `detectContainer` and `openMembers`; `unknown-format` for a file that is no text, `not-text`,
 *   `several-members` for a zip of more than one file
 */
export async function* readLineBatches(path: string): AsyncGenerator<string[]> {
  const container = await detectContainer(path);
  if (container === 'parquet' || container === 'arrow' || container === 'feather-1') {
    throw new DataError(
      'unknown-format',
      `${path} is a file of columns (${container}), where lines of text are expected.`,
    );
  }
  const members = await openMembers(path, container);
  if (members.length > 1) {
    throw new DataError(
      'several-members',
      `${path} holds ${members.length} files; unpack it and give one of them.`,
    );
  }
  const chunks = members[0].chunks();
  try {
    yield* linesOf(path, chunks);
  } finally {
    // Whoever stops after the first lines leaves no file open.
    await chunks.return(undefined);
  }
}

async function* linesOf(path: string, chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<string[]> {
  const first = await chunks.next();
  if (first.done) return;
  const encoding = findEncoding(first.value);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of asUtf8(startingWith(first.value, chunks), encoding)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() as string;
    if (rest.length > MAX_LINE_LENGTH) {
      throw new DataError(
        'not-text',
        `${path}: a line is over a million characters long; give a file of lines.`,
      );
    }
    yield lines.map(withoutReturn);
  }
  if (rest !== '') yield [withoutReturn(rest)];
}

async function* startingWith<Item>(first: Item, rest: AsyncGenerator<Item>): AsyncGenerator<Item> {
  yield first;
  yield* rest;
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
