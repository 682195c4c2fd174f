/**
 * Speaks to any other venue through the `ccxt` library: whole books as it hands them out. Whether it lost an update on the way
 * cannot be told from them, so these books count as unverified.
 */
import { type ConfigSchema, z } from '../../core/config.ts';
import { ConfigError, LiveError, MarketGymError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import type { PlainState } from '../../core/plain-state.ts';
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
import { invalidateOnError } from '../connection/frame-loss.ts';
import { LevelBuffer } from '../connection/level-buffer.ts';
import { type MarketFeed, restoreByFeed } from '../connection/market-feed.ts';
import type { Transport } from '../connection/transport.ts';
import {
  defineVenue,
  FrameError,
  type ProtocolHost,
  type VenuePlugin,
  type VenueProtocol,
} from '../connection/venue.ts';
import { connectionConfig } from '../connection/venue-config.ts';
import { CHANNELS, type Channel } from '../connection/venue-markets.ts';

type Watch = (symbol: string) => Promise<unknown>;

/** The part of a ccxt exchange that is used. */
export interface CcxtExchange {
  readonly has: Readonly<Record<string, unknown>>;
  watchOrderBook: Watch;
  watchTrades: Watch;
  watchTicker: Watch;
  close(): Promise<unknown>;
  loadHttpProxyAgent?(): Promise<unknown>;
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

/** Before the id of an exchange, in the name of a venue. */
export const CCXT_PREFIX = 'ccxt:';

/** What would sign orders. They stay on paper, and settings are written on the tape. */
const SECRETS = [
  'apiKey',
  'secret',
  'uid',
  'login',
  'password',
  'twofa',
  'privateKey',
  'walletAddress',
  'token',
];

const WATCHES = { book: 'watchOrderBook', trades: 'watchTrades', ticker: 'watchTicker' } as const;

/** Errors of ccxt, by name, that another try does not mend. */
const REFUSALS: ReadonlySet<string> = new Set([
  'BadSymbol',
  'NotSupported',
  'ArgumentsRequired',
  'AuthenticationError',
  'PermissionDenied',
]);

/**
 * A venue of any name ccxt knows. The package is loaded by `prepare`, and at the latest when the venue is connected to;
 * a tape of its messages is replayed without it.
 * @param exchangeId as ccxt names it: `kucoin`
 * @param load the module; for tests
 */
export function ccxtVenue(
  exchangeId: string,
  load: () => Promise<CcxtModule> = loadCcxt,
): VenuePlugin<ConfigSchema> {
  const open = async (channels: readonly Channel[], options: object): Promise<CcxtExchange> =>
    openExchange(await load(), exchangeId, channels, options);
  return defineVenue({
    name: `${CCXT_PREFIX}${exchangeId}`,
    description: `${exchangeId} through ccxt: whole books, not verified`,
    verified: false,
    config: z.object({
      depth: z.number().int().min(1).max(1000).default(20).describe('Levels a side that are kept'),
      exchange: z
        .record(z.string(), z.unknown())
        .default({})
        .describe('Settings of ccxt’s own for the exchange, such as urls, hostname, httpsProxy or options'),
      ...connectionConfig({ silenceMs: 30_000, sendIntervalMs: 0 }),
    }),
    nativeSymbol: (base, quote) => `${base}/${quote}`,
    async prepare(channels, config) {
      requireNoSecret(exchangeId, config.exchange);
      const exchange = await open(channels, config.exchange);
      await exchange.close();
    },
    connect(_markets, config) {
      requireNoSecret(exchangeId, config.exchange);
      return {
        url: `${CCXT_PREFIX}${exchangeId}`,
        limits: config,
        createProtocol: (host) => new CcxtProtocol(host),
        transport: ccxtTransport(async () => {
          const exchange = await open([], config.exchange);
          // Without it ccxt refuses every ws:// address, proxy or not.
          await exchange.loadHttpProxyAgent?.();
          return exchange;
        }, config.depth),
      };
    },
  });
}

/** @throws ConfigError `invalid-value` */
function requireNoSecret(exchangeId: string, options: object): void {
  const secret = SECRETS.find((key) => key in options);
  if (secret === undefined) return;
  throw new ConfigError(
    'invalid-value',
    `Venue "${CCXT_PREFIX}${exchangeId}" takes no "${secret}": orders stay on paper, and settings are written on the ` +
      'tape.',
  );
}

/** @throws ConfigError `unknown-name`; `no-book-stream`, `no-trade-stream` or `no-ticker-stream` */
function openExchange(
  { pro }: CcxtModule,
  exchangeId: string,
  channels: readonly Channel[],
  options: object,
): CcxtExchange {
  // Beside the exchanges there are their base class and a list of their names.
  const ids = Object.keys(pro).filter((id) => typeof pro[id] === 'function' && id !== 'Exchange');
  if (!ids.includes(exchangeId)) {
    throw new ConfigError(
      'unknown-name',
      `Unknown ccxt exchange "${exchangeId}".${suggestion(exchangeId, ids)}`,
    );
  }
  const exchange = new pro[exchangeId]({ ...options, enableRateLimit: true });
  for (const channel of channels) requireWatch(exchange, exchangeId, channel);
  return exchange;
}

/** @throws ConfigError `no-book-stream`, `no-trade-stream` or `no-ticker-stream` */
function requireWatch({ has }: CcxtExchange, exchangeId: string, channel: Channel): void {
  if (has[WATCHES[channel]] === true) return;
  throw channel === 'book'
    ? new ConfigError('no-book-stream', `ccxt cannot watch the books of "${exchangeId}".`)
    : new ConfigError(
        channel === 'trades' ? 'no-trade-stream' : 'no-ticker-stream',
        `ccxt cannot watch the ${channel} of "${exchangeId}"; leave "${channel}" out of "channels".`,
      );
}

/** Writes what ccxt hands out as frames, so that a tape of them replays like any other. */
function ccxtTransport(create: () => Promise<CcxtExchange>, depth: number): Transport {
  return {
    connect(_url, _options, handlers) {
      let exchange: CcxtExchange | undefined;
      let over = false;
      const end = (error: unknown) => {
        if (over) return;
        const { name, message } = error as Error;
        if (error instanceof MarketGymError || REFUSALS.has(name)) {
          handlers.text(JSON.stringify({ kind: 'refused', detail: message }));
        }
        // To be told of a refusal may have ended it.
        if (over) return;
        over = true;
        exchange?.close().catch(() => {});
        handlers.close(excerpt(message));
      };
      const follow = async (source: CcxtExchange, kind: Channel, symbol: string) => {
        while (!over) {
          const value = await source[WATCHES[kind]](symbol);
          if (!over) handlers.text(JSON.stringify({ kind, symbol, value: WRITERS[kind](value, depth) }));
        }
      };
      create().then(
        (created) => {
          exchange = created;
          if (over) created.close().catch(() => {});
          else handlers.open();
        },
        (error) => {
          if (over) return;
          // Only what is open can be refused.
          handlers.open();
          end(error);
        },
      );
      return {
        send(text) {
          if (exchange === undefined || over) return;
          const { kind, symbol } = JSON.parse(text) as { kind: Channel; symbol: string };
          try {
            requireWatch(exchange, symbol, kind);
            follow(exchange, kind, symbol).catch(end);
          } catch (error) {
            end(error);
          }
        },
        terminate() {
          over = true;
          exchange?.close().catch(() => {});
        },
      };
    },
    get: (_url, _options, done) => {
      done({ status: 0, body: 'ccxt fetches its snapshots itself', retryAfterMs: 0 });
      return () => {};
    },
  };
}

/** What is kept of what ccxt hands out. */
const WRITERS: Readonly<Record<Channel, (value: unknown, depth: number) => unknown>> = {
  book(value, depth) {
    const { bids, asks, timestamp } = value as Fields;
    const levels = (side: unknown) =>
      (side as unknown[][]).slice(0, depth).map(([price, size]) => [price, size]);
    return { bids: levels(bids), asks: levels(asks), timestamp: timestamp ?? null };
  },
  trades: (value) =>
    (value as Fields[]).map(({ id, side, price, amount, timestamp }) => ({
      id,
      side,
      price,
      amount,
      timestamp,
    })),
  ticker: (value) => ({ ...(value as Fields), info: undefined }),
};

class CcxtProtocol implements VenueProtocol {
  readonly #host: ProtocolHost;
  readonly #levels = new LevelBuffer();
  readonly #feedBySymbol: ReadonlyMap<string, MarketFeed>;
  readonly #lastTrades = new Map<MarketFeed, string>();

  constructor(host: ProtocolHost) {
    this.#host = host;
    this.#feedBySymbol = new Map(host.feeds.map((feed) => [feed.market.native, feed]));
  }

  /** Asks the transport to follow what is wanted, and nothing else. */
  open(): void {
    for (const kind of CHANNELS) {
      if (!this.#host.has(kind)) continue;
      for (const { market } of this.#host.feeds) {
        this.#host.send(JSON.stringify({ kind, symbol: market.native }));
      }
    }
  }

  save(): PlainState {
    return { lastTrades: [...this.#lastTrades].map(([{ symbol }, id]) => [symbol, id]) };
  }

  load(state: PlainState): void {
    const { lastTrades } = state as { lastTrades: [string, string][] };
    restoreByFeed(this.#lastTrades, this.#host.feeds, lastTrades);
  }

  resync(): void {
    // Each book is whole: the next one puts things right.
  }

  frame(text: string): void {
    const frame = parseFields(text);
    if (frame.kind === 'refused') {
      this.#host.refuse(textOf(frame.detail, 'detail'));
      return;
    }
    const feed = this.#feedBySymbol.get(textOf(frame.symbol, 'symbol'));
    if (feed === undefined) throw new FrameError('unknown-message', excerpt(text));
    if (frame.kind === 'book') {
      if (this.#host.has('book'))
        invalidateOnError(this.#host, [feed], () => this.#book(feed, fieldsOf(frame.value, 'value')));
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

  /** ccxt hands out its cache of trades: only what follows the last one known is new. Some venues number none. */
  #trades(feed: MarketFeed, values: readonly unknown[]): void {
    const trades = values.map((value) => fieldsOf(value, 'trades'));
    const last = this.#lastTrades.get(feed);
    const known = last === undefined ? -1 : trades.findLastIndex(({ id }) => id === last);
    for (const { id, side, price, amount, timestamp } of trades.slice(known + 1)) {
      if (side !== 'buy' && side !== 'sell') throw malformed('side', '"buy" or "sell"', side);
      const name = id === undefined || id === null ? '' : textOf(id, 'id');
      this.#host.trade(feed, {
        price: priceOf(price, 'price'),
        size: decimalOf(amount, 'amount'),
        side,
        id: name,
        exchangeTimeMs: timeOf(timestamp),
      });
      if (name !== '') this.#lastTrades.set(feed, name);
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
