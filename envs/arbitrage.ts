/** Trading one thing at several venues: buy where it is cheap, sell where it is dear, and live with what goes wrong. */
import { type ConfigOverrides, resolveConfig } from '../core/config.ts';
import { DOUBLE_ZERO } from '../core/doubles.ts';
import { EnvError } from '../core/errors.ts';
import { createRng, type Rng } from '../core/rng.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../core/snapshot.ts';
import type { VenueAccounts } from '../market/arbitrage/venue-accounts.ts';
import type { DeskListener } from '../market/arbitrage/venue-desk.ts';
import type { BookTape } from '../market/books/tape.ts';
import { formatTime } from '../market/candles/timestamps.ts';
import {
  type ArbitrageAction,
  continuousSpace,
  discreteSpace,
  listActions,
  orderedPairs,
} from './arbitrage/actions.ts';
import {
  type ArbitrageConfig,
  type ArbitrageRange,
  arbitrageConfig,
  planArbitrage,
  requireFitting,
} from './arbitrage/config.ts';
import { ArbitrageMarket } from './arbitrage/market.ts';
import { syntheticBooks } from './arbitrage/synthetic.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import { builtInParts, completeParts, type EnvParts } from './parts.ts';
import type { Action, Box, Discrete } from './spaces.ts';

/** The state after a step, for those who judge. Counts and sums since the episode's beginning. */
export interface ArbitrageInfo {
  /** Time of the decision that comes next, UTC epoch. */
  timeMs: number;
  /** The last event seen. */
  row: number;
  /** Capital at liquidation value, quote units. */
  equity: number;
  /** (equity − capital at the beginning) / capital at the beginning, basis points. */
  profitBps: number;
  /** Base units held above or below those of the beginning. */
  exposure: number;
  /** Trades sent, traded, won, with unequal legs. */
  sent: number;
  traded: number;
  won: number;
  legFailures: number;
  /** What legs of equal size earned, fees paid, quote units. */
  matchedProfit: number;
  /** Quote units traded over all legs. */
  notional: number;
  /** Fees of trades, quote units. */
  fees: number;
  /** Transfers begun. */
  transfers: number;
  /** Actions that balances or limits did not allow; nothing was done. */
  refused: number;
}

export interface ArbitrageEnvOptions extends DeskListener {
  /** The books; or what makes new ones for every episode, from a stream of the env's own. */
  books: BookTape | ((rng: Rng) => BookTape);
  /** Default 0. */
  seed?: number;
  config?: ConfigOverrides<typeof arbitrageConfig>;
  /**
   * The books are still to come, and have no end: the tape tells venues and depth alone, and `openOn` takes the place of
   * `reset`, `begin` and `finish` that of `step`.
   */
  isLive?: boolean;
  /** What the configuration may name; absent: what comes with the framework. */
  parts?: EnvParts;
}

/** Continuous actions below this hold. */
const DEAD_ZONE = 0.05;
const SECOND_MS = 1000;
const EQUITY = 0;
const TIME = 1;
const ENDLESS: ArbitrageRange = { firstRow: 0, lastRow: Infinity, episodeEvents: Infinity };

/**
 * Observation: see `ArbitrageObserver`. Discrete action: the number of a choice; `actionSpace.names` says which.
 * Continuous action [V·(V − 1)/2]: a part of the largest size per pair of venues; positive buys at the first.
 * Reward: change of the equity, basis points of the capital at the beginning, less the inventory penalty.
 * `terminated` when the equity is used up; `truncated` after `episodeEvents` or at the end of the range.
 *
 * Both legs of a trade leave at the decision, travel each for its own latency, and meet the book that is there then.
 */
