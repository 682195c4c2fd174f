import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { calibrateInto, fitCalibration } from '../../../models/data/calibration.ts';

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** Scores whose true log-odds are 0.5 · their own + 0.3. */
function overconfident(length: number) {
  const rng = createRng(1);
  const odds = Array.from({ length }, () => 4 * rng.gaussian());
  const probabilities = Float64Array.from(odds.flatMap((z) => [1 - sigmoid(z), sigmoid(z)]));
  const classes = odds.map((z) => (rng.uniform() < sigmoid(0.5 * z + 0.3) ? 1 : 0));
  return { probabilities, classes, weights: new Float64Array(length).fill(1) };
}

describe('Platt scaling', () => {
  test('finds the distortion', () => {
    const { probabilities, classes, weights } = overconfident(20_000);
    const { curves } = fitCalibration('platt', probabilities, classes, weights, 2);
    expect(curves).toHaveLength(1);
    const [curve] = curves;
    if (curve.method !== 'platt') throw new Error('another method');
    expect(curve.slope).toBeCloseTo(0.5, 1);
    expect(curve.intercept).toBeCloseTo(0.3, 1);
  });

  test('stays finite where scores part the classes, or are all the same', () => {
    const parted = fitCalibration(
      'platt',
      [0.9, 0.1, 0.8, 0.2, 0.1, 0.9, 0.2, 0.8],
      [0, 0, 1, 1],
      [1, 1, 1, 1],
      2,
    );
    const same = fitCalibration('platt', [0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [0, 1, 1], [1, 1, 1], 2);
    for (const { curves } of [parted, same]) {
      const [curve] = curves;
      if (curve.method !== 'platt') throw new Error('another method');
      expect(Number.isFinite(curve.slope + curve.intercept)).toBe(true);
    }
    const p = Float64Array.of(0.5, 0.5);
    calibrateInto(p, 1, 2, same);
    // Platt's targets: two hits of three, drawn towards a half.
    expect(p[1]).toBeCloseTo((2 * (3 / 4) + 1 / 3) / 3, 6);
  });
});

describe('isotonic regression', () => {
  test('pools what falls, to the values worked by hand', () => {
    const scores = [0.1, 0.2, 0.3, 0.4, 0.5];
    const probabilities = scores.flatMap((p) => [1 - p, p]);
    const calibration = fitCalibration('isotonic', probabilities, [0, 1, 0, 1, 1], [1, 1, 1, 1, 1], 2);
    const p = Float64Array.from(probabilities);
    calibrateInto(p, 5, 2, calibration);
    // Blocks: 0 | 1, 0 at score .25 → ½ | 1, 1.
    expect(p[1]).toBeCloseTo(1e-6, 9);
    expect(p[3]).toBeCloseTo(0.5 * (0.1 / 0.15), 6);
    expect(p[9]).toBeCloseTo(1 - 1e-6, 9);
  });

  test('weighs rows, and never falls', () => {
    const { probabilities, classes, weights } = overconfident(3000);
    const calibration = fitCalibration('isotonic', probabilities, classes, weights, 2);
    const grid = Float64Array.from({ length: 402 }, (_, i) =>
      i % 2 === 0 ? 1 - (i >> 1) / 200 : (i >> 1) / 200,
    );
    calibrateInto(grid, 201, 2, calibration);
    for (let i = 3; i < grid.length; i += 2) expect(grid[i]).toBeGreaterThanOrEqual(grid[i - 2]);
    const doubled = fitCalibration('isotonic', [0.6, 0.4, 0.6, 0.4], [1, 0], [3, 1], 2).curves[0];
    expect(doubled).toEqual({ method: 'isotonic', from: [0.4], to: [0.75] });
  });
});

test('several classes sum to one again', () => {
  const rng = createRng(2);
  const rows = 500;
  const raw = Float64Array.from({ length: rows * 3 }, () => rng.uniform());
  for (let i = 0; i < rows; i++) {
    const sum = raw[3 * i] + raw[3 * i + 1] + raw[3 * i + 2];
    for (let c = 0; c < 3; c++) raw[3 * i + c] /= sum;
  }
  const classes = Array.from({ length: rows }, () => rng.integer(3));
  for (const method of ['platt', 'isotonic'] as const) {
    const p = raw.slice();
    calibrateInto(p, rows, 3, fitCalibration(method, raw, classes, new Float64Array(rows).fill(1), 3));
    for (let i = 0; i < rows; i++) expect(p[3 * i] + p[3 * i + 1] + p[3 * i + 2]).toBeCloseTo(1, 12);
  }
});
