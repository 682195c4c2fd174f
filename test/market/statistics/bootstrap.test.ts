import { describe, expect, test } from 'vitest';
import { ConfigError, DataError } from '../../../core/errors.ts';
import { createRng, type Rng } from '../../../core/rng.ts';
import { stationaryBootstrap } from '../../../market/statistics/bootstrap.ts';

function noise(rng: Rng, length: number, persistence: number): Float64Array {
  const values = new Float64Array(length);
  let state = 0;
  for (let i = 0; i < length; i++) {
    state = persistence * state + rng.gaussian() * Math.sqrt(1 - persistence * persistence);
    values[i] = state;
  }
  return values;
}

describe('the stationary bootstrap', () => {
  test('with blocks of one period gives the interval of independent values', () => {
    const values = noise(createRng(1), 400, 0);
    const { mean, low, high } = stationaryBootstrap(values, { rng: createRng(2), meanBlockLength: 1 });
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 400);
    expect(mean).toBeCloseTo(values.reduce((sum, x) => sum + x, 0) / 400, 12);
    expect((high - low) / (2 * 1.96 * (deviation / 20))).toBeGreaterThan(0.93);
    expect((high - low) / (2 * 1.96 * (deviation / 20))).toBeLessThan(1.07);
  });

  test('covers the true mean about as often as it claims, and far more often than single draws do', () => {
    let blocks = 0;
    let singles = 0;
    for (let trial = 0; trial < 80; trial++) {
      const values = noise(createRng(`coverage ${trial}`), 500, 0.7);
      const rng = createRng(trial);
      const wide = stationaryBootstrap(values, { rng, meanBlockLength: 20, numResamples: 300 });
      const narrow = stationaryBootstrap(values, { rng, meanBlockLength: 1, numResamples: 300 });
      if (wide.low <= 0 && wide.high >= 0) blocks++;
      if (narrow.low <= 0 && narrow.high >= 0) singles++;
    }
    expect(blocks / 80).toBeGreaterThan(0.86);
    expect(singles / 80).toBeLessThan(0.75);
  });

  test('chooses blocks by the data, so that values that remember each other are covered too', () => {
    let covered = 0;
    for (let trial = 0; trial < 150; trial++) {
      const values = noise(createRng(`memory ${trial}`), 250, 0.5);
      const { low, high } = stationaryBootstrap(values, { rng: createRng(trial), numResamples: 200 });
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered / 150).toBeGreaterThan(0.9);
  });

  test('of one resample reaches as far as its mean is off in errors of its blocks, times the error of Newey & West, less its bias', () => {
    const [n, block] = [24, 3];
    const values = noise(createRng(9), n, 0.3);
    const centre = values.reduce((sum, x) => sum + x, 0) / n;
    const rng = createRng(4);
    const sums: { sum: number; length: number }[] = [];
    let index = 0;
    for (let i = 0; i < n; i++) {
      const begins = i === 0 || rng.uniform() < 1 / block;
      index = begins ? rng.integer(n) : (index + 1) % n;
      if (begins) sums.push({ sum: 0, length: 0 });
      sums.at(-1)!.sum += values[index] - centre;
      sums.at(-1)!.length++;
    }
    const total = sums.reduce((all, { sum }) => all + sum, 0);
    const error = Math.hypot(...sums.map(({ sum, length }) => sum - (length * total) / n));
    const lags = 2 * (block - 1);
    let variance = 0;
    for (let lag = 0; lag <= lags; lag++) {
      let covariance = 0;
      for (let t = lag; t < n; t++) covariance += ((values[t] - centre) * (values[t - lag] - centre)) / n;
      variance += (lag === 0 ? 1 : 2 * (1 - lag / (lags + 1))) * covariance;
    }
    const reach = Math.abs(total / error) * Math.sqrt(variance / (n - 1 - lags));
    const drawn = stationaryBootstrap(values, { rng: createRng(4), meanBlockLength: block, numResamples: 1 });
    expect(drawn.high - drawn.mean).toBeCloseTo(reach, 12);
    expect(drawn.mean - drawn.low).toBeCloseTo(reach, 12);
  });

  test('widens with the level', () => {
    const values = noise(createRng(3), 300, 0.3);
    const half = stationaryBootstrap(values, { rng: createRng(4), level: 0.5 });
    const most = stationaryBootstrap(values, { rng: createRng(4), level: 0.99 });
    expect(most.high - most.low).toBeGreaterThan(2 * (half.high - half.low));
  });

  test('of few resamples reaches as far as the farthest, rather than within what they were', () => {
    const values = noise(createRng(3), 100, 0.3);
    const [less, usual, more] = [0.9, 0.95, 0.99].map((level) =>
      stationaryBootstrap(values, { rng: createRng(4), level, numResamples: 20 }),
    );
    expect(usual).toEqual(more);
    expect(less.high).toBeLessThan(more.high);
  });

  test('is decided by its seed', () => {
    const values = noise(createRng(5), 50, 0.3);
    const first = stationaryBootstrap(values, { rng: createRng(6) });
    expect(stationaryBootstrap(values, { rng: createRng(6) })).toEqual(first);
    expect(stationaryBootstrap(values, { rng: createRng(7) })).not.toEqual(first);
  });

  test('has no width where the values do not differ', () => {
    expect(stationaryBootstrap([2, 2, 2], { rng: createRng(1) })).toEqual({ mean: 2, low: 2, high: 2 });
  });

  test('refuses too little data, broken data and options out of range', () => {
    const rng = createRng(1);
    expect(() => stationaryBootstrap([1], { rng })).toThrow(DataError);
    expect(() => stationaryBootstrap([1, Number.NaN], { rng })).toThrow(/Value 1/);
    expect(() => stationaryBootstrap([1, 2], { rng, meanBlockLength: 0.5 })).toThrow(ConfigError);
    expect(() => stationaryBootstrap([1, 2], { rng, numResamples: 0 })).toThrow(/numResamples/);
    expect(() => stationaryBootstrap([1, 2], { rng, level: 1 })).toThrow(/level/);
  });
});
