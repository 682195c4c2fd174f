/** Says what a user may decide about how a file is read. */
import type { BadRowPolicy } from './faults.ts';
import type { DateOrder } from './time-text.ts';
import type { GivenColumns } from './understand.ts';

/** What becomes of rows of one time: an error, or one of them is kept. */
export type DuplicatePolicy = 'fail' | 'first' | 'last';

export interface ConversionRequest {
  /** `USD` */
  readonly to: string;
  /** Candles of pairs that `to` is one half of: `USD/KRW`, `USDT/USD`. */
  readonly rates: { readonly pair: string; readonly path: string }[];
}

export interface ReadOptions {
  /** Which of the file's columns is which, where their names do not tell. */
  readonly columns?: GivenColumns;
  /** Which of several symbols; undefined for all of them, where several can be used. */
  readonly symbol?: string;
  /** Of times that name none: a name of the time zone database, or `UTC+09:00`. Default: the header's, else UTC. */
  readonly timezone?: string;
  /** Of dates such as 01/02/2023. Default: the file decides, or is refused. */
  readonly dates?: DateOrder;
  /** `fail` by default. */
  readonly duplicates?: DuplicatePolicy;
  /** `fail` by default: every fault is counted first. */
  readonly badRows?: BadRowPolicy;
  /** Other columns of numbers that are wanted, by the file's names; the candles have them as `extra`. */
  readonly exogenous?: string[];
  /** Of trades and books whose sizes count contracts: base units of one, or quote units where it is paid in its base. */
  readonly contractSize?: number;
  /** Prices in other currencies become those of `to`, at the rates that the files hold. */
  readonly convert?: ConversionRequest;
  /** Scale prices by the adjusted close: splits and dividends are taken out. Default false. */
  readonly adjust?: boolean;
}
