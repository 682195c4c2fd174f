/**
 * Speaks OKX's v5 public streams: a snapshot, then updates that each name the one before; sizes of swaps in contracts.
 *
 * Source: OKX v5 documentation, channels books, trades, tickers, mark-price, funding-rate and open-interest; public instruments.
 * Differences from the source: a checksum of 0 is none, as the venue sends it now; others are checked as documented.
 */
import type { PlainState } from '../../core/plain-state.ts';
import type { BookSide, OrderBook } from '../../market/books/order-book.ts';
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
import { okxChecksum } from '../connection/okx-checksum.ts';
import { FrameError, type ProtocolHost, type VenueProtocol } from '../connection/venue.ts';
import { readContract, readSwap, SWAP_CHANNELS } from './okx-swap.ts';

/** The venue cuts after 30 s without a message; a ping at half of that leaves time for its answer. */
const PING_AFTER_MS = 15_000;
/** How long the stream's own snapshot is waited for, before it is asked for by HTTP; doubles with each try. */
const FIRST_FETCH_MS = 1000;
/** Updates that wait for a book, at most: 100 s of the stream. */
const MAX_WAITING = 1000;

/** What the venue wrote, by price; kept only while it sends checksums. */
interface Texts {
  readonly bid: Map<number, readonly [price: string, size: string]>;
  readonly ask: Map<number, readonly [price: string, size: string]>;
}

export interface SwapOptions {
  /** Base units of a contract, where the user says so; 0: whatever the venue says. */
  readonly contractSize: number;
}

export class OkxProtocol implements VenueProtocol {
  readonly #host: ProtocolHost;
  readonly #levels = new LevelBuffer();
  readonly #feedByNative: ReadonlyMap<string, MarketFeed>;
  readonly #sequences = new Map<MarketFeed, number>();
  readonly #texts = new Map<MarketFeed, Texts>();
  /** Updates of streams that began without a book, unbroken, oldest first; they wait for one by HTTP. */
  readonly #waiting = new Map<MarketFeed, Fields[]>();
  /** Books asked for by HTTP since the last good one. */
  readonly #attempts = new Map<MarketFeed, number>();
  readonly #restUrl: string;
  /** undefined: spot. */
  readonly #swap: SwapOptions | undefined;
  /** Base units of a contract; nothing is asked for before that is known. */
  readonly #units = new Map<MarketFeed, number>();
  #pingedMs = -Infinity;

  constructor(host: ProtocolHost, restUrl: string, swap?: SwapOptions) {
    this.#host = host;
    this.#restUrl = restUrl;
    this.#swap = swap;
    this.#feedByNative = new Map(host.feeds.map((feed) => [feed.market.native, feed]));
  }

