import { describe, expect, test } from 'vitest';
import { candlesFromPrices } from '../../../market/candles/candles.ts';
import { Conversions, convertTape, ratesFromCandles } from '../../../market/candles/conversion.ts';
import { parsePair, requireComparable } from '../../../market/candles/currencies.ts';
import { topTape } from '../book-tapes.ts';

const venues = [
  { name: 'a', base: 'BTC', quote: 'USD' },
  { name: 'b', base: 'BTC', quote: 'USDT' },
];
const usdt = { timeMs: Float64Array.of(10, 20), rates: Float64Array.of(0.998, 1.002) };
const conversions = new Conversions({ target: 'USD', series: { USDT: usdt } });

describe('conversion', () => {
  test('takes the last rate that was known, from its own time on', () => {
    expect([10, 19.9, 20, 1e9].map((time) => conversions.rateAt('USDT', time))).toEqual([
      0.998, 0.998, 1.002, 1.002,
    ]);
    expect(conversions.rateAt('USD', -5)).toBe(1);
  });

  test('makes unlike quotes comparable, and does not touch sizes', () => {
    const tape = topTape(
      [
        [0, 12, 100, 101],
        [1, 12, 100, 101],
        [1, 20, 200, 202],
      ],
      venues,
    );
    expect(() => requireComparable(tape.venues)).toThrowError(
      'Venue "a" quotes in USD and "b" in USDT; convert one of them with --quote and --convert.',
    );
    const converted = convertTape(tape, conversions);
    expect(() => requireComparable(converted.venues)).not.toThrow();
    expect([...converted.bidPrices]).toEqual([100, 100 * 0.998, 200 * 1.002]);
    expect([...converted.askPrices]).toEqual([101, 101 * 0.998, 202 * 1.002]);
    expect(converted.bidSizes).toEqual(tape.bidSizes);
    expect([...tape.bidPrices]).toEqual([100, 100, 200]);
  });

  test('sees nothing of later rates', () => {
    const tape = topTape(
      [5, 15, 25, 35].map((time) => [1, 10 + time, 100, 101]),
      venues,
    );
    const rates = (late: number) => ({
      timeMs: Float64Array.of(10, 30, 40),
      rates: Float64Array.of(1, 2, late),
    });
    const [first, second] = [3, 9].map((late) =>
      convertTape(tape, new Conversions({ target: 'USD', series: { USDT: rates(late) } })),
    );
    expect([...first.bidPrices]).toEqual([100, 100, 200, 300]);
    expect([...second.bidPrices]).toEqual([100, 100, 200, 900]);
  });

  test('refuses unknown currencies, times before the first rate, rates too old, and bad series', () => {
    expect(() => conversions.rateAt('USDTT', 10)).toThrowError(
      'There is no conversion from "USDTT" to "USD". Did you mean "USDT"?',
    );
    expect(() => conversions.rateAt('USDT', 9)).toThrowError(
      /no rate from USDT to USD at .* the first is of/,
    );
    const young = new Conversions({ target: 'USD', series: { USDT: usdt }, maxAgeMs: 5 });
    expect(young.rateAt('USDT', 25)).toBe(1.002);
    expect(() => young.rateAt('USDT', 26)).toThrowError(/the last is of 1970-01-01T00:00:00.020Z/);
    for (const [timeMs, rates, message] of [
      [[], [], /0 times and 0 rates/],
      [[1, 1], [1, 1], /row 1 is not later/],
      [[1], [0], /row 0 is 0, expected a number above 0/],
      [[Number.NaN], [1], /row 0 has no time/],
    ] as const) {
      const series = { EUR: { timeMs: Float64Array.from(timeMs), rates: Float64Array.from(rates) } };
      expect(() => new Conversions({ target: 'USD', series })).toThrowError(message);
    }
  });

  test('knows a candle’s close when its bar has ended', () => {
    const { timeMs, rates } = ratesFromCandles(candlesFromPrices([1, 2, 3], { startMs: 100, stepMs: 10 }));
    expect([[...timeMs], [...rates]]).toEqual([
      [110, 120, 130],
      [1, 2, 3],
    ]);
  });
});

describe('pairs', () => {
  test.each(['BTC/USDT', 'btc-usdt', 'BTC_USDT', 'btcusdt', 'BTC:USDT'])('%s is BTC in USDT', (text) => {
    expect(parsePair(text)).toEqual({ base: 'BTC', quote: 'USDT' });
  });

  test.each([
    ['BNBUSD', 'BNB', 'USD'],
    ['XBTUSD', 'XBT', 'USD'],
    ['DOTUSD', 'DOT', 'USD'],
    ['USDTUSD', 'USDT', 'USD'],
    ['BTCBUSD', 'BTC', 'BUSD'],
    ['ETHTUSD', 'ETH', 'TUSD'],
    ['BNBUSDT', 'BNB', 'USDT'],
  ])('%s is %s in %s', (text, base, quote) => {
    expect(parsePair(text)).toEqual({ base, quote });
  });

  test('the longest quote wins, and what is no pair is refused', () => {
    expect(parsePair('BTCFDUSD')).toEqual({ base: 'BTC', quote: 'FDUSD' });
    for (const text of ['', 'BTC', 'USDT', 'A/B/C', 'BTC/', '💰USD']) {
      expect(() => parsePair(text)).toThrowError(/is no pair of currencies/);
    }
  });

  test.each([
    ['KRW-BTC', 'BTC', 'KRW'],
    ['krw-1inch', '1INCH', 'KRW'],
    ['KRW-USDT', 'USDT', 'KRW'],
    ['BTC-ETH', 'ETH', 'BTC'],
    ['BTC-XRP', 'XRP', 'BTC'],
    ['USDT_BTC', 'BTC', 'USDT'],
    ['IDR-USDT', 'USDT', 'IDR'],
  ])('%s puts the quote first: %s in %s', (text, base, quote) => {
    expect(parsePair(text)).toEqual({ base, quote });
  });

  test.each([
    ['USDT-KRW', 'USDT', 'KRW'],
    ['BTC_KRW', 'BTC', 'KRW'],
    ['USD/KRW', 'USD', 'KRW'],
    ['USD-CNH', 'USD', 'CNH'],
    ['EUR-USDT', 'EUR', 'USDT'],
    ['EURUSDT', 'EUR', 'USDT'],
    ['USDC/USDT', 'USDC', 'USDT'],
    ['USDC-USDT', 'USDC', 'USDT'],
    ['ETH-BTC', 'ETH', 'BTC'],
    ['BTC-RLUSD', 'BTC', 'RLUSD'],
    ['BTC/ETH', 'BTC', 'ETH'],
    ['FOO-BAR', 'FOO', 'BAR'],
  ])('%s does not: %s in %s', (text, base, quote) => {
    expect(parsePair(text)).toEqual({ base, quote });
  });

  test.each([
    ['KRW/BTC', '"BTC/KRW"'],
    ['USDT/ETH', '"ETH/USDT"'],
    ['KRWBTC', '"BTC/KRW"'],
    ['USDTBTC', '"BTC/USDT"'],
    ['BTCETH', '"ETH/BTC"'],
  ])('%s is refused: %s is meant', (text, meant) => {
    expect(() => parsePair(text)).toThrowError(`which no market is; write ${meant}`);
  });

  test('venues of unlike bases are not comparable', () => {
    const eth = { name: 'c', base: 'ETH', quote: 'USD' };
    expect(() => requireComparable([venues[0], eth])).toThrowError(/"a" trades BTC and "c" ETH/);
  });
});
