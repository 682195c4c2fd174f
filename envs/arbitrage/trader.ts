/** Trades at several venues, wherever their books come from: a tape or live feeds. */
import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { EnvError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { restoreArrayInto, restoreNumber, type Snapshot } from '../../core/snapshot.ts';
import type { DeskListener } from '../../market/arbitrage/venue-desk.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { StepResult } from '../env.ts';
import type { EnvParts } from '../parts.ts';
import type { Action, Box, Discrete } from '../spaces.ts';
import {
  type ArbitrageAction,
  continuousSpace,
  discreteSpace,
  listActions,
  orderedPairs,
} from './actions.ts';
import type { ArbitrageConfig } from './config.ts';
import { ArbitrageMarket } from './market.ts';

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

export interface ArbitrageTraderOptions {
  /** Venues and depth are its; its books come with `open`. */
  readonly tape: BookTape;
  readonly config: ArbitrageConfig;
  /** Decides latencies and outages. */
  readonly rng: Rng;
  readonly parts: EnvParts;
  readonly listener: DeskListener;
}

/** Continuous actions below this hold. */
const DEAD_ZONE = 0.05;
const SECOND_MS = 1000;
const EQUITY = 0;
const TIME = 1;

/**
 * A step in two parts: `begin` with an action at the present moment, `finish` with what became of it by another one. In
 * between the market moves on, by its own tape or by events that it is handed. Observation, action and reward are those of
 * `ArbitrageEnv`.
 */
export class ArbitrageTrader {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete | Box;
  readonly market: ArbitrageMarket;
  /** Choices of the discrete space, in order. */
  readonly choices: readonly ArbitrageAction[];
  /** Which choices balances and limits allow; absent for continuous actions. */
  readonly actionMask?: () => Uint8Array;
  /** Overwritten by each step. */
  readonly result: StepResult<ArbitrageInfo>;
  readonly #config: ArbitrageConfig;
  readonly #mask: Uint8Array; // [number of choices]
  readonly #pairs: readonly (readonly [number, number])[]; // unordered
  readonly #info: ArbitrageInfo;
  /** Equity and time at the step's begin. */
  readonly #before = new Float64Array(2);

  constructor({ tape, config, rng, parts, listener }: ArbitrageTraderOptions) {
    const { venues } = tape;
    const isDiscrete = config.actions === 'discrete';
    this.#config = config;
    this.market = new ArbitrageMarket(tape, config, rng, listener, parts);
    this.observationSpace = this.market.observer.space;
    this.choices = listActions(venues.length, config.sizes.length, config.transfers);
    this.#pairs = orderedPairs(venues.length).filter(([i, j]) => i < j);
    this.actionSpace = isDiscrete ? discreteSpace(venues, this.choices) : continuousSpace(venues);
    this.#mask = new Uint8Array(this.choices.length);
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
    this.result = {
      observation: this.market.observer.observation,
      reward: DOUBLE_ZERO,
      terminated: false,
      truncated: false,
      info: this.#info,
    };
  }

  /** Opens the accounts after event `row` of a tape. */
  open(tape: BookTape, row: number): StepResult<ArbitrageInfo> {
    const { result } = this;
    this.market.begin(tape, row);
    this.#info.transfers = 0;
    this.#info.refused = 0;
    this.observe();
    result.reward = 0;
    result.terminated = false;
    result.truncated = false;
    return result;
  }

  /** Acts at the present moment. @throws EnvError `invalid-action` naming the event */
  begin(action: Action): void {
    this.#before[EQUITY] = this.market.equity;
    this.#before[TIME] = this.market.nowMs;
    if (action !== 0) this.#act(action);
  }

  /** Ends the step at the present moment. Truncating it is left to who knows where an episode ends. */
  finish(): StepResult<ArbitrageInfo> {
    const { market, result } = this;
    this.observe();
    const { initialEquity, inventoryPenaltyBps } = this.#config;
    result.reward = ((market.equity - this.#before[EQUITY]) / initialEquity) * 1e4;
    if (inventoryPenaltyBps > 0 && market.exposure !== 0) {
      const value = Math.abs(market.exposure) * market.observer.midOf(0);
      const seconds = (market.nowMs - this.#before[TIME]) / SECOND_MS;
      result.reward -= inventoryPenaltyBps * (value / initialEquity) * seconds;
    }
    result.terminated = !(market.equity > 0);
    result.truncated = false;
    return result;
  }

  /** Brings observation and info up to the present moment. */
  observe(): void {
    const market = this.market;
    const { counts, desk } = market.orders;
    const info = this.#info;
    market.observe();
    info.timeMs = market.nowMs;
    info.row = market.row;
    info.equity = market.equity;
    info.profitBps = (market.equity / this.#config.initialEquity - 1) * 1e4;
    info.exposure = market.exposure;
    info.sent = counts.sent;
    info.traded = counts.traded;
    info.won = counts.won;
    info.legFailures = counts.legFailures;
    info.matchedProfit = counts.matchedProfit;
    info.notional = counts.notional;
    info.fees = desk.accounts.fees[0];
  }

  /** The step under way, without the market. */
  saveStep(): Snapshot {
    const { transfers, refused } = this.#info;
    const { terminated } = this.result;
    return { arrays: { before: this.#before.slice() }, values: { transfers, refused, terminated } };
  }

  loadStep(snapshot: Snapshot): void {
    restoreArrayInto(this.#before, snapshot, 'before');
    this.#info.transfers = restoreNumber(snapshot, 'transfers');
    this.#info.refused = restoreNumber(snapshot, 'refused');
    this.result.terminated = snapshot.values.terminated === true;
  }

  #act(action: Action): void {
    if (this.#config.actions === 'continuous') {
      this.#actContinuously(action);
      return;
    }
    const choice = typeof action === 'number' ? this.choices[action] : undefined;
    if (choice === undefined) throw this.#invalidAction(action);
    const market = this.market;
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
    const market = this.market;
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
    const market = this.market;
    const mask = this.#mask;
    const hasRoom = market.hasRoom();
    for (let a = 0; a < mask.length; a++) {
      const choice = this.choices[a];
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

  #invalidAction(action: Action): EnvError {
    const { actionSpace } = this;
    const expected =
      actionSpace.kind === 'discrete'
        ? `a whole number in [0, ${actionSpace.n})`
        : `${actionSpace.dim} numbers, none NaN, in a Float32Array`;
    return new EnvError(
      'invalid-action',
      `The arbitrage env got the action ${action} at event ${this.market.row}; expected ${expected}.`,
    );
  }
}
