/** What vendors, platforms and languages call the columns of market data, in plain form (see `plainName`). */

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

/** Best first: what cannot be mistaken, then what may be something else. */
export const COLUMN_WORDS: Readonly<Record<Role, readonly string[]>> = {
  // When a bar opens, before any other time that stands beside it.
  time: words(
    'candle date time utc | candle date time kst | time period start | time open | timeopen | unix |' +
      'unix timestamp | unix time | epoch | epoch ms | ts | ts ms | time ms | timems | timestamp ms |' +
      'timestamp | timestamp utc | time utc | date utc | datetime utc | utc | window start |' +
      'funding time | fundingtime | funding rate timestamp | fundingratetimestamp | calc time |' +
      'open time | opentime | open time ms | open timestamp | kline open time | ts event | datetime |' +
      'date time | gmt time | utc time | start time | start | start at | startedat | bar time |' +
      'snapped at | local time | created at | created time | trade time | transact time | begin |' +
      'participant timestamp | time exchange | transaction time | event time | transaction date |' +
      'create time | observation date | date | time | t | day | trade date | trading date | index | 날짜 | 일자 | 일시 | 날짜시간 |' +
      '체결시간 | 체결일시 | 체결시각 | 기준일 | 기준일자 | 영업일자 | 시간 | 시각 | 日付 | 日時 | 日期 | 时间 | 交易日期 | datum | zeit |' +
      'fecha | data | date et heure | дата | date/time | local date | date1 | stck bsop date | xymd |' +
      '체결일 | 거래일 | 일자시간 | 日付け | 日付時刻 | 年月日 | 交易时间 | 日期时间 | tarih | dato | päivämäärä |' +
      'data operazione | ticks',
  ),
  clock: words(
    'time | clock | hour | time of day | 시간 | 시각 | 체결시간 | 時刻 | zeit | hora | heure | время |' +
      'time utc | trade time utc | stck cntg hour | 時間 | godzina | saat | uhrzeit | ora | tijd',
  ),
  localTime: words(
    'local timestamp | received time | receive time | local time | ts recv | time coinapi |' +
      'received at | ts init | sip timestamp | ts received',
  ),
  open: words(
    'open | o | 1. open | open price | px open | opening price | mid o | bid open | first | 시가 |' +
      '始値 | 开盘 | 开盘价 | eröffnung | erster | ouv | ouverture | apertura | abertura | откр |' +
      'price open | eröffn | eröffnungskurs | opening | oprc | stck oprc | 오픈 | 開盤 | 開盤價 | otwarcie |' +
      'açılış | apert | abert | openen',
  ),
  high: words(
    'high | h | 2. high | high price | px high | mid h | bid high | max | 고가 | 高値 | 最高 | 最高价 |' +
      'hoch | tageshoch | haut | máximo | maximo | máx | макс | price high | trade high | plus haut |' +
      'massimo | máxima | maxima | najwyższy | najwyzszy | yüksek | hoog | 高 | 最高價 | hgpr |' +
      'stck hgpr | höchst | höchstkurs',
  ),
  low: words(
    'low | l | 3. low | low price | px low | mid l | bid low | min | 저가 | 安値 | 最低 | 最低价 | tief |' +
      'tagestief | bas | mínimo | minimo | mín | мин | price low | plus bas | mínima | minima |' +
      'najniższy | najnizszy | düşük | laag | 低 | 最低價 | lwpr | stck lwpr | tiefst | tiefstkurs',
  ),
  close: words(
    'close | c | 4. close | close price | px last | px close | close/last | closing price | mid c |' +
      'bid close | last | trade price | 종가 | 현재가 | 終値 | 收盘 | 收盘价 | schluss | schlusskurs |' +
      'schlußkurs | clôture | cloture | clôt | cierre | último | ultimo | fechamento | закр |' +
      'price close | trade close | zuletzt | dernier | цена | zamknięcie | zamkniecie | ostatnio |' +
      'şimdi | kapanış | laatst | 收盤 | 收盤價 | clpr | stck clpr | stck prpr | última | ultima',
  ),
  adjustedClose: words(
    'adj close | adjusted close | adjclose | adj. close | 5. adjusted close | close adj |' +
      'close adjusted | 수정종가 | 수정주가 | 調整後終値 | 后复权收盘价 | 終値調整値 | 수정종가(원)',
  ),
  // Where the volume is a number of contracts, the first are what they are of.
  volume: words(
    'home notional | homenotional | volume | v | vol | vol. | 5. volume | 6. volume | base volume |' +
      'volume base | volumefrom | volume from | base asset volume | volume traded | traded volume |' +
      'totalvolume | total volume | candle acc trade volume | shares traded | 거래량 | 누적거래량 | 체결량 |' +
      '出来高 | 成交量 | stück | stuecke | stucke | volumen | volumes | объём | объем | accumulated trading volume | acml vol |' +
      'cntg vol | 交易量 | 成交股數 | 成交量(股) | wolumen | wol | hac | hacim | ttl trd qnty |' +
      'total traded quantity | 거래량(주) | base vol | amount traded',
  ),
  tickVolume: words('tickvol | tick volume | tickvolume | ticks | tick count'),
  quoteVolume: words(
    'quote volume | volume quote | quote asset volume | volumeto | volume to | quote vol |' +
      'turnover | value | candle acc trade price | quote av | amount | dollar volume | 거래대금 | 누적거래대금 |' +
      '売買代金 | 成交额 | 成交金额 | vol quote | vol ccy quote | foreign notional | acml tr pbmn |' +
      'value traded | turnover value | dollar vol | 거래대금(원)',
  ),
  symbol: words(
    'symbol | ticker | tic | instrument | instrument id | instrument name | inst id | pair |' +
      'market | asset | code | ric | secid | contract | product | product id | raw symbol | ts code |' +
      'sym | stock | unique id | symbol id | item id | 종목 | 종목코드 | 종목명 | 단축코드 | 股票代码 | name | inst |' +
      'market symbol | asset id',
  ),
  venue: words('exchange | venue | exchange id | source | market maker | 거래소'),
  price: words(
    'price | px | trade price | rate | p | last price | trade px | 체결가 | 체결가격 | 가격 | 价格',
  ),
  // Where the size is a number of contracts, the first are what they are of.
  size: words(
    'homenotional | home notional | base amount | size | amount | qty | quantity | sz | volume |' +
      'vol | trade size | base qty | base volume | last size | trade quantity | trade qty | q | 체결량 |' +
      '체결수량 | 수량 | 数量 | 거래량 | units traded | trade volume | last qty',
  ),
  side: words(
    'side | taker side | taker | direction | aggressor | aggressor side | trade side | type |' +
      'buy sell | ask bid | bs | 매수매도 | 매매구분 | 체결구분 | 买卖方向',
  ),
  buyerIsMaker: words(
    'is buyer maker | buyer maker | isbuyermaker | m | was the buyer the maker | sell | is sell |' +
      'taker side sell',
  ),
  bidPrice: words(
    'bid price | bid | best bid | best bid price | bidprice | bid px | b | bidopen | top bid |' +
      'bid 1 | 매수호가 | 매수1호가',
  ),
  bidSize: words(
    'bid amount | bid size | bid qty | best bid size | best bid qty | best bid amount | bidsize |' +
      'bid volume | bid sz | bid quantity | bidqty | bidvol | bidvolume | 매수잔량 | 매수호가잔량',
  ),
  askPrice: words(
    'ask price | ask | best ask | best ask price | askprice | ask px | a | offer | offer price |' +
      'top ask | ask 1 | 매도호가 | 매도1호가',
  ),
  askSize: words(
    'ask amount | ask size | ask qty | best ask size | best ask qty | best ask amount | asksize |' +
      'ask volume | ask sz | ask quantity | askqty | askvol | askvolume | offer size | 매도잔량 | 매도호가잔량',
  ),
  isSnapshot: words('is snapshot | issnapshot | snapshot'),
  bids: words('bids | b | bid'),
  asks: words('asks | a | ask'),
};

function words(text: string): readonly string[] {
  return text.split('|').map((word) => word.trim());
}
