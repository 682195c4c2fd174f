/**
 * Speaks Kraken spot, WebSocket v2: books of a fixed depth in the stream, each message with a checksum of the ten best
 * levels.
 *
 * Source: Kraken WebSocket v2 documentation, channels instrument, book, trade, ticker, status and heartbeat.
 * Differences from the source: books are subscribed to when the decimals of all markets are known, so that no message
 * comes that cannot be checked.
 */
import { z } from '../../core/config.ts';
import { suggestion } from '../../core/nearest.ts';
import type { PlainState } from '../../core/plain-state.ts';
import type { BookSide } from '../../market/books/order-book.ts';
import {
  arrayOf,
  decimalOf,
  excerpt,
  type Fields,
  fieldsOf,
  integerOf,
  isoTimeOf,
  malformed,
  parseFields,
  priceOf,
  textOf,
} from '../connection/frame-fields.ts';
import { invalidateOnError, refuseOrReconnect } from '../connection/frame-loss.ts';
import { krakenChecksum } from '../connection/kraken-checksum.ts';
import { LevelBuffer } from '../connection/level-buffer.ts';
import { type MarketFeed, restoreByFeed } from '../connection/market-feed.ts';
import { defineVenue, FrameError, type ProtocolHost, type VenueProtocol } from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';

export const kraken = defineVenue({
  name: 'kraken',
  description:
    'Kraken spot v2: books of fixed depth with checksums, trades, tickers at each change of the quote',
  verified: true,
  config: z.object({
    url: z.string().default('wss://ws.kraken.com/v2').describe('WebSocket endpoint'),
    depth: z
      .union([z.literal(10), z.literal(25), z.literal(100), z.literal(500), z.literal(1000)])
      .default(10)
      .describe('Levels a side: 10, 25, 100, 500 or 1000; the checksum covers the best 10 only'),
    // A heartbeat comes about every second when nothing else does; five seconds is the venue's own advice.
    ...connectionConfig({ silenceMs: 5000, sendIntervalMs: 100 }),
  }),
  nativeSymbol: (base, quote) => `${base}/${quote}`,
  connect: (_markets, config) => ({
    url: config.url,
    limits: config,
    createProtocol: (host) => new KrakenProtocol(host, config.depth),
  }),
});

/** A JSON number with more digits than a Float64 is certain to hold. */
const LONG_NUMBER = /[:,]\s*\d[\d.]{16,}/;
const MAX_DECIMALS = 20;

interface Precision {
  readonly price: number;
  readonly size: number;
  /** Digits of sizes that a number does not hold, by price. */
  readonly exactBids: Map<number, string>;
  readonly exactAsks: Map<number, string>;
}

class KrakenProtocol implements VenueProtocol {
  readonly #host: ProtocolHost;
  readonly #depth: number;
  readonly #levels = new LevelBuffer();
  readonly #feedBySymbol: ReadonlyMap<string, MarketFeed>;
  readonly #precisions = new Map<MarketFeed, Precision>();
  #subscribed = false;

  constructor(host: ProtocolHost, depth: number) {
    this.#host = host;
    this.#depth = depth;
    this.#feedBySymbol = new Map(host.feeds.map((feed) => [feed.market.native, feed]));
  }

  open(): void {
    this.#precisions.clear();
    this.#subscribed = false;
    this.#send('subscribe', { channel: 'instrument', snapshot: true });
  }

