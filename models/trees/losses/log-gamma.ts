/** The logarithm of the gamma function, which the likelihood of counts needs. */
import { log } from '../../../core/math.ts';

const HALF_LOG_TWO_PI = 0.9189385332046727;

/**
 * ln Γ(x), to some 1e-13 of its size or of 1.
 * Source: Stirling's series (NIST Digital Library of Mathematical Functions, 5.11.1), from 8 on; below it by
 * Γ(x + 1) = x·Γ(x).
 * @param x above 0
 */
export function logGamma(x: number): number {
  let product = 1;
  let z = x;
  for (; z < 8; z++) product *= z;
  const zz = z * z;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * zz)) / zz) / zz) / zz) / z;
  return (z - 0.5) * log(z) - z + HALF_LOG_TWO_PI + series - log(product);
}
