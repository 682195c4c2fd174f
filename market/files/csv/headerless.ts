/** Recognises files without a header by the shape of their rows, as exchanges and platforms publish them. */
import { parseNumber } from '../numbers.ts';
import { readClockText } from '../time-text.ts';
import { isTimeText } from '../understand.ts';

export interface Shape {
  /** Whose files look so, for the notes. */
  readonly shape: string;
  readonly names: readonly string[];
}

type Rows = readonly (readonly string[])[];

const BINANCE_KLINES =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore'.split(
    ',',
  );

/**
 * @param rows cells of the first rows, [N][columns]
 * @returns names for the columns; undefined for a shape that is not known
 */
export function guessHeader(rows: Rows): Shape | undefined {
  const width = rows[0].length;
  const full = rows.filter((row) => row.length === width);
  if (full.length < rows.length || width < 3) return undefined;
  const time = (c: number) => full.every((row) => isTimeText(row[c]));
  const number = (c: number) => full.every((row) => !Number.isNaN(parseNumber(row[c])));
  const word = (c: number, pattern: RegExp) => full.every((row) => pattern.test(row[c]));
  const bars = (c: number) =>
    [0, 1, 2, 3].every((k) => number(c + k)) && full.every((row) => isBar(row.slice(c, c + 4)));
  const moves = (c: number) => full.some((row) => Number(row[c + 1]) > Number(row[c + 2])) || full.length < 3;
  const numbersFrom = (c: number) => Array.from({ length: width - c }, (_, k) => c + k).every(number);

  if (width === 12 && time(0) && bars(1) && time(6))
    return { shape: 'Binance klines', names: BINANCE_KLINES };
  const boolean = /^(?:true|false)$/i;
  if (width === 7 && time(4) && word(5, boolean) && word(6, boolean)) {
    return {
      shape: 'Binance trades',
      names: 'id,price,qty,quote_qty,time,is_buyer_maker,is_best_match'.split(','),
    };
  }
  if ((width === 8 || width === 7) && time(5) && word(6, boolean)) {
    const names =
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,is_best_match';
    return { shape: 'Binance aggregated trades', names: names.split(',').slice(0, width) };
  }
  if (width === 6 && time(4) && word(5, boolean)) {
    return {
      shape: 'Binance futures trades',
      names: 'id,price,qty,quote_qty,time,is_buyer_maker'.split(','),
    };
  }
  const isDay = word(0, /^(?:\d{8}|\d+[-./]\d+[-./]\d+)$/);
  const clock = full.every((row) => !Number.isNaN(readClockText(row[1])) && !/^\d+\.\d/.test(row[1]));
  if (width === 6 && isDay && clock && full.every((row) => isQuoted(row.slice(2, 5))) && number(5)) {
    return { shape: 'ticks of Kibot', names: 'date,time,price,bid,ask,size'.split(',') };
  }
  if (width >= 6 && isDay && time(0) && clock && bars(2) && numbersFrom(2) && moves(2)) {
    return {
      shape: 'MetaTrader bars',
      names: named('date,time,open,high,low,close,volume'.split(','), width),
    };
  }
  if (width === 7 && number(0) && number(1) && time(2) && word(3, /^[bs]$/) && word(4, /^[ml]$/)) {
    return { shape: 'Kraken trades (API)', names: 'price,volume,time,side,order_type,misc,id'.split(',') };
  }
  if (width === 4 && word(0, /^[A-Z]{3}\/[A-Z]{3}$/) && time(1) && number(2) && number(3))
    return { shape: 'ticks of TrueFX', names: 'symbol,time,bid,ask'.split(',') };
  if (!time(0)) return undefined;
  if (width === 7 && word(3, /^(?:buy|sell)$/) && [4, 5, 6].every(number)) {
    return {
      shape: 'trades of freqtrade',
      names: 'timestamp,id,order_type,side,price,amount,cost'.split(','),
    };
  }
  /** Bars whose prices stand in another order: columns of open, high, low and close. */
  const barsAt = (columns: readonly [number, number, number, number]) =>
    columns.every(number) &&
    full.every((row) => isBar(columns.map((c) => row[c]))) &&
    (full.length < 3 || full.some((row) => Number(row[columns[1]]) > Number(row[columns[2]])));
  const shaped = (shape: string, names: string): Shape => ({ shape, names: names.split(',') });
  if (bars(1) && numbersFrom(1) && moves(1)) {
    const isValue = full.every(([, , high, low, , volume, value]) => {
      const slack = 1e-6 * Number(value);
      return (
        Number(value) >= Number(low) * Number(volume) - slack &&
        Number(value) <= Number(high) * Number(volume) + slack
      );
    });
    if (width === 7 && isValue) return shaped('Bybit klines', 'time,open,high,low,close,volume,turnover');
    if (width === 7)
      return { shape: 'Kraken OHLCVT', names: 'time,open,high,low,close,volume,trades'.split(',') };
    const isAverage = full.every(
      ([, , high, low, , average, volume]) =>
        Number(volume) === 0 ||
        (Number(average) >= 0.999 * Number(low) && Number(average) <= 1.001 * Number(high)),
    );
    if (width === 8 && !isAverage)
      return shaped('Bitget candles', 'time,open,high,low,close,volume,quote_volume,usdt_volume');
    if (width === 8)
      return { shape: 'Kraken bars', names: 'time,open,high,low,close,vwap,volume,count'.split(',') };
    if (width === 6) return { shape: 'bars', names: 'time,open,high,low,close,volume'.split(',') };
    if (width === 5 && full.length >= 3)
      return { shape: 'bars without volume', names: 'time,open,high,low,close'.split(',') };
    if (width === 9 && word(8, /^[01]$/)) {
      const names = 'time,open,high,low,close,volume,base_volume,quote_volume,confirm';
      return { shape: 'OKX candles', names: names.split(',') };
    }
    return undefined;
  }
  if (width === 6 && number(1) && barsAt([5, 3, 4, 2]))
    return shaped('Gate.io bars', 'time,volume,close,high,low,open');
  if (width === 6 && number(5) && barsAt([3, 2, 1, 4]))
    return shaped('Coinbase candles', 'time,low,high,open,close,volume');
  if (width === 6 && number(5) && barsAt([1, 3, 4, 2]))
    return shaped('candles of Bitfinex and Bithumb', 'time,open,close,high,low,volume');
  if (width === 7 && number(5) && number(6) && barsAt([1, 3, 4, 2]))
    return shaped('KuCoin klines', 'time,open,close,high,low,volume,turnover');
  if (width === 8 && number(1) && number(6) && word(7, boolean) && barsAt([5, 3, 4, 2]))
    return shaped('Gate.io candles', 'time,quote_volume,close,high,low,open,volume,closed');
  if (width === 4 && numbersFrom(1) && full.every((row) => /^\d{8} \d{9}$/.test(row[0])))
    return { shape: 'HistData ticks', names: 'time,bid,ask,volume'.split(',') };
  if (width === 3 && number(1) && number(2))
    return { shape: 'Kraken trades', names: 'timestamp,price,volume'.split(',') };
  return undefined;
}

const named = (names: readonly string[], width: number): string[] =>
  Array.from({ length: width }, (_, c) => names[c] ?? `column ${c + 1}`);

/** A price, a bid and an ask. */
function isQuoted(cells: readonly string[]): boolean {
  const [price, bid, ask] = cells.map((cell) => parseNumber(cell));
  return bid > 0 && bid <= ask && price > bid / 2 && price < 2 * ask;
}

/** Open, high, low and close in this order; a bar out of a hundred may be bad. */
function isBar(cells: readonly string[]): boolean {
  const [open, high, low, close] = cells.map((cell) => parseNumber(cell));
  return low > 0 && low <= Math.min(open, close) && high >= Math.max(open, close);
}
