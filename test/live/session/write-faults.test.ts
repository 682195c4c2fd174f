/** A disk that fails under a session, at any operation: the tape is whole up to there, Halt halts, and the next start knows. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import type { LiveMarket } from '../../../live/session/live-market.ts';
import { replayTape } from '../../../live/tape/replay.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import { readTape } from '../../../storage/tape.ts';
import { isTape } from '../../../storage/tape-segments.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { counts } from '../../soak.ts';
import { FAULTS, type Fault, FaultyDisk } from '../../storage/faulty-disk.ts';
import { hashPolicy } from '../recorded-session.ts';
import { type ScriptedRun, scriptedRun, TRADING_SCRIPT } from '../scripted-run.ts';

const books = walkingBooks({ events: 150, depth: 3, seed: 4 });
const options = {
  venues: builtInVenues,
  policyFor: (_model: string, _createdMs: number, market: LiveMarket) => hashPolicy(market),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-write-faults-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
let numFaults = 0;
afterAll(() => {
  console.log(`${numFaults} faults of the disk, each at an operation of its own`);
  expect(numFaults).toBeGreaterThanOrEqual(counts(24, 500));
});

interface Outcome {
  readonly numOperations: number;
  readonly numFailures: number;
  readonly script: ScriptedRun | undefined;
  readonly records: readonly string[];
}

/** A session of all books on a disk that fails at an operation, halted by hand at the end. */
async function runOn(
  fault: Fault,
  failAt: number,
  spare?: string,
  halts = true,
  once = false,
): Promise<Outcome> {
  const disk = new FaultyDisk(join(folder, 'tape'), fault, failAt, once);
  let script: ScriptedRun | undefined;
  const records: string[] = [];
  try {
    script = scriptedRun({
      books,
      config: TRADING_SCRIPT,
      tape: join(folder, 'tape'),
      tapeFallback: spare,
      checkpointInputs: 25,
      onRecord: ([kind]) => records.push(kind),
    });
    for (let i = 0; i < 5; i++) {
      script.play(30);
      await new Promise(setImmediate);
    }
    if (halts) {
      script.run.halt('by hand');
      expect(script.run.session.guard.state).toBe('halted');
    }
    await script.run.stop();
  } catch (error) {
    // What fails before the session begins is told to whoever begins it.
    expect((error as { code?: string }).code).toMatch(/^(write-failed|read-failed)$/);
    expect(script).toBeUndefined();
  } finally {
    disk.restore();
  }
  const { numOperations, numFailures } = disk;
  return { numOperations, numFailures, script, records };
}

/** The tape is whole up to where it ends, and repeats itself; the next session goes on with it. */
async function expectWhole(tape: string, spare?: string): Promise<void> {
  if (!isTape(tape)) return;
  const torn: unknown[] = [];
  const { length } = [...readTape(tape, { onTorn: (tail) => torn.push(tail) })];
  if (length > 0)
    expect(replayTape(readTape(tape, { onTorn: () => {} }), options).difference).toBeUndefined();
  const next = scriptedRun({ books, config: TRADING_SCRIPT, tape, tapeFallback: spare, skip: 149 });
  if (length > 0) expect(next.run.recovery).toBeDefined();
  if (torn.length > 0) expect(next.run.recovery?.torn).toBeDefined();
  await next.run.stop();
}

test('a whole run writes, opens, syncs, renames and removes', async () => {
  const disk = new FaultyDisk(join(folder, 'tape'), 'EIO', 0);
  const script = scriptedRun({
    books,
    config: TRADING_SCRIPT,
    tape: join(folder, 'tape'),
    checkpointInputs: 25,
  });
  script.play(150);
  await script.run.stop();
  disk.restore();
  expect(new Set(disk.calls)).toEqual(
    new Set(
      ['open', 'write', 'fdatasyncSync', 'fdatasync', 'rename', 'rm', 'ftruncateSync'].filter((name) =>
        disk.calls.includes(name),
      ),
    ),
  );
  for (const name of ['open', 'write', 'fdatasyncSync', 'rename', 'rm']) expect(disk.calls).toContain(name);
});

