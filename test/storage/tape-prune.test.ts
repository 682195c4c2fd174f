/** What a tape is after its older part was taken away. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTape, summarizeTape, type TapeRecord } from '../../storage/tape.ts';
import { lastCheckpoint } from '../../storage/tape-place.ts';
import { pruneTape } from '../../storage/tape-prune.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';

let folder: string;
let tape: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-tape-prune-'));
  tape = join(folder, 'tape');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A record each second, a checkpoint every ten. */
async function write(from: number, to: number): Promise<void> {
  const writer = new TapeWriter(tape);
  for (let n = from; n < to; n++) {
    if (n % 10 === 9) writer.appendFirst(['checkpoint', 1000 * n, { index: n, state: '' }]);
    else writer.append(['note', 1000 * n, `text ${n}`]);
  }
  await writer.close();
}

const indices = (path: string) => [...readTape(path)].map(({ index }) => index);

test('a checkpoint begins a segment, and the last one is found', async () => {
  await write(0, 35);
  expect(lastCheckpoint(tape)).toMatchObject({ index: 29, segment: 4 });
  expect([...readTape(tape, { from: lastCheckpoint(tape) })].map(({ index }) => index)).toEqual([
    29, 30, 31, 32, 33, 34,
  ]);
  expect(indices(tape)).toHaveLength(35);
});

test('keeps what is to be kept, numbered and chained as before, and is written on', async () => {
  await write(0, 35);
  const { chain } = summarizeTape(tape);
  // 34 s less 10 s: the checkpoint at 19 s is the last that is old enough.
  const { segments, place } = pruneTape(tape, { keepMs: 10_000 });
  expect(segments).toEqual([1, 2]);
  expect(place?.index).toBe(19);
  expect(indices(tape)).toEqual(Array.from({ length: 16 }, (_, n) => 19 + n));
  expect(summarizeTape(tape)).toMatchObject({ numRecords: 35, chain });
  await write(35, 50);
  expect(indices(tape).at(-1)).toBe(49);
  expect(pruneTape(tape, { keepMs: 1e9 }).segments).toEqual([]);
  expect(pruneTape(tape, { keepMs: 0 }).place?.index).toBe(49);
  expect(indices(tape)).toEqual([49]);
});

test('what was moved away is a tape of its own, and both together are the tape that was', async () => {
  await write(0, 35);
  const whole = [...readTape(tape)];
  const archive = join(folder, 'archive');
  pruneTape(tape, { keepMs: 3000, archive });
  expect(indices(archive)).toEqual(Array.from({ length: 29 }, (_, n) => n));
  for (const name of readdirSync(archive)) copyFileSync(join(archive, name), join(tape, name));
  rmSync(join(tape, 'pruned.json'));
  expect([...readTape(tape)]).toEqual(whole);
});

test.each<[what: string, change: () => void]>([
  [
    'with another beginning than was kept',
    () => {
      const file = join(tape, 'pruned.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/"chain":"./, '"chain":"g'));
    },
  ],
  ['that lost what says where it begins', () => rmSync(join(tape, 'pruned.json'))],
  ['whose beginning is no JSON', () => writeFileSync(join(tape, 'pruned.json'), '{')],
  ['whose beginning says nothing', () => writeFileSync(join(tape, 'pruned.json'), '{}')],
])('a tape %s is damaged', async (_, change) => {
  await write(0, 35);
  pruneTape(tape, { keepMs: 3000 });
  change();
  expect(() => indices(tape)).toThrow(expect.objectContaining({ code: 'corrupt' }));
});

test('a tape that is damaged before the cut is left as it is', async () => {
  await write(0, 35);
  const file = join(tape, '000001.jsonl');
  const name = readdirSync(tape).includes('000001.jsonl') ? file : `${file}.gz`;
  const bytes = readFileSync(name);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(name, bytes);
  const before = readdirSync(tape);
  expect(() => pruneTape(tape, { keepMs: 0 })).toThrow(expect.objectContaining({ code: 'corrupt' }));
  expect(readdirSync(tape)).toEqual(before);
});

test('without a checkpoint nothing is taken away', async () => {
  const writer = new TapeWriter(tape);
  for (let n = 0; n < 5; n++) writer.append(['note', n, 'x'] satisfies TapeRecord);
  await writer.close();
  expect(pruneTape(tape, { keepMs: 0 })).toEqual({ segments: [], place: undefined });
});
