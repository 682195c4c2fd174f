/** What a run's directory holds, and what it refuses. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunDirectory } from '../../storage/run-directory.ts';

let root: string;
let path: string;
let directory: RunDirectory;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'market-gym-run-'));
  path = join(root, 'läufe', 'a run');
  directory = new RunDirectory(path);
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const specification = { seed: 7, agent: { name: 'ppo', config: { hidden: [64, 64] } } };
const failure = (code: string, ...words: string[]) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(new RegExp(`^[^\\n]*${words.join('[^\\n]*')}[^\\n]*$`)),
  });

test('a specification comes back as it was given', () => {
  directory.begin(specification);
  expect(new RunDirectory(path).specification()).toEqual(specification);
});

test('naming a directory writes nothing', () => {
  expect(existsSync(path)).toBe(false);
});

test('a directory that holds a run is left alone', () => {
  directory.begin(specification);
  expect(() => directory.begin({ seed: 8 })).toThrow(failure('run-exists', '--resume', '--out'));
  expect(directory.specification()).toEqual(specification);
});

test('checkpoints without their specification are not mixed with those of a new run', () => {
  mkdirSync(directory.checkpoints, { recursive: true });
  expect(() => directory.begin(specification)).toThrow(failure('run-exists', '--out'));
  expect(readdirSync(path)).toEqual(['checkpoints']);
});

test('a path at or under a file is refused, with what to do', () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  expect(() => new RunDirectory(file).begin(specification)).toThrow(
    failure('write-failed', 'is a file', 'choose'),
  );
  expect(() => new RunDirectory(join(file, 'run')).begin(specification)).toThrow(
    failure('write-failed', 'a part of this path is a file', 'Choose'),
  );
});

test('a directory without a run is told as such', () => {
  expect(() => directory.specification()).toThrow(failure('no-run', 'run.json', 'Give a directory'));
});

test.each([
  '',
  'rubbish',
  'null',
  '[]',
  '{"format":"other"}',
  '{"format":"market-gym-run","formatVersion":2}',
])('a run.json of %j is refused', (text) => {
  directory.begin(specification);
  writeFileSync(join(path, 'run.json'), text);
  expect(() => directory.specification()).toThrow(failure('unreadable-run', 'run.json', 'Restore'));
});

test('rows of the log come back in order, and what is not finite as null', () => {
  directory.begin(specification);
  expect(directory.readLog()).toEqual([]);
  directory.log({ step: 1, loss: 0.1 + 0.2 });
  directory.log({ step: 2, loss: Number.NaN });
  expect(directory.readLog()).toEqual([
    { step: 1, loss: 0.1 + 0.2 },
    { step: 2, loss: null },
  ]);
});

test('a last line that a crash cut off is left out, and rewinding removes it', () => {
  directory.begin(specification);
  for (const step of [1, 2, 3]) directory.log({ step });
  appendFileSync(join(path, 'log.jsonl'), '{"step":4,"lo');
  expect(directory.readLog()).toHaveLength(3);
  directory.rewindLog(2);
  directory.log({ step: 3 });
  expect(directory.readLog()).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }]);
});

test('a line in the midst that is no row is named', () => {
  directory.begin(specification);
  directory.log({ step: 1 });
  appendFileSync(join(path, 'log.jsonl'), 'rubbish\n');
  directory.log({ step: 2 });
  expect(() => directory.readLog()).toThrow(failure('corrupt-log', 'log.jsonl', 'line 2', 'Remove'));
});

test('an abandoned run leaves nothing behind but what was there before', () => {
  directory.begin(specification);
  directory.log({ step: 1 });
  mkdirSync(directory.checkpoints);
  directory.abandon();
  expect(existsSync(path)).toBe(false);

  mkdirSync(path);
  writeFileSync(join(path, 'notes.txt'), 'mine');
  directory.begin(specification);
  directory.abandon();
  expect(readdirSync(path)).toEqual(['notes.txt']);
});
