/**
 * Compares the samplers of a search with Optuna's on functions whose best is known, the same number of trials and seeds each.
 * `npx tsx test/peers/search/compare-optuna.ts [SEEDS]`; says so and ends where Optuna is not installed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createRng } from '../../../core/rng.ts';
import { mean, standardDeviation } from '../../../core/statistics.ts';
import { formatTable } from '../../../core/text-table.ts';
import { builtInSamplers } from '../../../experiments/search/samplers/built-in.ts';
import { parseSpace, spaceSchema } from '../../../experiments/search/space.ts';
import type { TrialRecord } from '../../../experiments/search/trial-record.ts';
import { FUNCTIONS, type TestFunction } from './functions.ts';

const numSeeds = Number(process.argv[2] ?? 20);

function bestOf({ space: input, numTrials, value }: TestFunction, name: string, seed: number): number {
  const space = parseSpace(spaceSchema.parse(input));
  const plugin = builtInSamplers.find((sampler) => sampler.name === name)!;
  const settings = name === 'tpe' ? { concurrency: 1 } : {};
  const sampler = plugin.create({ space, numTrials, seed }, settings);
  const trials: TrialRecord[] = [];
  for (let index = 0; index < numTrials; index++) {
    const known = trials.slice(0, sampler.needs(index));
    const point = sampler.propose(index, known, createRng(seed).fork(index));
    if (point === undefined) break;
    trials.push({ index, point, state: 'finished', reports: [], scores: [value(point)] });
  }
  return Math.max(...trials.map(({ scores }) => scores![0]));
}

const run = spawnSync('python3', [
  fileURLToPath(new URL('optuna_search.py', import.meta.url)),
  String(numSeeds),
  ...FUNCTIONS.map(({ name, numTrials }) => `${name}=${numTrials}`),
]);
const theirs =
  run.status === 0
    ? (JSON.parse(run.stdout.toString()) as { version: string; best: Record<string, number[]> })
    : undefined;
if (theirs === undefined) console.log('Optuna is not installed for python3: pip install optuna. Ours alone:');

const rows = FUNCTIONS.flatMap((test) => {
  const seeds = Array.from({ length: numSeeds }, (_, seed) => seed);
  const entries: [string, number[]][] = [
    ...['tpe', 'cma-es', 'sobol', 'random']
      .filter((name) => name !== 'cma-es' || test.name !== 'conditional')
      .map((name): [string, number[]] => [`ours ${name}`, seeds.map((seed) => bestOf(test, name, seed))]),
    ...['tpe', 'random']
      .filter(() => theirs !== undefined)
      .map((name): [string, number[]] => [`optuna ${name}`, theirs!.best[`${test.name} ${name}`]]),
  ];
  return entries.map(([name, best]) => [
    test.name,
    name,
    mean(best).toFixed(4),
    (standardDeviation(best) / Math.sqrt(best.length)).toFixed(4),
    Math.min(...best).toFixed(4),
  ]);
});
console.log(`Best of the trials, over ${numSeeds} seeds${theirs ? `; Optuna ${theirs.version}` : ''}`);
console.log(formatTable([['function', 'sampler', 'mean', 'error', 'worst'], ...rows]));
