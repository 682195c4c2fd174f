/** More files in the shapes of public sources, made up here as those of `source-files.ts`: other languages, dumps of exchanges, answers of APIs. */
import iconv from 'iconv-lite';
import { bar, bars, iso, lines, newestFirst, type SourceFile, time } from './source-files.ts';

const array = (rows: readonly string[]): string => `[${rows.join(',')}]`;
const quoted = (...cells: readonly (string | number)[]): string => cells.map((cell) => `"${cell}"`).join(',');
/** The thirteenth is among these days, so that the order of day and month shows. */
const late = (n: number) => String(10 + n);
const side = (n: number, buy: string, sell: string) => (n % 2 ? sell : buy);

/** A header of Investing.com, a date of the country, and whether decimals have a comma. */
const INVESTING: readonly [language: string, header: string, date: (n: number) => string, comma: boolean][] =
  [
    ['German', 'Datum,Zuletzt,Eröffn.,Hoch,Tief,Vol.,+/- %', (n) => `${late(n)}.01.2024`, true],
    ['Spanish', 'Fecha,Último,Apertura,Máximo,Mínimo,Vol.,% var.', (n) => `${late(n)}.01.2024`, true],
    ['French', 'Date,Dernier,Ouv., Plus Haut,Plus Bas,Vol.,Variation %', (n) => `${late(n)}/01/2024`, true],
    ['Italian', 'Data,Ultimo,Apertura,Massimo,Minimo,Vol.,Var. %', (n) => `${late(n)}.01.2024`, true],
    ['Portuguese', 'Data,Último,Abertura,Máxima,Mínima,Vol.,Var%', (n) => `${late(n)}.01.2024`, true],
    ['Dutch', 'Datum,Laatst,Open,Hoog,Laag,Vol.,Wijzig. %', (n) => `${late(n)}-01-2024`, true],
    ['Polish', 'Data,Ostatnio,Otwarcie,Max.,Min.,Wol.,Zmiana%', (n) => `${late(n)}.01.2024`, true],
    ['Russian', 'Дата,Цена,Откр.,Макс.,Мин.,Объём,Изм. %', (n) => `${late(n)}.01.2024`, true],
    ['Turkish', 'Tarih,Şimdi,Açılış,Yüksek,Düşük,Hac.,Fark %', (n) => `${late(n)}.01.2024`, true],
    ['Japanese', '日付け,終値,始値,高値,安値,出来高,変化率 %', (n) => `2024年01月${late(n)}日`, false],
    ['Chinese', '日期,收盘,开盘,高,低,交易量,涨跌幅', (n) => `2024-1-${late(n)}`, false],
  ];

const investing: readonly SourceFile[] = INVESTING.map(([language, header, date, comma]) => {
  // Three digits behind the mark, as of the yen: the language tells what they are.
  const price = (value: number) => `${value}${comma ? ',' : '.'}000`;
  return {
    source: `Investing.com, ${language}`,
    name: `investing-${language}.csv`,
    content: lines(
      quoted(...header.split(',')),
      ...newestFirst(({ o, h, l, c, v }, n) =>
        quoted(
          date(n),
          price(c),
          price(o),
          price(h),
          price(l),
          `${v}${comma ? ',' : '.'}00K`,
          `0${comma ? ',' : '.'}50%`,
        ),
      ),
    ),
  };
});

const cp949 = (...rows: readonly string[]) => iconv.encode(lines(...rows), 'cp949');

