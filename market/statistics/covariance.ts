/**
 * Estimates how series move together: shrunk covariance and principal components.
 * Source: O. Ledoit & M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", J. Multivariate
 * Analysis 88 (2004): a mean of the sample covariance and a multiple of the identity.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { DataError } from '../../core/errors.ts';

export interface ShrunkCovariance {
  /** [p·p], row-major */
  readonly covariance: Float64Array;
  /** Weight of the identity, in [0, 1]. */
  readonly shrinkage: number;
}

/**
 * @param series [p][n], n ≥ 2
 * @throws DataError `invalid-panel`
 */
export function ledoitWolf(series: readonly ArrayLike<number>[]): ShrunkCovariance {
  const { centred, n, p } = centredPanel(series);
  const sample = new Float64Array(p * p);
  let crossed = 0;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      let sum = 0;
      for (let t = 0; t < n; t++) {
        const product = centred[i][t] * centred[j][t];
        sum += product;
        crossed += product * product;
      }
      sample[i * p + j] = sum / n;
    }
  }
  let trace = 0;
  for (let i = 0; i < p; i++) trace += sample[i * p + i];
  const scale = trace / p;
  const squares = sample.reduce((sum, value) => sum + value * value, 0);
  const distance = (squares - 2 * scale * trace + p * scale * scale) / p;
  const error = Math.min((crossed / n - squares) / (p * n), distance);
  const shrinkage = distance > 0 ? Math.max(0, error) / distance : 0;
  const covariance = sample.map(
    (value, at) => (1 - shrinkage) * value + (at % (p + 1) === 0 ? shrinkage * scale : 0),
  );
  return { covariance, shrinkage };
}

export interface PrincipalComponents {
  /** [p] variances along the components, falling; of samples, over n − 1 */
  readonly variances: Float64Array;
  /** [p][p] unit vectors, the largest weight of each positive */
  readonly components: readonly Float64Array[];
}

/** @throws DataError `invalid-panel` */
export function principalComponents(series: readonly ArrayLike<number>[]): PrincipalComponents {
  const { centred, n, p } = centredPanel(series);
  const covariance = Matrix.zeros(p, p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      let sum = 0;
      for (let t = 0; t < n; t++) sum += centred[i][t] * centred[j][t];
      covariance.set(i, j, sum / (n - 1));
    }
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  return {
    variances: Float64Array.from(order, (i) => Math.max(0, realEigenvalues[i])),
    components: order.map((i) => {
      const vector = Float64Array.from(eigenvectorMatrix.getColumn(i));
      const largest = vector.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
      return largest < 0 ? vector.map((value) => -value) : vector;
    }),
  };
}

function centredPanel(series: readonly ArrayLike<number>[]) {
  const p = series.length;
  const n = series[0]?.length ?? 0;
  const isWhole = series.every((values) => values.length === n && Array.from(values).every(Number.isFinite));
  if (p < 1 || n < 2 || !isWhole) {
    throw new DataError(
      'invalid-panel',
      `A covariance needs series of one length ≥ 2 and finite values, got ${p} of ${n}.`,
    );
  }
  const centred = series.map((values) => {
    const copy = Float64Array.from(values);
    const mean = copy.reduce((sum, value) => sum + value, 0) / n;
    return copy.map((value) => value - mean);
  });
  return { centred, n, p };
}
