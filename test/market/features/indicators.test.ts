/** Each indicator against its published definition, written out from lists. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Candles, createCandles } from '../../../market/candles/candles.ts';
import { builtinFeatures } from '../../../market/features/built-in.ts';
import { indicators } from '../../../market/features/indicators/index.ts';
import { candles, type FeatureDefinition, last, proveFeature, sum } from './feature-proofs.ts';

const mean = (values: number[]) => sum(values) / values.length;

/** Every value of an exponential average of a list, from its seed, the mean of the first `bars`, on. */
function exponential(values: number[], bars: number): number[] {
  const averages = [mean(values.slice(0, bars))];
  for (const value of values.slice(bars)) {
    averages.push((2 / (bars + 1)) * value + (1 - 2 / (bars + 1)) * averages.at(-1)!);
  }
  return averages;
}

/** The same by Wilder: a sum of `bars` values that loses its `bars`th part and gains the new value, over `bars`. */
function wilder(values: number[], bars: number): number[] {
  let total = sum(values.slice(0, bars));
  const averages = [total / bars];
  for (const value of values.slice(bars)) {
    total = total - total / bars + value;
    averages.push(total / bars);
  }
  return averages;
}

const closes = (c: Candles, row: number, bars: number) => last(bars, row).map((r) => c.close[r]);
const typical = (c: Candles, r: number) => (c.high[r] + c.low[r] + c.close[r]) / 3;
const trueRange = (c: Candles, r: number) =>
  Math.max(c.high[r] - c.low[r], Math.abs(c.high[r] - c.close[r - 1]), Math.abs(c.low[r] - c.close[r - 1]));
const rawStochastic = (c: Candles, r: number, bars: number) => {
  const low = Math.min(...last(bars, r).map((i) => c.low[i]));
  const high = Math.max(...last(bars, r).map((i) => c.high[i]));
  return (100 * (c.close[r] - low)) / (high - low);
};
const averageTrueRange = (c: Candles, row: number, bars: number) =>
  wilder(
    last(9 * bars, row).map((r) => trueRange(c, r)),
    bars,
  ).at(-1)!;

/** +DI and −DI of the last changes, from the `bars`th on. */
function directional(c: Candles, row: number, bars: number, numChanges: number): [number, number][] {
  const rows = last(numChanges, row);
  const moves = rows.map((r) => [c.high[r] - c.high[r - 1], c.low[r - 1] - c.low[r]]);
  const ups = wilder(
    moves.map(([up, down]) => (up > down ? Math.max(up, 0) : 0)),
    bars,
  );
  const downs = wilder(
    moves.map(([up, down]) => (down > up ? Math.max(down, 0) : 0)),
    bars,
  );
  const ranges = wilder(
    rows.map((r) => trueRange(c, r)),
    bars,
  );
  return ups.map((up, i) => [(100 * up) / ranges[i], (100 * downs[i]) / ranges[i]]);
}

function strength(c: Candles, row: number, bars: number): number {
  const rsi = last(bars, row).map((r) => c.close[r] - c.close[r - 1]);
  const gain = sum(rsi.map((change) => Math.max(change, 0)));
  return 100 - 100 / (1 + gain / sum(rsi.map((change) => Math.max(-change, 0))));
}

