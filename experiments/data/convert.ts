/** Converts what was read to one currency, at rates that were known at the time. */
import { basename } from 'node:path';
import { ConfigError, DataError } from '../../core/errors.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { Candles } from '../../market/candles/candles.ts';
import {
  Conversions,
  convertCandles,
  convertTape,
  invertRates,
  type RateSeries,
  ratesFromCandles,
} from '../../market/candles/conversion.ts';
import { type Pair, parsePair, UNKNOWN_CURRENCY } from '../../market/candles/currencies.ts';
import { readMarketName } from '../../market/candles/market-names.ts';
import { loadCandles } from '../../market/files/load-candles.ts';
import type { ConversionRequest } from '../../market/files/options.ts';

/** Rates of days stand over holidays, no longer. */
const MAX_AGE_MS = 7 * 86_400_000;

/** Converts whatever is loaded in one command; made once, since it reads the files of rates. */
export interface Converter {
  /** @param pair of a user, where the series does not say */
  candles(candles: Candles, symbol: string | undefined, pair?: Pair): { candles: Candles; notes: string[] };
  tape(tape: BookTape): { tape: BookTape; notes: string[] };
}

/**
 * @throws ConfigError `unknown-pair`, `unrelated-rate` for a pair without the target currency; DataError as `loadCandles`
 */
export async function openConverter({ to, rates }: ConversionRequest): Promise<Converter> {
  const series: Record<string, RateSeries> = {};
  for (const { pair, path } of rates) {
    const { base, quote } = parsePair(pair);
    if ((base === to) === (quote === to)) {
      throw new ConfigError(
        'unrelated-rate',
        `Rates of ${base}/${quote} do not lead to ${to}; give those of a pair with ${to} in it, e.g. ${base}/${to}=FILE.`,
      );
    }
    const { candles } = await loadCandles(path);
    const known = ratesFromCandles(candles);
    series[base === to ? quote : base] = base === to ? invertRates(known) : known;
  }
  const conversions = new Conversions({ target: to, series, maxAgeMs: MAX_AGE_MS });
  const currencies = Object.keys(series);
  /** The one currency that there are rates of, for what does not say. */
  const assumed = (what: string, notes: string[]): string => {
    if (currencies.length !== 1) {
      throw new DataError(
        'unknown-currency',
        `${what} does not say what currency it is in; name its pair with --pair, e.g. BTC/${currencies[0] ?? to}.`,
      );
    }
    notes.push(`${what} does not say what currency it is in; it was taken for ${currencies[0]}.`);
    return currencies[0];
  };
  return {
    candles(candles, symbol, pair) {
      const notes: string[] = [];
      const currency = pair?.quote ?? quoteOf(symbol) ?? assumed('The file', notes);
      if (currency !== to) notes.push(said(symbol, currency, to));
      return { candles: convertCandles(candles, currency, conversions), notes };
    },
    tape(tape) {
      const notes: string[] = [];
      const venues = tape.venues.map((venue) => ({
        ...venue,
        quote: venue.quote === UNKNOWN_CURRENCY ? assumed(`Venue "${venue.name}"`, notes) : venue.quote,
      }));
      for (const { name, quote } of venues) if (quote !== to) notes.push(said(name, quote, to));
      return { tape: convertTape({ ...tape, venues }, conversions), notes };
    },
  };
}

const said = (name: string | undefined, from: string, to: string) =>
  `${name === undefined ? 'Prices' : `Prices of ${name}`} were converted from ${from} to ${to} at the rates known at the time.`;

/** What a file is named after, where that is a pair: `BTCKRW.parquet`, `KRW-BTC_1h.csv`. */
export const symbolOfPath = (path: string): string =>
  basename(path)
    .replace(/\..*$/, '')
    .split(/_|-?\d+[mhdw](?![a-z])/)[0];

/** What a symbol is priced in; undefined where that cannot be told. */
function quoteOf(symbol: string | undefined): string | undefined {
  if (symbol === undefined) return undefined;
  const { quote } = readMarketName(symbol);
  return quote === UNKNOWN_CURRENCY ? undefined : quote;
}
