/** Sends orders to several markets, spot and perpetual: each travels, meets the book that is there, and is settled. */
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../../core/snapshot.ts';
import type { BookMatcher, Side } from '../../execution/book-matcher.ts';
import type { LatencyModel } from '../../execution/latency.ts';
import type { FundingSeries } from '../../instruments/funding-series.ts';
import type { LegPlan } from './plan.ts';
import { Pockets } from './pockets.ts';

const MAX_ORDERS = 32;
const BELOW_ONE = 1 - 1e-12;

/** What became of an order; one reused object. */
export interface LegFill {
  market: number;
  side: Side;
  /** Base units. */
  filled: number;
  /** Quote units, before fees. */
  notional: number;
  /** Base units that the book did not have within the limit. */
  missed: number;
  timeMs: number;
  isForced: boolean;
  /** A resting order of ours was met, at its own price. */
  isMaker: boolean;
}

export interface LegDeskOptions {
  readonly plan: LegPlan;
  readonly matchers: readonly BookMatcher[];
  readonly latencies: readonly LatencyModel[];
  readonly onFill?: (fill: Readonly<LegFill>) => void;
}

export class LegDesk implements Snapshotable {
  readonly plan: LegPlan;
  readonly pockets: Pockets;
  readonly matchers: readonly BookMatcher[];
  readonly latencies: readonly LatencyModel[];
  /** [M], fraction of notional */
  readonly takerFees: Float64Array;
  /** [M], mid of the last book with both sides; marks of contracts; 0 before it */
  readonly mids: Float64Array;
  /** [M], the first funding that has not been exchanged */
  readonly nextFunding: Int32Array;
  /** [P], what resting orders may cost; of spot alone */
  readonly reserved: Float64Array;
  /** Quote units traded, legs with a shortfall, forced sales. */
  readonly counts = new Float64Array(3);
  readonly #onFill: LegDeskOptions['onFill'];
  readonly #fill: LegFill = {
    market: 0,
    side: 1,
    filled: -0,
    notional: -0,
    missed: -0,
    timeMs: -0,
    isForced: false,
    isMaker: false,
  };
  readonly #arrivals = new Float64Array(MAX_ORDERS).fill(Infinity);
  readonly #sizes = new Float64Array(MAX_ORDERS);
  readonly #limits = new Float64Array(MAX_ORDERS);
  readonly #heldAmounts = new Float64Array(MAX_ORDERS);
  readonly #parties = new Int32Array(3 * MAX_ORDERS); // market, side, pocket that holds
  readonly #next = Float64Array.of(Infinity);
  #funding: readonly (FundingSeries | undefined)[] = [];
  #numUnderWay = 0;

  constructor({ plan, matchers, latencies, onFill }: LegDeskOptions) {
    this.plan = plan;
    this.matchers = matchers;
    this.latencies = latencies;
    this.pockets = new Pockets(plan);
    this.takerFees = Float64Array.from(plan.markets, ({ instrument }) => instrument.fees.feeRate('taker'));
    this.mids = new Float64Array(plan.markets.length);
    this.nextFunding = new Int32Array(plan.markets.length);
    this.reserved = new Float64Array(plan.pockets.length);
    this.#onFill = onFill;
  }

  get numUnderWay(): number {
    return this.#numUnderWay;
  }

  /** When something arrives next, UTC epoch; Infinity when nothing is under way. */
  get nextArrivalMs(): number {
    return Math.min(this.#next[0], this.pockets.nextArrivalMs);
  }

  get funding(): readonly (FundingSeries | undefined)[] {
    return this.#funding;
  }

  reset(amounts: ArrayLike<number>, funding: readonly (FundingSeries | undefined)[], nowMs: number): void {
    this.pockets.reset(amounts);
    this.#funding = funding;
    this.#arrivals.fill(Infinity);
    this.#next[0] = Infinity;
    this.#numUnderWay = 0;
    this.counts.fill(0);
    this.reserved.fill(0);
    this.mids.fill(0);
    for (const matcher of this.matchers) matcher.clear();
    for (let m = 0; m < this.nextFunding.length; m++) {
      const times = funding[m]?.timeMs;
      this.nextFunding[m] = times === undefined ? 0 : firstAfter(times, nowMs);
    }
  }

  /** Remembers the mid of a market whose book has changed. */
  markFromBook(market: number): void {
    const matcher = this.matchers[market];
    const bid = matcher.bestPrice(-1);
    const ask = matcher.bestPrice(1);
    if (bid > 0 && ask > 0) this.mids[market] = 0.5 * (bid + ask);
  }

  /** What a pocket of collateral is worth at the marks, quote units. */
  worth(pocket: number): number {
    const { quotePocket } = this.plan;
    const { amounts, positions } = this.pockets;
    let sum = amounts[pocket];
    for (let m = 0; m < quotePocket.length; m++) {
      if (quotePocket[m] === pocket && positions[m] !== 0) sum += positions[m] * this.mids[m];
    }
    return sum;
  }

  /** Maintenance margin of the contracts of a pocket at the marks, quote units. */
  maintenance(pocket: number): number {
    const { quotePocket, markets } = this.plan;
    const { positions } = this.pockets;
    let sum = 0;
    for (let m = 0; m < quotePocket.length; m++) {
      if (quotePocket[m] !== pocket || positions[m] === 0) continue;
      sum += markets[m].instrument.tiers.maintenance(Math.abs(positions[m]) * this.mids[m]);
    }
    return sum;
  }

  /** What may be spent of a pocket: the balance, or for collateral the worth above the initial margins; ≥ 0. */
  free(pocket: number): number {
    const { pockets, quotePocket, markets } = this.plan;
    const { amounts, held, positions } = this.pockets;
    if (!pockets[pocket].isMargin) return Math.max(0, amounts[pocket] - held[pocket] - this.reserved[pocket]);
    let margin = 0;
    for (let m = 0; m < quotePocket.length; m++) {
      if (quotePocket[m] !== pocket || positions[m] === 0) continue;
      margin += (Math.abs(positions[m]) * this.mids[m]) / leverageOf(markets[m].instrument);
    }
    return Math.max(0, this.worth(pocket) - margin - held[pocket]);
  }

  /** Largest size that balances, margin and tier allow, base units. */
  affordable(market: number, side: Side, limit: number): number {
    const { basePocket, quotePocket, markets } = this.plan;
    const { instrument } = markets[market];
    const fee = this.takerFees[market];
    if (!instrument.isMargined) {
      if (side === -1) return this.free(basePocket[market]);
      return (this.free(quotePocket[market]) / (limit * (1 + fee))) * BELOW_ONE;
    }
    const position = this.pockets.positions[market];
    const closes = side * position < 0 ? Math.abs(position) : 0;
    const mark = this.mids[market];
    if (mark === 0) return 0;
    const opens = this.free(quotePocket[market]) / (mark * (1 / leverageOf(instrument) + 2 * fee));
    const { tiers } = instrument;
    const worth = this.worth(quotePocket[market]);
    let cap = 0;
    for (let i = 0; i < tiers.bounds.length; i++) {
      cap = Math.max(cap, Math.min(tiers.bounds[i], worth * tiers.maxLeverages[i]));
    }
    const room = Math.max(0, cap / mark - (closes > 0 ? 0 : Math.abs(position)));
    return closes + Math.min(opens, room) * BELOW_ONE;
  }

  /** Base units of a market that orders under way would buy, less those that they would sell. */
  underWay(market: number): number {
    let sum = 0;
    if (this.#numUnderWay === 0) return sum;
    for (let slot = 0; slot < MAX_ORDERS; slot++) {
      const isOurs = this.#arrivals[slot] !== Infinity && this.#parties[3 * slot] === market;
      if (isOurs) sum += this.#parties[3 * slot + 1] * this.#sizes[slot];
    }
    return sum;
  }

  /** Books the fill of a resting order at its own price. @param feeRate fraction of notional; negative: a rebate */
  settleMaker(
    market: number,
    side: Side,
    filled: number,
    price: number,
    feeRate: number,
    timeMs: number,
  ): void {
    this.pockets.settle(market, side, filled, filled * price, feeRate);
    this.#report(market, side, filled, filled * price, 0, timeMs, false, true);
  }

  /** The exchange closes part of a position at the mark, without a fee. @param size base units, no more than the position */
  closeAtMark(market: number, size: number, timeMs: number): void {
    const side: Side = this.pockets.positions[market] > 0 ? -1 : 1;
    const notional = size * this.mids[market];
    this.pockets.settle(market, side, size, notional, 0);
    this.#report(market, side, size, notional, 0, timeMs, true);
  }

  /** Whether an order to this market would be taken in now. */
  canSend(market: number, nowMs: number): boolean {
    return this.#numUnderWay < MAX_ORDERS && this.matchers[market].isOpen(nowMs);
  }

  /** Sends an immediate-or-cancel order. @returns base units sent; 0 when it was refused */
  send(market: number, side: Side, size: number, limit: number, nowMs: number): number {
    const { instrument } = this.plan.markets[market];
    const { steps, settings } = instrument;
    const rounded = side === 1 ? steps.floor(limit) : steps.ceil(limit);
    const affordable = this.affordable(market, side, rounded);
    const accepted = this.matchers[market].acceptedSize(Math.min(size, affordable));
    const slot = this.#arrivals.indexOf(Infinity);
    if (accepted === 0 || slot < 0 || accepted * this.mids[market] < settings.minNotional) return 0;
    const pocket =
      side === 1 || instrument.isMargined ? this.plan.quotePocket[market] : this.plan.basePocket[market];
    const position = this.pockets.positions[market];
    const opening = instrument.isMargined
      ? Math.max(0, accepted - (side * position < 0 ? Math.abs(position) : 0))
      : accepted;
    const held = instrument.isMargined
      ? opening * rounded * (1 / leverageOf(instrument) + this.takerFees[market])
      : side === 1
        ? accepted * rounded * (1 + this.takerFees[market])
        : accepted;
    this.pockets.held[pocket] += held;
    this.#heldAmounts[slot] = held;
    this.#sizes[slot] = accepted;
    this.#limits[slot] = rounded;
    this.#parties[3 * slot] = market;
    this.#parties[3 * slot + 1] = side;
    this.#parties[3 * slot + 2] = pocket;
    const arrival = nowMs + this.latencies[market].latencyMs(nowMs);
    this.#arrivals[slot] = arrival;
    if (arrival < this.#next[0]) this.#next[0] = arrival;
    this.#numUnderWay++;
    return accepted;
  }

  /** Lets everything that arrives by then meet its market, the earliest first. @param inclusive also at that very time */
  arrive(timeMs: number, inclusive: boolean): void {
    while (this.#next[0] < timeMs || (inclusive && this.#next[0] === timeMs)) {
      this.#meet(this.#arrivals.indexOf(this.#next[0]));
    }
    this.pockets.receive(timeMs);
  }

  /** Exchanges every funding up to a time, on the positions held then, at the marks of the series or the books. */
  fund(timeMs: number): void {
    for (let m = 0; m < this.#funding.length; m++) {
      const series = this.#funding[m];
      if (series === undefined) continue;
      while (this.nextFunding[m] < series.length && series.timeMs[this.nextFunding[m]] <= timeMs) {
        const n = this.nextFunding[m]++;
        if (this.pockets.positions[m] === 0) continue;
        const mark = Number.isNaN(series.mark[n]) ? this.mids[m] : series.mark[n];
        this.pockets.exchangeFunding(m, mark, series.rate[n]);
      }
    }
  }

  /** Closes the contracts of every pocket whose worth is down to its maintenance. @returns whether it had to */
  liquidate(timeMs: number): boolean {
    const { pockets } = this.plan;
    let isForced = false;
    for (let p = 0; p < pockets.length; p++) {
      if (!pockets[p].isMargin) continue;
      const maintenance = this.maintenance(p);
      if (maintenance === 0 || this.worth(p) > maintenance) continue;
      for (let m = 0; m < this.mids.length; m++) {
        if (this.plan.quotePocket[m] === p && this.pockets.positions[m] !== 0) this.#force(m, timeMs);
      }
      this.pockets.cover(p);
      isForced = true;
    }
    return isForced;
  }

  save(): Snapshot {
    const orders = {
      arrivals: this.#arrivals.slice(),
      sizes: this.#sizes.slice(),
      limits: this.#limits.slice(),
      held: this.#heldAmounts.slice(),
      parties: this.#parties.slice(),
      next: this.#next.slice(),
      mids: this.mids.slice(),
      nextFunding: this.nextFunding.slice(),
      counts: this.counts.slice(),
      reserved: this.reserved.slice(),
    };
    return joinSnapshots({
      pockets: this.pockets.save(),
      orders: { arrays: orders, values: { numUnderWay: this.#numUnderWay } },
      ...Object.fromEntries(this.matchers.map((matcher, m) => [`matcher${m}`, matcher.save()])),
      ...Object.fromEntries(this.latencies.map((latency, m) => [`latency${m}`, latency.save()])),
    });
  }

  /** @param funding the series that it was saved with */
  restore(snapshot: Snapshot, funding: readonly (FundingSeries | undefined)[]): void {
    this.#funding = funding;
    this.load(snapshot);
  }

  load(snapshot: Snapshot): void {
    this.pockets.load(snapshotPart(snapshot, 'pockets'));
    restoreArrayInto(this.#arrivals, snapshot, 'orders/arrivals');
    restoreArrayInto(this.#sizes, snapshot, 'orders/sizes');
    restoreArrayInto(this.#limits, snapshot, 'orders/limits');
    restoreArrayInto(this.#heldAmounts, snapshot, 'orders/held');
    restoreArrayInto(this.#parties, snapshot, 'orders/parties');
    restoreArrayInto(this.#next, snapshot, 'orders/next');
    restoreArrayInto(this.mids, snapshot, 'orders/mids');
    restoreArrayInto(this.nextFunding, snapshot, 'orders/nextFunding');
    restoreArrayInto(this.counts, snapshot, 'orders/counts');
    restoreArrayInto(this.reserved, snapshot, 'orders/reserved');
    this.#numUnderWay = restoreNumber(snapshot, 'orders/numUnderWay');
    this.matchers.forEach((matcher, m) => {
      matcher.load(snapshotPart(snapshot, `matcher${m}`));
      this.latencies[m].load(snapshotPart(snapshot, `latency${m}`));
    });
  }

  #meet(slot: number): void {
    const timeMs = this.#arrivals[slot];
    const market = this.#parties[3 * slot];
    const side = this.#parties[3 * slot + 1] as Side;
    const pocket = this.#parties[3 * slot + 2];
    const { held } = this.pockets;
    this.#arrivals[slot] = Infinity;
    this.#numUnderWay--;
    let next = Infinity;
    for (const arrival of this.#arrivals) if (arrival < next) next = arrival;
    this.#next[0] = next;
    held[pocket] = this.#numUnderWay === 0 ? 0 : Math.max(0, held[pocket] - this.#heldAmounts[slot]);
    const matcher = this.matchers[market];
    const filled = matcher.take(side, this.#sizes[slot], this.#limits[slot], timeMs);
    const { notional } = matcher;
    if (filled > 0) this.pockets.settle(market, side, filled, notional, this.takerFees[market]);
    this.#report(market, side, filled, notional, this.#sizes[slot] - filled, timeMs, false);
    this.markFromBook(market);
  }

  /** Sells or buys back a whole position: what the book does not show, at its last level. */
  #force(market: number, timeMs: number): void {
    const { settings } = this.plan.markets[market].instrument;
    const position = this.pockets.positions[market];
    const side: Side = position > 0 ? -1 : 1;
    const size = Math.abs(position);
    const matcher = this.matchers[market];
    const filled = matcher.quote(side, size, side === 1 ? Infinity : 0);
    const worst = filled > 0 ? matcher.worstPrice : this.mids[market];
    const notional = matcher.notional + (size - filled) * worst;
    const left = Math.max(0, this.worth(this.plan.quotePocket[market]));
    const feeRate = Math.min(settings.liquidationFeeRate, notional > 0 ? left / notional : 0);
    this.pockets.settle(market, side, size, notional, feeRate);
    this.pockets.positions[market] = 0;
    this.#report(market, side, size, notional, 0, timeMs, true);
  }

  #report(
    market: number,
    side: Side,
    filled: number,
    notional: number,
    missed: number,
    timeMs: number,
    isForced: boolean,
    isMaker = false,
  ): void {
    this.counts[0] += notional;
    if (missed > 1e-9 * (filled + missed)) this.counts[1]++;
    if (isForced) this.counts[2]++;
    if (this.#onFill === undefined) return;
    const fill = this.#fill;
    fill.market = market;
    fill.side = side;
    fill.filled = filled;
    fill.notional = notional;
    fill.missed = missed;
    fill.timeMs = timeMs;
    fill.isForced = isForced;
    fill.isMaker = isMaker;
    this.#onFill(fill);
  }
}

function leverageOf({ settings }: { readonly settings: { readonly leverage: number } }): number {
  return settings.leverage;
}

/** The first of rising times after one. */
export function firstAfter(times: Float64Array, timeMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
