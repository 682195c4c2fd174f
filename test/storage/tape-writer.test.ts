import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StorageError } from '../../core/errors.ts';
import { readTape, summarizeTape, TapeReader, type TapeRecord } from '../../storage/tape.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';

const APPENDER = fileURLToPath(new URL('./tape-appender.mjs', import.meta.url));
const ROUNDS = 150;

let path: string;
beforeAll(() => {
  const compiled = fileURLToPath(new URL('../../dist/storage/tape-writer.js', import.meta.url));
  if (!existsSync(compiled)) throw new Error('dist/ is missing: run npm run build before these tests.');
});
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'market-gym-tape-writer-'));
});
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  rmSync(path, { recursive: true, force: true });
});

/** A writer in a process of its own, which has begun. */
async function startAppender(...args: string[]) {
  const child = spawn(process.execPath, [APPENDER, path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('begun');
  return { child, exited: once(child, 'exit'), nextLine: async () => String((await lines.next()).value) };
}

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

describe('beside a writer of another process', () => {
  test('every reading is a verified part of the tape from its beginning, however segments are compressed', async () => {
    const { child, exited, nextLine } = await startAppender();
    const follower = new TapeReader(path);
    const numRecords: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      let n = 0;
      for (const { index, record } of readTape(path, { onTorn: () => {} })) {
        if (index !== n || record[1] !== n || String(record[2]).length !== (n * 7919) % 400) {
          throw new Error(`Record ${n} of round ${round} is not what was written.`);
        }
        n++;
      }
      numRecords.push(n);
      for (const { index, record } of follower.read({ onTorn: () => {} })) {
        if (record[1] !== index) throw new Error(`Record ${index} was followed wrongly.`);
      }
      expect(follower.numRecords).toBeGreaterThanOrEqual(n);
      if (round % 10 === 0) expect(summarizeTape(path).numRecords).toBeGreaterThanOrEqual(n);
      await new Promise(setImmediate);
    }
    child.stdin.end();
    const chain = await nextLine();
    await exited;
    expect(numRecords).toEqual(numRecords.toSorted((a, b) => a - b));
    expect(readdirSync(path).filter((name) => name.endsWith('.jsonl.gz')).length).toBeGreaterThan(10);
    expect(summarizeTape(path)).toMatchObject({ chain, torn: undefined });
    for (const _ of follower.read()) {
      // The rest.
    }
    expect(follower.chain).toBe(chain);
  });

  test('no second writer begins, and a writer that was killed is in nobody’s way', async () => {
    const { child, exited } = await startAppender('hold');
    const before = readFileSync(join(path, '000001.jsonl'));
    expect(codeOf(() => new TapeWriter(path))).toBe('tape-in-use');
    expect(readFileSync(join(path, '000001.jsonl'))).toEqual(before);
    child.kill('SIGKILL');
    await exited;
    const writer = new TapeWriter(path);
    await writer.close();
  });
});

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