const korean: readonly SourceFile[] = [
  {
    source: 'Naver, copied from the page',
    name: 'naver.csv',
    content: cp949(
      '날짜,종가,전일비,시가,고가,저가,거래량',
      ...newestFirst(
        ({ o, h, l, c, v }, n) =>
          `${iso(n).replaceAll('-', '.')},"${c},000",상승 5,"${o},000","${h},000","${l},000","${v},000"`,
      ),
    ),
  },
  {
    source: 'Naver chart (API)',
    name: 'naver-chart.json',
    content: `[['날짜', '시가', '고가', '저가', '종가', '거래량', '외국인소진율'],\n${bars(
      ({ o, h, l, c, v }, n) => `["${iso(n).replaceAll('-', '')}", ${o}, ${h}, ${l}, ${c}, ${v}, 53.1]`,
    ).join(',\n')}\n]\n`,
  },
  {
    source: 'Naver prices (API)',
    name: 'naver-prices.json',
    content: array(
      bars(
        ({ o, h, l, c, v }, n) =>
          `{"localDate":"${iso(n).replaceAll('-', '')}","closePrice":${c},"openPrice":${o},"highPrice":${h},"lowPrice":${l},"accumulatedTradingVolume":${v},"foreignRetentionRate":53.1}`,
      ),
    ),
  },
  {
    source: 'Kiwoom minutes (API)',
    name: 'kiwoom.csv',
    content: cp949(
      '체결시간,현재가,거래량,시가,고가,저가',
      ...newestFirst(
        ({ o, h, l, c, v }, n) => `20240102000${n}00,${n % 2 ? '-' : '+'}${c},${v},+${o},+${h},-${l}`,
      ),
    ),
  },
  {
    source: 'Korea Investment days (API)',
    name: 'kis.json',
    content: `{"rt_cd":"0","msg1":"정상처리 되었습니다.","output1":{"prdy_vrss":"1"},"output2":${array(newestFirst(({ o, h, l, c, v }, n) => `{"stck_bsop_date":"${iso(n).replaceAll('-', '')}","stck_clpr":"${c}","stck_oprc":"${o}","stck_hgpr":"${h}","stck_lwpr":"${l}","acml_vol":"${v}","acml_tr_pbmn":"${v * c}"}`))}}`,
  },
  {
    source: 'pykrx',
    name: 'pykrx.csv',
    content: lines(
      '날짜,시가,고가,저가,종가,거래량,등락률',
      ...bars(({ o, h, l, c, v }, n) => `${iso(n)},${o},${h},${l},${c},${v},0.5`),
    ),
  },
  {
    source: 'KRX, one day of all symbols',
    name: 'krx-day.csv',
    content: cp949(
      '종목코드,종목명,시장구분,소속부,종가,대비,등락률,시가,고가,저가,거래량,거래대금,시가총액,상장주식수',
      '"005930","삼성전자","KOSPI","","101","1","0.5","100","103","98","7","700","1","1"',
      '"000660","SK하이닉스","KOSPI","","101","1","0.5","100","103","98","7","700","1","1"',
    ),
  },
  {
    source: 'Japanese broker, Shift-JIS',
    name: 'kabu.csv',
    content: iconv.encode(
      lines(
        '1301 東証ETF',
        '日付,始値,高値,安値,終値,出来高,終値調整値',
        ...bars(({ o, h, l, c, v }, n) => quoted(iso(n), o, h, l, c, v, c)),
      ),
      'shift_jis',
    ),
  },
  {
    source: 'Upbit trades (API)',
    name: 'upbit-trades.json',
    content: array(
      newestFirst(
        ({ ms, o, v }, n) =>
          `{"market":"KRW-BTC","trade_date_utc":"${iso(0)}","trade_time_utc":"${time(n, true)}","timestamp":${ms},"trade_price":${o},"trade_volume":${v},"prev_closing_price":99,"change_price":1,"ask_bid":"${side(n, 'BID', 'ASK')}","sequential_id":${n}}`,
      ),
    ),
  },
  {
    source: 'Upbit order books (API)',
    name: 'upbit-books.jsonl',
    content: lines(
      ...bars(
        ({ ms, o, v }) =>
          `{"market":"KRW-BTC","timestamp":${ms},"total_ask_size":1,"total_bid_size":1,"orderbook_units":[{"ask_price":${o + 1},"bid_price":${o},"ask_size":${v + 1},"bid_size":${v}}],"level":0}`,
      ),
    ),
  },
];

