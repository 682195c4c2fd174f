/** Features of how far and how evenly a market has moved: stochastic, CCI, StochRSI, ultimate oscillator, efficiency ratio. */
import { z } from '../../../core/config.ts';
import { defineFeature, type Feature } from '../features.ts';
import { placeInRange, relativeStrength, trueRange, typicalPrice } from './bar.ts';

const stochastic = defineFeature({
  name: 'stochastic',
  description:
    'Slow stochastic (Lane): mean of the last `smooth` places of the close in the range of `bars` bars, in [−1, 1]',
  defaultBars: 14,
  bounded: true,
  config: z.object({ smooth: z.int().min(1).default(3).describe('places that are averaged, bars') }),
  lookback: (bars, { smooth }) => bars + smooth - 2,
  create:
    (bars, { smooth }) =>
    (candles, row) => {
      let sum = 0;
      for (let r = row - smooth + 1; r <= row; r++) {
        const place = placeInRange(candles, r, bars);
        sum += Number.isNaN(place) ? 0 : 2 * place - 1;
      }
      return sum / smooth;
    },
});

const cci = defineFeature({
  name: 'cci',
  description:
    'Commodity channel index (Lambert) / 100: typical price less its mean of `bars`, over 1.5 mean deviations',
  defaultBars: 20,
  minBars: 2,
  bounded: false,
  lookback: (bars) => bars - 1,
  create(bars) {
    const prices = new Float64Array(bars);
    return (candles, row) => {
      const last = typicalPrice(candles, row);
      let sum = 0;
      for (let i = 0; i < bars; i++) {
        // Relative to the last one: equal prices then deviate by nothing at all.
        prices[i] = typicalPrice(candles, row - bars + 1 + i) - last;
        sum += prices[i];
      }
      const mean = sum / bars;
      let deviation = 0;
      for (let i = 0; i < bars; i++) deviation += Math.abs(prices[i] - mean);
      return deviation === 0 ? 0 : -mean / (1.5 * (deviation / bars));
    };
  },
});

const stochRsi = defineFeature({
  name: 'stoch-rsi',
  description: 'StochRSI (Chande, Kroll): place of the feature rsi among its last `bars` values, in [−1, 1]',
  defaultBars: 14,
  minBars: 2,
  bounded: true,
  lookback: (bars) => 2 * bars - 1,
  create: (bars) => (candles, row) => {
    const last = relativeStrength(candles, row, bars);
    let highest = last;
    let lowest = last;
    for (let r = row - bars + 1; r < row; r++) {
      const strength = relativeStrength(candles, r, bars);
      if (strength > highest) highest = strength;
      if (strength < lowest) lowest = strength;
    }
    return highest === lowest ? 0 : (2 * (last - lowest)) / (highest - lowest) - 1;
  },
});

const ultimateOscillator = defineFeature({
  name: 'ultimate-oscillator',
  description:
    'Ultimate oscillator (Williams): buying pressure over true range of bars / 4, bars / 2 and `bars` bars, 4:2:1, in [−1, 1]',
  defaultBars: 28,
  minBars: 4,
  bounded: true,
  lookback: (bars) => bars,
  create(bars) {
    const periods = [Math.floor(bars / 4), Math.floor(bars / 2), bars];
    return (candles, row) => {
      let pressure = 0;
      let range = 0;
      let sum = 0;
      let part = 0;
      for (let age = 0; age < bars; age++) {
        const r = row - age;
        const before = candles.close[r - 1];
        pressure += candles.close[r] - Math.min(candles.low[r], before);
        range += trueRange(candles, r);
        for (; age + 1 === periods[part]; part++) sum += (4 >> part) * (range === 0 ? 0.5 : pressure / range);
      }
      return (2 * sum) / 7 - 1;
    };
  },
});

const efficiencyRatio = defineFeature({
  name: 'efficiency-ratio',
  description:
    'Kaufman’s efficiency ratio with its sign: change of the close over the sum of its |changes|, in [−1, 1]',
  defaultBars: 10,
  bounded: true,
  lookback: (bars) => bars,
  create:
    (bars) =>
    ({ close }, row) => {
      let path = 0;
      for (let r = row - bars + 1; r <= row; r++) path += Math.abs(close[r] - close[r - 1]);
      if (path === 0) return 0;
      const ratio = (close[row] - close[row - bars]) / path;
      // Of a path that goes one way the sum may fall short of the change by rounding.
      return Math.min(1, Math.max(-1, ratio));
    },
});

export const momentumIndicators: readonly Feature[] = [
  stochastic,
  cci,
  stochRsi,
  ultimateOscillator,
  efficiencyRatio,
];
