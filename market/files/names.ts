/** Finds out what a column of a market file is by what it is called. */
import { COLUMN_WORDS, type Role } from './shapes/column-words.ts';
import { knownZone } from './zones.ts';

const QUOTE_CURRENCIES = new Set(
  'usd usdt usdc busd fdusd dai eur gbp jpy krw try brl aud cad chf inr rub currency quote'.split(' '),
);

/** `<TICKVOL>` → `tickvol`, `Open_Time` → `open time`, `1. open` stays, `Volume_(BTC)` → `volume`. */
export function plainName(name: string): string {
  return (
    name
      .normalize('NFKC')
      .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      // Yahoo's page says beside a name what it means; OKX writes it in Chinese too.
      .replace(/^((?:adj )?close) \1 price adjusted for .*$|^(adj close) adjusted close price .*$/, '$1$2')
      .replace(/^([\w ]+)\/\p{Script=Han}+(?:id)?$/u, '$1')
      .replace(/^<(.*)>$/, '$1')
      .replace(/[_\s-]+/g, ' ')
      .replace(/ ?\([^)]*\)$/, '')
      .trim()
      .replace(/\.$/, '')
  );
}

/** Names of volumes beside the first: of other units, or what contracts are of. */
const VOLUME_NAMES = new Set([...COLUMN_WORDS.volume, ...COLUMN_WORDS.quoteVolume, 'vol ccy']);

/** Whether a column may hold a volume, in any unit. */
export const isVolumeName = (plain: string): boolean => VOLUME_NAMES.has(plain);

/** One letter means a price beside the three others alone: `l` of a trade is no low. */
const LETTERS = ['o', 'h', 'l', 'c'];

/** @returns indices of the columns that a role's names fit, in the order of the table; columns taken already are left out */
export function columnsOf(
  role: Role,
  plain: readonly string[],
  taken: ReadonlySet<number> = new Set(),
): number[] {
  const isNoBar = !LETTERS.every((letter) => plain.includes(letter));
  return COLUMN_WORDS[role].flatMap((name) =>
    isNoBar && LETTERS.includes(name)
      ? []
      : plain.flatMap((found, c) => (found === name && !taken.has(c) ? [c] : [])),
  );
}

/** Columns such as `Volume BTC`, with the currency behind; in the order of the file. */
export function volumesByCurrency(
  plain: readonly string[],
): { column: number; currency: string; isQuote: boolean }[] {
  return plain.flatMap((name, column) => {
    const currency = /^volume ([a-z0-9]+)$/.exec(name)?.[1];
    if (
      currency === undefined ||
      ['base', 'quote', 'from', 'to', 'traded', 'trades', 'count'].includes(currency)
    )
      return [];
    return [{ column, currency, isQuote: QUOTE_CURRENCIES.has(currency) }];
  });
}

const ZONE_WORD =
  /(?<=^|[\s_([-])(?:(?:utc|gmt) ?[+-] ?\d{1,2}(?::?\d{2})?|[a-z_]+\/[a-z_/]+|[a-z]{2,4})(?=$|[\s_)\]])/gi;

/** A name with the zone that stands in it taken out: `Gmt+3 time`, `Time (EET)`, `timestamp_utc`, `date_kst`; undefined for one without. */
export function zoneInName(name: string): { readonly zone: string; readonly rest: string } | undefined {
  for (const { 0: word, index } of name.matchAll(ZONE_WORD)) {
    const zone = knownZone(word.replaceAll(' ', ''));
    if (zone === undefined) continue;
    const rest = `${name.slice(0, index)} ${name.slice(index + word.length)}`;
    return { zone, rest: plainName(rest.replace(/[([] *[)\]]/, '')) || 'time' };
  }
  return undefined;
}

/** Whether a name stands for a time of any kind, in plain form. */
export const isTimeName = (plain: string): boolean => COLUMN_WORDS.time.includes(plain);

export interface LevelColumn {
  readonly side: 'bid' | 'ask';
  readonly field: 'price' | 'size';
  /** As the file numbers it; the smallest number of a file is the best level. */
  readonly level: number;
  readonly column: number;
}

const PRICE_WORDS = 'price|px|p|호가';
const SIZE_WORDS = 'amount|size|qty|quantity|volume|vol|sz|v|q|s|잔량|호가잔량';
const LEVEL_PATTERNS = [
  // asks[0].price · bids.0.amount
  new RegExp(`^(?<side>bid|ask)s?[.[ ](?<level>\\d+)\\]?[. ](?<field>${PRICE_WORDS}|${SIZE_WORDS})$`),
  // bid_px_00 · ask price 1 · bidprice1 · ask_sz_07
  new RegExp(`^(?<side>bid|ask) ?(?<field>${PRICE_WORDS}|${SIZE_WORDS}) ?(?<level>\\d+)$`),
  // bid1 price · ask_2_size · b1_price
  new RegExp(`^(?<side>bid|ask|b|a) ?(?<level>\\d+) ?(?<field>${PRICE_WORDS}|${SIZE_WORDS})$`),
  // 매도호가1 · 매수잔량10
  /^(?<side>매수|매도) ?(?<field>호가잔량|호가|잔량) ?(?<level>\d+)$/,
];

/** Columns of a book of several levels. */
export function levelColumns(plain: readonly string[]): LevelColumn[] {
  return plain.flatMap((name, column) => {
    for (const pattern of LEVEL_PATTERNS) {
      const groups = pattern.exec(name)?.groups;
      if (groups === undefined) continue;
      const side = /^(?:b|매수)/.test(groups.side) ? 'bid' : 'ask';
      const field = new RegExp(`^(?:${PRICE_WORDS})$`).test(groups.field) ? 'price' : 'size';
      return [{ side, field, level: Number(groups.level), column } as const];
    }
    return [];
  });
}
