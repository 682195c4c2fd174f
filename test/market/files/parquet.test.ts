/** Parquet files are decoded to what was written in every encoding, and one that lies about itself is refused at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { bigEndian } from '../../../market/files/parquet/numbers.ts';
import { openParquet, openParquetFile, readColumn } from '../../../market/files/parquet/source.ts';
import { counts } from '../../soak.ts';

const folder = mkdtempSync(join(tmpdir(), 'parquet-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NUM_ROWS = 700;

function write(columns: ColumnSource[], options: object = {}): string {
  const path = join(folder, 'file.parquet');
  writeFileSync(
    path,
    new Uint8Array(parquetWriteBuffer({ columnData: columns, rowGroupSize: 300, ...options })),
  );
  return path;
}

async function readAll(path: string): Promise<unknown[][]> {
  const parquet = await openParquetFile(path);
  return Promise.all(parquet.columns.map(async (_, column) => Array.from(await readColumn(parquet, column))));
}

const rng = createRng(3);
const row = Array.from({ length: NUM_ROWS }, (_, n) => n);
const doubles = row.map(() => 100 * rng.gaussian());
const ints = row.map(() => rng.integer(2_000_000) - 1_000_000);
const longs = row.map((n) => BigInt(1_672_759_800_000 + n * 60_000));
const far = row.map((n) => 1_672_759_800_000_000_000n + BigInt(n));
const texts = row.map((n) => `${'ABC'[n % 3]}-${n % 7}한`);
const flags = row.map(() => rng.uniform() < 0.5);
const some = <Item>(values: readonly Item[]) => values.map((value, n) => (n % 5 === 2 ? null : value));

describe('every encoding is read to what was written', () => {
  test.each<[string, ColumnSource['type'], readonly unknown[], string | undefined]>([
    ['doubles', 'DOUBLE', doubles, 'PLAIN'],
    ['doubles of few values', 'DOUBLE', doubles.map((value) => Math.ceil(Math.abs(value))), 'RLE_DICTIONARY'],
    ['doubles by byte', 'DOUBLE', doubles, 'BYTE_STREAM_SPLIT'],
    ['floats', 'FLOAT', doubles.map(Math.fround), 'PLAIN'],
    ['whole numbers', 'INT32', ints, 'PLAIN'],
    ['differences', 'INT32', ints, 'DELTA_BINARY_PACKED'],
    ['long numbers', 'INT64', longs, 'PLAIN'],
    ['long differences', 'INT64', longs, 'DELTA_BINARY_PACKED'],
    ['numbers that doubles do not hold', 'INT64', far, 'PLAIN'],
    ['flags', 'BOOLEAN', flags, undefined],
    ['texts', 'STRING', texts, 'PLAIN'],
    ['texts of few kinds', 'STRING', texts, 'RLE_DICTIONARY'],
    ['texts by length', 'STRING', texts, 'DELTA_LENGTH_BYTE_ARRAY'],
    ['texts by their beginnings', 'STRING', texts, 'DELTA_BYTE_ARRAY'],
  ])('%s', async (name, type, data, encoding) => {
    const column = (values: readonly unknown[]) =>
      ({ name, type, data: [...values], ...(encoding !== undefined && { encoding }) }) as ColumnSource;
    const plain = (value: unknown) =>
      typeof value === 'bigint' && value < 1n << 53n ? Number(value) : value;
    expect(await readAll(write([column(data)]))).toEqual([data.map(plain)]);
    const isNumeric = ['DOUBLE', 'FLOAT', 'INT32'].includes(type as string) || data === longs;
    const expected = some(data).map((value) => (value === null && isNumeric ? Number.NaN : plain(value)));
    expect(await readAll(write([column(some(data))]))).toEqual([expected]);
  });

  test('times of any unit are UTC epoch ms, cut', async () => {
    const time = (unit: string) => ({
      type: 'TIMESTAMP',
      isAdjustedToUTC: true,
      unit,
    });
    const ms = 1_672_759_800_123;
    const schema = [
      { name: 'root', num_children: 3 },
      ...['MILLIS', 'MICROS', 'NANOS'].map((unit) => ({
        name: unit,
        type: 'INT64',
        repetition_type: 'REQUIRED',
        logical_type: time(unit),
      })),
    ];
    const columns = [BigInt(ms), BigInt(ms) * 1000n + 999n, BigInt(ms) * 1_000_000n + 999_999n].map(
      (value, n) => ({ name: schema[n + 1].name, data: BigInt64Array.of(value, -value) }),
    );
    const read = await readAll(write(columns as ColumnSource[], { schema }));
    expect(read).toEqual([
      [ms, -ms],
      [ms, -ms - 1],
      [ms, -ms - 1],
    ]);
  });

  test('a sample has the first rows of all columns, missing values among them', async () => {
    const path = write([
      { name: 'a', data: some(doubles), type: 'DOUBLE' },
      { name: 'b', data: texts, type: 'STRING' },
    ]);
    const { sample, names } = await openParquet(path);
    expect(names).toEqual(['a', 'b']);
    expect(sample).toHaveLength(200);
    expect(sample[1]).toEqual([String(doubles[1]), texts[1]]);
    expect(sample[2]).toEqual(['', texts[2]]);
  });

  test('big numbers stand highest byte first', () => {
    expect(bigEndian(Uint8Array.of(0xff, 0xff, 0xfe), 0, 3)).toBe(-2);
    expect(bigEndian(Uint8Array.of(1, 0, 0), 0, 3)).toBe(65_536);
  });
});

describe('a file that lies is refused, and soon', () => {
  const column: ColumnSource = {
    name: 'a',
    data: doubles,
    type: 'DOUBLE',
    encoding: 'PLAIN',
    nullable: false,
  };
  const good = () => new Uint8Array(parquetWriteBuffer({ columnData: [column], codec: 'UNCOMPRESSED' }));
  const zigzag = (value: number) => {
    const bytes: number[] = [];
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    return [...bytes, rest];
  };
  const sizes = zigzag(8 * NUM_ROWS);

  /** Puts other bytes for the first that are found from some place on; as many. */
  function patched(from: number, old: readonly number[], other: readonly number[]): string {
    const bytes = Buffer.from(good());
    const at = bytes.indexOf(Buffer.from(old), from);
    expect(at).toBeGreaterThanOrEqual(0);
    Buffer.from(other).copy(bytes, at);
    const path = join(folder, 'lie.parquet');
    writeFileSync(path, bytes);
    return path;
  }
  const footerAt = () => {
    const bytes = Buffer.from(good());
    return bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
  };
  const refusal = (path: string) => readAll(path).catch((error: unknown) => error as Error);

  test('a page of negative size, which would be read for ever', async () => {
    // The second of the two equal sizes is the packed one; an odd varint is negative.
    const [low, ...high] = sizes;
    const path = patched(5, [...sizes, 0x15, ...sizes], [...sizes, 0x15, low | 1, ...high]);
    expect(await refusal(path)).toMatchObject({
      code: 'corrupt-parquet',
      message: expect.stringContaining('packed size'),
    });
  });

  test('a page that is larger than its column', async () => {
    const path = patched(5, [...sizes, 0x15, ...sizes], [...sizes, 0x15, 0xfe, 0x7f]);
    expect(await refusal(path)).toMatchObject({
      code: 'corrupt-parquet',
      message: expect.stringContaining('outside'),
    });
  });

  test('more rows than its groups have', async () => {
    const rows = zigzag(NUM_ROWS);
    const path = patched(footerAt(), rows, zigzag(NUM_ROWS + 1));
    expect(await refusal(path)).toMatchObject({
      code: 'corrupt-parquet',
      message: expect.stringMatching(/701|700/),
    });
  });

  test('a footer longer than the file, a cut end, nothing at all', async () => {
    const path = join(folder, 'cut.parquet');
    const bytes = Buffer.from(good());
    bytes.writeUInt32LE(1 << 30, bytes.length - 8);
    writeFileSync(path, bytes);
    expect(await refusal(path)).toMatchObject({ message: expect.stringContaining('says its footer has') });
    writeFileSync(path, good().subarray(0, 100));
    expect(await refusal(path)).toMatchObject({ message: expect.stringContaining('its end is missing') });
    writeFileSync(path, 'PAR1');
    expect(await refusal(path)).toMatchObject({ message: expect.stringContaining('it has 4 bytes') });
  });

  test('any one byte of it changed, in one line at most', async () => {
    const path = join(folder, 'byte.parquet');
    const small = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'a', data: some([1, 2, 3, 4, 5, 6]), type: 'DOUBLE' },
          { name: 'b', data: ['x', 'y', 'x', 'y', 'x', 'y'], type: 'STRING' },
        ],
      }),
    );
    for (let at = 0; at < small.length; at += counts(3, 1)) {
      const bytes = Uint8Array.from(small);
      bytes[at] ^= 1 + rng.integer(255);
      writeFileSync(path, bytes);
      const found = await refusal(path);
      if (found instanceof Error)
        expect(found).toMatchObject({ code: expect.stringMatching(/^corrupt-parquet|^too-large/) });
    }
  });
});
