/**
 * Defines a tape of order books: those of several venues as they were seen, one after another. Arbitrage is simulated
 * on it.
 */

/** A market at a venue. */
export interface Venue {
  readonly name: string;
  /** What is traded, upper case: `BTC`. */
  readonly base: string;
  /** What prices are in, upper case: `USDT`. */
  readonly quote: string;
}

/**
 * N events in order of local receive time; an event is the whole visible book of one venue. K levels a side, the best
 * one first. A level that is not there has price 0 and size 0, and so have all behind it.
 */
export interface BookTape {
  readonly venues: readonly Venue[];
  readonly depth: number; // K
  readonly length: number; // N
  /** [N], UTC epoch, when the event was received here; never falls. */
  readonly timeMs: Float64Array;
  /** [N], UTC epoch by the venue's clock; NaN where the venue does not say. */
  readonly exchangeTimeMs: Float64Array;
  /** [N], index into `venues`: whose book this is. */
  readonly venue: Uint8Array;
  /** [N, K], quote units, falling */
  readonly bidPrices: Float64Array;
  /** [N, K], base units */
  readonly bidSizes: Float64Array;
  /** [N, K], quote units, rising */
  readonly askPrices: Float64Array;
  /** [N, K], base units */
  readonly askSizes: Float64Array;
}
