/**
 * Trades a combination of markets live: spot against perpetual, two perpetuals, a thing in two countries, a circle. The env
 * itself steps over what was heard between two decisions, so that the simulator makes the same of a tape.
 */
import type { Json, Snapshot } from '../../core/snapshot.ts';
import { ComboEnv, type ComboInfo } from '../../envs/combo-arbitrage.ts';
import type { ComboConfig } from '../../envs/combos/config.ts';
import type { ComboKind } from '../../envs/combos/kinds.ts';
import type { StepResult } from '../../envs/env.ts';
import type { Action, Box, Discrete } from '../../envs/spaces.ts';
import type { LegFill } from '../../market/arbitrage/legs/desk.ts';
import type { Venue } from '../../market/books/tape.ts';
import type { BookLevels } from '../../market/execution/book-matcher.ts';
import type { LegTape } from '../../market/synthetic/leg-markets.ts';
import type { ContractEvent } from '../connection/venue.ts';
import { GrowingBooks, GrowingContracts } from './growing-legs.ts';
import type { LiveAccount, LiveMarket, Proposal } from './live-market.ts';

export interface ComboLiveOptions {
  readonly kind: ComboKind;
  readonly config: ComboConfig;
  /** In the order of the kind's markets. */
  readonly venues: readonly Venue[];
  readonly depth: number;
  readonly seed: number;
  readonly onFill?: (fill: Readonly<LegFill>) => void;
  /** Rows or messages after which the first of them are forgotten; default 8192. */
  readonly forgetFrom?: number;
}

const FORGET_FROM = 8192;
/** Rows that stay: books of one instant are counted back. */
const KEPT = 64;

export class ComboLiveMarket implements LiveMarket {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete;
  readonly actionMask: () => Uint8Array;
  readonly numSources: number;
  readonly depth: number;
  readonly decidesBeforeEvents = false;
  readonly #options: ComboLiveOptions;
  #books: GrowingBooks;
  #contracts: GrowingContracts | undefined;
  readonly #twoSided = new Set<number>();
  /** On books that were made up, for the spaces; replaced when the accounts are opened. */
  #env: ComboEnv;
  #isOpen = false;
  #first: StepResult<ComboInfo> | undefined;
  /** What the step under way began with. */
  #action = 0;
  #nextDecisionMs = Number.NaN;

  /** @throws ConfigError for settings that do not fit each other or the venues */
  constructor(options: ComboLiveOptions) {
    const { kind, config, venues, depth } = options;
    this.#options = options;
    this.#books = new GrowingBooks(venues, depth);
    const hasFunding =
      config.funding !== 'none' && kind.markets.some((market) => market.kind === 'linear-perpetual');
    this.#contracts = hasFunding ? new GrowingContracts() : undefined;
    this.#env = this.#createEnv(madeUpBooks(venues, depth));
    this.observationSpace = this.#env.observationSpace;
    this.actionSpace = this.#env.actionSpace;
    this.actionMask = () => this.#env.actionMask();
    this.numSources = venues.length;
    this.depth = depth;
  }

  get nextDecisionMs(): number {
    return this.#nextDecisionMs;
  }

