/** Limits the orders that a venue takes in a stretch of time. */
import { ConfigError } from '../../core/errors.ts';
import { restoreArrayInto, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';

/** At most `maxOrders` within any `windowMs`: a sliding window. */
export class RateLimit implements Snapshotable {
  readonly #windowMs: number;
  readonly #sentMs: Float64Array; // [maxOrders], a ring
  readonly #next = new Int32Array(1);

  /**
   * @param maxOrders whole number ≥ 1
   * @param windowMs > 0
   * @throws ConfigError `invalid-rate-limit`
   */
  constructor(maxOrders: number, windowMs: number) {
    if (!Number.isInteger(maxOrders) || maxOrders < 1 || !(windowMs > 0)) {
      throw new ConfigError(
        'invalid-rate-limit',
        `A rate limit needs a whole number of orders ≥ 1 and a window of more than 0 ms, got ${maxOrders} in ${windowMs}.`,
      );
    }
    this.#windowMs = windowMs;
    this.#sentMs = new Float64Array(maxOrders).fill(-Infinity);
  }

  /** Whether an order may be sent now. */
  allows(nowMs: number): boolean {
    return nowMs - this.#sentMs[this.#next[0]] >= this.#windowMs;
  }

  /** Counts an order. */
  record(nowMs: number): void {
    this.#sentMs[this.#next[0]] = nowMs;
    this.#next[0] = (this.#next[0] + 1) % this.#sentMs.length;
  }

  clear(): void {
    this.#sentMs.fill(-Infinity);
    this.#next[0] = 0;
  }

  save(): Snapshot {
    return { arrays: { sentMs: this.#sentMs.slice(), next: this.#next.slice() }, values: {} };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#sentMs, snapshot, 'sentMs');
    restoreArrayInto(this.#next, snapshot, 'next');
  }
}