  resync(feeds: readonly MarketFeed[]): void {
    // A feed without decimals has not been subscribed to yet.
    const symbol = feeds.filter((feed) => this.#precisions.has(feed)).map(({ market }) => market.native);
    if (symbol.length === 0) return;
    this.#send('unsubscribe', { channel: 'book', symbol, depth: this.#depth });
    this.#send('subscribe', { channel: 'book', symbol, depth: this.#depth, snapshot: true });
  }

  frame(text: string): void {
    const frame = parseFields(LONG_NUMBER.test(text) ? quoteNumbers(text) : text);
    switch (frame.channel) {
      case 'heartbeat':
        return;
      case 'book':
        invalidateOnError(this.#host, this.#feedsOf(frame), () => this.#books(frame));
        return;
      case 'trade':
        this.#trades(frame);
        return;
      case 'ticker':
        this.#tickers(frame);
        return;
      case 'instrument':
        this.#instruments(frame);
        return;
      case 'status': {
        const system = fieldsOf(arrayOf(frame.data, 'data')[0], 'data').system;
        this.#host.setTrading(system === 'online', `system ${excerpt(system)}`);
        return;
      }
    }
    if (frame.method === 'subscribe' && frame.success === false) {
      refuseOrReconnect(this.#host, excerpt(frame.error));
      return;
    }
    if (typeof frame.method !== 'string') throw new FrameError('unknown-message', excerpt(text));
  }

  save(): PlainState {
    const precisions = [...this.#precisions].map(([{ symbol }, { price, size, exactBids, exactAsks }]) => [
      symbol,
      { price, size, exactBids: [...exactBids], exactAsks: [...exactAsks] },
    ]);
    return { subscribed: this.#subscribed, precisions: precisions as PlainState };
  }

  load(state: PlainState): void {
    type Saved = {
      price: number;
      size: number;
      exactBids: [number, string][];
      exactAsks: [number, string][];
    };
    const saved = state as { subscribed: boolean; precisions: [string, Saved][] };
    this.#subscribed = saved.subscribed;
    const entries = saved.precisions.map(([symbol, { price, size, exactBids, exactAsks }]) => {
      return [symbol, { price, size, exactBids: new Map(exactBids), exactAsks: new Map(exactAsks) }] as const;
    });
    restoreByFeed(this.#precisions, this.#host.feeds, entries);
  }

  #send(method: string, params: object): void {
    this.#host.send(JSON.stringify({ method, params }));
  }

  #instruments(frame: Fields): void {
    const pairs = arrayOf(fieldsOf(frame.data, 'data').pairs, 'pairs');
    const symbols: string[] = [];
    for (const value of pairs) {
      const pair = fieldsOf(value, 'pairs');
      const symbol = textOf(pair.symbol, 'symbol');
      symbols.push(symbol);
      const feed = this.#feedBySymbol.get(symbol);
      if (feed === undefined) continue;
      const price = decimalsOf(pair.price_precision, 'price_precision');
      const size = decimalsOf(pair.qty_precision, 'qty_precision');
      const held = this.#precisions.get(feed);
      if (held?.price !== price || held.size !== size)
        this.#precisions.set(feed, { price, size, exactBids: new Map(), exactAsks: new Map() });
    }
    if (this.#subscribed) return;
    const missing = this.#host.feeds.find((feed) => !this.#precisions.has(feed));
    if (missing !== undefined) {
      const { native } = missing.market;
      this.#host.refuse(`unknown market "${native}".${nearestMarket(native, symbols)}`);
      return;
    }
    this.#subscribe();
  }

  #subscribe(): void {
    const host = this.#host;
    const symbol = host.feeds.map(({ market }) => market.native);
    this.#subscribed = true;
    if (host.has('book'))
      this.#send('subscribe', { channel: 'book', symbol, depth: this.#depth, snapshot: true });
    if (host.has('trades')) this.#send('subscribe', { channel: 'trade', symbol, snapshot: false });
    // By default the quote would be renewed at trades only.
    if (host.has('ticker')) this.#send('subscribe', { channel: 'ticker', symbol, event_trigger: 'bbo' });
  }

  /** The feeds that a message about books may concern: all, where it does not say. */
  #feedsOf(frame: Fields): readonly MarketFeed[] {
    const data = Array.isArray(frame.data) ? (frame.data as readonly Fields[]) : [];
    const feeds = data.map((entry) => this.#feedBySymbol.get(entry?.symbol as string));
    return data.length === 0 || feeds.includes(undefined) ? this.#host.feeds : (feeds as MarketFeed[]);
  }

  #books(frame: Fields): void {
    const isSnapshot = frame.type === 'snapshot';
    if (!isSnapshot && frame.type !== 'update') throw malformed('type', '"snapshot" or "update"', frame.type);
    for (const value of arrayOf(frame.data, 'data')) {
      const entry = fieldsOf(value, 'data');
      const feed = this.#feedOf(entry);
      if (isSnapshot || feed.valid) this.#book(feed, entry, isSnapshot);
    }
  }

  #book(feed: MarketFeed, entry: Fields, isSnapshot: boolean): void {
    const precision = this.#precisions.get(feed);
    if (precision === undefined)
      throw new FrameError('malformed', `a book of ${feed.symbol} before its decimals`);
    const levels = this.#levels;
    levels.clear();
    if (isSnapshot) {
      precision.exactBids.clear();
      precision.exactAsks.clear();
    }
    this.#addLevels('bid', entry.bids, precision);
    this.#addLevels('ask', entry.asks, precision);
    const checksum = integerOf(entry.checksum, 'checksum');
    const timeMs = entry.timestamp === undefined ? Number.NaN : isoTimeOf(entry.timestamp, 'timestamp');
    if (isSnapshot) levels.replace(feed.book);
    else levels.applyTo(feed.book);
    feed.book.truncate(this.#depth);
    const exactSize = (side: BookSide, price: number) =>
      (side === 'bid' ? precision.exactBids : precision.exactAsks).get(price);
    const ours = krakenChecksum(feed.book, precision.price, precision.size, exactSize);
    if (ours === checksum) this.#host.publish(feed, timeMs);
    else this.#host.lose([feed], 'checksum-mismatch', `${checksum} expected, got ${ours}`);
  }

  #addLevels(side: BookSide, values: unknown, precision: Precision): void {
    const exact = side === 'bid' ? precision.exactBids : precision.exactAsks;
    for (const value of arrayOf(values, side === 'bid' ? 'bids' : 'asks')) {
      const level = fieldsOf(value, 'level');
      const price = priceOf(level.price, 'price');
      const size = decimalOf(level.qty, 'qty');
      this.#levels.add(side, price, size);
      // Quoted numbers are those of a frame with a long one in it.
      const digits = typeof level.qty === 'string' ? decimalDigits(level.qty, precision.size) : '';
      if (digits.length > 15) exact.set(price, digits);
      else if (exact.size > 0) exact.delete(price);
    }
  }

