/** Makes a tape of frames, as two venues send whole books, from books that were recorded elsewhere or made up. */
import { ConfigError } from '../../core/errors.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import { headerRecord } from '../session/assemble.ts';
import { resolveLiveConfig } from '../session/config.ts';

/** Venues whose frames are written here, in the order in which a tape's venues take their places. */
export const STAND_IN_VENUES = ['bybit', 'okx'] as const;

/** @param venue which of the stand-ins speaks; `symbol` as `BTC/USDT` */
export function bookFrame(books: BookTape, event: number, venue: number, symbol: string): string {
  const { depth } = books;
  const levels = (prices: Float64Array, sizes: Float64Array, rest: string[]) =>
    Array.from({ length: depth }, (_, k) => event * depth + k)
      .filter((at) => prices[at] > 0)
      .map((at) => [String(prices[at]), String(sizes[at]), ...rest]);
  const ts = Math.round(books.timeMs[event]);
  if (STAND_IN_VENUES[venue] === 'bybit') {
    const native = symbol.replace('/', '');
    const data = {
      s: native,
      b: levels(books.bidPrices, books.bidSizes, []),
      a: levels(books.askPrices, books.askSizes, []),
      u: event + 2,
      seq: event + 2,
    };
    return JSON.stringify({ topic: `orderbook.50.${native}`, type: 'snapshot', ts, data, cts: ts });
  }
  const data = {
    asks: levels(books.askPrices, books.askSizes, ['0', '1']),
    bids: levels(books.bidPrices, books.bidSizes, ['0', '1']),
    ts: String(ts),
    checksum: 0,
    prevSeqId: -1,
    seqId: event + 2,
  };
  const arg = { channel: 'books', instId: symbol.replace('/', '-') };
  return JSON.stringify({ arg, action: 'snapshot', data: [data] });
}

/**
 * The records of a tape on which stand-in venues send these books.
 * @throws ConfigError `invalid-venues` for more venues than stand-ins
 */
export function* standInTape(books: BookTape): Generator<TapeRecord> {
  const { venues, depth, timeMs, length } = books;
  if (venues.length > STAND_IN_VENUES.length) {
    throw new ConfigError(
      'invalid-venues',
      `The books are of ${venues.length} venues; a tape can be made of ${STAND_IN_VENUES.length} at most.`,
    );
  }
  const markets = venues.map(({ base, quote }, v) => ({
    venue: STAND_IN_VENUES[v],
    symbol: `${base}/${quote}`,
  }));
  const config = resolveLiveConfig({ mode: 'record', markets, depth, channels: ['book'] });
  const beginMs = timeMs[0];
  yield headerRecord({ config, model: 'none', modelCreatedMs: Number.NaN }, beginMs);
  for (const venue of venues.keys()) yield ['input', beginMs, venue, 'open'];
  for (let event = 0; event < length; event++) {
    const venue = books.venue[event];
    yield ['input', timeMs[event], venue, 'frame', bookFrame(books, event, venue, markets[venue].symbol)];
  }
}
