/** The market data that a look-ahead proof changes: candles or order books, under one form. */
import type { BookTape } from '../../market/books/tape.ts';
import { type Candles, createCandles, sliceCandles, withExtra } from '../../market/candles/candles.ts';
import { formatTime } from '../../market/candles/timestamps.ts';
import { perturbAfter, perturbBooksAfter } from './perturbation.ts';

/** Hours and weekdays change with it. */
const GAP_MS = 50 * 3_600_000;

/** What is done to the data of a run. */
export type Change =
  /** Rows after `from` are others, up to `until` where it is given; without it their times are too. */
  | { readonly from: number; readonly until?: number }
  /** Nothing comes after this row. */
  | { readonly endsAt: number }
  /** Other bars stand before the first: every row has a higher number. */
  | { readonly before: Candles }
  /** Every price and volume is another; times stay. */
  | { readonly replaced: true }
  /** One price of one bar is another, between its low and its high. */
  | { readonly column: 'open' | 'close'; readonly row: number };

/** Rows of candles, or events of books. */
export interface ProofMarket<Data> {
  readonly length: number;
  readonly changed: (change?: Change) => Data;
  /** When a row opens, or an event came. */
  readonly timeOf: (row: number) => string;
}

export function candleMarket(candles: Candles): ProofMarket<Candles> {
  return {
    length: candles.length,
    timeOf: (row) => formatTime(candles.timeMs[row]),
    changed(change) {
      if (change === undefined) return candles;
      if ('endsAt' in change) return sliceCandles(candles, 0, change.endsAt + 1);
      if ('before' in change) return join(change.before, candles);
      if ('replaced' in change) return { ...perturbAfter(candles, -1), timeMs: candles.timeMs };
      if ('column' in change) return withPrice(candles, change.column, change.row);
      const { from, until } = change;
      return perturbAfter(candles, from, until, until === undefined ? GAP_MS : 0);
    },
  };
}

/** Books that end early, or later, are those of another episode: they are changed alone. */
export function bookMarket(books: BookTape): ProofMarket<BookTape> {
  return {
    length: books.length,
    timeOf: (row) => formatTime(books.timeMs[row]),
    changed: (change) =>
      change !== undefined && 'from' in change ? perturbBooksAfter(books, change.from, change.until) : books,
  };
}

/** The earlier candles first, moved so that they end where the others begin. */
function join(before: Candles, candles: Candles): Candles {
  const shiftMs = candles.timeMs[0] - before.timeMs[before.length - 1] - 3_600_000;
  const column = (name: 'open' | 'high' | 'low' | 'close' | 'volume') => [...before[name], ...candles[name]];
  return createCandles(
    {
      timeMs: [...before.timeMs.map((timeMs) => timeMs + shiftMs), ...candles.timeMs],
      open: column('open'),
      high: column('high'),
      low: column('low'),
      close: column('close'),
      volume: column('volume'),
      ...withExtra(candles.extra, (values, name) =>
        Float64Array.of(
          ...(before.extra?.[name] ?? new Float64Array(before.length).fill(values[0])),
          ...values,
        ),
      ),
    },
    'joined candles',
  );
}

function withPrice(candles: Candles, column: 'open' | 'close', row: number): Candles {
  const { low, high } = candles;
  const changed = candles[column].slice();
  const isLow = changed[row] - low[row] < high[row] - changed[row];
  changed[row] = isLow ? high[row] : low[row];
  return { ...candles, [column]: changed };
}
