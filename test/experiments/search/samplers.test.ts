import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { mean } from '../../../core/statistics.ts';
import type { Sampler } from '../../../experiments/search/sampler.ts';
import { builtInSamplers } from '../../../experiments/search/samplers/built-in.ts';
import { ParzenEstimator } from '../../../experiments/search/samplers/parzen.ts';
import { sobolPoint } from '../../../experiments/search/samplers/sobol.ts';
import { type Point, parseSpace, type SpaceInput, spaceSchema } from '../../../experiments/search/space.ts';
import type { TrialRecord } from '../../../experiments/search/trial-record.ts';
import { FUNCTIONS } from '../../peers/search/functions.ts';

const spaceOf = (input: SpaceInput) => parseSpace(spaceSchema.parse(input));

function samplerOf(name: string, input: SpaceInput, settings = {}, seed = 1): Sampler {
  const plugin = builtInSamplers.find((sampler) => sampler.name === name)!;
  return plugin.create({ space: spaceOf(input), numTrials: 100, seed }, settings);
}

/** One after the other. */
function search(
  sampler: Sampler,
  numTrials: number,
  value: (point: Point) => number,
  seed: number,
): TrialRecord[] {
  const trials: TrialRecord[] = [];
  for (let index = 0; index < numTrials; index++) {
    const point = sampler.propose(index, trials.slice(0, sampler.needs(index)), createRng(seed).fork(index));
    if (point === undefined) break;
    trials.push({ index, point, state: 'finished', reports: [], scores: [value(point)] });
  }
  return trials;
}

const bestOf = (trials: readonly TrialRecord[]): number =>
  Math.max(...trials.map(({ scores }) => scores![0]));

test('the Sobol sequence is that of Joe and Kuo, as scipy has it', () => {
  const golden: [number, number[]][] = [
    [1, [0.5, 0.5, 0.5, 0.5, 0.5]],
    [2, [0.75, 0.25, 0.25, 0.75, 0.25]],
    [3, [0.25, 0.75, 0.75, 0.25, 0.75]],
    [5, [0.875, 0.875, 0.125, 0.375, 0.625]],
    [77, [0.8359375, 0.8359375, 0.0078125, 0.6484375, 0.1484375]],
    [127, [0.0078125, 0.6640625, 0.5546875, 0.0703125, 0.5390625]],
  ];
  for (const [index, values] of golden) {
    const point = sobolPoint(index, 21);
    expect([0, 1, 2, 7, 20].map((d) => point[d])).toEqual(values);
  }
});

test('a grid walks through every combination once, conditions obeyed, and ends', () => {
  const sampler = samplerOf('grid', {
    kind: { choice: ['a', 'b'] },
    x: { uniform: [0, 1], when: { kind: ['a'] } },
    n: { int: [1, 2] },
  });
  const trials = search(sampler, 50, () => 0, 1);
  expect(trials.map(({ point }) => point)).toEqual([
    { kind: 'a', x: 0, n: 1 },
    { kind: 'a', x: 0, n: 2 },
    { kind: 'a', x: 0.5, n: 1 },
    { kind: 'a', x: 0.5, n: 2 },
    { kind: 'a', x: 1, n: 1 },
    { kind: 'a', x: 1, n: 2 },
    { kind: 'b', n: 1 },
    { kind: 'b', n: 2 },
  ]);
});

test('the proposals of chance and of the Sobol sequence need no result', () => {
  for (const name of ['random', 'sobol', 'grid']) {
    expect(samplerOf(name, { x: { uniform: [0, 1] } }).needs(99)).toBe(0);
  }
});

