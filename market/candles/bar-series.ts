/** Grows bars that are still being made: candles, and the prices that they are made of. */
import { ConfigError } from '../../core/errors.ts';
import { restoreNumber, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';
import type { Candles } from './candles.ts';

const COLUMNS = ['timeMs', 'open', 'high', 'low', 'close', 'volume'] as const;
const INITIAL_CAPACITY = 256;

/** Candles with room for more: the columns are longer than `length`, and are replaced when they are full. */
export class BarSeries implements Candles, Snapshotable {
  length = 0;
  timeMs = new Float64Array(INITIAL_CAPACITY);
  open = new Float64Array(INITIAL_CAPACITY);
  high = new Float64Array(INITIAL_CAPACITY);
  low = new Float64Array(INITIAL_CAPACITY);
  close = new Float64Array(INITIAL_CAPACITY);
  volume = new Float64Array(INITIAL_CAPACITY);

  append(timeMs: number, open: number, high: number, low: number, close: number, volume: number): void {
    const row = this.length;
    if (row === this.timeMs.length) this.#reserve(2 * row);
    this.timeMs[row] = timeMs;
    this.open[row] = open;
    this.high[row] = high;
    this.low[row] = low;
    this.close[row] = close;
    this.volume[row] = volume;
    this.length++;
  }

  save(): Snapshot {
    const arrays = Object.fromEntries(COLUMNS.map((name) => [name, this[name].slice(0, this.length)]));
    return { arrays, values: { length: this.length } };
  }

  load(snapshot: Snapshot): void {
    const length = restoreNumber(snapshot, 'length');
    if (this.timeMs.length < length) this.#reserve(length);
    for (const name of COLUMNS) this[name].set(snapshot.arrays[name] as Float64Array);
    this.length = length;
  }

  /** The last rows, for whoever needs no older ones. */
  saveTail(numRows: number): Snapshot {
    const from = Math.max(0, this.length - numRows);
    const arrays = Object.fromEntries(COLUMNS.map((name) => [name, this[name].slice(from, this.length)]));
    return { arrays, values: { length: this.length } };
  }

  /** The rows keep their numbers; those before the tail are zero. */
  loadTail(snapshot: Snapshot): void {
    const length = restoreNumber(snapshot, 'length');
    const from = length - snapshot.arrays.timeMs.length;
    if (this.timeMs.length < length) this.#reserve(2 * length);
    for (const name of COLUMNS) this[name].set(snapshot.arrays[name] as Float64Array, from);
    this.length = length;
  }

  #reserve(capacity: number): void {
    for (const name of COLUMNS) {
      const larger = new Float64Array(capacity);
      larger.set(this[name]);
      this[name] = larger;
    }
  }
}

/**
 * Makes bars of prices as they come. Bar boundaries are whole multiples of the bar's length since the epoch. The first
 * bar is the first that is seen from its beginning. A bar without a price stays at the price before.
 */
export class BarBuilder implements Snapshotable {
  readonly barMs: number;
  readonly #series: BarSeries;
  /** End of the bar in progress, open, high, low, price, volume; the end is NaN before the first price. */
  readonly #bar = new Float64Array(6).fill(Number.NaN);

  /** @throws ConfigError `invalid-value` unless `barMs` is a whole number of milliseconds ≥ 1 */
  constructor(series: BarSeries, barMs: number) {
    if (!(Number.isInteger(barMs) && barMs >= 1)) {
      throw new ConfigError('invalid-value', `A bar needs a whole number of milliseconds ≥ 1, got ${barMs}.`);
    }
    this.#series = series;
    this.barMs = barMs;
  }

  /** End of the bar in progress, UTC epoch; NaN before the first price. */
  get endMs(): number {
    return this.#bar[END];
  }

  /** The last price; NaN before the first. */
  get price(): number {
    return this.#bar[PRICE];
  }

  /** A price at or after the begin of the bar in progress and before its end. */
  onPrice(timeMs: number, price: number): void {
    const bar = this.#bar;
    if (Number.isNaN(bar[END])) {
      // What is left of this bar is not seen from its beginning, so it is none.
      bar[END] = (Math.floor(timeMs / this.barMs) + 1) * this.barMs;
      bar[IS_WHOLE] = 0;
    }
    if (Number.isNaN(bar[OPEN])) {
      bar[OPEN] = price;
      bar[HIGH] = price;
      bar[LOW] = price;
    } else {
      bar[HIGH] = Math.max(bar[HIGH], price);
      bar[LOW] = Math.min(bar[LOW], price);
    }
    bar[PRICE] = price;
  }

  /** @param size base units that changed hands */
  onTrade(size: number): void {
    if (this.#bar[IS_WHOLE] === 1) this.#volume += size;
  }

  /** Ends the bar in progress. @returns whether it became a bar of the series */
  close(): boolean {
    const bar = this.#bar;
    const isWhole = bar[IS_WHOLE] === 1;
    const price = bar[PRICE];
    const isEmpty = Number.isNaN(bar[OPEN]);
    if (isWhole) {
      const open = isEmpty ? price : bar[OPEN];
      const high = isEmpty ? price : bar[HIGH];
      const low = isEmpty ? price : bar[LOW];
      this.#series.append(bar[END] - this.barMs, open, high, low, price, this.#volume);
    }
    bar[END] += this.barMs;
    bar[OPEN] = Number.NaN;
    bar[IS_WHOLE] = 1;
    this.#volume = 0;
    return isWhole;
  }

  /** Bars that have ended by a time, the one in progress first. */
  numEndedBy(timeMs: number): number {
    const end = this.#bar[END];
    return timeMs >= end ? Math.floor((timeMs - end) / this.barMs) + 1 : 0;
  }

  /** Leaves the bars that have ended by a time out: the one in progress is the one of that time, not seen from its beginning. */
  skipTo(timeMs: number): void {
    const numBars = this.numEndedBy(timeMs);
    if (numBars === 0) return;
    const bar = this.#bar;
    bar[END] += numBars * this.barMs;
    bar[OPEN] = Number.NaN;
    bar[IS_WHOLE] = 0;
    this.#volume = 0;
  }

  save(): Snapshot {
    return { arrays: { bar: this.#bar.slice() }, values: { volume: this.#volume } };
  }

  load(snapshot: Snapshot): void {
    this.#bar.set(snapshot.arrays.bar as Float64Array);
    this.#volume = restoreNumber(snapshot, 'volume');
  }

  #volume = 0;
}

const END = 0;
const OPEN = 1;
const HIGH = 2;
const LOW = 3;
const PRICE = 4;
/** 1 when the bar in progress is seen from its beginning. */
const IS_WHOLE = 5;
