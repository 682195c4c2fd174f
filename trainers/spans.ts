/** Cuts a series into the years to learn from, to choose by, and to be judged on. */
import { ConfigError } from '../core/errors.ts';

export type SpanName = 'train' | 'validation' | 'test';

/** Rows [fromRow, toRow) of a series. */
export interface Span {
  readonly name: SpanName;
  readonly fromRow: number;
  readonly toRow: number;
}

/** Candles, or the events of a tape. */
export interface TimedRows {
  readonly length: number;
  /** [length], UTC epoch */
  readonly timeMs: Float64Array;
}

export type Spans = Readonly<Record<SpanName, Span>>;

/** Where to cut: UTC dates, the first day of the next span; without them, 60 %, 20 % and 20 % of the rows. */
export interface SplitDates {
  readonly validateFrom?: string;
  readonly testFrom?: string;
}

/** @throws ConfigError `invalid-split` for a date that cannot be read or that leaves a span empty */
export function splitSpans(series: TimedRows, { validateFrom, testFrom }: SplitDates = {}): Spans {
  const { length } = series;
  const first = validateFrom === undefined ? Math.round(length * 0.6) : rowAt(series, validateFrom);
  const second = testFrom === undefined ? Math.round((first + length) / 2) : rowAt(series, testFrom);
  const spans = {
    train: { name: 'train', fromRow: 0, toRow: first },
    validation: { name: 'validation', fromRow: first, toRow: second },
    test: { name: 'test', fromRow: second, toRow: length },
  } as const;
  for (const { name, fromRow, toRow } of Object.values(spans)) {
    if (toRow - fromRow < 2) {
      throw new ConfigError(
        'invalid-split',
        `The ${name} span is empty: the data run from ${isoDate(series.timeMs[0])} to ` +
          `${isoDate(series.timeMs[length - 1])}; move --validate-from or --test-from.`,
      );
    }
  }
  return spans;
}

/** `2017-01-03` */
export function isoDate(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/**
 * A UTC date's first millisecond.
 * @throws ConfigError `invalid-split` for a date that cannot be read
 */
export function dayMs(date: string): number {
  const dateMs = Date.parse(`${date}T00:00:00Z`);
  // The round trip refuses days such as 31 February, which would silently become another day.
  if (Number.isNaN(dateMs) || isoDate(dateMs) !== date) {
    throw new ConfigError('invalid-split', `Cannot read the date "${date}"; write it as 2017-01-01.`);
  }
  return dateMs;
}

/** The first row at or after a UTC date. @throws ConfigError as `dayMs` */
export function rowAt({ timeMs, length }: TimedRows, date: string): number {
  const dateMs = dayMs(date);
  let row = 0;
  while (row < length && timeMs[row] < dateMs) row++;
  return row;
}
