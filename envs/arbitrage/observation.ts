/**
 * Writes an arbitrage agent's observations: quotes, edges and their statistics as each book comes, then what it owns
 * itself.
 */

import type { VenueDesk } from '../../market/arbitrage/venue-desk.ts';
import type { Venue } from '../../market/books/tape.ts';
import type { BookMatcher } from '../../market/execution/book-matcher.ts';
import { type Box, createBox } from '../spaces.ts';
import { orderedPairs, pairName } from './actions.ts';

// V: venues. P: ordered pairs.

/** Edges, spreads and drifts are observed in tens of basis points: most of them are then of the order of 1. */
export const BPS_UNIT = 10;
const TO_UNITS = 1e4 / BPS_UNIT;
/** Beyond this, units, more makes no difference. */
const CLIP = 20;
const Z_CLIP = 5;
/** Balances and exposures in units of what a venue began with. */
const BALANCE_CLIP = 4;
/** Levels of which the imbalance is the sum. */
const IMBALANCE_LEVELS = 5;
/** A fast view of the mid price, against which the drift is measured. */
const DRIFT_MS = 30_000;
/** Keeps a z-score finite where the basis has not moved, units squared. */
const MIN_VARIANCE = 1e-4;

const VENUE_COLUMNS = [
  ['spread', 0, CLIP],
  ['bid-depth', 0, 1],
  ['ask-depth', 0, 1],
  ['imbalance', -1, 1],
  ['drift', -CLIP, CLIP],
  ['age', 0, 1],
  ['base', 0, BALANCE_CLIP],
  ['quote', 0, BALANCE_CLIP],
] as const;
const PAIR_COLUMNS = [
  ['edge', -CLIP, CLIP],
  ['deep-edge', -CLIP, CLIP],
  ['edge-mean', -CLIP, CLIP],
  ['edge-peak', -CLIP, CLIP],
  ['capacity', 0, 1],
  ['basis', -CLIP, CLIP],
  ['basis-z', -Z_CLIP, Z_CLIP],
] as const;
const OWN_COLUMNS = [
  ['exposure', -BALANCE_CLIP, BALANCE_CLIP],
  ['orders-under-way', 0, 1],
  ['base-under-way', 0, BALANCE_CLIP],
  ['quote-under-way', 0, BALANCE_CLIP],
] as const;
const NUM_VENUE = VENUE_COLUMNS.length;
const NUM_PAIR = PAIR_COLUMNS.length;
const AGE = 5;
const BASE = 6;
const QUOTE = 7;

/** Per venue: mid, best bid and ask, volume-weighted bid and ask of the largest size, fast mean of the mid. */
const MID = 0;
const BID = 1;
const ASK = 2;
const DEEP_BID = 3;
const DEEP_ASK = 4;
const FAST_MID = 5;
const BOOK_TIME = 6;
const NUM_QUOTES = 7;
/** Per pair: mean and peak of the edge, mean and variance of the basis, units; when they were last brought up to date. */
const EDGE_MEAN = 0;
const EDGE_PEAK = 1;
const BASIS_MEAN = 2;
const BASIS_VARIANCE = 3;
const PAIR_TIME = 4;
const NUM_STATISTICS = 5;

/** All columns, by the part of their name before the colon. */
export const OBSERVED_COLUMNS = [...VENUE_COLUMNS, ...PAIR_COLUMNS, ...OWN_COLUMNS].map(([column]) => column);

/** Whether an element of this name tells of the balances and orders, and not of the market. */
export function isAccountColumn(name: string): boolean {
  const [column] = name.split(':');
  return column === 'base' || column === 'quote' || OWN_COLUMNS.some(([own]) => own === column);
}

export interface ObserverOptions {
  readonly statisticsMs: number;
  readonly staleMs: number;
  /** Columns that are shown; empty: all. */
  readonly observed: readonly string[];
}

