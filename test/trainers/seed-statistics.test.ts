import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { mean, standardDeviation } from '../../core/statistics.ts';
import {
  bootstrapInterval,
  improvementInterval,
  interquartileInterval,
  interquartileMean,
  performanceProfile,
  probabilityOfImprovement,
} from '../../trainers/seed-statistics.ts';

const score = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const seeds = fc.array(score, { minLength: 1, maxLength: 12 });

describe('interquartileMean', () => {
  test('cuts a quarter of the values off at either end, rounded down', () => {
    expect(interquartileMean([[100, 1, 2, -50]])).toBe(1.5);
    expect(interquartileMean([[0, 10, 20, 30, 1000]])).toBe(20);
    expect(interquartileMean([[-9, 1, 2, 3, 4, 5, 6, 99]])).toBe(3.5);
  });

  test('keeps all of three values, for a quarter of them is none', () => {
    expect(interquartileMean([[1, 2, 6]])).toBe(3);
  });

  test('takes the scores of several tasks together', () => {
    expect(interquartileMean([[100, 1], [2], [-50]])).toBe(1.5);
  });

  test('does not depend on the order, and moves with the scores', () => {
    fc.assert(
      fc.property(seeds, score, (scores, shift) => {
        const value = interquartileMean([scores]);
        expect(interquartileMean([[...scores].reverse()])).toBe(value);
        expect(interquartileMean([scores.map((s) => s + shift)])).toBeCloseTo(value + shift, 6);
      }),
    );
  });

  test('one wild seed of eight does not move it', () => {
    const calm = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(interquartileMean([[...calm.slice(0, 7), 1e9]])).toBe(interquartileMean([calm]));
  });

  test.each([[[]], [[Number.NaN, 1]], [[Infinity]]])('refuses %j, which it could only hide', (scores) => {
    expect(() => interquartileMean([scores])).toThrow(/score/i);
  });
});

describe('interquartileInterval', () => {
  test.each([3, 4, 5, 10])('covers the true mean of %i seeds about as often as it says', (numSeeds) => {
    const rng = createRng(`cover ${numSeeds}`);
    let covered = 0;
    for (let i = 0; i < 2000; i++) {
      const { low, high } = interquartileInterval(Array.from({ length: numSeeds }, () => rng.gaussian()));
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered / 2000).toBeGreaterThan(0.92);
    expect(covered / 2000).toBeLessThan(0.975);
  });

  test('is Student’s of three seeds, of which none is cut off', () => {
    const { low, high } = interquartileInterval([1, 2, 6]);
    const reach = (4.302652729749462 * standardDeviation([1, 2, 6])) / Math.sqrt(3);
    expect([low, high]).toEqual([expect.closeTo(3 - reach, 10), expect.closeTo(3 + reach, 10)]);
  });

  test('has no bounds for one seed, no width for equal ones, and no patience with NaN', () => {
    expect(interquartileInterval([7])).toEqual({ low: Number.NaN, high: Number.NaN });
    expect(interquartileInterval([2, 2, 2])).toEqual({ low: 2, high: 2 });
    expect(() => interquartileInterval([1, Number.NaN])).toThrow(/Score 1/);
  });
});

