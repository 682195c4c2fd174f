/** Trades combinations of markets: spot against perpetual, a thing in two countries, three markets in a circle. */
import { type ConfigOverrides, resolveConfig } from '../core/config.ts';
import { DOUBLE_ZERO } from '../core/doubles.ts';
import { ConfigError, EnvError } from '../core/errors.ts';
import { createRng, type Rng } from '../core/rng.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../core/snapshot.ts';
import type { LegDeskOptions } from '../market/arbitrage/legs/desk.ts';
import type { BookTape, Venue } from '../market/books/tape.ts';
import type { TradeTape } from '../market/books/trade-tape.ts';
import { formatTime } from '../market/candles/timestamps.ts';
import { LegMarkets, type LegTape } from '../market/synthetic/leg-markets.ts';
import { type ComboAction, comboActions } from './combos/actions.ts';
import { type ComboConfig, type comboConfig, comboConfigOf } from './combos/config.ts';
import { COMBO_KINDS, type ComboKind } from './combos/kinds.ts';
import { ComboMarket } from './combos/market.ts';
import { ComboObserver } from './combos/observation.ts';
import { planComboRows, planCombos, requireFunding } from './combos/plan.ts';
import { Quoting } from './combos/quoting.ts';
import { Targets } from './combos/targets.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import { EpisodeRows } from './episode-rows.ts';
import { type Action, type Box, createDiscrete, type Discrete } from './spaces.ts';

/** The state after a step, for those who judge. Sums since the episode's beginning; values in the currency of values. */
export interface ComboInfo {
  /** Time of the decision that comes next, UTC epoch. */
  timeMs: number;
  /** The last event seen. */
  row: number;
  equity: number;
  /** (equity − capital at the beginning) / capital at the beginning, basis points. */
  profitBps: number;
  /** Combinations traded; of a maker, fills of orders that rested. */
  traded: number;
  /** Orders that the book did not fill whole. */
  legFailures: number;
  /** Positions closed by force. */
  liquidations: number;
  /** Fees of trades and transfers. */
  fees: number;
  /** Received less paid. */
  funding: number;
  transfers: number;
  /** Actions that balances, margin or books did not allow; nothing was done. */
  refused: number;
}

export interface ComboEnvOptions {
  readonly kind: ComboKind;
  /** The markets; or what makes new ones for every episode, from a stream of the env's own. */
  readonly markets: LegTape | ((rng: Rng) => LegTape);
  readonly seed?: number;
  readonly config?: ConfigOverrides<typeof comboConfig>;
  readonly onFill?: LegDeskOptions['onFill'];
  /** The tape grows while it is traded on: the episode begins at its last row, and does not end with it. */
  readonly isEndless?: boolean;
}

/**
 * Observation: see `ComboObserver`. Action: the number of a choice; `actionSpace.names` says which: hold, every
 * combination forwards and backwards in every size or what is to be held of it, quotes of a maker, flatten, transfers. Reward: change of the equity, basis points of the
 * capital at the beginning. `terminated` when the equity is used up; `truncated` after `episodeEvents` or at the end.
 */
