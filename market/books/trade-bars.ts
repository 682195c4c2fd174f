/** Makes bars of trades: of a length of time, or of so many trades, so much volume or so much value. */
import { DataError } from '../../core/errors.ts';
import type { BarSpec } from '../candles/bar-spec.ts';
import { type Candles, createCandles } from '../candles/candles.ts';
import type { TradeTape } from './trade-tape.ts';

export interface TradeBars {
  readonly candles: Candles;
  /** Trades at the beginning and the end whose bar is not whole, left out. */
  readonly dropped: number;
}

/**
 * A bar of time begins at a whole multiple of its length since 1970; the first, which may have begun before the tape, and
 * the last, which is not over, are left out, and a time without trades makes no bar. A bar of trades, volume or value
 * begins with its first trade and ends with the one that fills it, and all of the same time.
 * @param venue index into the tape's venues
 * @throws DataError `too-few-rows` when no bar is whole
 */
export function tradeBars(trades: TradeTape, venue: number, spec: BarSpec): TradeBars {
  const maker = createTradeBarMaker(venue, spec);
  maker.take(trades);
  return maker.finish();
}

/** Makes the same bars of a tape that comes in pieces. */
export interface TradeBarMaker {
  /** The next piece; its trades come after those before. */
  take(trades: TradeTape): void;
  /** @throws DataError as `tradeBars` */
  finish(): TradeBars;
}

/** See `tradeBars`. */
export function createTradeBarMaker(venue: number, spec: BarSpec): TradeBarMaker {
  let numTrades = 0;
  const columns: number[][] = [[], [], [], [], [], []];
  let bar: number[] | undefined;
  let key = Number.NaN;
  let filled = 0;
  let inBar = 0;
  let dropped = 0;
  let numStarted = 0;
  const closeBar = (isWhole: boolean): void => {
    if (bar === undefined) return;
    if (isWhole) for (const [c, value] of bar.entries()) columns[c].push(value);
    else dropped += inBar;
    bar = undefined;
    filled = 0;
    inBar = 0;
  };
  return {
    take(trades) {
      numTrades += trades.length;
      for (let n = 0; n < trades.length; n++) {
        if (trades.venue[n] !== venue) continue;
        const time = trades.timeMs[n];
        const price = trades.prices[n];
        const size = trades.sizes[n];
        if (spec.by === 'time') {
          const start = Math.floor(time / spec.barMs) * spec.barMs;
          if (start !== key) {
            // The first bar may have begun before the tape.
            closeBar(numStarted > 1);
            numStarted++;
            key = start;
          }
        } else if (filled >= spec.amount && time > key) closeBar(true);
        if (bar === undefined) bar = [spec.by === 'time' ? key : time, price, price, price, price, 0];
        bar[2] = Math.max(bar[2], price);
        bar[3] = Math.min(bar[3], price);
        bar[4] = price;
        bar[5] += size;
        inBar++;
        if (spec.by !== 'time') {
          key = time;
          filled += spec.by === 'ticks' ? 1 : spec.by === 'volume' ? size : size * price;
        }
      }
    },
    finish() {
      closeBar(spec.by !== 'time' && filled >= spec.amount);
      const [timeMs, open, high, low, close, volume] = columns;
      if (timeMs.length === 0) {
        throw new DataError(
          'too-few-rows',
          `${numTrades} trades hold no whole bar; give a longer tape or smaller bars.`,
        );
      }
      return {
        candles: createCandles({ timeMs, open, high, low, close, volume }, 'bars of trades'),
        dropped,
      };
    },
  };
}
