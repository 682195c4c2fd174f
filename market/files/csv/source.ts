/** A CSV file as a table. */
import { DataError } from '../../../core/errors.ts';
import type { Member } from '../container.ts';
import type { RowFaults } from '../faults.ts';
import type { Columns, ReadPlan, TableSource } from '../table.ts';
import type { GivenColumns } from '../understand.ts';
import { asUtf8, type Dialect, type Encoding, findDialect, findEncoding } from './dialect.ts';
import { CsvScanner, MAX_LINE_BYTES } from './scan.ts';

const LF = 10;
const CR = 13;
const HEAD_BYTES = 1 << 18;

/** The beginning of a file, unpacked, and its encoding. */
export interface Head {
  readonly encoding: Encoding;
  /** Up to a quarter of a megabyte, without a line that is cut. */
  readonly text: string;
}

/** @throws DataError `not-text` for a file whose first line does not end */
export async function readHead(member: Member): Promise<Head> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of member.chunks()) {
    parts.push(chunk);
    size += chunk.length;
    if (size >= HEAD_BYTES) break;
  }
  const bytes = Buffer.concat(parts);
  const encoding = findEncoding(bytes.subarray(0, HEAD_BYTES));
  const utf8: Uint8Array[] = [];
  for await (const chunk of asUtf8([bytes], encoding)) utf8.push(chunk);
  const text = Buffer.concat(utf8).toString('utf8');
  const isWhole = size < HEAD_BYTES;
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
  if (!isWhole && end < 0) {
    throw new DataError(
      'not-text',
      `${member.path}: the first line is over ${HEAD_BYTES >> 10} KB long; give a CSV file.`,
    );
  }
  return { encoding, text: isWhole ? text : text.slice(0, end + 1) };
}

/** Encodings that were told by their words. */
const ENCODING_NOTES: Partial<Record<Encoding, string>> = {
  cp949: 'The text is in CP949 (EUC-KR).',
  gbk: 'The text is in GBK.',
  shift_jis: 'The text is in Shift-JIS.',
  'euc-jp': 'The text is in EUC-JP.',
  'windows-1252': 'The text is in Windows-1252 (Latin 1).',
};

/** @throws DataError those of `findDialect` */
export function openCsv(member: Member, head: Head, given: GivenColumns): TableSource {
  const dialect = findDialect(member.path, head.text, given);
  const { delimiter, names, sample, notes } = dialect;
  const encodingNote = ENCODING_NOTES[head.encoding];
  const returns = !head.text.includes('\n') && head.text.includes('\r');
  return {
    path: member.path,
    format: 'CSV',
    delimiter,
    names,
    sample,
    notes: encodingNote === undefined ? notes : [...notes, encodingNote],
    read: async (plan, faults) => {
      const scan = scanCsv(member, head.encoding, dialect, returns, plan, faults);
      return (await scan.next()).value as Columns;
    },
    batches: (plan, faults, numRows) =>
      scanCsv(member, head.encoding, dialect, returns, plan, faults, numRows),
  };
}

/** @param batchRows after about so many rows what was read is handed out */
async function* scanCsv(
  member: Member,
  encoding: Encoding,
  dialect: Dialect,
  returns: boolean,
  plan: ReadPlan,
  faults: RowFaults,
  batchRows = Infinity,
): AsyncGenerator<Columns> {
  let scanner = new CsvScanner(dialect, plan, faults);
  let hasRows = false;
  const size = encoding === 'utf-8' ? await member.size() : undefined;
  let numBytes = 0;
  let rest = new Uint8Array(0);
  for await (const chunk of asUtf8(member.chunks(), encoding)) {
    const block = returns ? chunk.map((byte) => (byte === CR ? LF : byte)) : chunk;
    const end = block.lastIndexOf(LF) + 1;
    if (end > 0) {
      // The line that the block before began is put together; the rest is read where it lies.
      const first = rest.length === 0 ? 0 : block.indexOf(LF) + 1;
      if (first > 0) scanner.takeLines(Buffer.concat([rest, block.subarray(0, first)]));
      scanner.takeLines(block.subarray(first, end));
      rest = block.slice(end);
      // After the first block the number of rows is known well enough to make room for all of them at once.
      if (numBytes === 0 && size !== undefined && batchRows === Infinity)
        scanner.reserve(Math.ceil((1.02 * scanner.rows * size) / end));
    } else rest = Buffer.concat([rest, block]);
    numBytes += block.length;
    if (scanner.rows >= batchRows) {
      hasRows = true;
      yield scanner.finish();
      scanner = new CsvScanner(dialect, plan, faults, scanner.line);
    }
    if (rest.length > MAX_LINE_BYTES) {
      throw new DataError(
        'not-text',
        `${member.path}: a line is over a million characters long; give a CSV file.`,
      );
    }
  }
  if (rest.length > 0) scanner.takeLines(Buffer.concat([rest, Uint8Array.of(LF)]));
  if (scanner.rows === 0 && hasRows) return;
  if (scanner.rows === 0) {
    throw new DataError('no-rows', `${member.path} has a header but no rows; fetch the file again.`);
  }
  yield scanner.finish();
}
