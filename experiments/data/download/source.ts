/** What a source of history is: it fetches parts into a store, and makes series of the parts that are there. */
import type { TradeTape } from '../../../market/books/trade-tape.ts';
import type { Candles } from '../../../market/candles/candles.ts';
import type { HttpClient } from './http.ts';
import type { PartStore } from './part-store.ts';

/** One series to fetch. */
export interface Job {
  /** As the user wrote it: `BTCUSDT`, `BTC/USDT`, `AAPL`. */
  readonly symbol: string;
  readonly kind: 'candles' | 'trades';
  /** As the user wrote it, `1m`; trades have none. */
  readonly interval: string;
  readonly barMs: number;
  /** UTC epoch, included. */
  readonly fromMs: number;
  /** UTC epoch, not included; never later than now. */
  readonly toMs: number;
  /** Where the source answers, without a slash at its end; its own address by default. */
  readonly baseUrl?: string;
  /** Of Binance: the spot market, or futures in USD or coins. */
  readonly market: 'spot' | 'um' | 'cm';
  /** Of Dukascopy: by what whole numbers are divided; known for currencies, gold and silver. */
  readonly priceScale?: number;
}

export interface SourceContext {
  readonly http: HttpClient;
  readonly parts: PartStore;
  /** UTC epoch at the beginning; what is not over by then is not fetched. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** @param at how far the series has come, UTC epoch */
  progress(at: number): void;
}

/** What a series was made of. */
export interface PartOrigin {
  readonly url: string;
  readonly sha256: string;
  readonly format: string;
  readonly rows: number;
  readonly notes: readonly string[];
}

interface Assembled {
  readonly origins: readonly PartOrigin[];
  readonly notes: readonly string[];
}

export interface AssembledCandles extends Assembled {
  readonly candles: Candles;
}

/** Trades come in pieces, since years of them fit in no memory; `name` is the end of the file's name. */
export interface AssembledTrades extends PartOrigin {
  readonly name: string;
  readonly trades: TradeTape;
}

export interface DownloadSource {
  readonly name: string;
  /** For the manifest and messages: where it is by default. */
  readonly address: string;
  readonly kinds: readonly Job['kind'][];
  /** @throws ConfigError for a job that the source does not have */
  check(job: Job): void;
  /**
   * Fetches what is not in the store yet; every part that arrives whole is kept, whatever becomes of the next.
   * @throws DataError as `HttpClient`, and for answers that are not what they should be
   */
  fetch(job: Job, context: SourceContext): Promise<void>;
  /**
   * Candles of all parts of the job's span, none before `fromMs`, none at or past `toMs`, none that is still open.
   * @returns undefined where there are none
   */
  candles?(job: Job, context: SourceContext): Promise<AssembledCandles | undefined>;
  trades?(job: Job, context: SourceContext): AsyncGenerator<AssembledTrades>;
}
