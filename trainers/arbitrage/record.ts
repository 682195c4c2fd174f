/** Records one pass of arbitrage: balances and edge at every decision, each leg, and what each pair of legs earned. */
import { perVenue } from '../../envs/arbitrage/config.ts';
import type { ArbitrageInfo } from '../../envs/arbitrage/trader.ts';
import type { ArbitrageEnv } from '../../envs/arbitrage.ts';
import type { ActionBatch } from '../../envs/spaces.ts';
import type { DeskListener, LegReport, SentLeg } from '../../market/arbitrage/venue-desk.ts';

// T: decisions and the state before the first. V: venues.

/** One leg that filled. */
export interface RecordedLeg extends Readonly<LegReport> {
  /** Number of the pair it belongs to, from 0; −1: of none, sent to close what was open. */
  readonly pair: number;
}

/** Two legs sent together, and what was sent after them for a leg that was missing. */
export interface RecordedPair {
  readonly buyVenue: number;
  readonly sellVenue: number;
  /** When the legs were sent, and when the last of them met its book. */
  readonly sentMs: number;
  readonly endMs: number;
  /** Base units, over all its legs. */
  readonly bought: number;
  readonly sold: number;
  /** Mean prices; NaN where nothing filled. */
  readonly buyPrice: number;
  readonly sellPrice: number;
  readonly fees: number;
  /** Quote units: received less paid, fees paid, and what did not match valued at the mid of its last leg. */
  readonly profit: number;
}

export interface ArbitrageRecord {
  readonly venues: readonly string[];
  /** [T] */
  readonly timeMs: Float64Array;
  /** [T] quote units, at liquidation value */
  readonly equity: Float64Array;
  /** [T] base units above or below those of the beginning */
  readonly exposure: Float64Array;
  /** [T] the largest net edge of buying at one venue and selling at another, fees paid, bp; NaN without books */
  readonly edgeBps: Float64Array;
  /** [T][V] */
  readonly base: readonly Float64Array[];
  readonly quote: readonly Float64Array[];
  /** [T] of the step that ended there; 0 before the first */
  readonly rewards: Float64Array;
  /** [T] the number of a choice; NaN before the first, and for several numbers at once */
  readonly actions: Float64Array;
  readonly legs: readonly RecordedLeg[];
  readonly pairs: readonly RecordedPair[];
  /** What the equity gained beside the pairs: balances valued anew, and legs of no pair. Profits and this sum to its change. */
  readonly inventoryProfit: number;
}

/** Hands an env its listener before it is made, then takes its steps. */
export class ArbitrageRecorder {
  readonly #rows = {
    timeMs: [] as number[],
    equity: [] as number[],
    exposure: [] as number[],
    edgeBps: [] as number[],
    rewards: [] as number[],
    actions: [] as number[],
  };
  readonly #balances: { readonly base: number[]; readonly quote: number[] }[] = [];
  readonly #legs: RecordedLeg[] = [];
  readonly #pairs: {
    buyVenue: number;
    sellVenue: number;
    sentMs: number;
    endMs: number;
    sides: [number, number, number, number];
    fees: number;
    mid: number;
  }[] = [];
  /** Numbers of pairs by the tag that the desk sends their legs under, which later pairs take over. */
  readonly #open = new Map<number, number>();
  /** Since the last decision. */
  #hasReported = false;
  #env: ArbitrageEnv | undefined;

  readonly listener: DeskListener = {
    onSend: (order) => this.#send(order),
    onReport: (report) => this.#report(report),
  };

  begin(env: ArbitrageEnv): void {
    this.#env = env;
    for (const _ of env.accounts.base) this.#balances.push({ base: [], quote: [] });
  }

  take({ timeMs, equity, exposure }: ArbitrageInfo, reward: number, action: ActionBatch | undefined): void {
    const env = this.#env!;
    const rows = this.#rows;
    this.#hasReported = false;
    rows.timeMs.push(timeMs);
    rows.equity.push(equity);
    rows.exposure.push(exposure);
    rows.edgeBps.push(largestEdgeBps(env));
    rows.rewards.push(reward);
    rows.actions.push(action?.length === 1 ? action[0] : Number.NaN);
    this.#balances.forEach(({ base, quote }, v) => {
      base.push(env.accounts.base[v]);
      quote.push(env.accounts.quote[v]);
    });
  }

  record(): ArbitrageRecord {
    const columns = Object.fromEntries(
      Object.entries(this.#rows).map(([name, values]) => [name, Float64Array.from(values)]),
    ) as Record<'timeMs' | 'equity' | 'exposure' | 'edgeBps' | 'rewards' | 'actions', Float64Array>;
    const pairs = this.#pairs.map(({ sides: [bought, paid, sold, received], fees, mid, ...pair }) => ({
      ...pair,
      bought,
      sold,
      buyPrice: paid / bought,
      sellPrice: received / sold,
      fees,
      profit: received - paid - fees + (bought === sold ? 0 : (bought - sold) * mid),
    }));
    const { equity } = columns;
    const gained = equity[equity.length - 1] - equity[0];
    return {
      venues: this.#env!.market.tape.venues.map(({ name }) => name),
      ...columns,
      base: this.#balances.map(({ base }) => Float64Array.from(base)),
      quote: this.#balances.map(({ quote }) => Float64Array.from(quote)),
      legs: this.#legs,
      pairs,
      inventoryProfit: pairs.reduce((rest, { profit }) => rest - profit, gained),
    };
  }

  #send({ tag, venue, side, timeMs }: Readonly<SentLeg>): void {
    // Decisions send pairs, the buyer's leg first; reports send what was missing of their own pair.
    if (tag < 0 || this.#hasReported) return;
    if (side === -1) {
      this.#pairs[this.#open.get(tag)!].sellVenue = venue;
      return;
    }
    this.#open.set(tag, this.#pairs.length);
    this.#pairs.push({
      buyVenue: venue,
      sellVenue: -1,
      sentMs: timeMs,
      endMs: timeMs,
      sides: [0, 0, 0, 0],
      fees: 0,
      mid: 0,
    });
  }

  #report(report: Readonly<LegReport>): void {
    const { tag, side, filled, notional, fee, mid, timeMs } = report;
    this.#hasReported = true;
    const index = tag < 0 ? undefined : this.#open.get(tag);
    if (index !== undefined) {
      const pair = this.#pairs[index];
      pair.endMs = timeMs;
      pair.sides[side === 1 ? 0 : 2] += filled;
      pair.sides[side === 1 ? 1 : 3] += notional;
      pair.fees += fee;
      if (mid > 0) pair.mid = mid;
    }
    if (filled > 0) this.#legs.push({ ...report, pair: index ?? -1 });
  }
}

function largestEdgeBps({ market, config }: ArbitrageEnv): number {
  const { venues } = market.desk;
  const fees = perVenue(config.takerFeeRates, venues.length);
  let largest = Number.NaN;
  for (let buy = 0; buy < venues.length; buy++) {
    const ask = venues[buy].matcher.bestPrice(1);
    for (let sell = 0; sell < venues.length; sell++) {
      const bid = venues[sell].matcher.bestPrice(-1);
      if (buy === sell || !(ask > 0 && bid > 0)) continue;
      const edge = ((bid * (1 - fees[sell])) / (ask * (1 + fees[buy])) - 1) * 1e4;
      if (!(edge <= largest)) largest = edge;
    }
  }
  return largest;
}
