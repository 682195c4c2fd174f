/** Averages named scalars over the updates since the last report. */
import type { Snapshot, Snapshotable } from '../core/snapshot.ts';
import type { Metrics } from './agent.ts';

export class MetricMeans implements Snapshotable {
  readonly #sums = new Map<string, number>();
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add(metrics: Metrics): void {
    for (const [name, value] of Object.entries(metrics))
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
    this.#count++;
  }

  /** The averages; from here on, those of what comes next. */
  take(): Record<string, number> {
    const count = this.#count;
    const means = Object.fromEntries([...this.#sums].map(([name, sum]) => [name, sum / count]));
    this.#sums.clear();
    this.#count = 0;
    return means;
  }

  save(): Snapshot {
    return { arrays: {}, values: { sums: Object.fromEntries(this.#sums), count: this.#count } };
  }

  load({ values }: Snapshot): void {
    this.#sums.clear();
    for (const [name, sum] of Object.entries(values.sums as Metrics)) this.#sums.set(name, sum);
    this.#count = Number(values.count);
  }
}
