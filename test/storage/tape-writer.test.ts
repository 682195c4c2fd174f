import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StorageError } from '../../core/errors.ts';
import { readTape, TapeReader, type TapeRecord } from '../../storage/tape.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'market-gym-tape-writer-'));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError);
    expect((error as StorageError).message).not.toContain('\n');
    return (error as StorageError).code;
  }
  return 'no error';
};

describe('a tape', () => {
  const records = Array.from({ length: 60 }, (_, n): TapeRecord => ['frame', n, `text ${n}`]);

  test('has one writer in a process, too, until it is closed or abandoned', async () => {
    const writer = new TapeWriter(path);
    expect(codeOf(() => new TapeWriter(path))).toBe('tape-in-use');
    await writer.close();
    const second = new TapeWriter(path);
    second.abandon();
    await new TapeWriter(path).close();
    writeFileSync(join(path, '000001.jsonl'), 'something else\n');
    expect(codeOf(() => new TapeWriter(path))).toBe('foreign');
    // Who could not begin holds nothing.
    expect(codeOf(() => new TapeWriter(path))).toBe('foreign');
  });

  test('is followed bit by bit, and a record at which the reading stopped comes again', async () => {
    const writer = new TapeWriter(path, { segmentBytes: 500 });
    const reader = new TapeReader(path);
    const seen: number[] = [];
    for (const [n, record] of records.entries()) {
      writer.append(record);
      if (n % 4 === 3) writer.flush();
      if (n % 7 !== 6) continue;
      for (const { index } of reader.read()) {
        if (index > n - 3) break;
        seen.push(index);
      }
      expect(reader.numRecords).toBe(seen.length);
      await new Promise(setImmediate);
    }
    await writer.close();
    for (const { index, record } of reader.read()) {
      seen.push(index);
      expect(record).toEqual(records[index]);
    }
    expect(seen).toEqual(records.map((_, n) => n));
    expect(reader.chain).toBe(writer.chain);
  });

  test('that was changed behind a follower is refused at the next line', async () => {
    const writer = new TapeWriter(path);
    writer.append(records[0]);
    writer.flush();
    const reader = new TapeReader(path);
    expect([...reader.read()]).toHaveLength(1);
    await writer.close();
    const file = join(path, '000001.jsonl');
    const other = mkdtempSync(join(tmpdir(), 'market-gym-tape-writer-'));
    const stranger = new TapeWriter(other);
    stranger.append(['frame', 0, 'text 9']);
    stranger.append(records[1]);
    await stranger.close();
    writeFileSync(file, readFileSync(join(other, '000001.jsonl')));
    rmSync(other, { recursive: true });
    expect(codeOf(() => [...reader.read()])).toBe('corrupt');
  });

  test('has nothing of compressions that were cut off after its next opening', async () => {
    const writer = new TapeWriter(path, { segmentBytes: 500 });
    for (const record of records) {
      writer.append(record);
      writer.flush();
    }
    await writer.close();
    const last = readdirSync(path).filter((name) => name.endsWith('.jsonl'))[0];
    writeFileSync(join(path, `${last}.gz.tmp`), 'half');
    await new TapeWriter(path).close();
    expect(readdirSync(path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('a tape that was taken away', () => {
  test('is noticed at the next write, and the tape in its place is left alone', async () => {
    const first = new TapeWriter(path, { segmentBytes: 2000 });
    first.append(['note', 1, 'first']);
    first.flush();
    rmSync(path, { recursive: true });
    const second = new TapeWriter(path);
    second.append(['note', 1, 'second']);
    second.flush();
    first.append(['note', 2, 'first again']);
    expect(() => first.flush()).toThrow(expect.objectContaining({ code: 'tape-replaced' }));
    expect(first.failure).toContain('removed, moved or replaced');
    // Nothing more is written, and nothing more is thrown.
    for (let n = 0; n < 100; n++) first.append(['note', n, 'x'.repeat(100)]);
    first.flush();
    second.append(['note', 2, 'second again']);
    await second.close();
    expect([...readTape(path)].map(({ record }) => record[2])).toEqual(['second', 'second again']);
  });

  test('is noticed where only its lock was removed', () => {
    const writer = new TapeWriter(path);
    rmSync(join(path, 'writer.lock'));
    writer.append(['note', 1, 'x']);
    expect(() => writer.flush()).toThrow(expect.objectContaining({ code: 'tape-replaced' }));
    writer.abandon();
  });
});
