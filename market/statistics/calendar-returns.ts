/** Sums an account up by calendar months and years, in UTC. */

/** What a month or a year brought. */
export interface PeriodReturn {
  readonly year: number;
  /** 1 to 12; of a year absent. */
  readonly month?: number;
  /** From the last value before the period, or the first of all, to the last value in it. */
  readonly totalReturn: number;
  /** The lowest below the highest so far within the period and the value before it, ≤ 0. */
  readonly maxDrawdown: number;
}

/** @param equity [T] above 0 at the start @param timeMs [T] UTC epoch, ascending */
export function monthlyReturns(timeMs: ArrayLike<number>, equity: ArrayLike<number>): PeriodReturn[] {
  return byPeriod(timeMs, equity, (date) => ({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1 }));
}

/** @param equity [T] above 0 at the start @param timeMs [T] UTC epoch, ascending */
export function yearlyReturns(timeMs: ArrayLike<number>, equity: ArrayLike<number>): PeriodReturn[] {
  return byPeriod(timeMs, equity, (date) => ({ year: date.getUTCFullYear() }));
}

function byPeriod(
  timeMs: ArrayLike<number>,
  equity: ArrayLike<number>,
  periodOf: (date: Date) => { year: number; month?: number },
): PeriodReturn[] {
  const periods: PeriodReturn[] = [];
  let start = equity[0];
  let peak = start;
  let worst = 0;
  for (let t = 0; t < equity.length; t++) {
    const period = periodOf(new Date(timeMs[t]));
    const last = periods.at(-1);
    if (last === undefined || last.year !== period.year || last.month !== period.month) {
      start = t === 0 ? equity[0] : equity[t - 1];
      peak = start;
      worst = 0;
      periods.push({ ...period, totalReturn: 0, maxDrawdown: 0 });
    }
    peak = Math.max(peak, equity[t]);
    worst = peak > 0 ? Math.min(worst, equity[t] / peak - 1) : 0;
    const totalReturn = start > 0 ? equity[t] / start - 1 : 0;
    periods[periods.length - 1] = { ...period, totalReturn, maxDrawdown: worst };
  }
  return periods;
}
