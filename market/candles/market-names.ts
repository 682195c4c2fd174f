/** Reads what exchanges call their markets, derivatives included: base, quote, settlement, and what their sizes count. */
import { type Pair, parsePair, UNKNOWN_CURRENCY } from './currencies.ts';

/** What one unit of a size is: so many base or quote units. */
export interface ContractSize {
  readonly amount: number;
  readonly of: 'base' | 'quote';
}

export interface NamedMarket extends Pair {
  readonly kind: 'spot' | 'perpetual' | 'future' | 'option';
  /** What gains are paid in; undefined where the name does not tell. */
  readonly settlement: string | undefined;
  /** Undefined where sizes are in base units; `unknown` where they count contracts of a size that stands nowhere. */
  readonly contract: ContractSize | 'unknown' | undefined;
}

/** Base units of a linear contract of OKX, where they are widely known. Source: OKX, contract specifications. */
const OKX_LINEAR: Readonly<Record<string, number>> = { BTC: 0.01, ETH: 0.1 };
const COIN = 'BTC';

/** Venues, as recorders call them, whose sizes count contracts of sizes that differ by market. */
const CONTRACT_VENUES =
  /^(?:gate-?io-futures|huobi-dm|htx-dm|kucoin-?futures|bitmex|okex-(?:swap|futures)|okx-(?:swap|futures))/i;

type Reading = Omit<NamedMarket, 'base' | 'quote'> & { readonly base: string; readonly quote: string };

/** A dollar's worth, or ten or a hundred, paid in the coin. */
const inverse = (base: string, quote: string, kind: NamedMarket['kind'], dollars: number): Reading => ({
  base,
  quote,
  kind,
  settlement: base,
  contract: { amount: dollars, of: 'quote' },
});
const linear = (
  base: string,
  quote: string,
  kind: NamedMarket['kind'],
  contract?: NamedMarket['contract'],
): Reading => ({ base, quote, kind, settlement: quote, contract });

const coinMargined = (base: string): number => (base === COIN ? 100 : 10);

/** An OKX contract; `USD_UM` is quoted in dollars and paid in them. */
function okx(base: string, quote: string, kind: NamedMarket['kind']): Reading {
  if (quote === 'USD') return inverse(base, quote, kind, coinMargined(base));
  const amount = OKX_LINEAR[base];
  return linear(
    base,
    quote.replace('USD_UM', 'USD'),
    kind,
    amount === undefined ? 'unknown' : { amount, of: 'base' },
  );
}

interface Rule {
  readonly pattern: RegExp;
  read(parts: Readonly<Record<string, string>>, venue: string): Reading | undefined;
}

const rule = (pattern: RegExp, read: Rule['read']): Rule => ({ pattern, read });
const BASE = '(?<base>[A-Z0-9]+)';

