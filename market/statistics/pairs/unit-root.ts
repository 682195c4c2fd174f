/**
 * Tests whether a series wanders off for good, and whether two wander together.
 * Source: D. Dickey & W. Fuller, "Distribution of the Estimators for Autoregressive Time Series With a Unit Root", JASA 74
 * (1979); R. Engle & C. Granger, "Co-integration and Error Correction", Econometrica 55 (1987).
 */
import { Matrix, QrDecomposition } from 'ml-matrix';
import { DataError } from '../../../core/errors.ts';
import { log } from '../../../core/math.ts';
import { hedgeRatio } from './hedge-ratio.ts';
import { pairCriticalValues, type Trend, unitRootPValue } from './unit-root-tables.ts';

export interface UnitRootTest {
  /** t of the level in the regression of changes; far below 0 speaks against a unit root. */
  readonly statistic: number;
  readonly pValue: number;
  readonly lags: number;
}

/**
 * Augmented Dickey–Fuller test: Δy on y of the step before, lagged Δy, and a trend.
 * `numSeries` is that of a cointegrating regression whose residuals these are; it decides the p-value alone.
 * @param series [n], n > 2·lags + 4
 * @param lags of Δy, ≥ 0
 * @throws DataError `too-few-rows`, `non-finite-value`, `constant-series`
 */
export function dickeyFuller(
  series: ArrayLike<number>,
  { lags = 1, trend = 'c', numSeries = 1 }: { lags?: number; trend?: Trend; numSeries?: number } = {},
): UnitRootTest {
  const values = requireSeries(series, 2 * lags + 5, 'A unit-root test');
  const rows = values.length - 1 - lags;
  const width = 1 + lags + (trend === 'n' ? 0 : trend === 'c' ? 1 : 2);
  const x = Matrix.zeros(rows, width);
  const y = Matrix.zeros(rows, 1);
  for (let r = 0; r < rows; r++) {
    const t = r + lags + 1;
    y.set(r, 0, values[t] - values[t - 1]);
    x.set(r, 0, values[t - 1]);
    for (let lag = 1; lag <= lags; lag++) x.set(r, lag, values[t - lag] - values[t - lag - 1]);
    if (trend !== 'n') x.set(r, lags + 1, 1);
    if (trend === 'ct') x.set(r, lags + 2, r + 1);
  }
  const qr = new QrDecomposition(x);
  if (!qr.isFullRank()) {
    throw new DataError(
      'constant-series',
      'A unit-root test needs a series that moves by itself; this one does not.',
    );
  }
  const beta = qr.solve(y);
  const residual = Matrix.sub(y, x.mmul(beta));
  const variance = residual.transpose().mmul(residual).get(0, 0) / (rows - width);
  // The first diagonal element of (XᵀX)⁻¹ = R⁻¹·R⁻ᵀ is the squared length of the first row of R⁻¹.
  const inverse = solveUpper(qr.upperTriangularMatrix);
  let squared = 0;
  for (let c = 0; c < width; c++) squared += inverse.get(0, c) * inverse.get(0, c);
  const statistic = beta.get(0, 0) / Math.sqrt(variance * squared);
  return { statistic, pValue: unitRootPValue(statistic, trend, numSeries), lags };
}

export interface CointegrationTest extends UnitRootTest {
  /** y ≈ intercept + ratio·x */
  readonly ratio: number;
  readonly intercept: number;
  /** Of the statistic at 1, 5 and 10 %. */
  readonly criticalValues: readonly number[];
}

/**
 * Engle–Granger: regress y on x, and test the residuals for a unit root.
 * @throws DataError as `dickeyFuller`; `length-mismatch`
 */
export function engleGranger(y: ArrayLike<number>, x: ArrayLike<number>, lags = 1): CointegrationTest {
  const { ratio, intercept } = hedgeRatio(y, x);
  const residuals = Float64Array.from({ length: y.length }, (_, t) => y[t] - intercept - ratio * x[t]);
  const test = dickeyFuller(residuals, { lags, trend: 'n' });
  return {
    ...test,
    pValue: unitRootPValue(test.statistic, 'c', 2),
    ratio,
    intercept,
    criticalValues: pairCriticalValues(y.length - 1),
  };
}

/**
 * Steps in which a deviation from the mean halves, by the slope of Δs on s: −ln 2 / ln(1 + slope); Infinity where it does
 * not revert.
 */
export function halfLife(spread: ArrayLike<number>): number {
  const values = requireSeries(spread, 5, 'A half-life');
  const before = values.subarray(0, -1);
  const change = Float64Array.from(before, (value, t) => values[t + 1] - value);
  const { ratio: slope } = hedgeRatio(change, before);
  return slope >= 0 ? Infinity : slope <= -1 ? 0 : -log(2) / log(1 + slope);
}

function requireSeries(series: ArrayLike<number>, least: number, what: string): Float64Array {
  if (series.length < least) {
    throw new DataError('too-few-rows', `${what} needs at least ${least} values, got ${series.length}.`);
  }
  const values = Float64Array.from(series);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new DataError('non-finite-value', `${what}: value ${bad} is ${values[bad]}.`);
  return values;
}

/** The inverse of an upper triangular matrix. */
function solveUpper(r: Matrix): Matrix {
  const n = r.rows;
  const inverse = Matrix.zeros(n, n);
  for (let c = 0; c < n; c++) {
    for (let i = c; i >= 0; i--) {
      let sum = i === c ? 1 : 0;
      for (let k = i + 1; k <= c; k++) sum -= r.get(i, k) * inverse.get(k, c);
      inverse.set(i, c, sum / r.get(i, i));
    }
  }
  return inverse;
}
