/** Averages named scalars over the minibatches of an update. */
import type { Metrics } from './agent.ts';

export class MetricMeans {
  readonly #sums = new Map<string, number>();
  #count = 0;

  add(metrics: Metrics): void {
    for (const [name, value] of Object.entries(metrics))
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
    this.#count++;
  }

  means(): Record<string, number> {
    return Object.fromEntries([...this.#sums].map(([name, sum]) => [name, sum / this.#count]));
  }
}
