/**
 * Defines the contract of venues: a pure state machine for each, which is handed what came in and when, and says what
 * it means for the markets and what to do about it. Nothing here asks for the time or touches a socket, so a recorded
 * session replays to the same events.
 */
import { type ConfigOf, type ConfigOverrides, type ConfigSchema, resolveConfig } from '../../core/config.ts';
import type { PlainState } from '../../core/plain-state.ts';
import { noSettings, type PluginShape, requirePlugin } from '../../core/plugin.ts';
import type { OrderBook } from '../../market/books/order-book.ts';
import type { SideAddress } from './joined-sockets.ts';
import type { MarketFeed } from './market-feed.ts';
import type { Transport } from './transport.ts';
import type { ConnectionLimits } from './venue-config.ts';
import type { Channel, VenueMarket } from './venue-markets.ts';

/** Everything that can happen to a connection; times are handed in beside it. A tape is a list of these. */
export type VenueInput =
  /** `speed`: how many times as fast as the machine's the session's time passes; absent: once, as with every real venue. */
  | { readonly kind: 'open'; readonly speed?: number }
  | { readonly kind: 'frame'; readonly text: string }
  /** A frame that cannot be text. */
  | { readonly kind: 'binary'; readonly bytes: number }
  /** A sign of life without content: a ping or pong frame. */
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'snapshot'; readonly symbol: string; readonly body: string }
  /** `status` is the HTTP status, 0 where there was no answer; `detail` what the venue or the network said. */
  | {
      readonly kind: 'snapshot-failed';
      readonly symbol: string;
      readonly status: number;
      readonly retryAfterMs: number;
      readonly detail: string;
    }
  /** Time has passed. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'close'; readonly reason: string };

/** What the driver of a connection is asked to do. */
export type VenueCommand =
  | { readonly kind: 'send'; readonly text: string }
  /** HTTP GET after `delayMs`, answered by `snapshot` or `snapshot-failed`. */
  | {
      readonly kind: 'fetch-snapshot';
      readonly symbol: string;
      readonly url: string;
      readonly delayMs: number;
    }
  /** Give the socket up, without waiting for the other side, and open another; planned: at once. */
  | { readonly kind: 'reconnect'; readonly reason: string; readonly planned: boolean }
  | { readonly kind: 'disable'; readonly reason: string };

/** Why a book stopped being valid. */
export type LossReason =
  | 'sequence-gap'
  | 'checksum-mismatch'
  | 'crossed-book'
  | 'price-jump'
  | 'malformed-update'
  | 'stream-silent'
  | 'snapshot-failed'
  | 'no-snapshot'
  | 'disconnected';

interface At {
  /** UTC epoch, when it was received here; never falls. */
  readonly timeMs: number;
}

export interface TradeEvent extends At {
  readonly kind: 'trade';
  readonly symbol: string;
  readonly price: number;
  readonly size: number;
  /** Of the taker: `buy` lifted an ask. */
  readonly side: 'buy' | 'sell';
  readonly id: string;
  readonly exchangeTimeMs: number;
}

export interface TickerEvent extends At {
  readonly kind: 'ticker';
  readonly symbol: string;
  /** Each NaN where the venue does not say. */
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
  readonly last: number;
  readonly exchangeTimeMs: number;
}

/** What a venue says of a perpetual beside its book and trades; each NaN where this message does not say. */
export interface ContractEvent extends At {
  readonly kind: 'contract';
  readonly symbol: string;
  /** Quote units: what margin and funding are reckoned with. */
  readonly mark: number;
  /** Price of the thing itself, quote units. */
  readonly index: number;
  /** To be exchanged at `fundingTimeMs`, as it is known by now: fraction of notional, longs pay where it is positive. */
  readonly fundingRate: number;
  /** UTC epoch. */
  readonly fundingTimeMs: number;
  /** Forecast of the rate of the interval after that one. */
  readonly predictedRate: number;
  /** Base units. */
  readonly openInterest: number;
  readonly exchangeTimeMs: number;
}

