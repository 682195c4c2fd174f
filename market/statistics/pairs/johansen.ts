/**
 * Tests how many ways several series wander together.
 * Source: S. Johansen, "Estimation and Hypothesis Testing of Cointegration Vectors in Gaussian Vector Autoregressive
 * Models", Econometrica 59 (1991).
 */
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix, solve } from 'ml-matrix';
import { DataError } from '../../../core/errors.ts';
import { log } from '../../../core/math.ts';
import { EIGENVALUE_CRITICAL, TRACE_CRITICAL } from './unit-root-tables.ts';

export interface JohansenTest {
  /** [k], falling */
  readonly eigenvalues: Float64Array;
  /** [k] of at most 0, 1, … cointegrating vectors */
  readonly trace: Float64Array;
  readonly maxEigenvalue: Float64Array;
  /** [k][10, 5, 1 %] */
  readonly traceCritical: readonly (readonly number[])[];
  readonly eigenvalueCritical: readonly (readonly number[])[];
  /** [k] weights of the most stationary combination, vᵀ·S·v = 1 with the covariance S of the levels */
  readonly vector: Float64Array;
  /** Cointegrating vectors at 5 %, by the trace. */
  readonly rank: number;
}

/**
 * With a constant.
 * @param series [k][n], 2 to 6 series
 * @param lags of the differences, ≥ 1
 * @throws DataError `invalid-panel`, `singular-series` for series of which one is a sum of others
 */
export function johansen(series: readonly ArrayLike<number>[], lags = 1): JohansenTest {
  const k = series.length;
  const n = series[0]?.length ?? 0;
  const isWhole = series.every((values) => values.length === n && Array.from(values).every(Number.isFinite));
  if (!(k >= 2 && k <= 6 && isWhole && n > k * (lags + 1) + 5)) {
    throw new DataError(
      'invalid-panel',
      `Johansen's test needs 2 to 6 series of one length and finite values, with more rows than parameters; got ${k} of ${n}.`,
    );
  }
  const rows = n - 1 - lags;
  const change = (c: number, t: number): number => series[c][t] - series[c][t - 1];
  const changes = Matrix.zeros(rows, k);
  const levels = Matrix.zeros(rows, k);
  const before = Matrix.zeros(rows, k * lags);
  for (let r = 0; r < rows; r++) {
    const t = r + lags + 1;
    for (let c = 0; c < k; c++) {
      changes.set(r, c, change(c, t));
      // The level is that of the end of the first lag, as in the source's form with the level lagged by the number of lags.
      levels.set(r, c, series[c][t - lags]);
      for (let lag = 1; lag <= lags; lag++) before.set(r, (lag - 1) * k + c, change(c, t - lag));
    }
  }
  for (const matrix of [changes, levels, before]) centre(matrix);
  try {
    const r0 = residualsOf(changes, before);
    const rk = residualsOf(levels, before);
    const s00 = covariance(r0, r0);
    const sk0 = covariance(rk, r0);
    const skk = covariance(rk, rk);
    const cholesky = new CholeskyDecomposition(skk);
    if (!cholesky.isPositiveDefinite()) throw new Error('not positive definite');
    const lower = cholesky.lowerTriangularMatrix;
    const explained = sk0.mmul(solve(s00, sk0.transpose()));
    const half = solve(lower, explained);
    const symmetric = solve(lower, half.transpose());
    const decomposition = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
    const order = decomposition.realEigenvalues.map((_, i) => i);
    order.sort((a, b) => decomposition.realEigenvalues[b] - decomposition.realEigenvalues[a]);
    const eigenvalues = Float64Array.from(order, (i) => decomposition.realEigenvalues[i]);
    const first = decomposition.eigenvectorMatrix.getColumnVector(order[0]);
    const vector = Float64Array.from(solve(lower.transpose(), first).to1DArray());
    const maxEigenvalue = eigenvalues.map((value) => -rows * log(1 - value));
    const trace = maxEigenvalue.map((_, i) =>
      maxEigenvalue.subarray(i).reduce((sum, value) => sum + value, 0),
    );
    const traceCritical = Array.from({ length: k }, (_, i) => TRACE_CRITICAL[k - 1 - i]);
    const passed = traceCritical.findIndex(([, five], i) => trace[i] <= five);
    return {
      eigenvalues,
      trace,
      maxEigenvalue,
      traceCritical,
      eigenvalueCritical: Array.from({ length: k }, (_, i) => EIGENVALUE_CRITICAL[k - 1 - i]),
      vector,
      rank: passed < 0 ? k : passed,
    };
  } catch (error) {
    throw new DataError(
      'singular-series',
      "Johansen's test needs series that move by themselves; one of these is constant or a sum of others.",
      { cause: error },
    );
  }
}

function centre(matrix: Matrix): void {
  for (let c = 0; c < matrix.columns; c++) {
    let sum = 0;
    for (let r = 0; r < matrix.rows; r++) sum += matrix.get(r, c);
    for (let r = 0; r < matrix.rows; r++) matrix.set(r, c, matrix.get(r, c) - sum / matrix.rows);
  }
}

function residualsOf(y: Matrix, x: Matrix): Matrix {
  const transposed = x.transpose();
  return Matrix.sub(y, x.mmul(solve(transposed.mmul(x), transposed.mmul(y))));
}

function covariance(a: Matrix, b: Matrix): Matrix {
  return Matrix.div(a.transpose().mmul(b), a.rows);
}