  open(): void {
    const host = this.#host;
    this.#pingedMs = -Infinity;
    this.#waiting.clear();
    this.#attempts.clear();
    this.#units.clear();
    if (this.#swap === undefined) this.#subscribe(host.feeds);
    else for (const feed of host.feeds) this.#askInstrument(feed, 0);
  }

  #subscribe(feeds: readonly MarketFeed[]): void {
    const host = this.#host;
    const names = [
      ...(host.has('book') ? ['books'] : []),
      ...(host.has('trades') ? ['trades'] : []),
      ...(host.has('ticker') ? ['tickers'] : []),
      ...(this.#swap === undefined ? [] : SWAP_CHANNELS),
    ];
    const args = feeds.flatMap(({ market }) => names.map((channel) => ({ channel, instId: market.native })));
    host.send(JSON.stringify({ op: 'subscribe', args }));
  }

  resync(feeds: readonly MarketFeed[]): void {
    for (const feed of feeds) this.#waiting.delete(feed);
    const args = feeds.map(({ market }) => ({ channel: 'books', instId: market.native }));
    this.#host.send(JSON.stringify({ op: 'unsubscribe', args }));
    this.#host.send(JSON.stringify({ op: 'subscribe', args }));
  }

  tick(timeMs: number, silentMs: number): void {
    if (silentMs < PING_AFTER_MS || timeMs - this.#pingedMs < PING_AFTER_MS) return;
    this.#pingedMs = timeMs;
    this.#host.send('ping');
  }

  frame(text: string): void {
    if (text === 'pong') return;
    const frame = parseFields(text);
    const { event } = frame;
    if (event === 'error') {
      refuseOrReconnect(this.#host, `${excerpt(frame.code)} ${excerpt(frame.msg)}`);
      return;
    }
    // The venue says beforehand that it will restart.
    if (event === 'notice') {
      this.#host.reconnect(excerpt(frame.msg));
      return;
    }
    if (event === 'subscribe' || event === 'unsubscribe' || event === 'channel-conn-count') return;
    if (frame.arg === undefined) throw new FrameError('unknown-message', excerpt(text));
    const { channel, instId } = fieldsOf(frame.arg, 'arg');
    const feed = this.#feedByNative.get(textOf(instId, 'instId'));
    if (feed === undefined) throw new FrameError('unknown-message', `instrument ${excerpt(instId)}`);
    if (channel === 'books')
      invalidateOnError(this.#host, [feed], () => {
        for (const value of arrayOf(frame.data, 'data'))
          this.#book(feed, frame.action, fieldsOf(value, 'data'));
      });
    else if (channel === 'trades') this.#trades(feed, frame);
    else if (channel === 'tickers') this.#tickers(feed, frame);
    else if (SWAP_CHANNELS.includes(channel as never)) {
      for (const value of arrayOf(frame.data, 'data'))
        this.#host.contract(feed, readContract(channel as never, fieldsOf(value, 'data')));
    } else throw new FrameError('unknown-message', excerpt(text));
  }

  #book(feed: MarketFeed, action: unknown, data: Fields): void {
    if (action !== 'snapshot' && action !== 'update')
      throw malformed('action', '"snapshot" or "update"', action);
    const isSnapshot = action === 'snapshot';
    const sequence = integerOf(data.seqId, 'seqId');
    const previous = integerOf(data.prevSeqId, 'prevSeqId');
    const timeMs = epochOf(data.ts, 'ts');
    const levels = this.#levels;
    levels.clear();
    const unit = this.#unitOf(feed);
    levels.addPairs('bid', data.bids, 'bids', unit);
    levels.addPairs('ask', data.asks, 'asks', unit);
    const checksum = data.checksum === undefined ? 0 : integerOf(data.checksum, 'checksum');
    if (!isSnapshot) {
      if (!feed.valid) {
        this.#keepWaiting(feed, data, previous);
        return;
      }
      const last = this.#sequences.get(feed);
      // After maintenance the numbers begin anew, below `previous`: the chain holds all the same.
      if (previous !== last) {
        // Said before: its successor is what is applied last.
        if (sequence === last && sequence > previous) {
          this.#host.countDuplicate();
          return;
        }
        this.#host.lose([feed], 'sequence-gap', `after ${last} expected, got after ${previous}`);
        return;
      }
    }
    this.#sequences.set(feed, sequence);
    this.#waiting.delete(feed);
    this.#attempts.delete(feed);
    if (isSnapshot) levels.replace(feed.book);
    else levels.applyTo(feed.book);
    if (isSnapshot) this.#texts.delete(feed);
    if (checksum !== 0 && !this.#matches(feed, isSnapshot, data, checksum)) return;
    this.#host.publish(feed, timeMs);
  }

  /** The stream begins with an update: the book is asked for by HTTP, and what comes meanwhile is put upon it. */
  #keepWaiting(feed: MarketFeed, data: Fields, previous: number): void {
    let waiting = this.#waiting.get(feed);
    if (waiting === undefined) {
      waiting = [];
      this.#waiting.set(feed, waiting);
      this.#fetch(feed);
    }
    const last = waiting.at(-1);
    // Of a broken chain only what follows the break is of use.
    if (last !== undefined && previous !== last.seqId && String(previous) !== String(last.seqId))
      waiting.length = 0;
    if (waiting.length === MAX_WAITING) waiting.shift();
    waiting.push(data);
  }

  #fetch(feed: MarketFeed): void {
    const attempt = this.#attempts.get(feed) ?? 0;
    this.#attempts.set(feed, attempt + 1);
    // The snapshot of the stream may only be late.
    const delayMs = FIRST_FETCH_MS * (1 << Math.min(attempt, 5));
    const query = `instId=${encodeURIComponent(feed.market.native)}&sz=400`;
    this.#host.fetchSnapshot(feed.symbol, `${this.#restUrl}/api/v5/market/books?${query}`, delayMs);
  }

