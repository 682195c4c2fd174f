/** Several venues' markets, live: the arbitrage env, told of every book as it comes. */
import { joinSnapshots, type Snapshot } from '../../core/snapshot.ts';
import type { ArbitrageConfig } from '../../envs/arbitrage/config.ts';
import { ArbitrageEnv, type ArbitrageInfo } from '../../envs/arbitrage.ts';
import type { StepResult } from '../../envs/env.ts';
import type { Action, Box, Discrete } from '../../envs/spaces.ts';
import { netEdge } from '../../market/arbitrage/pair-plan.ts';
import type { DeskListener } from '../../market/arbitrage/venue-desk.ts';
import type { BookTape, Venue } from '../../market/books/tape.ts';
import { BookTapeBuilder } from '../../market/books/tape-builder.ts';
import type { BookLevels } from '../../market/execution/book-matcher.ts';
import type { LiveAccount, LiveMarket, Proposal } from './live-market.ts';

export interface ArbitrageLiveOptions extends DeskListener {
  readonly config: ArbitrageConfig;
  readonly venues: readonly Venue[];
  readonly depth: number;
  readonly seed: number;
}

/** Statistics run in on the first `warmupEvents` books; then the accounts are opened. */
export class ArbitrageLiveMarket implements LiveMarket {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete | Box;
  readonly actionMask?: () => Uint8Array;
  readonly numSources: number;
  readonly depth: number;
  readonly decidesBeforeEvents = false;
  readonly #config: ArbitrageConfig;
  readonly #env: ArbitrageEnv;
  readonly #hold: Action;
  readonly #flatten: number;
  /** The books before the accounts are open. */
  #warmup: BookTapeBuilder | undefined;
  readonly #seen: Set<number> = new Set();
  #result: StepResult<ArbitrageInfo> | undefined;
  #nextDecisionMs = Number.NaN;

