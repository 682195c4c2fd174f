/**
 * A seeded market that several venues trade: one efficient price, and each venue's quotes around it with a basis,
 * a delay and a depth of their own.
 *
 * An event is a venue's book as it arrives here. With X the log of the efficient price, a diffusion with jumps, and B_v
 * the basis of venue v, an Ornstein–Uhlenbeck process, the middle of the book that arrives at time t is
 *   exp(X(t − latency − lag_v) + B_v(t) + noise).
 */
import { type ConfigOverrides, resolveConfig } from '../core/config.ts';
import { exp, log } from '../core/math.ts';
import type { Rng } from '../core/rng.ts';
import type { BookTape } from './book-tape.ts';
import {
  type SyntheticVenuesConfig,
  syntheticVenuesSchema,
  type VenueConfig,
} from './synthetic-venues-config.ts';
import { createColumns } from './tape-builder.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const BPS = 1e-4;
/** Entries of the tables that sizes and gaps are drawn from: one draw instead of a logarithm and an exponential. */
const TABLE_SIZE = 1024;
/** Sizes have eight decimals, and are never 0. */
const SIZE_UNITS = 1e8;

/** Makes a fresh tape for every episode, into the same arrays. */
export class SyntheticVenues {
  readonly config: SyntheticVenuesConfig;
  readonly #tape: BookTape;
  readonly #makers: readonly VenueMaker[];
  /** [N + 1] when the efficient price was set, and its log: what venues that lag look back on. */
  readonly #pathTimes: Float64Array;
  readonly #pathLogs: Float64Array;

  /** @throws ConfigError `unknown-key`, `invalid-value` */
  constructor(overrides: ConfigOverrides<typeof syntheticVenuesSchema> = {}) {
    this.config = resolveConfig(syntheticVenuesSchema, overrides, 'market "syntheticVenues"');
    const { venues, depth, events, base, quote } = this.config;
    const columns = createColumns(events, depth);
    this.#tape = {
      venues: venues.map(({ name }) => ({ name, base, quote })),
      depth,
      length: events,
      ...columns,
    };
    this.#makers = venues.map((venue, index) => new VenueMaker(venue, index, this.config, this.#tape));
    this.#pathTimes = new Float64Array(events + 1);
    this.#pathLogs = new Float64Array(events + 1);
  }

  /**
   * @returns a view that the next call overwrites
   */
  generate(rng: Rng): BookTape {
    const { config } = this;
    const { startMs, events, burst } = config;
    const makers = this.#makers;
    const times = this.#pathTimes;
    const logs = this.#pathLogs;
    const volatilityPerRootMs = config.volatilityPerYear / Math.sqrt(YEAR_MS);
    const jumpEveryMs = config.jumpsPerDay > 0 ? DAY_MS / config.jumpsPerDay : Infinity;
    const jumpDeviation = config.jumpDeviationBps * BPS;
    const burstEveryMs = burst.perDay > 0 ? DAY_MS / burst.perDay : Infinity;
    let now = startMs;
    let logPrice = log(config.startPrice);
    times[0] = -Infinity;
    logs[0] = logPrice;
    let nextJumpMs = startMs + exponential(rng, jumpEveryMs);
    let burstStartMs = startMs + exponential(rng, burstEveryMs);
    let burstEndMs = burstStartMs + exponential(rng, burst.meanMs);
    for (const maker of makers) maker.start(rng, startMs);
    for (let n = 0; n < events; n++) {
      let maker = makers[0];
      for (let v = 1; v < makers.length; v++) if (makers[v].nextMs < maker.nextMs) maker = makers[v];
      const elapsed = maker.nextMs - now;
      now = maker.nextMs;
      if (now >= burstEndMs) {
        burstStartMs = now + exponential(rng, burstEveryMs);
        burstEndMs = burstStartMs + exponential(rng, burst.meanMs);
      }
      const bursting = now >= burstStartMs;
      const volatility = bursting ? volatilityPerRootMs * burst.volatilityFactor : volatilityPerRootMs;
      if (elapsed > 0) logPrice += volatility * Math.sqrt(elapsed) * rng.gaussian();
      while (now >= nextJumpMs) {
        logPrice += jumpDeviation * rng.gaussian();
        nextJumpMs += exponential(rng, jumpEveryMs);
      }
      times[n + 1] = now;
      logs[n + 1] = logPrice;
      maker.quoteInto(n, now, bursting, times, logs, rng);
    }
    if (config.maxEdgeBps !== null) limitEdges(this.#tape, config.maxEdgeBps * BPS, 1 / config.tick);
    return this.#tape;
  }
}

