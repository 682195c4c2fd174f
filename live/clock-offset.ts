/**
 * How far the local clock is ahead of a venue's, as far as one-way messages can tell: receive time − exchange time is
 * offset + latency, and the quickest message of a while has the least latency in it.
 */
import { median } from '../core/statistics.ts';

const WINDOW = 512;

export class ClockOffset {
  readonly #samples = new Float64Array(WINDOW);
  #count = 0;
  #minimum = Number.NaN;

  /** @returns how much later than the quickest message of the window this one came, ms, ≥ 0 */
  add(receivedMs: number, exchangeMs: number): number {
    const sample = receivedMs - exchangeMs;
    const index = this.#count++ % WINDOW;
    const leaving = this.#samples[index];
    this.#samples[index] = sample;
    if (!(sample > this.#minimum)) this.#minimum = sample;
    else if (this.#count > WINDOW && leaving === this.#minimum) this.#minimum = lowest(this.#samples);
    return sample - this.#minimum;
  }

  /** Samples so far. */
  get count(): number {
    return this.#count;
  }

  /** Smallest receive − exchange time of the last 512 messages, ms: the clocks' offset and the least latency. */
  get minimumMs(): number {
    return this.#minimum;
  }

  /** Median of the same, ms: the offset and the usual latency. NaN without samples. */
  get medianMs(): number {
    const present = this.#samples.slice(0, Math.min(this.#count, WINDOW));
    return present.length === 0 ? Number.NaN : median([...present]);
  }
}

function lowest(samples: Float64Array): number {
  let minimum = Infinity;
  for (let i = 0; i < samples.length; i++) minimum = Math.min(minimum, samples[i]);
  return minimum;
}
