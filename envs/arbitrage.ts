/** Trades one thing at several venues: buys where it is cheap, sells where it is dear, and lives with what goes wrong. */
import { type ConfigOverrides, resolveConfig } from '../core/config.ts';
import { EnvError } from '../core/errors.ts';
import { createRng, type Rng } from '../core/rng.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../core/snapshot.ts';
import type { VenueAccounts } from '../market/arbitrage/venue-accounts.ts';
import type { DeskListener } from '../market/arbitrage/venue-desk.ts';
import type { BookTape } from '../market/books/tape.ts';
import { formatTime } from '../market/candles/timestamps.ts';
import type { ArbitrageAction } from './arbitrage/actions.ts';
import { type ArbitrageConfig, arbitrageConfig, planArbitrage } from './arbitrage/config.ts';
import type { ArbitrageMarket } from './arbitrage/market.ts';
import { syntheticBooks } from './arbitrage/synthetic.ts';
import { type ArbitrageInfo, ArbitrageTrader } from './arbitrage/trader.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import { EpisodeRows } from './episode-rows.ts';
import { builtInParts, completeParts, type EnvParts } from './parts.ts';
import type { Action, Box, Discrete } from './spaces.ts';

export interface ArbitrageEnvOptions extends DeskListener {
  /** The books; or what makes new ones for every episode, from a stream of the env's own. */
  books: BookTape | ((rng: Rng) => BookTape);
  /** Default 0. */
  seed?: number;
  config?: ConfigOverrides<typeof arbitrageConfig>;
  /** What the configuration may name; absent: what comes with the framework. */
  parts?: EnvParts;
}

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
  readonly #trader: ArbitrageTrader;
  readonly #rows: EpisodeRows;
  /** Makes the tapes, where there is a source. */
  #tapeRng: Rng;
  /** The state of `#tapeRng` that the present tape came from. */
  #tapeState: Snapshot;
  #running = false;

  /** @throws ConfigError for settings that are out of range or do not fit the books */
  constructor({ books, seed = 0, config = {}, parts = builtInParts, ...listener }: ArbitrageEnvOptions) {
    this.config = completeParts(resolveConfig(arbitrageConfig, config, 'env "arbitrage"'), parts);
    this.#source = books;
    const rng = createRng(seed);
    this.#tapeRng = rng.fork('books');
    this.#tapeState = this.#tapeRng.save();
    // A source is asked once to learn its venues; the first episode begins with the same draws.
    const tape = typeof books === 'function' ? books(rng.fork('books')) : books;
    this.#rows = new EpisodeRows(planArbitrage(this.config, tape), this.config.episodeStart, seed);
    this.#trader = new ArbitrageTrader({ tape, config: this.config, rng, parts, listener });
    this.observationSpace = this.#trader.observationSpace;
    this.actionSpace = this.#trader.actionSpace;
    if (this.#trader.actionMask !== undefined) this.actionMask = this.#trader.actionMask;
  }

  /** Choices of the discrete space, in order. */
  get choices(): readonly ArbitrageAction[] {
    return this.#trader.choices;
  }

  /** The market, for those who judge. */
  get market(): ArbitrageMarket {
    return this.#trader.market;
  }

  /** The balances, for those who judge; not to be written to. */
  get accounts(): VenueAccounts {
    return this.market.desk.accounts;
  }

  reset(options?: ResetOptions): ResetResult<ArbitrageInfo> {
    const rows = this.#rows;
    if (options?.seed !== undefined) {
      rows.reseed(options.seed);
      this.#tapeRng = rows.rng.fork('books');
      this.market.reseed(rows.rng);
    }
    let { tape } = this.market;
    if (typeof this.#source === 'function') {
      this.#tapeState = this.#tapeRng.save();
      tape = this.#source(this.#tapeRng);
      rows.moveTo(planArbitrage(this.config, tape));
    }
    this.#running = true;
    return this.#trader.open(tape, rows.begin());
  }

  /** @throws EnvError `invalid-action` naming the event, `not-running` before a reset or after an episode's end */
  step(action: Action): StepResult<ArbitrageInfo> {
    if (!this.#running) {
      throw new EnvError(
        'not-running',
        'The arbitrage env was stepped outside an episode: call reset first.',
      );
    }
    const trader = this.#trader;
    const { market } = trader;
    trader.begin(action);
    market.advance();
    const result = trader.finish();
    const isAtEnd = market.row >= this.#rows.endRow;
    result.truncated = isAtEnd && !result.terminated;
    this.#running = !isAtEnd && !result.terminated;
    return result;
  }

  render(): string {
    const { timeMs, row, equity, exposure, traded } = this.#trader.result.info;
    return (
      `${formatTime(timeMs)} event ${row} equity ${equity.toFixed(2)} open ${exposure.toFixed(6)} ` +
      `trades ${traded}`
    );
  }

  save(): Snapshot {
    const { transfers, refused } = this.#trader.result.info;
    const values = {
      row: this.market.row,
      ...this.#rows.save().values,
      running: this.#running,
      transfers,
      refused,
    };
    return joinSnapshots({
      env: { arrays: {}, values },
      market: this.market.save(),
      rng: this.#rows.rng.save(),
      tapeRng: this.#tapeRng.save(),
      tape: this.#tapeState,
    });
  }

  load(snapshot: Snapshot): void {
    const { market } = this;
    const { info } = this.#trader.result;
    this.#rows.rng.load(snapshotPart(snapshot, 'rng'));
    let { tape } = market;
    this.#tapeState = snapshotPart(snapshot, 'tape');
    if (typeof this.#source === 'function') {
      this.#tapeRng.load(this.#tapeState);
      tape = this.#source(this.#tapeRng);
      this.#rows.moveTo(planArbitrage(this.config, tape));
    }
    this.#tapeRng.load(snapshotPart(snapshot, 'tapeRng'));
    market.restore(snapshotPart(snapshot, 'market'), tape, restoreNumber(snapshot, 'env/row'));
    this.#rows.load(snapshotPart(snapshot, 'env'));
    info.transfers = restoreNumber(snapshot, 'env/transfers');
    info.refused = restoreNumber(snapshot, 'env/refused');
    this.#running = snapshot.values['env/running'] === true;
    // Before the first reset there is nothing to see yet.
    if (this.#rows.endRow > 0) this.#trader.observe();
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
