/** Cuts, gradients and metrics, each against its definition. */
import { describe, expect, test } from 'vitest';
import { exp, log } from '../../../core/math.ts';
import { createRng } from '../../../core/rng.ts';
import { ColumnSorter, cutColumn } from '../../../models/trees/cuts.ts';
import { GradientSource } from '../../../models/trees/gradients.ts';
import { TreeKernels } from '../../../models/trees/kernels.ts';
import { measure } from '../../../models/trees/metrics.ts';
import { sampleColumns } from '../../../models/trees/sampling.ts';
import { type ObjectiveName, resolveXgboostConfig } from '../../../models/trees/xgboost-config.ts';
import { tableOf } from '../tables.ts';

describe('cuts', () => {
  function cutsOf(values: number[], maxBins: number, weights?: Float32Array) {
    const sorter = new ColumnSorter(values.length);
    sorter.sort(tableOf(values.map((value) => [value])), 0);
    return { sorter, ...cutColumn(sorter, weights, maxBins) };
  }

  test('a column is sorted with its rows, negative numbers and zeros of both signs included', () => {
    const rng = createRng(1);
    const values = Array.from({ length: 500 }, (_, i) =>
      i % 7 === 0 ? -0 : i % 5 === 0 ? Number.NaN : Math.fround(rng.gaussian() * 10 ** (i % 9)),
    );
    const { sorter } = cutsOf(values, 256);
    const present = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
    expect(sorter.numPresent).toBe(present.length);
    expect([...sorter.values.subarray(0, present.length)]).toEqual(present.map((value) => value + 0));
    for (let i = 0; i < present.length; i++) expect(values[sorter.rows[i]] + 0).toBe(present[i] + 0);
  });

  test('few distinct values each get a bin, with a last cut above all and a floor below', () => {
    const { cuts, floor } = cutsOf([3, 1, 2, 2, Number.NaN, 1], 256);
    expect([...cuts]).toEqual([2, 3, Math.fround(6.00001)]);
    expect(floor).toBeLessThan(1);
  });

  test('many values are cut at quantiles: bins hold shares of the weight that differ by few rows', () => {
    const rng = createRng(2);
    const values = Array.from({ length: 4000 }, () => rng.gaussian());
    const weights = Float32Array.from(values, (value) => (value > 0 ? 3 : 1));
    const { cuts } = cutsOf(values, 16, weights);
    expect(cuts.length).toBe(16);
    const shares = new Float64Array(16);
    for (const [row, value] of values.entries()) {
      shares[cuts.findIndex((cut) => Math.fround(value) < cut)] += weights[row];
    }
    const even = weights.reduce((a, b) => a + b, 0) / 16;
    for (const share of shares) expect(Math.abs(share - even)).toBeLessThan(8);
  });
});