  snapshot(feed: MarketFeed, body: string): void {
    if (this.#swap !== undefined && !this.#units.has(feed)) {
      this.#takeInstrument(feed, this.#swap, body);
      return;
    }
    const waiting = this.#waiting.get(feed);
    // The stream brought one meanwhile.
    if (feed.valid || waiting === undefined) return;
    const answer = parseFields(body);
    if (answer.code !== '0')
      throw new FrameError('malformed', `${excerpt(answer.code)} ${excerpt(answer.msg)}`);
    const book = fieldsOf(arrayOf(answer.data, 'data')[0], 'data');
    const bookMs = epochOf(book.ts, 'ts');
    const sequence = book.seqId === undefined ? undefined : integerOf(book.seqId, 'seqId');
    const isLater = (update: Fields): boolean =>
      sequence === undefined
        ? epochOf(update.ts, 'ts') > bookMs
        : integerOf(update.seqId, 'seqId') > sequence;
    const first = waiting.findIndex(isLater);
    const oldest = waiting[0];
    // The first update that is kept must reach back to the book, or something between the two is missing.
    const reachesBack =
      first !== 0 || (sequence !== undefined && integerOf(oldest.prevSeqId, 'prevSeqId') <= sequence);
    if (!reachesBack) {
      this.#fetch(feed);
      return;
    }
    const levels = this.#levels;
    levels.clear();
    const unit = this.#unitOf(feed);
    levels.addPairs('bid', book.bids, 'bids', unit);
    levels.addPairs('ask', book.asks, 'asks', unit);
    levels.replace(feed.book);
    for (const update of first < 0 ? [] : waiting.slice(first)) {
      levels.clear();
      levels.addPairs('bid', update.bids, 'bids', unit);
      levels.addPairs('ask', update.asks, 'asks', unit);
      levels.applyTo(feed.book);
    }
    const newest = waiting.at(-1) as Fields;
    this.#sequences.set(feed, integerOf(newest.seqId, 'seqId'));
    this.#waiting.delete(feed);
    this.#attempts.delete(feed);
    this.#texts.delete(feed);
    this.#host.publish(feed, Math.max(bookMs, epochOf(newest.ts, 'ts')));
  }

