/** What was tried is counted once and for all, by several processes, and read back to the bit. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StorageError } from '../../core/errors.ts';
import { sha256 } from '../../storage/exact-json.ts';
import { TrialLedger } from '../../storage/trial-ledger.ts';
import type { TrialEntry, TrialSeries } from '../../storage/trials/trial.ts';

let folder: string;
let file: string;
let ledger: TrialLedger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-ledger-'));
  file = join(folder, 'runs', 'ledger.db');
  ledger = new TrialLedger(file, { create: true });
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

const DAY_MS = 86_400_000;
const place = { data: 'a'.repeat(64), fromMs: 0, toMs: 3 * DAY_MS };

function series(...returns: number[]): TrialSeries {
  const timeMs = Float64Array.from({ length: returns.length + 1 }, (_, i) => i * DAY_MS);
  return {
    timeMs,
    price: timeMs.map((_, i) => 100 + i / 3),
    returns: Float64Array.from(returns),
    exposure: -0.25,
  };
}

function entry(settings: string, changes: Partial<TrialEntry> = {}): TrialEntry {
  return {
    timeMs: 1,
    kind: 'train',
    label: 'ppo on trading',
    place,
    source: 'prices.csv',
    configuration: sha256(settings),
    seeds: [1],
    ledTo: 'runs/one',
    test: series(0.1, -0, 1 / 3),
    ...changes,
  };
}

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
  return 'nothing thrown';
};

test('gives back every figure of a row, the returns to the bit', () => {
  const validation = series(0.5, Number.MIN_VALUE);
  const given = entry('a', { validation, seeds: [3, 4], timeMs: 17.5 });
  expect(ledger.append(entry('z'), given)).toBe(2);
  const { number, numTest, numValidation, ...found } = ledger.get(2);
  expect({ number, numTest, numValidation }).toEqual({ number: 2, numTest: 3, numValidation: 2 });
  expect(found).toEqual(given);
  expect(Object.is(found.test!.returns[1], -0)).toBe(true);
});

test('keeps a row of an env without data, which is on no span', () => {
  ledger.append(entry('cartpole', { place: undefined, source: '', test: undefined }));
  const [row] = ledger.list();
  expect(row).toMatchObject({ number: 1, label: 'ppo on trading', numTest: 0 });
  expect(row.place).toBeUndefined();
  expect(ledger.get(1).test).toBeUndefined();
});

test('counts settings, not seeds, on the same data where the spans have time in common', () => {
  ledger.append(entry('a'), entry('a', { seeds: [2] }), entry('b'));
  ledger.append(entry('c', { place: { ...place, fromMs: 3 * DAY_MS, toMs: 9 * DAY_MS } }));
  ledger.append(entry('a', { place: { ...place, fromMs: 2 * DAY_MS } }));
  ledger.append(entry('d', { place: { ...place, fromMs: 3 * DAY_MS + 1, toMs: 9 * DAY_MS } }));
  ledger.append(entry('e', { place: { ...place, data: 'b'.repeat(64) } }));
  const { numConfigurations, numRows } = ledger.trialsOn(place);
  expect({ numConfigurations, numRows }).toEqual({ numConfigurations: 3, numRows: 5 });
  const alone = ledger.trialsOn({ ...place, fromMs: 0, toMs: 0 });
  expect([alone.numConfigurations, alone.numRows]).toEqual([2, 3]);
  const none = ledger.trialsOn({ ...place, data: 'c'.repeat(64) });
  expect([none.numConfigurations, none.numRows, none.sample]).toEqual([0, 0, []]);
});

test('a seed that was trained again is in the sample with its latest returns', () => {
  ledger.append(entry('a', { test: series(1) }), entry('a', { test: series(2) }), entry('a', { seeds: [2] }));
  const [{ trials }] = ledger.trialsOn(place).sample;
  expect(trials.map(({ seeds, test }) => [seeds, test?.returns[0]])).toEqual([
    [[1], 2],
    [[2], 0.1],
  ]);
});

test('the sample is drawn by hash, and has what it must include', () => {
  const names = Array.from({ length: 30 }, (_, i) => `setting ${i}`);
  ledger.append(...names.map((name) => entry(name)));
  const hashes = names.map((name) => sha256(name)).sort();
  const last = hashes[29];
  const { sample, numConfigurations } = ledger.trialsOn(place, { sampleSize: 5, include: [last] });
  expect(numConfigurations).toBe(30);
  expect(sample.map(({ configuration }) => configuration)).toEqual([...hashes.slice(0, 5), last]);
});

test('looks are counted by configuration, and the last verdict stands beside the trial', () => {
  ledger.append(entry('a'), entry('b'));
  for (const verdict of ['no edge', 'edge']) {
    ledger.look({ timeMs: 2, place, configuration: sha256('a'), seeds: [1], verdict });
  }
  expect(ledger.trialsOn(place).looks).toEqual([{ configuration: sha256('a'), count: 2 }]);
  expect(ledger.list().map(({ number, verdict }) => [number, verdict])).toEqual([
    [2, undefined],
    [1, 'edge'],
  ]);
});

test('lists the latest first, as many as are asked for, of the data asked for', () => {
  ledger.append(entry('a'), entry('b', { place: { ...place, data: 'b'.repeat(64) } }), entry('c'));
  expect(ledger.list({ limit: 2 }).map(({ number }) => number)).toEqual([3, 2]);
  expect(ledger.list({ data: 'bbb' }).map(({ number }) => number)).toEqual([2]);
});

test('times and prices of one span are stored once', () => {
  ledger.append(...['a', 'b', 'c'].map((name) => entry(name)));
  const db = new Database(file);
  expect(db.prepare('SELECT count(*) AS count FROM axes').get()).toMatchObject({ count: 1 });
  db.close();
});

test.each([
  ['a return that is not finite', { test: series(0.1, Number.NaN) }, /Return 1 of a trial is NaN/],
  ['times that do not fit', { test: { ...series(0.1), timeMs: Float64Array.of(1) } }, /needs 2 times/],
  ['a configuration that is no hash', { configuration: 'mine' }, /told by its hash/],
])('refuses %s, and appends nothing of the call', (_, changes, message) => {
  expect(() => ledger.append(entry('a'), entry('b', changes))).toThrow(message);
  expect(ledger.list()).toEqual([]);
});

test('a ledger that is not there is not made by looking', () => {
  expect(codeOf(() => new TrialLedger(join(folder, 'none.db')))).toBe('no-ledger');
  expect(codeOf(() => ledger.get(1))).toBe('unknown-trial');
});

test.each([
  ['of another version', 'unsupported-version', (path: string) => setVersion(path, 99)],
  ['damaged', 'corrupt', (path: string) => writeFileSync(path, 'no database, but text that is long enough')],
  ['in the place of a folder', 'write-failed', (path: string) => mkdirSync(path)],
])('a ledger %s is refused', (_, code, prepare) => {
  const other = join(folder, 'other.db');
  prepare(other);
  expect(codeOf(() => new TrialLedger(other, { create: true }))).toBe(code);
});

test('a ledger that another process holds is refused once the time to wait is over', () => {
  const holder = new Database(file);
  holder.exec('BEGIN IMMEDIATE');
  const waiting = new TrialLedger(file, { lockTimeoutMs: 20 });
  expect(codeOf(() => waiting.append(entry('a')))).toBe('busy');
  holder.exec('COMMIT');
  expect(waiting.append(entry('a'))).toBe(1);
  waiting.close();
  holder.close();
});

function setVersion(path: string, version: number): void {
  const db = new Database(path);
  db.pragma(`user_version = ${version}`);
  db.close();
}