/** One venue's state and how its next book is made. */
class VenueMaker {
  /** When its next book arrives. */
  nextMs = 0;
  readonly #config: VenueConfig;
  readonly #market: SyntheticVenuesConfig;
  readonly #index: number;
  readonly #tape: BookTape;
  readonly #depth: number;
  /** Ticks a quote unit. */
  readonly #scale: number;
  readonly #logBasis: number;
  readonly #basisDeviation: number;
  readonly #basisRate: number; // per millisecond
  readonly #spreadInnovation: number;
  readonly #outageEveryMs: number;
  /** [TABLE_SIZE] quantiles of the factors by which sizes and gaps differ from their medians. */
  readonly #sizeFactors: Float64Array;
  readonly #gapFactors: Float64Array;
  readonly #levelSizes: Float64Array; // [K]
  readonly #levelGaps: Float64Array; // [K], fraction of the price, from the level before
  /** The sides' levels as they stand: what a change leaves alone stays. */
  readonly #sizes: Float64Array; // [2, K]
  readonly #gaps: Float64Array; // [2, K], ticks, whole, ≥ 1
  /** [TABLE_SIZE] how many levels stay as they are before the next one that changes, at evenly spaced probabilities. */
  readonly #skips: Int32Array;
  #basis = 0;
  #spreadState = 0;
  #lastMs = 0;
  #nextOutageMs = 0;
  #pathRow = 0;
  #lastRow = -1;

  constructor(config: VenueConfig, index: number, market: SyntheticVenuesConfig, tape: BookTape) {
    const { depth } = market;
    this.#config = config;
    this.#market = market;
    this.#index = index;
    this.#tape = tape;
    this.#depth = depth;
    this.#scale = 1 / market.tick;
    this.#logBasis = config.basisBps * BPS;
    this.#basisDeviation = config.basisDeviationBps * BPS;
    this.#basisRate = Math.LN2 / config.basisHalfLifeMs;
    this.#spreadInnovation = Math.sqrt(1 - config.spreadPersistence * config.spreadPersistence);
    this.#outageEveryMs = config.outagesPerDay > 0 ? DAY_MS / config.outagesPerDay : Infinity;
    this.#sizeFactors = lognormalTable(config.sizeDeviation);
    this.#gapFactors = lognormalTable(config.levelGapDeviation);
    this.#levelSizes = perLevel(config.levelSizes, depth);
    this.#levelGaps = perLevel(config.levelGapsBps, depth).map((bps) => bps * BPS);
    this.#sizes = new Float64Array(2 * depth);
    this.#gaps = new Float64Array(2 * depth);
    this.#skips = geometricTable(config.levelRenewal, 2 * depth);
  }

