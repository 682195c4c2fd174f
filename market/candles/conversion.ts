/** Converts prices in one currency to another, at the rates that were known at the time. */
import { ConfigError, DataError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import type { BookTape } from '../books/tape.ts';
import { firstAtOrAfter } from '../books/tape-span.ts';
import { closeTimes } from './align.ts';
import type { Candles } from './candles.ts';
import { formatTime, isValidTime } from './timestamps.ts';

/** What one unit of a currency is worth, as it became known. */
export interface RateSeries {
  /** [N], UTC epoch, rising: from when on the rate is known. */
  readonly timeMs: Float64Array;
  /** [N], units of the target currency for one of this, > 0 */
  readonly rates: Float64Array;
}

export interface ConversionsOptions {
  /** What all prices become: `USD`. */
  readonly target: string;
  /** By currency; the target itself needs none. */
  readonly series: Readonly<Record<string, RateSeries>>;
  /** A rate older than this is no rate; no limit by default. */
  readonly maxAgeMs?: number;
}

export class Conversions {
  readonly target: string;
  readonly #series: ReadonlyMap<string, RateSeries>;
  readonly #maxAgeMs: number;

  /** @throws DataError `invalid-rates` for a series that is empty, not rising in time, or has a rate not above 0 */
  constructor({ target, series, maxAgeMs = Infinity }: ConversionsOptions) {
    this.target = target;
    this.#maxAgeMs = maxAgeMs;
    this.#series = new Map(Object.entries(series));
    for (const [currency, rates] of this.#series) checkRates(currency, rates);
  }

  /**
   * The last rate known at `timeMs`: 1 for the target.
   * @throws ConfigError `unknown-currency`; DataError `no-rate` before the first rate and past its age
   */
  rateAt(currency: string, timeMs: number): number {
    if (currency === this.target) return 1;
    const { timeMs: times, rates } = this.#find(currency);
    const after = firstAtOrAfter(times, timeMs);
    const row = times[after] === timeMs ? after : after - 1;
    if (row >= 0 && timeMs - times[row] <= this.#maxAgeMs) return rates[row];
    const known =
      row < 0 ? `the first is of ${formatTime(times[0])}` : `the last is of ${formatTime(times[row])}`;
    throw new DataError(
      'no-rate',
      `There is no rate from ${currency} to ${this.target} at ${formatTime(timeMs)}; ${known}. Give a series that ` +
        'covers the tape.',
    );
  }

  #find(currency: string): RateSeries {
    const series = this.#series.get(currency);
    if (series !== undefined) return series;
    throw new ConfigError(
      'unknown-currency',
      `There is no conversion from "${currency}" to "${this.target}".${suggestion(currency, [...this.#series.keys(), this.target])}`,
    );
  }
}

/**
 * The tape with all prices in the target currency, each event at the rate known when it was received. Sizes stay.
 * @throws ConfigError `unknown-currency`; DataError `no-rate`
 */
export function convertTape(tape: BookTape, conversions: Conversions): BookTape {
  const { depth, length, venue, timeMs } = tape;
  const bidPrices = tape.bidPrices.slice();
  const askPrices = tape.askPrices.slice();
  for (let n = 0; n < length; n++) {
    const rate = conversions.rateAt(tape.venues[venue[n]].quote, timeMs[n]);
    if (rate === 1) continue;
    for (let k = n * depth; k < (n + 1) * depth; k++) {
      bidPrices[k] *= rate;
      askPrices[k] *= rate;
    }
  }
  const venues = tape.venues.map((each) => ({ ...each, quote: conversions.target }));
  return { ...tape, venues, bidPrices, askPrices };
}

/**
 * The candles with all prices in the target currency: each open at the rate known when its bar opened, each close at the
 * rate known when it closed. High and low are converted at the latter, and are never inside open and close. Volume stays.
 * @param currency what the candles are quoted in
 * @throws ConfigError `unknown-currency`; DataError `no-rate`
 */
export function convertCandles(candles: Candles, currency: string, conversions: Conversions): Candles {
  if (currency === conversions.target) return candles;
  const { length, timeMs } = candles;
  const closes = closeTimes(candles);
  const open = new Float64Array(length);
  const high = new Float64Array(length);
  const low = new Float64Array(length);
  const close = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    const rate = conversions.rateAt(currency, closes[row]);
    open[row] = candles.open[row] * conversions.rateAt(currency, timeMs[row]);
    close[row] = candles.close[row] * rate;
    high[row] = Math.max(candles.high[row] * rate, open[row], close[row]);
    low[row] = Math.min(candles.low[row] * rate, open[row], close[row]);
  }
  return { ...candles, open, high, low, close };
}

/** Rates the other way round: of USD in KRW, made of those of KRW in USD. */
export function invertRates({ timeMs, rates }: RateSeries): RateSeries {
  return { timeMs, rates: rates.map((rate) => 1 / rate) };
}

/** The closes of a pair's candles as rates from its base to its quote: each is known when its bar has closed. */
export function ratesFromCandles(candles: Candles): RateSeries {
  return { timeMs: closeTimes(candles), rates: candles.close.slice() };
}

function checkRates(currency: string, { timeMs, rates }: RateSeries): void {
  const fail = (problem: string) =>
    new DataError('invalid-rates', `The rates of ${currency}: ${problem}; correct the series.`);
  if (timeMs.length === 0 || timeMs.length !== rates.length) {
    throw fail(`${timeMs.length} times and ${rates.length} rates, expected as many of each and at least one`);
  }
  for (let n = 0; n < timeMs.length; n++) {
    if (!isValidTime(timeMs[n])) throw fail(`row ${n} has no time but ${timeMs[n]}`);
    if (n > 0 && !(timeMs[n] > timeMs[n - 1])) throw fail(`row ${n} is not later than the row before`);
    if (!(rates[n] > 0 && rates[n] < Infinity))
      throw fail(`row ${n} is ${rates[n]}, expected a number above 0`);
  }
}
