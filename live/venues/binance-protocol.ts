/**
 * Keeps books of Binance by diffs with a range of update ids, put upon a snapshot that is fetched over HTTP; spot and futures.
 *
 * Source: Binance API documentation, "How to manage a local order book correctly", spot and USDⓈ-M futures.
 * Differences from the source: a diff that begins right behind the snapshot is taken as its continuation, as the
 * update rule has it; a book counts as complete only when a diff has met the snapshot.
 */
import { ConfigError } from '../../core/errors.ts';
import type { PlainState } from '../../core/plain-state.ts';
import {
  decimalOf,
  epochOf,
  excerpt,
  type Fields,
  fieldsOf,
  integerOf,
  isFields,
  parseFields,
  priceOf,
  rateOf,
  textOf,
} from '../connection/frame-fields.ts';
import { invalidateOnError, refuseOrReconnect } from '../connection/frame-loss.ts';
import { LevelBuffer } from '../connection/level-buffer.ts';
import type { MarketFeed } from '../connection/market-feed.ts';
import { FrameError, type ProtocolHost, type VenueProtocol } from '../connection/venue.ts';

/** Streams of one connection, at most. */
const MAX_STREAMS = 1024;
/** Streams in one subscription, so that its text stays small. */
const STREAMS_PER_MESSAGE = 200;
/** Diffs that wait for a snapshot, at most: 100 s of the fast stream. */
const MAX_BUFFERED = 1000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

export interface BinanceOptions {
  readonly restUrl: string;
  readonly depthPath: string;
  readonly snapshotDepth: number;
  readonly updateMs: number;
  /** Of futures: marks and funding come too, and trades of one order as one. */
  readonly isFutures?: boolean;
}

interface Diff {
  /** Of the diff before: what a book must have seen for this one to follow. */
  readonly previousId: number;
  readonly lastId: number;
  readonly fields: Fields;
}

interface Sync {
  /** Of the last diff applied, or of the snapshot; NaN before there is one. */
  updateId: number;
  /** Diffs without a gap among them, oldest first. */
  buffered: Diff[];
  /** The snapshot's id, while no diff has met it; NaN without one. */
  snapshotId: number;
  /** The last update id before the stream, since the last gap; NaN before the first diff. */
  previousId: number;
  /** Snapshots asked for since the book was last valid. */
  attempts: number;
  /** When the last diff came that had not been seen before. */
  lastMessageMs: number;
}

export class BinanceProtocol implements VenueProtocol {
  readonly #host: ProtocolHost;
  readonly #options: BinanceOptions;
  readonly #levels = new LevelBuffer();
  readonly #feedByNative: ReadonlyMap<string, MarketFeed>;
  readonly #syncs: ReadonlyMap<MarketFeed, Sync>;
  /** Of the frame that is read. */
  #timeMs = Number.NaN;

  constructor(host: ProtocolHost, options: BinanceOptions) {
    this.#host = host;
    this.#options = options;
    this.#feedByNative = new Map(host.feeds.map((feed) => [feed.market.native, feed]));
    this.#syncs = new Map(host.feeds.map((feed) => [feed, createSync()]));
    const numStreams = this.#streams().length;
    if (numStreams > MAX_STREAMS) {
      throw new ConfigError(
        'too-many-streams',
        `Binance allows ${MAX_STREAMS} streams a connection, got ${numStreams}; use several connections.`,
      );
    }
  }

