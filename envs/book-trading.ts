/** Trades one venue on its order book: decisions bar by bar, fills event by event. */
import { type ConfigOverrides, resolveConfig } from '../core/config.ts';
import { ConfigError, EnvError } from '../core/errors.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../core/snapshot.ts';
import { type BookBars, createBookBars } from '../market/books/bars.ts';
import { type ContractTape, contractsFromFunding } from '../market/books/contract-tape.ts';
import type { BookTape } from '../market/books/tape.ts';
import type { TradeTape } from '../market/books/trade-tape.ts';
import type { Candles } from '../market/candles/candles.ts';
import { formatTime } from '../market/candles/timestamps.ts';
import type { Fill } from '../market/execution/fill.ts';
import { createFeaturePipeline } from '../market/features/pipeline.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import { EpisodeRows, planRows } from './episode-rows.ts';
import { builtInParts, completeParts, type EnvParts } from './parts.ts';
import type { Action, Box, Discrete } from './spaces.ts';
import { type BookTradingConfig, bookTradingConfig } from './trading/book-config.ts';
import { BookTrader } from './trading/book-trader.ts';
import { sharedFeatures } from './trading/market.ts';
import type { TradingInfo } from './trading/observation.ts';

export interface BookTradingEnvOptions {
  /** Shared by all envs built on it; must not change. */
  books: BookTape;
  /** Index of the venue that is traded. Default 0. */
  venue?: number;
  /** For the bars' volume. */
  trades?: TradeTape;
  /** What the venues said of perpetuals; needed where `config.instrument` is `perpetual`. */
  contracts?: ContractTape;
  /** Default 0. */
  seed?: number;
  config?: ConfigOverrides<typeof bookTradingConfig>;
  /** What the configuration may name; absent: what comes with the framework. */
  parts?: EnvParts;
  /** Called after every fill; the object is reused by the next one. */
  onFill?: (fill: Readonly<Fill>) => void;
}

/**
 * Whole bars that a tape must have for one episode: those that the features need, the window, and the steps.
 * @throws ConfigError as `createFeaturePipeline`
 */
export function barsNeeded(
  { features, normalize, normalizationBars, window, episodeBars, barMs }: BookTradingConfig,
  parts: Pick<EnvParts, 'features'> = builtInParts,
): number {
  const options = { normalize, normalizationBars, features: parts.features, stepMs: barMs };
  const { warmupRows } = createFeaturePipeline(features, options);
  return warmupRows + window + Math.max(1, episodeBars);
}

const shared = new WeakMap<BookTape, Map<string, BookBars>>();

/** The bars of a tape, made once for all envs on it. */
function sharedBars(books: BookTape, venue: number, barMs: number, trades?: TradeTape): BookBars {
  let byKey = shared.get(books);
  if (byKey === undefined) {
    byKey = new Map();
    shared.set(books, byKey);
  }
  const key = `${venue} ${barMs} ${trades === undefined ? 0 : trades.length}`;
  let bars = byKey.get(key);
  if (bars === undefined) {
    bars = createBookBars(books, venue, barMs, trades);
    byKey.set(key, bars);
  }
  return bars;
}

/**
 * Observation, action, reward, `terminated` and `truncated` as in `TradingEnv`: an agent trained on bars trades here as it
 * is. What differs are the fills: an order leaves at the end of a bar, travels, and walks the book it meets.
 */
export class BookTradingEnv implements Env<TradingInfo> {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete | Box;
  readonly config: BookTradingConfig;
  readonly #trader: BookTrader;
  readonly #books: BookTape;
  readonly #venue: number;
  readonly #endEvent: Int32Array; // [T]
  readonly #candles: Candles;
  readonly #contracts: ContractTape | undefined;
  /** The first message of the venue that has not been taken. */
  #nextContract = 0;
  readonly #rows: EpisodeRows;
  #row = 0;
  #running = false;

