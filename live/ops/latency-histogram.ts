/** Measures a duration again and again: a histogram for machines, and recent quantiles for people. */

/** Upper bounds of the classes, seconds. */
export const LATENCY_BOUNDS = [
  1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 1,
] as const;
const NUM_RECENT = 1024;

export interface LatencySummary {
  /** How many took at most each of `LATENCY_BOUNDS`; what took longer is in `count` alone. */
  readonly atMost: readonly number[];
  readonly count: number;
  readonly sumSeconds: number;
  /** Of the last 1024, microseconds; NaN before the first. */
  readonly p50Us: number;
  readonly p99Us: number;
}

export class LatencyHistogram {
  readonly #counts = new Float64Array(LATENCY_BOUNDS.length + 1);
  readonly #recent = new Float64Array(NUM_RECENT); // seconds, a ring
  #count = 0;
  #sum = 0;

  /** @param seconds ≥ 0 */
  add(seconds: number): void {
    let index = 0;
    while (index < LATENCY_BOUNDS.length && seconds > LATENCY_BOUNDS[index]) index++;
    this.#counts[index]++;
    this.#recent[this.#count % NUM_RECENT] = seconds;
    this.#count++;
    this.#sum += seconds;
  }

  summary(): LatencySummary {
    const recent = this.#recent.slice(0, Math.min(this.#count, NUM_RECENT)).sort();
    const quantile = (q: number) => (recent[Math.ceil(q * recent.length) - 1] ?? Number.NaN) * 1e6;
    let total = 0;
    const atMost = LATENCY_BOUNDS.map((_, i) => {
      total += this.#counts[i];
      return total;
    });
    return {
      atMost,
      count: this.#count,
      sumSeconds: this.#sum,
      p50Us: quantile(0.5),
      p99Us: quantile(0.99),
    };
  }
}
