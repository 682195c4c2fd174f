/** Defines the one form in which whatever reads market data is proved: what it shows, and when, on any change of the data. */
import type { RowSpan } from '../../envs/env.ts';
import type { EnvParts } from '../../envs/parts.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { Candles } from '../../market/candles/candles.ts';
import type { Change } from './market.ts';
import type { Observed } from './trace.ts';

export interface LookAheadOptions {
  /** What to run on; default: 420 bars of a random walk with empty bars and holes. */
  readonly candles?: Candles;
  /** For an env on order books; default: a synthetic market of two venues. */
  readonly books?: BookTape;
  /** Rows after whose close all data is changed; default: `numCuts` between the first row that shows something and the last. */
  readonly cuts?: readonly number[];
  /** Default 40; 12 where a model is trained for each. */
  readonly numCuts?: number;
  /** Settings of the plugin. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The window of a feature; default: its own. */
  readonly bars?: number;
  /** Steps of an env's episode; default 300. */
  readonly steps?: number;
  /** Rows that episodes of an env may use; default: all. */
  readonly span?: RowSpan;
  /** What an env's settings may name; default: what comes with the framework. */
  readonly parts?: EnvParts;
  /** The row whose close an env's `info` knows; default: `info.row`. */
  readonly rowOf?: (info: object) => number;
}

export interface Tracer {
  /** For messages: `feature "peek"`. */
  readonly name: string;
  /** Rows of candles, or events of books. */
  readonly length: number;
  readonly timeOf: (row: number) => string;
  /** What it shows on the data as they are, or changed. */
  readonly trace: (change?: Change) => Observed[] | Promise<Observed[]>;
  /** Rows of the candles; absent where it reads none. */
  readonly close?: Float64Array;
  /** The first row that a cut may lie at; absent: the first that shows something. */
  readonly firstCut?: number;
  /** Cuts that are made without asking; absent: as many as usual. */
  readonly usualCuts?: number;
  /** What it shows of a row is the same when the data end there. */
  readonly isPrefix: boolean;
  /** Its values must not depend on how many rows stand before those it may read. */
  readonly ignoresRowNumber?: boolean;
  /** An account by which fills at a price already shown can be told; see `findSameClose`. */
  readonly account?: (change: Change | undefined, otherFrom: number) => Observed[];
}
