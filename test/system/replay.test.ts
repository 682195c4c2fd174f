/** Tapes of sessions, replayed by another process. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { TapeWriter } from '../../storage/tape-writer.ts';
import { freshDist } from '../dist.ts';
import { generateTape } from '../live/generated-tape.ts';
import { counts } from '../soak.ts';

freshDist('live/tape/replay.js');
const directory = mkdtempSync(join(tmpdir(), 'market-gym-replay-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const NUM_TAPES = counts(20, 100);

test(`${NUM_TAPES} sessions are the same in another process, byte for byte`, {
  timeout: 180_000,
}, async () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < NUM_TAPES; seed++) {
    const writer = new TapeWriter(join(directory, String(seed).padStart(3, '0')), { segmentBytes: 50_000 });
    for (const record of generateTape(seed)) {
      kinds.add(record[0]);
      writer.append(record);
    }
    await writer.close();
  }
  expect([...kinds]).toEqual(expect.arrayContaining(['halt', 'model', 'close-out', 'fill', 'state']));
  const program = fileURLToPath(new URL('./replay-many.mjs', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [program, directory], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  expect(stderr).toBe('');
  const outcomes = JSON.parse(stdout) as { [key: string]: number | null }[];
  expect(outcomes.length).toBe(NUM_TAPES);
  expect(outcomes.filter(({ difference, numMissing }) => difference !== null || numMissing !== 0)).toEqual(
    [],
  );
  expect(outcomes.reduce((sum, { numFills }) => sum + Number(numFills), 0)).toBeGreaterThan(10 * NUM_TAPES);
});
