/** Measures how often a venue shows a new book, so that its silence can be told from its pace. */

/** Intervals that are remembered. */
const REMEMBERED = 64;
/** Before there are so many, nothing is known; then the pace is settled each time as many more have come. */
const EVERY = 16;
/** A book is late after this many of the long intervals of its own pace. */
const LATE_FACTOR = 5;
/** Never sooner, ms: networks and processes have pauses of their own. */
const MIN_LATE_MS = 100;
/** Of the intervals; longer ones are gaps. */
const LONG_SHARE = 0.9;

const COUNT = 0;
const LAST_MS = 1;
const LATE_AFTER_MS = 2;
const INTERVALS = 3;

export class BookPace {
  /** All of its state: intervals so far, time of the last book, age at which the next is late, and a ring of intervals. */
  readonly state = new Float64Array(INTERVALS + REMEMBERED);

  constructor() {
    this.clear();
  }

  clear(): void {
    this.state.fill(0);
    this.state[LAST_MS] = Number.NaN;
    this.state[LATE_AFTER_MS] = Infinity;
  }

  /** A book came, or was confirmed. */
  add(timeMs: number): void {
    const { state } = this;
    const interval = timeMs - state[LAST_MS];
    state[LAST_MS] = timeMs;
    if (!(interval > 0)) return;
    const count = state[COUNT]++;
    state[INTERVALS + (count % REMEMBERED)] = interval;
    // Sorting at every book would cost more than reading it.
    if (count % EVERY === EVERY - 1) this.#settle(Math.min(count + 1, REMEMBERED));
  }

  /** Age at which a book is late by its venue's own pace, ms; Infinity while the pace is not known. */
  get lateAfterMs(): number {
    return this.state[LATE_AFTER_MS];
  }

  #settle(length: number): void {
    const known = this.state.slice(INTERVALS, INTERVALS + length).sort();
    const long = known[Math.floor(LONG_SHARE * (length - 1))];
    this.state[LATE_AFTER_MS] = Math.max(MIN_LATE_MS, LATE_FACTOR * long);
  }
}
