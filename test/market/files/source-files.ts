/** Small files in the shapes in which public sources hand out their data, made up here: the values are nobody's. */
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import iconv from 'iconv-lite';

export interface SourceFile {
  /** As the table of docs/data.md calls it. */
  readonly source: string;
  readonly name: string;
  readonly content: string | Uint8Array;
}

export const lines = (...rows: readonly string[]): string => `${rows.join('\n')}\n`;

/** Bars of a minute from 2 January 2024, 00:00 UTC, as numbers; each differs in all of its values. */
const START = Date.UTC(2024, 0, 2);
export const bar = (n: number) => ({
  s: START / 1000 + n * 60,
  ms: START + n * 60_000,
  o: 100 + n,
  h: 103 + n,
  l: 98 + n,
  c: 101 + n,
  v: 7 + n,
});
type Bar = ReturnType<typeof bar>;
const NUM_BARS = 6;
export const bars = (write: (b: Bar, n: number) => string): string[] =>
  Array.from({ length: NUM_BARS }, (_, n) => write(bar(n), n));
export const newestFirst = (write: (b: Bar, n: number) => string): string[] => bars(write).reverse();
const array = (rows: readonly string[]): string => `[${rows.join(',')}]`;

/** Days from 2 January 2024: the bar's number is the day. */
export const iso = (n: number) => `2024-01-${String(2 + n).padStart(2, '0')}`;
const us = (n: number) => `01/${String(2 + n).padStart(2, '0')}/2024`;
/** The thirteenth is among them, so that the order of day and month shows. */
const late = (n: number) => String(10 + n);

export const time = (n: number, seconds = false) => `00:${String(n).padStart(2, '0')}${seconds ? ':00' : ''}`;