const dumps: readonly SourceFile[] = [
  {
    source: 'Binance klines (API)',
    name: 'binance.json',
    content: array(
      bars(
        ({ ms, o, h, l, c, v }) =>
          `[${ms},"${o}.0","${h}.0","${l}.0","${c}.0","${v}.0",${ms + 59_999},"${v * o}.0",5,"3.0","300.0","0"]`,
      ),
    ),
  },
  {
    source: 'Binance Vision klines, COIN-M',
    name: 'ETHUSD_PERP-1m-2024-01.csv',
    content: lines(
      'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore',
      ...bars(
        ({ ms, o, h, l, c, v }) => `${ms},${o},${h},${l},${c},${(v * o) / 10},${ms + 59_999},${v},5,3,300,0`,
      ),
    ),
  },
  {
    source: 'Binance Vision aggTrades, COIN-M',
    name: 'ETHUSD_PERP-aggTrades-2024-01.csv',
    content: lines(
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
      ...bars(({ ms, o, v }, n) => `${n},${o},${(v * o) / 10},${n},${n},${ms},${side(n, 'false', 'true')}`),
    ),
  },
  {
    source: 'Binance Vision trades, COIN-M',
    name: 'ETHUSD_PERP-trades-2024-01.csv',
    content: lines(
      'id,price,qty,base_qty,time,is_buyer_maker',
      ...bars(({ ms, o, v }, n) => `${n},${o},${(v * o) / 10},${v},${ms},${side(n, 'false', 'true')}`),
    ),
  },
  {
    source: 'Binance Vision bookTicker',
    name: 'BTCUSDT-bookTicker-2024-01-02.csv',
    content: lines(
      'update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time',
      ...bars(({ ms, o, v }, n) => `${n},${o},${v},${o + 1},${v + 1},${ms},${ms + 5}`),
    ),
  },
  {
    source: 'Binance Vision bookDepth',
    name: 'BTCUSDT-bookDepth-2024-01-02.csv',
    content: lines(
      'timestamp,percentage,depth,notional',
      ...[-2, -1, 1, 2].map((percent) => `2024-01-02 00:00:08,${percent},${1000 * Math.abs(percent)},4e7`),
    ),
  },
  {
    source: 'Binance Vision metrics',
    name: 'BTCUSDT-metrics-2024-01-02.csv',
    content: lines(
      'create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio',
      ...bars((_, n) => `2024-01-02 ${time(n, true)},BTCUSDT,70000.5,3.1E9,1.2,1.3,1.4,0.9`),
    ),
  },
  {
    source: 'Kraken OHLC (API)',
    name: 'kraken.json',
    content: `{"error":[],"result":{"XXBTZUSD":${array(bars(({ s, o, h, l, c, v }) => `[${s},"${o}.0","${h}.0","${l}.0","${c}.0","${o}.5","${v}.0",5]`))},"last":${bar(5).s}}}`,
  },
  {
    source: 'Kraken trades (API)',
    name: 'kraken-trades.json',
    content: `{"error":[],"result":{"XXBTZUSD":${array(bars(({ s, o, v }, n) => `["${o}.0","${v}.0",${s}.25,"${side(n, 'b', 's')}","l","",${n}]`))},"last":"1704153600000000000"}}`,
  },
  {
    source: 'OKX trades, SWAP',
    name: 'BTC-USDT-SWAP-trades-2024-01-02.csv',
    content: lines(
      'instrument_name,trade_id,side,price,size,created_time',
      ...bars(({ ms, o, v }, n) => `BTC-USDT-SWAP,${n},${side(n, 'buy', 'sell')},${o},${v * 100},${ms}`),
    ),
  },
  {
    source: 'OKX candles, SWAP',
    name: 'BTC-USDT-SWAP-candlesticks-2024-01-02.csv',
    content: lines(
      'instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm',
      ...bars(
        ({ ms, o, h, l, c, v }) => `BTC-USDT-SWAP,${o},${h},${l},${c},${v * 100},${v},${v * o},${ms},1`,
      ),
    ),
  },
  {
    source: 'OKX trades, contracts of no known size',
    name: 'ABC-USDT-SWAP-trades-2024-01-02.csv',
    content: lines(
      'instrument_name,trade_id,side,price,size,created_time',
      ...bars(({ ms, o, v }, n) => `ABC-USDT-SWAP,${n},${side(n, 'buy', 'sell')},${o},${v * 2},${ms}`),
    ),
  },
  {
    source: 'Bitget candles (API)',
    name: 'bitget.json',
    content: `{"code":"00000","msg":"success","data":${array(bars(({ ms, o, h, l, c, v }) => `["${ms}","${o}","${h}","${l}","${c}","${v}","${v * o}","${v * o}"]`))}}`,
  },
  {
    source: 'Gate.io dumps of bars',
    name: 'BTC_USDT-202401.csv',
    content: lines(...bars(({ s, o, h, l, c, v }) => `${s},${v},${c},${h},${l},${o}`)),
  },
  {
    source: 'BitMEX buckets (API)',
    name: 'bitmex.json',
    content: array(
      bars(
        ({ ms, o, h, l, c, v }) =>
          `{"timestamp":"${new Date(ms).toISOString()}","symbol":"XBTUSD","open":${o},"high":${h},"low":${l},"close":${c},"trades":5,"volume":${v * o},"vwap":${o},"lastSize":1,"turnover":700,"homeNotional":${v},"foreignNotional":${v * o}}`,
      ),
    ),
  },
  {
    source: 'Deribit chart (API)',
    name: 'deribit.json',
    content: `{"jsonrpc":"2.0","result":{"volume":${array(bars(({ v }) => `${v}`))},"ticks":${array(bars(({ ms }) => `${ms}`))},"status":"ok","open":${array(bars(({ o }) => `${o}`))},"low":${array(bars(({ l }) => `${l}`))},"high":${array(bars(({ h }) => `${h}`))},"cost":${array(bars(({ v, o }) => `${v * o}`))},"close":${array(bars(({ c }) => `${c}`))}},"usIn":1}`,
  },
  {
    source: 'Hyperliquid candles (API)',
    name: 'hyperliquid.json',
    content: array(
      bars(
        ({ ms, o, h, l, c, v }) =>
          `{"t":${ms},"T":${ms + 59_999},"s":"BTC","i":"1m","o":"${o}","c":"${c}","h":"${h}","l":"${l}","v":"${v}","n":5}`,
      ),
    ),
  },
  {
    source: 'Tardis trades, Deribit',
    name: 'deribit_trades_2024-01-02_BTC-PERPETUAL.csv',
    content: lines(
      'exchange,symbol,timestamp,local_timestamp,id,side,price,amount',
      ...bars(
        ({ ms, o, v }, n) =>
          `deribit,BTC-PERPETUAL,${ms}000,${ms}500,${n},${side(n, 'buy', 'sell')},${o},${v * o}`,
      ),
    ),
  },
  {
    source: 'ccxt trades, JSON',
    name: 'ccxt-trades.json',
    content: array(
      bars(
        ({ ms, o, v }, n) =>
          `{"info":{"p":"1"},"timestamp":${ms},"datetime":"${new Date(ms).toISOString()}","symbol":"BTC/USDT","id":"${n}","order":null,"type":null,"takerOrMaker":null,"side":"${side(n, 'buy', 'sell')}","price":${o},"amount":${v},"cost":${v * o},"fee":{"cost":null,"currency":null},"fees":[]}`,
      ),
    ),
  },
  {
    source: 'freqtrade trades, JSON',
    name: 'BTC_USDT-trades.json',
    content: array(
      bars(({ ms, o, v }, n) => `[${ms},"${n}",null,"${side(n, 'buy', 'sell')}",${o},${v},${v * o}]`),
    ),
  },
];

