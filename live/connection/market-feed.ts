/** Holds one market of a connection: its book, and whether it can be trusted. */
import type { PlainState } from '../../core/plain-state.ts';
import { OrderBook } from '../../market/books/order-book.ts';
import { BookPace } from '../../market/execution/book-pace.ts';
import type { VenueMarket } from './venue-markets.ts';

/** A book that is late by its own pace this many times over is not to be decided on; a quiet spell is shorter. */
const STALE_FACTOR = 4;
/** Never sooner, ms of the machine. */
const MIN_STALE_MS = 1000;

export class MarketFeed {
  readonly market: VenueMarket;
  /** How often the book is changed or confirmed, on this connection. */
  readonly pace = new BookPace();
  readonly book = new OrderBook();
  /** Complete and consistent as far as the venue's loss detection can tell. */
  valid = false;
  /** When the book was last changed or confirmed; −Infinity before the first time on this connection. */
  confirmedMs = -Infinity;
  /** UTC epoch by the venue's clock, of the last change; NaN where the venue does not say. */
  exchangeTimeMs = Number.NaN;
  /** How much later than the quickest messages the last one came, ms; 0 where the venue does not say. */
  lagMs = 0;
  /** Since when the book has been waited for; NaN while it is valid. */
  waitingSinceMs = Number.NaN;
  /** A book of it has been complete, on this connection or one before. */
  wasEverGood = false;
  /** Middle of the last good book; NaN before the first, and after one was lost. */
  lastMid = Number.NaN;
  /** `book-stale` has been said, and nothing came since. */
  staleReported = false;

  constructor(market: VenueMarket) {
    this.market = market;
  }

  get symbol(): string {
    return this.market.symbol;
  }

  /**
   * Whether the book is good to trade on: complete, consistent, two-sided, recent and not lagging.
   * @param staleAfterMs age at which no book is recent; one that comes often is not much sooner: see `ageLimitMs`
   * @param speed times as fast as the machine's that the session's time passes
   */
  isGood(nowMs: number, staleAfterMs: number, speed = 1): boolean {
    return (
      this.valid &&
      nowMs - this.confirmedMs <= this.ageLimitMs(staleAfterMs, speed) &&
      this.lagMs <= staleAfterMs &&
      this.book.numBids > 0 &&
      this.book.numAsks > 0
    );
  }

  /** Age at which this book is not recent any more, ms: by its own pace where that is known, and `staleAfterMs` at most. */
  ageLimitMs(staleAfterMs: number, speed = 1): number {
    const byPaceMs = Math.max(MIN_STALE_MS * Math.max(1, speed), STALE_FACTOR * this.pace.lateAfterMs);
    return Math.min(staleAfterMs, byPaceMs);
  }

  /** All that its future depends on. */
  save(): PlainState {
    const { valid, confirmedMs, exchangeTimeMs, lagMs, waitingSinceMs, wasEverGood, lastMid, staleReported } =
      this;
    return {
      valid,
      confirmedMs,
      exchangeTimeMs,
      lagMs,
      waitingSinceMs,
      wasEverGood,
      lastMid,
      staleReported,
      pace: this.pace.state.slice(),
      book: this.book.save(),
    };
  }

  /** @param state as `save` gave it */
  load(state: PlainState): void {
    const { book, pace, ...fields } = state as { book: ReturnType<OrderBook['save']>; pace?: Float64Array };
    Object.assign(this, fields);
    // What was saved before there was a pace begins to measure it anew.
    if (pace === undefined) this.pace.clear();
    else this.pace.state.set(pace);
    this.book.load(book);
  }

  /** The book must not be used until it is complete again. */
  invalidate(timeMs: number): void {
    this.valid = false;
    this.pace.clear();
    this.lastMid = Number.NaN;
    this.staleReported = false;
    this.waitingSinceMs = timeMs;
    this.confirmedMs = -Infinity;
  }
}

/** Fills a protocol's map of feeds from what it saved by symbol. */
export function restoreByFeed<Value>(
  map: Map<MarketFeed, Value>,
  feeds: readonly MarketFeed[],
  entries: readonly (readonly [symbol: string, value: Value])[],
): void {
  map.clear();
  for (const [symbol, value] of entries) {
    const feed = feeds.find((each) => each.symbol === symbol);
    if (feed !== undefined) map.set(feed, value);
  }
}
