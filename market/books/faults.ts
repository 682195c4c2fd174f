/** Names what can be wrong with one event of a book tape. */
import { isValidTime } from '../candles/timestamps.ts';

/** In words for messages; the keys are the codes of errors and the names of counts. */
export const BOOK_FAULTS = {
  'invalid-time': 'the receive time is no time; give UTC epoch milliseconds',
  'backwards-clock': 'it was received before the event ahead of it; sort the events by local receive time',
  'one-sided-book': 'one side has no levels',
  'invalid-price': 'a price is not a finite number above 0',
  'invalid-size': 'a size is not a finite number above 0',
  'unsorted-levels': 'the levels do not lead away from the best price, best first, each price once',
  'crossed-book': 'the best bid is above the best ask',
} as const;

export type BookFault = keyof typeof BOOK_FAULTS;

/** One event's levels within larger arrays. */
export interface BookLevels {
  readonly bidPrices: ArrayLike<number>;
  readonly bidSizes: ArrayLike<number>;
  readonly askPrices: ArrayLike<number>;
  readonly askSizes: ArrayLike<number>;
}

/**
 * The first fault of an event, undefined when there is none. A locked book (best bid = best ask) is none.
 * @param offset where the event's levels begin in the arrays
 * @param depth levels a side; a price and size of 0 mean that this one and all behind it are not there
 * @param previousTimeMs receive time of the event ahead of it; −Infinity for the first
 */
export function findBookFault(
  levels: BookLevels,
  offset: number,
  depth: number,
  timeMs: number,
  previousTimeMs: number,
): BookFault | undefined {
  if (!isValidTime(timeMs)) return 'invalid-time';
  if (timeMs < previousTimeMs) return 'backwards-clock';
  const { bidPrices, bidSizes, askPrices, askSizes } = levels;
  const fault =
    findSideFault(bidPrices, bidSizes, offset, depth, -1) ??
    findSideFault(askPrices, askSizes, offset, depth, 1);
  if (fault !== undefined) return fault;
  return bidPrices[offset] > askPrices[offset] ? 'crossed-book' : undefined;
}

/** @param direction 1 where prices rise behind the best one, −1 where they fall */
function findSideFault(
  prices: ArrayLike<number>,
  sizes: ArrayLike<number>,
  offset: number,
  depth: number,
  direction: 1 | -1,
): BookFault | undefined {
  if (prices[offset] === 0 && sizes[offset] === 0) return 'one-sided-book';
  let ended = false;
  for (let k = offset; k < offset + depth; k++) {
    const price = prices[k];
    const size = sizes[k];
    if (price === 0 && size === 0) {
      ended = true;
      continue;
    }
    if (!(price > 0 && price < Infinity)) return 'invalid-price';
    if (!(size > 0 && size < Infinity)) return 'invalid-size';
    if (ended) return 'unsorted-levels';
    if (k > offset && !(direction * (price - prices[k - 1]) > 0)) return 'unsorted-levels';
  }
  return undefined;
}
