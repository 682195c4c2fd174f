/** Knows what market files call their columns: the words of vendors, platforms and languages, in one table. */

/** What a column can be to us. */
export type Role =
  | 'time'
  | 'clock'
  | 'localTime'
  | 'open'
  | 'high'
  | 'low'
  | 'close'
  | 'adjustedClose'
  | 'volume'
  | 'tickVolume'
  | 'quoteVolume'
  | 'symbol'
  | 'venue'
  | 'price'
  | 'size'
  | 'side'
  | 'buyerIsMaker'
  | 'bidPrice'
  | 'bidSize'
  | 'askPrice'
  | 'askSize'
  | 'isSnapshot'
  | 'bids'
  | 'asks';

/** Roles that `--columns` may name. */
export const ROLES: readonly Role[] = [
  'time',
  'clock',
  'localTime',
  'open',
  'high',
  'low',
  'close',
  'adjustedClose',
  'volume',
  'tickVolume',
  'quoteVolume',
  'symbol',
  'venue',
  'price',
  'size',
  'side',
  'buyerIsMaker',
  'bidPrice',
  'bidSize',
  'askPrice',
  'askSize',
  'isSnapshot',
];

/** Names in plain form (see `plainName`), best first: what cannot be mistaken, then what may be something else. */
const NAMES: Readonly<Record<Role, readonly string[]>> = {
  time: [
    // When a bar opens, before any other time that stands beside it.
    'candle date time utc',
    'candle date time kst',
    'time open',
    'timeopen',
    'unix',
    'unix timestamp',
    'unix time',
    'epoch',
    'epoch ms',
    'ts',
    'ts ms',
    'time ms',
    'timems',
    'timestamp ms',
    'timestamp',
    'timestamp utc',
    'time utc',
    'date utc',
    'datetime utc',
    'utc',
    'window start',
    'funding time',
    'fundingtime',
    'funding rate timestamp',
    'fundingratetimestamp',
    'calc time',
    'open time',
    'opentime',
    'open time ms',
    'open timestamp',
    'kline open time',
    'ts event',
    'datetime',
    'date time',
    'gmt time',
    'utc time',
    'start time',
    'start',
    'start at',
    'startedat',
    'bar time',
    'time period start',
    'snapped at',
    'local time',
    'created at',
    'created time',
    'trade time',
    'transact time',
    'date',
    'time',
    't',
    'day',
    'trade date',
    'trading date',
    'index',
    '날짜',
    '일자',
    '일시',
    '날짜시간',
    '체결시간',
    '체결일시',
    '체결시각',
    '기준일',
    '기준일자',
    '영업일자',
    '시간',
    '시각',
    '日付',
    '日時',
    '日期',
    '时间',
    '交易日期',
    'datum',
    'zeit',
    'fecha',
    'data',
    'date et heure',
    'дата',
  ],
  clock: [
    'time',
    'clock',
    'hour',
    'time of day',
    '시간',
    '시각',
    '체결시간',
    '時刻',
    'zeit',
    'hora',
    'heure',
    'время',
  ],
  localTime: [
    'local timestamp',
    'received time',
    'receive time',
    'local time',
    'ts recv',
    'time coinapi',
    'received at',
    'ts init',
  ],
  open: [
    'open',
    'o',
    '1. open',
    'open price',
    'px open',
    'opening price',
    'mid o',
    'bid open',
    'first',
    '시가',
    '始値',
    '开盘',
    '开盘价',
    'eröffnung',
    'erster',
    'ouv',
    'ouverture',
    'apertura',
    'abertura',
    'откр',
    'price open',
  ],
  high: [
    'high',
    'h',
    '2. high',
    'high price',
    'px high',
    'mid h',
    'bid high',
    'max',
    '고가',
    '高値',
    '最高',
    '最高价',
    'hoch',
    'tageshoch',
    'haut',
    'máximo',
    'maximo',
    'máx',
    'макс',
    'price high',
    'trade high',
  ],
  low: [
    'low',
    'l',
    '3. low',
    'low price',
    'px low',
    'mid l',
    'bid low',
    'min',
    '저가',
    '安値',
    '最低',
    '最低价',
    'tief',
    'tagestief',
    'bas',
    'mínimo',
    'minimo',
    'mín',
    'мин',
    'price low',
  ],
  close: [
    'close',
    'c',
    '4. close',
    'close price',
    'px last',
    'px close',
    'close/last',
    'closing price',
    'mid c',
    'bid close',
    'last',
    'trade price',
    '종가',
    '현재가',
    '終値',
    '收盘',
    '收盘价',
    'schluss',
    'schlusskurs',
    'schlußkurs',
    'clôture',
    'cloture',
    'clôt',
    'cierre',
    'último',
    'ultimo',
    'fechamento',
    'закр',
    'price close',
    'trade close',
  ],
  adjustedClose: [
    'adj close',
    'adjusted close',
    'adjclose',
    'adj. close',
    '5. adjusted close',
    'close adj',
    'close adjusted',
    '수정종가',
    '수정주가',
    '調整後終値',
    '后复权收盘价',
  ],
  volume: [
    'volume',
    'v',
    'vol',
    'vol.',
    '5. volume',
    '6. volume',
    'base volume',
    'volume base',
    'volumefrom',
    'volume from',
    'base asset volume',
    'volume traded',
    'traded volume',
    'totalvolume',
    'total volume',
    'candle acc trade volume',
    'shares traded',
    '거래량',
    '누적거래량',
    '체결량',
    '出来高',
    '成交量',
    'volumen',
    'stück',
    'volumes',
    'объём',
    'объем',
  ],
  tickVolume: ['tickvol', 'tick volume', 'tickvolume', 'ticks'],
  quoteVolume: [
    'quote volume',
    'volume quote',
    'quote asset volume',
    'volumeto',
    'volume to',
    'quote vol',
    'turnover',
    'value',
    'candle acc trade price',
    'quote av',
    'amount',
    'dollar volume',
    '거래대금',
    '누적거래대금',
    '売買代金',
    '成交额',
    '成交金额',
  ],
  symbol: [
    'symbol',
    'ticker',
    'tic',
    'instrument',
    'instrument id',
    'instrument name',
    'inst id',
    'pair',
    'market',
    'asset',
    'code',
    'ric',
    'secid',
    'contract',
    'product',
    'product id',
    'raw symbol',
    'ts code',
    'sym',
    'stock',
    'unique id',
    'symbol id',
    'item id',
    '종목',
    '종목코드',
    '종목명',
    '단축코드',
    '股票代码',
    'name',
  ],
  venue: ['exchange', 'venue', 'exchange id', 'source', 'market maker', '거래소'],
  price: [
    'price',
    'px',
    'trade price',
    'rate',
    'p',
    'last price',
    'trade px',
    '체결가',
    '체결가격',
    '가격',
    '价格',
  ],
  size: [
    // Where the size is a number of contracts, this is what they are of.
    'homenotional',
    'home notional',
    'size',
    'amount',
    'qty',
    'quantity',
    'sz',
    'volume',
    'vol',
    'trade size',
    'base qty',
    'base volume',
    'last size',
    'trade quantity',
    'trade qty',
    'q',
    '체결량',
    '체결수량',
    '수량',
    '数量',
    '거래량',
  ],
  side: [
    'side',
    'taker side',
    'taker',
    'direction',
    'aggressor',
    'aggressor side',
    'trade side',
    'type',
    'buy sell',
    'ask bid',
    'bs',
    '매수매도',
    '매매구분',
    '체결구분',
    '买卖方向',
  ],
  buyerIsMaker: ['is buyer maker', 'buyer maker', 'isbuyermaker', 'm', 'was the buyer the maker'],
  bidPrice: [
    'bid price',
    'bid',
    'best bid',
    'best bid price',
    'bidprice',
    'bid px',
    'b',
    'bidopen',
    'top bid',
    'bid 1',
    '매수호가',
    '매수1호가',
  ],
  bidSize: [
    'bid amount',
    'bid size',
    'bid qty',
    'best bid size',
    'best bid qty',
    'best bid amount',
    'bidsize',
    'bid volume',
    'bid sz',
    'bid quantity',
    'bidqty',
    'bidvol',
    'bidvolume',
    '매수잔량',
    '매수호가잔량',
  ],
  askPrice: [
    'ask price',
    'ask',
    'best ask',
    'best ask price',
    'askprice',
    'ask px',
    'a',
    'offer',
    'offer price',
    'top ask',
    'ask 1',
    '매도호가',
    '매도1호가',
  ],
  askSize: [
    'ask amount',
    'ask size',
    'ask qty',
    'best ask size',
    'best ask qty',
    'best ask amount',
    'asksize',
    'ask volume',
    'ask sz',
    'ask quantity',
    'askqty',
    'askvol',
    'askvolume',
    'offer size',
    '매도잔량',
    '매도호가잔량',
  ],
  isSnapshot: ['is snapshot', 'issnapshot', 'snapshot'],
  bids: ['bids', 'b', 'bid'],
  asks: ['asks', 'a', 'ask'],
};

