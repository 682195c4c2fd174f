import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StorageError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { readTape, summarizeTape, TapeReader, type TapeRecord, type TornTail } from '../../storage/tape.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';

let path: string;
beforeEach(() => {
  path = fs.mkdtempSync(join(tmpdir(), 'market-gym-tape-'));
});
afterEach(() => fs.rmSync(path, { recursive: true, force: true }));

const RECORDS: readonly TapeRecord[] = [
  ['session', 1.5, { venues: ['a', 'b'], seed: 7 }],
  ['frame', 2, 'a', '{"u":1,"b":[["0.1","2"]]}'],
  ['frame', 2.25, 'b', 'line\nbreak, ü and "quotes"'],
  ['decision', 3, 0, [0.1, -0.2], null],
];

async function write(records: readonly TapeRecord[], segmentBytes?: number): Promise<string> {
  const writer = new TapeWriter(path, { segmentBytes });
  for (const record of records) {
    writer.append(record);
    if (segmentBytes !== undefined) writer.flush();
  }
  await writer.close();
  return writer.chain;
}

const read = (): TapeRecord[] => [...readTape(path)].map(({ record }) => record);

const errorOf = (call: () => unknown): StorageError => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError);
    expect((error as StorageError).message).not.toContain('\n');
    return error as StorageError;
  }
  throw new Error('Nothing was thrown.');
};