/** What a venue says of the rules of one market; each 0 where it does not say. */
export interface InstrumentEvent extends At {
  readonly kind: 'instrument';
  readonly symbol: string;
  /** Base units of one contract; 1 where sizes are in base units. */
  readonly contractSize: number;
  /** Quote units. */
  readonly tickSize: number;
  /** Base units. */
  readonly lotSize: number;
  readonly minSize: number;
  readonly maxLeverage: number;
  /** Between two fundings, ms. */
  readonly fundingIntervalMs: number;
}

/** What the session adds to a trade or ticker. */
type EventFrame = 'kind' | 'timeMs' | 'symbol';

/** What a connection says about its markets. */
export type VenueEvent =
  /** The book changed, and is complete and consistent. */
  | (At & {
      readonly kind: 'book';
      readonly symbol: string;
      readonly book: OrderBook;
      readonly exchangeTimeMs: number;
    })
  /** The book must not be used until the next `book`. */
  | (At & {
      readonly kind: 'book-lost';
      readonly symbol: string;
      readonly reason: LossReason;
      readonly detail: string;
    })
  /** The book has not been confirmed for too long, and must not be used until the next `book`. */
  | (At & { readonly kind: 'book-stale'; readonly symbol: string; readonly ageMs: number })
  | TradeEvent
  | TickerEvent
  | ContractEvent
  | InstrumentEvent
  | (At & { readonly kind: 'rejected'; readonly reason: RejectionReason; readonly detail: string })
  /** The venue says whether it trades at all. */
  | (At & { readonly kind: 'venue-status'; readonly trading: boolean; readonly detail: string })
  | (At & { readonly kind: 'connected' })
  | (At & { readonly kind: 'disconnected'; readonly reason: string })
  /** Given up until a person looks at it. */
  | (At & { readonly kind: 'disabled'; readonly reason: string });

/** Why a frame was not used: not readable at all, of no known kind, or not what its kind promises. */
export type RejectionReason = 'unreadable' | 'unknown-message' | 'malformed';

/** Thrown by a protocol, and caught by its session, for a frame that cannot be used. */
export class FrameError extends Error {
  readonly reason: RejectionReason;