/**
 * Writes observations [8·V + 7·P + 4]; every element is bounded.
 *
 * Of each venue: `spread`, tens of bp of the mid; `bid-depth` and `ask-depth`, size s at the best level as s / (s + the
 * largest trade); `imbalance`, (bids − asks) / (bids + asks) over five levels; `drift`, mid over its mean of the last
 * half minute, tens of bp; `age` of the quote a as a / (a + staleMs), 1 when the venue is down; free `base` and `quote`
 * in units of what a venue began with.
 *
 * Of each ordered pair, bought at the first venue and sold at the second: `edge`, after fees, at the best prices;
 * `deep-edge`, at the volume-weighted prices of the largest trade; `edge-mean` and `edge-peak`, its slow mean and
 * its slowly fading peak; `capacity`, the smaller best size as s / (s + the largest trade); `basis`, mid over mid;
 * `basis-z`, its deviation from its slow mean in standard deviations. Edges and bases in tens of bp.
 *
 * Then the base units held above or below those of the beginning, the share of order slots in use, and the base and
 * quote between venues, in units of what a venue began with.
 */
export class ArbitrageObserver {
  readonly space: Box;
  /** [D], overwritten */
  readonly observation: Float32Array;
  /** [D], what is brought up to date part by part; callers get a copy, which they may write into. */
  readonly #current: Float32Array;
  /** Which of the elements are shown. */
  readonly #shown: Int32Array; // [D]
  readonly #matchers: readonly BookMatcher[];
  readonly #fees: Float64Array; // [V]
  readonly #pairs: Int32Array; // [P, 2]
  readonly #numPairs: number;
  readonly #quotes: Float64Array; // [V, NUM_QUOTES]
  readonly #statistics: Float64Array; // [P, NUM_STATISTICS]
  readonly #statisticsMs: number;
  readonly #staleMs: number;
  /** Largest trade, base a venue began with, quote a venue began with. */
  readonly #units = new Float64Array(3);

  constructor(
    venues: readonly Venue[],
    desk: VenueDesk,
    { statisticsMs, staleMs, observed }: ObserverOptions,
  ) {
    const pairs = orderedPairs(venues.length);
    this.#matchers = desk.venues.map(({ matcher }) => matcher);
    this.#fees = desk.takerFees;
    this.#pairs = Int32Array.from(pairs.flat());
    this.#numPairs = pairs.length;
    this.#quotes = new Float64Array(venues.length * NUM_QUOTES);
    this.#statistics = new Float64Array(pairs.length * NUM_STATISTICS);
    this.#statisticsMs = statisticsMs;
    this.#staleMs = staleMs;
    const columns = [
      ...venues.flatMap(({ name }) =>
        VENUE_COLUMNS.map(([column, low, high]) => [`${column}:${name}`, low, high] as const),
      ),
      ...pairs.flatMap((pair) =>
        PAIR_COLUMNS.map(
          ([column, low, high]) => [`${column}:${pairName(venues, pair)}`, low, high] as const,
        ),
      ),
      ...OWN_COLUMNS,
    ];
    const shown = columns.flatMap(([name], i) => {
      const [column] = name.split(':');
      return observed.length === 0 || observed.includes(column) ? [i] : [];
    });
    this.space = createBox(
      [shown.length],
      shown.map((i) => columns[i][1]),
      shown.map((i) => columns[i][2]),
      shown.map((i) => columns[i][0]),
    );
    this.observation = new Float32Array(shown.length);
    this.#shown = Int32Array.from(shown);
    this.#current = new Float32Array(columns.length);
  }

  /** The state that outlives a step: to be saved and restored. */
  get state(): Record<string, Float64Array | Float32Array> {
    return {
      quotes: this.#quotes,
      statistics: this.#statistics,
      units: this.#units,
      current: this.#current,
    };
  }

  /** Forgets everything. */
  clear(): void {
    this.#quotes.fill(0);
    this.#statistics.fill(0);
    this.#current.fill(0);
  }

