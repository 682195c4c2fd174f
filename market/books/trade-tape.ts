/** Trades of several venues as they were seen: what was really paid, between the quotes. */
import { ConfigError, DataError } from '../../core/errors.ts';
import { formatTime, isValidTime } from '../candles/timestamps.ts';
import type { Venue } from './tape.ts';

/** N trades in order of local receive time. */
export interface TradeTape {
  readonly venues: readonly Venue[];
  readonly length: number; // N
  /** [N], UTC epoch, when the trade was received here; never falls. */
  readonly timeMs: Float64Array;
  /** [N], UTC epoch by the venue's clock; NaN where the venue does not say. */
  readonly exchangeTimeMs: Float64Array;
  /** [N], index into `venues`. */
  readonly venue: Uint8Array;
  /** [N], quote units */
  readonly prices: Float64Array;
  /** [N], base units */
  readonly sizes: Float64Array;
  /** [N], 1 when the aggressor bought, −1 when it sold, 0 when unknown. */
  readonly sides: Int8Array;
}

export const TRADE_COLUMNS = ['timeMs', 'exchangeTimeMs', 'venue', 'prices', 'sizes', 'sides'] as const;

/** The columns of N trades as any kind of number list. */
export type TradeColumns = { readonly [Column in (typeof TRADE_COLUMNS)[number]]: ArrayLike<number> };

/**
 * Checks the columns and copies them into a tape.
 * @param source for messages: a file name or the like
 * @throws DataError `empty-tape`, `column-length`, `invalid-time`, `backwards-clock`, `invalid-price`, `invalid-size`,
 *   `invalid-side`; ConfigError `invalid-venues`; each names the trade
 */
export function createTradeTape(
  venues: readonly Venue[],
  columns: TradeColumns,
  source = 'trades',
): TradeTape {
  const length = columns.timeMs.length;
  if (length === 0) throw new DataError('empty-tape', `${source}: there are no trades.`);
  for (const name of TRADE_COLUMNS) {
    if (columns[name].length === length) continue;
    throw new DataError(
      'column-length',
      `${source}: column "${name}" has ${columns[name].length} values but "timeMs" has ${length}; give every column ` +
        'one value a trade.',
    );
  }
  const { timeMs, venue, prices, sizes, sides } = columns;
  for (let n = 0; n < length; n++) {
    const problem = findProblem(n);
    if (problem === undefined) continue;
    throw new DataError(problem[0], `${source}: trade ${n}: ${problem[1]}; correct or remove it.`);
  }
  return {
    venues: [...venues],
    length,
    timeMs: Float64Array.from(timeMs),
    exchangeTimeMs: Float64Array.from(columns.exchangeTimeMs),
    venue: Uint8Array.from(venue),
    prices: Float64Array.from(prices),
    sizes: Float64Array.from(sizes),
    sides: Int8Array.from(sides),
  };

  function findProblem(n: number): [code: string, words: string] | undefined {
    if (!isValidTime(timeMs[n])) return ['invalid-time', `${timeMs[n]} is no receive time`];
    if (n > 0 && timeMs[n] < timeMs[n - 1]) {
      const times = `${formatTime(timeMs[n])} after ${formatTime(timeMs[n - 1])}`;
      return ['backwards-clock', `the receive times run backwards, ${times}`];
    }
    if (!(venue[n] in venues)) {
      throw new ConfigError(
        'invalid-venues',
        `${source}: trade ${n} is of venue ${venue[n]}, of ${venues.length}.`,
      );
    }
    if (!(prices[n] > 0 && prices[n] < Infinity))
      return ['invalid-price', `${prices[n]} is no price above 0`];
    if (!(sizes[n] > 0 && sizes[n] < Infinity)) return ['invalid-size', `${sizes[n]} is no size above 0`];
    if (![-1, 0, 1].includes(sides[n])) return ['invalid-side', `${sides[n]} is no side: -1, 0 or 1`];
    return undefined;
  }
}

/** Trades equal in every column to one received at the same time: sent twice, or really two; a reader should know. */
export function countRepeatedTrades(tape: TradeTape): number {
  const equal = (a: number, b: number) =>
    TRADE_COLUMNS.every((name) => Object.is(tape[name][a], tape[name][b]));
  let repeated = 0;
  for (let n = 1; n < tape.length; n++) {
    for (let other = n - 1; other >= 0 && tape.timeMs[other] === tape.timeMs[n]; other--) {
      if (!equal(n, other)) continue;
      repeated++;
      break;
    }
  }
  return repeated;
}
