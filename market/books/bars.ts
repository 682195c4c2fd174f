/** Makes bars of one venue's mid price, and finds where on its tape they end. */
import { DataError } from '../../core/errors.ts';
import { BarBuilder, BarSeries } from '../candles/bar-series.ts';
import type { Candles } from '../candles/candles.ts';
import type { BookTape } from './tape.ts';
import type { TradeTape } from './trade-tape.ts';

export interface BookBars {
  /** Mid prices; the volume is that of the trades, 0 without them. */
  readonly candles: Candles;
  /** [T], the first event of the tape at or after the end of each bar. */
  readonly endEvent: Int32Array;
}

/**
 * The bars of a venue, as they would have been made live. A bar is there once something happened at or after its end.
 * @param venue index into the tape's venues
 * @param barMs length of a bar, ms
 * @throws DataError `too-few-rows` when not even one bar is whole
 */
export function createBookBars(tape: BookTape, venue: number, barMs: number, trades?: TradeTape): BookBars {
  const series = new BarSeries();
  const builder = new BarBuilder(series, barMs);
  const endEvent: number[] = [];
  let nextTrade = 0;
  const closeUpTo = (timeMs: number, event: number): void => {
    while (timeMs >= builder.endMs) {
      if (builder.close()) endEvent.push(event);
    }
  };
  /** The trades before a moment; those of a bar's last instant belong to it. */
  const takeTrades = (untilMs: number, event: number): void => {
    if (trades === undefined) return;
    for (; nextTrade < trades.length && trades.timeMs[nextTrade] <= untilMs; nextTrade++) {
      closeUpTo(trades.timeMs[nextTrade], event);
      if (trades.venue[nextTrade] === venue) builder.onTrade(trades.sizes[nextTrade]);
    }
  };
  for (let event = 0; event < tape.length; event++) {
    const timeMs = tape.timeMs[event];
    takeTrades(timeMs, event);
    closeUpTo(timeMs, event);
    const bid = tape.bidPrices[event * tape.depth];
    const ask = tape.askPrices[event * tape.depth];
    if (tape.venue[event] === venue && bid > 0 && ask > 0) builder.onPrice(timeMs, 0.5 * (bid + ask));
  }
  if (series.length === 0) {
    throw new DataError(
      'too-few-rows',
      `The tape of ${tape.length} events holds no whole bar of ${barMs} ms of ${tape.venues[venue]?.name ?? `venue ${venue}`}; shorten barMs.`,
    );
  }
  const { length } = series;
  const candles = {
    length,
    timeMs: series.timeMs.slice(0, length),
    open: series.open.slice(0, length),
    high: series.high.slice(0, length),
    low: series.low.slice(0, length),
    close: series.close.slice(0, length),
    volume: series.volume.slice(0, length),
  };
  return { candles, endEvent: Int32Array.from(endEvent) };
}
