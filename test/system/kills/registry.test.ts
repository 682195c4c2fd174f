/** A registry under several processes that write at once, and are killed. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { ModelRegistry } from '../../../storage/model-registry.ts';
import { freshDist } from '../../dist.ts';
import { counts } from '../../soak.ts';

freshDist('storage/model-registry.js');
const WRITER = fileURLToPath(new URL('./registry-writer.mjs', import.meta.url));
const NUM_KILLS = counts(20, 200);

let root: string;
let registry: ModelRegistry;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'market-gym-registry-'));
  registry = new ModelRegistry(join(root, 'registry'), { create: true });
});
afterEach(() => {
  registry.close();
  rmSync(root, { recursive: true, force: true });
});

/** Starts a process that saves and promotes without end, telling each id when it has been saved. */
function startWriter(name: string): {
  saved: string[];
  running: Promise<void>;
  end: Promise<void>;
  kill(): void;
} {
  const child = spawn(process.execPath, [WRITER, registry.path, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const saved: string[] = [];
  let partial = '';
  const running = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (partial + text).split('\n');
      partial = lines.pop() ?? '';
      saved.push(...lines);
      resolve();
    });
  });
  const end = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return { saved, running, end, kill: () => child.kill('SIGKILL') };
}

test('write at once without losing or mixing anything', async () => {
  const writers = ['a', 'a', 'b'].map(startWriter);
  await Promise.all(writers.map(({ running }) => running));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const writer of writers) writer.kill();
  await Promise.all(writers.map(({ end }) => end));
  const ids = registry.list().map(({ id }) => id);
  for (const { saved } of writers) for (const id of saved) expect(ids).toContain(id);
  const told = writers.flatMap(({ saved }) => saved);
  expect(new Set(told).size).toBe(told.length);
  expect(registry.verify().defects).toEqual([]);
});

test(`killed at ${NUM_KILLS} random points leave every saved model whole`, async () => {
  const rng = createRng('kill');
  let numKilled = 0;
  let numLeft = 0;
  const told: string[] = [];
  while (numKilled < NUM_KILLS) {
    const writers = [startWriter('a'), startWriter('b')];
    await Promise.all(
      writers.map(async (writer) => {
        await writer.running;
        await new Promise((resolve) => setTimeout(resolve, rng.uniform() * 30));
        writer.kill();
        await writer.end;
      }),
    );
    told.push(...writers.flatMap(({ saved }) => saved));
    numKilled += writers.length;
    const { defects, numUnreferenced } = registry.verify();
    expect(defects).toEqual([]);
    numLeft = Math.max(numLeft, numUnreferenced);
  }
  const records = registry.list();
  const ids = new Set(records.map(({ id }) => id));
  for (const id of told) expect(ids.has(id)).toBe(true);
  for (const name of ['a', 'b']) {
    const versions = records.filter((record) => record.name === name);
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, i) => i + 1));
    expect(versions.filter(({ stage }) => stage === 'champion').length).toBeLessThanOrEqual(1);
  }
  const unreferenced = registry.verify().numUnreferenced;
  expect(registry.prune()).toBe(unreferenced);
  expect(registry.verify()).toEqual({ numModels: records.length, defects: [], numUnreferenced: 0 });
  console.log(
    `${NUM_KILLS} kills, ${told.length} models saved, at most ${numLeft} cut-off artifacts left behind`,
  );
}, 240_000);
