/** Processes that append to one ledger at once, and are killed at any point, lose no row that they were told is kept. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { sha256 } from '../../../storage/exact-json.ts';
import { TrialLedger } from '../../../storage/trial-ledger.ts';
import { freshDist } from '../../dist.ts';
import { counts } from '../../soak.ts';

const WRITER = fileURLToPath(new URL('ledger-writer.mjs', import.meta.url));
const NUM_PROCESSES = 8;
const NUM_ROWS = counts(40, 1000);

let root: string;
let path: string;
beforeEach(() => {
  freshDist('storage/trial-ledger.js');
  root = mkdtempSync(join(tmpdir(), 'market-gym-ledger-'));
  path = join(root, 'ledger.db');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Tells of each row once it has been appended. */
function startWriter(name: string, numRows: number): { told: string[]; end: Promise<void>; kill(): void } {
  const child = spawn(process.execPath, [WRITER, path, name, String(numRows)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told: string[] = [];
  let partial = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    told.push(...lines);
  });
  const end = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return { told, end, kill: () => child.kill('SIGKILL') };
}

/** Rows in order, each with the returns of its own label. */
function readWhole(): string[] {
  const ledger = new TrialLedger(path);
  const rows = ledger.list().reverse();
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, i) => i + 1));
  for (const { number, label, configuration } of rows) {
    expect(configuration).toBe(sha256(label));
    const { returns } = ledger.get(number).test!;
    const own = Number.parseInt(configuration.slice(0, 8), 16) / 2 ** 32;
    expect(returns.length === 250 && returns.every((value) => value === own), label).toBe(true);
  }
  const place = { data: 'a'.repeat(64), fromMs: 0, toMs: 1 };
  const { numRows, numConfigurations } = ledger.trialsOn(place);
  expect([numRows, numConfigurations]).toEqual([rows.length, rows.length]);
  ledger.close();
  return rows.map(({ label }) => label);
}

test(`${NUM_PROCESSES} processes append ${NUM_ROWS} rows each, half of them killed on the way: none is lost, none torn`, async () => {
  const rng = createRng('kill');
  const writers = Array.from({ length: NUM_PROCESSES }, (_, i) => startWriter(`w${i}`, NUM_ROWS));
  const killed = writers.slice(NUM_PROCESSES / 2);
  // Each at a row of its own.
  for (const writer of killed) {
    const after = 1 + rng.integer(NUM_ROWS - 2);
    const timer = setInterval(() => {
      if (writer.told.length < after) return;
      clearInterval(timer);
      writer.kill();
    }, 1);
    void writer.end.then(() => clearInterval(timer));
  }
  await Promise.all(writers.map(({ end }) => end));
  const kept = new Set(readWhole());
  const told = writers.flatMap((writer) => writer.told);
  expect(told.filter((label) => !kept.has(label))).toEqual([]);
  for (const { told: all } of writers.slice(0, NUM_PROCESSES / 2)) expect(all.length).toBe(NUM_ROWS);
  // A kill comes at worst between a commit and its word.
  expect(kept.size - told.length).toBeLessThanOrEqual(killed.length);
  console.log(`${kept.size} rows kept, ${told.length} told, ${killed.length} processes killed`);
});