  snapshotFailed(feed: MarketFeed): void {
    if (this.#swap !== undefined && !this.#units.has(feed)) {
      const attempt = this.#attempts.get(feed) ?? 0;
      this.#attempts.set(feed, attempt + 1);
      this.#askInstrument(feed, FIRST_FETCH_MS * (1 << Math.min(attempt, 5)));
      return;
    }
    if (this.#waiting.has(feed)) this.#fetch(feed);
  }

  save(): PlainState {
    const bySymbol = <Value>(map: ReadonlyMap<MarketFeed, Value>) =>
      [...map].map(([{ symbol }, value]) => [symbol, value]) as unknown as PlainState;
    const texts = [...this.#texts].map(([{ symbol }, { bid, ask }]) => [symbol, [[...bid], [...ask]]]);
    return {
      pingedMs: this.#pingedMs,
      sequences: bySymbol(this.#sequences),
      waiting: bySymbol(this.#waiting),
      attempts: bySymbol(this.#attempts),
      texts: texts as unknown as PlainState,
      ...(this.#swap !== undefined && { units: bySymbol(this.#units) }),
    };
  }

  load(state: PlainState): void {
    type Side = [number, readonly [string, string]][];
    const saved = state as unknown as {
      pingedMs: number;
      sequences: [string, number][];
      waiting: [string, Fields[]][];
      attempts: [string, number][];
      texts: [string, [Side, Side]][];
      units?: [string, number][];
    };
    const { feeds } = this.#host;
    this.#pingedMs = saved.pingedMs;
    restoreByFeed(this.#sequences, feeds, saved.sequences);
    restoreByFeed(this.#waiting, feeds, saved.waiting);
    restoreByFeed(this.#attempts, feeds, saved.attempts);
    restoreByFeed(this.#units, feeds, saved.units ?? []);
    const texts = saved.texts.map(([symbol, [bid, ask]]) => {
      return [symbol, { bid: new Map(bid), ask: new Map(ask) }] as const;
    });
    restoreByFeed(this.#texts, feeds, texts);
  }

  #askInstrument(feed: MarketFeed, delayMs: number): void {
    const query = `instType=SWAP&instId=${encodeURIComponent(feed.market.native)}`;
    this.#host.fetchSnapshot(feed.symbol, `${this.#restUrl}/api/v5/public/instruments?${query}`, delayMs);
  }

  #takeInstrument(feed: MarketFeed, { contractSize }: SwapOptions, body: string): void {
    const instrument = readSwap(body);
    const name = feed.market.native;
    if (instrument === undefined) {
      this.#host.refuse(`${name} is settled in its own base, and only linear swaps are traded`);
      return;
    }
    if (contractSize > 0 && contractSize !== instrument.contractSize) {
      this.#host.refuse(
        `a contract of ${name} is ${instrument.contractSize} by the venue and ${contractSize} by "contractSize"; correct the setting`,
      );
      return;
    }
    this.#units.set(feed, instrument.contractSize);
    this.#attempts.delete(feed);
    this.#host.instrument(feed, instrument);
    this.#subscribe([feed]);
  }

  #unitOf(feed: MarketFeed): number {
    return this.#units.get(feed) ?? 1;
  }

  /** Whether a legacy checksum fits; says what is lost where it does not. */
  #matches(feed: MarketFeed, isSnapshot: boolean, data: Fields, checksum: number): boolean {
    let texts = this.#texts.get(feed);
    // Without the texts of a snapshot there is nothing to compare: checksums began in the middle of a stream.
    if (texts === undefined && !isSnapshot) return true;
    texts ??= { bid: new Map(), ask: new Map() };
    this.#texts.set(feed, texts);
    keepTexts(texts.bid, data.bids);
    keepTexts(texts.ask, data.asks);
    const ours = okxChecksum(best(feed.book, 'bid', texts), best(feed.book, 'ask', texts));
    if (ours === checksum) return true;
    this.#host.lose([feed], 'checksum-mismatch', `${checksum} expected, got ${ours}`);
    return false;
  }

  #trades(feed: MarketFeed, frame: Fields): void {
    for (const value of arrayOf(frame.data, 'data')) {
      const trade = fieldsOf(value, 'data');
      const { side } = trade;
      if (side !== 'buy' && side !== 'sell') throw malformed('side', '"buy" or "sell"', side);
      const price = priceOf(trade.px, 'px');
      const size = this.#unitOf(feed) * decimalOf(trade.sz, 'sz');
      const id = textOf(trade.tradeId, 'tradeId');
      this.#host.trade(feed, { price, size, side, id, exchangeTimeMs: epochOf(trade.ts, 'ts') });
    }
  }

  #tickers(feed: MarketFeed, frame: Fields): void {
    for (const value of arrayOf(frame.data, 'data')) {
      const ticker = fieldsOf(value, 'data');
      const numbers = ['bidPx', 'bidSz', 'askPx', 'askSz', 'last'].map((name) =>
        // Empty where a side has no orders.
        ticker[name] === '' ? Number.NaN : decimalOf(ticker[name], name),
      );
      const unit = this.#unitOf(feed);
      const [bid, bidContracts, ask, askContracts, last] = numbers;
      const [bidSize, askSize] = [unit * bidContracts, unit * askContracts];
      const exchangeTimeMs = epochOf(ticker.ts, 'ts');
      this.#host.ticker(feed, { bid, bidSize, ask, askSize, last, exchangeTimeMs });
    }
  }
}

/** Called with levels that have been read once already. */
function keepTexts(texts: Map<number, readonly [string, string]>, levels: unknown): void {
  for (const [price, size] of levels as readonly (readonly unknown[])[]) {
    const key = priceOf(price, 'price');
    if (decimalOf(size, 'size') === 0) texts.delete(key);
    else texts.set(key, [String(price), String(size)]);
  }
}

function best(book: OrderBook, side: BookSide, texts: Texts): (readonly [string, string])[] {
  const levels: (readonly [string, string])[] = [];
  for (let rank = 0; rank < 25 && book.price(side, rank) > 0; rank++) {
    const price = book.price(side, rank);
    levels.push(texts[side].get(price) ?? [String(price), String(book.size(side, rank))]);
  }
  return levels;
}
