/** Holds what the loaders of order books share: options, reports, and how levels are read from text. */
import { DataError } from '../../core/errors.ts';
import { type Pair, UNKNOWN_CURRENCY } from '../candles/currencies.ts';
import { readLineBatches } from '../files/lines.ts';
import type { ReadOptions } from '../files/options.ts';
import type { BookTape, Venue } from './tape.ts';
import { describeRejection, type FaultPolicy, type Rejection } from './tape-builder.ts';
import type { TradeTape } from './trade-tape.ts';

export interface LoadBooksOptions extends ReadOptions {
  /** Levels a side to keep, 1 … 1000; 20 by default. Files in the project's own formats keep what they have. */
  readonly depth?: number;
  /** What is traded, where the file does not say. */
  readonly pair?: Pair;
  /** The venue's name, where the file has one venue and does not say. */
  readonly venue?: string;
  /** `reject` by default: what is no book is left out and counted in the report. */
  readonly policy?: FaultPolicy;
  /** Which of Binance's streams makes the books: `depth` by default, or `quotes`, the best bid and ask alone. */
  readonly stream?: 'depth' | 'quotes';
}

export interface BookLoadReport {
  readonly path: string;
  readonly format: string;
  readonly events: number;
  readonly rejections: readonly Rejection[];
  /** What a reader should know, a sentence each: everything that was not taken as it stood. */
  readonly notes: readonly string[];
}

export interface LoadedBooks {
  readonly tape: BookTape;
  /** Where the file has trades too. */
  readonly trades?: TradeTape;
  readonly report: BookLoadReport;
}

export const DEFAULT_DEPTH = 20;

/** A file's report, with a sentence for every rejection. */
export function createReport(
  path: string,
  format: string,
  tape: BookTape,
  rejections: readonly Rejection[],
  notes: readonly string[] = [],
): BookLoadReport {
  const sentences = [...notes, ...rejections.map(describeRejection)];
  if (tape.venues.some(({ quote }) => quote === UNKNOWN_CURRENCY)) {
    sentences.push('The file does not say what is traded; give the pair, e.g. BTC/BRL.');
  }
  return { path, format, events: tape.length, rejections, notes: sentences };
}

export function createVenue(name: string, pair: Pair | undefined): Venue {
  return { name, base: pair?.base ?? UNKNOWN_CURRENCY, quote: pair?.quote ?? UNKNOWN_CURRENCY };
}

/** One event's levels, read from text before the builder copies them. */
export class LevelScratch {
  /** [K] */
  readonly bidPrices: Float64Array;
  /** [K] */
  readonly bidSizes: Float64Array;
  /** [K] */
  readonly askPrices: Float64Array;
  /** [K] */
  readonly askSizes: Float64Array;
  readonly #depth: number;

  constructor(depth: number) {
    this.#depth = depth;
    this.bidPrices = new Float64Array(depth);
    this.bidSizes = new Float64Array(depth);
    this.askPrices = new Float64Array(depth);
    this.askSizes = new Float64Array(depth);
  }

  /**
   * @param bids, asks pairs of price and size, each a number or a text; the best `depth` are taken
   * @returns false when one of them is no list
   */
  read(bids: unknown, asks: unknown): boolean {
    return (
      this.#readSide(bids, this.bidPrices, this.bidSizes) &&
      this.#readSide(asks, this.askPrices, this.askSizes)
    );
  }

  #readSide(levels: unknown, prices: Float64Array, sizes: Float64Array): boolean {
    if (!Array.isArray(levels)) return false;
    const present = Math.min(levels.length, this.#depth);
    for (let k = 0; k < present; k++) {
      const level: unknown = levels[k];
      const isLevel = Array.isArray(level) && level.length >= 2;
      prices[k] = isLevel ? readNumber(level[0]) : Number.NaN;
      sizes[k] = isLevel ? readNumber(level[1]) : Number.NaN;
      // Two zeros mean an absent level on a tape; a file that writes one out has a bad level.
      if (prices[k] === 0 && sizes[k] === 0) prices[k] = Number.NaN;
    }
    prices.fill(0, present);
    sizes.fill(0, present);
    return true;
  }
}

/** A number, or a text that is one; NaN for anything else, an empty text included. */
export function readNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

/**
 * Hands every line that is not empty to `take`, numbered from 1.
 * @throws DataError those of `readLineBatches`
 */
export async function readLines(
  path: string,
  take: (line: string, lineNumber: number) => void,
): Promise<void> {
  let lineNumber = 0;
  for await (const lines of readLineBatches(path)) {
    for (const line of lines) {
      lineNumber++;
      if (line !== '') take(line, lineNumber);
    }
  }
}

/** @throws DataError `invalid-line` */
export function parseJsonLine(text: string, path: string, lineNumber: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(
      'invalid-line',
      `${path}: line ${lineNumber} is no JSON (${(error as Error).message}); fetch the file again or remove the line.`,
      { cause: error },
    );
  }
}
