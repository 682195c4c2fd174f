/** Keeps the price of a whole session as a bounded number of candles: the longer it lasts, the longer each of them is. */

/** Columns of candles; those without a price are left out. */
export interface CandleColumns {
  /** Length of each. */
  readonly intervalMs: number;
  /** [T] UTC epoch of the opens, ascending */
  readonly timeMs: readonly number[];
  readonly open: readonly number[];
  readonly high: readonly number[];
  readonly low: readonly number[];
  readonly close: readonly number[];
}

export class PriceCandles {
  readonly #capacity: number;
  #intervalMs: number;
  readonly #timeMs: number[] = [];
  readonly #open: number[] = [];
  readonly #high: number[] = [];
  readonly #low: number[] = [];
  readonly #close: number[] = [];
  /** Where the present candle ends, UTC epoch. */
  #endMs = -Infinity;

  /** @param capacity most candles that are kept, ≥ 2 */
  constructor(intervalMs: number, capacity = 500) {
    this.#intervalMs = intervalMs;
    this.#capacity = capacity;
  }

  /** @param timeMs UTC epoch, never falling; @param price anything that is not above 0 is no price */
  add(timeMs: number, price: number): void {
    if (!(price > 0)) return;
    const last = this.#timeMs.length - 1;
    if (timeMs < this.#endMs) {
      if (price > this.#high[last]) this.#high[last] = price;
      if (price < this.#low[last]) this.#low[last] = price;
      this.#close[last] = price;
      return;
    }
    const start = timeMs - (timeMs % this.#intervalMs);
    this.#endMs = start + this.#intervalMs;
    this.#timeMs.push(start);
    for (const column of [this.#open, this.#high, this.#low, this.#close]) column.push(price);
    if (this.#timeMs.length > this.#capacity) this.#merge();
  }

  /** A view. @param fromMs candles that opened before are left out */
  read(fromMs = -Infinity): CandleColumns {
    const from = this.#timeMs.findIndex((timeMs) => timeMs >= fromMs);
    const part = (column: number[]) =>
      from === 0 ? column : from < 0 ? [] : column.slice(from, column.length);
    return {
      intervalMs: this.#intervalMs,
      timeMs: part(this.#timeMs),
      open: part(this.#open),
      high: part(this.#high),
      low: part(this.#low),
      close: part(this.#close),
    };
  }

  /** The last ones. */
  tail(count: number): CandleColumns {
    return this.read(this.#timeMs.at(-count) ?? this.#timeMs[0] ?? -Infinity);
  }

  #merge(): void {
    this.#intervalMs *= 2;
    let kept = -1;
    for (let i = 0; i < this.#timeMs.length; i++) {
      const start = this.#timeMs[i] - (this.#timeMs[i] % this.#intervalMs);
      if (kept >= 0 && this.#timeMs[kept] === start) {
        this.#high[kept] = Math.max(this.#high[kept], this.#high[i]);
        this.#low[kept] = Math.min(this.#low[kept], this.#low[i]);
        this.#close[kept] = this.#close[i];
        continue;
      }
      kept++;
      this.#timeMs[kept] = start;
      for (const column of [this.#open, this.#high, this.#low, this.#close]) column[kept] = column[i];
    }
    for (const column of [this.#timeMs, this.#open, this.#high, this.#low, this.#close]) {
      column.length = kept + 1;
    }
    this.#endMs = this.#timeMs[kept] + this.#intervalMs;
  }
}