describe('gradients', () => {
  const rng = createRng(3);
  const N = 37;
  const weights = Float32Array.from({ length: N }, () => 0.5 + rng.uniform());

  function gradientsOf(objective: ObjectiveName, labels: Float32Array, K: number, spread = 2) {
    const config = resolveXgboostConfig({ objective, ...(K > 1 && { num_class: K }), quantile_alpha: 0.3 });
    const source = new GradientSource(new TreeKernels(1), config, labels, weights, K, undefined);
    for (let i = 0; i < N * K; i++) source.margins[i] = spread * rng.gaussian();
    source.update(0);
    const pairs = new Float32Array(source.margins.buffer, source.pairsOf(0), N * K * 2);
    return { margins: Float64Array.from(source.margins), pairs };
  }

  const softplus = (x: number) => log(1 + exp(x));
  const losses = {
    'binary:logistic': (m: Float64Array, at: number, y: number) => softplus(m[at]) - y * m[at],
    'reg:squarederror': (m: Float64Array, at: number, y: number) => 0.5 * (m[at] - y) ** 2,
    'multi:softprob': (m: Float64Array, at: number, y: number) =>
      log(exp(m[at]) + exp(m[at + 1]) + exp(m[at + 2])) - m[at + y],
  };

  for (const [objective, K] of [
    ['binary:logistic', 1],
    ['multi:softprob', 3],
    ['reg:squarederror', 1],
  ] as const) {
    test(`those of ${objective} are the differences of its loss`, () => {
      const labels = Float32Array.from({ length: N }, () => rng.integer(Math.max(2, K)));
      const { margins, pairs } = gradientsOf(objective, labels, K);
      const step = 1e-4;
      for (let row = 0; row < N; row++) {
        for (let k = 0; k < K; k++) {
          const at = row * K + k;
          const lossAt = (shift: number) => {
            const moved = margins.slice();
            moved[at] += shift;
            return weights[row] * losses[objective](moved, row * K, labels[row]);
          };
          const slope = (lossAt(step) - lossAt(-step)) / (2 * step);
          const curve = (lossAt(step) - 2 * lossAt(0) + lossAt(-step)) / step ** 2;
          expect(Math.abs(pairs[(k * N + row) * 2] - slope)).toBeLessThan(1e-6);
          // XGBoost doubles the diagonal of the softmax's second derivative.
          expect(Math.abs(pairs[(k * N + row) * 2 + 1] - curve * (K === 3 ? 2 : 1))).toBeLessThan(1e-5);
        }
      }
    });
  }

  const power = (x: number, p: number) => exp(p * log(x));
  const valueLosses: [ObjectiveName, (m: number, y: number) => number, hessianOf?: (m: number) => number][] =
    [
      // The hessian is taken 0.7 further on.
      ['count:poisson', (m, y) => exp(m) - y * m, (m) => exp(m + 0.7)],
      ['reg:gamma', (m, y) => y * exp(-m) + m],
      ['reg:tweedie', (m, y) => -y * (power(exp(m), -0.5) / -0.5) + power(exp(m), 0.5) / 0.5],
      ['reg:pseudohubererror', (m, y) => Math.sqrt(1 + (m - y) ** 2) - 1],
      ['reg:absoluteerror', (m, y) => Math.abs(m - y), () => 1],
      ['reg:quantileerror', (m, y) => (m > y ? 0.7 * (m - y) : 0.3 * (y - m)), () => 1],
    ];
  for (const [objective, loss, hessianOf] of valueLosses) {
    test(`those of ${objective} are the differences of its loss`, () => {
      const labels = Float32Array.from({ length: N }, () => 0.1 + 3 * rng.uniform());
      const { margins, pairs } = gradientsOf(objective, labels, 1, 0.7);
      const step = 1e-4;
      for (let row = 0; row < N; row++) {
        const [m, y, w] = [margins[row], labels[row], weights[row]];
        const slope = (loss(m + step, y) - loss(m - step, y)) / (2 * step);
        const curve = hessianOf?.(m) ?? (loss(m + step, y) - 2 * loss(m, y) + loss(m - step, y)) / step ** 2;
        expect(Math.abs(pairs[2 * row] - w * slope)).toBeLessThan(3e-6);
        expect(Math.abs(pairs[2 * row + 1] - w * curve)).toBeLessThan(1e-5);
      }
    });
  }

  test('their sums are exact: in any order, and as differences of sums', () => {
    const labels = Float32Array.from({ length: N }, () => rng.integer(2));
    const { pairs } = gradientsOf('binary:logistic', labels, 1, 15);
    const forward = pairs.reduce((sum, value, i) => (i % 2 === 0 ? sum + value : sum), 0);
    let backward = 0;
    for (let i = pairs.length - 2; i >= 0; i -= 2) backward += pairs[i];
    expect(backward).toBe(forward);
    let rest = forward;
    for (let i = 0; i < pairs.length; i += 2) rest -= pairs[i];
    expect(rest).toBe(0);
  });
});

describe('metrics', () => {
  const predictions = Float32Array.of(0.9, 0.5, 0.5, 0.2);
  const labels = Float32Array.of(1, 1, 0, 0);

  test('are their definitions, by hand', () => {
    expect(measure('error', predictions, labels, undefined, 1)).toBe(0.25);
    expect(measure('mae', predictions, labels, undefined, 1)).toBeCloseTo((0.1 + 0.5 + 0.5 + 0.2) / 4, 7);
    expect(measure('rmse', predictions, labels, undefined, 1)).toBeCloseTo(Math.sqrt(0.55 / 4), 7);
    expect(measure('logloss', predictions, labels, undefined, 1)).toBeCloseTo(
      -(log(0.9) + 2 * log(0.5) + log(0.8)) / 4,
      6,
    );
    expect(measure('auc', predictions, labels, undefined, 1)).toBe(3.5 / 4);
    expect(measure('auc', predictions, labels, Float32Array.of(1, 1, 3, 1), 1)).toBe((4 + 1 + 1.5) / 8);
    const classes = Float32Array.of(0.5, 0.3, 0.2, 0.1, 0.1, 0.8);
    expect(measure('merror', classes, Float32Array.of(1, 2), undefined, 3)).toBe(0.5);
    expect(measure('mlogloss', classes, Float32Array.of(1, 2), undefined, 3)).toBeCloseTo(
      -(log(0.3) + log(0.8)) / 2,
      6,
    );
  });

  test('a sure prediction that is wrong costs much, not infinitely much', () => {
    expect(measure('logloss', Float32Array.of(0), Float32Array.of(1), undefined, 1)).toBeCloseTo(36.84, 2);
  });

  test('auc of one class is refused', () => {
    expect(() => measure('auc', predictions, new Float32Array(4), undefined, 1)).toThrow(
      /rows of both classes/,
    );
  });
});

test('a sample of columns has the share asked for, at least one, in rising order', () => {
  const columns = Int32Array.from({ length: 10 }, (_, i) => i);
  expect(sampleColumns(columns, 0.01, createRng(1))).toHaveLength(1);
  const half = sampleColumns(columns, 0.5, createRng(1));
  expect(half).toHaveLength(5);
  expect([...half]).toEqual([...half].sort((a, b) => a - b));
});
