/** The proof that what was known at a time does not depend on later data: change all of it, and compare bit by bit. */

import { createRng } from '../../core/rng.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { type Candles, createCandles, withExtra } from '../../market/candles/candles.ts';
import type { Observed } from './trace.ts';

/**
 * When something is known, counted in rows: at `t` bar t has closed; at `t − OPEN` only its open has been seen.
 * With execution at the next open, a decision at t fills at t + 1 − OPEN and is rewarded at t + 1.
 */
export const OPEN = 0.5;

/** Runs whatever is under test on candles, from the start and with the same seeds each time. */
export type Build = (candles: Candles) => Observed[];

/** A value that later data changed. */
export interface LookAhead {
  readonly entry: Observed;
  /** Its place in the entry's values; −1 when the entry itself is another, or missing. */
  readonly place: number;
  /** Of the same entry, all that changed. */
  readonly places: readonly number[];
  readonly cut: number;
  readonly message: string;
}

/**
 * Perturbs everything after each of the `cuts` and compares what was observed up to there, bit for bit.
 * @param cuts times as in `OPEN`: whole for the close of a bar, t − OPEN for its open
 * @returns the first difference, in words; undefined when there is none
 * @throws Error when nothing after a cut reacts to the perturbation: such a run proves nothing
 */
export function findLookAhead(build: Build, candles: Candles, cuts: readonly number[]): string | undefined {
  const original = build(candles);
  for (const cut of cuts) {
    const perturbed = build(perturbAfter(candles, cut));
    const found = compareUpTo(cut, original, perturbed);
    if (found !== undefined) return found.message;
    if (!reacts(cut, original, perturbed)) {
      throw new Error(`The run does not show the data around ${cut}: choose cuts that it goes through.`);
    }
  }
  return undefined;
}

/** The first value up to a cut that is not the same in both runs. */
export function compareUpTo(
  cut: number,
  original: readonly Observed[],
  perturbed: readonly Observed[],
): LookAhead | undefined {
  const before = original.filter((entry) => entry.time <= cut);
  const beforePerturbed = perturbed.filter((entry) => entry.time <= cut);
  for (const [i, entry] of before.entries()) {
    const other = beforePerturbed[i];
    const where = `${entry.label} at ${entry.time} changed with the data after ${cut}`;
    if (other === undefined || other.label !== entry.label || other.time !== entry.time) {
      return { entry, place: -1, places: [], cut, message: where };
    }
    for (const [k, value] of entry.values.entries()) {
      if (Object.is(value, other.values[k])) continue;
      const places = entry.values.flatMap((own, i) => (Object.is(own, other.values[i]) ? [] : [i]));
      return { entry, place: k, places, cut, message: `${where}: [${k}] ${value} became ${other.values[k]}` };
    }
  }
  if (beforePerturbed.length === before.length) return undefined;
  const message = `more was observed before ${cut} when data after it changed`;
  return { entry: beforePerturbed[before.length], place: -1, places: [], cut, message };
}

/** Whether there is something up to the cut, and something after it that a change of the later data shows in. */
export function reacts(cut: number, original: readonly Observed[], perturbed: readonly Observed[]): boolean {
  const after = (entries: readonly Observed[]) => JSON.stringify(entries.filter(({ time }) => time > cut));
  return original.some(({ time }) => time <= cut) && after(original) !== after(perturbed);
}

/**
 * The same candles up to the cut and others after it: prices, volumes and times.
 * @param until the first bar that is left as it is again
 * @param gapMs how much later all that is changed comes, beside the second a bar by which times drift
 */
export function perturbAfter(candles: Candles, cut: number, until = candles.length, gapMs = 0): Candles {
  const rng = createRng(`perturbation ${cut}`);
  const timeMs = candles.timeMs.slice();
  const open = candles.open.slice();
  const high = candles.high.slice();
  const low = candles.low.slice();
  const close = candles.close.slice();
  const volume = candles.volume.slice();
  const factor = () => 0.7 + 0.6 * rng.uniform();
  for (let t = Math.floor(cut) + 1; t < until; t++) {
    const openIsKnown = t - OPEN <= cut;
    if (!openIsKnown) {
      timeMs[t] += 1000 * (t - Math.floor(cut)) + gapMs;
      open[t] *= factor();
    }
    close[t] *= factor();
    high[t] = Math.max(open[t], close[t]) * (1 + 0.1 * rng.uniform());
    low[t] = Math.min(open[t], close[t]) * (1 - 0.1 * rng.uniform());
    volume[t] = (volume[t] + 1) * factor();
  }
  // What stands beside a bar is known when it closes.
  const extra = withExtra(candles.extra, (values) =>
    values.map((value, t) => (t > cut && t < until ? (value + 1) * factor() : value)),
  );
  return createCandles({ timeMs, open, high, low, close, volume, ...extra }, 'perturbed candles');
}

/**
 * The same books up to event `cut` and others after it, prices and sizes; times stay, for by them an entry is placed.
 * @param until the first event that is left as it is again
 */
export function perturbBooksAfter(books: BookTape, cut: number, until = books.length): BookTape {
  const rng = createRng(`perturbation ${cut}`);
  const { depth, length } = books;
  const factors = Float64Array.from({ length }, () => 0.7 + 0.6 * rng.uniform());
  const isChanged = (i: number): boolean => i >= (cut + 1) * depth && i < until * depth;
  const scaled = (column: Float64Array): Float64Array =>
    column.map((value, i) => (isChanged(i) ? value * factors[Math.floor(i / depth)] : value));
  const resized = (column: Float64Array): Float64Array =>
    column.map((value, i) => (isChanged(i) ? value * (0.5 + rng.uniform()) : value));
  return {
    ...books,
    bidPrices: scaled(books.bidPrices),
    askPrices: scaled(books.askPrices),
    bidSizes: resized(books.bidSizes),
    askSizes: resized(books.askSizes),
  };
}
