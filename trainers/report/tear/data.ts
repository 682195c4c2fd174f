/** Prepares what the tear sheet's charts and lists draw: candles, fills, rolling figures, round trips. */
import { largestTriangles } from '../../../core/largest-triangle.ts';
import type { RoundTrip } from '../../../market/statistics/account-trips.ts';
import type { ReportCurve, ReportSpan } from '../report.ts';
import { sheetOf } from './sheet.ts';

const MAX_CANDLES = 1_000;
const MAX_FILLS = 1_000;
const MAX_TRIPS = 800;
const MAX_ROLLING = 400;

/** Columns; times are seconds, UTC epoch. */
export interface TearChartData {
  readonly rolling: {
    readonly time: number[];
    readonly sharpe: (number | null)[];
    readonly volatility: (number | null)[];
  };
  readonly candles: {
    /** Bars that are drawn as one, at the most. */
    readonly merged: number;
    readonly time: number[];
    readonly close: number[];
    /** Absent where there are prices alone. */
    readonly open?: number[];
    readonly high?: number[];
    readonly low?: number[];
  };
  readonly fills: {
    readonly count: number;
    readonly time: number[];
    /** Signed base units. */
    readonly size: number[];
    readonly price: number[];
  };
  readonly trips: {
    readonly count: number;
    /** A row each: number, direction, entry and exit seconds, entry and exit price, size, profit, return, costs, whether open. */
    readonly rows: (number | null)[][];
  };
}

/** @param curve the agent that is followed */
export function tearChartData(span: ReportSpan, curve: ReportCurve): TearChartData | undefined {
  const { timeMs } = span;
  const sheet = sheetOf(span, curve);
  if (sheet === undefined) return undefined;
  const { window, sharpe, volatility } = sheet.rolling;
  const known = volatility.subarray(window - 1);
  const rows = known.length < 2 ? [] : largestTriangles(known, MAX_ROLLING).map((row) => row + window - 1);
  return {
    rolling: {
      time: rows.map((row) => timeMs[row + 1] / 1000),
      sharpe: rows.map((row) => gap(sharpe[row])),
      volatility: rows.map((row) => gap(volatility[row])),
    },
    candles: candleColumns(span),
    fills: fillColumns(curve),
    trips: tripRows(curve.trips ?? []),
  };
}

/** Neighbours are drawn as one candle where there are too many: the first open, the extremes, the last close. */
function candleColumns({ timeMs, price, candles }: ReportSpan): TearChartData['candles'] {
  const { length } = timeMs;
  const merged = Math.ceil(length / MAX_CANDLES);
  const starts = Array.from({ length: Math.ceil(length / merged) }, (_, i) => i * merged);
  const endOf = (start: number): number => Math.min(length, start + merged) - 1;
  const most = (values: ArrayLike<number>, start: number, of: (a: number, b: number) => number): number => {
    let found = values[start];
    for (let bar = start + 1; bar <= endOf(start); bar++) found = of(found, values[bar]);
    return found;
  };
  return {
    merged,
    time: starts.map((start) => Math.floor(timeMs[start] / 1000)),
    close: starts.map((start) => price6(price[endOf(start)])),
    ...(candles && {
      open: starts.map((start) => price6(candles.open[start])),
      high: starts.map((start) => price6(most(candles.high, start, Math.max))),
      low: starts.map((start) => price6(most(candles.low, start, Math.min))),
    }),
  };
}

function fillColumns({ fills = [] }: ReportCurve): TearChartData['fills'] {
  const step = Math.ceil(fills.length / MAX_FILLS);
  const shown = step <= 1 ? fills : largest(fills, MAX_FILLS, ({ notional }) => notional);
  return {
    count: fills.length,
    time: shown.map(({ timeMs }) => Math.floor(timeMs / 1000)),
    size: shown.map(({ size }) => price6(size)),
    price: shown.map(({ price }) => price6(price)),
  };
}

/** Where there are too many, those that earned or lost the most. */
function tripRows(trips: readonly RoundTrip[]): TearChartData['trips'] {
  const numbered = trips.map((trip, i) => ({ trip, number: i + 1 }));
  const shown = largest(numbered, MAX_TRIPS, ({ trip }) => Math.abs(trip.profit));
  return {
    count: trips.length,
    rows: shown.map(({ trip, number }) => [
      number,
      trip.direction,
      Math.floor(trip.entryTimeMs / 1000),
      Math.floor(trip.exitTimeMs / 1000),
      gap(trip.entryPrice),
      gap(trip.exitPrice),
      gap(trip.size),
      gap(trip.profit),
      gap(trip.returnRate),
      gap(trip.costs),
      trip.open ? 1 : 0,
    ]),
  };
}

/** In the order that they have. */
function largest<Of>(all: readonly Of[], count: number, sizeOf: (one: Of) => number): readonly Of[] {
  if (all.length <= count) return all;
  const order = all.map((one, i) => ({ one, i, size: sizeOf(one) })).sort((a, b) => b.size - a.size);
  return order
    .slice(0, count)
    .sort((a, b) => a.i - b.i)
    .map(({ one }) => one);
}

const price6 = (value: number): number => Number(value.toPrecision(6));
const gap = (value: number): number | null => (Number.isFinite(value) ? price6(value) : null);