describe('the Parzen estimator', () => {
  test('is a density: over the whole space it sums to one', () => {
    const space = spaceOf({
      kind: { choice: ['a', 'b'] },
      n: { int: [1, 3] },
      x: { uniform: [0, 1] },
    });
    const estimator = new ParzenEstimator(space, [
      { kind: 'a', n: 1, x: 0.1 },
      { kind: 'a', n: 3, x: 0.15 },
      { kind: 'b', n: 2, x: 0.9 },
    ]);
    let sum = 0;
    const steps = 400;
    for (const kind of ['a', 'b']) {
      for (const n of [1, 2, 3]) {
        for (let i = 0; i < steps; i++)
          sum += Math.exp(estimator.logDensity({ kind, n, x: (i + 0.5) / steps })) / steps;
      }
    }
    expect(sum).toBeCloseTo(1, 3);
  });

  test('draws as its density says', () => {
    const space = spaceOf({ x: { uniform: [0, 1] } });
    const estimator = new ParzenEstimator(space, [{ x: 0.1 }, { x: 0.12 }, { x: 0.7 }]);
    const rng = createRng(3);
    const draws = Array.from({ length: 4000 }, () => Number(estimator.draw(rng).x));
    const steps = 1000;
    let expected = 0;
    for (let i = 0; i < steps; i++) {
      const x = (i + 0.5) / steps;
      expected += (x * Math.exp(estimator.logDensity({ x }))) / steps;
    }
    expect(Math.abs(mean(draws) - expected)).toBeLessThan((4 * 0.3) / Math.sqrt(4000));
    expect(draws.every((x) => x >= 0 && x <= 1)).toBe(true);
  });
});

describe('tpe', () => {
  test('waits for all trials but those that may be under way, once it has begun', () => {
    const sampler = samplerOf('tpe', { x: { uniform: [0, 1] } }, { startupTrials: 5, concurrency: 3 });
    expect([0, 4, 5, 6, 20].map((index) => sampler.needs(index))).toEqual([0, 0, 3, 4, 18]);
  });

  test('finds more than chance does on a function with conditions, seed by seed', () => {
    const [, , { space, value }] = FUNCTIONS;
    const settings = { startupTrials: 8, concurrency: 1, candidates: 12 };
    const gains = [1, 2, 3, 4, 5, 6].map((seed) => {
      const own = search(samplerOf('tpe', space, settings, seed), 40, value, seed);
      const chance = search(samplerOf('random', space, {}, seed), 40, value, seed);
      return bestOf(own) - bestOf(chance);
    });
    expect(mean(gains)).toBeGreaterThan(0.005);
    expect(gains.filter((gain) => gain > 0).length).toBeGreaterThanOrEqual(5);
  });

  test('takes trials that were ended early for worse than finished ones', () => {
    const sampler = samplerOf('tpe', { x: { uniform: [0, 1] } }, { startupTrials: 1, concurrency: 1 });
    const trials = Array.from({ length: 20 }, (_, index): TrialRecord => {
      const isGood = index % 4 === 0;
      const x = isGood ? 0.8 + index / 1000 : 0.2 + index / 1000;
      return isGood
        ? { index, point: { x }, state: 'finished', reports: [], scores: [1] }
        : { index, point: { x }, state: 'pruned', reports: [{ step: 1, value: 99 }] };
    });
    const proposals = Array.from({ length: 10 }, (_, i) => sampler.propose(20, trials, createRng(i)));
    expect(mean(proposals.map((point) => Number(point!.x)))).toBeGreaterThan(0.65);
  });
});

describe('cma-es', () => {
  test('comes near the best point of a slanted valley', () => {
    const space: SpaceInput = {
      a: { uniform: [0, 1] },
      b: { uniform: [0, 1] },
      c: { logUniform: [0.01, 100] },
    };
    const value = ({ a, b, c }: Point): number => {
      const [u, v, w] = [Number(a) - 0.3, Number(b) - 0.6, Math.log10(Number(c)) / 4];
      return -(u + 3 * v) * (u + 3 * v) - 20 * (u - v) * (u - v) - w * w;
    };
    for (const seed of [1, 2, 3]) {
      const best = bestOf(search(samplerOf('cma-es', space, {}, seed), 140, value, seed));
      expect(best).toBeGreaterThan(-4e-3);
      expect(best).toBeGreaterThan(bestOf(search(samplerOf('random', space, {}, seed), 140, value, seed)));
    }
  });

  test('waits for a generation, and needs a number to adapt', () => {
    const sampler = samplerOf('cma-es', { a: { uniform: [0, 1] }, b: { uniform: [0, 1] } });
    expect([0, 5, 6, 11, 12].map((index) => sampler.needs(index))).toEqual([0, 0, 6, 6, 12]);
    expect(() => samplerOf('cma-es', { a: { choice: [1, 2] } })).toThrow(/needs a range of numbers/);
  });
});

test('a Sobol search of too many parameters is refused by name', () => {
  const many = Object.fromEntries(
    Array.from({ length: 22 }, (_, i) => [`p${i}`, { uniform: [0, 1] as [number, number] }]),
  );
  expect(() => samplerOf('sobol', many)).toThrow(/up to 21 parameters, the space has 22/);
});
