/** Works out a tear sheet: what one account was like, month by month, at its worst, and beside the market. */
import { mean, standardDeviation } from '../../../core/statistics.ts';
import { YEAR_MS } from '../../../market/candles/periods.ts';
import {
  monthlyReturns,
  type PeriodReturn,
  yearlyReturns,
} from '../../../market/statistics/calendar-returns.ts';
import { type Drawdown, worstDrawdowns } from '../../../market/statistics/drawdowns.ts';
import { type Histogram, histogram } from '../../../market/statistics/histogram.ts';
import { compareToBenchmark, summarize } from '../../../market/statistics/metrics.ts';
import { type RollingRisk, rollingRisk } from '../../../market/statistics/rolling.ts';
import { returnsOf } from '../../backtest.ts';
import { marketCurve } from '../cast.ts';
import type { ReportCurve, ReportSpan } from '../report.ts';

export interface TearSheet {
  /** Empty for less than a month and a half. */
  readonly months: readonly PeriodReturn[];
  readonly years: readonly {
    readonly own: PeriodReturn;
    /** Of the market; undefined where there is none. */
    readonly market: PeriodReturn | undefined;
  }[];
  /** The deepest first. */
  readonly drawdowns: readonly Drawdown[];
  readonly distribution: Histogram;
  /** Of the returns of single bars. */
  readonly returns: {
    readonly mean: number;
    readonly deviation: number;
    readonly best: number;
    readonly worst: number;
    readonly shareAbove: number;
    readonly skew: number;
    readonly kurtosis: number;
    readonly valueAtRisk: number;
    readonly conditionalValueAtRisk: number;
  };
  /** Beside buy-and-hold; undefined where there is none. */
  readonly market:
    | { readonly alpha: number; readonly beta: number; readonly correlation: number }
    | undefined;
  readonly rolling: RollingRisk & { readonly window: number };
  /** A month or more: of less, figures a year say nothing. */
  readonly hasYearly: boolean;
}

const NUM_DRAWDOWNS = 10;
const NUM_BINS = 41;
const LEAST_MONTHS_MS = 45 * 86_400_000;
const LEAST_YEARLY_MS = 30 * 86_400_000;
const LEAST_WINDOW = 20;
/** A window is half a year, or this part of the span. */
const WINDOW_SHARE = 0.2;

const known = new WeakMap<ReportCurve, TearSheet | undefined>();

/** Of an account on a span, worked out once for its tables and its charts. */
export function sheetOf(span: ReportSpan, curve: ReportCurve): TearSheet | undefined {
  if (!known.has(curve)) {
    known.set(curve, tearSheet(span.timeMs, curve.equity, marketCurve(span)?.equity, span.periodsPerYear));
  }
  return known.get(curve);
}

/**
 * @param timeMs [T] @param equity [T] above 0 at the start
 * @param market [T] equity of buy-and-hold over the same bars
 * @param perYear bars a year; default: of these
 */
export function tearSheet(
  timeMs: ArrayLike<number>,
  equity: ArrayLike<number>,
  market: ArrayLike<number> | undefined,
  perYear?: number,
): TearSheet | undefined {
  const length = timeMs.length;
  if (length < 3) return undefined;
  const spanMs = timeMs[length - 1] - timeMs[0];
  const periodsPerYear = perYear ?? ((length - 1) / spanMs) * YEAR_MS;
  const returns = returnsOf(Float64Array.from(equity));
  const { skew, kurtosis, valueAtRisk, conditionalValueAtRisk } = summarize(returns, periodsPerYear);
  const hasMonths = spanMs >= LEAST_MONTHS_MS;
  const marketYears = market === undefined || !hasMonths ? [] : yearlyReturns(timeMs, market);
  const window = Math.max(
    LEAST_WINDOW,
    Math.min(Math.round(periodsPerYear / 2), Math.floor(returns.length * WINDOW_SHARE)),
  );
  return {
    months: hasMonths ? monthlyReturns(timeMs, equity) : [],
    years: hasMonths
      ? yearlyReturns(timeMs, equity).map((own) => ({
          own,
          market: marketYears.find(({ year }) => year === own.year),
        }))
      : [],
    drawdowns: worstDrawdowns(equity, NUM_DRAWDOWNS),
    distribution: histogram(returns, NUM_BINS),
    returns: {
      mean: mean(returns),
      deviation: standardDeviation(returns),
      best: returns.reduce((most, value) => Math.max(most, value)),
      worst: returns.reduce((least, value) => Math.min(least, value)),
      shareAbove: mean(returns.map((value) => (value > 0 ? 1 : 0))),
      skew,
      kurtosis,
      valueAtRisk,
      conditionalValueAtRisk,
    },
    market: market === undefined ? undefined : besideMarket(returns, market, periodsPerYear),
    rolling: { ...rollingRisk(returns, window, periodsPerYear), window },
    hasYearly: spanMs >= LEAST_YEARLY_MS,
  };
}

function besideMarket(
  returns: Float64Array,
  market: ArrayLike<number>,
  periodsPerYear: number,
): TearSheet['market'] {
  const benchmark = returnsOf(Float64Array.from(market));
  const { alpha, beta } = compareToBenchmark(returns, benchmark, periodsPerYear);
  const own = standardDeviation(returns);
  const correlation = own > 0 ? (beta * standardDeviation(benchmark)) / own : Number.NaN;
  return { alpha, beta, correlation };
}