export class ArbitrageEnv implements Env<ArbitrageInfo> {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete | Box;
  readonly config: ArbitrageConfig;
  /** Which choices balances and limits allow; absent for continuous actions. */
  readonly actionMask?: () => Uint8Array;
  readonly #source: ArbitrageEnvOptions['books'];
  readonly #actions: readonly ArbitrageAction[];
  readonly #mask: Uint8Array; // [number of choices]
  readonly #pairs: readonly (readonly [number, number])[]; // unordered
  readonly #market: ArbitrageMarket;
  readonly #info: ArbitrageInfo;
  readonly #result: StepResult<ArbitrageInfo>;
  #range: ArbitrageRange;
  #rng: Rng;
  /** Makes the tapes, where there is a source. */
  #tapeRng: Rng;
  /** The state of `#tapeRng` that the present tape came from. */
  #tapeState: Snapshot;
  #nextStart: number;
  #endRow = 0;
  #running = false;
  /** Equity and time at the step's begin. */
  readonly #before = new Float64Array(2);

  /** @throws ConfigError for settings that are out of range or do not fit the books */
  constructor({
    books,
    seed = 0,
    config = {},
    isLive = false,
    parts = builtInParts,
    ...listener
  }: ArbitrageEnvOptions) {
    this.config = completeParts(resolveConfig(arbitrageConfig, config, 'env "arbitrage"'), parts);
    this.#source = books;
    this.#rng = createRng(seed);
    this.#tapeRng = this.#rng.fork('books');
    this.#tapeState = this.#tapeRng.save();
    // A source is asked once to learn its venues; the first episode begins with the same draws.
    const tape = typeof books === 'function' ? books(this.#rng.fork('books')) : books;
    if (isLive) requireFitting(this.config, tape.venues);
    this.#range = isLive ? ENDLESS : planArbitrage(this.config, tape);
    this.#nextStart = this.#range.firstRow;
    this.#market = new ArbitrageMarket(tape, this.config, this.#rng, listener, parts);
    this.observationSpace = this.#market.observer.space;
    const { venues } = tape;
    this.#actions = listActions(venues.length, this.config.sizes.length, this.config.transfers);
    this.#pairs = orderedPairs(venues.length).filter(([i, j]) => i < j);
    const isDiscrete = this.config.actions === 'discrete';
    this.actionSpace = isDiscrete ? discreteSpace(venues, this.#actions) : continuousSpace(venues);
    this.#mask = new Uint8Array(this.#actions.length);
    if (isDiscrete) this.actionMask = () => this.#updateMask();
    this.#info = {
      timeMs: DOUBLE_ZERO,
      row: 0,
      equity: DOUBLE_ZERO,
      profitBps: DOUBLE_ZERO,
      exposure: DOUBLE_ZERO,
      sent: 0,
      traded: 0,
      won: 0,
      legFailures: 0,
      matchedProfit: DOUBLE_ZERO,
      notional: DOUBLE_ZERO,
      fees: DOUBLE_ZERO,
      transfers: 0,
      refused: 0,
    };
    this.#result = {
      observation: this.#market.observer.observation,
      reward: DOUBLE_ZERO,
      terminated: false,
      truncated: false,
      info: this.#info,
    };
  }

  /** What the choices of the discrete space stand for, in order. */
  get choices(): readonly ArbitrageAction[] {
    return this.#actions;
  }

  /** The market, for who hands it its events himself, and for those who judge. */
  get market(): ArbitrageMarket {
    return this.#market;
  }

  /** The balances, for those who judge; not to be written to. */
  get accounts(): VenueAccounts {
    return this.#market.desk.accounts;
  }

  reset(options?: ResetOptions): ResetResult<ArbitrageInfo> {
    if (options?.seed !== undefined) {
      this.#rng = createRng(options.seed);
      this.#tapeRng = this.#rng.fork('books');
      this.#market.reseed(this.#rng);
      this.#nextStart = this.#range.firstRow;
    }
    let { tape } = this.#market;
    if (typeof this.#source === 'function') {
      this.#tapeState = this.#tapeRng.save();
      tape = this.#source(this.#tapeRng);
      this.#range = planArbitrage(this.config, tape);
      this.#nextStart = this.#range.firstRow;
    }
    const { firstRow, lastRow, episodeEvents } = this.#range;
    const start =
      this.config.episodeStart === 'random'
        ? firstRow + this.#rng.integer(lastRow - episodeEvents - firstRow + 1)
        : this.#nextStart;
    this.#endRow = Math.min(start + episodeEvents, lastRow);
    this.#nextStart = this.#endRow < lastRow ? this.#endRow : firstRow;
    this.#market.begin(tape, start);
    this.#info.transfers = 0;
    this.#info.refused = 0;
    this.#running = true;
    this.#observe();
    return this.#result;
  }

