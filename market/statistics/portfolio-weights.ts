/**
 * Chooses weights of a portfolio from a covariance, without a view on returns.
 * Source: V. DeMiguel, L. Garlappi & R. Uppal, "Optimal Versus Naive Diversification", RFS 22 (2009) for 1/N; H. Markowitz
 * (1952) for the minimum variance; T. Griveau-Billion, J.-C. Richard & T. Roncalli, "A Fast Algorithm for Computing
 * High-dimensional Risk Parity Portfolios" (2013) for risk parity.
 */
import { ConfigError } from '../../core/errors.ts';

const MOST_ROUNDS = 10_000;
const TOLERANCE = 1e-12;

/** [p] the same for all. */
export function equalWeights(numAssets: number): Float64Array {
  return new Float64Array(numAssets).fill(1 / numAssets);
}

/**
 * The long-only weights of least variance, by exchanges between pairs of assets, each exact, until none pays.
 * @param covariance [p·p], row-major, positive definite
 * @throws ConfigError `invalid-covariance`
 */
export function minimumVariance(covariance: Float64Array): Float64Array {
  const p = requireCovariance(covariance);
  const weights = equalWeights(p);
  const gradient = new Float64Array(p);
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) gradient[i] += covariance[i * p + j] * weights[j];
  for (let round = 0; round < MOST_ROUNDS * p; round++) {
    let worst = -1;
    let best = 0;
    for (let i = 0; i < p; i++) {
      if (weights[i] > 0 && (worst < 0 || gradient[i] > gradient[worst])) worst = i;
      if (gradient[i] < gradient[best]) best = i;
    }
    const gain = gradient[worst] - gradient[best];
    if (!(gain > TOLERANCE * covariance[worst * p + worst])) break;
    const curve =
      covariance[worst * p + worst] + covariance[best * p + best] - 2 * covariance[worst * p + best];
    const step = curve > 0 ? Math.min(weights[worst], gain / curve) : weights[worst];
    weights[worst] -= step;
    weights[best] += step;
    for (let i = 0; i < p; i++) gradient[i] += step * (covariance[i * p + best] - covariance[i * p + worst]);
  }
  return weights;
}

/**
 * Weights of which each carries the same part of the variance, by cyclical coordinate descent.
 * @param covariance [p·p], row-major, positive definite
 * @throws ConfigError `invalid-covariance`
 */
export function riskParity(covariance: Float64Array): Float64Array {
  const p = requireCovariance(covariance);
  const weights = Float64Array.from({ length: p }, (_, i) => 1 / Math.sqrt(covariance[i * p + i]));
  const budget = 1 / p;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let moved = 0;
    for (let i = 0; i < p; i++) {
      let others = 0;
      for (let j = 0; j < p; j++) if (j !== i) others += covariance[i * p + j] * weights[j];
      const own = covariance[i * p + i];
      const next = (-others + Math.sqrt(others * others + 4 * own * budget)) / (2 * own);
      moved = Math.max(moved, Math.abs(next - weights[i]) / next);
      weights[i] = next;
    }
    if (moved < TOLERANCE) break;
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function requireCovariance(covariance: Float64Array): number {
  const p = Math.round(Math.sqrt(covariance.length));
  const isSound =
    p >= 1 &&
    p * p === covariance.length &&
    Array.from({ length: p }, (_, i) => covariance[i * p + i]).every((v) => v > 0);
  if (isSound && covariance.every(Number.isFinite)) return p;
  throw new ConfigError(
    'invalid-covariance',
    `A covariance is a square matrix of finite numbers with variances above 0, got ${covariance.length} values.`,
  );
}
