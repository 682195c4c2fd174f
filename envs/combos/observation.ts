/** Writes what an arbitrage over several markets observes: edges and their statistics, funding, balances, margin. */
import { restoreArrayInto, type Snapshot } from '../../core/snapshot.ts';
import type { Side } from '../../market/execution/book-matcher.ts';
import { type Box, createBox } from '../spaces.ts';
import type { ComboConfig } from './config.ts';
import type { ComboMarket } from './market.ts';
import type { Quoting } from './quoting.ts';

// C: combinations. M: markets. P: pockets.

/** Edges are observed in tens of basis points. */
const TO_UNITS = 1000;
const CLIP = 20;
const Z_CLIP = 5;
const BALANCE_CLIP = 4;
const RATE_CLIP = 100;
const MIN_VARIANCE = 1e-4;
const MAX_ORDERS = 8;

const COMBO_COLUMNS = [
  ['edge', -CLIP, CLIP],
  ['edge-back', -CLIP, CLIP],
  ['edge-mean', -CLIP, CLIP],
  ['edge-z', -Z_CLIP, Z_CLIP],
  ['held', -BALANCE_CLIP, BALANCE_CLIP],
] as const;
const MARKET_COLUMNS = [
  ['spread', 0, CLIP],
  ['age', 0, 1],
] as const;
const FUNDING_COLUMNS = [
  ['funding', -RATE_CLIP, RATE_CLIP],
  ['funding-next', -RATE_CLIP, RATE_CLIP],
  ['time-to-funding', 0, 1],
] as const;
const QUOTE_COLUMNS = [
  ['touch-edge', -CLIP, CLIP],
  ['quote-edge', -CLIP, CLIP],
  ['quote-open', 0, 1],
  ['quote-ahead', 0, 1],
  ['quote-pending', 0, 1],
] as const;
const QUOTE_SIDES = [
  ['bid', 1],
  ['ask', -1],
] as const;

/**
 * Per combination: `edge` and `edge-back`, the gain of trading it at the best prices, fees paid, forwards and backwards,
 * tens of bp; `edge-mean` and `edge-z`, slow mean and deviation of the middle of both; `held`, its value held, forwards
 * positive, parts of the capital. Per market: `spread`, tens of bp; `age` of its book as a / (a + staleMs). Per
 * perpetual: the last rate exchanged and the next one as far as it is known, bp; the part of the interval that is left.
 * Per pocket: `free`, parts of the capital; per pocket of collateral `margin-ratio`, 1 at liquidation. Of a
 * maker per side: `touch-edge`, what a fill at the best price of that side would earn after its hedge, and `quote-edge`, what
 * one of the own quote would, tens of bp, −CLIP without one; `quote-open`, 1 with a quote; `quote-ahead`, the part of what
 * stands there that is served before it; `quote-pending`, a request is under way. Then the share of order slots in use and the
 * largest exposure left open, parts of the capital.
 */
export class ComboObserver {
  readonly space: Box;
  readonly observation: Float32Array;
  readonly #market: ComboMarket;
  readonly #config: ComboConfig;
  readonly #quoting: Quoting;
  readonly #perps: Int32Array;
  readonly #margins: Int32Array;
  /** [C, 3] mean and variance of the edge, units; when they were brought up to date. */
  readonly #statistics: Float64Array;

