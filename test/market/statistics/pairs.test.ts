/** Numbers of statsmodels 0.15.0 and scikit-learn 1.9.1 on series that a linear congruential generator makes. */
import { describe, expect, test } from 'vitest';
import { ConfigError, DataError } from '../../../core/errors.ts';
import { ledoitWolf, principalComponents } from '../../../market/statistics/covariance.ts';
import { hedgeRatio, KalmanHedge, rollingHedge } from '../../../market/statistics/pairs/hedge-ratio.ts';
import { johansen } from '../../../market/statistics/pairs/johansen.ts';
import { dickeyFuller, engleGranger, halfLife } from '../../../market/statistics/pairs/unit-root.ts';
import { equalWeights, minimumVariance, riskParity } from '../../../market/statistics/portfolio-weights.ts';

function noise(n: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: n }, () => {
    state = (1_664_525 * state + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296 - 0.5;
  });
}
function sums(values: Float64Array, start: number): Float64Array {
  let total = 0;
  return values.map((value) => {
    total += value;
    return total + start;
  });
}
const [u, v, w] = [1, 2, 3].map((seed) => noise(120, seed));
const x = sums(u, 10);
const e = new Float64Array(120);
for (let t = 1; t < 120; t++) e[t] = 0.6 * e[t - 1] + 0.5 * v[t];
const y = x.map((value, t) => 1.5 * value + 2 + e[t]);
const z = sums(w, 5);

describe('hedge ratios', () => {
  test('are those of least squares and of ridge regression', () => {
    const { ratio, intercept } = hedgeRatio(y, x);
    expect(Math.abs(intercept - 1.238265143580878)).toBeLessThan(1e-10);
    expect(Math.abs(ratio - 1.581601955799825)).toBeLessThan(1e-10);
    const ridge = hedgeRatio(y, x, 2);
    expect(Math.abs(ridge.ratio - 1.5300286765374138)).toBeLessThan(1e-10);
    expect(Math.abs(ridge.intercept - 1.7356612410506926)).toBeLessThan(1e-10);
  });

  test('in a moving window are those of the window alone: later rows change nothing', () => {
    const { ratio, zscore } = rollingHedge(y, x, 30);
    const last = hedgeRatio(y.subarray(50, 80), x.subarray(50, 80));
    expect(ratio[79]).toBeCloseTo(last.ratio, 12);
    const residuals = Float64Array.from(
      { length: 30 },
      (_, i) => y[50 + i] - last.intercept - last.ratio * x[50 + i],
    );
    const deviation = Math.sqrt(residuals.reduce((sum, value) => sum + value * value, 0) / 30);
    expect(zscore[79]).toBeCloseTo(residuals[29] / deviation, 10);
    expect(ratio.subarray(0, 29).every(Number.isNaN)).toBe(true);
    const changed = y.map((value, t) => (t > 79 ? -value : value));
    expect(rollingHedge(changed, x, 30).ratio.subarray(0, 80)).toEqual(ratio.subarray(0, 80));
  });

  test('by a Kalman filter find a ratio that is there, and follow it when it moves', () => {
    const filter = new KalmanHedge({ delta: 1e-3, noise: 1e-4 });
    const walk = sums(noise(4000, 9), 20);
    for (let t = 0; t < 2000; t++) filter.update(2 * walk[t] + 1, walk[t]);
    const copy = new KalmanHedge({ delta: 1e-3, noise: 1e-4 });
    copy.load(filter.save());
    expect(2 * walk[1999] + 1 - filter.ratio * walk[1999] - filter.intercept).toBeCloseTo(0, 3);
    for (let t = 2000; t < 4000; t++) filter.update(2.5 * walk[t], walk[t]);
    expect(filter.ratio).toBeCloseTo(2.5, 1);
    expect(copy.ratio).not.toBe(filter.ratio);
  });
});

describe('the augmented Dickey–Fuller test', () => {
  test.each([
    [e, 0, 'c', -5.712115880118288, 7.259297892114222e-7],
    [e, 0, 'ct', -5.73422584216928, 7.801742049449494e-6],
    [e, 0, 'n', -5.65650574007672, 4.979266322328099e-8],
    [e, 1, 'c', -4.717326987501632, 7.806691820277971e-5],
    [e, 1, 'ct', -4.734111116781086, 0.0006097675924558931],
    [e, 3, 'n', -3.9142926021818636, 0.00010248219996397565],
    [e, 3, 'ct', -4.008626442040779, 0.008548640714660336],
    [x, 2, 'c', -1.9342281961194714, 0.3161343034958686],
    [x, 0, 'c', -2.069589053689063, 0.2569174641487373],
  ] as const)('has the numbers of the other implementation, %#', (series, lags, trend, statistic, pValue) => {
    const test = dickeyFuller(series, { lags, trend });
    expect(Math.abs(test.statistic - statistic)).toBeLessThan(1e-8);
    expect(Math.abs(test.pValue - pValue)).toBeLessThan(1e-8);
  });

  test('refuses what is too short, does not move, or is no number', () => {
    expect(() => dickeyFuller([1, 2, 3])).toThrow(/at least 7 values, got 3/);
    expect(() => dickeyFuller(new Float64Array(50).fill(2))).toThrow(/does not/);
    expect(() => dickeyFuller([...x.subarray(0, 20), Number.NaN])).toThrow(/value 20 is NaN/);
  });

  test('goes with a half-life: that of an autoregression of 0.6 is 1.4 steps, a walk has none that is short', () => {
    const long = new Float64Array(20_000);
    const drawn = noise(20_000, 5);
    for (let t = 1; t < long.length; t++) long[t] = 0.6 * long[t - 1] + drawn[t];
    expect(halfLife(long)).toBeCloseTo(Math.log(2) / -Math.log(0.6), 1);
    expect(halfLife(sums(drawn, 0))).toBeGreaterThan(500);
    expect(halfLife([0, 1, 2, 4, 8, 16])).toBe(Infinity);
  });
});

