/** Draws by looking them up: one uniform number instead of logarithms and exponentials. */
import { exp, log } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';

/** Entries of a table. */
export const TABLE_SIZE = 1024;

/** Mean as given; Infinity where that is. */
export function exponential(rng: Rng, mean: number): number {
  return -mean * log(1 - rng.uniform());
}

/** The factors e^(deviation · z) at evenly spaced probabilities of a standard normal z. */
export function lognormalTable(deviation: number): Float64Array {
  return Float64Array.from({ length: TABLE_SIZE }, (_, i) =>
    exp(deviation * normalQuantile((i + 0.5) / TABLE_SIZE)),
  );
}

/** Failures before the first success of this probability, at evenly spaced probabilities; at most `limit`. */
export function geometricTable(probability: number, limit: number): Int32Array {
  return Int32Array.from({ length: TABLE_SIZE }, (_, i) => {
    if (probability === 1) return 0;
    if (probability === 0) return limit;
    return Math.min(limit, Math.floor(log((i + 0.5) / TABLE_SIZE) / log(1 - probability)));
  });
}

/**
 * The standard normal's inverse distribution function.
 * Source: Abramowitz and Stegun (1964), 26.2.23; absolute error below 4.5e-4.
 */
function normalQuantile(probability: number): number {
  const tail = Math.min(probability, 1 - probability);
  const t = Math.sqrt(-2 * log(tail));
  const z =
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return probability < 0.5 ? -z : z;
}
