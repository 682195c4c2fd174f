/** Keeps several numbers over a whole session in a bounded number of points: the longer it lasts, the further they are apart. */

export interface LinePoints {
  /** [T] UTC epoch, ascending */
  readonly timeMs: readonly number[];
  /** [S][T]; null where there is no value */
  readonly values: readonly (readonly (number | null)[])[];
}

export class BoundedLines {
  readonly #capacity: number;
  readonly #timeMs: number[] = [];
  readonly #values: (number | null)[][];
  #spacingMs: number;

  /** @param spacingMs points are at least so far apart; @param capacity most points that are kept, ≥ 4 */
  constructor(numSeries: number, spacingMs: number, capacity = 1200) {
    this.#capacity = capacity;
    this.#spacingMs = spacingMs;
    this.#values = Array.from({ length: numSeries }, () => []);
  }

  /** Whether a point at a time would be kept. */
  isDue(timeMs: number): boolean {
    const { length } = this.#timeMs;
    return length === 0 || timeMs - this.#timeMs[length - 1] >= this.#spacingMs;
  }

  /** Adds a point, where one is due. @param timeMs UTC epoch, never falling; @param values one a series */
  add(timeMs: number, values: readonly number[]): void {
    if (!this.isDue(timeMs)) return;
    this.#timeMs.push(timeMs);
    for (const [series, value] of values.entries()) {
      this.#values[series].push(Number.isFinite(value) ? value : null);
    }
    if (this.#timeMs.length > this.#capacity) this.#thin();
  }

  /** A view. */
  read(): LinePoints {
    return { timeMs: this.#timeMs, values: this.#values };
  }

  #thin(): void {
    this.#spacingMs = Math.max(
      2 * this.#spacingMs,
      (this.#timeMs[this.#timeMs.length - 1] - this.#timeMs[0]) / this.#timeMs.length,
    );
    for (const list of [this.#timeMs, ...this.#values]) {
      let kept = 0;
      for (let i = 0; i < list.length; i += 2) list[kept++] = list[i];
      list.length = kept;
    }
  }
}