  #trades(frame: Fields): void {
    for (const value of arrayOf(frame.data, 'data')) {
      const trade = fieldsOf(value, 'data');
      const feed = this.#feedOf(trade);
      const { side } = trade;
      if (side !== 'buy' && side !== 'sell') throw malformed('side', '"buy" or "sell"', side);
      const price = priceOf(trade.price, 'price');
      const size = decimalOf(trade.qty, 'qty');
      const id = String(integerOf(trade.trade_id, 'trade_id'));
      const exchangeTimeMs = isoTimeOf(trade.timestamp, 'timestamp');
      this.#host.trade(feed, { price, size, side, id, exchangeTimeMs });
    }
  }

  #tickers(frame: Fields): void {
    for (const value of arrayOf(frame.data, 'data')) {
      const ticker = fieldsOf(value, 'data');
      const feed = this.#feedOf(ticker);
      const bid = decimalOf(ticker.bid, 'bid');
      const bidSize = decimalOf(ticker.bid_qty, 'bid_qty');
      const ask = decimalOf(ticker.ask, 'ask');
      const askSize = decimalOf(ticker.ask_qty, 'ask_qty');
      const exchangeTimeMs =
        ticker.timestamp === undefined ? Number.NaN : isoTimeOf(ticker.timestamp, 'timestamp');
      const last = decimalOf(ticker.last, 'last');
      this.#host.ticker(feed, { bid, bidSize, ask, askSize, last, exchangeTimeMs });
    }
  }

  #feedOf(entry: Fields): MarketFeed {
    const symbol = textOf(entry.symbol, 'symbol');
    const feed = this.#feedBySymbol.get(symbol);
    if (feed === undefined) throw new FrameError('unknown-message', `symbol ${excerpt(symbol)}`);
    return feed;
  }
}

/** Makes the numbers of prices and quantities texts, so that no digit is lost in reading them. */
function quoteNumbers(text: string): string {
  return text.replace(/"(price|qty)"\s*:\s*([\d.eE+-]+)/g, '"$1":"$2"');
}

/** `decimals` places of a decimal text, without the point and without leading zeros. */
function decimalDigits(text: string, decimals: number): string {
  const [whole, fraction = ''] = text.split('.');
  return (whole + fraction.padEnd(decimals, '0').slice(0, decimals)).replace(/^0+/, '');
}

function decimalsOf(value: unknown, name: string): number {
  const decimals = integerOf(value, name);
  if (decimals >= 0 && decimals <= MAX_DECIMALS) return decimals;
  throw malformed(name, `a number of decimals up to ${MAX_DECIMALS}`, value);
}

/** A hint only where one is near: the list of all markets has over a thousand names. */
function nearestMarket(native: string, symbols: readonly string[]): string {
  const hint = suggestion(native, symbols);
  return hint.startsWith(' Did') ? hint : '';
}