  /** @throws ConfigError, DataError for settings that are out of range or do not fit the books */
  constructor({
    books,
    venue = 0,
    trades,
    contracts,
    seed = 0,
    config = {},
    parts = builtInParts,
    onFill,
  }: BookTradingEnvOptions) {
    this.config = completeParts(resolveConfig(bookTradingConfig, config, 'env "trading-books"'), parts);
    const { features: specs, normalize, normalizationBars, featureClip, window, barMs } = this.config;
    this.#contracts = this.config.instrument === 'perpetual' ? requireContracts(contracts) : undefined;
    if (books.venues[venue] === undefined) {
      throw new ConfigError(
        'invalid-venues',
        `Env "trading-books": there is no venue ${venue}, the books have ${books.venues.length}.`,
      );
    }
    const { candles, endEvent } = sharedBars(books, venue, barMs, trades);
    const options = { normalize, normalizationBars, clip: featureClip };
    const features = sharedFeatures(candles, specs, options, parts.features);
    const range = planRows({
      env: 'trading-books',
      firstRow: features.firstRow + window - 1,
      lastRow: candles.length - 1,
      episodeSteps: this.config.episodeBars,
      first: 'the first with a whole observation',
      remedy: 'bring more books, or shorten barMs, episodeBars, window or the features',
    });
    this.#rows = new EpisodeRows(range, this.config.episodeStart, seed);
    this.#books = books;
    this.#venue = venue;
    this.#endEvent = endEvent;
    this.#candles = candles;
    this.#trader = new BookTrader({
      candles,
      features,
      depth: books.depth,
      config: this.config,
      rng: this.#rows.rng.fork('latency'),
      parts,
      onFill,
    });
    this.observationSpace = this.#trader.observationSpace;
    this.actionSpace = this.#trader.actionSpace;
  }

  reset(options?: ResetOptions): ResetResult<TradingInfo> {
    if (options?.seed !== undefined) {
      this.#rows.reseed(options.seed);
      this.#trader.reseed(this.#rows.rng.fork('latency'));
    }
    this.#row = this.#rows.begin();
    this.#running = true;
    this.#trader.clear();
    this.#showLastBook(this.#endEvent[this.#row]);
    this.#nextContract = 0;
    this.#takeContracts(this.#endEvent[this.#row], this.#endMs(this.#row));
    this.#trader.open(this.#row);
    return this.#trader.result;
  }

  /** @throws EnvError `invalid-action`, `not-running`, `non-finite-observation`, `non-finite-reward` */
  step(action: Action): StepResult<TradingInfo> {
    if (!this.#running) {
      throw new EnvError('not-running', 'Trading on books was stepped outside an episode: call reset first.');
    }
    const books = this.#books;
    const trader = this.#trader;
    const end = this.#endEvent[this.#row + 1];
    trader.begin(action);
    for (let event = this.#endEvent[this.#row]; event < end; event++) {
      if (this.#contracts !== undefined) this.#takeContracts(event, Infinity);
      if (books.venue[event] === this.#venue) {
        trader.takeBook(books, event * books.depth, books.timeMs[event]);
      }
    }
    this.#row++;
    this.#takeContracts(end, this.#endMs(this.#row));
    const result = trader.finish(this.#row);
    result.truncated = !result.terminated && this.#row >= this.#rows.endRow;
    this.#running = !result.terminated && !result.truncated;
    return result;
  }

  render(): string {
    const { timeMs, row, price, equity, exposure } = this.#trader.result.info;
    return `${formatTime(timeMs)} row ${row} price ${price} equity ${equity.toFixed(2)} exposure ${exposure.toFixed(3)}`;
  }

  save(): Snapshot {
    const values = {
      row: this.#row,
      ...this.#rows.save().values,
      running: this.#running,
      ...(this.#contracts !== undefined && { nextContract: this.#nextContract }),
    };
    return joinSnapshots({
      env: { arrays: {}, values },
      trader: this.#trader.save(),
      rng: this.#rows.rng.save(),
    });
  }

  load(snapshot: Snapshot): void {
    const env = snapshotPart(snapshot, 'env');
    this.#rows.rng.load(snapshotPart(snapshot, 'rng'));
    this.#rows.load(env);
    this.#trader.load(snapshotPart(snapshot, 'trader'));
    this.#row = restoreNumber(env, 'row');
    if (this.#contracts !== undefined) this.#nextContract = restoreNumber(env, 'nextContract');
    this.#running = env.values.running === true;
  }

  #endMs(row: number): number {
    return this.#candles.timeMs[row] + this.config.barMs;
  }

  /** What the venue said of the contract before a book, and before a time. */
  #takeContracts(event: number, untilMs: number): void {
    const contracts = this.#contracts;
    if (contracts === undefined) return;
    const { timeMs, venue, rank, mark, fundingRate, fundingTimeMs, length } = contracts;
    const bookMs = event < this.#books.length ? this.#books.timeMs[event] : Infinity;
    let place = 0;
    while (event - place > 0 && this.#books.timeMs[event - place - 1] === bookMs) place++;
    const isBefore = (n: number) => timeMs[n] < bookMs || (timeMs[n] === bookMs && rank[n] <= place);
    for (let n = this.#nextContract; n < length && timeMs[n] < untilMs && isBefore(n); n++) {
      this.#nextContract = n + 1;
      if (venue[n] !== this.#venue) continue;
      const news = { mark: mark[n], fundingRate: fundingRate[n], fundingTimeMs: fundingTimeMs[n] };
      this.#trader.takeContract(news, timeMs[n]);
    }
  }

  /** The venue's book as it was before an event. */
  #showLastBook(before: number): void {
    const { venue, depth, timeMs } = this.#books;
    for (let event = before - 1; event >= 0; event--) {
      if (venue[event] !== this.#venue) continue;
      this.#trader.takeBook(this.#books, event * depth, timeMs[event]);
      return;
    }
  }
}

/** @throws ConfigError `funding-needed` */
function requireContracts(contracts: ContractTape | undefined): ContractTape {
  if (contracts !== undefined && contracts.length > 0) return contracts;
  throw new ConfigError(
    'funding-needed',
    'Env "trading-books": a perpetual needs its marks and funding rates; train on a tape of a perpetual venue, or give ' +
      '--funding FILE.',
  );
}

export const tradingBooks = defineEnv({
  name: 'trading-books',
  description:
    'One venue on its order book: orders travel, walk the levels, and fill as far as the book goes',
  config: bookTradingConfig,
  needsBooks: true,
  create({ seed, books, trades, contracts, funding, parts, onFill }, config) {
    if (books === undefined) {
      throw new ConfigError('books-needed', 'Env "trading-books" needs order books; name a data file.');
    }
    const told = contracts ?? (funding && contractsFromFunding(funding, 0));
    return new BookTradingEnv({ books, trades, contracts: told, seed, config, parts, onFill });
  },
});