  start(rng: Rng, startMs: number): void {
    this.#basis = this.#basisDeviation * rng.gaussian();
    this.#spreadState = rng.gaussian();
    this.#lastMs = startMs;
    this.#pathRow = 0;
    this.#lastRow = -1;
    this.#nextOutageMs = startMs + exponential(rng, this.#outageEveryMs);
    this.nextMs = startMs + this.#config.intervalMs * rng.uniform();
    const ticksOfPrice = this.#market.startPrice * this.#scale;
    for (let i = 0; i < 2 * this.#depth; i++) this.#drawLevel(i, rng.uniform(), ticksOfPrice);
  }

  /** Writes event n, and settles when the next one comes. */
  quoteInto(
    n: number,
    now: number,
    bursting: boolean,
    times: Float64Array,
    logs: Float64Array,
    rng: Rng,
  ): void {
    const config = this.#config;
    const tape = this.#tape;
    const { burst } = this.#market;
    const delay = config.latencyDeviation > 0 ? exp(config.latencyDeviation * rng.gaussian()) : 1;
    const latency = config.latencyMs * delay * (bursting ? burst.latencyFactor : 1);
    writeAt(tape.timeMs, n, now);
    writeAt(tape.exchangeTimeMs, n, now - latency);
    tape.venue[n] = this.#index;
    if (this.#lastRow >= 0 && config.repeatShare > 0 && rng.uniform() < config.repeatShare)
      this.#repeatInto(n);
    else this.#renewInto(n, now, now - latency - config.lagMs, times, logs, rng);
    this.#lastRow = n;
    const interval =
      config.intervalMs * (config.intervalDeviation > 0 ? exp(config.intervalDeviation * rng.gaussian()) : 1);
    this.nextMs = now + (bursting ? interval / burst.rateFactor : interval);
    if (this.nextMs >= this.#nextOutageMs) {
      this.nextMs = Math.max(this.nextMs, this.#nextOutageMs + exponential(rng, config.outageMs));
      this.#nextOutageMs = this.nextMs + exponential(rng, this.#outageEveryMs);
    }
  }

  #repeatInto(n: number): void {
    const { bidPrices, bidSizes, askPrices, askSizes } = this.#tape;
    const depth = this.#depth;
    const from = this.#lastRow * depth;
    const to = n * depth;
    for (let k = 0; k < depth; k++) {
      bidPrices[to + k] = bidPrices[from + k];
      bidSizes[to + k] = bidSizes[from + k];
      askPrices[to + k] = askPrices[from + k];
      askSizes[to + k] = askSizes[from + k];
    }
  }

  #renewInto(
    n: number,
    now: number,
    seenMs: number,
    times: Float64Array,
    logs: Float64Array,
    rng: Rng,
  ): void {
    const config = this.#config;
    // Latencies vary, but what a venue has seen it does not forget.
    while (this.#pathRow < n + 1 && times[this.#pathRow + 1] <= seenMs) this.#pathRow++;
    if (this.#basisDeviation > 0) {
      const decay = exp(-this.#basisRate * (now - this.#lastMs));
      const innovation = this.#basisDeviation * Math.sqrt(1 - decay * decay);
      this.#basis = decay * this.#basis + innovation * rng.gaussian();
    }
    this.#lastMs = now;
    const noise = config.noiseBps > 0 ? config.noiseBps * BPS * rng.gaussian() : 0;
    const middle = exp(logs[this.#pathRow] + this.#logBasis + this.#basis + noise);
    this.#spreadState =
      config.spreadPersistence * this.#spreadState + this.#spreadInnovation * rng.gaussian();
    const spread = config.spreadBps * BPS * exp(config.spreadDeviation * this.#spreadState);
    const spreadTicks = Math.max(1, Math.round(spread * middle * this.#scale));
    this.#renewLevels(rng, middle * this.#scale);
    const depth = this.#depth;
    const scale = this.#scale;
    const offset = n * depth;
    const gaps = this.#gaps;
    const sizes = this.#sizes;
    const { bidPrices, bidSizes, askPrices, askSizes } = this.#tape;
    let bid = Math.max(1, Math.round(middle * scale - 0.5 * spreadTicks));
    let ask = bid + spreadTicks;
    for (let k = 0; k < depth; k++) {
      if (k > 0) {
        bid -= gaps[k];
        ask += gaps[depth + k];
      }
      const present = bid > 0;
      bidPrices[offset + k] = present ? bid / scale : 0;
      bidSizes[offset + k] = present ? sizes[k] : 0;
      askPrices[offset + k] = ask / scale;
      askSizes[offset + k] = sizes[depth + k];
    }
  }

  /** @param ticksOfPrice the middle, in ticks */
  #renewLevels(rng: Rng, ticksOfPrice: number): void {
    const skips = this.#skips;
    const numLevels = 2 * this.#depth;
    for (let i = skips[rng.integer(TABLE_SIZE)]; i < numLevels; i += 1 + skips[rng.integer(TABLE_SIZE)]) {
      this.#drawLevel(i, rng.uniform(), ticksOfPrice);
    }
  }

  /** Draws the size and the gap of level i of [2, K]; the gap from digits of the draw that the size leaves unused. */
  #drawLevel(i: number, draw: number, ticksOfPrice: number): void {
    const level = i < this.#depth ? i : i - this.#depth;
    const scaled = draw * TABLE_SIZE;
    const entry = Math.min(Math.floor(scaled), TABLE_SIZE - 1);
    const other = Math.min(Math.floor((scaled - entry) * TABLE_SIZE), TABLE_SIZE - 1);
    const size = Math.round(this.#levelSizes[level] * this.#sizeFactors[entry] * SIZE_UNITS);
    this.#sizes[i] = Math.max(1, size) / SIZE_UNITS;
    this.#gaps[i] = Math.max(1, Math.round(this.#levelGaps[level] * this.#gapFactors[other] * ticksOfPrice));
  }
}

/**
 * Moves bids down and asks up until no book, as it was last seen, offers more than `maxEdge` against another venue's
 * latest. Levels keep their distances.
 */
function limitEdges(tape: BookTape, maxEdge: number, scale: number): void {
  const { venues, depth, length, venue, bidPrices, bidSizes, askPrices } = tape;
  const bids = new Float64Array(venues.length);
  const asks = new Float64Array(venues.length).fill(Infinity);
  for (let n = 0; n < length; n++) {
    const own = venue[n];
    let lowestAsk = Infinity;
    let highestBid = 0;
    for (let v = 0; v < venues.length; v++) {
      if (v === own) continue;
      if (asks[v] < lowestAsk) lowestAsk = asks[v];
      if (bids[v] > highestBid) highestBid = bids[v];
    }
    const offset = n * depth;
    const bidExcess = Math.ceil((bidPrices[offset] - lowestAsk * (1 + maxEdge)) * scale);
    const askExcess = Math.ceil((highestBid / (1 + maxEdge) - askPrices[offset]) * scale);
    for (let k = offset; k < offset + depth; k++) {
      if (bidExcess > 0) {
        bidPrices[k] = Math.max(0, Math.round(bidPrices[k] * scale) - bidExcess) / scale;
        if (bidPrices[k] === 0) bidSizes[k] = 0;
      }
      if (askExcess > 0) askPrices[k] = (Math.round(askPrices[k] * scale) + askExcess) / scale;
    }
    bids[own] = bidPrices[offset];
    asks[own] = askPrices[offset];
  }
}

/** Numbers that go straight into an array are not boxed on the way. */
function writeAt(array: Float64Array, index: number, value: number): void {
  array[index] = value;
}

/** Mean as given; Infinity where that is. */
function exponential(rng: Rng, mean: number): number {
  return -mean * log(1 - rng.uniform());
}

/** `values` with the last one repeated up to `depth`. */
function perLevel(values: readonly number[], depth: number): Float64Array {
  return Float64Array.from({ length: depth }, (_, k) => values[Math.min(k, values.length - 1)]);
}

/** The factors e^(deviation · z) at evenly spaced probabilities of a standard normal z. */
function lognormalTable(deviation: number): Float64Array {
  return Float64Array.from({ length: TABLE_SIZE }, (_, i) =>
    exp(deviation * normalQuantile((i + 0.5) / TABLE_SIZE)),
  );
}

/** Failures before the first success of this probability, at evenly spaced probabilities; at most `limit`. */
function geometricTable(probability: number, limit: number): Int32Array {
  return Int32Array.from({ length: TABLE_SIZE }, (_, i) => {
    if (probability === 1) return 0;
    if (probability === 0) return limit;
    return Math.min(limit, Math.floor(log((i + 0.5) / TABLE_SIZE) / log(1 - probability)));
  });
}

/**
 * The standard normal's inverse distribution function.
 * Source: Abramowitz and Stegun (1964), 26.2.23; absolute error below 4.5e-4.
 */
function normalQuantile(probability: number): number {
  const tail = Math.min(probability, 1 - probability);
  const t = Math.sqrt(-2 * log(tail));
  const z =
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return probability < 0.5 ? -z : z;
}
