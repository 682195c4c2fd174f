/**
 * Speaks Bybit's v5 public streams: a snapshot, then deltas numbered one by one.
 *
 * Source: Bybit v5 WebSocket documentation, topics orderbook, publicTrade and tickers.
 * Differences from the source: that `u` rises by one with each delta is not documented but measured; a gap in it is
 * taken as a loss.
 */
import { z } from '../../core/config.ts';
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
  rateOf,
  textOf,
} from '../connection/frame-fields.ts';
import { invalidateOnError, refuseOrReconnect } from '../connection/frame-loss.ts';
import { LevelBuffer } from '../connection/level-buffer.ts';
import { type MarketFeed, restoreByFeed } from '../connection/market-feed.ts';
import { defineVenue, FrameError, type ProtocolHost, type VenueProtocol } from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';

const PING_INTERVAL_MS = 20_000;
/** Updates further back than this are no repetition: the venue counts anew. */
const MAX_REPEATED = 1000;
/** Topics of one subscription, at most, on the spot endpoint. */
const TOPICS_PER_MESSAGE = 10;

export const bybit = defineVenue({
  name: 'bybit',
  description: 'Bybit v5 public streams: books by numbered deltas, trades, tickers',
  verified: true,
  config: z.object({
    url: z
      .string()
      .default('wss://stream.bybit.com/v5/public/spot')
      .describe('WebSocket endpoint: it ends in spot, linear or inverse'),
    depth: z
      .union([z.literal(1), z.literal(50), z.literal(200), z.literal(1000)])
      .default(50)
      .describe('Levels a side: 1, 50, 200 or 1000'),
    // A pong is due every 20 s; ten more are allowed for it.
    ...connectionConfig({ silenceMs: 30_000, sendIntervalMs: 100 }),
  }),
  nativeSymbol: (base, quote) => base + quote,
  connect: (_markets, config) => ({
    url: config.url,
    limits: config,
    createProtocol: (host) => new BybitProtocol(host, config.depth),
  }),
});

/** Where the venue puts what a quote is made of; the spot market's ticker has the last price only. */
const QUOTE_FIELDS = {
  bid: 'bid1Price',
  bidSize: 'bid1Size',
  ask: 'ask1Price',
  askSize: 'ask1Size',
  last: 'lastPrice',
} as const;

type Quote = Record<keyof typeof QUOTE_FIELDS, number>;

const UNKNOWN: Quote = {
  bid: Number.NaN,
  bidSize: Number.NaN,
  ask: Number.NaN,
  askSize: Number.NaN,
  last: Number.NaN,
};

export class BybitProtocol implements VenueProtocol {
  readonly #host: ProtocolHost;
  readonly #depth: number;
  /** Tickers tell of marks and funding then. */
  readonly #isPerpetual: boolean;
  readonly #levels = new LevelBuffer();
  readonly #feedByNative: ReadonlyMap<string, MarketFeed>;
  readonly #updateIds = new Map<MarketFeed, number>();
  /** Deltas of tickers carry what changed only. */
  readonly #quotes = new Map<MarketFeed, Quote>();
  #pingedMs = Number.NaN;

  constructor(host: ProtocolHost, depth: number, isPerpetual = false) {
    this.#host = host;
    this.#depth = depth;
    this.#isPerpetual = isPerpetual;
    this.#feedByNative = new Map(host.feeds.map((feed) => [feed.market.native, feed]));
  }

