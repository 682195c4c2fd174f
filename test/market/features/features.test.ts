/** Each feature against its definition, term by term, and against a changed future. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Candles, candlesFromPrices } from '../../../market/candles/candles.ts';
import { candleFeatures } from '../../../market/features/features.ts';
import { indicators } from '../../../market/features/indicators/index.ts';
import { lastZscore } from '../../../market/features/zscore.ts';
import { candles, type FeatureDefinition, last, proveFeature, sum } from './feature-proofs.ts';

/** The definitions, written from lists of the last bars with the engine's own functions. */
const definitions: Record<string, FeatureDefinition> = {
  return: (bars, c, row) => Math.log(c.close[row]) - Math.log(c.close[row - bars]),
  volatility(bars, c, row) {
    const returns = last(bars, row).map((r) => Math.log(c.close[r]) - Math.log(c.close[r - 1]));
    return Math.sqrt(sum(returns.map((value) => (value - sum(returns) / bars) ** 2)) / (bars - 1));
  },
  range: (bars, c, row) =>
    (Math.max(...last(bars, row).map((r) => c.high[r])) - Math.min(...last(bars, row).map((r) => c.low[r]))) /
    c.close[row],
  'ma-distance': (bars, c, row) => c.close[row] / (sum(last(bars, row).map((r) => c.close[r])) / bars) - 1,
  rsi(bars, c, row) {
    const changes = last(bars, row).map((r) => c.close[r] - c.close[r - 1]);
    const gain = sum(changes.map((change) => Math.max(change, 0))) / bars;
    const loss = sum(changes.map((change) => Math.max(-change, 0))) / bars;
    return (100 - 100 / (1 + gain / loss)) / 50 - 1;
  },
  channel(bars, c, row) {
    const high = Math.max(...last(bars, row).map((r) => c.high[r]));
    const low = Math.min(...last(bars, row).map((r) => c.low[r]));
    return ((c.close[row] - low) / (high - low)) * 2 - 1;
  },
  'volume-zscore'(bars, c, row) {
    const volumes = last(bars, row).map((r) => c.volume[r]);
    const mean = sum(volumes) / bars;
    return (c.volume[row] - mean) / Math.sqrt(sum(volumes.map((v) => (v - mean) ** 2)) / bars);
  },
  'hour-sin': (_, c, row) => Math.sin((2 * Math.PI * minuteOfDay(c, row)) / 1440),
  'hour-cos': (_, c, row) => Math.cos((2 * Math.PI * minuteOfDay(c, row)) / 1440),
  'weekday-sin': (_, c, row) => Math.sin((2 * Math.PI * new Date(c.timeMs[row]).getUTCDay()) / 7),
  'weekday-cos': (_, c, row) => Math.cos((2 * Math.PI * new Date(c.timeMs[row]).getUTCDay()) / 7),
};

function minuteOfDay(c: Candles, row: number): number {
  const date = new Date(c.timeMs[row]);
  return date.getUTCHours() * 60 + date.getUTCMinutes();
}

for (const feature of candleFeatures) {
  const limitOf = feature.name === 'volume-zscore' ? (bars: number) => Math.sqrt(bars - 1) + 1e-9 : undefined;
  proveFeature(feature, definitions[feature.name], limitOf);
}

test('every feature has a definition here, and says what it is', () => {
  expect(candleFeatures.map((feature) => feature.name).sort()).toEqual(Object.keys(definitions).sort());
  for (const feature of candleFeatures) expect(feature.description.length).toBeGreaterThan(20);
});

test('calendar features know days before 1970', () => {
  const early = candlesFromPrices([1], { startMs: Date.UTC(1965, 0, 4, 6) });
  const value = (name: string) => candleFeatures.find((f) => f.name === name)?.create(0)(early, 0);
  expect(value('weekday-sin')).toBeCloseTo(Math.sin((2 * Math.PI) / 7), 12);
  expect(value('hour-sin')).toBeCloseTo(1, 12);
});

describe('lastZscore', () => {
  test('is the definition, for windows of every length', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 70 }),
        fc.nat(5),
        (window, start) => {
          const mean = sum(window) / window.length;
          const deviation = Math.sqrt(sum(window.map((v) => (v - mean) ** 2)) / window.length);
          fc.pre(deviation > 1e-6);
          const values = Float64Array.from([...new Array(start).fill(9e9), ...window, 9e9]);
          const expected = (window[window.length - 1] - mean) / deviation;
          expect(lastZscore(values, start, window.length)).toBeCloseTo(expected, 6);
        },
      ),
    );
  });

  test('is 0 where nothing moves but rounding', () => {
    expect(lastZscore(new Float64Array(252).fill(0.1), 0, 252)).toBe(0);
    const rounded = Float64Array.from({ length: 252 }, (_, i) => 0.001 * (1 + (i % 3) * Number.EPSILON));
    expect(lastZscore(rounded, 0, 252)).toBe(0);
  });

  test('is NaN, not 0, where the numbers run out', () => {
    expect(lastZscore(Float64Array.of(1e200, -1e200, 1), 0, 3)).toBeNaN();
    expect(lastZscore(Float64Array.of(1, Number.NaN, 1), 0, 3)).toBeNaN();
    expect(lastZscore(Float64Array.of(1, Infinity, 1), 0, 3)).toBeNaN();
  });
});

test('those that say that they use the volume do, and no other', () => {
  const silent = { ...candles, volume: candles.volume.map((volume, row) => (row % 2 === 0 ? volume : 0)) };
  const loud = { ...candles, volume: candles.volume.map((_, row) => 1 + (row % 7)) };
  for (const { name, defaultBars = 1, lookback, create, usesVolume = false } of [
    ...candleFeatures,
    ...indicators,
  ]) {
    const valuesOf = (given: Candles) => {
      const read = create(defaultBars);
      const first = lookback(defaultBars);
      return Array.from({ length: 40 }, (_, i) => read(given, first + i));
    };
    const differs = valuesOf(silent).some((value, i) => value !== valuesOf(loud)[i]);
    expect([name, differs]).toEqual([name, usesVolume]);
  }
});
