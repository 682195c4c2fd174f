/** Counts the bars of a year, from their times. */
import { DataError } from '../../core/errors.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const SATURDAY = 2; // days after the epoch's Thursday

/**
 * How many bars a year has: 365 days' worth of bars where the market never closes (365 daily, 8760 hourly), 252
 * for daily bars without Saturdays, and else as many as there were per year of the series.
 * @param timeMs open times of the bars, ascending, at least two
 * @throws DataError `too-few-rows` for less
 */
export function periodsPerYear(timeMs: ArrayLike<number>): number {
  const numGaps = timeMs.length - 1;
  if (numGaps < 1) throw new DataError('too-few-rows', 'The length of a bar needs two bars to be told.');
  const gaps = Float64Array.from({ length: numGaps }, (_, i) => timeMs[i + 1] - timeMs[i]).sort();
  const spacing = gaps[Math.floor(numGaps / 2)];
  const elapsed = timeMs[numGaps] - timeMs[0];
  let opensOnSaturday = false;
  for (let i = 0; i <= numGaps; i++) {
    const day = Math.floor(timeMs[i] / DAY_MS);
    if ((((day - SATURDAY) % 7) + 7) % 7 === 0) opensOnSaturday = true;
  }
  const neverCloses = opensOnSaturday || numGaps * spacing >= 0.95 * elapsed;
  if (neverCloses) return YEAR_MS / spacing;
  return spacing === DAY_MS ? 252 : numGaps / (elapsed / YEAR_MS);
}
