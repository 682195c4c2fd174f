/** A tape beside a writer of another process, which may be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTape, summarizeTape, TapeReader } from '../../../storage/tape.ts';
import { TapeWriter } from '../../../storage/tape-writer.ts';
import { freshDist } from '../../dist.ts';
import { counts } from '../../soak.ts';

freshDist('storage/tape-writer.js');
const APPENDER = fileURLToPath(new URL('./tape-appender.mjs', import.meta.url));
const ROUNDS = counts(40, 150);

let path: string;
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
    expect(() => new TapeWriter(path)).toThrow(expect.objectContaining({ code: 'tape-in-use' }));
    expect(readFileSync(join(path, '000001.jsonl'))).toEqual(before);
    child.kill('SIGKILL');
    await exited;
    const writer = new TapeWriter(path);
    await writer.close();
  });
});
