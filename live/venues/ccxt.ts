/**
 * Any other venue, through the `ccxt` library: whole books as it hands them out. Whether it lost an update on the way
 * cannot be told from them, so these books count as unverified.
 */
import { type ConfigSchema, z } from '../../core/config.ts';
import { ConfigError, LiveError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import {
  arrayOf,
  decimalOf,
  excerpt,
  type Fields,
  fieldsOf,
  malformed,
  parseFields,
  priceOf,
  textOf,
} from '../connection/frame-fields.ts';
import { losingOnError } from '../connection/frame-loss.ts';
import { LevelBuffer } from '../connection/level-buffer.ts';
import type { MarketFeed } from '../connection/market-feed.ts';
import type { Transport } from '../connection/transport.ts';
import {
  defineVenue,
  FrameError,
  type ProtocolHost,
  type VenuePlugin,
  type VenueProtocol,
} from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';

type Watch = (symbol: string) => Promise<unknown>;

/** The part of a ccxt exchange that is used. */
export interface CcxtExchange {
  readonly has: Readonly<Record<string, unknown>>;
  watchOrderBook: Watch;
  watchTrades: Watch;
  watchTicker: Watch;
  close(): Promise<unknown>;
}

/** The part of the ccxt module that is used. */
export interface CcxtModule {
  readonly pro: Readonly<Record<string, new (options: object) => CcxtExchange>>;
}

/** @throws LiveError `ccxt-missing` */
export async function loadCcxt(
  load: () => Promise<unknown> = () => import('ccxt' as string),
): Promise<CcxtModule> {
  let module: unknown;
  try {
    module = await load();
  } catch (cause) {
    throw new LiveError(
      'ccxt-missing',
      'Venues through ccxt need the package "ccxt", which is not installed: run "npm install ccxt".',
      { cause },
    );
  }
  return ((module as { default?: CcxtModule }).default ?? module) as CcxtModule;
}

/**
 * @param exchangeId as ccxt names it: `kucoin`
 * @throws ConfigError `unknown-name`; `no-book-stream` for an exchange whose books ccxt cannot watch
 */
export function ccxtVenue(module: CcxtModule, exchangeId: string): VenuePlugin<ConfigSchema> {
  const ids = Object.keys(module.pro).filter((id) => typeof module.pro[id] === 'function');
  if (!ids.includes(exchangeId)) {
    throw new ConfigError(
      'unknown-name',
      `Unknown ccxt exchange "${exchangeId}".${suggestion(exchangeId, ids)}`,
    );
  }
  return defineVenue({
    name: `ccxt:${exchangeId}`,
    description: `${exchangeId} through ccxt: whole books, not verified`,
    verified: false,
    config: z.object({
      depth: z.number().int().min(1).max(1000).default(20).describe('Levels a side that are kept'),
      ...connectionConfig({ silenceMs: 30_000, sendIntervalMs: 0 }),
    }),
    nativeSymbol: (base, quote) => `${base}/${quote}`,
    connect(markets, config) {
      const exchange = new module.pro[exchangeId]({ enableRateLimit: true });
      if (!exchange.has.watchOrderBook)
        throw new ConfigError('no-book-stream', `ccxt cannot watch the books of "${exchangeId}".`);
      const symbols = markets.map(({ native }) => native);
      return {
        url: `ccxt:${exchangeId}`,
        limits: config,
        createProtocol: (host) => new CcxtProtocol(host),
        transport: ccxtTransport(
          () => new module.pro[exchangeId]({ enableRateLimit: true }),
          symbols,
          config.depth,
        ),
      };
    },
  });
}

/** Writes what ccxt hands out as frames, so that a tape of them replays like any other. */
function ccxtTransport(create: () => CcxtExchange, symbols: readonly string[], depth: number): Transport {
  return {
    connect(_url, _options, handlers) {
      const exchange = create();
      let over = false;
      const end = (reason: string) => {
        if (over) return;
        over = true;
        exchange.close().catch(() => {});
        handlers.close(reason);
      };
      const follow = async (
        symbol: string,
        kind: string,
        watch: Watch,
        write: (value: Fields) => unknown,
      ) => {
        while (!over) {
          const value = await watch(symbol);
          if (!over) handlers.text(JSON.stringify({ kind, symbol, value: write(value as Fields) }));
        }
      };
      // The handlers must not be called before this function has returned.
      queueMicrotask(() => {
        if (over) return;
        handlers.open();
        const { has } = exchange;
        for (const symbol of symbols) {
          const streams = [
            follow(
              symbol,
              'book',
              (name) => exchange.watchOrderBook(name),
              (book) => ({
                bids: (book.bids as unknown[]).slice(0, depth),
                asks: (book.asks as unknown[]).slice(0, depth),
                timestamp: book.timestamp ?? null,
              }),
            ),
          ];
          if (has.watchTrades)
            streams.push(
              follow(
                symbol,
                'trades',
                (name) => exchange.watchTrades(name),
                (trades) => [...(trades as never)],
              ),
            );
          if (has.watchTicker)
            streams.push(
              follow(
                symbol,
                'ticker',
                (name) => exchange.watchTicker(name),
                (ticker) => ({ ...ticker, info: undefined }),
              ),
            );
          for (const stream of streams) stream.catch((error: Error) => end(excerpt(error.message)));
        }
      });
      return {
        send: () => {},
        terminate() {
          over = true;
          exchange.close().catch(() => {});
        },
      };
    },
    get: (_url, _options, done) => {
      done({ status: 0, body: 'ccxt fetches its snapshots itself', retryAfterMs: 0 });
      return () => {};
    },
  };
}

class CcxtProtocol implements VenueProtocol {
  readonly #host: ProtocolHost;
  readonly #levels = new LevelBuffer();
  readonly #feedBySymbol: ReadonlyMap<string, MarketFeed>;
  readonly #lastTrades = new Map<MarketFeed, string>();

  constructor(host: ProtocolHost) {
    this.#host = host;
    this.#feedBySymbol = new Map(host.feeds.map((feed) => [feed.market.native, feed]));
  }

  open(): void {}

  resync(): void {
    // Each book is whole: the next one puts things right.
  }

  frame(text: string): void {
    const frame = parseFields(text);
    const feed = this.#feedBySymbol.get(textOf(frame.symbol, 'symbol'));
    if (feed === undefined) throw new FrameError('unknown-message', excerpt(text));
    if (frame.kind === 'book') {
      if (this.#host.has('book'))
        losingOnError(this.#host, [feed], () => this.#book(feed, fieldsOf(frame.value, 'value')));
    } else if (frame.kind === 'trades') {
      if (this.#host.has('trades')) this.#trades(feed, arrayOf(frame.value, 'value'));
    } else if (frame.kind === 'ticker') {
      if (this.#host.has('ticker')) this.#ticker(feed, fieldsOf(frame.value, 'value'));
    } else throw new FrameError('unknown-message', excerpt(text));
  }

  #book(feed: MarketFeed, book: Fields): void {
    const levels = this.#levels;
    levels.clear();
    levels.addPairs('bid', book.bids, 'bids');
    levels.addPairs('ask', book.asks, 'asks');
    const timeMs = timeOf(book.timestamp);
    levels.replace(feed.book);
    this.#host.publish(feed, timeMs);
  }

  /** ccxt hands out its cache of trades: only what follows the last one told is new. */
  #trades(feed: MarketFeed, values: readonly unknown[]): void {
    const trades = values.map((value) => fieldsOf(value, 'trades'));
    const told = trades.findLastIndex(({ id }) => id === this.#lastTrades.get(feed));
    for (const { id, side, price, amount, timestamp } of trades.slice(told + 1)) {
      if (side !== 'buy' && side !== 'sell') throw malformed('side', '"buy" or "sell"', side);
      const name = textOf(id, 'id');
      this.#host.trade(feed, {
        price: priceOf(price, 'price'),
        size: decimalOf(amount, 'amount'),
        side,
        id: name,
        exchangeTimeMs: timeOf(timestamp),
      });
      this.#lastTrades.set(feed, name);
    }
  }

  #ticker(feed: MarketFeed, ticker: Fields): void {
    const [bid, bidSize, ask, askSize, last] = ['bid', 'bidVolume', 'ask', 'askVolume', 'last'].map((name) =>
      ticker[name] === undefined || ticker[name] === null ? Number.NaN : decimalOf(ticker[name], name),
    );
    const exchangeTimeMs = timeOf(ticker.timestamp);
    this.#host.ticker(feed, { bid, bidSize, ask, askSize, last, exchangeTimeMs });
  }
}

/** UTC epoch in ms, NaN where the venue does not say. */
function timeOf(value: unknown): number {
  return value === undefined || value === null ? Number.NaN : decimalOf(value, 'timestamp');
}
