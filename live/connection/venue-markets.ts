/** Names the markets of a venue, and the channels that each has. */
import { ConfigError } from '../../core/errors.ts';
import { parsePair } from '../../market/candles/currencies.ts';

/** Kinds of messages that can be subscribed to. */
export type Channel = 'book' | 'trades' | 'ticker';

export const CHANNELS: readonly Channel[] = ['book', 'trades', 'ticker'];

/** A market as the user names it, and as the venue does. */
export interface VenueMarket {
  /** `BTC/USDT`: base and quote, upper case. */
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  /** `BTCUSDT`, `BTC-USDT`, … */
  readonly native: string;
}

/** Says how to write what another notation means. */
function hint(given: string): string {
  try {
    const { base, quote } = parsePair(given);
    return `: write "${base}/${quote}"`;
  } catch {
    return '';
  }
}

/** @throws ConfigError `invalid-symbol`, `quote-first`, `duplicate-name` or `no-markets` */
export function parseMarkets(
  venue: string,
  symbols: readonly string[],
  nativeSymbol: (base: string, quote: string) => string,
): VenueMarket[] {
  if (symbols.length === 0)
    throw new ConfigError('no-markets', `Venue "${venue}" needs at least one market, such as "BTC/USDT".`);
  const seen = new Set<string>();
  return symbols.map((given) => {
    const symbol = given.toUpperCase();
    const [base, quote] = symbol.split('/');
    if (!/^[A-Z0-9]+\/[A-Z0-9]+$/.test(symbol)) {
      throw new ConfigError(
        'invalid-symbol',
        `A market of venue "${venue}" must be base and quote, such as "BTC/USDT"; got "${given}"${hint(given)}.`,
      );
    }
    // Refused where it would be money priced in a coin: venues that put the quote first name it so.
    parsePair(symbol);
    if (seen.has(symbol))
      throw new ConfigError('duplicate-name', `Market "${symbol}" of venue "${venue}" is named twice.`);
    seen.add(symbol);
    return { symbol, base, quote, native: nativeSymbol(base, quote) };
  });
}

/** @throws ConfigError `invalid-channel` */
export function requireChannels(venue: string, channels: readonly string[]): readonly Channel[] {
  for (const channel of channels) {
    if (!CHANNELS.some((known) => known === channel)) {
      throw new ConfigError(
        'invalid-channel',
        `Venue "${venue}" has no channel "${channel}". Known: ${CHANNELS.join(', ')}.`,
      );
    }
  }
  return channels as readonly Channel[];
}