  /** @throws ConfigError for settings that do not fit each other or the venues */
  constructor({ config, venues, depth, seed, ...listener }: ArbitrageLiveOptions) {
    this.#config = config;
    this.#warmup = new BookTapeBuilder({ venues, depth, policy: 'reject' });
    this.#env = new ArbitrageEnv({
      books: emptyTape(venues, depth),
      isLive: true,
      seed,
      config,
      ...listener,
    });
    this.observationSpace = this.#env.observationSpace;
    this.actionSpace = this.#env.actionSpace;
    this.actionMask = this.#env.actionMask;
    this.numSources = venues.length;
    this.depth = depth;
    this.#hold = this.actionSpace.kind === 'box' ? new Float32Array(this.actionSpace.dim) : 0;
    this.#flatten = this.#env.choices.findIndex(({ kind }) => kind === 'flatten');
  }

  get nextDecisionMs(): number {
    return this.#nextDecisionMs;
  }

  get account(): LiveAccount {
    const { market } = this.#env;
    const { initialEquity } = this.#config;
    if (this.#warmup !== undefined) {
      return { equity: initialEquity, initialEquity, exposure: 0, numFills: 0, numOrders: 0 };
    }
    const { equity } = market;
    return {
      equity,
      initialEquity,
      exposure: equity > 0 ? (market.exposure * market.observer.midOf(0)) / equity : 0,
      numFills: market.orders.counts.traded,
      numOrders: market.desk.numUnderWay,
    };
  }

  takeBook(source: number, levels: BookLevels, offset: number, timeMs: number): void {
    const { decisionMs, warmupEvents } = this.#config;
    if (this.#warmup === undefined) {
      this.#env.market.takeBook(source, levels, offset, timeMs);
      if (decisionMs === 0) {
        this.#env.market.settleNow();
        this.#nextDecisionMs = timeMs;
      }
      return;
    }
    if (!this.#warmup.append(source, timeMs, Number.NaN, levels, offset)) return;
    this.#seen.add(source);
    if (this.#warmup.length < warmupEvents || this.#seen.size < this.numSources) return;
    this.#result = this.#env.openOn(this.#warmup.build());
    this.#warmup = undefined;
    this.#nextDecisionMs = timeMs;
  }

  takeTrade(): void {}

  setDown(source: number, isDown: boolean): void {
    this.#env.market.desk.venues[source].matcher.isDown = isDown;
  }

  decide(): StepResult<ArbitrageInfo> | undefined {
    const { decisionMs } = this.#config;
    if (this.#result === undefined) {
      if (decisionMs > 0) this.#env.market.settle(this.#nextDecisionMs);
      this.#advanceClock();
      return this.#env.finish();
    }
    const first = this.#result;
    this.#result = undefined;
    this.#advanceClock();
    return first;
  }

  propose(action: Action): Proposal {
    const { market, choices } = this.#env;
    const { exposure, equity } = this.account;
    if (typeof action !== 'number') {
      const largest = market.sizes[market.sizes.length - 1] * market.observer.midOf(0);
      let parts = 0;
      for (const part of action) parts += Math.abs(part);
      const notional = parts * largest;
      return { exposure, notional, increasesRisk: true, edgeBps: Number.NaN };
    }
    const choice = choices[action];
    if (choice.kind === 'flatten') {
      const notional = Math.abs(exposure) * equity;
      return { exposure: 0, notional, increasesRisk: false, edgeBps: Number.NaN };
    }
    if (choice.kind !== 'trade') {
      return { exposure, notional: 0, increasesRisk: false, edgeBps: Number.NaN };
    }
    const { buy, sell, sizeIndex } = choice;
    const { venues, takerFees } = market.desk;
    const ask = venues[buy].matcher.bestPrice(1);
    const bid = venues[sell].matcher.bestPrice(-1);
    return {
      exposure,
      notional: market.sizes[sizeIndex] * ask,
      increasesRisk: true,
      edgeBps: netEdge(ask, bid, takerFees[buy], takerFees[sell]) * 1e4,
    };
  }

  begin(action: Action): void {
    this.#env.begin(action);
  }

  hold(): Action {
    this.#env.begin(this.#hold);
    return this.#hold;
  }

  flatten(): Action {
    const { market } = this.#env;
    const isDiscrete = this.actionSpace.kind === 'discrete' && market.flattenVenue() >= 0;
    const action = isDiscrete ? this.#flatten : this.#hold;
    this.#env.begin(action);
    // No continuous action says it.
    if (this.actionSpace.kind === 'box') market.flatten();
    return action;
  }

  get isFlat(): boolean {
    return this.account.numOrders === 0 && this.#env.market.flattenVenue() < 0;
  }

  describe(): { [key: string]: number } {
    const { accounts } = this.#env;
    const { counts } = this.#env.market.orders;
    const balances = Array.from({ length: this.numSources }, (_, v) => [
      [`base ${v}`, accounts.base[v]],
      [`quote ${v}`, accounts.quote[v]],
    ]);
    return {
      ...Object.fromEntries(balances.flat()),
      sent: counts.sent,
      traded: counts.traded,
      legFailures: counts.legFailures,
      fees: accounts.fees[0],
    };
  }

  save(): Snapshot {
    const isOpen = Number(this.#warmup === undefined);
    const nextDecisionMs = Number.isFinite(this.#nextDecisionMs) ? this.#nextDecisionMs : null;
    return joinSnapshots({
      own: { arrays: {}, values: { isOpen, nextDecisionMs } },
      env: this.#env.save(),
    });
  }

  #advanceClock(): void {
    const { decisionMs } = this.#config;
    this.#nextDecisionMs = decisionMs === 0 ? Infinity : this.#nextDecisionMs + decisionMs;
  }
}

function emptyTape(venues: readonly Venue[], depth: number): BookTape {
  const none = new Float64Array(0);
  return {
    venues,
    depth,
    length: 0,
    timeMs: none,
    exchangeTimeMs: none,
    venue: new Uint8Array(0),
    bidPrices: none,
    bidSizes: none,
    askPrices: none,
    askSizes: none,
  };
}
