/** Sums an account up by calendar months and years, in UTC. */

const DAY_MS = 86_400_000;

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
  let period = periodOf(new Date(timeMs[0]));
  let day = Math.floor(timeMs[0] / DAY_MS);
  let start = equity[0];
  let peak = start;
  let worst = 0;
  const end = (last: number): void => {
    const totalReturn = start > 0 ? last / start - 1 : 0;
    periods.push({ ...period, totalReturn, maxDrawdown: worst });
  };
  for (let t = 0; t < equity.length; t++) {
    const today = Math.floor(timeMs[t] / DAY_MS);
    if (today !== day) {
      day = today;
      const next = periodOf(new Date(timeMs[t]));
      if (next.year !== period.year || next.month !== period.month) {
        end(equity[t - 1]);
        period = next;
        start = equity[t - 1];
        peak = start;
        worst = 0;
      }
    }
    if (equity[t] > peak) peak = equity[t];
    if (peak > 0 && equity[t] / peak - 1 < worst) worst = equity[t] / peak - 1;
  }
  if (equity.length > 0) end(equity[equity.length - 1]);
  return periods;
}
