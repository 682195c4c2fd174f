/** Sharpe ratios are deflated by the trials that led to them, alike ones counted once. */
import { expect, test } from 'vitest';
import { ConfigError, DataError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import { standardDeviation } from '../../../core/statistics.ts';
import { deflate, sharpeRecord } from '../../../market/statistics/deflation.ts';
import { deflatedSharpe, expectedMaximum } from '../../../market/statistics/overfitting.ts';
import { clusterTrials } from '../../../market/statistics/trial-clusters.ts';

const rng = createRng('trials');
const noise = (length = 250): Float64Array =>
  Float64Array.from({ length }, () => (rng.uniform() + rng.uniform() + rng.uniform() - 1.5) * 0.02);
/** ρ with `base` of about 1/√(1 + share²). */
const near = (base: Float64Array, share: number): Float64Array => {
  const own = noise(base.length);
  return base.map((value, i) => value + share * own[i]);
};

test('independent trials are as many as they are, twins are one', () => {
  const trials = Array.from({ length: 12 }, () => noise());
  expect(new Set(clusterTrials(trials)).size).toBe(12);
  expect(clusterTrials([trials[0], trials[1], trials[0], trials[2]])).toEqual([0, 1, 0, 2]);
});

test('trials are alike above a correlation of a half, and opposites are not', () => {
  const base = noise(4000);
  // ρ = 0.6 and 0.4.
  expect(clusterTrials([base, near(base, 4 / 3)])).toEqual([0, 0]);
  expect(clusterTrials([base, near(base, 2.29)])).toEqual([0, 1]);
  expect(clusterTrials([base, base.map((value) => -value)])).toEqual([0, 1]);
});

test('linkage is by averages: one that is like a single member of a group does not join it', () => {
  const [a, b] = [noise(4000), noise(4000)];
  const between = a.map((value, i) => value + b[i]);
  // The middle one is at ρ = .71 of both, which are at 0 of each other: the pair is at an average of .35 of the third.
  expect(new Set(clusterTrials([a, b, between])).size).toBe(2);
});

test('trials that never move are alike; few common periods say nothing', () => {
  const still = new Float64Array(250);
  expect(clusterTrials([noise(), still, still])).toEqual([0, 1, 1]);
  const base = noise();
  const late = base.map((value, i) => (i < 242 ? Number.NaN : value));
  expect(clusterTrials([base, late])).toEqual([0, 1]);
  expect(clusterTrials([base, base.map((value, i) => (i < 200 ? Number.NaN : value))])).toEqual([0, 0]);
});

test('among independent trials, the deflated Sharpe ratio is that of the source', () => {
  const trials = Array.from({ length: 20 }, () => noise());
  const [judged, ...others] = trials;
  const sharpes = trials.map((series) => sharpeRecord(series).sharpe);
  const variance = standardDeviation(sharpes) ** 2;
  const found = deflate(judged, others);
  expect(found.effectiveTrials).toBe(20);
  expect(found.expectedBest).toBeCloseTo(Math.sqrt(variance) * expectedMaximum(20), 14);
  expect(found.deflatedSharpe).toBeCloseTo(deflatedSharpe(sharpeRecord(judged), variance, 20), 14);
});

test('one trial alone is deflated by nothing', () => {
  const found = deflate(noise());
  expect(found).toMatchObject({ numTrials: 1, effectiveTrials: 1, expectedBest: 0 });
  expect(found.deflatedSharpe).toBe(found.probabilisticSharpe);
});

test('variants of one strategy cost what the best of their differences would show', () => {
  const base = noise();
  const variants = Array.from({ length: 30 }, () => near(base, 0.3));
  const found = deflate(variants[0], variants.slice(1));
  expect(found.effectiveTrials).toBe(1);
  const spread = standardDeviation(variants.map((series) => sharpeRecord(series).sharpe));
  expect(found.expectedBest).toBeCloseTo(spread * expectedMaximum(30), 14);
});

test('a sample stands for all trials', () => {
  const trials = Array.from({ length: 10 }, () => noise());
  const found = deflate(trials[0], trials.slice(1), 500);
  expect([found.numTrials, found.effectiveTrials]).toEqual([500, 500]);
  expect(found.expectedBest).toBeGreaterThan(deflate(trials[0], trials.slice(1)).expectedBest);
});

test('returns that never change have no Sharpe ratio, and those that are no numbers are refused', () => {
  const found = deflate(new Float64Array(50).fill(1e-4), [noise(50)]);
  expect([found.sharpe, found.deflatedSharpe, found.minimumTrackRecord]).toEqual([
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ]);
  expect(() => deflate([0.1, Number.NaN])).toThrow(DataError);
  expect(() => deflate(noise(), [noise()], 1)).toThrow(ConfigError);
});

test('the best of thirty noise series is called real in about one of twenty markets at 95 %', () => {
  let called = 0;
  const markets = 120;
  for (let market = 0; market < markets; market++) {
    const trials = Array.from({ length: 30 }, () => noise(120));
    trials.sort((a, b) => sharpeRecord(b).sharpe - sharpeRecord(a).sharpe);
    if (deflate(trials[0], trials.slice(1)).deflatedSharpe > 0.95) called++;
  }
  expect(called / markets).toBeLessThan(0.09);
});
