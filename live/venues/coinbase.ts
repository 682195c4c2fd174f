/**
 * Speaks Coinbase Advanced Trade: books in the stream, one sequence number for all frames of a connection.
 *
 * Source: Coinbase Advanced Trade WebSocket documentation, channels level2, market_trades, ticker and heartbeats.
 * Differences from the source: sequence numbers are counted for each connection, as observed and as its message
 * schema has it, not for each product; a gap therefore makes every book of the connection worthless.
 */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import type { PlainState } from '../../core/plain-state.ts';
import {
  arrayOf,
  decimalOf,
  excerpt,
  type Fields,
  fieldsOf,
  integerOf,
  isFields,
  isoTimeOf,
  malformed,
  parseFields,
  priceOf,
  textOf,
} from '../connection/frame-fields.ts';
import { invalidateOnError, refuseOrReconnect } from '../connection/frame-loss.ts';
import { LevelBuffer } from '../connection/level-buffer.ts';
import type { MarketFeed } from '../connection/market-feed.ts';
import { defineVenue, FrameError, type ProtocolHost, type VenueProtocol } from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';

export const coinbase = defineVenue({
  name: 'coinbase',
  description: 'Coinbase Advanced Trade: whole books with a sequence for each connection, trades, tickers',
  verified: true,
  config: z.object({
    url: z.string().default('wss://advanced-trade-ws.coinbase.com').describe('WebSocket endpoint'),
    // A heartbeat comes every second.
    ...connectionConfig({ silenceMs: 5000, sendIntervalMs: 150 }),
  }),
  nativeSymbol: (base, quote) => `${base}-${quote}`,
  connect(markets, config) {
    const products = new Set<string>();
    for (const { native, symbol } of markets) {
      const product = streamedProduct(native);
      if (products.has(product)) {
        throw new ConfigError(
          'same-book',
          `Coinbase sends one book for USD and USDC; ask for "${symbol}" or its sibling, not for both.`,
        );
      }
      products.add(product);
    }
    return { url: config.url, limits: config, createProtocol: (host) => new CoinbaseProtocol(host) };
  },
});

function isSnapshot({ channel, events }: Fields): boolean {
  return (
    channel === 'l2_data' &&
    Array.isArray(events) &&
    events.length > 0 &&
    events.every((event) => isFields(event) && event.type === 'snapshot')
  );
}

/** Frames about a product in USDC carry the id of the one in USD. */
function streamedProduct(native: string): string {
  return native.endsWith('-USDC') ? native.slice(0, -1) : native;
}

class CoinbaseProtocol implements VenueProtocol {
  readonly #host: ProtocolHost;
  readonly #levels = new LevelBuffer();
  readonly #feedByProduct = new Map<string, MarketFeed>();
  readonly #products: readonly string[];
  /** Of the last frame; −1 before the first, which has 0. */
  #sequence = -1;

  constructor(host: ProtocolHost) {
    this.#host = host;
    this.#products = host.feeds.map(({ market }) => market.native);
    for (const feed of host.feeds) {
      this.#feedByProduct.set(feed.market.native, feed);
      this.#feedByProduct.set(streamedProduct(feed.market.native), feed);
    }
  }

  open(): void {
    const host = this.#host;
    this.#sequence = -1;
    // Without heartbeats the venue closes a connection that is quiet.
    this.#send('subscribe', 'heartbeats');
    if (host.has('book')) this.#send('subscribe', 'level2');
    if (host.has('trades')) this.#send('subscribe', 'market_trades');
    if (host.has('ticker')) this.#send('subscribe', 'ticker');
  }

  resync(): void {
    this.#send('unsubscribe', 'level2');
    this.#send('subscribe', 'level2');
  }

  frame(text: string): void {
    const frame = parseFields(text);
    if (frame.type === 'error') {
      refuseOrReconnect(this.#host, excerpt(frame.message));
      return;
    }
    const { feeds } = this.#host;
    invalidateOnError(this.#host, frame.channel === 'l2_data' ? feeds : [], () => {
      const sequence = integerOf(frame.sequence_num, 'sequence_num');
      const expected = this.#sequence + 1;
      // A whole book replaces ours whatever its number: the venue counts anew, or repeats what we asked for again.
      if (sequence < expected && !isSnapshot(frame)) return this.#host.countDuplicate();
      this.#sequence = sequence;
      if (sequence > expected)
        this.#host.lose(feeds, 'sequence-gap', `frame ${expected} expected, got ${sequence}`);
      this.#read(frame, text);
    });
  }