  open(timeMs: number): void {
    const host = this.#host;
    this.#pingedMs = timeMs;
    this.#quotes.clear();
    this.#send(
      'subscribe',
      host.feeds.flatMap((feed) => [
        ...(host.has('book') ? [this.#bookTopic(feed)] : []),
        ...(host.has('trades') ? [`publicTrade.${feed.market.native}`] : []),
        ...(host.has('ticker') || this.#isPerpetual ? [`tickers.${feed.market.native}`] : []),
      ]),
    );
  }

  resync(feeds: readonly MarketFeed[]): void {
    const topics = feeds.map((feed) => this.#bookTopic(feed));
    this.#send('unsubscribe', topics);
    this.#send('subscribe', topics);
  }

  tick(timeMs: number): void {
    if (timeMs - this.#pingedMs < PING_INTERVAL_MS) return;
    this.#pingedMs = timeMs;
    this.#host.send('{"op":"ping"}');
  }

  frame(text: string): void {
    const frame = parseFields(text);
    const { topic, op } = frame;
    if (typeof topic === 'string') {
      const feed = this.#feedByNative.get(topic.slice(topic.lastIndexOf('.') + 1));
      if (feed === undefined) throw new FrameError('unknown-message', `topic ${excerpt(topic)}`);
      if (topic.startsWith('orderbook.')) {
        invalidateOnError(this.#host, [feed], () => this.#book(feed, frame));
        return;
      }
      if (topic.startsWith('publicTrade.')) {
        this.#trades(feed, frame);
        return;
      }
      if (topic.startsWith('tickers.')) {
        this.#ticker(feed, frame);
        return;
      }
    }
    if (op === 'subscribe' && frame.success === false) {
      refuseOrReconnect(this.#host, excerpt(frame.ret_msg));
      return;
    }
    if (op !== 'ping' && op !== 'pong' && op !== 'subscribe' && op !== 'unsubscribe')
      throw new FrameError('unknown-message', excerpt(text));
  }

  save(): PlainState {
    return {
      pingedMs: this.#pingedMs,
      updateIds: [...this.#updateIds].map(([{ symbol }, id]) => [symbol, id]),
      quotes: [...this.#quotes].map(([{ symbol }, quote]) => [symbol, { ...quote }]),
    };
  }

  load(state: PlainState): void {
    const saved = state as { pingedMs: number; updateIds: [string, number][]; quotes: [string, Quote][] };
    this.#pingedMs = saved.pingedMs;
    restoreByFeed(this.#updateIds, this.#host.feeds, saved.updateIds);
    restoreByFeed(this.#quotes, this.#host.feeds, saved.quotes);
  }

  #bookTopic({ market }: MarketFeed): string {
    return `orderbook.${this.#depth}.${market.native}`;
  }

  #send(op: string, topics: readonly string[]): void {
    for (let i = 0; i < topics.length; i += TOPICS_PER_MESSAGE)
      this.#host.send(JSON.stringify({ op, args: topics.slice(i, i + TOPICS_PER_MESSAGE) }));
  }

  #book(feed: MarketFeed, frame: Fields): void {
    const data = fieldsOf(frame.data, 'data');
    const updateId = integerOf(data.u, 'u');
    const { type } = frame;
    if (type !== 'snapshot' && type !== 'delta') throw malformed('type', '"snapshot" or "delta"', type);
    // Either may be text; the matching engine's time is nearer to the truth.
    const timeMs = epochOf(frame.cts ?? frame.ts, frame.cts === undefined ? 'ts' : 'cts');
    const levels = this.#levels;
    levels.clear();
    levels.addPairs('bid', data.b, 'b');
    levels.addPairs('ask', data.a, 'a');
    const lastId = this.#updateIds.get(feed) ?? Number.NaN;
    // After a restart of the service the count begins at one, with the whole book.
    const isWhole = type === 'snapshot' || updateId === 1;
    if (!isWhole && !feed.valid) return;
    // A snapshot replaces the book whatever its number; a delta of the past was seen before.
    if (feed.valid && !isWhole && updateId < lastId && lastId - updateId < MAX_REPEATED) {
      this.#host.countDuplicate();
      return;
    }
    if (feed.valid && updateId === lastId) {
      // The one level of depth 1 is sent again after three quiet seconds, under the same number.
      if (type === 'snapshot' && updateId !== 1) {
        this.#host.publish(feed, timeMs);
        return;
      }
      if (type === 'delta') {
        this.#host.countDuplicate();
        return;
      }
    }
    if (!isWhole && updateId !== lastId + 1) {
      const detail = `update ${lastId + 1} expected, got ${updateId}`;
      this.#host.lose([feed], 'sequence-gap', detail);
      return;
    }
    this.#updateIds.set(feed, updateId);
    if (isWhole) levels.replace(feed.book);
    else levels.applyTo(feed.book);
    this.#host.publish(feed, timeMs);
  }

  #trades(feed: MarketFeed, frame: Fields): void {
    for (const value of arrayOf(frame.data, 'data')) {
      const trade = fieldsOf(value, 'data');
      if (trade.S !== 'Buy' && trade.S !== 'Sell') throw malformed('S', '"Buy" or "Sell"', trade.S);
      const side = trade.S === 'Buy' ? 'buy' : 'sell';
      const price = priceOf(trade.p, 'p');
      const size = decimalOf(trade.v, 'v');
      const id = textOf(trade.i, 'i');
      this.#host.trade(feed, { price, size, side, id, exchangeTimeMs: epochOf(trade.T, 'T') });
    }
  }

  #ticker(feed: MarketFeed, frame: Fields): void {
    const data = fieldsOf(frame.data, 'data');
    const exchangeTimeMs = epochOf(frame.ts, 'ts');
    if (this.#isPerpetual) this.#contract(feed, data, exchangeTimeMs);
    if (!this.#host.has('ticker')) return;
    const quote = { ...UNKNOWN, ...(frame.type === 'delta' ? this.#quotes.get(feed) : undefined) };
    for (const [name, field] of Object.entries(QUOTE_FIELDS)) {
      const value = data[field];
      if (value !== undefined && value !== '') quote[name as keyof Quote] = decimalOf(value, field);
    }
    this.#quotes.set(feed, quote);
    this.#host.ticker(feed, { ...quote, exchangeTimeMs });
  }

  /** Deltas carry what changed alone, so that what is not there is not said. */
  #contract(feed: MarketFeed, data: Fields, exchangeTimeMs: number): void {
    const said = (name: string, read: (value: unknown, name: string) => number): number =>
      data[name] === undefined || data[name] === '' ? Number.NaN : read(data[name], name);
    const contract = {
      mark: said('markPrice', priceOf),
      index: said('indexPrice', priceOf),
      fundingRate: said('fundingRate', rateOf),
      fundingTimeMs: said('nextFundingTime', epochOf),
      predictedRate: Number.NaN,
      openInterest: said('openInterest', decimalOf),
    };
    if (Object.values(contract).every(Number.isNaN)) return;
    this.#host.contract(feed, { ...contract, exchangeTimeMs });
  }
}
