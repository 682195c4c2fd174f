/** Logs as TensorBoard's own reader reads them; skipped where it is not installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TensorBoardLog } from '../../storage/tensorboard-log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-events-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const WALL_TIME_MS = 1_700_000_000_123;

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
