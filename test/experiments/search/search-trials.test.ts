/** How a search goes, with a known function in place of training. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import type { Trial } from '../../../experiments/plan.ts';
import type { SearchPlan } from '../../../experiments/search/plan-search.ts';
import { builtInPruners } from '../../../experiments/search/pruners/built-in.ts';
import { builtInSamplers } from '../../../experiments/search/samplers/built-in.ts';
import { searchTrials } from '../../../experiments/search/search-trials.ts';
import { readProgress, writeProgress } from '../../../experiments/search/segment.ts';
import { parseSpace, spaceSchema } from '../../../experiments/search/space.ts';
import type { TrialRecord } from '../../../experiments/search/trial-record.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'market-gym-search-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TOTAL = 800;
const EVERY = 100;

function planOf(pruner: string, settings = {}): SearchPlan {
  const space = parseSpace(spaceSchema.parse({ x: { uniform: [0, 1] } }));
  return {
    space,
    totalSteps: TOTAL,
    sampler: builtInSamplers
      .find(({ name }) => name === 'tpe')!
      .create({ space, numTrials: 16, seed: 1 }, { startupTrials: 5, concurrency: 3 }),
    pruner: builtInPruners
      .find(({ name }) => name === pruner)!
      .create({ totalSteps: TOTAL, evaluateEvery: EVERY }, settings),
  } as SearchPlan;
}

interface Run {
  readonly jobs: number;
  readonly out?: string;
  /** Aborts after so many parts of trials. */
  readonly stopAfter?: number;
  readonly fails?: (index: number) => boolean;
  readonly numTrials?: number;
}

/** Each part of a trial takes a time by chance, so that the order in which they end differs from run to run. */
async function run(
  plan: SearchPlan,
  { jobs, out = 'a', stopAfter = Infinity, fails = () => false, numTrials = 16 }: Run,
) {
  const interruption = new AbortController();
  const rng = createRng(`${jobs} ${stopAfter}`);
  let numParts = 0;
  const failures: (string | undefined)[] = [];
  const trials = await searchTrials(plan, {
    numTrials,
    seed: 1,
    objectives: ['value'],
    jobs,
    signal: interruption.signal,
    plan: async (index, point) => {
      const directory = join(folder, out, String(index));
      mkdirSync(directory, { recursive: true });
      return { directory, agent: String(index), seed: Number(point.x) } as Trial;
    },
    carryOut: async (trial, { until }) => {
      for (let turns = rng.integer(5); turns >= 0; turns--)
        await new Promise((resolve) => setImmediate(resolve));
      if (interruption.signal.aborted) return { kind: 'interrupted' };
      if (++numParts >= stopAfter) interruption.abort();
      if (fails(Number(trial.agent))) return { kind: 'failed', message: 'it broke' };
      const x = trial.seed;
      const reports = Array.from({ length: (until ?? TOTAL) / EVERY }, (_, i) => ({
        step: (i + 1) * EVERY,
        value: -(x - 0.7) * (x - 0.7) + 0.01 * Math.sin(37 * x + i),
      }));
      const { segments } = readProgress(trial.directory);
      const last = until === undefined ? { scores: [reports.at(-1)!.value] } : {};
      writeProgress(trial.directory, { segments: [...segments, { until: until ?? null, reports }], ...last });
      return { kind: 'finished' };
    },
    onEnd: ({ state }, message) => state === 'failed' && failures.push(message),
  });
  return { trials, numParts, failures };
}

const numIn = (trials: readonly TrialRecord[], state: string): number =>
  trials.filter((trial) => trial.state === state).length;

describe.each<[string, object]>([
  ['none', {}],
  ['asha', { reduction: 2 }],
])('a search with the pruner %s', (pruner, settings) => {
  test('comes to the same trials on any number of processes, in whatever order their parts end', async () => {
    const one = await run(planOf(pruner, settings), { jobs: 1, out: 'one' });
    expect(one.trials).toHaveLength(16);
    expect(numIn(one.trials, 'finished') + numIn(one.trials, 'pruned')).toBe(16);
    expect(numIn(one.trials, 'pruned') > 3).toBe(pruner !== 'none');
    for (const jobs of [2, 4]) {
      const { trials } = await run(planOf(pruner, settings), { jobs, out: `of-${jobs}` });
      expect(trials).toEqual(one.trials);
    }
  });

  test('goes on where it was interrupted, and carries no part out twice', async () => {
    const whole = await run(planOf(pruner, settings), { jobs: 2, out: 'whole' });
    const begun = await run(planOf(pruner, settings), { jobs: 2, out: 'broken', stopAfter: 9 });
    expect(numIn(begun.trials, 'running')).toBeGreaterThan(0);
    const rest = await run(planOf(pruner, settings), { jobs: 3, out: 'broken' });
    expect(rest.trials).toEqual(whole.trials);
    expect(begun.numParts + rest.numParts).toBe(whole.numParts);
  });
});

test('asha spends far less than a search that ends no trial', async () => {
  const all = await run(planOf('none'), { jobs: 2, out: 'all' });
  const few = await run(planOf('asha', { reduction: 3 }), { jobs: 2, out: 'few' });
  const steps = ({ trials }: typeof all): number =>
    trials.reduce((sum, { reports }) => sum + (reports.at(-1)?.step ?? 0), 0);
  expect(steps(few)).toBeLessThan(0.5 * steps(all));
});

test('a trial that fails is told with its reason, counts as ended, and is not tried again', async () => {
  const fails = (index: number): boolean => index === 2 || index === 9;
  const first = await run(planOf('asha', { reduction: 2 }), { jobs: 3, fails });
  expect(numIn(first.trials, 'failed')).toBe(2);
  expect(first.failures).toEqual(['it broke', 'it broke']);
  const again = await run(planOf('asha', { reduction: 2 }), { jobs: 1 });
  expect(again.trials).toEqual(first.trials);
  expect(again.numParts).toBe(0);
});

test('an objective that is no number makes a failed trial', async () => {
  mkdirSync(join(folder, 'a', '0'), { recursive: true });
  writeProgress(join(folder, 'a', '0'), { segments: [{ until: null, reports: [] }], scores: [null] });
  const { trials, failures } = await run(planOf('none'), { jobs: 1, numTrials: 2 });
  expect(trials.map(({ state }) => state)).toEqual(['failed', 'finished']);
  expect(failures).toEqual(['its objective is no number']);
});

test('a folder of a search with another pruner is refused, not mixed', async () => {
  await run(planOf('asha', { reduction: 2 }), { jobs: 1, numTrials: 3 });
  await expect(run(planOf('asha', { reduction: 4 }), { jobs: 1, numTrials: 3 })).rejects.toThrow(
    /looked at after other steps/,
  );
});
