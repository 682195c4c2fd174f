/** Synthetic markets: the same seed gives the same bits, and the processes are what they say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { createCandles, hashCandles } from '../../../market/candles/candles.ts';
import {
  geometricBrownian,
  meanReverting,
  regimeSwitching,
  sine,
} from '../../../market/synthetic/candles.ts';

const markets = { geometricBrownian, meanReverting, regimeSwitching, sine };
const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: number[]) => {
  const center = mean(values);
  return mean(values.map((value) => (value - center) ** 2));
};
const logReturns = (close: Float64Array) =>
  Array.from(close.subarray(1), (price, i) => Math.log(price / close[i]));

describe.each(Object.entries(markets))('%s', (_, market) => {
  test('makes the same bits from the same seed, and others from another', () => {
    const options = { length: 200, gapDeviation: 0.001 };
    const first = hashCandles(market({ rng: createRng(1), ...options }));
    expect(hashCandles(market({ rng: createRng(1), ...options }))).toBe(first);
    expect(hashCandles(market({ rng: createRng(2), ...options }))).not.toBe(first);
  });

  test('makes sound candles whose open is the close before', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 12 }),
        (seed, length, subSteps) => {
          const candles = market({
            rng: createRng(seed),
            length,
            subSteps,
            startPrice: 7,
            startMs: 5,
            stepMs: HOUR,
          });
          expect(createCandles(candles).length).toBe(length);
          expect([candles.open[0], candles.timeMs[0]]).toEqual([7, 5]);
          for (let row = 1; row < length; row++) {
            expect(candles.open[row]).toBe(candles.close[row - 1]);
            expect(candles.timeMs[row]).toBe(5 + row * HOUR);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('has highs and lows beyond the open and close, and a volume in every bar', () => {
    const { open, high, low, close, volume } = market({ rng: createRng(1), length: 500 });
    const rows = Array.from(open.keys());
    expect(rows.filter((r) => high[r] > Math.max(open[r], close[r])).length).toBeGreaterThan(5);
    expect(rows.filter((r) => low[r] < Math.min(open[r], close[r])).length).toBeGreaterThan(5);
    expect(Math.abs(Math.log(volume.toSorted()[250] / 1000))).toBeLessThan(0.15);
    expect(Math.sqrt(variance(Array.from(volume, Math.log)))).toBeCloseTo(0.5, 1);
  });

  test('without drift, gaps do not make the expected price grow', () => {
    // exp(249 · 0.03² / 2) is 1.118: what blind buyers earned.
    const ends = Array.from({ length: 3000 }, (_, seed) => {
      const settings = {
        length: 250,
        stepMs: 86_400_000,
        driftPerYear: 0,
        volatilityPerYear: 0.1,
        gapDeviation: 0.03,
        subSteps: 1,
      };
      return geometricBrownian({ rng: createRng(seed + 1), ...settings }).close[249] / 100;
    });
    const mean = ends.reduce((sum, end) => sum + end, 0) / ends.length;
    const error = Math.sqrt(variance(ends) / ends.length);
    expect(Math.abs(mean - 1)).toBeLessThan(4 * error);
    expect(4 * error).toBeLessThan(0.06);
  });

  test('opens away from the close before when there are gaps', () => {
    const { open, close } = market({ rng: createRng(1), length: 2000, gapDeviation: 0.01 });
    const gaps = Array.from({ length: 1999 }, (_, r) => Math.log(open[r + 1] / close[r]));
    expect(Math.sqrt(variance(gaps))).toBeCloseTo(0.01, 3);
  });

  test.each<[overrides: object, code: string, says: string]>([
    [{ length: 0 }, 'invalid-value', '"length"'],
    [{ length: 2.5 }, 'invalid-value', '"length"'],
    [{ startPrice: -1 }, 'invalid-value', '"startPrice"'],
    [{ stepMs: Number.NaN }, 'invalid-value', '"stepMs"'],
    [{ gapDeviation: Infinity }, 'invalid-value', '"gapDeviation"'],
    [{ legnth: 5 }, 'unknown-key', 'Did you mean "length"?'],
  ])('refuses %j', (overrides, code, says) => {
    expect(() => market({ rng: createRng(1), ...overrides })).toThrow(
      expect.objectContaining({ name: 'ConfigError', code, message: expect.stringContaining(says) }),
    );
  });
});

describe('geometricBrownian', () => {
  test('has the volatility asked for, and no log drift when the drift is half its square', () => {
    const options = { length: 20_000, stepMs: YEAR / 10, driftPerYear: 2, volatilityPerYear: 2 };
    const returns = logReturns(geometricBrownian({ rng: createRng(5), ...options }).close);
    expect(Math.sqrt(10 * variance(returns))).toBeCloseTo(2, 1);
    const standardError = 2 / Math.sqrt(2000);
    expect(Math.abs(10 * mean(returns))).toBeLessThan(3 * standardError);
  });

  test('without volatility grows at exactly its drift', () => {
    const { close } = geometricBrownian({
      rng: createRng(1),
      length: 365,
      stepMs: YEAR / 365,
      driftPerYear: 0.5,
      volatilityPerYear: 0,
    });
    expect(close[364]).toBeCloseTo(100 * Math.exp(0.5), 8);
  });
});

describe('meanReverting', () => {
  test('has the long-run deviation and the decay asked for', () => {
    const { close } = meanReverting({
      rng: createRng(5),
      length: 40_000,
      reversionPerBar: 0.1,
      deviation: 0.05,
    });
    const x = Array.from(close, (price) => Math.log(price / 100));
    expect(Math.sqrt(variance(x))).toBeCloseTo(0.05, 2);
    const covariance = mean(x.slice(1).map((value, i) => value * x[i]));
    expect(covariance / variance(x)).toBeCloseTo(Math.exp(-0.1), 1.5);
    expect(Math.abs(mean(x))).toBeLessThan(0.005);
  });
});

describe('regimeSwitching', () => {
  const options = {
    length: 30_000,
    regimes: [
      { driftPerYear: 0, volatilityPerYear: 0.2 },
      { driftPerYear: 0, volatilityPerYear: 1 },
    ],
    transition: [
      [0.98, 0.02],
      [0.06, 0.94],
    ],
  };

  test('stays and moves as its matrix says, each regime with its own volatility', () => {
    const { close, open, regime } = regimeSwitching({ rng: createRng(5), ...options });
    expect(regime[0]).toBe(0);
    const rows = Array.from(regime.keys());
    expect(rows.filter((r) => regime[r] === 0).length / 30_000).toBeCloseTo(0.75, 1);
    const moves = rows.slice(1).filter((r) => regime[r - 1] === 0 && regime[r] === 1).length;
    expect(moves / rows.filter((r) => regime[r] === 0).length).toBeCloseTo(0.02, 2);
    for (const [index, { volatilityPerYear }] of options.regimes.entries()) {
      const returns = rows.filter((r) => regime[r] === index).map((r) => Math.log(close[r] / open[r]));
      expect(Math.sqrt((variance(returns) * YEAR) / HOUR) / volatilityPerYear).toBeCloseTo(1, 1);
    }
  });

  test.each([
    [[[1]]],
    [
      [
        [0.5, 0.4],
        [0, 1],
      ],
    ],
    [
      [
        [0.5, 0.5, 0],
        [0, 1, 0],
      ],
    ],
    [
      [
        [1.5, -0.5],
        [0, 1],
      ],
    ],
  ])('refuses the matrix %j', (transition) => {
    expect(() => regimeSwitching({ rng: createRng(1), transition })).toThrow(
      expect.objectContaining({ code: 'invalid-value', message: expect.stringContaining('transition') }),
    );
  });

  test('takes three regimes', () => {
    const regimes = [0, 1, 2].map((i) => ({ driftPerYear: i, volatilityPerYear: 0.1 }));
    const third = [1 / 3, 1 / 3, 1 / 3];
    const { regime } = regimeSwitching({ rng: createRng(1), regimes, transition: [third, third, third] });
    expect(new Set(regime)).toEqual(new Set([0, 1, 2]));
  });
});

test('sine comes back to its start after each period and turns at its amplitude', () => {
  const { close, high, low } = sine({
    rng: createRng(1),
    length: 100,
    periodBars: 20,
    amplitude: 0.1,
    subSteps: 4,
  });
  for (const row of [19, 39, 99]) expect(close[row]).toBeCloseTo(100, 9);
  expect(Math.max(...high)).toBeCloseTo(100 * Math.exp(0.1), 9);
  expect(Math.min(...low)).toBeCloseTo(100 * Math.exp(-0.1), 9);
});
