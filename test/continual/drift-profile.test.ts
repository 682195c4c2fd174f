/** The limits that a reference sets, against their definition. */
import { describe, expect, test } from 'vitest';
import { type DriftConfig, driftConfig } from '../../continual/drift-config.ts';
import { createDriftProfile, divergence, stabilityIndex } from '../../continual/drift-profile.ts';
import { resolveConfig } from '../../core/config.ts';

const W = 20;
const K = 10;
/** As decided in the profile: twice the furthest window, shares of at least one in a hundred. */
const REACH = 2;
const FLOOR = 0.01;

const config: DriftConfig = resolveConfig(
  driftConfig,
  { windowDecisions: W, referenceWindows: K, maxPsi: 0.1, maxActionKl: 0.1, maxOutside: 0.01 },
  'the monitor',
);

/** 0 and 1 by turns; in window 4 more ones, as many as told. */
function columnOf(onesOfWindow4: number): number[] {
  return Array.from({ length: W * K }, (_, n) => {
    if (Math.floor(n / W) !== 4) return n % 2;
    return Number(n % W < onesOfWindow4);
  });
}

function profileOf(column: readonly number[], isWhole = false) {
  const profile = createDriftProfile(
    {
      isWhole,
      observations: Float32Array.from(column),
      actions: Int32Array.from(column),
      observationDim: 1,
      actionDim: 1,
      fillCostsBps: [],
    },
    config,
  );
  const [observation, action] = profile!.columns;
  return { observation, action };
}

const sumOver = (p: number[], q: number[], term: (p: number, q: number) => number): number =>
  p.reduce((sum, _, i) => sum + term(Math.max(FLOOR, p[i]), Math.max(FLOOR, q[i])), 0);

describe('the limits of a column', () => {
  test('are twice the distance of the furthest window from the rest of the reference, itself left out', () => {
    const { observation, action } = profileOf(columnOf(18));
    const window = [2 / W, 18 / W];
    const rest = [0.5, 0.5];
    const index = sumOver(window, rest, (p, q) => (p - q) * Math.log(p / q));
    const kl = sumOver(window, rest, (p, q) => p * Math.log(p / q));
    expect(observation.limit).toBeCloseTo(REACH * index, 9);
    expect(action.limit).toBeCloseTo(REACH * kl, 9);
    // With the window among what it is compared with, it would be nearer.
    expect([...observation.expected]).toEqual([0.46, 0.54]);
  });

  test('are the configured ones, where every window is nearer', () => {
    const { observation, action } = profileOf(columnOf(11));
    expect([observation.limit, action.limit]).toEqual([0.1, 0.1]);
  });

  test('of a whole reference count windows that overlap: the furthest may begin anywhere', () => {
    // Ones from the middle of window 4 to the middle of window 5.
    const column = Array.from({ length: W * K }, (_, n) => (n >= 90 && n < 110 ? 1 : n % 2));
    const apart = profileOf(column, false).observation.limit;
    const whole = profileOf(column, true).observation.limit;
    const index = sumOver([0, 1], [0.5, 0.5], (p, q) => (p - q) * Math.log(p / q));
    expect(whole).toBeCloseTo(REACH * index, 9);
    expect(apart).toBeLessThan(whole / 2);
  });

  test('know the range of the reference, and how many values of a window may lie beyond all others', () => {
    const column = columnOf(10).map((value, n) => (n >= 80 && n < 83 ? 7 : value));
    const { observation } = profileOf(column);
    expect(observation).toMatchObject({ lowest: 0, highest: 7, maxOutside: (REACH * 3) / W });
    expect(profileOf(columnOf(10)).observation.maxOutside).toBe(0.01);
  });
});

test('a reference of one window too few sets none', () => {
  const ofLength = (length: number) =>
    createDriftProfile(
      {
        isWhole: true,
        observations: new Float32Array(length),
        actions: new Int32Array(length),
        observationDim: 1,
        actionDim: 1,
        fillCostsBps: [],
      },
      config,
    );
  expect(ofLength(W * K - 1)).toBeUndefined();
  expect(ofLength(W * K)).toBeDefined();
});

test('distances are those of their definitions, with no share below the floor', () => {
  const counts = Int32Array.of(0, 5, 15);
  const expected = Float64Array.of(0.2, 0.8, 0);
  const [p, q] = [
    [0, 0.25, 0.75],
    [0.2, 0.8, 0],
  ];
  expect(stabilityIndex(counts, 20, expected)).toBeCloseTo(
    sumOver(p, q, (a, b) => (a - b) * Math.log(a / b)),
    12,
  );
  expect(divergence(counts, 20, expected)).toBeCloseTo(
    sumOver(p, q, (a, b) => a * Math.log(a / b)),
    12,
  );
});