const vendors: readonly SourceFile[] = [
  {
    source: 'yfinance, several tickers, not adjusted',
    name: 'yfinance-raw.csv',
    content: lines(
      ',Adj Close,Adj Close,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume',
      `,${Array.from({ length: 6 }, () => 'AAPL,MSFT').join(',')}`,
      'Date,,,,,,,,,,,,',
      ...bars(
        ({ o, h, l, c, v }, n) =>
          `${iso(n)},${c / 2},${c},${c},${2 * c},${h},${2 * h},${l},${2 * l},${o},${2 * o},${v},${2 * v}`,
      ),
    ),
  },
  {
    source: 'Yahoo chart (API)',
    name: 'yahoo-chart.json',
    content: `{"chart":{"result":[{"meta":{"currency":"USD","symbol":"AAPL"},"timestamp":${array(bars(({ s }) => `${s}`))},"indicators":{"quote":[{"open":${array(bars(({ o }) => `${o}`))},"close":${array(bars(({ c }) => `${c}`))},"high":${array(bars(({ h }) => `${h}`))},"low":${array(bars(({ l }) => `${l}`))},"volume":${array(bars(({ v }) => `${v}`))}}],"adjclose":[{"adjclose":${array(bars(({ c }) => `${c}`))}}]}}],"error":null}}`,
  },
  {
    source: 'Stooq, Polish',
    name: 'wig20_d.csv',
    content: lines(
      'Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen',
      ...bars(({ o, h, l, c, v }, n) => `${iso(n)},${o},${h},${l},${c},${v}`),
    ),
  },
  {
    source: 'Dukascopy, another zone',
    name: 'EURUSD_GMT3.csv',
    content: lines(
      'Gmt+3 time,Open,High,Low,Close,Volume',
      ...bars(({ o, h, l, c, v }, n) => `02.01.2024 03:0${n}:00.000,${o},${h},${l},${c},${v}`),
    ),
  },
  {
    source: 'FirstRate Data',
    name: 'AAPL_1min.txt',
    content: lines(...bars(({ o, h, l, c, v }, n) => `2024-01-01 19:0${n}:00,${o},${h},${l},${c},${v}`)),
  },
  {
    source: 'Kibot, ticks',
    name: 'IBM.txt',
    content: lines(...bars(({ o, v }, n) => `01/02/2024,00:0${n}:00,${o},${o},${o + 1},${v}`)),
  },
  {
    source: 'Polygon trades',
    name: '2024-01-02-trades.csv',
    content: lines(
      'ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,sip_timestamp,size,tape,trf_id,trf_timestamp',
      ...bars(({ ms, o, v }, n) => `AAPL,"12,37",0,11,${n},${ms}000000,${o},${n},${ms}000500,${v},3,0,0`),
    ),
  },
  {
    source: 'Polygon quotes',
    name: '2024-01-02-quotes.csv',
    content: lines(
      'ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,conditions,indicators,participant_timestamp,sequence_number,sip_timestamp,tape,trf_timestamp',
      ...bars(
        ({ ms, o, v }, n) => `AAPL,11,${o + 1},${v + 1},12,${o},${v},1,,${ms}000000,${n},${ms}000500,3,0`,
      ),
    ),
  },
  {
    source: 'Databento trades',
    name: 'glbx.trades.csv',
    content: lines(
      'ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,symbol',
      ...bars(
        ({ ms, o, v }, n) =>
          `${ms}000500,${ms}000000,0,1,206299,T,${side(n, 'B', 'A')},0,${o}000000000,${v},0,165,${n},ESH4`,
      ),
    ),
  },
  {
    source: 'Databento MBO',
    name: 'glbx.mbo.csv',
    content: lines(
      'ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,channel_id,order_id,flags,ts_in_delta,sequence,symbol',
      ...bars(
        ({ ms, o, v }, n) =>
          `${ms}000500,${ms}000000,160,1,206299,A,B,${o}000000000,${v},0,64${n},128,165,${n},ESH4`,
      ),
    ),
  },
  {
    source: 'NautilusTrader bars, fixed point',
    name: 'nautilus.csv',
    content: lines(
      'open,high,low,close,volume,ts_event,ts_init',
      ...bars(
        ({ ms, o, h, l, c, v }) =>
          `${[o, h, l, c, v].map((value) => `${value}000000000`).join(',')},${ms}000000,${ms}000000`,
      ),
    ),
  },
  {
    source: 'LOBSTER messages',
    name: 'AMZN_2012-06-21_34200000_57600000_message_5.csv',
    content: lines(
      ...bars(({ o, v }, n) => `3420${n}.017459617,${(n % 5) + 1},16113575,${v},${o * 10_000},-1`),
    ),
  },
  {
    source: 'Alpaca bars (API)',
    name: 'alpaca.json',
    content: `{"bars":{"AAPL":${array(bars(({ o, h, l, c, v }, n) => `{"t":"${iso(0)}T${time(n, true)}Z","o":${o},"h":${h},"l":${l},"c":${c},"v":${v},"n":5,"vw":${o}.5}`))}},"next_page_token":null}`,
  },
  {
    source: 'OANDA candles (API)',
    name: 'oanda.json',
    content: `{"instrument":"EUR_USD","granularity":"M1","candles":${array(bars(({ o, h, l, c, v }, n) => `{"complete":true,"volume":${v},"time":"${iso(0)}T${time(n, true)}.000000000Z","mid":{"o":"${o}","h":"${h}","l":"${l}","c":"${c}"}}`))}}`,
  },
  {
    source: 'Twelve Data (API)',
    name: 'twelvedata.json',
    content: `{"meta":{"symbol":"AAPL","interval":"1min","currency":"USD","exchange_timezone":"America/New_York"},"values":${array(newestFirst(({ o, h, l, c, v }, n) => `{"datetime":"2024-01-01 19:0${n}:00","open":"${o}","high":"${h}","low":"${l}","close":"${c}","volume":"${v}"}`))},"status":"ok"}`,
  },
  {
    source: 'CoinAPI OHLCV',
    name: 'coinapi.csv',
    content: lines(
      'time_period_start;time_period_end;time_open;time_close;price_open;price_high;price_low;price_close;volume_traded;trades_count',
      ...bars(
        ({ o, h, l, c, v }, n) =>
          `${iso(0)}T${time(n, true)}.0000000Z;${iso(0)}T00:0${n + 1}:00.0000000Z;${iso(0)}T00:0${n}:01.0000000Z;${iso(0)}T00:0${n}:59.0000000Z;${o};${h};${l};${c};${v};5`,
      ),
    ),
  },
  {
    source: 'NSE India',
    name: 'nse.csv',
    content: lines(
      '"Date ","series ","OPEN ","HIGH ","LOW ","PREV. CLOSE ","ltp ","close ","vwap ","52W H ","52W L ","VOLUME ","VALUE ","No of trades "',
      ...newestFirst(({ o, h, l, c, v }, n) =>
        quoted(
          `0${2 + n}-Jan-2024`,
          'EQ',
          `${o}.00`,
          `${h}.00`,
          `${l}.00`,
          '99.00',
          c,
          c,
          '100.5',
          120,
          80,
          `${v},00,000`,
          '1,00,000.50',
          5,
        ),
      ),
    ),
  },
  {
    source: 'akshare',
    name: 'akshare.csv',
    content: lines(
      '日期,股票代码,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率',
      ...bars(({ o, h, l, c, v }, n) => `${iso(n)},000001,${o},${c},${h},${l},${v},${v * o},1,1,1,1`),
    ),
  },
  {
    source: 'Answer of a server that has no data',
    name: 'limit.json',
    content: '{"Information":"Thank you for asking! The rate limit is 25 requests a day."}',
  },
];

export const moreSourceFiles: readonly SourceFile[] = [...investing, ...korean, ...dumps, ...vendors];