describe.each(FAULTS)('%s', (fault) => {
  test('at any operation leaves a whole tape, lets Halt halt, and the next start go on', {
    timeout: 1_200_000,
  }, async () => {
    const { numOperations } = await runOn(fault, 0);
    rmSync(join(folder, 'tape'), { recursive: true });
    const rng = createRng(`points ${fault}`);
    const numPoints = counts(6, Math.min(numOperations, 150));
    const step = numOperations / numPoints;
    for (let point = 0; point < numPoints; point++) {
      const failAt = 1 + Math.min(numOperations - 1, Math.floor((point + rng.uniform()) * step));
      const { script, records } = await runOn(fault, failAt);
      if (records.includes('tape-failed')) {
        expect(script!.run.tapeFailure).toContain('the tape cannot be written');
        expect(script!.run.tapePath).toBe(join(folder, 'tape'));
      }
      await expectWhole(join(folder, 'tape'));
      rmSync(join(folder, 'tape'), { recursive: true, force: true });
      numFaults++;
    }
  });
});

describe('a session with a spare tape', () => {
  test('goes on there, trades, and is continued there', async () => {
    const spare = join(folder, 'spare');
    const { script, records } = await runOn('ENOSPC', 20, spare, false);
    expect(records.filter((kind) => kind === 'tape-failed' || kind === 'continues')).toEqual([
      'tape-failed',
      'continues',
    ]);
    expect(script!.run.tapePath).toBe(spare);
    expect(script!.run.tapeFailure).toBeUndefined();
    expect(script!.run.session.guard.state).toBe('active');
    const { numDecisions } = script!.run.session;
    expect(numDecisions).toBeGreaterThan(5);
    const [first, second] = [...readTape(spare)].map(({ record }) => record);
    expect(first[0]).toBe('checkpoint');
    expect(second[2]).toMatchObject({
      tape: join(folder, 'tape'),
      reason: expect.stringContaining('no space is left'),
    });
    expect(replayTape(readTape(spare), options).difference).toBeUndefined();
    const next = scriptedRun({
      books,
      config: TRADING_SCRIPT,
      tape: join(folder, 'tape'),
      tapeFallback: spare,
      skip: 149,
    });
    expect(next.run.recovery).toMatchObject({ isSpare: true, ended: 'stopped' });
    expect(next.run.session.numDecisions).toBeGreaterThanOrEqual(numDecisions);
    await next.run.stop();
  });

  test('whose disk is full too closes what is open and ends', async () => {
    const spare = join(folder, 'tape', 'spare');
    let reason: string | undefined;
    const disk = new FaultyDisk(join(folder, 'tape'), 'ENOSPC', 12);
    const script = scriptedRun({
      books,
      config: TRADING_SCRIPT,
      tape: join(folder, 'tape'),
      tapeFallback: spare,
      onEnd: (why) => {
        reason = why;
      },
    });
    script.play(150);
    expect(script.run.session.guard.state).toBe('reducing');
    script.clock.runUntil(script.clock.monotonicMs() + 70_000);
    disk.restore();
    expect(reason).toMatch(/cannot be written.* The spare tape neither/);
    await script.run.stop(reason);
    expect(existsSync(join(folder, 'tape', '000001.jsonl'))).toBe(true);
    await expectWhole(join(folder, 'tape'));
  });

  test('that holds something else is refused before anything is done', async () => {
    const spare = join(folder, 'spare');
    const other = scriptedRun({ books, config: TRADING_SCRIPT, tape: spare });
    other.play(10);
    await other.run.stop();
    expect(() =>
      scriptedRun({ books, config: TRADING_SCRIPT, tape: join(folder, 'tape'), tapeFallback: spare }),
    ).toThrow(expect.objectContaining({ code: 'foreign-spare-tape' }));
    expect(isTape(join(folder, 'tape'))).toBe(false);
  });
});

test('a session without a spare tape takes no risk, closes what is open, and asks to be ended after a while', async () => {
  const ends: string[] = [];
  const disk = new FaultyDisk(join(folder, 'tape'), 'EROFS', 40);
  const script = scriptedRun({
    books,
    config: TRADING_SCRIPT,
    tape: join(folder, 'tape'),
    onEnd: (reason) => ends.push(reason),
  });
  script.play(150);
  expect(script.run.session.guard.state).toBe('reducing');
  expect(script.run.session.guard.reducingReason).toContain('read-only');
  expect(script.run.market.isFlat).toBe(true);
  script.clock.runUntil(script.clock.monotonicMs() + 70_000);
  disk.restore();
  expect(ends).toEqual([expect.stringContaining('the tape cannot be written')]);
  await script.run.stop(ends[0]);
  await expectWhole(join(folder, 'tape'));
});
