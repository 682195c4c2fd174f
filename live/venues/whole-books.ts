/**
 * Speaks the language that Korean venues share: whole books without numbers, symbols with the quote first.
 *
 * Source: docs.upbit.com, WebSocket guide, pages of orderbook, trade and ticker; apidocs.bithumb.com, WebSocket, the same.
 * Differences from the source: nothing tells whether a message was lost, and the next whole book heals it; a message that is
 * older than the last one is passed over.
 */
import type { PlainState } from '../../core/plain-state.ts';
import {
  arrayOf,
  decimalOf,
  epochOf,
  excerpt,
  type Fields,
  fieldsOf,
  integerOf,
  malformed,
  parseFields,
  priceOf,
  textOf,
} from '../connection/frame-fields.ts';
import { invalidateOnError, refuseOrReconnect } from '../connection/frame-loss.ts';
import { LevelBuffer } from '../connection/level-buffer.ts';
import { type MarketFeed, restoreByFeed } from '../connection/market-feed.ts';
import { FrameError, type ProtocolHost, type VenueProtocol } from '../connection/venue.ts';

/** Venues cut after 120 s without a message; at a quarter of that a lost answer costs nothing. */
const PING_AFTER_MS = 30_000;
/** Numbers from here on are microseconds. */
const FIRST_MICROSECONDS = 1e14;

/** `KRW-BTC` */
export const quoteFirst = (base: string, quote: string): string => `${quote}-${base}`;

export class WholeBookProtocol implements VenueProtocol {
  readonly #host: ProtocolHost;
  readonly #suffix: string;
  readonly #levels = new LevelBuffer();
  readonly #feedByNative: ReadonlyMap<string, MarketFeed>;
  /** Times of the books that were taken last, by the venue's clock. */
  readonly #bookMs = new Map<MarketFeed, number>();
  #pingedMs = -Infinity;

  /** @param suffix behind the symbols of books, `.15` for 15 levels a side; empty where the venue has none */
  constructor(host: ProtocolHost, suffix: string) {
    this.#host = host;
    this.#suffix = suffix;
    this.#feedByNative = new Map(host.feeds.map((feed) => [feed.market.native, feed]));
  }

  open(): void {
    this.#pingedMs = -Infinity;
    this.#bookMs.clear();
    this.#subscribe();
  }

  /** A request takes the place of the one before, and brings every book at once. */
  resync(): void {
    this.#subscribe();
  }

