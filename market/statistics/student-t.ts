/**
 * Computes Student's t distribution: the critical values of means over a few samples.
 * Source: NIST Digital Library of Mathematical Functions, 5.11.1 (Stirling's series) and 8.17.22 (the continued fraction of
 * the incomplete beta function), evaluated by Lentz's method.
 */
import { ConfigError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import { normalQuantile } from './overfitting.ts';

/** Of Stirling's series, by falling odd powers of 1/x. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156];
/** From here on the series is exact to the last bits. */
const STIRLING_FROM = 12;
const TINY = 1e-300;
/** Degrees of freedom from which the normal distribution differs by less than a part in ten million. */
const NORMAL_FROM = 1e7;

/** ln Γ(x). @param x above 0 */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  for (; shifted < STIRLING_FROM; shifted++) product *= shifted;
  let power = 1 / shifted;
  let series = 0;
  for (const coefficient of STIRLING) {
    series += coefficient * power;
    power /= shifted * shifted;
  }
  return (shifted - 0.5) * log(shifted) - shifted + 0.5 * log(2 * Math.PI) + series - log(product);
}

/**
 * The regularised incomplete beta function I_x(a, b).
 * @param x in [0, 1]
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (!(x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0 || x === 1) return x;
  const front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log(1 - x));
  // The fraction converges fast below the mean alone; above it the symmetric one does.
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const away = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return fraction;
}

/** P(T ≤ t) of Student's distribution. @param degrees of freedom, above 0; need not be whole */
export function studentCdf(t: number, degrees: number): number {
  const tail = 0.5 * incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

/**
 * The t that a share of Student's distribution lies below.
 * @param share in [0, 1]; 0 and 1 give ∓ Infinity
 * @param degrees of freedom, above 0; need not be whole. Infinity gives the normal distribution
 * @throws ConfigError `invalid-value`
 */
export function studentQuantile(share: number, degrees: number): number {
  if (!(share >= 0 && share <= 1)) {
    throw new ConfigError('invalid-value', `The share must lie in [0, 1], got ${share}.`);
  }
  if (!(degrees > 0)) {
    throw new ConfigError('invalid-value', `The degrees of freedom must be above 0, got ${degrees}.`);
  }
  if (degrees >= NORMAL_FROM) return normalQuantile(share);
  if (share === 0.5) return 0;
  if (share === 0 || share === 1) return share === 0 ? -Infinity : Infinity;
  // The lower half alone, where a distribution function keeps its digits.
  if (share > 0.5) return -studentQuantile(1 - share, degrees);
  let low = -1;
  while (studentCdf(low, degrees) > share) low *= 2;
  let high = low === -1 ? 0 : low / 2;
  for (let i = 0; i < 200 && high - low > 1e-15 * Math.abs(low); i++) {
    const middle = 0.5 * (low + high);
    if (studentCdf(middle, degrees) > share) high = middle;
    else low = middle;
  }
  return 0.5 * (low + high);
}