/** In this order; names are upper case. */
const RULES: readonly Rule[] = [
  // ccxt: BTC/USDT:USDT, BTC/USD:BTC-241227, BTC/USD:BTC-241227-60000-C
  rule(
    /^(?<base>[A-Z0-9.]+)\/(?<quote>[A-Z0-9.]+):(?<settle>[A-Z0-9.]+)(?<date>-\d{6})?(?<strike>-\d+-[CP])?$/,
    (parts, venue) => {
      const { base, quote, settle, date, strike } = parts;
      const kind = strike !== undefined ? 'option' : date !== undefined ? 'future' : 'perpetual';
      if (/^okx|^okex/.test(venue)) return okx(base, quote, kind);
      if (/^binance/.test(venue) && settle === quote) return linear(base, quote, kind);
      if (/^binance/.test(venue)) return inverse(base, quote, kind, coinMargined(base));
      if (/^bybit/.test(venue) && settle === quote) return linear(base, quote, kind);
      if (/^(?:bybit|deribit)/.test(venue) && settle === base) return inverse(base, quote, kind, 1);
      return { base, quote, kind, settlement: settle, contract: 'unknown' };
    },
  ),
  // OKX: BTC-USDT-SWAP, BTC-USD-241227, BTC-USD-241227-60000-C
  rule(/^(?<base>[A-Z0-9]+)-(?<quote>[A-Z]+(?:_UM)?)-(?:SWAP|\d{6})$/, ({ base, quote, all }) =>
    okx(base, quote, all.endsWith('SWAP') ? 'perpetual' : 'future'),
  ),
  rule(/^(?<base>[A-Z0-9]+)-(?<quote>[A-Z]+)-\d{6}-\d+-[CP]$/, ({ base }) => ({
    ...linear(base, base, 'option', 'unknown'),
  })),
  // Deribit: BTC_USDC-PERPETUAL, BTC-PERPETUAL, BTC-27DEC24, BTC-27DEC24-60000-C
  rule(
    /^(?<base>[A-Z0-9]+)_(?<quote>USDC|USDT)-(?<rest>PERPETUAL|\d{1,2}[A-Z]{3}\d{2}(?<strike>-[\dD]+-[CP])?)$/,
    (parts) =>
      linear(
        parts.base,
        parts.quote,
        parts.rest === 'PERPETUAL' ? 'perpetual' : parts.strike === undefined ? 'future' : 'option',
      ),
  ),
  rule(new RegExp(`^${BASE}-PERPETUAL$`), ({ base }) => inverse(base, 'USD', 'perpetual', 1)),
  rule(new RegExp(`^${BASE}-\\d{1,2}[A-Z]{3}\\d{2}(?:-(?<currency>USDT))?$`), ({ base, currency }, venue) =>
    /^bybit/.test(venue) ? linear(base, currency ?? 'USDC', 'future') : inverse(base, 'USD', 'future', 1),
  ),
  rule(
    new RegExp(`^${BASE}-\\d{1,2}[A-Z]{3}\\d{2}-\\d+-[CP](?:-(?<currency>USDT))?$`),
    ({ base, currency }, venue) =>
      /^bybit/.test(venue) ? linear(base, currency ?? 'USDC', 'option') : linear(base, base, 'option'),
  ),
  // Binance: BTCUSD_PERP, BTCUSD_241227 are paid in coins; BTCUSDT_241227, BTCUSDT_PERP are not.
  rule(new RegExp(`^${BASE}USD_(?:PERP|\\d{6})$`), ({ base, all }) =>
    inverse(base, 'USD', all.endsWith('PERP') ? 'perpetual' : 'future', coinMargined(base)),
  ),
  rule(/^(?<base>[A-Z0-9]+?)-?(?<quote>USDT|USDC|FDUSD|BUSD)_(?:PERP|\d{6})$/, ({ base, quote, all }) =>
    linear(base, quote, all.endsWith('PERP') ? 'perpetual' : 'future'),
  ),
  // Kraken: PI_XBTUSD, FI_XBTUSD_241227 are paid in coins; PF_XBTUSD, FF_… are not.
  rule(
    /^(?<type>P|F)(?<margin>I|F)_(?<base>[A-Z0-9]+)(?<quote>USD)(?:_\d{6})?$/,
    ({ type, margin, base, quote }) => {
      const kind = type === 'P' ? 'perpetual' : 'future';
      return margin === 'I' ? inverse(base, quote, kind, 1) : linear(base, quote, kind);
    },
  ),
  // BitMEX: XBTZ24; KuCoin: XBTUSDTM, XBTUSDM; Bitget: BTCUSDT_UMCBL, BTCUSD_DMCBL
  rule(/^(?<base>XBT)[FGHJKMNQUVXZ]\d{2}$/, ({ base }) => inverse(base, 'USD', 'future', 1)),
  rule(/^(?<base>[A-Z0-9]+?)(?<quote>USDT|USDC|USD)M$/, ({ base, quote }) => ({
    ...linear(base, quote, 'perpetual', 'unknown'),
    settlement: quote === 'USD' ? base : quote,
  })),
  rule(/^(?<base>[A-Z0-9]+?)(?<quote>USDT|USDC|USD)_[A-Z]MCBL$/, ({ base, quote }) => ({
    ...linear(base, quote, 'perpetual'),
    settlement: quote === 'USD' ? base : quote,
  })),
  // Perpetuals that leave out what they are quoted in: BTC-PERP
  rule(new RegExp(`^${BASE}-?PERP$`), ({ base }) => ({
    ...linear(base, UNKNOWN_CURRENCY, 'perpetual'),
    settlement: undefined,
  })),
  // TradingView: BTCUSDT.P; Bitfinex: BTCF0:USTF0; Yahoo: EURUSD=X
  rule(/^(?<pair>[A-Z0-9]+)\.P$/, ({ pair }) => {
    const { base, quote } = pairFrom(pair);
    return linear(base, quote, 'perpetual', quote === 'USD' ? 'unknown' : undefined);
  }),
  rule(/^T?(?<base>[A-Z0-9]+)F0:USTF0$/, ({ base }) => linear(base, 'USDT', 'perpetual')),
  rule(/^(?<base>[A-Z]{3})(?<quote>[A-Z]{3})=X$/, ({ base, quote }) => spot({ base, quote })),
];