  constructor(market: ComboMarket, config: ComboConfig, quoting: Quoting) {
    this.#quoting = quoting;
    const { markets, combos, pockets, currencies } = market.plan;
    this.#market = market;
    this.#config = config;
    const indices = [...markets.keys()];
    this.#perps = Int32Array.from(indices.filter((m) => markets[m].instrument.isPerpetual));
    this.#margins = Int32Array.from([...pockets.keys()].filter((p) => pockets[p].isMargin));
    this.#statistics = new Float64Array(3 * combos.length);
    const pocketName = (p: number): string =>
      `${pockets[p].exchange}/${currencies[pockets[p].currency]}${pockets[p].isMargin ? '/margin' : ''}`;
    const columns: (readonly [string, number, number])[] = [
      ...combos.flatMap(({ name }) =>
        COMBO_COLUMNS.map(([c, low, high]) => [`${c}:${name}`, low, high] as const),
      ),
      ...markets.flatMap(({ name }) =>
        MARKET_COLUMNS.map(([c, low, high]) => [`${c}:${name}`, low, high] as const),
      ),
      ...[...this.#perps].flatMap((m) =>
        FUNDING_COLUMNS.map(([c, low, high]) => [`${c}:${markets[m].name}`, low, high] as const),
      ),
      ...pockets.map((_, p) => [`free:${pocketName(p)}`, 0, BALANCE_CLIP] as const),
      ...[...this.#margins].map((p) => [`margin-ratio:${pocketName(p)}`, 0, 1] as const),
      ...(market.quotes === undefined
        ? []
        : QUOTE_SIDES.flatMap(([side]) =>
            QUOTE_COLUMNS.map(([c, low, high]) => [`${c}:${side}`, low, high] as const),
          )),
      ['orders-under-way', 0, 1],
      ['exposure', -BALANCE_CLIP, BALANCE_CLIP],
    ];
    this.space = createBox(
      [columns.length],
      Float32Array.from(columns, ([, low]) => low),
      Float32Array.from(columns, ([, , high]) => high),
      columns.map(([name]) => name),
    );
    this.observation = new Float32Array(columns.length);
  }

  /** Forgets the statistics. */
  clear(): void {
    this.#statistics.fill(0);
  }

  /** Brings the statistics up to the market's last book. */
  onEvent(): void {
    const { edges, nowMs } = this.#market;
    const statistics = this.#statistics;
    for (let c = 0; c < edges.length / 2; c++) {
      const edge = 0.5 * (edges[2 * c] - edges[2 * c + 1]) * TO_UNITS;
      if (Number.isNaN(edge)) continue;
      const at = 3 * c;
      if (statistics[at + 2] === 0) statistics[at] = edge;
      else {
        const elapsed = nowMs - statistics[at + 2];
        const weight = elapsed / (elapsed + this.#config.statisticsMs);
        const deviation = edge - statistics[at];
        statistics[at] += weight * deviation;
        statistics[at + 1] = (1 - weight) * (statistics[at + 1] + weight * deviation * deviation);
      }
      statistics[at + 2] = nowMs;
    }
  }

  /** Brings the observation up to now. */
  write(): void {
    const market = this.#market;
    const { observation } = this;
    const { plan, desk, edges, values, nowMs } = market;
    const { initialEquity, staleMs } = this.#config;
    const { pockets } = desk;
    const statistics = this.#statistics;
    let o = 0;
    for (let c = 0; c < plan.combos.length; c++) {
      const forwards = edges[2 * c];
      const backwards = edges[2 * c + 1];
      const middle = 0.5 * (forwards - backwards) * TO_UNITS;
      const isOpen = !Number.isNaN(middle);
      const deviation = middle - statistics[3 * c];
      observation[o++] = isOpen ? clip(forwards * TO_UNITS, -CLIP, CLIP) : -CLIP;
      observation[o++] = isOpen ? clip(backwards * TO_UNITS, -CLIP, CLIP) : -CLIP;
      observation[o++] = clip(statistics[3 * c], -CLIP, CLIP);
      observation[o++] = isOpen
        ? clip(deviation / Math.sqrt(statistics[3 * c + 1] + MIN_VARIANCE), -Z_CLIP, Z_CLIP)
        : 0;
      observation[o++] = clip(market.held(c) / initialEquity, -BALANCE_CLIP, BALANCE_CLIP);
    }
    for (let m = 0; m < plan.markets.length; m++) {
      const matcher = desk.matchers[m];
      const bid = matcher.bestPrice(-1);
      const ask = matcher.bestPrice(1);
      const age = Math.max(0, nowMs - matcher.bookTimeMs);
      observation[o++] =
        bid > 0 && ask > 0 ? clip(((2 * (ask - bid)) / (ask + bid)) * TO_UNITS, 0, CLIP) : CLIP;
      observation[o++] = age / (age + staleMs);
    }
    for (let i = 0; i < this.#perps.length; i++) {
      const m = this.#perps[i];
      const series = desk.funding[m];
      const next = desk.nextFunding[m];
      const last =
        series !== undefined && next > 0 ? clip(series.rate[next - 1] * 1e4, -RATE_CLIP, RATE_CLIP) : 0;
      const isKnown = series !== undefined && next < series.length && series.publishedMs[next] <= nowMs;
      const { fundingIntervalMs } = plan.markets[m].instrument.settings;
      observation[o++] = last;
      observation[o++] = isKnown ? clip(series.rate[next] * 1e4, -RATE_CLIP, RATE_CLIP) : last;
      observation[o++] =
        series !== undefined && next < series.length
          ? clip((series.timeMs[next] - nowMs) / fundingIntervalMs, 0, 1)
          : 1;
    }
    for (let p = 0; p < plan.pockets.length; p++) {
      const value = (desk.free(p) * values[plan.pockets[p].currency]) / initialEquity;
      observation[o++] = clip(value, 0, BALANCE_CLIP);
    }
    for (let i = 0; i < this.#margins.length; i++) {
      const p = this.#margins[i];
      const maintenance = desk.maintenance(p);
      const worth = desk.worth(p);
      observation[o++] = maintenance === 0 ? 0 : worth > 0 ? clip(maintenance / worth, 0, 1) : 1;
    }
    if (market.quotes !== undefined) o = this.#writeQuotes(o);
    let largest = 0;
    for (let k = 1; k < values.length; k++) {
      const value = (pockets.total(k) - market.before[k]) * values[k];
      if (Math.abs(value) > Math.abs(largest)) largest = value;
    }
    observation[o++] = Math.min(1, desk.numUnderWay / MAX_ORDERS);
    observation[o] = clip(largest / initialEquity, -BALANCE_CLIP, BALANCE_CLIP);
  }

  #writeQuotes(from: number): number {
    const { observation } = this;
    const { desk } = this.#market;
    const quotes = this.#market.quotes!;
    const quoting = this.#quoting;
    let o = from;
    for (let s = 0; s < QUOTE_SIDES.length; s++) {
      const side = QUOTE_SIDES[s][1];
      const touch = quoting.edge(side, desk.matchers[quotes.market].bestPrice(-side as Side));
      const own = quoting.edge(side, quotes.price(side));
      const open = quotes.open(side);
      const ahead = quotes.ahead(side);
      observation[o++] = Number.isNaN(touch) ? -CLIP : clip(touch * TO_UNITS, -CLIP, CLIP);
      observation[o++] = Number.isNaN(own) ? -CLIP : clip(own * TO_UNITS, -CLIP, CLIP);
      observation[o++] = open > 0 ? 1 : 0;
      observation[o++] = open > 0 ? ahead / (ahead + open) : 0;
      observation[o++] = quotes.isPending(side) ? 1 : 0;
    }
    return o;
  }

  save(): Snapshot {
    return { arrays: { statistics: this.#statistics.slice() }, values: {} };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#statistics, snapshot, 'statistics');
  }
}

function clip(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
