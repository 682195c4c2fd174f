/** How something is measured: the median of several rounds, after a warm-up. */

import { ConfigError } from '../../core/errors.ts';
import { median } from '../../core/statistics.ts';

export interface Benchmark {
  readonly name: string;
  readonly unit: string;
  /** NaN where this machine lacks what is needed. */
  measure(): number | Promise<number>;
}

const ROUNDS = 7;

/** Median seconds of one call, over rounds of `calls` calls each, the first round left out. */
export function secondsPer(calls: number, run: () => void, rounds = ROUNDS): number {
  const seconds: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run();
    seconds.push((performance.now() - start) / 1000 / calls);
  }
  return median(seconds.slice(1));
}

/** What `measure` gives, or NaN where the system's BLAS is missing. */
export function ifBlasFound(measure: () => number): number {
  try {
    return measure();
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'blas-not-found') return Number.NaN;
    throw error;
  }
}

/** A fixed loop of dependent scalar additions, multiplications and integer steps, to compare machines by. */
export const calibration: Benchmark = {
  name: 'calibration',
  unit: 'ms',
  measure: () =>
    secondsPer(1, () => {
      let x = 0.5;
      let state = 1;
      for (let i = 0; i < 50_000_000; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        x = x * 0.999 + (state & 1);
      }
      if (!(x > 0)) throw new Error('The calibration loop was optimised away.');
    }) * 1000,
};