describe('bootstrapInterval', () => {
  const average = (scores: readonly (readonly number[])[]): number => mean(scores.flat());

  test('the interval of a mean is nearly ±1.96 standard errors of many normal scores', () => {
    const rng = createRng(1);
    const scores = Array.from({ length: 400 }, () => rng.gaussian());
    const { low, high } = bootstrapInterval([scores], average, { rng: createRng(2), resamples: 4000 });
    const halfWidth = (1.96 * standardDeviation(scores)) / Math.sqrt(400);
    expect(Math.abs((high - mean(scores)) / halfWidth - 1)).toBeLessThan(0.1);
    expect(Math.abs((mean(scores) - low) / halfWidth - 1)).toBeLessThan(0.1);
  });

  test('of two seeds it is the lower and the upper: each resample of a half is one of them', () => {
    expect(bootstrapInterval([[0, 1]], interquartileMean, { rng: createRng(1) })).toEqual({
      low: 0,
      high: 1,
    });
  });

  test('draws within each task: tasks that are constant leave nothing to chance', () => {
    const scores = [
      [1, 1, 1],
      [5, 5, 5],
    ];
    expect(bootstrapInterval(scores, average, { rng: createRng(1) })).toEqual({ low: 3, high: 3 });
  });

  test('keeps to the range of the scores, narrows with less confidence, and repeats with its seed', () => {
    fc.assert(
      fc.property(fc.array(score, { minLength: 2, maxLength: 12 }), (scores) => {
        const interval = (confidence: number) =>
          bootstrapInterval([scores], interquartileMean, { rng: createRng(7), resamples: 200, confidence });
        const [wide, narrow] = [interval(0.95), interval(0.5)];
        expect(wide.low).toBeGreaterThanOrEqual(Math.min(...scores) - 1e-9);
        expect(wide.high).toBeLessThanOrEqual(Math.max(...scores) + 1e-9);
        expect(narrow.high - narrow.low).toBeLessThanOrEqual(wide.high - wide.low);
        expect(interval(0.95)).toEqual(wide);
      }),
      { numRuns: 30 },
    );
  });

  test('tells nothing of one seed', () => {
    const { low, high } = bootstrapInterval([[3]], interquartileMean, { rng: createRng(1) });
    expect([low, high]).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('probabilityOfImprovement', () => {
  test('counts the pairs that are won, ties by half, and averages over tasks', () => {
    // Task 1: of (3,1) against (2,2,3): 3 beats 2 and 2 and ties with 3, 1 beats none: 2.5 of 6. Task 2: 1 of 1.
    expect(probabilityOfImprovement([[3, 1]], [[2, 2, 3]])).toBeCloseTo(2.5 / 6, 12);
    expect(probabilityOfImprovement([[3, 1], [1]], [[2, 2, 3], [0]])).toBeCloseTo((2.5 / 6 + 1) / 2, 12);
  });

  test('both directions together are 1, and against itself it is one half', () => {
    fc.assert(
      fc.property(seeds, seeds, (a, b) => {
        expect(probabilityOfImprovement([a], [b]) + probabilityOfImprovement([b], [a])).toBeCloseTo(1, 12);
        expect(probabilityOfImprovement([a], [a])).toBeCloseTo(0.5, 12);
      }),
    );
  });

  test('its interval holds it, and is a point where one side always wins', () => {
    const swept = improvementInterval([[5, 6, 7]], [[1, 2, 3]]);
    expect(swept.low).toBeLessThan(0.5);
    expect(swept.high).toBe(1);
    const { low, high } = improvementInterval([[1, 4, 6]], [[2, 3, 5]]);
    const probability = probabilityOfImprovement([[1, 4, 6]], [[2, 3, 5]]);
    expect(low).toBeLessThanOrEqual(probability);
    expect(high).toBeGreaterThanOrEqual(probability);
    expect(high - low).toBeGreaterThan(0.2);
  });
});

describe('performanceProfile', () => {
  test('is the share of runs above each threshold, tasks weighing the same', () => {
    expect(performanceProfile([[1, 2, 3, 4]], [0, 1, 2.5, 4])).toEqual([1, 0.75, 0.5, 0]);
    expect(performanceProfile([[1, 2, 3, 4], [9]], [2.5])).toEqual([0.75]);
  });

  test('falls', () => {
    fc.assert(
      fc.property(seeds, seeds, fc.array(score), (a, b, thresholds) => {
        const profile = performanceProfile(
          [a, b],
          [...thresholds].sort((x, y) => x - y),
        );
        for (let i = 1; i < profile.length; i++) expect(profile[i]).toBeLessThanOrEqual(profile[i - 1]);
      }),
    );
  });
});