  /** Opens the accounts at the last event of a tape; every event after it is handed to the market. */
  openOn(tape: BookTape): StepResult<ArbitrageInfo> {
    this.#endRow = Infinity;
    this.#market.begin(tape, tape.length - 1);
    this.#info.transfers = 0;
    this.#info.refused = 0;
    this.#running = true;
    this.#observe();
    this.#result.reward = 0;
    return this.#result;
  }

  /** @throws EnvError `invalid-action` naming the event, `not-running` before a reset or after an episode's end */
  step(action: Action): StepResult<ArbitrageInfo> {
    if (!this.#running) {
      throw new EnvError(
        'not-running',
        'The arbitrage env was stepped outside an episode: call reset first.',
      );
    }
    this.begin(action);
    this.#market.advance();
    return this.finish();
  }

  /**
   * The first part of a step, for who hands the market its events himself: acts at the present moment.
   * @throws EnvError `invalid-action` naming the event
   */
  begin(action: Action): void {
    this.#before[EQUITY] = this.#market.equity;
    this.#before[TIME] = this.#market.nowMs;
    if (action !== 0) this.#act(action);
  }

  /** The last part of a step: what became of it by the present moment. */
  finish(): StepResult<ArbitrageInfo> {
    const market = this.#market;
    const result = this.#result;
    this.#observe();
    const { initialEquity, inventoryPenaltyBps } = this.config;
    result.reward = ((market.equity - this.#before[EQUITY]) / initialEquity) * 1e4;
    if (inventoryPenaltyBps > 0 && market.exposure !== 0) {
      const value = Math.abs(market.exposure) * market.observer.midOf(0);
      const seconds = (market.nowMs - this.#before[TIME]) / SECOND_MS;
      result.reward -= inventoryPenaltyBps * (value / initialEquity) * seconds;
    }
    result.terminated = !(market.equity > 0);
    result.truncated = !result.terminated && market.row >= this.#endRow;
    this.#running = !result.terminated && !result.truncated;
    return result;
  }

  render(): string {
    const { timeMs, row, equity, exposure, traded } = this.#info;
    return (
      `${formatTime(timeMs)} event ${row} equity ${equity.toFixed(2)} open ${exposure.toFixed(6)} ` +
      `trades ${traded}`
    );
  }

  save(): Snapshot {
    const values = {
      row: this.#market.row,
      endRow: Number.isFinite(this.#endRow) ? this.#endRow : null,
      nextStart: this.#nextStart,
      running: this.#running,
      transfers: this.#info.transfers,
      refused: this.#info.refused,
    };
    return joinSnapshots({
      env: { arrays: {}, values },
      market: this.#market.save(),
      rng: this.#rng.save(),
      tapeRng: this.#tapeRng.save(),
      tape: this.#tapeState,
    });
  }

  load(snapshot: Snapshot): void {
    this.#rng.load(snapshotPart(snapshot, 'rng'));
    let { tape } = this.#market;
    this.#tapeState = snapshotPart(snapshot, 'tape');
    if (typeof this.#source === 'function') {
      this.#tapeRng.load(this.#tapeState);
      tape = this.#source(this.#tapeRng);
      this.#range = planArbitrage(this.config, tape);
    }
    this.#tapeRng.load(snapshotPart(snapshot, 'tapeRng'));
    this.#market.restore(snapshotPart(snapshot, 'market'), tape, restoreNumber(snapshot, 'env/row'));
    this.#endRow = snapshot.values['env/endRow'] === null ? Infinity : restoreNumber(snapshot, 'env/endRow');
    this.#nextStart = restoreNumber(snapshot, 'env/nextStart');
    this.#info.transfers = restoreNumber(snapshot, 'env/transfers');
    this.#info.refused = restoreNumber(snapshot, 'env/refused');
    this.#running = snapshot.values['env/running'] === true;
    // Before the first reset there is nothing to see yet.
    if (this.#endRow > 0) this.#observe();
  }

  #act(action: Action): void {
    if (this.config.actions === 'continuous') {
      this.#actContinuously(action);
      return;
    }
    const choice = typeof action === 'number' ? this.#actions[action] : undefined;
    if (choice === undefined) throw this.#invalidAction(action);
    const market = this.#market;
    let isDone = true;
    if (choice.kind === 'trade')
      isDone = market.trade(choice.buy, choice.sell, market.sizes[choice.sizeIndex]);
    else if (choice.kind === 'flatten') isDone = market.flatten();
    else if (choice.kind !== 'hold') {
      isDone = market.move(choice.kind === 'move-base' ? 'base' : 'quote', choice.from, choice.to);
      if (isDone) this.#info.transfers++;
    }
    if (!isDone) this.#info.refused++;
  }

  #actContinuously(action: Action): void {
    const pairs = this.#pairs;
    if (typeof action === 'number' || action.length !== pairs.length) throw this.#invalidAction(action);
    for (let p = 0; p < pairs.length; p++) {
      if (Number.isNaN(action[p])) throw this.#invalidAction(action);
    }
    const market = this.#market;
    const largest = market.sizes[market.sizes.length - 1];
    for (let p = 0; p < pairs.length; p++) {
      const part = Math.min(Math.abs(action[p]), 1);
      if (part < DEAD_ZONE) continue;
      const [i, j] = pairs[p];
      const isDone = action[p] > 0 ? market.trade(i, j, part * largest) : market.trade(j, i, part * largest);
      if (!isDone) this.#info.refused++;
    }
  }

  #updateMask(): Uint8Array {
    const market = this.#market;
    const mask = this.#mask;
    const hasRoom = market.hasRoom();
    for (let a = 0; a < mask.length; a++) {
      const choice = this.#actions[a];
      if (choice.kind === 'trade') {
        // A size that the balance cuts down to the one below it is the same choice twice.
        const { buy, sell, sizeIndex } = choice;
        const below = sizeIndex === 0 ? 0 : market.sizes[sizeIndex - 1];
        mask[a] = hasRoom && market.tradable(buy, sell) > below ? 1 : 0;
      } else if (choice.kind === 'flatten') mask[a] = market.flattenVenue() >= 0 ? 1 : 0;
      else if (choice.kind === 'hold') mask[a] = 1;
      else {
        const asset = choice.kind === 'move-base' ? 'base' : 'quote';
        mask[a] = market.movable(asset, choice.from, choice.to) > 0 ? 1 : 0;
      }
    }
    return mask;
  }

  #observe(): void {
    const market = this.#market;
    const { counts, desk } = market.orders;
    const info = this.#info;
    market.observe();
    info.timeMs = market.nowMs;
    info.row = market.row;
    info.equity = market.equity;
    info.profitBps = (market.equity / this.config.initialEquity - 1) * 1e4;
    info.exposure = market.exposure;
    info.sent = counts.sent;
    info.traded = counts.traded;
    info.won = counts.won;
    info.legFailures = counts.legFailures;
    info.matchedProfit = counts.matchedProfit;
    info.notional = counts.notional;
    info.fees = desk.accounts.fees[0];
  }

  #invalidAction(action: Action): EnvError {
    const { actionSpace } = this;
    const expected =
      actionSpace.kind === 'discrete'
        ? `a whole number in [0, ${actionSpace.n})`
        : `${actionSpace.dim} numbers, none NaN, in a Float32Array`;
    return new EnvError(
      'invalid-action',
      `The arbitrage env got the action ${action} at event ${this.#market.row}; expected ${expected}.`,
    );
  }
}

export const arbitrage = defineEnv({
  name: 'arbitrage',
  description:
    'Several venues: buy where it is cheap, sell where it is dear, over real or synthetic order books',
  config: arbitrageConfig,
  needsBooks: true,
  create: ({ seed, books, parts }, config) =>
    new ArbitrageEnv({ books: books ?? syntheticBooks(), seed, config, parts }),
});
