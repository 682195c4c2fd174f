/** Recognises the currencies that markets are named and quoted in. */
import { ConfigError } from '../../core/errors.ts';
import type { Venue } from '../books/tape.ts';
import { isMoney, pricesOther } from './quote-first.ts';

/** Stands for a currency that a file does not tell; equal to itself alone within one file. */
export const UNKNOWN_CURRENCY = '?';

/** Longest first, so that BTCFDUSD ends in FDUSD and not in USD. */
const QUOTES =
  'FDUSD USDT USDC BUSD TUSD USDE USDD USD1 PYUSD DAI USD EUR GBP JPY BRL TRY KRW AUD CAD CHF MXN ZAR UAH ARS PLN RON IDR SGD INR BTC ETH BNB SOL XRP'
    .split(' ')
    .sort((a, b) => b.length - a.length);

/** Quotes that end like USD behind a letter: BNBUSD is BNB in USD far more often than BN in BUSD. */
const RARE_QUOTES = new Set(['BUSD', 'TUSD']);
/** What was traded against them. */
const MAJORS = new Set(
  'BTC ETH BNB XRP SOL ADA DOGE LTC TRX LINK MATIC AVAX EOS BCH ATOM FIL UNI USDC'.split(' '),
);

export type Pair = Pick<Venue, 'base' | 'quote'>;

/**
 * Reads a pair as people and venues write it: `BTC/USDT`, `BTC-USD`, `btc_brl`, `BTCUSDT`; and with the quote first, as
 * Korean venues do: `KRW-BTC`, `BTC-ETH`, `USDT_BTC`.
 * @throws ConfigError `unknown-pair` where base and quote cannot be told apart, `quote-first` where a slash or no mark at all
 *   says that money is priced in a coin: `KRW/BTC`
 */
export function parsePair(text: string): Pair {
  const name = text.toUpperCase();
  const parts = name.split(/[/\-_:]/);
  if (parts.length === 2 && parts.every((part) => /^[A-Z0-9.]+$/.test(part))) {
    const [first, second] = parts;
    if (!pricesOther(first, second)) return { base: first, quote: second };
    if (!name.includes('/')) return { base: second, quote: first };
    // With a slash the base is first, always; only, no market prices money in a coin.
    return isMoney(first) ? refuseOrder(text, first, second) : { base: first, quote: second };
  }
  const fits = (code: string) =>
    name.endsWith(code) &&
    name !== code &&
    (!RARE_QUOTES.has(code) || MAJORS.has(name.slice(0, -code.length)));
  const quote = parts.length === 1 ? QUOTES.find(fits) : undefined;
  if (quote === undefined || !/^[A-Z0-9.]+$/.test(name)) {
    throw new ConfigError(
      'unknown-pair',
      `"${text}" is no pair of currencies; write base and quote, e.g. "BTC/USDT".`,
    );
  }
  const base = name.slice(0, -quote.length);
  return pricesOther(base, quote) ? refuseOrder(text, base, quote) : { base, quote };
}

function refuseOrder(text: string, first: string, second: string): never {
  throw new ConfigError(
    'quote-first',
    `"${text}" would be ${first} priced in ${second}, which no market is; write "${second}/${first}" for ${second} ` +
      `priced in ${first}.`,
  );
}

/**
 * Says whether the venues trade the same thing for the same currency; prices in unlike quotes are no spread.
 * @throws ConfigError `quote-mismatch`, `base-mismatch`; each names the two venues and the next step
 */
export function requireComparable(venues: readonly Venue[]): void {
  for (const venue of venues) {
    const [first] = venues;
    if (venue.base !== first.base) {
      throw new ConfigError(
        'base-mismatch',
        `Venue "${first.name}" trades ${first.base} and "${venue.name}" ${venue.base}; compare venues of one base.`,
      );
    }
    if (venue.quote !== first.quote) {
      throw new ConfigError(
        'quote-mismatch',
        `Venue "${first.name}" quotes in ${first.quote} and "${venue.name}" in ${venue.quote}; convert one of them ` +
          'with --quote and --convert.',
      );
    }
  }
}