const definitions: Record<string, FeatureDefinition> = {
  macd: (bars, c, row) =>
    (exponential(closes(c, row, 60), 12).at(-1)! - exponential(closes(c, row, 5 * bars), bars).at(-1)!) /
    c.close[row],
  'macd-histogram'(bars, c, row) {
    const slowest = 5 * Math.max(bars, 12);
    const rows = closes(c, row, slowest + 44);
    const [slow, fast] = [exponential(rows, bars), exponential(rows, 12)];
    const line = last(45, 44).map((i) => fast[fast.length - 45 + i] - slow[slow.length - 45 + i]);
    return (line.at(-1)! - exponential(line, 9).at(-1)!) / c.close[row];
  },
  trix(bars, c, row) {
    const once = exponential(closes(c, row, 15 * bars + 1), bars);
    const [before, now] = exponential(exponential(once, bars), bars).slice(-2);
    return (now - before) / before;
  },
  dmi(bars, c, row) {
    const [plus, minus] = directional(c, row, bars, 9 * bars).at(-1)!;
    return (plus - minus) / (plus + minus);
  },
  adx(bars, c, row) {
    const indices = directional(c, row, bars, 10 * bars).map(([plus, minus]) =>
      plus + minus === 0 ? 0 : (100 * Math.abs(plus - minus)) / (plus + minus),
    );
    return wilder(indices, bars).at(-1)! / 100;
  },
  aroon(bars, c, row) {
    const rows = last(bars + 1, row);
    const highs = rows.map((r) => c.high[r]);
    const lows = rows.map((r) => c.low[r]);
    const up = (100 * highs.lastIndexOf(Math.max(...highs))) / bars;
    const down = (100 * lows.lastIndexOf(Math.min(...lows))) / bars;
    return (up - down) / 100;
  },
  stochastic: (bars, c, row) => mean(last(3, row).map((r) => rawStochastic(c, r, bars))) / 50 - 1,
  cci(bars, c, row) {
    const prices = last(bars, row).map((r) => typical(c, r));
    const deviation = mean(prices.map((price) => Math.abs(price - mean(prices))));
    return (typical(c, row) - mean(prices)) / (0.015 * deviation) / 100;
  },
  'stoch-rsi'(bars, c, row) {
    const values = last(bars, row).map((r) => strength(c, r, bars));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (2 * (values.at(-1)! - low)) / (high - low) - 1;
  },
  'ultimate-oscillator'(bars, c, row) {
    const part = (period: number) => {
      const rows = last(period, row);
      const pressure = rows.map((r) => c.close[r] - Math.min(c.low[r], c.close[r - 1]));
      return sum(pressure) / sum(rows.map((r) => trueRange(c, r)));
    };
    const [short, middle] = [Math.floor(bars / 4), Math.floor(bars / 2)];
    return ((4 * part(short) + 2 * part(middle) + part(bars)) / 7) * 2 - 1;
  },
  'efficiency-ratio': (bars, c, row) =>
    (c.close[row] - c.close[row - bars]) /
    sum(last(bars, row).map((r) => Math.abs(c.close[r] - c.close[r - 1]))),
  atr: (bars, c, row) => averageTrueRange(c, row, bars) / c.close[row],
  bollinger(bars, c, row) {
    const values = closes(c, row, bars);
    const deviation = Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
    const [lower, upper] = [mean(values) - 2 * deviation, mean(values) + 2 * deviation];
    return (2 * (c.close[row] - lower)) / (upper - lower) - 1;
  },
  'bollinger-width'(bars, c, row) {
    const values = closes(c, row, bars);
    const deviation = Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
    return (4 * deviation) / mean(values);
  },
  keltner: (bars, c, row) =>
    (c.close[row] - exponential(closes(c, row, 5 * bars), bars).at(-1)!) /
    (2 * averageTrueRange(c, row, bars)),
  donchian(bars, c, row) {
    const rows = last(bars, row - 1);
    const low = Math.min(...rows.map((r) => c.low[r]));
    const high = Math.max(...rows.map((r) => c.high[r]));
    return (2 * (c.close[row] - low)) / (high - low) - 1;
  },
  parkinson: (bars, c, row) =>
    Math.sqrt(mean(last(bars, row).map((r) => Math.log(c.high[r] / c.low[r]) ** 2)) / (4 * Math.log(2))),
  'garman-klass': (bars, c, row) =>
    Math.sqrt(
      mean(
        last(bars, row).map(
          (r) =>
            0.5 * Math.log(c.high[r] / c.low[r]) ** 2 -
            (2 * Math.log(2) - 1) * Math.log(c.close[r] / c.open[r]) ** 2,
        ),
      ),
    ),
  obv(bars, c, row) {
    // The running total of Granville, from any start: its change over the window.
    const total = [0];
    for (const r of last(bars, row)) {
      total.push(total.at(-1)! + Math.sign(c.close[r] - c.close[r - 1]) * c.volume[r]);
    }
    return total.at(-1)! / sum(last(bars, row).map((r) => c.volume[r]));
  },
  mfi(bars, c, row) {
    const flow = (sign: number) =>
      sum(
        last(bars, row)
          .filter((r) => sign * (typical(c, r) - typical(c, r - 1)) > 0)
          .map((r) => typical(c, r) * c.volume[r]),
      );
    return (100 - 100 / (1 + flow(1) / flow(-1))) / 50 - 1;
  },
  'chaikin-money-flow'(bars, c, row) {
    const multiplier = (r: number) => (2 * c.close[r] - c.high[r] - c.low[r]) / (c.high[r] - c.low[r]);
    const rows = last(bars, row);
    return sum(rows.map((r) => multiplier(r) * c.volume[r])) / sum(rows.map((r) => c.volume[r]));
  },
  'vwap-distance'(bars, c, row) {
    const rows = last(bars, row);
    const paid = sum(rows.map((r) => typical(c, r) * c.volume[r]));
    return (c.close[row] * sum(rows.map((r) => c.volume[r]))) / paid - 1;
  },
};