describe('cointegration', () => {
  test('by Engle and Granger has the numbers of the other implementation', () => {
    const pair = engleGranger(y, x);
    expect(Math.abs(pair.statistic - -5.366179326146376)).toBeLessThan(1e-6);
    expect(Math.abs(pair.pValue - 3.307182900331863e-5)).toBeLessThan(1e-8);
    [-3.99084033, -3.38795719, -3.08028241].forEach((value, i) => {
      expect(pair.criticalValues[i]).toBeCloseTo(value, 7);
    });
    const strangers = engleGranger(z, x);
    expect(Math.abs(strangers.statistic - -2.652874708737739)).toBeLessThan(1e-6);
    expect(Math.abs(strangers.pValue - 0.2169834677713121)).toBeLessThan(1e-6);
  });

  test('by Johansen has the numbers of the other implementation', () => {
    const result = johansen([y, x, z], 1);
    const near = (values: Float64Array, expected: number[]): void => {
      for (const [i, value] of expected.entries()) expect(Math.abs(values[i] - value)).toBeLessThan(1e-6);
    };
    near(result.trace, [43.014392643486666, 11.855962596664567, 3.8150116570615564]);
    near(result.maxEigenvalue, [31.158430046822108, 8.04095093960301, 3.8150116570615564]);
    near(result.eigenvalues, [0.23206830755750685, 0.06587372519766947, 0.031813560307712124]);
    const sign = Math.sign(result.vector[0]);
    near(
      result.vector.map((weight) => sign * weight),
      [7.650533437431324, -12.062709430285857, 0.520581628390096],
    );
    expect(result.traceCritical).toEqual([
      [27.0669, 29.7961, 35.4628],
      [13.4294, 15.4943, 19.9349],
      [2.7055, 3.8415, 6.6349],
    ]);
    expect(result.rank).toBe(1);
  });

  test('refuses series that are sums of others, and too few', () => {
    expect(() => johansen([x, x])).toThrow(DataError);
    expect(() => johansen([x])).toThrow(/2 to 6 series/);
  });
});

describe('covariance', () => {
  const panel = [u, v, w, u.map((value, t) => 0.5 * value + 0.5 * v[t])];

  test('shrunk by Ledoit and Wolf has the numbers of the other implementation', () => {
    const { covariance, shrinkage } = ledoitWolf(panel);
    expect(Math.abs(shrinkage - 0.0743745304305234)).toBeLessThan(1e-8);
    [
      0.08348179401990136, 0.0032830430975441457, -0.0043076356321195336, 0.040753470119756156,
      0.0032830430975441457, 0.07898391881337964,
    ].forEach((value, i) => {
      expect(Math.abs(covariance[i] - value)).toBeLessThan(1e-8);
    });
  });

  test('has the principal components of the other implementation', () => {
    const { variances, components } = principalComponents(panel);
    [0.13144988506404853, 0.0798047610323356, 0.0739010842117856, 0].forEach((value, i) => {
      expect(Math.abs(variances[i] - value)).toBeLessThan(1e-10);
    });
    [0.6040182918150778, 0.5311309865391837, -0.17584313251776001, 0.567574639177131].forEach((value, i) => {
      expect(Math.abs(components[0][i] - value)).toBeLessThan(1e-9);
    });
  });
});

describe('weights of a portfolio', () => {
  const covariance = Float64Array.of(0.04, 0.006, 0.002, 0.006, 0.09, 0.01, 0.002, 0.01, 0.01);

  test('of least variance satisfy its conditions: one slope where held, none smaller elsewhere', () => {
    for (const matrix of [covariance, ledoitWolf([u, v, w]).covariance]) {
      const weights = minimumVariance(matrix);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      const slopes = weights.map((_, i) =>
        weights.reduce((sum, weight, j) => sum + matrix[3 * i + j] * weight, 0),
      );
      const least = Math.min(...slopes);
      weights.forEach((weight, i) => {
        expect(weight).toBeGreaterThanOrEqual(0);
        if (weight > 0) expect(slopes[i]).toBeCloseTo(least, 9);
      });
    }
  });

  test('of risk parity carry the same part of the variance each', () => {
    const weights = riskParity(covariance);
    const risks = weights.map(
      (weight, i) => weight * weights.reduce((sum, other, j) => sum + covariance[3 * i + j] * other, 0),
    );
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(risks[1]).toBeCloseTo(risks[0], 12);
    expect(risks[2]).toBeCloseTo(risks[0], 12);
    expect([...equalWeights(4)]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  test('of something that is no covariance are refused', () => {
    expect(() => minimumVariance(Float64Array.of(1, 2))).toThrow(ConfigError);
    expect(() => riskParity(Float64Array.of(0, 0, 0, 1))).toThrow(ConfigError);
  });
});