export const sourceFiles: readonly SourceFile[] = [
  {
    source: 'Binance Vision klines',
    name: 'BTCUSDT-1m-2025-01.csv',
    content: lines(
      ...bars(
        ({ ms, o, h, l, c, v }) => `${ms}000,${o},${h},${l},${c},${v},${ms + 59_999}999,${v * 100},5,3,300,0`,
      ),
    ),
  },
  {
    source: 'Binance Vision klines, futures',
    name: 'BTCUSDT-1m-2024-01.csv',
    content: lines(
      'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore',
      ...bars(
        ({ ms, o, h, l, c, v }) => `${ms},${o},${h},${l},${c},${v},${ms + 59_999},${v * 100},5,3,300,0`,
      ),
    ),
  },
  {
    source: 'Binance Vision aggTrades',
    name: 'BTCUSDT-aggTrades-2024-01.csv',
    content: lines(
      ...bars(({ ms, o, v }, n) => `${n},${o},${v},${n},${n},${ms},${n % 2 ? 'True' : 'False'},True`),
    ),
  },
  {
    source: 'Binance Vision aggTrades, futures',
    name: 'BTCUSDT-aggTrades-2024-02.csv',
    content: lines(
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
      ...bars(({ ms, o, v }, n) => `${n},${o},${v},${n},${n},${ms},${n % 2 ? 'true' : 'false'}`),
    ),
  },
  {
    source: 'Binance Vision trades',
    name: 'BTCUSDT-trades-2024-01.csv',
    content: lines(
      ...bars(({ ms, o, v }, n) => `${n},${o},${v},${o * v},${ms},${n % 2 ? 'True' : 'False'},True`),
    ),
  },
  {
    source: 'Kraken OHLCVT',
    name: 'XBTUSD_1.csv',
    content: lines(...bars(({ s, o, h, l, c, v }, n) => `${s},${o},${h},${l},${c},${v},${3 + n}`)),
  },
  { source: 'Kraken trades', name: 'XBTUSD.csv', content: lines(...bars(({ s, o, v }) => `${s},${o},${v}`)) },
  {
    source: 'Coinbase candles (API)',
    name: 'coinbase.json',
    content: array(newestFirst(({ s, o, h, l, c, v }) => `[${s},${l},${h},${o},${c},${v}]`)),
  },
  {
    source: 'Coinbase Advanced candles (API)',
    name: 'coinbase-advanced.json',
    content: `{"candles":${array(newestFirst(({ s, o, h, l, c, v }) => `{"start":"${s}","low":"${l}","high":"${h}","open":"${o}","close":"${c}","volume":"${v}"}`))}}`,
  },
  {
    source: 'Bitstamp (CryptoDataDownload)',
    name: 'Bitstamp_BTCUSD_minute.csv',
    content: lines(
      'https://www.CryptoDataDownload.com',
      'unix,date,symbol,open,high,low,close,Volume BTC,Volume USD',
      ...newestFirst(
        ({ s, o, h, l, c, v }, n) =>
          `${s},${iso(0)} ${time(n, true)},BTC/USD,${o},${h},${l},${c},${v},${v * o}`,
      ),
    ),
  },
  {
    source: 'Bitstamp OHLC (API)',
    name: 'bitstamp.json',
    content: `{"data":{"ohlc":${array(bars(({ s, o, h, l, c, v }) => `{"timestamp":"${s}","open":"${o}","high":"${h}","low":"${l}","close":"${c}","volume":"${v}"}`))},"pair":"BTC/USD"}}`,
  },
  {
    source: 'Bybit public trades',
    name: 'BTCUSDT2024-01-02.csv',
    content: lines(
      'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional',
      ...bars(
        ({ s, o, v }, n) =>
          `${s}.25,BTCUSDT,${n % 2 ? 'Sell' : 'Buy'},${v},${o},ZeroPlusTick,a${n},1e10,${v},${v * o}`,
      ),
    ),
  },
  {
    source: 'Bybit public trades, inverse',
    name: 'BTCUSD2024-01-02.csv',
    content: lines(
      'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional',
      ...bars(
        ({ s, o, v }, n) =>
          `${s}.25,BTCUSD,${n % 2 ? 'Sell' : 'Buy'},${v * o},${o},ZeroPlusTick,a${n},1e10,${v},${v * o}`,
      ),
    ),
  },
  {
    source: 'Bybit public trades, spot',
    name: 'BTCUSDT_2024-01-02.csv',
    content: lines(
      'id,timestamp,price,volume,side',
      ...bars(({ ms, o, v }, n) => `${n},${ms},${o},${v},${n % 2 ? 'sell' : 'buy'}`),
    ),
  },
  {
    source: 'Bybit klines (API)',
    name: 'bybit.json',
    content: `{"retCode":0,"result":{"category":"linear","symbol":"BTCUSDT","list":${array(newestFirst(({ ms, o, h, l, c, v }) => `["${ms}","${o}","${h}","${l}","${c}","${v}","${v * o}"]`))}},"time":1704153600000}`,
  },
  {
    source: 'OKX trades',
    name: 'BTC-USDT-trades-2024-01-02.csv',
    content: lines(
      'instrument_name,trade_id,side,price,size,created_time',
      ...bars(({ ms, o, v }, n) => `BTC-USDT,${n},${n % 2 ? 'sell' : 'buy'},${o},${v},${ms}`),
    ),
  },
  {
    source: 'OKX trades, with Chinese names',
    name: 'BTC-USDT-trades-2022-01-02.csv',
    content: iconv.encode(
      lines(
        'trade_id/交易ID,side/交易方向,size/数量,price/价格,created_time/成交时间',
        ...bars(({ ms, o, v }, n) => `${n},${n % 2 ? 'sell' : 'buy'},${v},${o},${ms}`),
      ),
      'gbk',
    ),
  },
  {
    source: 'OKX candles',
    name: 'BTC-USDT-candlesticks-2024-01-02.csv',
    content: lines(
      'instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm',
      ...bars(({ ms, o, h, l, c, v }) => `BTC-USDT,${o},${h},${l},${c},${v},${v},${v * o},${ms},1`),
    ),
  },
  {
    source: 'OKX candles (API)',
    name: 'okx.json',
    content: `{"code":"0","msg":"","data":${array(newestFirst(({ ms, o, h, l, c, v }) => `["${ms}","${o}","${h}","${l}","${c}","${v}","${v * o}","${v * o}","1"]`))}}`,
  },
  {
    source: 'KuCoin klines (API)',
    name: 'kucoin.json',
    content: `{"code":"200000","data":${array(newestFirst(({ s, o, h, l, c, v }) => `["${s}","${o}","${c}","${h}","${l}","${v}","${v * o}"]`))}}`,
  },
  {
    source: 'Bitfinex candles (API)',
    name: 'bitfinex.json',
    content: array(newestFirst(({ ms, o, h, l, c, v }) => `[${ms},${o},${c},${h},${l},${v}]`)),
  },
  {
    source: 'Bithumb candles (old API)',
    name: 'bithumb.json',
    content: `{"status":"0000","data":${array(bars(({ ms, o, h, l, c, v }) => `[${ms},"${o}","${c}","${h}","${l}","${v}"]`))}}`,
  },
  {
    source: 'Upbit candles (API)',
    name: 'upbit.json',
    content: array(
      newestFirst(
        ({ ms, o, h, l, c, v }, n) =>
          `{"market":"KRW-BTC","candle_date_time_utc":"${iso(0)}T${time(n, true)}","candle_date_time_kst":"${iso(0)}T09:${time(n, true).slice(3)}","opening_price":${o},"high_price":${h},"low_price":${l},"trade_price":${c},"timestamp":${ms + 51_234 + n},"candle_acc_trade_price":${v * o},"candle_acc_trade_volume":${v},"unit":1}`,
      ),
    ),
  },
  {
    source: 'Korean broker, CP949',
    name: '일봉.csv',
    content: iconv.encode(
      lines(
        '일자,시가,고가,저가,종가,거래량',
        ...newestFirst(
          ({ o, h, l, c, v }, n) =>
            `${iso(n).replaceAll('-', '/')},"${o},000","${h},000","${l},000","${c},000","${v},000"`,
        ),
      ),
      'cp949',
    ),
  },
  {
    source: 'KRX, CP949',
    name: 'data_krx.csv',
    content: iconv.encode(
      lines(
        '"일자","종가","대비","등락률","시가","고가","저가","거래량","거래대금","시가총액","상장주식수"',
        ...newestFirst(
          ({ o, h, l, c, v }, n) =>
            `"${iso(n).replaceAll('-', '/')}","${c}","1","0.5","${o}","${h}","${l}","${v}","${v * o}","1000000","10000"`,
        ),
      ),
      'cp949',
    ),
  },
  {
    source: 'Yahoo, download',
    name: 'AAPL.csv',
    content: lines(
      'Date,Open,High,Low,Close,Adj Close,Volume',
      ...bars(({ o, h, l, c, v }, n) => `${iso(n)},${o},${h},${l},${c},${c / 2},${v}`),
    ),
  },
  {
    source: 'Yahoo, copied from the page',
    name: 'AAPL-page.tsv',
    content: lines(
      'Date\tOpen\tHigh\tLow\tClose Close price adjusted for splits.\tAdj Close Adjusted close price adjusted for splits and dividend and/or capital gain distributions.\tVolume',
      ...newestFirst(
        ({ o, h, l, c, v }, n) => `Jan ${2 + n}, 2024\t${o}\t${h}\t${l}\t${c}\t${c / 2}\t${v},000`,
      ),
    ),
  },
  {
    source: 'yfinance, one ticker',
    name: 'yfinance.csv',
    content: lines(
      'Price,Close,High,Low,Open,Volume',
      'Ticker,AAPL,AAPL,AAPL,AAPL,AAPL',
      'Date,,,,,',
      ...bars(({ o, h, l, c, v }, n) => `${iso(n)},${c},${h},${l},${o},${v}`),
    ),
  },
  {
    source: 'yfinance, several tickers',
    name: 'yfinance-several.csv',
    content: lines(
      'Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume',
      'Ticker,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT',
      'Date,,,,,,,,,,',
      ...bars(
        ({ o, h, l, c, v }, n) =>
          `${iso(n)},${c},${2 * c},${h},${2 * h},${l},${2 * l},${o},${2 * o},${v},${2 * v}`,
      ),
    ),
  },
  {
    source: 'yfinance, by ticker',
    name: 'yfinance-by-ticker.csv',
    content: lines(
      'Ticker,AAPL,AAPL,AAPL,AAPL,AAPL,MSFT,MSFT,MSFT,MSFT,MSFT',
      'Price,Open,High,Low,Close,Volume,Open,High,Low,Close,Volume',
      'Date,,,,,,,,,,',
      ...bars(
        ({ o, h, l, c, v }, n) =>
          `${iso(n)},${o},${h},${l},${c},${v},${2 * o},${2 * h},${2 * l},${2 * c},${2 * v}`,
      ),
    ),
  },
  {
    source: 'Stooq',
    name: 'aapl_us_d.csv',
    content: lines(
      'Date,Open,High,Low,Close,Volume',
      ...bars(({ o, h, l, c, v }, n) => `${iso(n)},${o},${h},${l},${c},${v}`),
    ),
  },
  {
    source: 'Stooq, bulk',
    name: 'aapl.us.txt',
    content: lines(
      '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>',
      ...bars(
        ({ o, h, l, c, v }, n) => `AAPL.US,D,${iso(n).replaceAll('-', '')},000000,${o},${h},${l},${c},${v},0`,
      ),
    ),
  },
  {
    source: 'Investing.com',
    name: 'Bitcoin Historical Data.csv',
    content: lines(
      '"Date","Price","Open","High","Low","Vol.","Change %"',
      ...newestFirst(
        ({ o, h, l, c, v }, n) =>
          `"01/${late(n)}/2024","${c}.0","${o}.0","${h}.0","${l}.0","${v}.00K","-1.2%"`,
      ),
    ),
  },
  {
    source: 'Investing.com, Korean',
    name: '비트코인 과거 데이터.csv',
    content: lines(
      '"날짜","종가","시가","고가","저가","거래량","변동 %"',
      ...newestFirst(
        ({ o, h, l, c, v }, n) =>
          `"2024- 01- ${String(2 + n).padStart(2, '0')}","${c}.0","${o}.0","${h}.0","${l}.0","${v}.00K","-1.2%"`,
      ),
    ),
  },
  {
    source: 'Nasdaq.com',
    name: 'HistoricalData_1.csv',
    content: lines(
      'Date,Close/Last,Volume,Open,High,Low',
      ...newestFirst(({ o, h, l, c, v }, n) => `01/${late(n)}/2024,$${c}.00,${v},$${o}.00,$${h}.00,$${l}.00`),
    ),
  },
  {
    source: 'Nasdaq.com, dates that may be either',
    name: 'HistoricalData_2.csv',
    content: lines(
      'Date,Close/Last,Volume,Open,High,Low',
      ...newestFirst(({ o, h, l, c, v }, n) => `${us(n)},$${c}.00,${v},$${o}.00,$${h}.00,$${l}.00`),
    ),
  },
  {
    source: 'Alpha Vantage, CSV',
    name: 'daily_IBM.csv',
    content: lines(
      'timestamp,open,high,low,close,volume',
      ...newestFirst(({ o, h, l, c, v }, n) => `${iso(n)},${o},${h},${l},${c},${v}`),
    ),
  },
  {
    source: 'Alpha Vantage, JSON',
    name: 'alpha.json',
    content: `{"Meta Data":{"1. Information":"Intraday (1min)","2. Symbol":"IBM","6. Time Zone":"US/Eastern"},"Time Series (1min)":{${newestFirst(({ o, h, l, c, v }, n) => `"2024-01-01 19:${time(n, true).slice(3)}":{"1. open":"${o}","2. high":"${h}","3. low":"${l}","4. close":"${c}","5. volume":"${v}"}`).join(',')}}}`,
  },
  {
    source: 'Polygon flat file',
    name: '2024-01-02.csv',
    content: lines(
      'ticker,volume,open,close,high,low,window_start,transactions',
      ...bars(({ ms, o, h, l, c, v }) => `AAPL,${v},${o},${c},${h},${l},${ms}000000,3`),
    ),
  },
  {
    source: 'Polygon aggregates (API)',
    name: 'polygon.json',
    content: `{"ticker":"AAPL","queryCount":6,"resultsCount":6,"adjusted":true,"results":${array(bars(({ ms, o, h, l, c, v }) => `{"v":${v},"vw":${o},"o":${o},"c":${c},"h":${h},"l":${l},"t":${ms},"n":3}`))},"status":"OK"}`,
  },
  {
    source: 'Databento OHLCV',
    name: 'glbx.ohlcv-1m.csv',
    content: lines(
      'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol',
      ...bars(
        ({ o, h, l, c, v }, n) =>
          `${iso(0)}T${time(n, true)}.000000000Z,33,1,206299,${o}.000000000,${h}.000000000,${l}.000000000,${c}.000000000,${v},ESH4`,
      ),
    ),
  },
  {
    source: 'Databento OHLCV, fixed point',
    name: 'glbx-raw.ohlcv-1m.csv',
    content: lines(
      'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol',
      ...bars(
        ({ ms, o, h, l, c, v }) =>
          `${ms}000000,33,1,206299,${o}000000000,${h}000000000,${l}000000000,${c}000000000,${v},ESH4`,
      ),
    ),
  },
  {
    source: 'Databento MBP-10',
    name: 'glbx.mbp-10.csv',
    content: lines(
      `ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,${Array.from({ length: 10 }, (_, k) => ['bid_px', 'ask_px', 'bid_sz', 'ask_sz', 'bid_ct', 'ask_ct'].map((name) => `${name}_0${k}`).join(',')).join(',')},symbol`,
      ...bars(
        ({ o, v }, n) =>
          `${iso(0)}T${time(n, true)}.000000500Z,${iso(0)}T${time(n, true)}.000000000Z,10,1,206299,A,B,0,${o},1,130,165,${n},${Array.from({ length: 10 }, (_, k) => `${o - k},${o + 1 + k},${v},${v + 1},1,1`).join(',')},ESH4`,
      ),
    ),
  },
  {
    source: 'Tardis trades',
    name: 'binance_trades_2024-01-02_BTCUSDT.csv',
    content: lines(
      'exchange,symbol,timestamp,local_timestamp,id,side,price,amount',
      ...bars(
        ({ ms, o, v }, n) => `binance,BTCUSDT,${ms}000,${ms}500,${n},${n % 2 ? 'sell' : 'buy'},${o},${v}`,
      ),
    ),
  },
  {
    source: 'Tardis quotes',
    name: 'binance_quotes_2024-01-02_BTCUSDT.csv',
    content: lines(
      'exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount',
      ...bars(({ ms, o, v }) => `binance,BTCUSDT,${ms}000,${ms}500,${v + 1},${o + 1},${o},${v}`),
    ),
  },
  {
    source: 'Tardis book_snapshot_5',
    name: 'binance_book_snapshot_5_2024-01-02_BTCUSDT.csv',
    content: lines(
      `exchange,symbol,timestamp,local_timestamp,${Array.from({ length: 5 }, (_, k) => `asks[${k}].price,asks[${k}].amount,bids[${k}].price,bids[${k}].amount`).join(',')}`,
      ...bars(
        ({ ms, o, v }) =>
          `binance,BTCUSDT,${ms}000,${ms}500,${Array.from({ length: 5 }, (_, k) => `${o + 1 + k},${v + 1},${o - k},${v}`).join(',')}`,
      ),
    ),
  },
  {
    source: 'Tardis incremental_book_L2',
    name: 'binance_incremental_book_L2_2024-01-02_BTCUSDT.csv',
    content: lines(
      'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount',
      ...bars(({ ms, o, v }, n) =>
        n === 0
          ? lines(
              `binance,BTCUSDT,${ms}000,${ms}500,true,bid,${o},${v}`,
              `binance,BTCUSDT,${ms}000,${ms}500,true,ask,${o + 1},${v + 1}`,
            ).trimEnd()
          : lines(
              `binance,BTCUSDT,${ms}000,${ms}500,false,ask,${o},0`,
              `binance,BTCUSDT,${ms}000,${ms}500,false,bid,${o},${v}`,
              `binance,BTCUSDT,${ms}000,${ms}500,false,ask,${o + 1},${v + 1}`,
            ).trimEnd(),
      ),
    ),
  },
  {
    source: 'MetaTrader 4',
    name: 'EURUSD1.csv',
    content: lines(...bars(({ o, h, l, c, v }, n) => `2024.01.02,${time(n)},${o},${h},${l},${c},${v}`)),
  },
  {
    source: 'MetaTrader 5',
    name: 'EURUSD_M1.csv',
    content: lines(
      '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>',
      ...bars(({ o, h, l, c, v }, n) => `2024.01.02\t${time(n, true)}\t${o}\t${h}\t${l}\t${c}\t${v}\t0\t3`),
    ),
  },
  {
    source: 'Dukascopy, CSV',
    name: 'EURUSD_Candlestick_1_M_BID.csv',
    content: lines(
      'Gmt time,Open,High,Low,Close,Volume',
      ...bars(({ o, h, l, c, v }, n) => `02.01.2024 ${time(n, true)}.000,${o},${h},${l},${c},${v}`),
    ),
  },
  {
    source: 'Dukascopy, local time',
    name: 'EURUSD_Candlestick_1_M_BID_local.csv',
    content: lines(
      'Local time,Open,High,Low,Close,Volume',
      ...bars(
        ({ o, h, l, c, v }, n) =>
          `02.01.2024 01:${time(n, true).slice(3)}.000 GMT+0100,${o},${h},${l},${c},${v}`,
      ),
    ),
  },
  {
    source: 'Dukascopy, ticks',
    name: 'EURUSD_Ticks.csv',
    content: lines(
      'Gmt time,Ask,Bid,AskVolume,BidVolume',
      ...bars(({ o, v }, n) => `02.01.2024 ${time(n, true)}.000,${o + 1},${o},${v + 1},${v}`),
    ),
  },
  {
    source: 'HistData, generic ASCII',
    name: 'DAT_ASCII_EURUSD_M1_2024.csv',
    content: lines(...bars(({ o, h, l, c }, n) => `20240101 19${time(n).slice(3)}00;${o};${h};${l};${c};0`)),
  },
  {
    source: 'HistData, MetaTrader',
    name: 'DAT_MT_EURUSD_M1_2024.csv',
    content: lines(...bars(({ o, h, l, c }, n) => `2024.01.01,19:${time(n).slice(3)},${o},${h},${l},${c},0`)),
  },
  {
    source: 'HistData, ticks',
    name: 'DAT_ASCII_EURUSD_T_202401.csv',
    content: lines(...bars(({ o }, n) => `20240101 19${time(n).slice(3)}00250,${o},${o + 1},0`)),
  },
  {
    source: 'FinRL long table',
    name: 'train_data.csv',
    content: lines(
      ',date,open,high,low,close,volume,tic,day',
      ...bars(({ o, h, l, c, v }, n) =>
        lines(
          `${2 * n},${iso(n)},${o},${h},${l},${c},${v},AAPL,${n % 5}`,
          `${2 * n + 1},${iso(n)},${2 * o},${2 * h},${2 * l},${2 * c},${2 * v},MSFT,${n % 5}`,
        ).trimEnd(),
      ),
    ),
  },
  {
    source: 'freqtrade, JSON',
    name: 'BTC_USDT-1m.json',
    content: array(bars(({ ms, o, h, l, c, v }) => `[${ms},${o}.0,${h}.0,${l}.0,${c}.0,${v}.0]`)),
  },
  {
    source: 'freqtrade, Feather',
    name: 'BTC_USDT-1m.feather',
    content: tableToIPC(
      tableFromArrays({
        date: Array.from({ length: NUM_BARS }, (_, n) => new Date(bar(n).ms)),
        ...Object.fromEntries(
          (['open', 'high', 'low', 'close', 'volume'] as const).map((name, k) => [
            name,
            Float64Array.from(
              { length: NUM_BARS },
              (_, n) => [bar(n).o, bar(n).h, bar(n).l, bar(n).c, bar(n).v][k],
            ),
          ]),
        ),
      }),
      'file',
    ),
  },
  {
    source: 'ccxt OHLCV, JSON',
    name: 'ccxt.json',
    content: array(bars(({ ms, o, h, l, c, v }) => `[${ms},${o},${h},${l},${c},${v}]`)),
  },
  {
    source: 'TradingView export',
    name: 'BINANCE_BTCUSDT, 1.csv',
    content: lines(
      'time,open,high,low,close,Volume,Volume MA',
      ...bars(({ s, o, h, l, c, v }) => `${s},${o},${h},${l},${c},${v},NaN`),
    ),
  },
  {
    source: 'TradingView export, ISO time',
    name: 'NASDAQ_AAPL, 1.csv',
    content: lines(
      'time,open,high,low,close,Plot,Plot,Volume',
      ...bars(
        ({ o, h, l, c, v }, n) =>
          `2024-01-01T19:${time(n, true).slice(3)}-05:00,${o},${h},${l},${c},1,2,${v}`,
      ),
    ),
  },
  {
    source: 'CoinGecko OHLC (API)',
    name: 'coingecko.json',
    content: array(bars(({ ms, o, h, l, c }) => `[${ms},${o},${h},${l},${c}]`)),
  },
  {
    source: 'CoinGecko market chart (API)',
    name: 'coingecko-chart.json',
    content: `{"prices":${array(bars(({ ms, o }) => `[${ms},${o}]`))},"market_caps":${array(bars(({ ms }) => `[${ms},1000000]`))},"total_volumes":${array(bars(({ ms, v }) => `[${ms},${v}]`))}}`,
  },
  {
    source: 'CryptoCompare (API)',
    name: 'cryptocompare.json',
    content: `{"Response":"Success","Message":"","HasWarning":false,"Type":100,"Data":{"Aggregated":false,"TimeFrom":${bar(0).s},"TimeTo":${bar(5).s},"Data":${array(bars(({ s, o, h, l, c, v }) => `{"time":${s},"high":${h},"low":${l},"open":${o},"volumefrom":${v},"volumeto":${v * o},"close":${c},"conversionType":"direct","conversionSymbol":""}`))}}}`,
  },
  {
    source: 'CoinMarketCap',
    name: 'Bitcoin_historical_data_coinmarketcap.csv',
    content: lines(
      'timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;timestamp',
      ...newestFirst(
        ({ o, h, l, c, v }, n) =>
          `"${iso(n)}T00:00:00.000Z";"${iso(n)}T23:59:59.999Z";"${iso(n)}T03:00:00.000Z";"${iso(n)}T05:00:00.000Z";"2781";${o};${h};${l};${c};${v * o};1000000;"${iso(n)}T23:59:59.999Z"`,
      ),
    ),
  },
  {
    source: 'BitMEX trades',
    name: '20240102.csv',
    content: lines(
      'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional,trdType',
      ...bars(
        ({ o, v }, n) =>
          `${iso(0)}D${time(n, true)}.250000000,XBTUSD,${n % 2 ? 'Sell' : 'Buy'},${v * o},${o},PlusTick,a${n},1000,${v},${v * o},Regular`,
      ),
    ),
  },
  {
    source: 'Gate.io candles (API)',
    name: 'gate.json',
    content: array(
      bars(({ s, o, h, l, c, v }) => `["${s}","${v * o}","${c}","${h}","${l}","${o}","${v}","true"]`),
    ),
  },
];