for (const feature of indicators) {
  const limitOf = feature.name === 'bollinger' ? (bars: number) => Math.sqrt(bars - 1) / 2 + 1e-9 : undefined;
  proveFeature(feature, definitions[feature.name], limitOf);
}

test('every indicator has a definition here, a name of its own, and is found by it', () => {
  expect(indicators.map(({ name }) => name).sort()).toEqual(Object.keys(definitions).sort());
  const names = builtinFeatures.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name } of indicators) expect(names).toContain(name);
});

describe('settings', () => {
  const value = (name: string, settings: object, bars: number) =>
    indicators.find((each) => each.name === name)!.create(bars, settings as never)(candles, 290);

  test('of a MACD are its periods: of 1 the fast average is the close itself', () => {
    const slow = exponential(closes(candles, 290, 130), 26).at(-1)!;
    expect(value('macd', { fast: 1 }, 26)).toBeCloseTo(1 - slow / candles.close[290], 12);
  });

  test('widen bands, and smooth a stochastic', () => {
    expect(value('bollinger', { width: 1 }, 20)).toBeCloseTo(2 * value('bollinger', { width: 2 }, 20), 12);
    expect(value('keltner', { width: 1 }, 20)).toBeCloseTo(2 * value('keltner', { width: 2 }, 20), 12);
    expect(value('stochastic', { smooth: 1 }, 14)).toBeCloseTo(rawStochastic(candles, 290, 14) / 50 - 1, 12);
  });
});

test('a market that only rises is told so by all that have a direction', () => {
  const length = 300;
  const close = Array.from({ length }, (_, i) => 100 * 1.001 ** i);
  const rising = createCandles({
    timeMs: close.map((_, i) => i * 60_000),
    open: close.map((price) => price / 1.001),
    high: close,
    low: close.map((price) => price / 1.001),
    close,
    volume: close.map(() => 1),
  });
  const at = (name: string) => {
    const { create, defaultBars } = indicators.find((each) => each.name === name)!;
    return create(defaultBars!, undefined as never)(rising, length - 1);
  };
  for (const name of [
    'dmi',
    'adx',
    'aroon',
    'stochastic',
    'efficiency-ratio',
    'obv',
    'mfi',
    'chaikin-money-flow',
  ]) {
    expect([name, at(name)]).toEqual([name, expect.closeTo(1, 9)]);
  }
  expect(at('trix')).toBeCloseTo(0.001, 9);
  expect(at('macd')).toBeGreaterThan(0);
  expect(at('donchian')).toBeGreaterThan(1);
  expect(at('vwap-distance')).toBeGreaterThan(0);
});

test('docs/indicators.md lists all of them with their windows and first rows', () => {
  const text = readFileSync(new URL('../../../docs/indicators.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([\w-]+):(\d+)` +\| (\d+) /gm)].map(([, ...cells]) => cells);
  const told = indicators.map(({ name, defaultBars, lookback }) =>
    [name, defaultBars, lookback(defaultBars!)].map(String),
  );
  expect(rows).toEqual(told);
});
