/** Who goes on with more seeds, with a known score in place of training. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Trial } from '../../../experiments/plan.ts';
import { race } from '../../../experiments/search/finalists.ts';
import { readProgress, writeProgress } from '../../../experiments/search/segment.ts';
import type { TrialRecord } from '../../../experiments/search/trial-record.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-finalists-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Each trial's score with the seeds 1 to 4; NaN: it fails. */
async function run(scores: readonly (readonly number[])[], finalists = 4, stopAfter = Infinity) {
  const interruption = new AbortController();
  const carried: string[] = [];
  const ranked = scores.map(
    ([first], index): TrialRecord => ({ index, point: {}, state: 'finished', reports: [], scores: [first] }),
  );
  const found = await race(ranked, {
    seeds: [1, 2, 3, 4],
    finalists,
    jobs: 2,
    signal: interruption.signal,
    objectives: ['value'],
    trialAt: async (index, _point, seed) => {
      const directory = join(folder, `${index}-${seed}`);
      mkdirSync(directory, { recursive: true });
      return { directory, agent: String(index), seed } as Trial;
    },
    carryOut: async ({ directory, agent, seed }) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (interruption.signal.aborted) return { kind: 'interrupted' };
      carried.push(`${agent}-${seed}`);
      if (carried.length >= stopAfter) interruption.abort();
      const score = scores[Number(agent)][seed - 1];
      if (Number.isNaN(score)) return { kind: 'failed', message: 'it broke' };
      writeProgress(directory, { ...readProgress(directory), scores: [score] });
      return { kind: 'finished' };
    },
  });
  return { found, carried };
}

const SCORES = [
  [9, 1, 1, 1], // lucky with its first seed
  [8, 8, 8, 8],
  [7, 8, 9, 8],
  [6, 6, 6, 6],
];

test('half of them goes on with twice the seeds, and the mean over all seeds wins', async () => {
  const { found, carried } = await run(SCORES);
  expect(found.map(({ index, numSeeds }) => [index, numSeeds])).toEqual([
    [1, 4],
    [2, 4],
    [3, 2],
    [0, 2],
  ]);
  expect(found[0].score).toBe(8);
  expect(carried.slice(0, 4).sort()).toEqual(['0-2', '1-2', '2-2', '3-2']);
  expect(carried.slice(4).sort()).toEqual(['1-3', '1-4', '2-3', '2-4']);
});

test('a finalist whose seed fails is out; where all fail, nobody is left', async () => {
  const { found } = await run([[9, Number.NaN], SCORES[1]], 2);
  expect(found.map(({ index }) => index)).toEqual([1]);
  expect((await run([[9, Number.NaN]], 1)).found).toEqual([]);
});

test('an interrupted race has no finalist and begins no trial any more; the same call goes on', async () => {
  const first = await run(SCORES, 4, 2);
  expect(first.found).toEqual([]);
  expect(first.carried).toHaveLength(2);
  const rest = await run(SCORES);
  expect(rest.found[0]).toEqual({ index: 1, score: 8, numSeeds: 4 });
  expect(rest.carried).toHaveLength(6);
});