  /**
   * @param largest trade, base units
   * @param base that a venue began with, base units
   * @param quote that a venue began with, quote units
   */
  setUnits(largest: number, base: number, quote: number): void {
    this.#units[0] = largest;
    this.#units[1] = base;
    this.#units[2] = quote;
  }

  /** Mid of a venue's last book with both sides; 0 before the first. */
  midOf(venue: number): number {
    return this.#quotes[venue * NUM_QUOTES + MID];
  }

  /** A venue has a new book, or something of its book was taken by us. */
  onBook(venue: number): void {
    const matcher = this.#matchers[venue];
    const quotes = this.#quotes;
    const q = venue * NUM_QUOTES;
    const askLevel = matcher.bestLevel(1);
    const bidLevel = matcher.bestLevel(-1);
    if (askLevel === matcher.depth || bidLevel === matcher.depth) return;
    const ask = matcher.priceAt(1, askLevel);
    const bid = matcher.priceAt(-1, bidLevel);
    // A book with one side has no price to show: the last one stands, and grows old.
    if (ask === 0 || bid === 0) return;
    const largest = this.#units[0];
    const askSize = matcher.sizeAt(1, askLevel);
    const bidSize = matcher.sizeAt(-1, bidLevel);
    quotes[q + ASK] = ask;
    quotes[q + BID] = bid;
    if (askSize >= largest) quotes[q + DEEP_ASK] = ask;
    else {
      const size = matcher.quote(1, largest, Infinity);
      quotes[q + DEEP_ASK] = size > 0 ? matcher.notional / size : ask;
    }
    if (bidSize >= largest) quotes[q + DEEP_BID] = bid;
    else {
      const size = matcher.quote(-1, largest, 0);
      quotes[q + DEEP_BID] = size > 0 ? matcher.notional / size : bid;
    }
    const mid = 0.5 * (ask + bid);
    const timeMs = matcher.bookTimeMs;
    const elapsed = timeMs - quotes[q + BOOK_TIME];
    quotes[q + BOOK_TIME] = timeMs;
    quotes[q + MID] = mid;
    const fast = quotes[q + FAST_MID];
    quotes[q + FAST_MID] = fast === 0 ? mid : fast + (elapsed / (elapsed + DRIFT_MS)) * (mid - fast);
    let bids = 0;
    let asks = 0;
    const levels = Math.min(matcher.depth, IMBALANCE_LEVELS);
    for (let k = 0; k < levels; k++) {
      bids += matcher.sizeAt(-1, k);
      asks += matcher.sizeAt(1, k);
    }
    const observation = this.#current;
    const at = venue * NUM_VENUE;
    observation[at] = clip(((ask - bid) / mid) * TO_UNITS, 0, CLIP);
    observation[at + 1] = bidSize / (bidSize + largest);
    observation[at + 2] = askSize / (askSize + largest);
    observation[at + 3] = bids + asks > 0 ? (bids - asks) / (bids + asks) : 0;
    observation[at + 4] = clip((mid / quotes[q + FAST_MID] - 1) * TO_UNITS, -CLIP, CLIP);
    for (let p = 0; p < this.#numPairs; p++) {
      const buy = this.#pairs[2 * p];
      const sell = this.#pairs[2 * p + 1];
      if (buy === venue || sell === venue) this.#onPair(p, buy, sell, timeMs);
    }
  }

