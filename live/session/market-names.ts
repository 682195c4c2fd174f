/** Names the markets of a session: by their venue, and where it is named before, with the base too. */
import type { Venue } from '../../market/books/tape.ts';
import type { LiveConfig } from './config.ts';

/** `upbit`, then `upbit-USDT` for its second market, USDT/KRW; in the order of the markets. */
export function namedMarkets(markets: LiveConfig['markets']): Venue[] {
  const names = new Set<string>();
  return markets.map(({ venue, symbol }) => {
    const [base, quote] = symbol.toUpperCase().split('/');
    const candidates = [venue, `${venue}-${base}`, `${venue}-${base}-${quote}`];
    const name = candidates.find((candidate) => !names.has(candidate)) ?? candidates[2];
    names.add(name);
    return { name, base, quote };
  });
}
