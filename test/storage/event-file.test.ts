import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { crc32c, EventFile } from '../../storage/event-file.ts';
import { TensorBoardLog } from '../../storage/tensorboard-log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-events-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const WALL_TIME_MS = 1_700_000_000_123;

describe('EventFile', () => {
  test('checksums as RFC 3720 has them (appendix B.4)', () => {
    expect(crc32c(new Uint8Array(32)).toString(16)).toBe('8a9136aa');
    expect(crc32c(new Uint8Array(32).fill(0xff)).toString(16)).toBe('62a8ab43');
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)).toString(16)).toBe('46dd794e');
  });

  test('writes the version, then a scalar, byte by byte as the writer of TensorBoard does', () => {
    const path = join(folder, 'events.out.tfevents.0');
    new EventFile(path, WALL_TIME_MS).scalars(300, { loss: -0.5 }, WALL_TIME_MS);
    const wallTime = '093bdf0740fc54d941';
    const version = `${wallTime}10001a0d${Buffer.from('brain.Event:2').toString('hex')}`;
    const value = `0a04${Buffer.from('loss').toString('hex')}15000000bf`;
    const scalar = `${wallTime}10ac022a0d0a0b${value}`;
    expect(readFileSync(path).toString('hex')).toBe(
      `1a00000000000000129bd82d${version}8ae294be1b000000000000001a0d9e13${scalar}f2b69079`,
    );
  });

  test('does not write over a file that is there', () => {
    const path = join(folder, 'events.out.tfevents.0');
    new EventFile(path, 0);
    expect(() => new EventFile(path, 0)).toThrow(/Cannot write/);
  });
});

const READER = `
import json, logging, sys
logging.disable(logging.CRITICAL)
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
print(json.dumps({tag: [[s.step, s.value, s.wall_time] for s in events.Scalars(tag)] for tag in events.Tags()['scalars']}))
`;

const canRead =
  spawnSync('python3', ['-c', 'import tensorboard'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
if (!canRead) console.warn("skipped: TensorBoard's own reader is not installed (pip install tensorboard)");

/** What TensorBoard makes of the folder: step, value and wall time of every scalar, by tag. */
function readWithTensorBoard(): Record<string, [step: number, value: number, wallTime: number][]> {
  const { stdout, stderr } = spawnSync('python3', ['-c', READER, folder], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

describe.skipIf(!canRead)("TensorBoard's own reader", () => {
  const clock = { nowMs: () => WALL_TIME_MS };

  test('reads back tags, steps, values and times; what is no finite number is left out', () => {
    const log = new TensorBoardLog(folder, clock);
    for (const step of [1, 300, 2 ** 40]) {
      log.append({ step, kind: 'update', loss: step / 8, meanReturn: null, 'ünlich/x y': -step });
    }
    log.append({ step: 301, kind: 'evaluation', meanReturn: 1.5, isBest: true, broken: Number.NaN });
    const wallTime = WALL_TIME_MS / 1000;
    expect(readWithTensorBoard()).toEqual({
      'update/loss': [1, 300, 2 ** 40].map((step) => [step, step / 8, wallTime]),
      'update/ünlich/x y': [1, 300, 2 ** 40].map((step) => [step, -step, wallTime]),
      'evaluation/meanReturn': [[301, 1.5, wallTime]],
    });
  });

  test('forgets what a continued run tells anew, also past a record that a crash cut off', () => {
    const log = new TensorBoardLog(folder, clock);
    for (const step of [100, 200, 300, 400]) log.append({ step, kind: 'update', loss: 1 });
    const file = join(folder, readdirSync(folder)[0]);
    truncateSync(file, readFileSync(file).length - 5);
    const continued = new TensorBoardLog(folder, clock, 200);
    for (const step of [250, 350]) continued.append({ step, kind: 'update', loss: 2 });
    const steps = readWithTensorBoard()['update/loss'].map(([step, value]) => [step, value]);
    expect(steps).toEqual([
      [100, 1],
      [200, 1],
      [250, 2],
      [350, 2],
    ]);
  });
});
