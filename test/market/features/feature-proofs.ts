/** What every feature is tried against: its definition, a changed future, another start, a market that stands still. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import {
  type Candles,
  candlesFromPrices,
  createCandles,
  sliceCandles,
} from '../../../market/candles/candles.ts';
import type { Feature } from '../../../market/features/features.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';

/** Written from lists of bars with the engine's own functions; NaN where it divides by nothing, which the feature calls 0. */
export type FeatureDefinition = (bars: number, candles: Candles, row: number) => number;

export const candles = geometricBrownian({
  rng: createRng(7),
  length: 300,
  stepMs: 3_600_000,
  gapDeviation: 0.002,
});

/** The rows of the last bars, oldest first. */
export const last = (bars: number, row: number) => Array.from({ length: bars }, (_, i) => row - bars + 1 + i);
export const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** The same candles up to `row`, and others, of another length, after it. */
function withOtherFuture(original: Candles, row: number, seed: number): Candles {
  const rng = createRng(seed);
  const future = geometricBrownian({
    rng,
    length: 1 + rng.integer(50),
    stepMs: 60_000,
    startMs: original.timeMs[row] + 1 + rng.integer(1e9),
    startPrice: rng.uniform() * 1e6 + 1,
  });
  const past = sliceCandles(original, 0, row + 1);
  const join = (name: 'timeMs' | 'open' | 'high' | 'low' | 'close' | 'volume') => [
    ...past[name],
    ...future[name],
  ];
  return createCandles({
    timeMs: join('timeMs'),
    open: join('open'),
    high: join('high'),
    low: join('low'),
    close: join('close'),
    volume: join('volume'),
  });
}

/** Tries a feature against its definition, another future, and a start elsewhere. */
export function proveFeature(
  feature: Feature,
  definition: FeatureDefinition,
  limitOf = (_bars: number) => 1,
): void {
  describe(feature.name, () => {
    const { defaultBars, minBars = 1 } = feature;
    const all = defaultBars === undefined ? [0] : [minBars, defaultBars, 37];
    const windows = all.filter((bars) => feature.lookback(bars) < candles.length - 1);

    test.each(windows)('is what its definition says, window %i', (bars) => {
      const compute = feature.create(bars);
      const wrong: [row: number, value: number, expected: number][] = [];
      for (let row = feature.lookback(bars); row < candles.length; row++) {
        const expected = definition(bars, candles, row);
        const value = compute(candles, row);
        const isRight = Number.isNaN(expected) ? value === 0 : Math.abs(value - expected) < 1e-11;
        if (!isRight) wrong.push([row, value, expected]);
      }
      expect(wrong).toEqual([]);
    });

    test('at row r does not change with anything after r, to the bit', () => {
      fc.assert(
        fc.property(fc.nat(), fc.nat(298), fc.constantFrom(...windows), (seed, r, bars) => {
          const changed = withOtherFuture(candles, r, seed);
          const before = feature.create(bars);
          const after = feature.create(bars);
          const changedRows: number[] = [];
          for (let row = feature.lookback(bars); row <= r; row++) {
            if (!Object.is(before(candles, row), after(changed, row))) changedRows.push(row);
          }
          expect(changedRows).toEqual([]);
        }),
        { numRuns: 30 },
      );
    });

    test('needs its lookback and no row more, to the bit', () => {
      for (const bars of windows) {
        const lookback = feature.lookback(bars);
        for (const row of [lookback, 150, 299].filter((each) => each >= lookback)) {
          const alone = sliceCandles(candles, row - lookback, row + 1);
          const whole = feature.create(bars)(candles, row);
          expect(Object.is(feature.create(bars)(alone, lookback), whole)).toBe(true);
        }
      }
    });

    test('is finite in a market that stands still', () => {
      const still = candlesFromPrices(new Array(300).fill(0.1));
      for (const bars of windows) {
        const compute = feature.create(bars);
        const values = [];
        for (let row = feature.lookback(bars); row < 300; row++) values.push(compute(still, row));
        expect(values.filter((value) => !Number.isFinite(value))).toEqual([]);
      }
    });

    if (feature.bounded) {
      test('stays of order one', () => {
        for (const bars of windows) {
          const compute = feature.create(bars);
          let largest = 0;
          for (let row = feature.lookback(bars); row < candles.length; row++) {
            largest = Math.max(largest, Math.abs(compute(candles, row)));
          }
          expect(largest).toBeLessThanOrEqual(limitOf(bars));
        }
      });
    }
  });
}
