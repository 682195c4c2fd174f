/** Trades at several venues live: an arbitrage trader that is handed every book as it comes. */
import { createRng } from '../../core/rng.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import { type ArbitrageConfig, requireFitting } from '../../envs/arbitrage/config.ts';
import { type ArbitrageInfo, ArbitrageTrader } from '../../envs/arbitrage/trader.ts';
import type { StepResult } from '../../envs/env.ts';
import { builtInParts, completeParts, type EnvParts } from '../../envs/parts.ts';
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
  /** What the configuration may name; absent: what comes with the framework. */
  readonly parts?: EnvParts;
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
  readonly #trader: ArbitrageTrader;
  /** Streams that an env would draw episodes and tapes from. A session draws nothing: see `save`. */
  readonly #streams: Readonly<Record<'rng' | 'tapeRng' | 'tape', Snapshot>>;
  readonly #venues: readonly Venue[];
  readonly #hold: Action;
  readonly #flatten: number;
  /** The books before the accounts are open. */
  #warmup: BookTapeBuilder | undefined;
  readonly #seen: Set<number> = new Set();
  #result: StepResult<ArbitrageInfo> | undefined;
  #nextDecisionMs = Number.NaN;

  /** @throws ConfigError for settings that do not fit each other or the venues */
  constructor({ config, venues, depth, seed, parts = builtInParts, ...listener }: ArbitrageLiveOptions) {
    this.#config = config;
    this.#venues = venues;
    this.#warmup = new BookTapeBuilder({ venues, depth, policy: 'reject' });
    const rng = createRng(seed);
    const tapeState = rng.fork('books').save();
    this.#streams = { rng: rng.save(), tapeRng: tapeState, tape: tapeState };
    requireFitting(config, venues);
    this.#trader = new ArbitrageTrader({
      tape: emptyTape(venues, depth),
      config: completeParts(config, parts),
      rng,
      parts,
      listener,
    });
    this.observationSpace = this.#trader.observationSpace;
    this.actionSpace = this.#trader.actionSpace;
    this.actionMask = this.#trader.actionMask;
    this.numSources = venues.length;
    this.depth = depth;
    this.#hold = this.actionSpace.kind === 'box' ? new Float32Array(this.actionSpace.dim) : 0;
    this.#flatten = this.#trader.choices.findIndex(({ kind }) => kind === 'flatten');
  }

  get nextDecisionMs(): number {
    return this.#nextDecisionMs;
  }

  get account(): LiveAccount {
    const { market } = this.#trader;
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
      this.#trader.market.takeBook(source, levels, offset, timeMs);
      if (decisionMs === 0) {
        this.#trader.market.settleNow();
        this.#nextDecisionMs = timeMs;
      }
      return;
    }
    if (!this.#warmup.append(source, timeMs, Number.NaN, levels, offset)) return;
    this.#seen.add(source);
    if (this.#warmup.length < warmupEvents || this.#seen.size < this.numSources) return;
    const tape = this.#warmup.build();
    this.#result = this.#trader.open(tape, tape.length - 1);
    this.#warmup = undefined;
    this.#nextDecisionMs = timeMs;
  }

  takeTrade(): void {}

  loseBook(source: number): void {
    this.#trader.market.desk.venues[source].matcher.loseBook();
  }

  decide(): StepResult<ArbitrageInfo> | undefined {
    const { decisionMs } = this.#config;
    if (this.#result === undefined) {
      if (decisionMs > 0) this.#trader.market.settle(this.#nextDecisionMs);
      this.#advanceClock();
      return this.#trader.finish();
    }
    const first = this.#result;
    this.#result = undefined;
    this.#advanceClock();
    return first;
  }

  numDueBy(timeMs: number): number {
    const { decisionMs } = this.#config;
    if (decisionMs === 0 || !(timeMs >= this.#nextDecisionMs)) return 0;
    return Math.floor((timeMs - this.#nextDecisionMs) / decisionMs) + 1;
  }

  skipTo(timeMs: number): void {
    const numDue = this.numDueBy(timeMs);
    if (numDue > 0) this.#nextDecisionMs += numDue * this.#config.decisionMs;
  }

  propose(action: Action): Proposal {
    const { market, choices } = this.#trader;
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
    this.#trader.begin(action);
  }

  hold(): Action {
    this.#trader.begin(this.#hold);
    return this.#hold;
  }

  flatten(): Action {
    const { market } = this.#trader;
    const isDiscrete = this.actionSpace.kind === 'discrete' && market.flattenVenue() >= 0;
    const action = isDiscrete ? this.#flatten : this.#hold;
    this.#trader.begin(action);
    // No continuous action says it.
    if (this.actionSpace.kind === 'box') market.flatten();
    return action;
  }

  get isFlat(): boolean {
    return this.account.numOrders === 0 && this.#trader.market.flattenVenue() < 0;
  }

  midOf(source: number): number {
    return this.#warmup === undefined ? this.#trader.market.observer.midOf(source) : Number.NaN;
  }

  netEdgeBps(): number {
    const { venues, takerFees } = this.#trader.market.desk;
    let best = Number.NEGATIVE_INFINITY;
    for (const [buy, { matcher }] of venues.entries()) {
      const ask = matcher.bestPrice(1);
      if (!(ask > 0)) continue;
      for (const [sell, other] of venues.entries()) {
        const bid = other.matcher.bestPrice(-1);
        if (sell === buy || !(bid > 0)) continue;
        best = Math.max(best, netEdge(ask, bid, takerFees[buy], takerFees[sell]));
      }
    }
    return best * 1e4;
  }

  describe(): { [key: string]: number } {
    const { market } = this.#trader;
    const { accounts } = market.desk;
    const { counts } = market.orders;
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

  /** The keys are those of an arbitrage env: hashes on older tapes are of them. */
  save(): Snapshot {
    const { market, result } = this.#trader;
    const { transfers, refused } = result.info;
    const isOpen = this.#warmup === undefined;
    const nextDecisionMs = Number.isFinite(this.#nextDecisionMs) ? this.#nextDecisionMs : null;
    const env = {
      row: market.row,
      endRow: isOpen ? null : 0,
      nextStart: 0,
      running: isOpen && !result.terminated,
      transfers,
      refused,
    };
    return joinSnapshots({
      own: { arrays: {}, values: { isOpen: Number(isOpen), nextDecisionMs } },
      env: joinSnapshots({ env: { arrays: {}, values: env }, market: market.save(), ...this.#streams }),
    });
  }

  checkpoint(): Snapshot | undefined {
    // The books of the warm-up are few, and soon over.
    if (this.#warmup !== undefined || this.#result !== undefined) return undefined;
    const flags = this.#trader.market.desk.venues.map(({ matcher: { isDown, isLost } }) => [isDown, isLost]);
    return joinSnapshots({
      whole: this.save(),
      step: this.#trader.saveStep(),
      flags: { arrays: {}, values: { flags } },
    });
  }

  restore(snapshot: Snapshot): void {
    const whole = snapshotPart(snapshot, 'whole');
    const env = snapshotPart(whole, 'env');
    const { market } = this.#trader;
    const { nextDecisionMs } = snapshotPart(whole, 'own').values;
    this.#warmup = undefined;
    const tape = emptyTape(this.#venues, this.depth);
    market.restore(snapshotPart(env, 'market'), tape, restoreNumber(env, 'env/row'));
    this.#trader.loadStep(snapshotPart(snapshot, 'step'));
    this.#nextDecisionMs = nextDecisionMs === null ? Infinity : Number(nextDecisionMs);
    const flags = snapshot.values['flags/flags'] as [boolean, boolean][];
    for (const [v, { matcher }] of market.desk.venues.entries()) {
      matcher.isDown = flags[v][0];
      if (flags[v][1]) matcher.loseBook();
    }
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
