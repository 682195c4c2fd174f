/**
 * Estimates how far the local clock is ahead of a venue's, as far as one-way messages can tell: receive time − exchange
 * time is offset + latency, and the quickest message of a while has the least latency in it. A venue whose clock is set
 * back and a feed that begins to lag look the same; both count as lag, until the older messages are forgotten.
 */
import { median } from '../../core/statistics.ts';

/** The minimum is over this long and up to twice as long. */
const BUCKET_MS = 150_000;
const RECENT = 256;

export class ClockOffset {
  readonly #recent = new Float64Array(RECENT);
  #count = 0;
  #bucketEndMs = -Infinity;
  #minimum = Infinity;
  #earlierMinimum = Infinity;

  /** @returns how much later than the quickest message of the last minutes this one came, ms, ≥ 0 */
  add(receivedMs: number, exchangeMs: number): number {
    const sample = receivedMs - exchangeMs;
    this.#recent[this.#count++ % RECENT] = sample;
    if (receivedMs >= this.#bucketEndMs) {
      // After a silence longer than a bucket nothing earlier is known any more.
      this.#earlierMinimum = receivedMs < this.#bucketEndMs + BUCKET_MS ? this.#minimum : Infinity;
      this.#minimum = sample;
      this.#bucketEndMs = receivedMs + BUCKET_MS;
    } else if (sample < this.#minimum) this.#minimum = sample;
    return sample - this.#lowest;
  }

  /** Smallest receive − exchange time of the last minutes, ms: the clocks' offset and the least latency. */
  get minimumMs(): number {
    return this.#count === 0 ? Number.NaN : this.#lowest;
  }

  /** Median of the last 256 messages' receive − exchange time, ms: the offset and the usual latency. */
  get medianMs(): number {
    return this.#count === 0 ? Number.NaN : median([...this.#recent.slice(0, this.#count)]);
  }

  get #lowest(): number {
    return Math.min(this.#minimum, this.#earlierMinimum);
  }
}
