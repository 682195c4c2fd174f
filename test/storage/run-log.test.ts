import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunDirectory } from '../../storage/run-directory.ts';
import { type LogFormat, RunLog } from '../../storage/run-log.ts';

let directory: RunDirectory;
beforeEach(() => {
  directory = new RunDirectory(join(mkdtempSync(join(tmpdir(), 'market-gym-log-')), 'run'));
  directory.begin({});
});
afterEach(() => rmSync(join(directory.path, '..'), { recursive: true, force: true }));

const open = (formats: readonly LogFormat[], startStep?: number): RunLog =>
  new RunLog(directory, { formats, clock: { nowMs: () => 0 }, startStep });

const csv = (): string[] => readFileSync(directory.csvLog, 'utf8').trimEnd().split('\n');

test('the table has a column for every name, in the order of their first use, also for rows before it', () => {
  const log = open(['jsonl', 'csv']);
  log.append({ step: 10, kind: 'update', meanReturn: null, loss: 0.25 });
  log.append({ step: 20, kind: 'update', meanReturn: -3, loss: Number.NaN });
  expect(csv()).toEqual(['step,kind,meanReturn,loss', '10,update,,0.25', '20,update,-3,']);
  log.append({ step: 20, kind: 'evaluation', meanReturn: 1e-7, isBest: true, 'a,"b"': 'x\ny' });
  log.append({ step: 30, kind: 'update', meanReturn: 2, loss: 1 });
  expect(csv()).toEqual([
    'step,kind,meanReturn,loss,isBest,"a,""b"""',
    '10,update,,0.25,,',
    '20,update,-3,,,',
    '20,evaluation,1e-7,,true,"x',
    'y"',
    '30,update,2,1,,',
  ]);
});

test('a continued run forgets, in every format, what came past its checkpoint', () => {
  const log = open(['jsonl', 'csv']);
  for (const step of [10, 20, 30]) log.append({ step, kind: 'update', loss: step });
  const continued = open(['jsonl', 'csv'], 20);
  expect(csv()).toEqual(['step,kind,loss', '10,update,10', '20,update,20']);
  continued.append({ step: 25, kind: 'update', loss: 5 });
  expect(csv().at(-1)).toBe('25,update,5');
  expect(csv()).toHaveLength(4);
  expect(directory.readLog().map(({ step }) => step)).toEqual([10, 20, 25]);
});

test('JSON lines alone leave no other file, and an abandoned run none at all', () => {
  const everything = open(['jsonl', 'csv', 'tensorboard']);
  everything.append({ step: 1, kind: 'update', loss: 1 });
  directory.abandon();
  expect(() => readFileSync(directory.csvLog)).toThrow(/ENOENT/);
  directory.begin({});
  open(['jsonl']).append({ step: 1, kind: 'update', loss: 1 });
  expect(() => readFileSync(directory.csvLog)).toThrow(/ENOENT/);
  directory.abandon();
  expect(() => readFileSync(join(directory.path, 'run.json'))).toThrow(/ENOENT/);
});

test("TensorBoard's files begin with a START mark, and hold the names of Stable-Baselines3 beside ours", () => {
  let nowMs = 1000;
  const log = new RunLog(directory, { formats: ['tensorboard'], clock: { nowMs: () => nowMs } });
  nowMs = 3000;
  log.append({ step: 500, kind: 'update', meanReturn: 21, meanLength: 20, loss: 1 });
  log.append({ step: 500, kind: 'evaluation', meanReturn: 30, meanLength: 29 });
  const [file] = readdirSync(directory.tensorboardLog);
  const bytes = readFileSync(join(directory.tensorboardLog, file)).toString('latin1');
  const float = (value: number) => Buffer.from(Float32Array.of(value).buffer).toString('latin1');
  const scalar = (tag: string, value: number) => `${tag}\x15${float(value)}`;
  for (const [tag, value] of [
    ['rollout/ep_rew_mean', 21],
    ['rollout/ep_len_mean', 20],
    ['update/meanReturn', 21],
    ['time/fps', 250],
    ['eval/mean_reward', 30],
    ['eval/mean_ep_length', 29],
  ] as const) {
    expect(bytes).toContain(scalar(tag, value));
  }
  // SessionLog { status: START } before the first scalar.
  expect(bytes.indexOf('\x3a\x02\x08\x01')).toBeGreaterThan(0);
  expect(bytes.indexOf('\x3a\x02\x08\x01')).toBeLessThan(bytes.indexOf('update/'));
});