  open(): void {
    const streams = this.#streams();
    let id = 0;
    // Each message to one address, where there are two.
    for (const group of [streams.filter(isSideStream), streams.filter((stream) => !isSideStream(stream))]) {
      for (let i = 0; i < group.length; i += STREAMS_PER_MESSAGE) {
        const params = group.slice(i, i + STREAMS_PER_MESSAGE);
        this.#host.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: ++id }));
      }
    }
    if (this.#host.has('book')) for (const feed of this.#host.feeds) this.#restart(feed);
  }

  resync(feeds: readonly MarketFeed[]): void {
    for (const feed of feeds) this.#restart(feed);
  }

  frame(text: string, timeMs: number): void {
    this.#timeMs = timeMs;
    const frame = parseFields(text);
    const data = isFields(frame.data) ? frame.data : frame;
    switch (data.e) {
      case 'depthUpdate':
        this.#diff(data);
        return;
      case 'trade':
        this.#trade(data, 't');
        return;
      case 'aggTrade':
        this.#trade(data, 'a');
        return;
      case 'markPriceUpdate':
        this.#contract(data);
        return;
      case 'bookTicker':
        this.#quote(data);
        return;
      case 'serverShutdown':
        this.#host.reconnect('the server shuts down');
        return;
    }
    // The spot market's best bid and ask is the one stream that does not name its kind.
    if (data.e === undefined && data.u !== undefined && data.A !== undefined) {
      this.#quote(data);
      return;
    }
    if (frame.error !== undefined) {
      refuseOrReconnect(this.#host, excerpt(fieldsOf(frame.error, 'error').msg));
      return;
    }
    if (frame.result !== null) throw new FrameError('unknown-message', excerpt(text));
  }

  snapshot(feed: MarketFeed, body: string): void {
    const sync = this.#syncs.get(feed)!;
    if (feed.valid) return;
    const fields = parseSnapshot(body);
    const snapshotId = integerOf(fields.lastUpdateId, 'lastUpdateId');
    if (snapshotId < sync.previousId) {
      this.#fetch(feed, sync);
      return;
    }
    const levels = this.#levels;
    levels.clear();
    levels.addPairs('bid', fields.bids, 'bids');
    levels.addPairs('ask', fields.asks, 'asks');
    levels.replace(feed.book);
    sync.updateId = snapshotId;
    sync.snapshotId = snapshotId;
    const { buffered } = sync;
    sync.buffered = [];
    // What is not newer than the snapshot is in it already, and shows that the stream began before it.
    let met = sync.previousId < snapshotId;
    let exchangeTimeMs = Number.NaN;
    for (const diff of buffered) {
      if (diff.lastId <= snapshotId) continue;
      exchangeTimeMs = this.#apply(feed, sync, diff);
      met = true;
    }
    if (met) this.#complete(feed, sync, exchangeTimeMs);
  }

  snapshotFailed(feed: MarketFeed, status: number, retryAfterMs: number, detail: string): void {
    const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 418 && status !== 429;
    if (isRefusal) {
      this.#host.refuse(`HTTP ${status} for the book of ${feed.symbol}: ${detail}`);
      return;
    }
    this.#fetch(feed, this.#syncs.get(feed)!, retryAfterMs);
  }

  save(): PlainState {
    return [...this.#syncs].map(([{ symbol }, sync]) => [symbol, { ...sync }]) as unknown as PlainState;
  }

  load(state: PlainState): void {
    const saved = new Map(state as unknown as [string, Sync][]);
    for (const [{ symbol }, sync] of this.#syncs) Object.assign(sync, saved.get(symbol));
  }

  #streams(): string[] {
    const { updateMs, isFutures = false } = this.#options;
    const host = this.#host;
    return host.feeds.flatMap(({ market }) => {
      const symbol = market.native.toLowerCase();
      return [
        ...(host.has('book') ? [`${symbol}@depth${updateMs === 100 ? '@100ms' : ''}`] : []),
        ...(host.has('trades') ? [`${symbol}@${isFutures ? 'aggTrade' : 'trade'}`] : []),
        ...(host.has('ticker') ? [`${symbol}@bookTicker`] : []),
        ...(isFutures ? [`${symbol}@markPrice@1s`] : []),
      ];
    });
  }

  #restart(feed: MarketFeed): void {
    const sync = this.#syncs.get(feed)!;
    Object.assign(sync, createSync());
    this.#fetch(feed, sync);
  }

  #fetch(feed: MarketFeed, sync: Sync, atLeastMs = 0): void {
    const { restUrl, depthPath, snapshotDepth } = this.#options;
    const url = `${restUrl}${depthPath}?symbol=${feed.market.native}&limit=${snapshotDepth}`;
    const retryMs = sync.attempts === 0 ? 0 : FIRST_RETRY_MS * (1 << Math.min(sync.attempts - 1, 10));
    sync.attempts++;
    this.#host.fetchSnapshot(feed.symbol, url, Math.max(Math.min(retryMs, LAST_RETRY_MS), atLeastMs));
  }

  #diff(fields: Fields): void {
    const feed = this.#feedOf(fields);
    invalidateOnError(this.#host, [feed], () => this.#take(feed, fields));
  }

  #take(feed: MarketFeed, fields: Fields): void {
    const sync = this.#syncs.get(feed)!;
    const firstId = integerOf(fields.U, 'U');
    const lastId = integerOf(fields.u, 'u');
    if (lastId < firstId) throw new FrameError('malformed', `"u" ${lastId} is below "U" ${firstId}`);
    // Futures skip ids, and name the diff before instead.
    const previousId = fields.pu === undefined ? firstId - 1 : integerOf(fields.pu, 'pu');
    const diff = { previousId, lastId, fields };
    if (!Number.isNaN(sync.updateId)) {
      this.#next(feed, sync, diff);
      return;
    }

    this.#check(diff);
    const { buffered } = sync;
    const newest = buffered.at(-1)?.lastId ?? previousId;
    if (lastId <= newest) {
      this.#host.countDuplicate();
      return;
    }
    const isGap = previousId > newest;
    if (isGap || buffered.length === MAX_BUFFERED) {
      if (isGap)
        this.#host.lose(
          [feed],
          'sequence-gap',
          `a diff after ${newest} expected, got one after ${previousId}`,
        );
      sync.buffered = [];
      sync.previousId = Number.NaN;
    }
    if (Number.isNaN(sync.previousId)) sync.previousId = previousId;
    sync.buffered.push(diff);
    sync.lastMessageMs = this.#timeMs;
  }

  /** A diff for a book that has its snapshot. */
  #next(feed: MarketFeed, sync: Sync, diff: Diff): void {
    if (diff.lastId <= sync.updateId) {
      this.#host.countDuplicate();
      // The stream reaches back to before the snapshot: nothing is missing between the two.
      if (feed.valid || Number.isNaN(sync.snapshotId)) return;
      sync.lastMessageMs = this.#timeMs;
      this.#complete(feed, sync, Number.NaN);
      return;
    }
    if (diff.previousId > sync.updateId) {
      const detail = `a diff after ${sync.updateId} expected, got one after ${diff.previousId}`;
      const isOldSnapshot = !Number.isNaN(sync.snapshotId);
      sync.updateId = Number.NaN;
      sync.snapshotId = Number.NaN;
      if (isOldSnapshot) this.#fetch(feed, sync);
      else this.#host.lose([feed], 'sequence-gap', detail);
      this.#take(feed, diff.fields);
      return;
    }
    sync.lastMessageMs = this.#timeMs;
    this.#complete(feed, sync, this.#apply(feed, sync, diff));
  }

  /** @returns the exchange's time of the diff */
  #apply(feed: MarketFeed, sync: Sync, diff: Diff): number {
    const exchangeTimeMs = this.#check(diff);
    this.#levels.applyTo(feed.book);
    sync.updateId = diff.lastId;
    return exchangeTimeMs;
  }

  /** Reads the diff into `#levels`. @returns the exchange's time */
  #check({ fields }: Diff): number {
    const levels = this.#levels;
    levels.clear();
    levels.addPairs('bid', fields.b, 'b');
    levels.addPairs('ask', fields.a, 'a');
    return epochOf(fields.E, 'E');
  }

  #complete(feed: MarketFeed, sync: Sync, exchangeTimeMs: number): void {
    sync.snapshotId = Number.NaN;
    sync.attempts = 0;
    // A snapshot may have been long on its way: the book is as recent as the last diff, not as the answer.
    this.#host.publish(feed, exchangeTimeMs, sync.lastMessageMs);
  }

  #trade(fields: Fields, idName: string): void {
    const feed = this.#feedOf(fields);
    // Futures: what the insurance fund or deleveraging exchanged met no order of the book.
    if (fields.X !== undefined && fields.X !== 'MARKET')
      throw new FrameError('unknown-message', `a trade outside the market, of kind ${excerpt(fields.X)}`);
    if (typeof fields.m !== 'boolean') throw new FrameError('malformed', '"m" must be true or false');
    const price = priceOf(fields.p, 'p');
    const size = decimalOf(fields.q, 'q');
    // The buyer was the maker: the taker sold.
    const side = fields.m ? 'sell' : 'buy';
    const id = String(integerOf(fields[idName], idName));
    this.#host.trade(feed, { price, size, side, id, exchangeTimeMs: epochOf(fields.T, 'T') });
  }

  #quote(fields: Fields): void {
    const feed = this.#feedOf(fields);
    const bid = decimalOf(fields.b, 'b');
    const bidSize = decimalOf(fields.B, 'B');
    const ask = decimalOf(fields.a, 'a');
    const askSize = decimalOf(fields.A, 'A');
    const exchangeTimeMs = fields.E === undefined ? Number.NaN : epochOf(fields.E, 'E');
    this.#host.ticker(feed, { bid, bidSize, ask, askSize, last: Number.NaN, exchangeTimeMs });
  }

  #contract(fields: Fields): void {
    const feed = this.#feedOf(fields);
    // A contract without funding has an empty rate, and its time is 0.
    const hasFunding = fields.r !== '';
    this.#host.contract(feed, {
      mark: priceOf(fields.p, 'p'),
      index: fields.i === undefined ? Number.NaN : priceOf(fields.i, 'i'),
      fundingRate: hasFunding ? rateOf(fields.r, 'r') : Number.NaN,
      fundingTimeMs: hasFunding ? epochOf(fields.T, 'T') : Number.NaN,
      predictedRate: Number.NaN,
      openInterest: Number.NaN,
      exchangeTimeMs: epochOf(fields.E, 'E'),
    });
  }

  #feedOf(fields: Fields): MarketFeed {
    const symbol = textOf(fields.s, 's');
    const feed = this.#feedByNative.get(symbol);
    if (feed === undefined) throw new FrameError('unknown-message', `symbol ${excerpt(symbol)}`);
    return feed;
  }
}

function createSync(): Sync {
  return {
    updateId: Number.NaN,
    buffered: [],
    snapshotId: Number.NaN,
    previousId: Number.NaN,
    attempts: 0,
    lastMessageMs: -Infinity,
  };
}

/** A snapshot that cannot be read is asked for again; the connection is not to blame. */
function parseSnapshot(body: string): Fields {
  try {
    return parseFields(body);
  } catch (error) {
    throw error instanceof FrameError ? new FrameError('malformed', `snapshot: ${error.message}`) : error;
  }
}

/** Streams that futures send from their address for the market; books and quotes come from the public one. */
export function isSideStream(stream: string): boolean {
  return stream.includes('@markPrice') || stream.includes('@aggTrade');
}