  save(): PlainState {
    return { sequence: this.#sequence };
  }

  load(state: PlainState): void {
    this.#sequence = (state as { sequence: number }).sequence;
  }

  #send(type: string, channel: string): void {
    this.#host.send(JSON.stringify({ type, product_ids: this.#products, channel }));
  }

  #read(frame: Fields, text: string): void {
    const { channel } = frame;
    if (channel === 'heartbeats' || channel === 'subscriptions') return;
    if (channel !== 'l2_data' && channel !== 'market_trades' && channel !== 'ticker')
      throw new FrameError('unknown-message', excerpt(text));
    const timeMs = isoTimeOf(frame.timestamp, 'timestamp');
    for (const value of arrayOf(frame.events, 'events')) {
      const event = fieldsOf(value, 'events');
      if (channel === 'l2_data') this.#book(event, timeMs);
      else if (channel === 'market_trades') this.#trades(event);
      else this.#tickers(event, timeMs);
    }
  }

  #book(event: Fields, timeMs: number): void {
    const feed = this.#feedOf(event.product_id);
    const isSnapshot = event.type === 'snapshot';
    if (!isSnapshot && event.type !== 'update') throw malformed('type', '"snapshot" or "update"', event.type);
    if (!isSnapshot && !feed.valid) return;
    const levels = this.#levels;
    levels.clear();
    for (const value of arrayOf(event.updates, 'updates')) {
      const { side, price_level, new_quantity } = fieldsOf(value, 'updates');
      if (side !== 'bid' && side !== 'offer') throw malformed('side', '"bid" or "offer"', side);
      const price = priceOf(price_level, 'price_level');
      levels.add(side === 'bid' ? 'bid' : 'ask', price, decimalOf(new_quantity, 'new_quantity'));
    }
    if (isSnapshot) levels.replace(feed.book);
    else levels.applyTo(feed.book);
    this.#host.publish(feed, timeMs);
  }

  #trades(event: Fields): void {
    // The snapshot repeats trades from before the subscription.
    if (event.type === 'snapshot') return;
    for (const value of arrayOf(event.trades, 'trades')) {
      const trade = fieldsOf(value, 'trades');
      const feed = this.#feedOf(trade.product_id);
      if (trade.side !== 'BUY' && trade.side !== 'SELL')
        throw malformed('side', '"BUY" or "SELL"', trade.side);
      // The side named is the maker's.
      const side = trade.side === 'BUY' ? 'sell' : 'buy';
      const price = priceOf(trade.price, 'price');
      const size = decimalOf(trade.size, 'size');
      const id = textOf(trade.trade_id, 'trade_id');
      this.#host.trade(feed, { price, size, side, id, exchangeTimeMs: isoTimeOf(trade.time, 'time') });
    }
  }

  #tickers(event: Fields, timeMs: number): void {
    for (const value of arrayOf(event.tickers, 'tickers')) {
      const ticker = fieldsOf(value, 'tickers');
      const feed = this.#feedOf(ticker.product_id);
      const bid = decimalOf(ticker.best_bid, 'best_bid');
      const bidSize = decimalOf(ticker.best_bid_quantity, 'best_bid_quantity');
      const ask = decimalOf(ticker.best_ask, 'best_ask');
      const askSize = decimalOf(ticker.best_ask_quantity, 'best_ask_quantity');
      const last = decimalOf(ticker.price, 'price');
      this.#host.ticker(feed, { bid, bidSize, ask, askSize, last, exchangeTimeMs: timeMs });
    }
  }

  #feedOf(product: unknown): MarketFeed {
    const feed = this.#feedByProduct.get(textOf(product, 'product_id'));
    if (feed === undefined) throw new FrameError('unknown-message', `product ${excerpt(product)}`);
    return feed;
  }
}
