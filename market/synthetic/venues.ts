/**
 * Makes a seeded market that several venues trade: one efficient price, and each venue's quotes around it with a basis,
 * a delay and a depth of their own.
 *
 * An event is a venue's book as it arrives here. With X the log of the efficient price, a diffusion with jumps, and B_v
 * the basis of venue v, an Ornstein–Uhlenbeck process, the middle of the book that arrives at time t is
 *   exp(X(t − latency − lag_v) + B_v(t) + noise).
 */
import { type ConfigOverrides, resolveConfig } from '../../core/config.ts';
import { log } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import type { BookTape } from '../books/tape.ts';
import { createColumns } from '../books/tape-builder.ts';
import { exponential } from './draw-tables.ts';
import { VenueMaker } from './venue-maker.ts';
import { type SyntheticVenuesConfig, syntheticVenuesSchema } from './venues-config.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const BPS = 1e-4;

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
