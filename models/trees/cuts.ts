/**
 * Chooses the values at which a column is cut into bins: weighted quantiles, or every distinct one of a few.
 *
 * Source: Chen & Guestrin (2016), "XGBoost: A Scalable Tree Boosting System", arXiv:1603.02754, section 3.3 and
 * appendix A: a summary keeps the values whose ranks lie next to evenly spaced ones.
 * Differences from the source: the column is sorted whole, so ranks are exact, and no summaries are merged.
 */
import type { FeatureTable } from '../data/feature-table.ts';

export interface ColumnCuts {
  /**
   * Rising; bin b holds the values in [cuts[b − 1], cuts[b]). The last one lies above every value, so that a split
   * there parts what is present from what is missing.
   */
  readonly cuts: Float32Array;
  /** Below every value. */
  readonly floor: number;
}

/** Sorts one column after the other, by radix; its results are overwritten by the next column. */
export class ColumnSorter {
  /** The rows with a value, by rising value. */
  readonly rows: Uint32Array;
  /** The values of `rows`. */
  readonly values: Float32Array;
  /** How many rows have a value. */
  numPresent = 0;
  readonly #keys: [Uint32Array, Uint32Array];
  readonly #rows: [Uint32Array, Uint32Array];
  readonly #counts = new Uint32Array(3 * 2048);

  constructor(numRows: number) {
    this.values = new Float32Array(numRows);
    this.#keys = [new Uint32Array(numRows), new Uint32Array(numRows)];
    this.#rows = [new Uint32Array(numRows), new Uint32Array(numRows)];
    this.rows = this.#rows[1];
  }

  /** Values must be finite, or NaN where they are missing. */
  sort({ values, numRows, numColumns }: FeatureTable, column: number): void {
    const bits = new Uint32Array(this.values.buffer);
    let present = 0;
    for (let row = 0, at = column; row < numRows; row++, at += numColumns) {
      const value = values[at];
      if (Number.isNaN(value)) continue;
      // Adding 0 makes one zero of two.
      this.values[present] = value + 0;
      this.#rows[0][present++] = row;
    }
    const counts = this.#counts.fill(0);
    const [first, second] = this.#keys;
    for (let i = 0; i < present; i++) {
      const b = bits[i];
      // Sign and magnitude, turned into an unsigned number of the same order.
      const key = (b & 0x80000000 ? ~b : b | 0x80000000) >>> 0;
      first[i] = key;
      counts[key & 2047]++;
      counts[2048 + ((key >>> 11) & 2047)]++;
      counts[4096 + (key >>> 22)]++;
    }
    this.#pass(0, first, second, this.#rows[0], this.#rows[1], present, 0);
    this.#pass(11, second, first, this.#rows[1], this.#rows[0], present, 2048);
    this.#pass(22, first, second, this.#rows[0], this.#rows[1], present, 4096);
    for (let i = 0; i < present; i++) {
      const key = second[i];
      bits[i] = key & 0x80000000 ? key & 0x7fffffff : ~key;
    }
    this.numPresent = present;
  }

  #pass(
    shift: number,
    keys: Uint32Array,
    toKeys: Uint32Array,
    rows: Uint32Array,
    toRows: Uint32Array,
    length: number,
    start: number,
  ): void {
    const counts = this.#counts;
    let place = 0;
    for (let digit = start; digit < start + 2048; digit++) {
      const count = counts[digit];
      counts[digit] = place;
      place += count;
    }
    for (let i = 0; i < length; i++) {
      const key = keys[i];
      const to = counts[start + ((key >>> shift) & 2047)]++;
      toKeys[to] = key;
      toRows[to] = rows[i];
    }
  }
}

/** Above every f32 that a sentinel may need to be. */
const LARGEST = 3.4028234663852886e38;
const MARGIN = Math.fround(1e-5);

/**
 * @param sorter holds the sorted column
 * @param weights of the rows [N], or undefined when all are 1
 * @param maxBins 2 … 65,535
 */
export function cutColumn(
  { values, rows, numPresent }: ColumnSorter,
  weights: Float32Array | undefined,
  maxBins: number,
): ColumnCuts {
  if (numPresent === 0) return { cuts: Float32Array.of(MARGIN), floor: -MARGIN };
  const distinct: number[] = [];
  const ends: number[] = []; // the weight up to and including each distinct value
  let weight = 0;
  for (let i = 0; i < numPresent; i++) {
    if (i > 0 && values[i] !== values[i - 1]) ends.push(weight);
    if (i === 0 || values[i] !== values[i - 1]) distinct.push(values[i]);
    weight += weights === undefined ? 1 : weights[rows[i]];
  }
  ends.push(weight);
  const kept = distinct.length <= maxBins + 1 ? distinct : quantiles(distinct, ends, maxBins);
  const first = kept[0];
  const last = kept[kept.length - 1];
  const inner = kept.slice(1, Math.min(kept.length, maxBins));
  const sentinel = Math.min(last + (Math.abs(last) + MARGIN), LARGEST);
  return {
    cuts: Float32Array.from([...inner, sentinel]),
    floor: Math.fround(Math.max(first - (Math.abs(first) + MARGIN), -LARGEST)),
  };
}

/** The first, the last, and those in whose share of the weight `maxBins` − 1 evenly spaced ranks between them fall. */
function quantiles(distinct: readonly number[], ends: readonly number[], maxBins: number): number[] {
  const last = distinct.length - 1;
  const begin = ends[0];
  const range = ends[last - 1] - begin;
  const kept = [distinct[0]];
  let entry = 1;
  let previous = 0;
  for (let k = 1; k < maxBins; k++) {
    const rank = begin + (k * range) / maxBins;
    while (entry < last && rank >= ends[entry]) entry++;
    if (entry === last) break;
    if (entry !== previous) kept.push(distinct[entry]);
    previous = entry;
  }
  kept.push(distinct[last]);
  return kept;
}
