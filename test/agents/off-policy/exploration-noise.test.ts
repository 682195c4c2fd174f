import { describe, expect, test } from 'vitest';
import { ExplorationNoise } from '../../../agents/off-policy/exploration-noise.ts';
import { createRng } from '../../../core/rng.ts';

/** What the noise adds to one action, step after step, with an episode every `episode` steps. */
function series(noise: 'gaussian' | 'ornstein-uhlenbeck', steps: number, episode = Infinity): Float64Array {
  const config = { noise, noiseDeviation: 0.02, noiseReversion: 0.2 };
  const source = new ExplorationNoise(config, 1, 1);
  const rng = createRng(1);
  const action = new Float32Array(1);
  return Float64Array.from({ length: steps }, (_, t) => {
    action[0] = 0;
    source.addInto(action, Uint8Array.of(t % episode === 0 ? 1 : 0), rng);
    return action[0];
  });
}

const meanOf = (values: Float64Array) => values.reduce((sum, x) => sum + x, 0) / values.length;
/** Correlation of neighbours. */
const autocorrelation = (values: Float64Array) =>
  meanOf(values.slice(1).map((x, t) => x * values[t])) / meanOf(values.map((x) => x * x));

describe('exploration noise', () => {
  test('gaussian noise has its deviation and forgets at once', () => {
    const values = series('gaussian', 20_000);
    expect(Math.abs(meanOf(values))).toBeLessThan(0.0006);
    expect(Math.sqrt(meanOf(values.map((x) => x * x)))).toBeCloseTo(0.02, 3);
    expect(Math.abs(autocorrelation(values))).toBeLessThan(0.03);
  });

  test('Ornstein-Uhlenbeck noise keeps 1 − θ from step to step and settles at σ/√(1 − (1 − θ)²)', () => {
    const values = series('ornstein-uhlenbeck', 50_000);
    expect(Math.abs(autocorrelation(values) - 0.8)).toBeLessThan(0.02);
    const deviation = Math.sqrt(meanOf(values.map((x) => x * x)));
    expect(Math.abs(deviation / (0.02 / 0.6) - 1)).toBeLessThan(0.05);
  });

  test('Ornstein-Uhlenbeck noise starts anew with each episode', () => {
    const values = series('ornstein-uhlenbeck', 40_000, 20);
    const firsts = values.filter((_, t) => t % 20 === 0);
    const lasts = values.filter((_, t) => t % 20 === 19);
    expect(Math.sqrt(meanOf(firsts.map((x) => x * x)))).toBeCloseTo(0.02, 2.5);
    // The last of an episode says nothing about the first of the next.
    const products = lasts.slice(0, -1).map((x, i) => x * firsts[i + 1]);
    expect(Math.abs(meanOf(products)) / (0.02 * 0.033)).toBeLessThan(0.1);
  });

  test('each env begins its own episodes', () => {
    const noise = new ExplorationNoise(
      { noise: 'ornstein-uhlenbeck', noiseDeviation: 0, noiseReversion: 0.5 },
      2,
      2,
    );
    noise.load({ arrays: { values: Float32Array.of(0.8, 0.4, 0.8, 0.4) }, values: {} });
    const actions = new Float32Array(4);
    noise.addInto(actions, Uint8Array.of(0, 1), createRng(1));
    expect([...actions]).toEqual([Math.fround(0.4), Math.fround(0.2), 0, 0]);
  });

  test('actions stay in [−1, 1]', () => {
    const config = { noise: 'gaussian', noiseDeviation: 5, noiseReversion: 0 } as const;
    const actions = new Float32Array(100).fill(0.9);
    new ExplorationNoise(config, 50, 2).addInto(actions, undefined, createRng(1));
    expect(Math.max(...actions)).toBe(1);
    expect(Math.min(...actions)).toBe(-1);
  });
});

test('Ornstein-Uhlenbeck noise of a shorter step wanders slower and as far', () => {
  const deviation = 0.1;
  const reversion = 0.15;
  const noise = new ExplorationNoise(
    { noise: 'ornstein-uhlenbeck', noiseDeviation: deviation, noiseReversion: reversion, noiseStep: 0.1 },
    1,
    1,
  );
  const rng = createRng(8);
  let squares = 0;
  let products = 0;
  let last = 0;
  for (let i = 0; i < 60_000; i++) {
    const action = Float32Array.of(0);
    noise.addInto(action, undefined, rng);
    squares += action[0] * action[0];
    products += action[0] * last;
    last = action[0];
  }
  // x ← (1 − θ·dt)·x + σ·√dt·ε has the variance σ²·dt / (1 − (1 − θ·dt)²).
  const kept = 1 - reversion * 0.1;
  expect(squares / 60_000 / ((deviation * deviation * 0.1) / (1 - kept * kept))).toBeGreaterThan(0.85);
  expect(squares / 60_000 / ((deviation * deviation * 0.1) / (1 - kept * kept))).toBeLessThan(1.15);
  expect(products / squares).toBeCloseTo(kept, 2);
});
