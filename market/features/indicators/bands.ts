/** Features of how much a market moves, and of where it is among bands as wide: ATR, Bollinger, Keltner, Donchian, Parkinson, Garman–Klass. */
import { z } from '../../../core/config.ts';
import { log } from '../../../core/math.ts';
import type { Candles } from '../../candles/candles.ts';
import { defineFeature, type Feature } from '../features.ts';
import { lastZscore } from '../zscore.ts';
import { EMA_PERIODS, exponentialAverages, WILDER_PERIODS, wilderAverage } from './averages.ts';
import { trueRange } from './bar.ts';

/** Wilder's average true range at a row. */
function createAverageRange(bars: number): (candles: Candles, row: number) => number {
  const ranges = new Float64Array(WILDER_PERIODS * bars);
  return (candles, row) => {
    const from = row - ranges.length + 1;
    for (let i = 0; i < ranges.length; i++) ranges[i] = trueRange(candles, from + i);
    return wilderAverage(ranges, ranges.length, bars);
  };
}

const atr = defineFeature({
  name: 'atr',
  description: "Wilder's average true range of `bars` bars, over close[r]",
  defaultBars: 14,
  bounded: false,
  lookback: (bars) => WILDER_PERIODS * bars,
  create(bars) {
    const averageRange = createAverageRange(bars);
    return (candles, row) => averageRange(candles, row) / candles.close[row];
  },
});

const bollinger = defineFeature({
  name: 'bollinger',
  description:
    'Place of close[r] among Bollinger bands of `bars` closes and `width` deviations: −1 the lower, 1 the upper',
  defaultBars: 20,
  minBars: 2,
  bounded: true,
  config: z.object({
    width: z.number().gt(0).default(2).describe('population deviations from the mean to a band, > 0'),
  }),
  lookback: (bars) => bars - 1,
  create:
    (bars, { width }) =>
    ({ close }, row) =>
      lastZscore(close, row - bars + 1, bars) / width,
});

const bollingerWidth = defineFeature({
  name: 'bollinger-width',
  description:
    'Width of Bollinger bands: four population deviations of the last `bars` closes over their mean',
  defaultBars: 20,
  minBars: 2,
  bounded: false,
  lookback: (bars) => bars - 1,
  create:
    (bars) =>
    ({ close }, row) => {
      const last = close[row];
      let sum = 0;
      for (let r = row - bars + 1; r <= row; r++) sum += close[r] - last;
      const mean = sum / bars;
      let squares = 0;
      for (let r = row - bars + 1; r <= row; r++)
        squares += (close[r] - last - mean) * (close[r] - last - mean);
      return (4 * Math.sqrt(squares / bars)) / (last + mean);
    },
});

const keltner = defineFeature({
  name: 'keltner',
  description:
    'Place of close[r] in the Keltner channel: from the exponential average of `bars` closes, in `width` average true ranges',
  defaultBars: 20,
  minBars: 2,
  bounded: false,
  config: z.object({
    width: z.number().gt(0).default(2).describe('average true ranges from the middle to an edge, > 0'),
  }),
  lookback: (bars) => WILDER_PERIODS * bars,
  create(bars, { width }) {
    const averageRange = createAverageRange(bars);
    return (candles, row) => {
      const middle = exponentialAverages(candles.close, row - EMA_PERIODS * bars + 1, row, bars);
      const range = averageRange(candles, row);
      return range === 0 ? 0 : (candles.close[row] - middle) / (width * range);
    };
  },
});

const donchian = defineFeature({
  name: 'donchian',
  description:
    'Place of close[r] in the Donchian channel of the `bars` bars before it: −1 its low, 1 its high, beyond: it broke out',
  defaultBars: 20,
  bounded: false,
  lookback: (bars) => bars,
  create:
    (bars) =>
    ({ high, low, close }, row) => {
      let highest = high[row - 1];
      let lowest = low[row - 1];
      for (let r = row - bars; r < row - 1; r++) {
        if (high[r] > highest) highest = high[r];
        if (low[r] < lowest) lowest = low[r];
      }
      return highest === lowest ? 0 : (2 * (close[row] - lowest)) / (highest - lowest) - 1;
    },
});

const parkinson = defineFeature({
  name: 'parkinson',
  description: 'Volatility by ranges (Parkinson 1980): √(mean of ln(high / low)² of `bars` bars / (4 ln 2))',
  defaultBars: 20,
  bounded: false,
  lookback: (bars) => bars - 1,
  create:
    (bars) =>
    ({ high, low }, row) => {
      let sum = 0;
      for (let r = row - bars + 1; r <= row; r++) {
        const range = log(high[r] / low[r]);
        sum += range * range;
      }
      return Math.sqrt(sum / (4 * Math.LN2 * bars));
    },
});

const garmanKlass = defineFeature({
  name: 'garman-klass',
  description:
    'Volatility by ranges and closes (Garman, Klass 1980): √(mean of ½ ln(high / low)² − (2 ln 2 − 1) ln(close / open)²)',
  defaultBars: 20,
  bounded: false,
  lookback: (bars) => bars - 1,
  create:
    (bars) =>
    ({ open, high, low, close }, row) => {
      let sum = 0;
      for (let r = row - bars + 1; r <= row; r++) {
        const range = log(high[r] / low[r]);
        const body = log(close[r] / open[r]);
        sum += 0.5 * range * range - (2 * Math.LN2 - 1) * body * body;
      }
      return Math.sqrt(Math.max(0, sum / bars));
    },
});

export const bandIndicators: readonly Feature[] = [
  atr,
  bollinger,
  bollingerWidth,
  keltner,
  donchian,
  parkinson,
  garmanKlass,
];
