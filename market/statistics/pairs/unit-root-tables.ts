/**
 * The distribution of unit-root and cointegration statistics under the null.
 * Source: J. MacKinnon, "Approximate Asymptotic Distribution Functions for Unit-Root and Cointegration Tests", JBES 12
 * (1994), tables 3 and 4, for p-values; "Critical Values for Cointegration Tests", Queen's Economics Department working
 * paper 1227 (2010), tables 1 to 3, for critical values; J. MacKinnon, A. Haug & L. Michelis, "Numerical Distribution
 * Functions of Likelihood Ratio Tests for Cointegration", J. Applied Econometrics 14 (1999), for Johansen's.
 */
import { normalCdf } from '../metrics.ts';

/** What is in the regression beside the lags: nothing, a constant, a constant and a trend. */
export type Trend = 'n' | 'c' | 'ct';

interface Surface {
  readonly star: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly small: readonly (readonly number[])[];
  readonly large: readonly (readonly number[])[];
}

// Rows: 1 to 6 series.
const SURFACES: Readonly<Record<Trend, Surface>> = {
  n: {
    star: [-1.04, -1.53, -2.68, -3.09, -3.07, -3.77],
    min: [-19.04, -19.62, -21.21, -23.25, -21.63, -25.74],
    max: [Infinity, 1.51, 0.86, 0.88, 1.05, 1.24],
    small: [
      [0.6344, 1.2378, 0.032496],
      [1.9129, 1.3857, 0.035322],
      [2.7648, 1.4502, 0.034186],
      [3.4336, 1.4835, 0.0319],
      [4.0999, 1.5533, 0.0359],
      [4.5388, 1.5344, 0.029807],
    ],
    large: [
      [0.4797, 0.93557, -0.06999, 0.033066],
      [1.5578, 0.8558, -0.2083, -0.033549],
      [2.2268, 0.68093, -0.32362, -0.054448],
      [2.7654, 0.64502, -0.30811, -0.044946],
      [3.2684, 0.68051, -0.26778, -0.034972],
      [3.7268, 0.7167, -0.23648, -0.028288],
    ],
  },
  c: {
    star: [-1.61, -2.62, -3.13, -3.47, -3.78, -3.93],
    min: [-18.83, -18.86, -23.48, -28.07, -25.96, -23.27],
    max: [2.74, 0.92, 0.55, 0.61, 0.79, 1],
    small: [
      [2.1659, 1.4412, 0.038269],
      [2.92, 1.5012, 0.039796],
      [3.4699, 1.4856, 0.03164],
      [3.9673, 1.4777, 0.026315],
      [4.5509, 1.5338, 0.029545],
      [5.1399, 1.6036, 0.034445],
    ],
    large: [
      [1.7339, 0.93202, -0.12745, -0.010368],
      [2.1945, 0.64695, -0.29198, -0.042377],
      [2.5893, 0.45168, -0.36529, -0.050074],
      [3.0387, 0.45452, -0.33666, -0.041921],
      [3.5049, 0.52098, -0.29158, -0.033468],
      [3.9489, 0.58933, -0.25359, -0.02721],
    ],
  },
  ct: {
    star: [-2.89, -3.19, -3.5, -3.65, -3.8, -4.36],
    min: [-16.18, -21.15, -25.37, -26.63, -26.53, -26.18],
    max: [0.7, 0.63, 0.71, 0.93, 1.19, 1.42],
    small: [
      [3.2512, 1.6047, 0.049588],
      [3.6646, 1.5419, 0.036448],
      [4.0983, 1.5173, 0.029898],
      [4.5844, 1.5338, 0.028796],
      [5.0722, 1.5634, 0.029472],
      [5.53, 1.5914, 0.030392],
    ],
    large: [
      [2.5261, 0.61654, -0.37956, -0.060285],
      [2.85, 0.5272, -0.36622, -0.051695],
      [3.221, 0.5255, -0.32685, -0.041501],
      [3.652, 0.59758, -0.27483, -0.032081],
      [4.0712, 0.66428, -0.23464, -0.02546],
      [4.4735, 0.71757, -0.20681, -0.021196],
    ],
  },
};

/** [levels 1, 5, 10 %][coefficients of 1, 1/n, 1/n², 1/n³]; two series of a cointegrating regression with a constant. */
const PAIR_CRITICAL = [
  [-3.89644, -10.9519, -33.527, 0],
  [-3.33613, -6.1101, -6.823, 0],
  [-3.04445, -4.2412, -2.72, 0],
];

/** Critical values at 10, 5 and 1 % of Johansen's trace and maximum eigenvalue with a constant, by the number of series. */
export const TRACE_CRITICAL: readonly (readonly number[])[] = [
  [2.7055, 3.8415, 6.6349],
  [13.4294, 15.4943, 19.9349],
  [27.0669, 29.7961, 35.4628],
  [44.4929, 47.8545, 54.6815],
  [65.8202, 69.8189, 77.8202],
  [91.109, 95.7542, 104.9637],
];
export const EIGENVALUE_CRITICAL: readonly (readonly number[])[] = [
  [2.7055, 3.8415, 6.6349],
  [12.2971, 14.2639, 18.52],
  [18.8928, 21.1314, 25.865],
  [25.1236, 27.5858, 32.7172],
  [31.2379, 33.8777, 39.3693],
  [37.2786, 40.0763, 45.8662],
];

/** Chance of a statistic as small under the null. @param numSeries 1 for a unit root, 2 to 6 for cointegration */
export function unitRootPValue(statistic: number, trend: Trend, numSeries = 1): number {
  const { star, min, max, small, large } = SURFACES[trend];
  const n = numSeries - 1;
  if (statistic > max[n]) return 1;
  if (statistic < min[n]) return 0;
  const coefficients = statistic <= star[n] ? small[n] : large[n];
  return normalCdf(polynomial(coefficients, statistic));
}

/** Critical values at 1, 5 and 10 % of the residuals' statistic of two series. @param length of the series, less one */
export function pairCriticalValues(length: number): number[] {
  return PAIR_CRITICAL.map((coefficients) => polynomial(coefficients, 1 / length));
}

function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) value = value * x + coefficients[i];
  return value;
}
