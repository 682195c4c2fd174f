import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compareWith } from '../../../scripts/bench/against/compare.ts';
import { TASKS } from '../../../scripts/bench/against/tasks.ts';

const folder = mkdtempSync(join(tmpdir(), 'market-gym-against-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stands in for Python. */
function program(name: string, lines: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

const compare = (python: string) => [...compareWith('sb3', { only: 'sac', pairs: 1, cores: 1, python })];

test('a library that is not installed is told in one line, with what installs it', () => {
  const python = program('without', `echo '{"missing": "torch: pip install stable-baselines3"}'`);
  expect(() => compare(python)).toThrow(/^Nothing to compare with: .* does not find torch: pip install \S+$/);
});

test('no Python, and a side that fails, are told in one line', () => {
  expect(() => compare(join(folder, 'none'))).toThrow(/^Nothing to compare with: there is no "[^\n]*$/);
  expect(() => compare(program('failing', 'exit 3'))).toThrow(
    /^"[^\n]*failing [^\n]*sb3\.py" failed; [^\n]*$/,
  );
});

test('both sides of every training are told the same settings', () => {
  const pairs = [
    ['learningRate', 'learning_rate'],
    ['batchSize', 'batch_size'],
    ['gamma', 'gamma'],
    ['learningStarts', 'learning_starts'],
    ['rolloutSteps', 'n_steps'],
    ['minibatchSize', 'batch_size'],
    ['epochs', 'n_epochs'],
    ['trainEvery', 'train_freq'],
    ['gradientSteps', 'gradient_steps'],
  ] as const;
  for (const task of TASKS.sb3) {
    if (task.kind !== 'training') continue;
    for (const [ours, theirs] of pairs) {
      if (ours in task.config && theirs in task.settings) {
        expect(task.settings[theirs], `${task.name}: ${theirs}`).toEqual(task.config[ours]);
      }
    }
  }
});