  /** As it was at the last decision. */
  get account(): LiveAccount {
    const { initialEquity } = this.#options.config;
    if (!this.#isOpen)
      return { equity: initialEquity, initialEquity, exposure: 0, numFills: 0, numOrders: 0 };
    const { market } = this.#env;
    const { equity, values, desk } = market;
    let largest = 0;
    for (let k = 1; k < values.length; k++) {
      const value = market.exposure(k) * values[k];
      if (Math.abs(value) > Math.abs(largest)) largest = value;
    }
    return {
      equity,
      initialEquity,
      exposure: equity > 0 ? largest / equity : 0,
      numFills: this.#numFills,
      numOrders: desk.numUnderWay,
    };
  }

  takeBook(source: number, levels: BookLevels, offset: number, timeMs: number): void {
    this.#append(source, timeMs, levels, offset);
    if (levels.bidPrices[offset] > 0 && levels.askPrices[offset] > 0) this.#twoSided.add(source);
    const { warmupEvents } = this.#options.config;
    if (this.#isOpen || this.#books.length < warmupEvents || this.#twoSided.size < this.numSources) return;
    this.#env = this.#createEnv(this.#books);
    this.#isOpen = true;
    this.#first = this.#env.reset() as StepResult<ComboInfo>;
    this.#nextDecisionMs = timeMs;
  }

  takeTrade(): void {}

  takeContract(source: number, contract: ContractEvent, timeMs: number): void {
    this.#contracts?.append(source, timeMs, this.#books, contract);
  }

  isInformed(): boolean {
    return !this.#isOpen || this.#env.market.isFundingKnown(this.#options.config.staleMs);
  }

  /** From here on its book is empty, until the next comes. */
  loseBook(source: number): void {
    if (!this.#isOpen) return;
    this.#append(source, this.#books.timeMs[this.#books.length - 1], undefined, 0);
  }

  decide(): StepResult<ComboInfo> | undefined {
    const { decisionMs } = this.#options.config;
    if (decisionMs > 0) this.#nextDecisionMs += decisionMs;
    const first = this.#first;
    this.#first = undefined;
    let result = first;
    if (first === undefined) {
      result = this.#env.step(this.#action);
      this.#action = 0;
      this.#forget();
    }
    this.#awaitBooks();
    return result;
  }

  numDueBy(timeMs: number): number {
    const { decisionMs } = this.#options.config;
    if (decisionMs === 0 || !(timeMs >= this.#nextDecisionMs)) return 0;
    return Math.floor((timeMs - this.#nextDecisionMs) / decisionMs) + 1;
  }

  /** The decisions in between are none: the next step reaches to the first that is made. */
  skipTo(timeMs: number): void {
    const { decisionMs } = this.#options.config;
    const numDue = this.numDueBy(timeMs);
    if (numDue > 0) this.#first = undefined;
    for (let n = numDue; n > 0; n--) {
      this.#env.step(this.#action);
      this.#action = 0;
      this.#nextDecisionMs += decisionMs;
    }
  }

  propose(action: Action): Proposal {
    const { market, choices, config } = this.#env;
    const { exposure, equity } = this.account;
    const choice = choices[action as number];
    const none = { exposure, notional: 0, increasesRisk: false, edgeBps: Number.NaN };
    if (choice.kind === 'hold' || choice.kind === 'move') return none;
    if (choice.kind === 'flatten') return { ...none, exposure: 0, notional: Math.abs(exposure) * equity };
    const largest = config.sizes[config.sizes.length - 1] * config.initialEquity;
    if (choice.kind !== 'trade') return { ...none, notional: largest, increasesRisk: true };
    const { combo, direction, sizeIndex } = choice;
    const held = market.held(combo);
    return {
      exposure,
      notional: config.sizes[sizeIndex] * config.initialEquity,
      increasesRisk: held * direction >= 0,
      edgeBps: market.edges[2 * combo + (direction === 1 ? 0 : 1)] * 1e4,
    };
  }

  /** Nothing happens between a decision and what is heard next: the step is made when it ends. */
  begin(action: Action): void {
    this.#action = action as number;
  }

  hold(): Action {
    this.#action = 0;
    return 0;
  }

  flatten(): Action {
    this.#action = Math.max(
      0,
      this.#env.choices.findIndex(({ kind }) => kind === 'flatten'),
    );
    return this.#action;
  }

  get isFlat(): boolean {
    const { exposure, numOrders } = this.account;
    return exposure === 0 && numOrders === 0 && this.#action === 0;
  }

  midOf(source: number): number {
    return this.#isOpen ? this.#env.market.desk.mids[source] : Number.NaN;
  }

  netEdgeBps(): number {
    return Math.max(...this.#env.market.edges) * 1e4;
  }

  describe(): Json {
    const { plan, desk } = this.#env.market;
    const { amounts, positions } = desk.pockets;
    const { equity, funding, fees, traded, transfers, refused, legFailures, liquidations } =
      this.#env.market.equity === 0 ? ZERO : this.#infoOf();
    const balances = plan.pockets.map(({ exchange, currency, isMargin }, p) => [
      `${exchange} ${plan.currencies[currency]}${isMargin ? ' margin' : ''}`,
      amounts[p],
    ]);
    const contracts = plan.markets.flatMap(({ name, instrument }, m) =>
      instrument.isMargined ? [[`position ${name}`, positions[m]]] : [],
    );
    return {
      ...Object.fromEntries([...balances, ...contracts]),
      ...{ equity, funding, fees, traded, transfers, refused, legFailures, liquidations },
    };
  }

  save(): Snapshot {
    return this.#env.save();
  }

  /** Sessions of combinations are read from the beginning of their tapes. */
  checkpoint(): undefined {
    return undefined;
  }

  restore(): never {
    throw new Error('A session of combinations has no checkpoints.');
  }

  #numFills = 0;

  #infoOf(): ComboInfo {
    return this.#env.info;
  }

  #append(source: number, timeMs: number, levels: BookLevels | undefined, offset: number): void {
    this.#books.append(source, timeMs, levels, offset);
    if (this.#isOpen && this.#first === undefined) this.#awaitBooks();
  }

  /** Where no time is asked for, the next decision is due after a book of every market. */
  #awaitBooks(): void {
    if (this.#options.config.decisionMs > 0) return;
    const due = this.#env.market.row + this.numSources;
    this.#nextDecisionMs = due < this.#books.length ? this.#books.timeMs[due] : Infinity;
  }

  #createEnv(books: GrowingBooks): ComboEnv {
    const { kind, config, seed, onFill } = this.#options;
    return new ComboEnv({
      kind,
      markets: this.#tape(books),
      config: config as object,
      seed,
      isEndless: true,
      onFill: (fill) => {
        this.#numFills++;
        onFill?.(fill);
      },
    });
  }

  #tape(books: GrowingBooks): LegTape {
    const funding = this.#options.venues.map(() => undefined);
    return { books, funding, contracts: this.#contracts };
  }

  #forget(): void {
    const { market } = this.#env;
    const { forgetFrom = FORGET_FROM } = this.#options;
    const numRows = market.row + 1 >= forgetFrom ? market.row + 1 - KEPT : 0;
    const numMessages = market.numNews >= forgetFrom ? market.numNews : 0;
    if (numRows + numMessages === 0) return;
    if (numRows > 0) this.#books = this.#books.without(numRows);
    if (numMessages > 0) this.#contracts = this.#contracts?.without(numMessages);
    market.forget(numRows, numMessages, this.#tape(this.#books));
  }
}

const ZERO = {
  equity: 0,
  funding: 0,
  fees: 0,
  traded: 0,
  transfers: 0,
  refused: 0,
  legFailures: 0,
  liquidations: 0,
};

/** One book of each venue at a price of 1: what an env needs to say what it observes and may do. */
function madeUpBooks(venues: readonly Venue[], depth: number): GrowingBooks {
  const books = new GrowingBooks(venues, depth);
  const side = (price: number) => new Float64Array(depth).fill(price);
  const levels = { bidPrices: side(0.99), bidSizes: side(1), askPrices: side(1.01), askSizes: side(1) };
  for (const [venue] of venues.entries()) books.append(venue, 0, levels);
  return books;
}
