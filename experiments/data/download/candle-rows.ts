/** Collects rows of candles from answers, in any order and with overlaps, and says what was left out. */
import { type Candles, createCandles } from '../../../market/candles/candles.ts';
import { findGaps } from '../../../market/candles/gaps.ts';
import { formatTime } from '../../../market/candles/timestamps.ts';

/** Time (UTC epoch, ms), open, high, low, close, volume. */
export type CandleRow = readonly [number, number, number, number, number, number];

/** @returns undefined for no rows @throws DataError as `createCandles` */
export function candlesOfRows(rows: readonly CandleRow[], source: string): Candles | undefined {
  if (rows.length === 0) return undefined;
  const column = (c: number) => Float64Array.from(rows, (row) => row[c]);
  const [timeMs, open, high, low, close, volume] = [0, 1, 2, 3, 4, 5].map(column);
  return createCandles({ timeMs, open, high, low, close, volume }, source, (r) => `bar ${r}`);
}

/** The rows of a span: `fromMs` ≤ time < `toMs`. */
export function trimCandles(candles: Candles, fromMs: number, toMs: number): Candles | undefined {
  const { timeMs } = candles;
  const begin = timeMs.findIndex((time) => time >= fromMs);
  let end = candles.length;
  while (end > 0 && timeMs[end - 1] >= toMs) end--;
  if (begin < 0 || begin >= end) return undefined;
  if (begin === 0 && end === candles.length) return candles;
  const cut = (values: Float64Array) => values.slice(begin, end);
  return {
    length: end - begin,
    timeMs: cut(timeMs),
    open: cut(candles.open),
    high: cut(candles.high),
    low: cut(candles.low),
    close: cut(candles.close),
    volume: cut(candles.volume),
  };
}

const MAX_NAMED = 10;

/** Holes by name; they are kept: nothing is filled in. */
export function gapNotes({ timeMs, length }: Candles, barMs: number, fromMs: number, toMs: number): string[] {
  const notes: string[] = [];
  if (timeMs[0] - fromMs >= barMs) notes.push(`There is nothing before ${formatTime(timeMs[0])}.`);
  const endMs = timeMs[length - 1] + barMs;
  if (toMs - endMs >= barMs) notes.push(`There is nothing from ${formatTime(endMs)} on.`);
  const gaps = findGaps(timeMs, barMs).filter(({ kind }) => kind === 'gap');
  for (const gap of gaps.slice(0, MAX_NAMED)) {
    const missing = Math.round((gap.toMs - gap.fromMs) / barMs) - 1;
    notes.push(`${missing} bars are missing between ${formatTime(gap.fromMs)} and ${formatTime(gap.toMs)}.`);
  }
  if (gaps.length > MAX_NAMED) notes.push(`There are ${gaps.length - MAX_NAMED} more gaps.`);
  return notes;
}