  /** Brings everything else of the observation up to now. */
  write(desk: VenueDesk, nowMs: number, exposure: number, maxOrders: number): void {
    const observation = this.#current;
    const { accounts } = desk;
    const quotes = this.#quotes;
    const perBase = this.#units[1] > 0 ? 1 / this.#units[1] : 0;
    const perQuote = this.#units[2] > 0 ? 1 / this.#units[2] : 0;
    const numVenues = this.#matchers.length;
    for (let v = 0; v < numVenues; v++) {
      const at = v * NUM_VENUE;
      const age = nowMs - quotes[v * NUM_QUOTES + BOOK_TIME];
      const matcher = this.#matchers[v];
      observation[at + AGE] = matcher.isDown || matcher.isLost ? 1 : age / (age + this.#staleMs);
      observation[at + BASE] = clip(accounts.freeBase(v) * perBase, 0, BALANCE_CLIP);
      observation[at + QUOTE] = clip(accounts.freeQuote(v) * perQuote, 0, BALANCE_CLIP);
    }
    const own = numVenues * NUM_VENUE + this.#numPairs * NUM_PAIR;
    observation[own] = clip(exposure * perBase, -BALANCE_CLIP, BALANCE_CLIP);
    observation[own + 1] = clip(desk.numUnderWay / maxOrders, 0, 1);
    observation[own + 2] = clip(accounts.underWay[0] * perBase, 0, BALANCE_CLIP);
    observation[own + 3] = clip(accounts.underWay[1] * perQuote, 0, BALANCE_CLIP);
    const shown = this.#shown;
    for (let i = 0; i < shown.length; i++) this.observation[i] = observation[shown[i]];
  }

  #onPair(p: number, buy: number, sell: number, timeMs: number): void {
    const quotes = this.#quotes;
    const statistics = this.#statistics;
    const b = buy * NUM_QUOTES;
    const s = sell * NUM_QUOTES;
    if (quotes[b + MID] === 0 || quotes[s + MID] === 0) return;
    const afterFees = (1 - this.#fees[sell]) / (1 + this.#fees[buy]);
    const edge = ((quotes[s + BID] / quotes[b + ASK]) * afterFees - 1) * TO_UNITS;
    const deep = ((quotes[s + DEEP_BID] / quotes[b + DEEP_ASK]) * afterFees - 1) * TO_UNITS;
    const basis = (quotes[s + MID] / quotes[b + MID] - 1) * TO_UNITS;
    const at = p * NUM_STATISTICS;
    if (statistics[at + PAIR_TIME] === 0) {
      statistics[at + EDGE_MEAN] = edge;
      statistics[at + EDGE_PEAK] = edge;
      statistics[at + BASIS_MEAN] = basis;
    } else {
      // The venue's book may be older than the other's, when a fill of ours is what changed it.
      const elapsed = Math.max(0, timeMs - statistics[at + PAIR_TIME]);
      const weight = elapsed / (elapsed + this.#statisticsMs);
      const deviation = basis - statistics[at + BASIS_MEAN];
      statistics[at + BASIS_MEAN] += weight * deviation;
      statistics[at + BASIS_VARIANCE] =
        (1 - weight) * (statistics[at + BASIS_VARIANCE] + weight * deviation * deviation);
      statistics[at + EDGE_MEAN] += weight * (edge - statistics[at + EDGE_MEAN]);
      const fall = edge - statistics[at + EDGE_PEAK];
      statistics[at + EDGE_PEAK] = fall >= 0 ? edge : statistics[at + EDGE_PEAK] + weight * fall;
    }
    statistics[at + PAIR_TIME] = Math.max(timeMs, statistics[at + PAIR_TIME]);
    const observation = this.#current;
    const o = this.#matchers.length * NUM_VENUE + p * NUM_PAIR;
    const capacity = Math.min(observation[sell * NUM_VENUE + 1], observation[buy * NUM_VENUE + 2]);
    observation[o] = clip(edge, -CLIP, CLIP);
    observation[o + 1] = clip(deep, -CLIP, CLIP);
    observation[o + 2] = clip(statistics[at + EDGE_MEAN], -CLIP, CLIP);
    observation[o + 3] = clip(statistics[at + EDGE_PEAK], -CLIP, CLIP);
    observation[o + 4] = capacity;
    observation[o + 5] = clip(basis, -CLIP, CLIP);
    const z =
      (basis - statistics[at + BASIS_MEAN]) / Math.sqrt(statistics[at + BASIS_VARIANCE] + MIN_VARIANCE);
    observation[o + 6] = clip(z, -Z_CLIP, Z_CLIP);
  }
}

function clip(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