describe('a tape', () => {
  test('is brought to the disk in the background while it grows and begins new segments', async () => {
    const writer = new TapeWriter(path, { segmentBytes: 300 });
    const records = Array.from({ length: 200 }, (_, i): TapeRecord => ['frame', i, `text ${i}`]);
    for (const [i, record] of records.entries()) {
      writer.append(record);
      writer.syncInBackground();
      if (i % 7 === 0) await new Promise(setImmediate);
    }
    // What was flushed is there before the disk has answered.
    expect(read()).toEqual(records);
    await writer.close();
    expect(read()).toEqual(records);
    expect(summarizeTape(path)).toMatchObject({ numRecords: 200, torn: undefined, chain: writer.chain });
    expect(summarizeTape(path).numSegments).toBeGreaterThan(20);
  });

  test('gives back its records in order, and is continued where it ended', async () => {
    await write(RECORDS.slice(0, 2));
    const chain = await write(RECORDS.slice(2));
    expect(read()).toEqual(RECORDS);
    expect([...readTape(path)].map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(summarizeTape(path)).toMatchObject({
      numRecords: 4,
      numSegments: 1,
      fromMs: 1.5,
      toMs: 3,
      kinds: { session: 1, frame: 2, decision: 1 },
      chain,
      torn: undefined,
    });
  });

  test('is the same whether it was written in one go or continued', async () => {
    const whole = await write(RECORDS);
    fs.rmSync(path, { recursive: true });
    await write(RECORDS.slice(0, 3));
    expect(await write(RECORDS.slice(3))).toBe(whole);
  });

  test('of many segments compresses all but the last and reads as one', async () => {
    const records = Array.from({ length: 500 }, (_, i): TapeRecord => ['frame', i, 'x'.repeat(i)]);
    await write(records.slice(0, 300), 4096);
    await write(records.slice(300), 4096);
    const names = fs
      .readdirSync(path)
      .filter((name) => name.includes('.jsonl'))
      .sort();
    expect(names.length).toBeGreaterThan(10);
    expect(names.slice(0, -1).every((name) => name.endsWith('.jsonl.gz'))).toBe(true);
    expect(names.at(-1)).toMatch(/^\d{6}\.jsonl$/);
    expect(read()).toEqual(records);
    // A crash between the compressed file's appearance and the plain one's removal.
    fs.writeFileSync(join(path, '000001.jsonl'), gunzipSync(fs.readFileSync(join(path, names[0]))));
    expect(read()).toEqual(records);
    await write([]);
    expect(fs.existsSync(join(path, '000001.jsonl'))).toBe(false);
  });
});

describe('an end that was cut off', () => {
  test('at any byte is found, told, and removed by who continues', async () => {
    await write(RECORDS);
    const file = join(path, '000001.jsonl');
    const whole = fs.readFileSync(file);
    const firstLine = whole.indexOf(10) + 1;
    for (let length = 0; length < whole.length; length++) {
      fs.writeFileSync(file, whole.subarray(0, length));
      const kept = whole.subarray(0, length).lastIndexOf(10) + 1;
      const tails: TornTail[] = [];
      const records = [...readTape(path, { onTorn: (tail) => tails.push(tail) })];
      expect(tails.map(({ numBytes }) => numBytes)).toEqual(length === kept ? [] : [length - kept]);
      expect(records.map(({ record }) => record)).toEqual(RECORDS.slice(0, records.length));
      if (length > kept && length > firstLine) expect(errorOf(read).code).toBe('torn-tail');
      const writer = new TapeWriter(path);
      expect(writer.torn?.numBytes ?? 0).toBe(length - kept);
      expect(writer.numRecords).toBe(records.length);
      for (const record of RECORDS.slice(records.length)) writer.append(record);
      await writer.close();
      expect(fs.readFileSync(file)).toEqual(whole);
    }
  });
});

describe('a tape that is not what was written is refused', () => {
  test('for any bit of it', async () => {
    await write(RECORDS);
    const file = join(path, '000001.jsonl');
    const whole = fs.readFileSync(file);
    const rng = createRng('tape');
    for (let i = 0; i < whole.length; i++) {
      const damaged = Buffer.from(whole);
      damaged[i] ^= 1 << rng.integer(8);
      fs.writeFileSync(file, damaged);
      const { code } = errorOf(() => [...readTape(path, { onTorn: () => {} })].length === 4 || read());
      expect(['corrupt', 'foreign', 'unsupported-version', 'torn-tail']).toContain(code);
    }
  });

  test('for a line or a segment that is missing, or in another place', async () => {
    await write(RECORDS);
    const file = join(path, '000001.jsonl');
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    fs.writeFileSync(file, lines.toSpliced(2, 1).join('\n'));
    expect(errorOf(read).message).toMatch(/line 3 is not what was written/);
    fs.writeFileSync(file, [lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n'));
    expect(errorOf(read).code).toBe('corrupt');
    fs.rmSync(file);
    await write(
      Array.from({ length: 200 }, (_, i): TapeRecord => ['frame', i, 'x'.repeat(99)]),
      4096,
    );
    fs.rmSync(join(path, '000002.jsonl.gz'));
    expect(errorOf(read).message).toContain('segment 2 is missing');
  });

  test('for another version or another program', async () => {
    await write(RECORDS);
    const file = join(path, '000001.jsonl');
    const text = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, text.replace('["tape",1,', '["tape",2,'));
    expect(errorOf(read).code).toBe('unsupported-version');
    fs.writeFileSync(file, '{"some":"json lines of another program"}\n');
    expect(errorOf(read).code).toBe('foreign');
    expect(errorOf(() => new TapeWriter(path)).code).toBe('foreign');
    fs.writeFileSync(join(path, '000001.jsonl.gz'), gzipSync(text).subarray(0, -9));
    expect(errorOf(read).message).toContain('it is not whole');
  });
});

describe('a tape that is read in pieces', () => {
  const long: readonly TapeRecord[] = Array.from({ length: 40 }, (_, i) => [
    'frame',
    i,
    createRng(i)
      .integer(2 ** 31)
      .toString(36)
      .repeat(i % 5 === 0 ? 40_000 : 300),
  ]);
  const inPieces = () => [...readTape(path, { inPieces: true, onTorn: (tail) => torn.push(tail) })];
  const torn: TornTail[] = [];
  beforeEach(() => {
    torn.length = 0;
  });

  test.each([undefined, 300_000, 1_000_000])(
    'gives the same records in segments of %s bytes',
    async (bytes) => {
      await write(long, bytes);
      expect(inPieces()).toEqual([...readTape(path)]);
      expect(inPieces().map(({ record }) => record)).toEqual(long);
    },
  );

  test('goes on from the middle of a segment that was compressed meanwhile', async () => {
    await write(long);
    const reader = new TapeReader(path);
    const first = [];
    for (const { record } of reader.read({ inPieces: true })) if (first.push(record) === 15) break;
    const file = join(path, '000001.jsonl');
    fs.writeFileSync(`${file}.gz`, gzipSync(fs.readFileSync(file)));
    fs.rmSync(file);
    const rest = [...reader.read({ inPieces: true })].map(({ record }) => record);
    // Who stops at a record gets it again.
    expect([...first.slice(0, -1), ...rest]).toEqual(long);
  });

  test('has the same tail that was cut off, and names the same damage', async () => {
    await write(long);
    const file = join(path, '000001.jsonl');
    const whole = fs.readFileSync(file);
    fs.writeFileSync(file, whole.subarray(0, -7));
    expect(inPieces()).toHaveLength(39);
    const tails: TornTail[] = [];
    expect([...readTape(path, { onTorn: (tail) => tails.push(tail) })]).toHaveLength(39);
    expect(torn).toEqual(tails);
    whole[whole.length - 100] ^= 1;
    fs.writeFileSync(file, whole);
    expect(errorOf(inPieces).message).toBe(errorOf(() => [...readTape(path)]).message);
    fs.rmSync(file);
    fs.writeFileSync(`${file}.gz`, gzipSync(whole).subarray(0, -2000));
    expect(errorOf(inPieces).code).toBe('corrupt');
    fs.writeFileSync(`${file}.gz`, 'no gzip at all');
    expect(errorOf(inPieces).code).toBe('corrupt');
  });
});
