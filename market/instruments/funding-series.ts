/** Holds the funding rates of a perpetual: when they are exchanged, and when each became known. */
import { ConfigError, DataError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import { formatTime } from '../candles/timestamps.ts';

export interface FundingSeries {
  readonly length: number;
  /** [N], UTC epoch, rising: when it is exchanged. */
  readonly timeMs: Float64Array;
  /** [N], fraction of notional for the interval; longs pay where it is positive. */
  readonly rate: Float64Array;
  /** [N], UTC epoch, when the rate became known; at most its time. */
  readonly publishedMs: Float64Array;
  /** [N], mark at that time, quote units; NaN where the source has none. */
  readonly mark: Float64Array;
}

export interface FundingColumns {
  readonly timeMs: ArrayLike<number>;
  readonly rate: ArrayLike<number>;
  readonly mark?: ArrayLike<number>;
}

/** Clocks of venues write a funding some ms after its hour. */
const CLOCK_MS = 60_000;
const HOUR_MS = 3_600_000;

/**
 * @param leadMs how long before it is exchanged a rate is known, ≥ 0; 0: nobody knows it before
 * @param source for messages
 * @throws DataError `empty-funding`, `unsorted-times`, `off-grid-funding`, `invalid-funding`, naming row and time
 */
export function createFundingSeries(
  { timeMs, rate, mark }: FundingColumns,
  {
    leadMs = 0,
    capRate = 1,
    source = 'funding',
  }: { leadMs?: number; capRate?: number; source?: string } = {},
): FundingSeries {
  const length = timeMs.length;
  if (length === 0) throw new DataError('empty-funding', `${source}: there are no funding rates.`);
  if (!(leadMs >= 0))
    throw new ConfigError('invalid-value', `A funding's lead must be ≥ 0 ms, got ${leadMs}.`);
  const series: FundingSeries = {
    length,
    timeMs: Float64Array.from({ length }, (_, n) => onTheMinute(timeMs[n])),
    rate: Float64Array.from(rate),
    publishedMs: new Float64Array(length),
    mark: mark === undefined ? new Float64Array(length).fill(Number.NaN) : Float64Array.from(mark),
  };
  for (let n = 0; n < length; n++) {
    const time = series.timeMs[n];
    const where = `${source}: row ${n} (${formatTime(time)})`;
    if (n > 0 && !(time > series.timeMs[n - 1])) {
      throw new DataError('unsorted-times', `${where} is not after the row before; rows stand oldest first.`);
    }
    if (time % HOUR_MS !== 0) {
      throw new DataError(
        'off-grid-funding',
        `${where}: funding is exchanged on the hour, and this is not; correct the times or their unit.`,
      );
    }
    if (!(Math.abs(series.rate[n]) <= capRate)) {
      throw new DataError(
        'invalid-funding',
        `${where}: the rate ${series.rate[n]} is no fraction within the cap ± ${capRate}; percent must be divided by 100.`,
      );
    }
    if (
      mark !== undefined &&
      !Number.isNaN(series.mark[n]) &&
      !(series.mark[n] > 0 && series.mark[n] < Infinity)
    ) {
      throw new DataError('invalid-mark', `${where}: the mark ${series.mark[n]} is no price.`);
    }
    series.publishedMs[n] = time - leadMs;
  }
  return series;
}

/**
 * Checks that a series covers a span: a funding that is missing would be a silent zero.
 * @throws DataError `funding-gap`
 */
export function requireFundingOver(
  { timeMs, length }: FundingSeries,
  fromMs: number,
  toMs: number,
  intervalMs: number,
): void {
  let before = fromMs;
  for (let n = 0; n <= length; n++) {
    const time = n < length ? timeMs[n] : Infinity;
    if (time < fromMs) continue;
    const next = Math.min(time, toMs);
    if (next - before > intervalMs * 1.01) {
      throw new DataError(
        'funding-gap',
        `There is no funding between ${formatTime(before)} and ${formatTime(next)}, ${((next - before) / HOUR_MS).toFixed(0)} h; ` +
          `one is exchanged every ${intervalMs / HOUR_MS} h. Give the missing rates, or set env.fundingIntervalMs.`,
      );
    }
    if (time >= toMs) return;
    before = time;
  }
}

export interface SyntheticFunding {
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
  /** Mean rate of an interval, fraction. */
  readonly mean: number;
  /** Standard deviation around it, fraction, ≥ 0. */
  readonly deviation: number;
  /** Time in which the distance to the mean halves, ms; 0: each rate is drawn anew. */
  readonly halfLifeMs: number;
  readonly leadMs: number;
  readonly capRate: number;
}

/** Rates that wander around a mean: a stationary autoregression of order one, cut off at the cap. */
export function syntheticFunding(
  { fromMs, toMs, intervalMs, mean, deviation, halfLifeMs, leadMs, capRate }: SyntheticFunding,
  rng: Rng,
): FundingSeries {
  const first = Math.ceil(fromMs / intervalMs);
  const length = Math.max(1, Math.floor(toMs / intervalMs) - first + 1);
  const memory = halfLifeMs > 0 ? exp((-log(2) * intervalMs) / halfLifeMs) : 0;
  const spread = deviation * Math.sqrt(1 - memory * memory);
  let distance = deviation * rng.gaussian();
  const timeMs = Float64Array.from({ length }, (_, n) => (first + n) * intervalMs);
  const rate = Float64Array.from({ length }, () => {
    const value = Math.max(-capRate, Math.min(mean + distance, capRate));
    distance = memory * distance + spread * rng.gaussian();
    return value;
  });
  return createFundingSeries({ timeMs, rate }, { leadMs, capRate, source: 'synthetic funding' });
}

function onTheMinute(timeMs: number): number {
  const minute = Math.round(timeMs / CLOCK_MS) * CLOCK_MS;
  return Math.abs(timeMs - minute) < 1000 ? minute : timeMs;
}