  tick(timeMs: number, silentMs: number): void {
    if (silentMs < PING_AFTER_MS || timeMs - this.#pingedMs < PING_AFTER_MS) return;
    this.#pingedMs = timeMs;
    this.#host.send('PING');
  }

  frame(text: string): void {
    const frame = parseFields(text);
    if (frame.status === 'UP') return;
    if (frame.error !== undefined) {
      const { name, message } = fieldsOf(frame.error, 'error');
      refuseOrReconnect(this.#host, `${excerpt(name)} ${excerpt(message)}`);
      return;
    }
    const { type } = frame;
    if (type !== 'orderbook' && type !== 'trade' && type !== 'ticker')
      throw new FrameError('unknown-message', excerpt(text));
    const [code] = textOf(frame.code, 'code').split('.');
    const feed = this.#feedByNative.get(code);
    if (feed === undefined) throw new FrameError('unknown-message', `code ${excerpt(code)}`);
    if (type === 'orderbook') invalidateOnError(this.#host, [feed], () => this.#book(feed, frame));
    else if (type === 'trade') this.#trade(feed, frame, text);
    else this.#ticker(feed, frame);
  }

  save(): PlainState {
    const bookMs = [...this.#bookMs].map(([{ symbol }, timeMs]) => [symbol, timeMs]);
    return { pingedMs: this.#pingedMs, bookMs } as unknown as PlainState;
  }

  load(state: PlainState): void {
    const saved = state as unknown as { pingedMs: number; bookMs: [string, number][] };
    this.#pingedMs = saved.pingedMs;
    restoreByFeed(this.#bookMs, this.#host.feeds, saved.bookMs);
  }

  #subscribe(): void {
    const host = this.#host;
    const natives = host.feeds.map(({ market }) => market.native);
    const codes = natives.map((native) => native + this.#suffix);
    host.send(
      JSON.stringify([
        { ticket: 'market-gym' },
        ...(host.has('book') ? [{ type: 'orderbook', codes }] : []),
        ...(host.has('trades') ? [{ type: 'trade', codes: natives }] : []),
        ...(host.has('ticker') ? [{ type: 'ticker', codes: natives }] : []),
        { format: 'DEFAULT' },
      ]),
    );
  }

  #book(feed: MarketFeed, frame: Fields): void {
    const timeMs = momentOf(frame.timestamp, 'timestamp');
    // Sums over wide steps of the price are no book.
    if (frame.level !== undefined && decimalOf(frame.level, 'level') !== 0)
      throw malformed('level', '0', frame.level);
    const levels = this.#levels;
    levels.clear();
    for (const value of arrayOf(frame.orderbook_units, 'orderbook_units')) {
      const unit = fieldsOf(value, 'orderbook_units');
      addLevel(levels, 'ask', unit);
      addLevel(levels, 'bid', unit);
    }
    // The answer to a request holds whatever its time: the venue's clock may have been set.
    if (frame.stream_type !== 'SNAPSHOT' && timeMs < (this.#bookMs.get(feed) ?? -Infinity)) {
      this.#host.countDuplicate();
      return;
    }
    this.#bookMs.set(feed, timeMs);
    levels.replace(feed.book);
    this.#host.publish(feed, timeMs);
  }

  #trade(feed: MarketFeed, frame: Fields, text: string): void {
    const side = frame.ask_bid;
    if (side !== 'ASK' && side !== 'BID') throw malformed('ask_bid', '"ASK" or "BID"', side);
    const price = priceOf(frame.trade_price, 'trade_price');
    const size = decimalOf(frame.trade_volume, 'trade_volume');
    const exchangeTimeMs = momentOf(frame.trade_timestamp, 'trade_timestamp');
    // The last trade before the subscription: nobody knows how old.
    if (frame.stream_type === 'SNAPSHOT') return;
    const id = tradeId(frame, text);
    this.#host.trade(feed, { price, size, side: side === 'ASK' ? 'sell' : 'buy', id, exchangeTimeMs });
  }

  #ticker(feed: MarketFeed, frame: Fields): void {
    this.#host.ticker(feed, {
      bid: Number.NaN,
      bidSize: Number.NaN,
      ask: Number.NaN,
      askSize: Number.NaN,
      last: decimalOf(frame.trade_price, 'trade_price'),
      exchangeTimeMs: momentOf(frame.timestamp, 'timestamp'),
    });
  }
}

/** A side that has no more levels is filled up with zeros. */
function addLevel(levels: LevelBuffer, side: 'bid' | 'ask', unit: Fields): void {
  const [price, size] = [`${side}_price`, `${side}_size`];
  if (decimalOf(unit[price], price) === 0) return;
  levels.add(side, priceOf(unit[price], price), decimalOf(unit[size], size));
}

/** UTC epoch in ms, from milliseconds or microseconds: which of them Bithumb's books have is not documented. */
function momentOf(value: unknown, name: string): number {
  const number = integerOf(value, name);
  return epochOf(number >= FIRST_MICROSECONDS ? Math.floor(number / 1000) : number, name);
}

/** The digits as they are written: the numbers are beyond 2^53, where a Float64 gives two trades one name. */
function tradeId(frame: Fields, text: string): string {
  const id = frame.sequential_id;
  const written = /"sequential_id"\s*:\s*(\d{1,20})\s*[,}]/.exec(text);
  if (written !== null && typeof id === 'number') return written[1];
  throw malformed('sequential_id', 'a whole number', id);
}
