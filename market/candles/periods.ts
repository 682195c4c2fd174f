/** How many bars a year has, by the calendar. */
import { DataError } from '../../core/errors.ts';

/** A year of the Gregorian calendar, 365.25 days but for three days in four centuries. */
export const YEAR_MS = 365.25 * 86_400_000;

/** A series on the calendar. */
export interface BarYear {
  readonly numBars: number;
  /** From the first bar to the last. */
  readonly years: number;
  /** Steps from bar to bar in a year of the series. */
  readonly periodsPerYear: number;
}

/**
 * Bars a year, from the bars that there are and the time they took: whatever the market's hours, holidays, special sessions
 * and missing bars are, they are in it.
 * @param timeMs times of the bars of a whole series, ascending, at least two
 * @throws DataError `too-few-rows` for less
 */
export function barYear(timeMs: ArrayLike<number>): BarYear {
  const numBars = timeMs.length;
  if (numBars < 2) throw new DataError('too-few-rows', 'The bars of a year need two bars to be told.');
  const years = elapsedYears(timeMs);
  return { numBars, years, periodsPerYear: (numBars - 1) / years };
}

/** As `barYear`, the steps from bar to bar alone. */
export function periodsPerYear(timeMs: ArrayLike<number>): number {
  return barYear(timeMs).periodsPerYear;
}

/** From the first time to the last. */
export function elapsedYears(timeMs: ArrayLike<number>): number {
  return (timeMs[timeMs.length - 1] - timeMs[0]) / YEAR_MS;
}

/** `252.1 bars a year, from 5,105 bars in 20.25 years` */
export function describeBarYear({ numBars, years, periodsPerYear }: BarYear): string {
  const perYear = periodsPerYear < 10_000 ? periodsPerYear.toFixed(1) : Math.round(periodsPerYear);
  return (
    `${Number(perYear).toLocaleString('en', { maximumFractionDigits: 1 })} bars a year, from ` +
    `${numBars.toLocaleString('en')} bars in ${Number(years.toPrecision(4))} years`
  );
}