  constructor(reason: RejectionReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** What a protocol may do. */
export interface ProtocolHost {
  /** One for each market, in the order they were asked for. */
  readonly feeds: readonly MarketFeed[];
  /** The channels that were asked for. */
  has(channel: Channel): boolean;
  send(text: string): void;
  fetchSnapshot(symbol: string, url: string, delayMs: number): void;
  /**
   * The feed's book has been changed, or confirmed as it is: checked for being crossed, then announced.
   * @param asOfMs when what it shows was received, if not just now
   */
  publish(feed: MarketFeed, exchangeTimeMs: number, asOfMs?: number): void;
  trade(feed: MarketFeed, trade: Omit<TradeEvent, EventFrame>): void;
  ticker(feed: MarketFeed, ticker: Omit<TickerEvent, EventFrame>): void;
  /** @throws FrameError `malformed` for a mark that the book contradicts */
  contract(feed: MarketFeed, contract: Omit<ContractEvent, EventFrame>): void;
  instrument(feed: MarketFeed, instrument: Omit<InstrumentEvent, EventFrame>): void;
  /** Something was lost: no book of these can be trusted. Counted; the protocol's `resync` is called for them. */
  lose(feeds: readonly MarketFeed[], reason: LossReason, detail: string): void;
  /** A message that was seen before, and is passed over. */
  countDuplicate(): void;
  /** Connects anew at once: the venue asked for it. */
  reconnect(reason: string): void;
  /** Connects anew after a while, and counts it among the losses. */
  retry(reason: string): void;
  setTrading(trading: boolean, detail: string): void;
  /** The venue says no: an unknown symbol, a channel it does not have. */
  refuse(detail: string): void;
}

/** One venue's language. It keeps no time: what it needs comes with each call. */
export interface VenueProtocol {
  /** A new connection: forget the last one, subscribe. */
  open(timeMs: number): void;
  /**
   * @throws FrameError for a frame that cannot be used; a book is then either as it was before the frame, or the
   *   next frame is certain to show that something is missing
   */
  frame(text: string, timeMs: number): void;
  /** Gets the books of these feeds anew; they are not valid any more. */
  resync(feeds: readonly MarketFeed[], timeMs: number): void;
  /** The answer to `fetchSnapshot`. */
  snapshot?(feed: MarketFeed, body: string, timeMs: number): void;
  snapshotFailed?(feed: MarketFeed, status: number, retryAfterMs: number, detail: string): void;
  /** Pings, where they are due. @param silentMs since the last frame of any kind */
  tick?(timeMs: number, silentMs: number): void;
  /**
   * All that its future depends on beside the feeds, for a restart that does not read its tape from the beginning. Absent: its
   * sessions are always read from the beginning.
   */
  save?(): PlainState;
  /** @param state as `save` gave it, of a protocol for the same markets */
  load?(state: PlainState): void;
}

export interface VenuePlugin<Schema extends ConfigSchema = ConfigSchema> {
  /** Set by `defineVenue`. */
  readonly kind?: string;
  /** Kebab-case, as in the file's name. */
  readonly name: string;
  /** One sentence, for listings. */
  readonly description: string;
  /** false: nothing tells whether an update was lost, and reports say "unverified book". */
  readonly verified: boolean;
  readonly config: Schema;
  /** The venue's own name of a market. */
  nativeSymbol(base: string, quote: string): string;
  /**
   * Loads what the venue needs beside the network; called before a session connects, and not for a replay.
   * @param channels that will be asked for
   * @throws ConfigError or LiveError for what is missing
   */
  prepare?(channels: readonly Channel[], overrides?: ConfigOverrides<Schema>): Promise<void>;
  /** @throws ConfigError for what the venue cannot do */
  connect(markets: readonly VenueMarket[], overrides?: ConfigOverrides<Schema>): VenueSetup;
  /** What its markets are; absent: spot. Perpetuals tell marks and funding without being asked. */
  readonly instrument?: 'spot' | 'linear-perpetual';
}

/** A venue with its settings, ready to be connected to. */
export interface VenueSetup {
  readonly url: string;
  /** Where some of the streams come from, for a venue that has two addresses. */
  readonly side?: SideAddress;
  readonly limits: ConnectionLimits;
  createProtocol(host: ProtocolHost): VenueProtocol;
  /** Where frames come from, for a venue that is not on a WebSocket of its own. */
  readonly transport?: Transport;
}

export const venueShape: PluginShape = {
  kind: 'venue',
  define: 'defineVenue',
  methods: ['nativeSymbol', 'connect'],
  flags: ['verified'],
};

/**
 * Makes a venue plugin: `prepare` and `connect` are called with a complete, checked configuration.
 * @throws ConfigError `invalid-plugin` for one that is not whole
 */
export function defineVenue<Schema extends ConfigSchema>(
  plugin: Omit<VenuePlugin<Schema>, 'connect' | 'prepare'> & {
    prepare?(channels: readonly Channel[], config: ConfigOf<Schema>): Promise<void>;
    connect(markets: readonly VenueMarket[], config: ConfigOf<Schema>): VenueSetup;
  },
): VenuePlugin<Schema> {
  requirePlugin(venueShape, plugin);
  const config = plugin.config ?? noSettings;
  const resolve = (overrides: object = {}) =>
    resolveConfig(config, overrides as Record<string, unknown>, `venue "${plugin.name}"`) as ConfigOf<Schema>;
  return {
    ...plugin,
    kind: venueShape.kind,
    config,
    prepare: async (channels, overrides) => plugin.prepare?.(channels, resolve(overrides)),
    connect: (markets, overrides) => plugin.connect(markets, resolve(overrides)),
  };
}