export class ComboEnv implements Env<ComboInfo> {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete;
  readonly config: ComboConfig;
  readonly market: ComboMarket;
  readonly choices: readonly ComboAction[];
  readonly actionMask: () => Uint8Array;
  readonly #kind: ComboKind;
  readonly #source: ComboEnvOptions['markets'];
  readonly #observer: ComboObserver;
  readonly #targets: Targets;
  readonly #quoting: Quoting;
  readonly #rows: EpisodeRows;
  readonly #isEndless: boolean;
  readonly #mask: Uint8Array;
  readonly #onEvent: () => void;
  readonly #result: StepResult<ComboInfo>;
  readonly #info: ComboInfo = {
    timeMs: DOUBLE_ZERO,
    row: 0,
    equity: DOUBLE_ZERO,
    profitBps: DOUBLE_ZERO,
    traded: 0,
    legFailures: 0,
    liquidations: 0,
    fees: DOUBLE_ZERO,
    funding: DOUBLE_ZERO,
    transfers: 0,
    refused: 0,
  };
  #tapeRng: Rng;
  #tapeState: Snapshot;
  #running = false;

  /** @throws ConfigError for settings that are out of range or do not fit the markets, `funding-needed` */
  constructor({ kind, markets, seed = 0, config = {}, onFill, isEndless = false }: ComboEnvOptions) {
    this.config = resolveConfig(comboConfigOf(kind), config, `env "${kind.name}"`);
    this.#kind = kind;
    this.#source = markets;
    const rng = createRng(seed);
    this.#tapeRng = rng.fork('markets');
    this.#tapeState = this.#tapeRng.save();
    // A source is asked once to learn its venues; the first episode begins with the same draws.
    const tape = typeof markets === 'function' ? markets(rng.fork('markets')) : markets;
    const plan = planCombos(kind, this.config, tape.books.venues);
    if (tape.contracts === undefined) requireFunding(kind, this.config, tape.funding);
    this.#isEndless = isEndless;
    const last = tape.books.length - 1;
    this.#rows = new EpisodeRows(
      isEndless
        ? { firstRow: last, lastRow: Infinity, episodeSteps: 0 }
        : planComboRows(kind, this.config, tape.books),
      this.config.episodeStart,
      seed,
    );
    this.market = new ComboMarket(kind, plan, tape, this.config, rng, onFill);
    this.#targets = new Targets(this.market, this.config);
    this.#quoting = new Quoting(this.market, this.config.requoteBps);
    this.#observer = new ComboObserver(this.market, this.config, this.#quoting);
    this.#onEvent = () => this.#observer.onEvent();
    this.observationSpace = this.#observer.space;
    const { choices, names } = comboActions(kind, plan, this.config);
    this.choices = choices;
    this.actionSpace = createDiscrete(names.length, undefined, names);
    this.#mask = new Uint8Array(names.length);
    this.actionMask = () => this.#updateMask();
    this.#result = {
      observation: this.#observer.observation,
      reward: DOUBLE_ZERO,
      terminated: false,
      truncated: false,
      info: this.#info,
    };
  }

  /** The state after the last step; a view. */
  get info(): Readonly<ComboInfo> {
    return this.#info;
  }

  /** The first and last rows of the episode under way. */
  get endRow(): number {
    return this.#rows.endRow;
  }

  reset(options?: ResetOptions): ResetResult<ComboInfo> {
    const rows = this.#rows;
    if (options?.seed !== undefined) {
      rows.reseed(options.seed);
      this.#tapeRng = rows.rng.fork('markets');
      this.market.reseed(rows.rng);
    }
    let { tape } = this.market;
    if (typeof this.#source === 'function') {
      this.#tapeState = this.#tapeRng.save();
      tape = this.#source(this.#tapeRng);
      rows.moveTo(planComboRows(this.#kind, this.config, tape.books));
    }
    this.#observer.clear();
    this.market.begin(tape, this.#isEndless ? tape.books.length - 1 : rows.begin(), this.#onEvent);
    const info = this.#info;
    info.traded = 0;
    info.transfers = 0;
    info.refused = 0;
    this.#running = true;
    const result = this.#result;
    result.reward = 0;
    result.terminated = false;
    result.truncated = false;
    this.#observe();
    return result;
  }

  /** @throws EnvError `invalid-action` naming the event, `not-running` before a reset or after an episode's end */
  step(action: Action): StepResult<ComboInfo> {
    if (!this.#running) {
      throw new EnvError(
        'not-running',
        `The ${this.#kind.name} env was stepped outside an episode: call reset first.`,
      );
    }
    const { market } = this;
    const result = this.#result;
    const before = market.equity;
    if (action !== 0) this.#act(action);
    market.advance(this.#onEvent);
    this.#observe();
    result.reward = ((market.equity - before) / this.config.initialEquity) * 1e4;
    result.terminated = !(market.equity > 0);
    const isAtEnd = !this.#isEndless && market.row >= this.#rows.endRow;
    result.truncated = isAtEnd && !result.terminated;
    this.#running = !isAtEnd && !result.terminated;
    return result;
  }

  render(): string {
    const { timeMs, row, equity, traded, funding } = this.#info;
    return `${formatTime(timeMs)} event ${row} equity ${equity.toFixed(2)} trades ${traded} funding ${funding.toFixed(2)}`;
  }

  save(): Snapshot {
    const { traded, transfers, refused } = this.#info;
    const values = {
      row: this.market.row,
      ...this.#rows.save().values,
      running: this.#running,
      traded,
      transfers,
      refused,
    };
    return joinSnapshots({
      env: { arrays: {}, values },
      market: this.market.save(),
      observer: this.#observer.save(),
      rng: this.#rows.rng.save(),
      tapeRng: this.#tapeRng.save(),
      tape: this.#tapeState,
    });
  }

  load(snapshot: Snapshot): void {
    const info = this.#info;
    this.#rows.rng.load(snapshotPart(snapshot, 'rng'));
    let { tape } = this.market;
    this.#tapeState = snapshotPart(snapshot, 'tape');
    if (typeof this.#source === 'function') {
      this.#tapeRng.load(this.#tapeState);
      tape = this.#source(this.#tapeRng);
      this.#rows.moveTo(planComboRows(this.#kind, this.config, tape.books));
    }
    this.#tapeRng.load(snapshotPart(snapshot, 'tapeRng'));
    this.market.restore(snapshotPart(snapshot, 'market'), tape, restoreNumber(snapshot, 'env/row'));
    this.#observer.load(snapshotPart(snapshot, 'observer'));
    this.#rows.load(snapshotPart(snapshot, 'env'));
    info.traded = restoreNumber(snapshot, 'env/traded');
    info.transfers = restoreNumber(snapshot, 'env/transfers');
    info.refused = restoreNumber(snapshot, 'env/refused');
    this.#running = snapshot.values['env/running'] === true;
    if (this.#rows.endRow > 0) this.#observe();
  }

  #act(action: Action): void {
    const choice = typeof action === 'number' ? this.choices[action] : undefined;
    if (choice === undefined) {
      throw new EnvError(
        'invalid-action',
        `The ${this.#kind.name} env got the action ${action} at event ${this.market.row}; expected a whole number in [0, ${this.choices.length}).`,
      );
    }
    const { market, config } = this;
    const info = this.#info;
    let isDone = true;
    if (choice.kind === 'trade') {
      isDone = market.trade(
        choice.combo,
        choice.direction,
        config.sizes[choice.sizeIndex] * config.initialEquity,
      );
      if (isDone) info.traded++;
    } else if (choice.kind === 'target') {
      if (this.#targets.trade(choice.combo, choice.target)) info.traded++;
    } else if (choice.kind === 'quote') {
      const value = config.sizes[config.sizes.length - 1] * config.initialEquity;
      const isBid = this.#quoting.set(1, choice.bid, value);
      isDone = this.#quoting.set(-1, choice.ask, value) && isBid;
    } else if (choice.kind === 'flatten') isDone = market.flatten();
    else if (choice.kind === 'move') {
      isDone = market.move(choice.route);
      if (isDone) info.transfers++;
    }
    if (!isDone) info.refused++;
  }

  #updateMask(): Uint8Array {
    const { market, config, choices } = this;
    const mask = this.#mask;
    for (let a = 0; a < choices.length; a++) {
      const choice = choices[a];
      if (choice.kind === 'trade') {
        const value = config.sizes[choice.sizeIndex] * config.initialEquity;
        mask[a] = market.canTrade(choice.combo, choice.direction, value) ? 1 : 0;
      } else if (choice.kind === 'target') mask[a] = market.desk.numUnderWay === 0 ? 1 : 0;
      else if (choice.kind === 'quote') {
        mask[a] = this.#quoting.canSet(1, choice.bid) && this.#quoting.canSet(-1, choice.ask) ? 1 : 0;
      } else if (choice.kind === 'flatten') mask[a] = market.flatten(true) ? 1 : 0;
      else if (choice.kind === 'move') mask[a] = market.movable(choice.route) > 0 ? 1 : 0;
      else mask[a] = 1;
    }
    return mask;
  }

  #observe(): void {
    const { market } = this;
    const info = this.#info;
    const { counts, pockets } = market.desk;
    this.#observer.write();
    let fees = 0;
    let funding = 0;
    for (let k = 0; k < market.values.length; k++) {
      fees += pockets.fees[k] * market.values[k];
      funding += pockets.funding[k] * market.values[k];
    }
    info.timeMs = market.nowMs;
    info.row = market.row;
    info.equity = market.equity;
    info.profitBps = (market.equity / this.config.initialEquity - 1) * 1e4;
    if (market.quotes !== undefined) info.traded = market.quotes.counts[0];
    info.legFailures = counts[1];
    info.liquidations = counts[2];
    info.fees = fees;
    info.funding = funding;
  }
}

/** A source of fresh markets for one env of a kind: each overwrites the one before. */
export function syntheticLegs(
  kind: ComboKind,
  overrides: Record<string, unknown> = {},
): (rng: Rng) => LegTape {
  const market = new LegMarkets({ ...kind.synthetic, ...overrides } as never);
  return (rng) => market.generate(rng);
}

/** @throws ConfigError `wrong-venues` for trades whose venues are not those of the books, in their order */
function tradesOf(kind: ComboKind, books: BookTape, trades: TradeTape): TradeTape {
  const names = (venues: readonly Venue[]): string => venues.map(({ name }) => name).join(', ');
  if (names(books.venues) === names(trades.venues)) return trades;
  throw new ConfigError(
    'wrong-venues',
    `Env "${kind.name}": the trades are of ${names(trades.venues)}, the books of ${names(books.venues)}; record both in one.`,
  );
}

/** An env plugin for each kind. */
export const comboEnvs = COMBO_KINDS.map((kind) =>
  defineEnv({
    name: kind.name,
    description: kind.description,
    config: comboConfigOf(kind),
    needsBooks: true,
    create: ({ seed, books, trades, contracts, funding }, config) => {
      if (books === undefined) return new ComboEnv({ kind, markets: syntheticLegs(kind), seed, config });
      const isPerp = (m: number): boolean => kind.markets[m]?.kind === 'linear-perpetual';
      const rates = books.venues.map((_, m) =>
        isPerp(m) && config.funding === 'file' ? funding : undefined,
      );
      const sameVenues = trades === undefined ? undefined : tradesOf(kind, books, trades);
      const markets = {
        books,
        funding: rates,
        trades: sameVenues,
        ...(funding === undefined && config.funding === 'file' && { contracts }),
      };
      return new ComboEnv({ kind, markets, seed, config });
    },
  }),
);
