import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fastKernels } from '../../experiments/run/fast-kernels.ts';

const folder = mkdtempSync(join(tmpdir(), 'market-gym-kernels-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'kernels.json');

test('the fastest kernels are chosen once a machine, with a sentence that gives both figures', () => {
  const { backend, sentence } = fastKernels(folder);
  expect(['wasm', 'wasm-fma', 'blas']).toContain(backend);
  expect(sentence).toMatch(/^Kernels: .* GFLOP\/s/);
  const stored = JSON.parse(readFileSync(file, 'utf8'));
  expect(stored).toMatchObject({ backend, sentence });
  writeFileSync(file, JSON.stringify({ ...stored, sentence: 'kept' }));
  expect(fastKernels(folder).sentence).toBe('kept');
});

test('a choice of another machine, or a damaged one, is made again', () => {
  const stored = JSON.parse(readFileSync(file, 'utf8'));
  for (const text of [JSON.stringify({ ...stored, machine: 'another' }), '{"machine"']) {
    writeFileSync(file, text);
    expect(fastKernels(folder).sentence).toMatch(/GFLOP/);
  }
});

test('a folder that cannot be written to costs a trial each time, and nothing else', () => {
  expect(fastKernels('/proc/no/such').sentence).toMatch(/GFLOP/);
});
