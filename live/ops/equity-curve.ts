/** Keeps a whole session's equity in a bounded number of points: the longer it lasts, the further they are apart. */

export class EquityCurve {
  readonly #capacity: number;
  readonly #timeMs: number[] = [];
  readonly #equity: number[] = [];
  #spacingMs = 0;

  /** @param capacity most points that are kept, ≥ 4 */
  constructor(capacity = 2000) {
    this.#capacity = capacity;
  }

  /** The last point always moves with the account. @param timeMs UTC epoch, never falling */
  add(timeMs: number, equity: number): void {
    const times = this.#timeMs;
    const last = times.length - 1;
    // The last point stands for all since the one before it, until it is far enough from that one.
    if (last > 0 && times[last] - times[last - 1] < this.#spacingMs) {
      times[last] = timeMs;
      this.#equity[last] = equity;
      return;
    }
    if (timeMs === times[last]) {
      this.#equity[last] = equity;
      return;
    }
    times.push(timeMs);
    this.#equity.push(equity);
    if (times.length > this.#capacity) this.#thin();
  }

  read(): { timeMs: readonly number[]; equity: readonly number[] } {
    return { timeMs: this.#timeMs, equity: this.#equity };
  }

  /** Keeps every second point, and the first and last. */
  #thin(): void {
    const times = this.#timeMs;
    const { length } = times;
    let kept = 0;
    for (let i = 0; i < length; i++) {
      if (i % 2 === 1 && i < length - 1) continue;
      times[kept] = times[i];
      this.#equity[kept] = this.#equity[i];
      kept++;
    }
    times.length = kept;
    this.#equity.length = kept;
    this.#spacingMs = (times[kept - 1] - times[0]) / (kept - 1);
  }
}
