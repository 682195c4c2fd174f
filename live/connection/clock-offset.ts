/**
 * Estimates how far the local clock is ahead of a venue's, as far as one-way messages can tell: receive time − exchange
 * time is offset + latency, and the quickest messages of a while have the least latency in them. A venue whose clock is set
 * back and a feed that begins to lag look the same; both count as lag, until the older messages are forgotten.
 *
 * Robust: of each half minute the third quickest message counts, and of the last half minutes the lower third. A frame with
 * a wrong time, or a burst of them, moves nothing.
 */
import type { PlainState } from '../../core/plain-state.ts';
import { median } from '../../core/statistics.ts';

/** A share of the window. */
const BUCKET_MS = 30_000;
/** Shares that are remembered: five minutes. */
const NUM_BUCKETS = 10;
/** Of a bucket the smallest are kept, and the largest of them counts. */
const NUM_SMALLEST = 3;
const RECENT = 256;

export class ClockOffset {
  readonly #recent = new Float64Array(RECENT);
  #count = 0;
  /** Levels of the buckets that ended, oldest first. */
  #levels: number[] = [];
  /** The smallest samples of the bucket under way, rising. */
  #smallest: number[] = [];
  #bucketEndMs = -Infinity;
  #baseline = Number.NaN;

  /** @returns how much later than the quick messages of the last minutes this one came, ms, ≥ 0 */
  add(receivedMs: number, exchangeMs: number): number {
    const sample = receivedMs - exchangeMs;
    this.#recent[this.#count++ % RECENT] = sample;
    const smallest = this.#smallest;
    if (receivedMs >= this.#bucketEndMs) this.#beginBucket(receivedMs, sample);
    else if (smallest.length < NUM_SMALLEST || sample < smallest[NUM_SMALLEST - 1]) {
      let at = smallest.length;
      while (at > 0 && smallest[at - 1] > sample) at--;
      smallest.splice(at, 0, sample);
      if (smallest.length > NUM_SMALLEST) smallest.pop();
      this.#settle();
    }
    return Math.max(0, sample - this.#baseline);
  }

  /** What the quick messages of the last minutes took from exchange to receipt, ms: the clocks' offset and the least latency. */
  get minimumMs(): number {
    return this.#baseline;
  }

  /** Median of the last 256 messages' receive − exchange time, ms: the offset and the usual latency. */
  get medianMs(): number {
    return this.#count === 0 ? Number.NaN : median([...this.#recent.slice(0, this.#count)]);
  }

  save(): PlainState {
    return {
      recent: this.#recent.slice(0, this.#count),
      count: this.#count,
      levels: this.#levels,
      smallest: this.#smallest,
      bucketEndMs: this.#bucketEndMs,
    };
  }

  load(state: PlainState): void {
    const saved = state as {
      recent: Float64Array;
      count: number;
      levels: number[];
      smallest: number[];
      bucketEndMs: number;
    };
    this.#recent.set(saved.recent);
    this.#count = saved.count;
    this.#levels = [...saved.levels];
    this.#smallest = [...saved.smallest];
    this.#bucketEndMs = saved.bucketEndMs;
    if (this.#smallest.length > 0) this.#settle();
  }

  #beginBucket(receivedMs: number, sample: number): void {
    if (this.#smallest.length > 0) this.#levels.push(levelOf(this.#smallest));
    const numSilent = Math.floor((receivedMs - this.#bucketEndMs) / BUCKET_MS);
    // After a long silence nothing earlier is known any more.
    if (numSilent >= NUM_BUCKETS - 1) this.#levels = [];
    while (this.#levels.length >= NUM_BUCKETS) this.#levels.shift();
    this.#smallest = [sample];
    this.#bucketEndMs = receivedMs + BUCKET_MS;
    this.#settle();
  }

  #settle(): void {
    const levels = [...this.#levels, levelOf(this.#smallest)].sort((a, b) => a - b);
    this.#baseline = levels[Math.floor((levels.length - 1) / 3)];
  }
}

/** The third of three; of fewer the first, for a feed that lags is to be found out before it is excused. */
function levelOf(smallest: readonly number[]): number {
  return smallest[smallest.length < NUM_SMALLEST ? 0 : NUM_SMALLEST - 1];
}