const spot = (pair: Pair): Reading => ({ ...pair, kind: 'spot', settlement: undefined, contract: undefined });

/**
 * Reads a market's name: `BTC/USDT`, `KRW-BTC`, `BTC-PERPETUAL`, `BTC-USDT-SWAP`, `PI_XBTUSD`, `XXBTZUSD`. XBT is BTC.
 * @param venue as recorders call it: some venues' contracts have the names of others' pairs
 * @returns a quote of `UNKNOWN_CURRENCY` where the name does not tell
 */
export function readMarketName(symbol: string, venue = ''): NamedMarket {
  const name = symbol.trim().toUpperCase();
  for (const { pattern, read } of RULES) {
    const groups = pattern.exec(name)?.groups;
    const reading = groups && read({ ...groups, all: name }, venue.toLowerCase());
    if (reading !== undefined) return plainBase(reading);
  }
  return plainBase(byVenue(pairFrom(symbol.trim()), name, venue.toLowerCase()));
}

/** Contracts that have the names of pairs. */
function byVenue(pair: Pair, name: string, venue: string): Reading {
  const { base, quote } = pair;
  if (/^bitmex/.test(venue) && name === 'XBTUSD') return inverse(base, quote, 'perpetual', 1);
  if (venue === 'bybit' && quote === 'USD') return inverse(base, quote, 'perpetual', 1);
  if (CONTRACT_VENUES.test(venue)) return linear(base, quote, 'perpetual', 'unknown');
  return spot(pair);
}

const plainBase = (market: Reading): NamedMarket => {
  const coin = (code: string) => (code === 'XBT' ? COIN : code);
  const { settlement } = market;
  return {
    ...market,
    base: coin(market.base),
    quote: coin(market.quote),
    settlement: settlement === undefined ? undefined : coin(settlement),
  };
};

/** A pair, with what venues put before and into it: `tBTCUSD`, `XXBTZUSD`, `BINANCE:BTCUSDT`, `X:BTCUSD`; KRW-BTC has its quote first. */
function pairFrom(symbol: string): Pair {
  const bare = symbol
    .replace(/^t(?=[A-Z0-9]{6,}$|[A-Z0-9]+:[A-Z]{3,}$)/, '')
    .replace(/^[A-Z_]+:(?=[A-Z0-9]{6,}$)/i, '')
    .toUpperCase()
    .replace(/^X([A-Z]{3})Z([A-Z]{3})$/, '$1$2');
  try {
    return parsePair(bare);
  } catch {
    return { base: bare, quote: UNKNOWN_CURRENCY };
  }
}