const QUOTE_CURRENCIES = new Set(
  'usd usdt usdc busd fdusd dai eur gbp jpy krw try brl aud cad chf inr rub currency quote'.split(' '),
);

/** `<TICKVOL>` → `tickvol`, `Open_Time` → `open time`, `1. open` stays, `Volume_(BTC)` → `volume`. */
export function plainName(name: string): string {
  return (
    name
      .normalize('NFKC')
      .toLowerCase()
      // Yahoo's page says beside a name what it means; OKX writes it in Chinese too.
      .replace(/^((?:adj )?close) \1 price adjusted for .*$|^(adj close) adjusted close price .*$/, '$1$2')
      .replace(/^([\w ]+)\/\p{Script=Han}+(?:id)?$/u, '$1')
      .replace(/^<(.*)>$/, '$1')
      .replace(/[_\s-]+/g, ' ')
      .replace(/ ?\([^)]*\)$/, '')
      .trim()
  );
}

/** @returns indices of the columns that a role's names fit, in the order of the table; columns taken already are left out */
export function columnsOf(
  role: Role,
  plain: readonly string[],
  taken: ReadonlySet<number> = new Set(),
): number[] {
  return NAMES[role].flatMap((name) =>
    plain.flatMap((found, c) => (found === name && !taken.has(c) ? [c] : [])),
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

/** The word in brackets or behind an underscore that may be a zone: `Time (EET)`, `timestamp_utc`, `date_kst`. */
export function zoneWord(name: string): string | undefined {
  const bracket = /[([]\s*([\w+/:-]+)\s*[)\]]\s*$/.exec(name)?.[1];
  if (bracket !== undefined) return bracket;
  return /(?:^|[\s_-])(utc|gmt|kst|jst|cet|eet|est|hkt|sgt|msk)(?:$|[\s_-])/i.exec(name)?.[1];
}

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
