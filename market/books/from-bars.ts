/**
 * Makes order books of the bars of several venues, for whom there are no quotes: a book of each at the close of every bar,
 * its middle at the close, a spread that is assumed, and at the best level a part of what the bar traded.
 *
 * Biases. A close is the last trade, at the bid or at the ask: half a spread of noise that looks like an edge, so the
 * assumed spread should not be narrower than the real one. Closes of two venues are taken to be of one moment. A bar that
 * traded nothing shows no book.
 */
import { ConfigError } from '../../core/errors.ts';
import { alignCandles } from '../candles/align.ts';
import type { Candles } from '../candles/candles.ts';
import type { BookTape, Venue } from './tape.ts';
import { createColumns } from './tape-builder.ts';

export interface BarBookOptions {
  /** ask − bid, basis points of the middle, > 0 and < 5000. Default 5. */
  readonly spreadBps?: number;
  /** Part of a bar's volume that stands at the best level of each side, in (0, 1]. Default 0.02. */
  readonly depthShare?: number;
}

/**
 * @param series one of each venue; only bars that all have are used
 * @throws ConfigError `invalid-value`, `one-venue`; DataError `no-common-span`
 */
export function booksFromBars(
  venues: readonly Venue[],
  series: readonly Candles[],
  { spreadBps = 5, depthShare = 0.02 }: BarBookOptions = {},
): BookTape {
  if (series.length < 2 || series.length !== venues.length) {
    throw new ConfigError(
      'one-venue',
      `Arbitrage needs the bars of two venues or more, got ${series.length}.`,
    );
  }
  if (!(spreadBps > 0 && spreadBps < 5000 && depthShare > 0 && depthShare <= 1)) {
    throw new ConfigError(
      'invalid-value',
      `Books of bars need a spread in (0, 5000) bp and a depth in (0, 1], got ${spreadBps} and ${depthShare}.`,
    );
  }
  const aligned = alignCandles(series);
  const { timeMs, length } = aligned[0];
  let barMs = Infinity;
  for (let row = 1; row < length; row++) barMs = Math.min(barMs, timeMs[row] - timeMs[row - 1]);
  let numEvents = 0;
  for (const { volume } of aligned) for (const size of volume) if (size > 0) numEvents++;
  const columns = createColumns(numEvents, 1);
  const away = (0.5 * spreadBps) / 1e4;
  let n = 0;
  for (let row = 0; row < length; row++) {
    for (let v = 0; v < aligned.length; v++) {
      const { close, volume } = aligned[v];
      if (!(volume[row] > 0)) continue;
      columns.timeMs[n] = timeMs[row] + barMs;
      columns.exchangeTimeMs[n] = Number.NaN;
      columns.venue[n] = v;
      columns.bidPrices[n] = close[row] * (1 - away);
      columns.askPrices[n] = close[row] * (1 + away);
      columns.bidSizes[n] = depthShare * volume[row];
      columns.askSizes[n] = depthShare * volume[row];
      n++;
    }
  }
  return { venues, depth: 1, length: numEvents, ...columns };
}
