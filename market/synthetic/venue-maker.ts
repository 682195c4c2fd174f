/** Makes one venue of the synthetic market: when its books come and what is in them. */
import { exp } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import type { BookTape } from '../books/tape.ts';
import { exponential, geometricTable, lognormalTable, TABLE_SIZE } from './draw-tables.ts';
import type { SyntheticVenuesConfig, VenueConfig } from './venues-config.ts';

const DAY_MS = 86_400_000;
const BPS = 1e-4;
/** Sizes have eight decimals, and are never 0. */
const SIZE_UNITS = 1e8;

/** One venue's state and how its next book is made. */
export class VenueMaker {
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
  readonly #intervals: Float64Array; // [TABLE_SIZE] milliseconds
  readonly #latencies: Float64Array; // [TABLE_SIZE] milliseconds
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
    this.#intervals = lognormalTable(config.intervalDeviation).map((factor) => factor * config.intervalMs);
    this.#latencies = lognormalTable(config.latencyDeviation).map((factor) => factor * config.latencyMs);
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
    const latency = this.#latencies[rng.integer(TABLE_SIZE)] * (bursting ? burst.latencyFactor : 1);
    writeAt(tape.timeMs, n, now);
    writeAt(tape.exchangeTimeMs, n, now - latency);
    tape.venue[n] = this.#index;
    if (this.#lastRow >= 0 && config.repeatShare > 0 && rng.uniform() < config.repeatShare)
      this.#repeatInto(n);
    else this.#renewInto(n, now, now - latency - config.lagMs, times, logs, rng);
    this.#lastRow = n;
    const interval = this.#intervals[rng.integer(TABLE_SIZE)];
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

/** Numbers that go straight into an array are not boxed on the way. */
function writeAt(array: Float64Array, index: number, value: number): void {
  array[index] = value;
}

/** `values` with the last one repeated up to `depth`. */
function perLevel(values: readonly number[], depth: number): Float64Array {
  return Float64Array.from({ length: depth }, (_, k) => values[Math.min(k, values.length - 1)]);
}
